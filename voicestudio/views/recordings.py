"""The collection: the list of recordings, the page of one, and letting one go."""

from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from voicestudio import words
from voicestudio.forms.history import cursor
from voicestudio.forms.recording_filters import NOT_CHECKED, VERDICTS, CollectionForm
from voicestudio.models import AudioFile, CloneAttempt
from voicestudio.models.recordings import AudioFileQuerySet
from voicestudio.services import recordings as service

from . import uploads, uses

PAGE: Final = 25
MOST_USES: Final = 50
# What only the worker and the cut page read: a page of them would be a megabyte.
UNREAD: Final = (
    "figures", "passages",
    *(f"{forebear}__{name}" for forebear in ("parent", "parent__parent")
      for name in ("peaks", "findings", "figures", "passages", "advice")),
)  # fmt: skip


def shown(
    request: HttpRequest, *, status: int = 200, message: words.Message | None = None, **more: Any
) -> HttpResponse:
    """One page of what we hold, newest first, for the same price at every depth."""
    chosen = CollectionForm(request.GET).chosen
    rows = _asked_for(request, chosen).select_related("created_by", "parent__parent").defer(*UNREAD)
    rows = rows.prefetch_related("provider_files")
    before, after = (cursor(request.GET.get(name, "")) for name in ("before", "after"))
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        older, newer = True, len(found) > PAGE
        found = found[:PAGE][::-1]
    else:
        rows = rows.order_by("-pk")
        found = list((rows if before is None else rows.filter(pk__lt=before))[: PAGE + 1])
        older, newer = len(found) > PAGE, before is not None
        found = found[:PAGE]
    uses.tell(found)
    context = {
        "recordings": found,
        "older": found[-1].pk if found and older else None,
        "newer": found[0].pk if found and newer else None,
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "kept": [(name, chosen[name]) for name in ("purpose", "verdict") if chosen[name]],
        "verdicts": VERDICTS,
        "limit": settings.UPLOAD_MAX_BYTES,
        "too_large": uploads.larger_than_we_take(),
        "message": message,
        "in_use": [],
    }
    return render(request, "recordings/list.html", context | more, status=status)


def _asked_for(request: HttpRequest, chosen: dict[str, str]) -> AudioFileQuerySet:
    rows = AudioFile.objects.visible_to(request.user).filter(deleted_at=None)
    if chosen["purpose"]:
        rows = rows.filter(purpose=chosen["purpose"])
    if chosen["verdict"]:
        rows = rows.filter(verdict=chosen["verdict"].replace(NOT_CHECKED, ""))
    if chosen["q"]:
        rows = rows.filter(name__icontains=chosen["q"])
    return rows


@require_safe
def recording(request: HttpRequest, pk: int) -> HttpResponse:
    """One recording: as the clone form shows it, or on a page of its own."""
    visible = AudioFile.objects.visible_to(request.user)
    found = get_object_or_404(
        visible.select_related("created_by").prefetch_related("provider_files"), pk=pk
    )
    if request.headers.get("HX-Request"):
        if found.deleted_at is not None:
            raise Http404
        response = render(request, "recordings/_recording.html", {"recording": found})
    else:
        used = CloneAttempt.objects.visible_to(request.user).using_recording(pk).order_by("-pk")
        attempts = list(used.only("speaker_name", "voice_id", "status")[: MOST_USES + 1])
        context = {
            "recording": found,
            "family": service.list_family(found, among=visible),
            "attempts": attempts[:MOST_USES],
            "used_more": len(attempts) > MOST_USES,
        }
        response = render(request, "recordings/detail.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a recording go, unless an attempt refers to it: then say which."""
    gone = get_object_or_404(AudioFile.objects.visible_to(request.user), pk=pk)
    try:
        service.delete_recording(gone)
    except service.RecordingInUse as used:
        message = words.Message(
            _("%(name)s is still in use.") % {"name": gone.name},
            _("What an attempt was made from stays with it."),
        )
        return shown(request, message=message, in_use=used.attempts, status=422)
    messages.success(request, _("%(name)s is deleted.") % {"name": gone.name})
    return redirect("recordings")
