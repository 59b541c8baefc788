"""Notes on attempts, voices and recordings: write and delete them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from voicestudio.forms.ids import parse_id
from voicestudio.forms.notes import NoteForm
from voicestudio.models import Action, AudioFile, CloneAttempt, Note, Voice, clock
from voicestudio.services import notes
from voicestudio.services.permissions import NotAllowed
from voicestudio.words.undo import UNDO_OVER

from .current_user import current_user
from .htmx import HtmxRequest
from .permitted import find_row
from .undo import answers_undo, offer_undo

# Deleted notes that can come back: in the session, which is in the database, since the button and
# the cookie of its message can be read in the browser.
DELETED: Final = "deleted_notes"
MOST_DELETED: Final = 5
RESTORABLE_FOR: Final = timedelta(hours=1)
MODELS: Final[dict[str, Any]] = {
    "attempt": CloneAttempt, "voice": Voice, "recording": AudioFile,
}  # fmt: skip


class DeletedNotesMiddleware:
    """Takes deleted notes out of the session when they can't come back any more."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; only those who are signed in have a session to look into."""
        if request.user.is_authenticated and DELETED in request.session:
            _forget_expired(request)
        return self.get_response(request)


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
    target = note.target
    if notes.delete_note(note, by=current_user(request)):
        _keep_deleted(request, pk, note)
        place = {"on": notes.column_of(target), "target": target.pk}
        offer_undo(request, _("Note deleted."), reverse("restore_note", args=[pk]), **place)
    else:
        messages.error(request, _("Only the person who wrote a note can delete it."))
    return _answer(request, target, NoteForm())


def _back_to_target(request: HtmxRequest, pk: int) -> HttpResponse:  # noqa: ARG001
    """The page of what the note was on, or the home page for those who don't see it any more."""
    try:
        return _answer(request, _find_target(request, Action.SEE), NoteForm())
    except (Http404, NotAllowed):
        return redirect("home")


@require_POST
@answers_undo(_back_to_target)
def restore(request: HtmxRequest, pk: int) -> HttpResponse:
    """Write a note again that this person has deleted in this session."""
    target, user = _find_target(request, Action.NOTE), current_user(request)
    facts = request.session.get(DELETED, {}).get(_key_of(target, pk, user.pk))
    if facts is None or not notes.restore_note(
        target, pk=pk, text=facts["text"], at=datetime.fromisoformat(facts["at"]), by=user
    ):
        messages.warning(request, str(UNDO_OVER))
    return _answer(request, target, NoteForm())


def _find_target(request: HtmxRequest, action: Action) -> Any:
    model = MODELS.get(request.POST.get("on", ""))
    if model is None:
        raise Http404
    return find_row(request, model.objects, parse_id(request.POST.get("target", "")) or 0, action)


def _keep_deleted(request: HtmxRequest, pk: int, note: Note) -> None:
    """Keep what `restore` needs of a note, of the newest ones only."""
    deleted_at = clock.now().isoformat()
    facts = {"text": note.text, "at": note.at.isoformat(), "deleted_at": deleted_at}
    kept = request.session.get(DELETED, {}) | {_key_of(note.target, pk, note.by_id): facts}
    request.session[DELETED] = dict([*kept.items()][-MOST_DELETED:])


def _forget_expired(request: HttpRequest) -> None:
    """Forget notes deleted more than an hour ago, by the database's clock."""
    kept = request.session[DELETED]
    oldest = (clock.now() - RESTORABLE_FOR).isoformat()
    recent = {key: facts for key, facts in kept.items() if facts.get("deleted_at", "") >= oldest}
    if len(recent) < len(kept):
        request.session[DELETED] = recent


def _key_of(target: notes.Target, pk: int, writer: int) -> str:
    return f"{notes.column_of(target)} {target.pk} {pk} {writer}"


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
