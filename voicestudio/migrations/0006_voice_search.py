import unicodedata

from django.db import migrations

INDEX = "voicestudio_voice_search"


def folded(text):
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFC", bare).split())


def fill(apps, schema_editor):
    """What there is already can be found too, and PostgreSQL finds by trigrams."""
    Voice = apps.get_model("voicestudio", "Voice")
    batch = []
    for voice in Voice.objects.select_related("speaker").iterator(chunk_size=2000):
        voice.search_text = folded(f"{voice.voice_id} {voice.speaker.name}")[:600]
        batch.append(voice)
        if len(batch) == 2000:
            Voice.objects.bulk_update(batch, ["search_text"])
            batch = []
    Voice.objects.bulk_update(batch, ["search_text"])
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            f"CREATE INDEX {INDEX} ON voicestudio_voice USING gin (search_text gin_trgm_ops)"
        )


def forget(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0005_ledger")]
    operations = [migrations.RunPython(fill, forget)]
