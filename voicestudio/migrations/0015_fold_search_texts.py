"""Stored search texts are folded again: ł is found as l, and joiners do not count."""

from typing import Any

from django.db import migrations

from voicestudio.models.search import fold_text, index_text, install_index

LONGEST = {"Voice": 600}


def fold_again(apps: Any, schema_editor: Any) -> None:
    """Fold the stored texts, which were folded by fewer rules."""
    # An earlier migration of the same run may have removed the triggers that keep the index in sync.
    install_index(schema_editor.connection)
    for name in ("Speaker", "AudioFile", "Voice", "CloneAttempt"):
        fold = index_text if name == "CloneAttempt" else fold_text
        rows = apps.get_model("voicestudio", name).objects
        for pk, text in rows.values_list("pk", "search_text").iterator():
            folded = text if text.isascii() else fold(text)[: LONGEST.get(name)]
            if folded != text:
                rows.filter(pk=pk).update(search_text=folded)


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0014_tracks")]

    operations = [migrations.RunPython(fold_again, migrations.RunPython.noop)]
