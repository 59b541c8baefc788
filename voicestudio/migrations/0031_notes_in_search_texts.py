"""Attempts are found by the words of notes on them, on their voice and on their recordings."""

from typing import Any

from django.db import migrations
from django.db.models import Q

from voicestudio.models.search import index_text, install_index


def add_notes(apps: Any, schema_editor: Any) -> None:
    """Add the notes that were written before to the texts for search."""
    install_index(schema_editor.connection)  # an earlier migration may have removed its triggers
    attempts = apps.get_model("voicestudio", "CloneAttempt").objects
    for note in apps.get_model("voicestudio", "Note").objects.order_by("pk").iterator():
        target = Q(pk=note.attempt_id) if note.attempt_id else Q(cloned_voice=note.voice_id)
        if note.recording_id:
            target = Q(recording=note.recording_id) | Q(prompt_clip=note.recording_id)
        rows = attempts.filter(target, project=note.project_id)
        for pk, text in rows.values_list("pk", "search_text"):
            attempts.filter(pk=pk).update(search_text=index_text(f"{text} {note.text}"))


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0030_example_team")]

    operations = [migrations.RunPython(add_notes, migrations.RunPython.noop)]
