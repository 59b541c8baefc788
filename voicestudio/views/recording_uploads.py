"""Recording uploads: files posted to the list or with the clone form, and the search for one."""

from collections.abc import Collection
from typing import Final, NamedTuple

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import retarget

from voicestudio import words
from voicestudio.audio import AudioProblem
from voicestudio.forms import FileIdForm, UploadForm, texts
from voicestudio.models import Action, AudioFile, Origin, Purpose
from voicestudio.models.recordings import AudioFileQuerySet
from voicestudio.services import projects
from voicestudio.services import recordings as service
from voicestudio.services.permissions import require
from voicestudio.words.items import label_value

from . import recordings, uploads
from .current_user import current_user
from .htmx import HtmxRequest
from .project_in_use import in_form_project, uses_project

SEARCH_RESULTS: Final = 20
SELECT_OPTIONS: Final = 50
NO_FILE: Final = words.Message(_("No file was sent."), _("Choose one."))
OTHER_PURPOSE: Final = words.Message(
    _("MiniMax knows this file ID as a prompt clip."), _("Type the file ID of a recording.")
)


class FormPart(NamedTuple):
    """One of the two recordings of the clone form: its field, file field, select and purpose."""

    field: str
    file: str
    select: str
    purpose: Purpose


FORM_PARTS: Final = (
    FormPart("recording", "file", "recording_here", Purpose.SAMPLE),
    FormPart("prompt_clip", "prompt_file", "prompt_clip_here", Purpose.PROMPT),
)


class UploadRefusedError(Exception):
    """A file that cannot be used; `message` says why."""

    def __init__(self, message: words.Message) -> None:
        super().__init__(str(message))
        self.message = message


# The list of recordings ---------------------------------------------------------------------------


def _refuse_too_large(request: HtmxRequest) -> HttpResponse:
    return render_refusal(request, uploads.too_large_message())


@uploads.cap_uploads(Action.UPLOAD, refuse_early=_refuse_too_large)
@require_http_methods(["GET", "HEAD", "POST"])
@uses_project
def recording_list(request: HtmxRequest) -> HttpResponse:
    """The recordings, newest first; a file posted here is checked and stored."""
    if request.method != "POST":
        return recordings.show_list(request)
    require(request.user, Action.UPLOAD)
    return _store_posted(request)


@in_form_project(Action.UPLOAD)
def _store_posted(request: HtmxRequest) -> HttpResponse:
    """The recording of a posted file, in the project that the form names."""
    if "several" in request.POST and not request.htmx:
        return _store_several(request)
    if uploads.too_large_fields(request):
        return _refuse_too_large(request)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render_refusal(request, NO_FILE)
    try:
        recording = _store(request, **form.cleaned_data)
    except UploadRefusedError as refused:
        return render_refusal(request, refused.message)
    return _render_stored(request, recording)


def _render_stored(request: HtmxRequest, recording: AudioFile) -> HttpResponse:
    """A line of the list, the recording chosen in the clone form, or the way to that form."""
    if "several" in request.POST:
        return render(request, "recordings/list.html#line", {"recording": recording}, status=201)
    if request.htmx:
        return render(request, "recordings/_recording.html", {"recording": recording})
    field = "prompt_clip" if recording.purpose == Purpose.PROMPT else "recording"
    return redirect(f"{reverse('new')}?{field}={recording.pk}")


def render_refusal(
    request: HtmxRequest, message: words.Message, *, target: str = "#id_file_error"
) -> HttpResponse:
    """Why a recording was not stored: in `target` for htmx, else above the list."""
    if not request.htmx:
        return recordings.show_list(request, message=message, status=422)
    note = {"headline": message.headline, "next_step": message.next_step}
    response = render(request, "_note.html", note | {"state": "failed"}, status=422)
    # Beside the recording that is already chosen, not in its place.
    return retarget(response, target)


