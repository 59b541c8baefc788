"""Drafts: forms posted after the sign-in expired, kept until the person has signed in again."""

from enum import StrEnum
from typing import Final, NamedTuple

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect

from voicestudio import words
from voicestudio.audio import AudioProblem
from voicestudio.forms.ids import parse_id
from voicestudio.models import Action, Project, Purpose
from voicestudio.services import drafts, projects
from voicestudio.services import recordings as service
from voicestudio.services.permissions import NotAllowed
from voicestudio.words.items import label_value

from . import draft_cookie, form_tokens, uploads

# The text fields of the clone form, which a sign-in page can carry as hidden fields.
CLONE_FORM: Final = (
    "token", "parent", "project", "speaker", "speaker_choice", "voice_id", "permission",
    "recording", "file_id", "prompt_clip", "prompt_text", "preview_text", "model", "language",
    "noise_reduction",
    "volume_normalization", "watermark", "advised",
    "text_validation", "accuracy", "rehearsal",
)  # fmt: skip
# The selects of the page without JavaScript, and the fields that they stand for.
SELECTS: Final = {"recording_here": "recording", "prompt_clip_here": "prompt_clip"}
# The forms that are kept, by the names of the addresses that they are posted to.
FORMS: Final = {
    "new": (*CLONE_FORM, *SELECTS),
    "speak": ("token", "text", "model", "language", "speed", "volume", "pitch", "format"),
    "voice_notes": ("seen", "notes", "tags"),
    "settle_attempt": ("note",),
    "cut_recording": ("start", "end", "purpose", "back"),
    "recordings": ("purpose", "project"),
}
PAGES: Final = {"speak": "voice", "voice_notes": "voice", "settle_attempt": "attempt"}
CLONE_FORM_NAMESPACE: Final = "clone_form"
LONGEST: Final = 20_000  # characters of one answer
LONGEST_BODY: Final = 1_000_000  # bytes of a request of which only the text is read
UNREADABLE: Final = (
    BadRequest, MultiPartParserError, RequestDataTooBig, SuspiciousOperation, UnreadablePostError,
)  # fmt: skip


class Kept(StrEnum):
    """What is kept of a form; files are left out if the storage refuses them."""

    NOTHING = ""
    TEXT = "text"
    ALL = "all"


class PostedForm(NamedTuple):
    """A form: its name, the session key of its draft, and the page that shows it."""

    name: str
    key: str
    page: str


class PostedContent(NamedTuple):
    """What a form was posted with; of each file its field and its name."""

    answers: dict[str, str]
    files: list[tuple[str, str, TemporaryUploadedFile]]
    too_large: bool


def find_form(request: HttpRequest) -> PostedForm | None:
    """The form that was posted, if it is one of FORMS; a button of the clone form posts "new"."""
    match = request.resolver_match
    if match is None or request.method != "POST":
        return None
    if match.namespace == CLONE_FORM_NAMESPACE:
        return PostedForm("new", _session_key("new"), reverse("new"))
    name = match.url_name or ""
    if name not in FORMS:
        return None
    page = reverse(PAGES.get(name, name), kwargs=match.kwargs)
    return PostedForm(name, _session_key(name, match.kwargs.get("pk")), page)


def _session_key(form: str, pk: int | None = None) -> str:
    return "draft" if form == "new" else f"draft {form} {pk or ''}".strip()


# Keeping a posted form ----------------------------------------------------------------------------


def keep_for_cookie_owner(request: HttpRequest, form: PostedForm) -> Kept:
    """Keep the form with its files for the person whose draft cookie the browser has.

    The body is read only if there is such a person and the CSRF token is valid.
    """
    owner = draft_cookie.find_owner(request)
    if owner is None:
        return Kept.NOTHING
    request.upload_handlers = [uploads.CappedUpload(request)]
    try:
        if _check_csrf(request).status_code != 204:
            return Kept.NOTHING
        posted = _read_posted(request, form)
    except UNREADABLE:
        return Kept.NOTHING
    # The body took its time, in which the sign-in may have been ended on another machine.
    if draft_cookie.find_owner(request) != owner:
        return Kept.NOTHING
    return Kept.ALL if drafts.save_draft(owner.pk, form.key, *posted) else Kept.TEXT


