"""Indexes for the newest attempts of a recording, flagged attempts of projects, and searches."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models.deletion import PROTECT

from voicestudio.models import search

# Not in the models' Meta, because SQLite would try to create them as well.
RECORDINGS = "voicestudio_recording_search"
PAIRS = {"Voice": "voicestudio_voice_pairs", "AudioFile": "voicestudio_recording_pairs"}
# What Django made for the two foreign keys.
TABLE = "voicestudio_cloneattempt"
BY_ROLE = {
    "recording": f"{TABLE}_recording_id_0639c4d1",
    "prompt_clip": f"{TABLE}_prompt_clip_id_54b55890",
}
FIELDS = {
    "recording": models.ForeignKey(
        "voicestudio.AudioFile", PROTECT, related_name="attempts", db_index=False
    ),
    "prompt_clip": models.ForeignKey(
        "voicestudio.AudioFile",
        PROTECT,
        related_name="prompted_attempts",
        null=True,
        blank=True,
        db_index=False,
    ),
}


def create_search_indexes(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    recordings = apps.get_model("voicestudio", "AudioFile")
    index = GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name=RECORDINGS)
    schema_editor.add_index(recordings, index)
    marked = search.MARKED % "search_text"
    for model, name in PAIRS.items():
        table = apps.get_model("voicestudio", model)._meta.db_table
        schema_editor.execute(
            f"CREATE INDEX {name} ON {table} USING gin ({marked} gin_trgm_ops)", params=None
        )


def drop_search_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {', '.join([RECORDINGS, *PAIRS.values()])}")


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0045_retention_indexes")]
    operations = [
        # What takes longest comes first, and what keeps even readers of attempts away comes last:
        # other machines go on meanwhile, and locks stay until the end.
        migrations.RunPython(create_search_indexes, drop_search_indexes),
        migrations.AddIndex(
            "cloneattempt", models.Index(fields=["recording", "-id"], name="attempt_by_recording")
        ),
        migrations.AddIndex(
            "cloneattempt",
            models.Index(
                condition=models.Q(("prompt_clip__isnull", False)),
                fields=["prompt_clip", "-id"],
                name="attempt_by_prompt_clip",
            ),
        ),
        migrations.AddIndex(
            "cloneattempt",
            models.Index(
                condition=models.Q(("input_sensitive", True)),
                fields=["project", "status", "-id"],
                name="attempt_flagged_by_project",
            ),
        ),
        # Altering the fields in the database would check or copy all rows.
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    f"DROP INDEX IF EXISTS {name}", f"CREATE INDEX {name} ON {TABLE} ({column}_id)"
                )
                for column, name in BY_ROLE.items()
            ],
            [migrations.AlterField("cloneattempt", name, field) for name, field in FIELDS.items()],
        ),
    ]
