from django.db import migrations, models

from voicestudio.models.history import IfLost


class Migration(migrations.Migration):
    dependencies = [
        ("voicestudio", "0011_heard"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="cloneattempt", name="attempt_if_lost"),
        migrations.AddIndex(
            model_name="cloneattempt",
            index=models.Index(
                IfLost("status"),
                models.F("id").desc(),
                models.F("status"),
                models.F("lease_until"),
                name="attempt_if_lost",
            ),
        ),
    ]
