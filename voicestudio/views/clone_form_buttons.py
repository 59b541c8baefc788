"""Buttons of the clone form: each has its own address and shows the form again as it was typed.

Without JavaScript a button posts the whole form to its `formaction`; files that come along are
stored. With JavaScript some of them post on their own and get a fragment.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from voicestudio.forms import FileIdForm
from voicestudio.models import Action, AudioFile, Purpose
from voicestudio.services import projects
from voicestudio.services import recordings as service
from voicestudio.words import Message

from . import checks, recording_uploads, uploads
from .clone_form import posted_form, render_page
from .current_user import current_user
from .draft_redirects import leave_form
from .htmx import HtmxRequest
from .permitted import find_row, require_action
from .project_in_use import in_form_project

PURPOSES = {part.field: part.purpose for part in recording_uploads.FORM_PARTS}


def form_button(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that takes the posted clone form, which may hold files."""
    in_project = in_form_project(Action.CLONE)(view)
    return uploads.cap_uploads(Action.CLONE)(require_POST(require_action(Action.CLONE)(in_project)))


@form_button
def upload(request: HtmxRequest) -> HttpResponse:
    """Store the files that came with the form."""
    return render_page(request, posted_form(request))


@form_button
def refresh(request: HtmxRequest) -> HttpResponse:
    """Show the form again, with what the check has found meanwhile."""
    return render_page(request, posted_form(request))


@form_button
def use_voice_id(request: HtmxRequest) -> HttpResponse:
    """Put a suggested voice ID into its field."""
    voice_id = request.POST.get("use_voice_id", "")
    return render_page(request, posted_form(request, {"voice_id": voice_id}))


@form_button
def use_example(request: HtmxRequest) -> HttpResponse:
    """Choose an example recording, another one each time."""
    number = int(request.session.get("example", 0)) % service.EXAMPLE_VOICES + 1
    request.session["example"] = number
    user = current_user(request)
    try:
        recording = service.fetch_example(voice=number, project=projects.default_for(user), by=user)
    except service.ExampleUnavailable as missing:
        return _show_error(request, "file", missing.message)
    return _show_choice(request, recording)


@form_button
def use_file_id(request: HtmxRequest) -> HttpResponse:
    """Choose the recording that MiniMax has under the typed file ID."""
    form = FileIdForm(request.POST)
    if not form.is_valid():
        return _show_error(request, "file_id", Message(str(form.errors["file_id"][0]), ""))
    try:
        recording = recording_uploads.find_by_file_id(request, form.cleaned_data["file_id"])
    except recording_uploads.UploadRefusedError as refused:
        return _show_error(request, "file_id", refused.message)
    return _show_choice(request, recording)


@form_button
def check(request: HtmxRequest, pk: int) -> HttpResponse:
    """Check a chosen recording that has no verdict, or one of an earlier version."""
    recording = find_row(request, AudioFile.objects, pk, Action.UPLOAD)
    service.check_again(recording, by=current_user(request))
    if request.htmx:
        recording.refresh_from_db()
        return checks.render_verdict(request, recording, place="form")
    return render_page(request, posted_form(request))


@form_button
def remove(request: HtmxRequest, field: str) -> HttpResponse:
    """Choose no recording, or no prompt clip; the recording itself is kept."""
    return render_page(request, posted_form(request, {field: ""}))


@form_button
def cut(request: HtmxRequest, field: str) -> HttpResponse:
    """Open the chosen recording on the page where it is cut."""
    return _open_page(request, field, "cut_recording", back="form", purpose=PURPOSES[field].value)


@form_button
def suggest_best_part(request: HtmxRequest) -> HttpResponse:
    """Open the page where the recording is cut, with its best part selected."""
    return _open_page(request, "recording", "cut_recording", back="form", suggest="best")


@form_button
def cut_prompt_clip(request: HtmxRequest) -> HttpResponse:
    """Open the page where the recording is cut, with a prompt clip selected."""
    purpose = Purpose.PROMPT.value
    return _open_page(
        request, "recording", "cut_recording", back="form", purpose=purpose, suggest="prompt"
    )


@form_button
def clean_up(request: HtmxRequest, field: str) -> HttpResponse:
    """Open the page that makes a clean copy of the chosen recording."""
    return _open_page(request, field, "clean_copy")


@form_button
def choose_track(request: HtmxRequest, field: str) -> HttpResponse:
    """Open the page of the chosen recording, where another track can be used."""
    return _open_page(request, field, "recording")


def _open_page(request: HtmxRequest, field: str, page: str, **query: str) -> HttpResponse:
    """Go to a page of the recording chosen in `field`; what is typed waits in a draft."""
    form = posted_form(request)
    recording = form.chosen(field)
    if recording is None:
        form.add_refusal(field, _("Upload a recording first."))
        return render_page(request, form)
    url = reverse(page, args=[recording.pk])
    return leave_form(request, form, f"{url}?{urlencode(query)}" if query else url)


def _show_choice(request: HtmxRequest, recording: AudioFile) -> HttpResponse:
    """The recording as a fragment, or the form with it in place of a typed file ID."""
    if request.htmx:
        return render(request, "recordings/_recording.html", {"recording": recording})
    answers = {"recording": str(recording.pk), "file_id": ""}
    return render_page(request, posted_form(request, answers))


def _show_error(request: HtmxRequest, field: str, message: Message) -> HttpResponse:
    if request.htmx:
        target = "#file-id-error" if field == "file_id" else "#id_file_error"
        return recording_uploads.render_refusal(request, message, target=target)
    return render_page(request, posted_form(request, errors={field: str(message)}))
