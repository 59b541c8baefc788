"""Template tags of notes: those on an attempt, a voice or a recording, with their form."""

from typing import Any

from django import template
from django.urls import reverse

from voicestudio.forms.notes import NoteForm
from voicestudio.models import Action
from voicestudio.services import notes, permissions

register = template.Library()


@register.inclusion_tag("notes/_notes.html", takes_context=True)
def dated_notes(
    context: dict[str, Any], target: Any, form: NoteForm | None = None, messages: Any = ()
) -> dict[str, Any]:
    """The notes on `target`, the newest last; one query."""
    reader = context["request"].user
    return {
        "request": context["request"],
        "notes": notes.list_notes(target),
        "may_note": permissions.may(reader, Action.NOTE, target.project_id),
        "reader": reader,
        "messages": messages,
        "address": reverse(f"note_on_{notes.column_of(target)}", args=[target.pk]),
        "form": form or NoteForm(),
    }
