"""The indexes for the search of attempts and voices.

No migration may have a name that was used before 0.1.0: Django would find it applied in an old
database without the ones before it, and fail before `refuse_old_database` can say why.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

from voicestudio.models import search

# Not in the models' Meta, because SQLite would try to create them as well.
TRIGRAM_INDEXES = (
    ("CloneAttempt", search.INDEX),
    ("Voice", "voicestudio_voice_search"),
)
PAIRS = "voicestudio_attempt_pairs"


def install(apps, schema_editor):
    search.install_index(schema_editor.connection)
    if schema_editor.connection.vendor == "postgresql":
        for model, name in TRIGRAM_INDEXES:
            index = GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name=name)
            schema_editor.add_index(apps.get_model("voicestudio", model), index)
        # GinIndex takes an operator class for an expression only with django.contrib.postgres
        # installed, which would load psycopg in every process.
        marked = search.MARKED % "search_text"
        schema_editor.execute(
            f"CREATE INDEX {PAIRS} ON {search.TABLE} USING gin ({marked} gin_trgm_ops)", params=None
        )


def remove(apps, schema_editor):
    search.remove_index(schema_editor.connection)
    if schema_editor.connection.vendor == "postgresql":
        names = ", ".join([PAIRS, *(name for _model, name in TRIGRAM_INDEXES)])
        schema_editor.execute(f"DROP INDEX IF EXISTS {names}")


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0001_initial")]
    operations = [TrigramExtension(), migrations.RunPython(install, remove)]
