from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("voicestudio", "0009_voice_lists"),
    ]

    operations = [
        migrations.AddField(
            model_name="audiofile",
            name="recipe",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddConstraint(
            model_name="audiofile",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("recipe", ""), _negated=True), ("deleted_at__isnull", True)
                ),
                fields=("parent", "recipe"),
                name="recording_made_once",
            ),
        ),
    ]
