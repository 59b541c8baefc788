"""Voices: every voice that the studio has made."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from voicestudio.forms.history import cursor
from voicestudio.models import Voice

PAGE = 25


@require_safe
def voices(request: HttpRequest) -> HttpResponse:
    """Voices, newest first, each with the attempt that made it."""
    rows = Voice.objects.visible_to(request.user).living()
    rows = rows.select_related("speaker", "attempt__created_by").defer(
        "attempt__answer", "attempt__answer_text", "attempt__sent", "attempt__calls",
        "attempt__search_text", "attempt__permission_wording",
    )  # fmt: skip
    words = " ".join(request.GET.get("q", "").replace("\0", "").split())[:200]
    if words:
        rows = rows.filter(Q(voice_id__icontains=words) | Q(speaker__name__icontains=words))
    before, after = (cursor(request.GET.get(name, "")) for name in ("before", "after"))
    if after is not None and before is None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        older, newer = True, len(found) > PAGE
        found = found[:PAGE][::-1]
    else:
        rows = rows.order_by("-pk")
        found = list((rows if before is None else rows.filter(pk__lt=before))[: PAGE + 1])
        older, newer = len(found) > PAGE, before is not None
        found = found[:PAGE]
    context = {
        # Not every voice has been made by an attempt of ours.
        "voices": [(voice, getattr(voice, "attempt", None)) for voice in found],
        "older": found[-1].pk if found and older else None,
        "newer": found[0].pk if found and newer else None,
        "searched": words,
        "paged": before or after,
    }
    return render(request, "voices/list.html", context)
