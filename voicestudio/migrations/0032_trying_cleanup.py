"""Recordings whose report is stored while a clean copy is still tried."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("voicestudio", "0031_notes_in_search_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="audiofile",
            name="trying_cleanup",
            field=models.BooleanField(default=False),
        ),
    ]
