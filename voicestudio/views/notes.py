"""Notes on attempts, voices and recordings: write and delete them."""

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from voicestudio.forms.notes import NoteForm
from voicestudio.models import Action, AudioFile, CloneAttempt, Note, Voice
from voicestudio.services import notes

from .current_user import current_user
from .htmx import HtmxRequest
from .permitted import find_row, require_action
from .undo import offer_undo

# Without a time: the button works on a page that stays open, too.
SIGNER: Final = Signer(salt="voicestudio.deleted-note")
MODELS: Final[dict[str, Any]] = {
    "attempt": CloneAttempt, "voice": Voice, "recording": AudioFile,
}  # fmt: skip


@require_POST
def on_attempt(request: HtmxRequest, pk: int) -> HttpResponse:
    """Write a note on an attempt."""
    return _add(request, find_row(request, CloneAttempt.objects, pk, Action.NOTE))


@require_POST
def on_voice(request: HtmxRequest, pk: int) -> HttpResponse:
    """Write a note on a voice."""
    return _add(request, find_row(request, Voice.objects, pk, Action.NOTE))


@require_POST
def on_recording(request: HtmxRequest, pk: int) -> HttpResponse:
    """Write a note on a recording."""
    return _add(request, find_row(request, AudioFile.objects, pk, Action.NOTE))


@require_POST
def delete(request: HtmxRequest, pk: int) -> HttpResponse:
    """Delete a note that this person has written."""
    note: Note = find_row(request, Note.objects, pk, Action.NOTE)
    target, signed = note.target, _sign(note)
    if notes.delete_note(note, by=current_user(request)):
        offer_undo(request, _("Note deleted."), reverse("restore_note"), note=signed)
    else:
        messages.error(request, _("Only the person who wrote a note can delete it."))
    return _answer(request, target, NoteForm())


@require_POST
@require_action(Action.NOTE)
def restore(request: HtmxRequest) -> HttpResponse:
    """Write a note again that this person has just deleted; it is nowhere but in the button."""
    try:
        column, target_pk, by, pk, text, at = SIGNER.unsign_object(request.POST.get("note", ""))
    except BadSignature as error:
        raise Http404 from error
    user = current_user(request)
    if by != user.pk:
        raise Http404
    target = find_row(request, MODELS[column].objects, target_pk, Action.NOTE)
    notes.restore_note(target, pk=pk, text=text, at=datetime.fromisoformat(at), by=user)
    return _answer(request, target, NoteForm())


def _sign(note: Note) -> str:
    """The note as `restore` reads it; signed, since it names a person and a time."""
    target = note.target
    facts = [
        notes.column_of(target), target.pk, note.by_id, note.pk, note.text, note.at.isoformat(),
    ]  # fmt: skip
    return str(SIGNER.sign_object(facts, compress=True))


def _add(request: HtmxRequest, target: Any) -> HttpResponse:
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _answer(request, target, form, status=422)
    notes.add_note(target, form.cleaned_data["text"], by=current_user(request))
    return _answer(request, target, NoteForm())


def _answer(
    request: HtmxRequest, target: Any, form: NoteForm, *, status: int = 200
) -> HttpResponse:
    """The notes alone for htmx; else back to the page, or a page with the errors of the form."""
    page = reverse(notes.column_of(target), args=[target.pk])
    if status == 200 and not request.htmx:
        return redirect(f"{page}#dated-notes")
    template = "notes/fragment.html" if request.htmx else "notes/page.html"
    context = {"target": target, "form": form, "page": page}
    return render(request, template, context, status=status)
