"""Speakers: one person with all attempts, voices and recordings, and the best attempt."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from voicestudio.forms.ids import parse_page_number
from voicestudio.models import AudioFile, CloneAttempt, Speaker
from voicestudio.services.clones import attempt_tree
from voicestudio.services.voices import notes

from .attach_changes import attach_changes
from .current_user import current_user
from .history import find_attempt
from .paging import page_links

MOST: Final = 12
DEEPEST: Final = 99


@require_safe
def speaker(request: HttpRequest, pk: int) -> HttpResponse:
    """One speaker: a page of their attempts as trees, their newest voices and recordings."""
    speaker = get_object_or_404(Speaker.objects.visible_to(request.user), pk=pk)
    attempts = CloneAttempt.objects.visible_to(request.user).filter(speaker=speaker)
    page = parse_page_number(request.GET.get("page", ""))
    tree_page = attempt_tree.tree_page(speaker, number=page)
    attach_changes([row.attempt for row in tree_page.rows])
    voices = (
        notes.visible_voices(request.user).filter(speaker=speaker).order_by("-created_at", "-pk")
    )
    recordings = AudioFile.objects.visible_to(request.user).filter(
        pk__in=attempts.values("recording"), deleted_at=None
    )
    shown_voices = list(voices[: MOST + 1])
    shown_recordings = list(
        recordings.only("name", "duration_ms", "verdict").order_by("-pk")[: MOST + 1]
    )
    number = tree_page.number
    next_number = number + 1 if number < tree_page.pages else None
    context = {
        "speaker": speaker,
        "tree_page": tree_page,
        "pages": page_links(
            request, reverse("speaker", args=[pk]), ("page", number - 1), ("page", next_number)
        ),
        "best": attempt_tree.best_attempt(speaker),
        "voices": shown_voices[:MOST],
        "more_voices": len(shown_voices) > MOST,
        "recordings": shown_recordings[:MOST],
        "more_recordings": len(shown_recordings) > MOST,
    }
    return render(request, "speakers/detail.html", context)


@require_safe
def attempt_tree_row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row of a tree, which polls while its attempt runs."""
    attempt = attempt_tree.get_row(find_attempt(request, pk).pk)
    if attempt is None:
        raise Http404
    attach_changes([attempt])
    context = {
        "attempt": attempt,
        "depth": min(DEEPEST, parse_page_number(request.GET.get("level", "")) - 1),
        "speaker": attempt.speaker,
        "page": parse_page_number(request.GET.get("page", "")),
    }
    return render(request, "speakers/_tree_row.html", context)


@require_POST
def pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark this attempt as the best of its speaker, or remove the mark."""
    attempt = find_attempt(request, pk)
    is_pinned = attempt.speaker.best_attempt_id == attempt.pk
    # The form says which of the two it wants, so that pressing the button twice does it once.
    if request.POST.get("pinned", "no" if is_pinned else "yes") == "yes":
        attempt_tree.pin(attempt, by=current_user(request))
    elif is_pinned:
        attempt_tree.unpin(attempt.speaker)
    page = parse_page_number(request.POST.get("page", ""))
    url = reverse("speaker", args=[attempt.speaker_id])
    return redirect(f"{url}{f'?page={page}' if page > 1 else ''}#attempt-{pk}")
