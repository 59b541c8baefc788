"""Checks: the verdict on a recording, polled by the page until it is complete."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from voicestudio.models import Action, AudioFile
from voicestudio.services import recordings as service

from .current_user import current_user
from .htmx import HtmxRequest
from .permitted import find_row

# Where a verdict is shown: in a row of a list, in the clone form, or ("") on a page of its own.
PLACES: Final = {"row", "form"}


@require_safe
def verdict(request: HtmxRequest, pk: int) -> HttpResponse:
    """The verdict for the place that polls; 204 if that place shows the newest state already."""
    recording = find_row(request, AudioFile.objects, pk)
    if request.htmx and _shows_newest_state(request, recording):
        return HttpResponse(status=204)
    return render_verdict(request, recording, place=request.GET.get("place", ""))


def _shows_newest_state(request: HttpRequest, recording: AudioFile) -> bool:
    """Whether the place that polls shows the progress, or the trial of a clean copy, already."""
    if "trying_cleanup" in request.GET:
        return recording.is_trying_cleanup
    checked_ms = request.GET.get("checked_ms", "0")
    return recording.is_being_checked and checked_ms == str(recording.checked_ms or 0)


@require_POST
def check_again(request: HtmxRequest, pk: int) -> HttpResponse:
    """Check a recording that has no verdict, or one of an earlier version."""
    recording = find_row(request, AudioFile.objects, pk, Action.UPLOAD)
    is_started = service.check_again(recording, by=current_user(request))
    if request.htmx:
        recording.refresh_from_db()
        return render_verdict(request, recording)
    if is_started:
        messages.info(request, _("Checking %(name)s.") % {"name": recording.name})
    return redirect("recording", pk)


def render_verdict(request: HttpRequest, recording: AudioFile, *, place: str = "") -> HttpResponse:
    """The verdict as a fragment for one of PLACES."""
    context = {"recording": recording, "place": place if place in PLACES else "", "live": True}
    return render(request, "recordings/_verdict.html", context)