def _store_several(request: HttpRequest) -> HttpResponse:
    """Many files at once, without JavaScript: one message for each."""
    purpose = request.POST.get("purpose", "")
    purpose = purpose if purpose in Purpose.values else Purpose.SAMPLE
    files = request.FILES.getlist("file")
    for file in files:
        try:
            recording = _store(request, file, purpose)
            messages.success(request, _("%(name)s was uploaded.") % {"name": recording.name})
        except UploadRefusedError as refused:
            messages.error(
                request, label_value(service.clean_file_name(uploads.posted_name(file)), refused)
            )
    if uploads.too_large_fields(request):
        messages.error(request, str(uploads.too_large_message()))
    elif not files:
        messages.error(request, str(NO_FILE))
    return redirect("recordings")


def _store(
    request: HttpRequest,
    file: UploadedFile,
    purpose: str,
    origin: Origin = Origin.UPLOADED,
    name: str = "",
) -> AudioFile:
    """The stored recording. Raises UploadRefusedError."""
    by, name = current_user(request), name or uploads.posted_name(file)
    try:
        return service.store_upload(
            file, project=projects.default_for(by), purpose=purpose, by=by, origin=origin, name=name
        )
    except AudioProblem as problem:
        message = words.message_for_audio_problem(problem.code, problem.facts, purpose=purpose)
        raise UploadRefusedError(message) from problem


# With the clone form ------------------------------------------------------------------------------


def keep_form_uploads(
    request: HttpRequest, data: QueryDict, *, skip: Collection[str]
) -> dict[str, str]:
    """Store the files and the file ID of a posted clone form, and put their ids into `data`.

    Fields in `skip` are left alone. Returns an error for each field that could not be used.
    """
    errors = {}
    for part in FORM_PARTS:
        if part.field in skip:
            continue
        if selected := data.get(part.select):
            data[part.field] = selected
        try:
            if part.file in uploads.too_large_fields(request):
                raise UploadRefusedError(uploads.too_large_message())
            if file := request.FILES.get(part.file):
                data[part.field] = str(_store(request, file, part.purpose).pk)
        except UploadRefusedError as refused:
            errors[part.file] = str(refused)
    form = FileIdForm(data)
    if "file_id" not in skip and data.get("file_id") and form.is_valid():
        try:
            recording = find_by_file_id(request, form.cleaned_data["file_id"])
        except UploadRefusedError as refused:
            errors["file_id"] = str(refused)
        else:
            data["recording"], data["file_id"] = str(recording.pk), ""
    return errors


def find_by_file_id(request: HttpRequest, file_id: int) -> AudioFile:
    """The recording that MiniMax has under `file_id`, entered here if it is new.

    Raises UploadRefusedError for a prompt clip and for a recording that the person may not use.
    """
    user = current_user(request)
    try:
        recording = service.add_by_file_id(
            file_id, project=projects.default_for(user), purpose=Purpose.SAMPLE, by=user
        )
    except service.FileIdRefused as refused:
        raise UploadRefusedError(refused.message) from refused
    if recording.purpose != Purpose.SAMPLE:
        raise UploadRefusedError(OTHER_PURPOSE)
    return recording


# Choosing a stored recording ----------------------------------------------------------------------


@require_safe
@in_form_project(Action.SEE)
def choose(request: HttpRequest) -> HttpResponse:
    """The newest recordings to choose from, by a part of their name."""
    field = "prompt_clip" if request.GET.get("purpose") == Purpose.PROMPT else "recording"
    searched = texts.clean(request.GET.get("q", ""))[:100]
    found = _list_choices(request, field)
    if searched:
        found = found.search(searched)
    context = {"found": found[:SEARCH_RESULTS], "searched": searched, "field": field}
    return render(request, "attempts/new.html#already-here", context)


def list_newest(request: HttpRequest, field: str) -> QuerySet[AudioFile]:
    """The newest recordings for one of the form's two fields, as a select shows them."""
    return _list_choices(request, field)[:SELECT_OPTIONS]


def _list_choices(request: HttpRequest, field: str) -> AudioFileQuerySet:
    in_use = AudioFile.objects.in_use_by(request.user)
    choices = in_use.prompt_clips() if field == "prompt_clip" else in_use.samples()
    return choices.order_by("-pk").only("name", "duration_ms", "created_at", "purpose")
