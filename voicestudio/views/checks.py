"""Verdicts: what the sample doctor says of a recording, asked for until it is there."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from voicestudio.models import AudioFile
from voicestudio.services import recordings as service

# Where a verdict stands: in a row of a list, in the clone form, or on a page of its own.
PLACES: Final = {"row", "form"}


@require_safe
def verdict(request: HttpRequest, pk: int) -> HttpResponse:
    """The verdict for the place that asks; nothing (204) while that place shows all there is."""
    found = get_object_or_404(AudioFile.objects.visible_to(request.user), pk=pk)
    as_it_was = request.GET.get("heard", "0") == str(found.checked_ms or 0)
    if found.is_being_checked and as_it_was and request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return _shown(request, found)


@require_POST
def check_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a recording listened to once more that has no verdict."""
    found = get_object_or_404(AudioFile.objects.visible_to(request.user), pk=pk)
    asked = service.check_again(found)
    if request.headers.get("HX-Request"):
        found.refresh_from_db()
        return _shown(request, found)
    if asked:
        messages.info(request, _("The studio is listening to %(name)s.") % {"name": found.name})
    return redirect("recording", pk)


def _shown(request: HttpRequest, recording: AudioFile) -> HttpResponse:
    place = request.GET.get("place", "")
    context = {"recording": recording, "place": place if place in PLACES else "", "live": True}
    return render(request, "recordings/_verdict.html", context)
