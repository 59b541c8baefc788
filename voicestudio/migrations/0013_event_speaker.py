"""Events of a speaker: renamed, and merged with another one, also without a voice."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0012_deleted_recordings")]

    operations = [
        migrations.AddField(
            "event",
            "speaker",
            models.ForeignKey(
                "voicestudio.speaker",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                null=True,
                blank=True,
            ),
        ),
    ]
