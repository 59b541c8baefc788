"""Recordings: what we hold, and what a person brings."""

from typing import Any, Final, NamedTuple

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import retarget

from voicestudio import words
from voicestudio.audio import AudioProblem
from voicestudio.forms import FileIdForm, UploadForm, texts
from voicestudio.forms.recordings import sentence
from voicestudio.models import AudioFile, Purpose
from voicestudio.services import recordings as service

from . import recordings, uploads
from .current_user import current_user

SHOWN: Final = 20
IN_SELECT: Final = 50


class Part(NamedTuple):
    """One of the two recordings of the clone form: its field, file field and select."""

    field: str
    file: str
    here: str
    purpose: Purpose


PARTS: Final = (
    Part("recording", "file", "recording_here", Purpose.SAMPLE),
    Part("prompt_clip", "prompt_file", "prompt_clip_here", Purpose.PROMPT),
)


# Bringing one ---------------------------------------------------------------------------------


def _refused_at_once(request: HttpRequest) -> HttpResponse:
    return _refused(request, uploads.larger_than_we_take())


def _refused(request: HttpRequest, message: words.Message) -> HttpResponse:
    """Why a recording was not taken: in place, or above the list of those that were."""
    if request.headers.get("HX-Request"):
        context = {"message": message, "state": "failed"}
        response = render(request, "_note.html", context, status=422)
        # Beside what is chosen already, not in its place.
        return retarget(response, "#id_file_error")
    return recordings.shown(request, message=message, status=422)


def _taken(request: HttpRequest, recording: AudioFile) -> HttpResponse:
    """The recording as the form shows it, or on to the form with it."""
    if request.headers.get("HX-Request"):
        return render(request, "recordings/_recording.html", {"recording": recording})
    field = "prompt_clip" if recording.purpose == Purpose.PROMPT else "recording"
    return redirect(f"{reverse('new')}?{field}={recording.pk}")


@uploads.capped(at_once=_refused_at_once)
@require_http_methods(["GET", "HEAD", "POST"])
def recording_list(request: HttpRequest) -> HttpResponse:
    """What we hold, newest first; a file posted here is checked and kept."""
    if request.method != "POST":
        return recordings.shown(request)
    if "several" in request.POST and not request.headers.get("HX-Request"):
        return _several(request)
    if uploads.too_large(request):
        return _refused_at_once(request)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, words.Message(_("No file came with this."), _("Choose one.")))
    file, purpose, origin = (form.cleaned_data[name] for name in ("file", "purpose", "origin"))
    try:
        taken = service.store_upload(file, purpose=purpose, by=current_user(request), origin=origin)
    except AudioProblem as problem:
        return _refused(
            request, words.message_for_audio_problem(problem.code, problem.facts, purpose=purpose)
        )
    if "several" in request.POST:
        return render(request, "recordings/list.html#line", {"recording": taken}, status=201)
    return _taken(request, taken)


def _several(request: HttpRequest) -> HttpResponse:
    """Many files at once, without a script: each is taken in, or it is said why not."""
    asked = request.POST.get("purpose", "")
    purpose = asked if asked in Purpose.values else Purpose.SAMPLE
    files = request.FILES.getlist("file")
    for file in files:
        try:
            kept = service.store_upload(file, purpose=purpose, by=current_user(request))
            messages.success(request, _("%(name)s is here.") % {"name": kept.name})
        except AudioProblem as problem:
            said = sentence(
                words.message_for_audio_problem(problem.code, problem.facts, purpose=purpose)
            )
            messages.error(request, f"{service.clean_file_name(file.name or '')}: {said}")
    if uploads.too_large(request):
        messages.error(request, sentence(uploads.larger_than_we_take()))
    elif not files:
        messages.error(request, _("No file came with this. Choose one."))
    return redirect("recordings")


@require_POST
def example(request: HttpRequest) -> HttpResponse:
    """A recording for those who have none at hand, another voice each time."""
    try:
        return _taken(request, _example(request))
    except service.ExampleUnavailable as missing:
        return _refused(request, missing.message)


