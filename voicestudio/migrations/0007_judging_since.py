from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("voicestudio", "0006_voice_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="audiofile",
            name="judging_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="audiofile",
            index=models.Index(
                condition=models.Q(("judged_at", None)),
                fields=["judging_since"],
                name="recording_to_be_judged",
            ),
        ),
    ]
