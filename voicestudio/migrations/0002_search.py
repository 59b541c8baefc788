"""The indexes by which attempts and voices are found."""

from django.db import migrations

from voicestudio.models import search


def install(apps, schema_editor):
    search.install(schema_editor.connection)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX voicestudio_voice_search ON voicestudio_voice "
            "USING gin (search_text gin_trgm_ops)"
        )


def remove(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS voicestudio_voice_search")
    search.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