@csrf_protect
def _check_csrf(_request: HttpRequest) -> HttpResponse:
    """204 if the CSRF token is valid."""
    return HttpResponse(status=204)


def keep_for(request: HttpRequest, form: PostedForm, owner: User) -> None:
    """Keep what was posted for `owner`; say so if its files could not be stored."""
    if not drafts.save_draft(owner.pk, form.key, *_read_posted(request, form)):
        messages.error(request, _("The files couldn't be stored. Choose them again."))


def _read_posted(request: HttpRequest, form: PostedForm) -> PostedContent:
    """Read the body. Raises one of UNREADABLE."""
    files = [
        (field, uploads.posted_name(file), file)
        for field, posted in request.FILES.lists()
        for file in posted
        if isinstance(file, TemporaryUploadedFile)
    ]
    too_large = bool(uploads.too_large_fields(request))
    return PostedContent(read_answers(request, FORMS[form.name]), files, too_large)


def read_text_fields(request: HttpRequest) -> dict[str, str]:
    """The text fields of a clone form posted without a sign-in; its files are not read."""
    if not 0 < uploads.content_length(request) <= LONGEST_BODY:
        return {}
    if not hasattr(request, "_files"):  # the body has not been parsed yet
        request.upload_handlers = [uploads.SkipFiles(request)]
    try:
        return read_answers(request, FORMS["new"])
    except UNREADABLE:
        return {}


def read_answers(request: HttpRequest, fields: tuple[str, ...]) -> dict[str, str]:
    """The posted values of `fields`; a recording chosen in a select replaces the earlier one."""
    answers = {name: request.POST[name][:LONGEST] for name in fields if request.POST.get(name)}
    for select, field in SELECTS.items():
        if chosen := answers.pop(select, ""):
            answers[field] = chosen
    if form_tokens.parse_token(answers.get("token", "")) is None:
        answers.pop("token", None)
    return answers


# Handing it back ----------------------------------------------------------------------------------


def restore(request: HttpRequest, user: User) -> bool:
    """Put the kept answers of `user` into the session and store their files.

    Returns whether there is a form to be sent again.
    """
    is_unsent = False
    for draft in drafts.take_drafts(user.pk):
        answers = dict(draft.answers)
        for file in draft.files:
            _store_file(request, user, file, answers)
        if draft.too_large:
            messages.error(request, str(uploads.too_large_message()))
        if draft.place != _session_key("recordings"):
            request.session[draft.place] = answers
            is_unsent = True
    return is_unsent


def _store_file(
    request: HttpRequest, user: User, file: drafts.KeptFile, answers: dict[str, str]
) -> None:
    is_clip = file.field == "prompt_file" or answers.get("purpose") == Purpose.PROMPT
    purpose = Purpose.PROMPT if is_clip else Purpose.SAMPLE
    try:
        recording = service.store_file(
            file.path, file.name, project=_project_of(user, answers), purpose=purpose, by=user
        )
    except AudioProblem as problem:
        message = words.message_for_audio_problem(problem.code, problem.facts, purpose=purpose)
        messages.error(request, label_value(service.clean_file_name(file.name), message))
        return
    except NotAllowed as refused:  # the person has lost the role meanwhile
        messages.error(request, label_value(service.clean_file_name(file.name), refused.message))
        return
    answers["prompt_clip" if is_clip else "recording"] = str(recording.pk)
    if file.field == "file" and "purpose" in answers:  # uploaded on the page of recordings
        messages.success(request, _("%(name)s was uploaded.") % {"name": recording.name})


def _project_of(user: User, answers: dict[str, str]) -> Project:
    """The project that the form named, if the person may still upload there."""
    allowed = projects.list_allowed(user, Action.UPLOAD)
    named = allowed.filter(pk=parse_id(answers.get("project", "")) or 0).first()
    return named or projects.default_for(user)


def save_answers(request: HttpRequest, form: str, answers: dict[str, str]) -> None:
    """Keep `answers` in the session for the next time that this form is shown."""
    request.session[_session_key(form)] = answers


def pop_answers(request: HttpRequest, form: str, pk: int | None = None) -> dict[str, str]:
    """The answers kept for this form; the next call finds none."""
    # HEAD shows no page, so the answers wait for the next one.
    take = request.session.get if request.method == "HEAD" else request.session.pop
    answers: dict[str, str] = take(_session_key(form, pk), {})
    return answers
