from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("voicestudio", "0010_made_once"),
    ]

    operations = [
        migrations.AddField(
            model_name="audiofile",
            name="heard_ms",
            field=models.BigIntegerField(blank=True, null=True),
        ),
    ]
