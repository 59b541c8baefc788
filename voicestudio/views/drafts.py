"""Drafts: what was sent too late, read from a stranger's request and laid ready at the sign-in."""

from typing import Any, Final, NamedTuple

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect

from voicestudio import words
from voicestudio.audio import AudioProblem
from voicestudio.forms.recordings import sentence
from voicestudio.models import Purpose
from voicestudio.services import drafts
from voicestudio.services import recordings as service

from . import draft_cookie, form_tokens, uploads

# The parts of the clone form that are plain text: what may be carried over to the next sign-in.
CLONE_FORM: Final = (
    "token", "parent", "speaker", "voice_id", "permission", "recording", "file_id", "prompt_clip",
    "prompt_text", "preview_text", "model", "language", "noise_reduction",
    "volume_normalization", "watermark", "advised",
    "text_validation", "accuracy", "rehearsal",
)  # fmt: skip
# By the selects of the page without JavaScript.
CHOSEN_HERE: Final = {"recording_here": "recording", "prompt_clip_here": "prompt_clip"}
SPEECH_FORM: Final = (
    "token", "text", "model", "language", "speed", "volume", "pitch", "format",
)  # fmt: skip
# The forms that are laid ready again, by the names of the addresses that they are posted to.
FORMS: Final = {
    "new": (*CLONE_FORM, *CHOSEN_HERE),
    "speak": SPEECH_FORM,
    "voice_notes": ("seen", "notes", "tags"),
    "settle_attempt": ("note",),
    "cut_recording": ("start", "end", "purpose", "back"),
    "recordings": ("purpose",),
}
PAGES: Final = {"speak": "voice", "voice_notes": "voice", "settle_attempt": "attempt"}
LONGEST: Final = 20_000  # characters of one answer
LONGEST_BODY: Final = 1_000_000  # bytes of a request of which nothing but its text is read
UNREADABLE: Final = (
    BadRequest, MultiPartParserError, RequestDataTooBig, SuspiciousOperation, UnreadablePostError,
)  # fmt: skip


OURS: Final = 204


class Place(NamedTuple):
    """A form: its name, the key under which its draft lies ready, and the page that shows it."""

    form: str
    key: str
    page: str


def place_of(request: HttpRequest) -> Place | None:
    """The form that was posted, if it is one of those that are laid ready again."""
    match = request.resolver_match
    form = (match and match.url_name) or ""
    if match is None or request.method != "POST" or form not in FORMS:
        return None
    pk = match.kwargs.get("pk")
    page = reverse(PAGES.get(form, form), kwargs=match.kwargs)
    return Place(form, _key(form, pk), page)


def _key(form: str, pk: int | None) -> str:
    return "draft" if form == "new" else f"draft {form} {pk or ''}".strip()


# Read from a request ----------------------------------------------------------------------------


def keep_aside(request: HttpRequest, place: Place) -> bool:
    """Put the form aside, files and all, for the person for whom the page was drawn.

    Nothing is read, let alone kept, of somebody whose browser has no pass of such a person; and
    nothing is kept of a form that this browser was not given.
    """
    owner = draft_cookie.owner_of(request)
    if owner is None:
        return False
    request.upload_handlers = [uploads.CappedUpload(request)]
    try:
        if _was_given_out(request).status_code != OURS:
            return False
        keep_of(request, place, owner)
    except UNREADABLE:
        return False
    return True


@csrf_protect
def _was_given_out(_request: HttpRequest) -> HttpResponse:
    """OURS, if the form carries the token that this browser was given with it."""
    return HttpResponse(status=OURS)


def keep_of(request: HttpRequest, place: Place, owner: User) -> None:
    """Put aside what was posted, for `owner`."""
    files = [
        (field, file)
        for field, several in request.FILES.lists()
        for file in several
        if isinstance(file, TemporaryUploadedFile)
    ]
    too_large = bool(uploads.too_large(request))
    told = answers(request, FORMS[place.form])
    drafts.save_draft(owner.pk, place.key, told, files, too_large=too_large)


def typed(request: HttpRequest) -> dict[str, str]:
    """The plain fields of a clone form that a stranger sent; files are passed over unread."""
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return {}
    if not 0 < length <= LONGEST_BODY:
        return {}
    if not hasattr(request, "_files"):  # else it has been read
        request.upload_handlers = [NoFiles(request)]
    try:
        return answers(request, FORMS["new"])
    except UNREADABLE:
        return {}


def answers(request: HttpRequest, fields: tuple[str, ...]) -> dict[str, str]:
    """What was sent in these fields; a recording chosen in a select is the one that is used."""
    sent = {name: request.POST[name][:LONGEST] for name in fields if request.POST.get(name)}
    for select, field in CHOSEN_HERE.items():
        if chosen := sent.pop(select, ""):
            sent[field] = chosen
    if form_tokens.parsed(sent.get("token", "")) is None:
        sent.pop("token", None)
    return sent


class NoFiles(FileUploadHandler):
    """Keeps nothing of any file."""

    def new_file(self, *_args: Any, **_kwargs: Any) -> None:
        """Pass over this file."""
        raise SkipFile

    def receive_data_chunk(self, _data: bytes, _start: int) -> bytes | None:
        """Never called: every file is passed over."""

    def file_complete(self, _size: int) -> None:
        """There is no file."""


# Laid ready -------------------------------------------------------------------------------------


def lay_ready(request: HttpRequest, person: User) -> bool:
    """Whatever was put aside for this person: its answers for its page, its files taken in.

    Returns whether there was a form that is to be sent once more.
    """
    unsent = False
    for draft in drafts.take_drafts(person.pk):
        told = dict(draft.answers)
        for file in draft.files:
            _bring(request, person, file, told)
        if draft.too_large:
            messages.error(request, sentence(uploads.larger_than_we_take()))
        if draft.place != _key("recordings", None):
            request.session[draft.place] = told
            unsent = True
    return unsent


def _bring(request: HttpRequest, person: User, file: drafts.KeptFile, told: dict[str, str]) -> None:
    clip = file.field == "prompt_file" or told.get("purpose") == Purpose.PROMPT
    purpose = Purpose.PROMPT if clip else Purpose.SAMPLE
    try:
        kept = service.store_file(file.path, file.name, purpose=purpose, by=person, move=True)
    except AudioProblem as problem:
        said = sentence(
            words.message_for_audio_problem(problem.code, problem.facts, purpose=purpose)
        )
        messages.error(request, f"{service.clean_file_name(file.name)}: {said}")
    else:
        told["prompt_clip" if clip else "recording"] = str(kept.pk)
        if file.field == "file" and "purpose" in told:  # the page of the recordings
            messages.success(request, _("%(name)s is here.") % {"name": kept.name})


def laid_ready(request: HttpRequest, form: str, pk: int | None = None) -> dict[str, str]:
    """The answers that lie ready for this form, once."""
    found: dict[str, str] = request.session.pop(_key(form, pk), {})
    return found