@require_POST
def by_file_id(request: HttpRequest) -> HttpResponse:
    """The recording that MiniMax has under a File ID."""
    form = FileIdForm(request.POST)
    if not form.is_valid():
        return _refused(request, words.Message(str(form.errors["file_id"][0]), ""))
    recording = _by_file_id(request, form)
    if recording.purpose != Purpose.SAMPLE:
        return _refused(request, OTHER_PURPOSE)
    return _taken(request, recording)


OTHER_PURPOSE: Final = words.Message(
    _("MiniMax knows this File ID as a prompt clip."), _("Give the File ID of a recording.")
)


def _by_file_id(request: HttpRequest, form: FileIdForm) -> AudioFile:
    file_id = form.cleaned_data["file_id"]
    return service.add_by_file_id(file_id, purpose=Purpose.SAMPLE, by=current_user(request))


def _example(request: HttpRequest) -> AudioFile:
    voice = int(request.session.get("example", 0)) % service.EXAMPLE_VOICES + 1
    request.session["example"] = voice
    return service.fetch_example(voice=voice, by=current_user(request))


def bring(request: HttpRequest) -> tuple[QueryDict, dict[str, str]]:
    """The posted clone form, with what came along kept and put into it by its id.

    Second: why something was not kept, by the name of its field.
    """
    data, refused = request.POST.copy(), {}
    for part in PARTS:
        if chosen := data.get(part.here):
            data[part.field] = chosen
        if data.get("action") == f"remove_{part.field}":
            data[part.field] = ""
        elif data.get("action") == f"check_{part.field}":
            _check(request, data.get(part.field, ""))
        elif part.file in uploads.too_large(request):
            refused[part.file] = sentence(uploads.larger_than_we_take())
        elif upload := request.FILES.get(part.file):
            try:
                kept = service.store_upload(upload, purpose=part.purpose, by=current_user(request))
                data[part.field] = str(kept.pk)
            except AudioProblem as problem:
                said = words.message_for_audio_problem(
                    problem.code, problem.facts, purpose=part.purpose
                )
                refused[part.file] = sentence(said)
    if data.get("action") == "example":
        try:
            data["recording"] = str(_example(request).pk)
        except service.ExampleUnavailable as missing:
            refused["file"] = sentence(missing.message)
    known = FileIdForm(data)
    if data.get("file_id") and known.is_valid():
        recording = _by_file_id(request, known)
        if recording.purpose == Purpose.SAMPLE:
            data["recording"], data["file_id"] = str(recording.pk), ""
        else:
            refused["file_id"] = sentence(OTHER_PURPOSE)
    return data, refused


def _check(request: HttpRequest, chosen: str) -> None:
    """Have the chosen recording listened to once more, if it is one of those that one may see."""
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        for found in AudioFile.objects.visible_to(request.user).filter(pk=int(chosen)):
            service.check_again(found)


# Choosing one that is here --------------------------------------------------------------------


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The newest recordings that one may choose from, by a part of their name."""
    field = "prompt_clip" if request.GET.get("purpose") == Purpose.PROMPT else "recording"
    searched = texts.clean(request.GET.get("q", ""))[:100]
    found = _newest(request, field)
    if searched:
        found = found.filter(name__icontains=searched)
    context: dict[str, Any] = {"found": found[:SHOWN], "searched": searched, "field": field}
    return render(request, "attempts/new.html#already-here", context)


def newest(request: HttpRequest, field: str) -> QuerySet[AudioFile]:
    """The newest recordings for one of the form's two parts, as a select shows them."""
    return _newest(request, field)[:IN_SELECT]


def _newest(request: HttpRequest, field: str) -> QuerySet[AudioFile]:
    visible = AudioFile.objects.visible_to(request.user)
    fitting = visible.prompt_clips() if field == "prompt_clip" else visible.samples()
    return fitting.order_by("-pk").only("name", "duration_ms", "created_at", "purpose")
