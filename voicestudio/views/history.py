"""History: the list of clone attempts, one attempt, and its buttons."""

from collections.abc import Iterable
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import retarget

from voicestudio.forms.history import HistoryForm
from voicestudio.models import Action, AttemptState, CloneAttempt
from voicestudio.models.compiled_query import CompiledQuery
from voicestudio.services import clones, projects
from voicestudio.services.paid_calls import audio_download
from voicestudio.services.speeches import keep

from . import drafts
from .attach_changes import attach_changes
from .current_user import current_user
from .htmx import HtmxRequest
from .lists import keep_private, render_list, render_part, time_zone
from .paging import page_links, read_cursors
from .permitted import find_row
from .project_in_use import uses_project

if TYPE_CHECKING:
    from voicestudio.models.attempt_queryset import CloneAttemptQuerySet

MOST_WAITING: Final = 500


@require_safe
@uses_project
def history(request: HtmxRequest) -> HttpResponse:
    """Attempts, newest first, filtered by the query string."""
    people = cache(partial(projects.list_colleagues, current_user(request)))
    make_form = partial(HistoryForm, people=people, time_zone=time_zone(request))
    form = make_form(request.GET)
    if part := render_part(request, form, make_form, partial(_select, request)):
        return part
    cursors, words = read_cursors(request), form.chosen.get("q", "")
    page = _filter(_ROWS, request, form).page(words=words, period=form.period, **cursors._asdict())
    _attach_queue_positions(page.attempts)
    attach_changes(page.attempts)
    url = reverse("history")
    context = {
        "form": form,
        "page": page,
        "paged": any(cursors),
        "pages": page_links(request, url, ("after", page.newer), ("before", page.older)),
    }
    return render_list(request, "attempts/history.html", context, url=url)


@require_safe
def attempt(request: HtmxRequest, pk: int) -> HttpResponse:
    """One attempt; while it runs, the page polls for the part that changes."""
    attempt = find_attempt(request, pk)
    _attach_queue_positions([attempt])
    is_busy = attempt.audio_is_under_way or attempt.is_being_reconciled
    phase = f"{attempt.state.value}-busy" if is_busy else attempt.state.value
    context = {"attempt": attempt, "phase": phase, **_offer_to_keep(attempt)}
    is_poll = _is_for_part(request, "progress")
    if is_poll and request.GET.get("phase") == phase:
        return keep_private(render(request, "attempts/detail.html#progress", context))
    attach_changes([attempt])
    if is_poll:
        response = render(request, "attempts/detail.html#attempt", context | {"live": True})
        return keep_private(retarget(response, "#attempt"))
    context["note"] = drafts.pop_answers(request, "settle_attempt", pk).get("note", "")
    return keep_private(render(request, "attempts/detail.html", context))


@require_safe
def attempt_row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row of the list, which polls while the attempt runs."""
    attempt = find_row(request, CloneAttempt.objects.for_rows(), pk)
    _attach_queue_positions([attempt])
    attach_changes([attempt])
    return keep_private(render(request, "attempts/history.html#row", {"attempt": attempt}))


@require_POST
def fetch_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Download the preview again."""
    audio_download.fetch_again(find_attempt(request, pk, Action.SETTLE), by=current_user(request))
    return redirect("attempt", pk)


@require_POST
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Start an interrupted attempt again."""
    attempt = find_attempt(request, pk, Action.CLONE)
    if not clones.retry_interrupted(attempt, by=current_user(request)):
        messages.warning(request, _("This attempt can't be started again."))
    return redirect("attempt", pk)


def _offer_to_keep(attempt: CloneAttempt) -> dict[str, Any]:
    """The voice of an attempt and, while it can be kept, what that costs."""
    voice = attempt.cloned_voice
    if voice is None or not voice.can_be_kept:
        return {"voice": voice}
    speaks_now = keep.is_speaking(voice)
    voice.refresh_from_db(fields=("kept_at",))  # a speech that has just ended has kept it
    return {
        "voice": voice,
        "speaks_now": speaks_now,
        "keep_price": keep.estimate_keep(voice),
        "keep_sentence": keep.SENTENCE,
        "token": uuid4(),
    }


def find_attempt(request: HttpRequest, pk: int, action: Action = Action.SEE) -> CloneAttempt:
    """The attempt if this person may see it, else 404; raises `NotAllowed` as `find_row`."""
    rows = CloneAttempt.objects.select_related(
        "created_by", "recording", "prompt_clip", "permission_by", "cloned_voice"
    )
    attempt: CloneAttempt = find_row(request, rows.defer("search_text"), pk, action)
    return attempt


def _filter(
    rows: "CloneAttemptQuerySet", request: HttpRequest, form: HistoryForm
) -> "CloneAttemptQuerySet":
    attempts = rows.in_use_by(request.user)
    chosen = form.chosen
    if "state" in chosen:
        attempts = attempts.in_state(chosen["state"])
    match chosen.get("flag"):
        case "yes":
            attempts = attempts.filter(input_sensitive=True)
        case "no":
            attempts = attempts.exclude(input_sensitive=True)
    if "model" in chosen:
        attempts = attempts.filter(model=chosen["model"])
    if "person" in chosen:
        attempts = attempts.filter(created_by=int(chosen["person"]))
    return attempts


def _select(request: HttpRequest, form: HistoryForm) -> "CloneAttemptQuerySet":
    """All that a form lets through; a page leaves the period to its search."""
    return _filter(CloneAttempt.objects.all(), request, form).between(*form.period)


def _attach_queue_positions(attempts: Iterable[CloneAttempt]) -> None:
    """Set `ahead` on each waiting attempt: how many wait before it. At most one query.

    Attempts of projects that the person does not see count, too: all wait in one queue, and the
    true place says when it is one's turn. The number tells how busy the studio is and no more.
    """
    waiting = [
        attempt
        for attempt in attempts
        if attempt.status == AttemptState.WAITING and attempt.retry_at is None
    ]
    if not waiting:
        return
    positions = {pk: position for position, (pk,) in enumerate(_QUEUE.rows())}
    for attempt in waiting:
        attempt.ahead = positions.get(attempt.pk, MOST_WAITING)  # type: ignore[attr-defined]


# Built once: building the query takes as long as reading the rows.
_ROWS: Final = CloneAttempt.objects.for_rows()
_QUEUE: Final = CompiledQuery(
    lambda _ids: (
        CloneAttempt.objects.filter(status=AttemptState.WAITING, retry_at=None)
        .order_by("pk")
        .values_list("pk")[:MOST_WAITING]
    )
)


def _is_for_part(request: HtmxRequest, name: str) -> bool:
    """Whether htmx requests this part of a page that is already open."""
    return bool(request.htmx) and request.htmx.target == name
