"""Take the time of new rows from the clock that all machines share; no table changes."""

from django.db import migrations, models

from voicestudio.models import clock


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0033_hold")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "allowance", "at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "audiofile", "created_at", models.DateTimeField(default=clock.now, editable=False)
                ),
                migrations.AlterField(
                    "auditentry", "at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "charge", "at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "cloneattempt", "created_at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "cloneattempt", "enqueued_at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "event", "at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "invitation", "made_at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "note", "at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "project", "created_at", models.DateTimeField(default=clock.now, editable=False)
                ),
                migrations.AlterField(
                    "providerfile", "uploaded_at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "signin", "at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "speaker", "created_at", models.DateTimeField(default=clock.now, editable=False)
                ),
                migrations.AlterField(
                    "speech", "created_at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "speech", "enqueued_at", models.DateTimeField(default=clock.now)
                ),
                migrations.AlterField(
                    "studio", "created_at", models.DateTimeField(default=clock.now)
                ),
            ]
        )
    ]
