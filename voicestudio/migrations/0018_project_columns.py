"""Every row gets the first project, by the default of a new column instead of an UPDATE.

PostgreSQL alters no table whose rows were changed in the same transaction.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The first row of the table, which the migration before this one wrote.
FIRST_PK = 1


class Migration(migrations.Migration):
    dependencies = [
        ("voicestudio", "0017_first_project"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="audiofile",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                default=FIRST_PK,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="voicestudio.project",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="charge",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                default=FIRST_PK,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="voicestudio.project",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="cloneattempt",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                default=FIRST_PK,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="voicestudio.project",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="speaker",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                default=FIRST_PK,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="voicestudio.project",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="speech",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                default=FIRST_PK,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="voicestudio.project",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="voice",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                default=FIRST_PK,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="voicestudio.project",
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="audiofile",
            index=models.Index(
                fields=["project", "-id", "purpose", "verdict"], name="recording_by_project"
            ),
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                fields=["project", "month", "person", "speaker", "model"], name="charge_by_project"
            ),
        ),
        migrations.AddIndex(
            model_name="cloneattempt",
            index=models.Index(
                fields=["project", "-id", "status", "model", "created_by"],
                name="attempt_by_project",
            ),
        ),
        migrations.AddIndex(
            model_name="speaker",
            index=models.Index(fields=["project", "-id"], name="speaker_by_project"),
        ),
        migrations.AddIndex(
            model_name="speaker",
            index=models.Index(fields=["project", "name", "id"], name="speaker_by_project_name"),
        ),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(fields=["project", "created_at", "id"], name="voice_by_project"),
        ),
        migrations.AddIndex(
            model_name="voice",
            index=models.Index(
                fields=["project", "last_used_at", "id"], name="voice_by_project_use"
            ),
        ),
    ]
