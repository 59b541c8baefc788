"""Speakers: one person, everything that was tried with their voice, and which of it is the best."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from voicestudio.models import LARGEST_ID, AudioFile, CloneAttempt, Speaker
from voicestudio.services.clones import attempt_tree
from voicestudio.services.voices import notes

from . import changes
from .current_user import current_user
from .history import found as found_attempt

MOST: Final = 12
DEEPEST: Final = 99


@require_safe
def speaker(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: attempts as trees, a page of them at a time, voices and recordings."""
    if pk > LARGEST_ID:
        raise Http404
    one = get_object_or_404(Speaker.objects.visible_to(request.user), pk=pk)
    attempts = CloneAttempt.objects.visible_to(request.user).filter(speaker=one)
    tree_page = attempt_tree.tree_page(one, number=_number(request.GET.get("page", "")))
    changes.tell([placed.attempt for placed in tree_page.rows])
    shown = notes.visible_voices(request.user).filter(speaker=one).order_by("-created_at", "-pk")
    used = AudioFile.objects.visible_to(request.user).filter(
        pk__in=attempts.values("recording"), deleted_at=None
    )
    made = list(shown[: MOST + 1])
    recordings = list(used.only("name", "duration_ms", "verdict").order_by("-pk")[: MOST + 1])
    context = {
        "speaker": one,
        "tree_page": tree_page,
        "best": attempt_tree.best_attempt(one),
        "voices": made[:MOST],
        "more_voices": len(made) > MOST,
        "recordings": recordings[:MOST],
        "more_recordings": len(recordings) > MOST,
    }
    return render(request, "speakers/detail.html", context)


@require_safe
def leaf(request: HttpRequest, pk: int) -> HttpResponse:
    """One row of a tree, which asks for itself again while it runs."""
    one = attempt_tree.get_row(found_attempt(request, pk).pk)
    if one is None:
        raise Http404
    changes.tell([one])
    depth = min(DEEPEST, _number(request.GET.get("level", "")) - 1)
    page = _number(request.GET.get("page", ""))
    context = {"attempt": one, "depth": depth, "speaker": one.speaker, "page": page}
    return render(request, "speakers/_tree_row.html", context)


@require_POST
def pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that this attempt is the best of its speaker's, or take that back."""
    one = found_attempt(request, pk)
    pinned = one.speaker.best_attempt_id == one.pk
    # The button says what it does, so that pressing it twice does it once.
    if request.POST.get("pinned", "no" if pinned else "yes") == "yes":
        attempt_tree.pin(one, by=current_user(request))
    elif pinned:
        attempt_tree.unpin(one.speaker)
    page = _number(request.POST.get("page", ""))
    place = reverse("speaker", args=[one.speaker_id])
    return redirect(f"{place}{f'?page={page}' if page > 1 else ''}#attempt-{pk}")


def _number(text: str) -> int:
    """A number of an address, from 1 on; 1 if it makes no sense."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1
