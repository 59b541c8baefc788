"""Recordings: the list, one recording, and its deletion."""

from functools import cache, partial
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from voicestudio import words
from voicestudio.forms.recording_filters import NOT_CHECKED, RecordingFilterForm
from voicestudio.forms.recordings import RecordingNameForm
from voicestudio.models import Action, AudioFile, CloneAttempt, access_of
from voicestudio.models.recordings import AudioFileQuerySet
from voicestudio.services import projects
from voicestudio.services import recordings as service

from . import uploads
from .attach_uses import attach_uses
from .current_user import current_user
from .htmx import HtmxRequest
from .lists import render_list, render_part, time_zone
from .paging import page_links, read_cursors
from .permitted import find_row

PAGE_SIZE: Final = 25
MOST_USES: Final = 50


def show_list(
    request: HtmxRequest, *, status: int = 200, message: words.Message | None = None, **context: Any
) -> HttpResponse:
    """One page of recordings, newest first, filtered by the query string."""
    people = cache(partial(projects.list_colleagues_of_several, current_user(request)))
    make_form = partial(RecordingFilterForm, people=people, time_zone=time_zone(request))
    form = make_form(request.GET)
    if part := render_part(request, form, make_form, partial(_filter, request)):
        return part
    page = (
        _filter(request, form)
        .for_rows()
        .page_by_id(size=PAGE_SIZE, **read_cursors(request)._asdict())
    )
    attach_uses(page.rows)
    context = {
        "recordings": page.rows,
        "pages": page_links(
            request, reverse("recordings"), ("after", page.newer), ("before", page.older)
        ),
        "form": form,
        **_project_choices(request),
        "limit": settings.UPLOAD_MAX_BYTES,
        "too_large": uploads.too_large_message(),
        "message": message,
        "in_use": [],
        **context,
    }  # fmt: skip
    url = reverse("recordings")
    return render_list(request, "recordings/list.html", context, url=url, status=status)


def _project_choices(request: HttpRequest) -> dict[str, Any]:
    """The projects to upload to, if there is more than one, or only another one than is listed."""
    user = current_user(request)
    choices = projects.list_choices(user, Action.UPLOAD)
    if not choices:
        return {"project_choices": []}
    default = projects.default_choice(user, choices)
    is_plain = len(choices) == 1 and access_of(user).in_use == default
    return {"project_choices": [] if is_plain else choices, "default_project": default}


def _filter(request: HttpRequest, form: RecordingFilterForm) -> AudioFileQuerySet:
    chosen = form.chosen
    rows = AudioFile.objects.in_use_by(request.user).filter(deleted_at=None)
    if "person" in chosen:
        rows = rows.filter(created_by=int(chosen["person"]))
    if "purpose" in chosen:
        rows = rows.filter(purpose=chosen["purpose"])
    if "verdict" in chosen:
        rows = rows.filter(verdict=chosen["verdict"].replace(NOT_CHECKED, ""))
    if "q" in chosen:
        rows = rows.search(chosen["q"])
    return rows.between(*form.period)


@require_safe
def recording(request: HtmxRequest, pk: int) -> HttpResponse:
    """One recording: a fragment for the clone form, or a page of its own."""
    recording = _find_recording(request, pk)
    if not request.htmx:
        response = _render_recording(request, recording)
    elif recording.deleted_at is None:
        response = render(request, "recordings/_recording.html", {"recording": recording})
    else:
        raise Http404
    patch_vary_headers(response, ["HX-Request"])
    return response


def _find_recording(request: HttpRequest, pk: int, action: Action = Action.SEE) -> AudioFile:
    """The recording if this person may see it, else 404."""
    rows = AudioFile.objects.select_related("created_by", "parent")
    recording: AudioFile = find_row(request, rows.prefetch_related("provider_files"), pk, action)
    return recording


def _render_recording(
    request: HttpRequest,
    recording: AudioFile,
    *,
    status: int = 200,
    name_form: RecordingNameForm | None = None,
) -> HttpResponse:
    """The page of one recording, with its copies and the newest attempts that use it."""
    used_by = CloneAttempt.objects.visible_to(request.user).using_recording(recording.pk)
    attempts = list(
        used_by.order_by("-pk").only("speaker_name", "voice_id", "status")[: MOST_USES + 1]
    )
    visible = AudioFile.objects.visible_to(request.user)
    source = service.find_track_source(recording)
    context = {
        "recording": recording,
        "track_source": source,
        "tracks": service.list_tracks(source, among=visible) if source else [],
        "family": service.list_family(recording, among=visible),
        "attempts": attempts[:MOST_USES],
        "used_more": len(attempts) > MOST_USES,
        "name_form": name_form or RecordingNameForm(initial={"name": recording.name}),
    }
    return render(request, "recordings/detail.html", context, status=status)


@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a recording another name."""
    recording = _find_recording(request, pk, Action.UPLOAD)
    form = RecordingNameForm(request.POST)
    if not form.is_valid():
        return _render_recording(request, recording, status=422, name_form=form)
    service.rename_recording(recording, form.cleaned_data["name"], by=current_user(request))
    messages.success(request, _("The new name was saved."))
    return redirect("recording", pk)


@require_POST
def delete(request: HtmxRequest, pk: int) -> HttpResponse:
    """Delete a recording, unless a voice or a running attempt needs it: then list them."""
    recording = find_row(request, AudioFile.objects, pk, Action.DELETE)
    try:
        is_gone = service.delete_recording(recording, by=current_user(request))
    except service.RecordingInUse as in_use:
        message = words.Message(
            _("%(name)s is still in use.") % {"name": recording.name},
            _("Delete the voices that were cloned from it first, or wait until the attempts end."),
        )
        return show_list(request, message=message, in_use=in_use.attempts, status=422)
    except service.NotDeleted as failed:
        return show_list(request, message=failed.message, status=422)
    if is_gone:
        messages.success(request, _("%(name)s was deleted.") % {"name": recording.name})
    else:
        text = _("MiniMax is slow to answer. The studio keeps trying to delete %(name)s.")
        messages.info(request, text % {"name": recording.name})
    return redirect("recordings")
