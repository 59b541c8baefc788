"""History: the list of attempts, one attempt, and what can still be done for it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from voicestudio.forms.history import HistoryForm, cursor
from voicestudio.models import LARGEST_ID, AttemptState, CloneAttempt
from voicestudio.services import clones
from voicestudio.services.paid_calls import audio_download

from . import changes, drafts

if TYPE_CHECKING:
    from voicestudio.models.attempt_queryset import CloneAttemptQuerySet

MOST_WAITING = 500


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Attempts, newest first, as the address asks for them."""
    form = HistoryForm(request.GET, people=_people())
    before, after = (cursor(request.GET.get(name, "")) for name in ("before", "after"))
    page = _asked_for(request, form).page(
        words=form.chosen.get("q", ""),
        before=before,
        after=None if before else after,
        period=form.period,
    )
    _count_ahead(page.attempts)
    changes.tell(page.attempts)
    context = {"form": form, "page": page, "left_out": form.left_out, "paged": before or after}
    if _wants_part(request, "results"):
        response = render(request, "attempts/history.html#results", context | {"oob": True})
        asked = urlencode([(name, str(value)) for name, value in request.GET.items() if value])
        response["HX-Push-Url"] = reverse("history") + (f"?{asked}" if asked else "")
    else:
        response = render(request, "attempts/history.html", context)
    return _private(response)


@require_safe
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about one attempt; while it runs the page asks again for the part that moves."""
    one = found(request, pk)
    if one.state is AttemptState.WAITING:
        _count_ahead([one])
    phase = one.state.value
    if one.audio_is_under_way or one.is_being_reconciled:
        phase += "-busy"
    context = {"attempt": one, "phase": phase}
    if not _wants_part(request, "progress"):
        changes.tell([one])
        context["note"] = drafts.laid_ready(request, "settle_attempt", pk).get("note", "")
        return _private(render(request, "attempts/detail.html", context))
    if request.GET.get("phase") == phase:
        return _private(render(request, "attempts/detail.html#progress", context))
    changes.tell([one])
    response = render(request, "attempts/detail.html#attempt", context | {"live": True})
    response["HX-Retarget"] = "#attempt"
    return _private(response)


@require_safe
def attempt_row(request: HttpRequest, pk: int) -> HttpResponse:
    """One row, which asks for itself again while it runs."""
    rows = CloneAttempt.objects.visible_to(request.user).for_rows()
    found = get_object_or_404(rows, pk=_possible(pk))
    if found.state is AttemptState.WAITING:
        _count_ahead([found])
    changes.tell([found])
    return _private(render(request, "attempts/history.html#row", {"attempt": found}))


@require_POST
def fetch_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the demo to the worker once more."""
    audio_download.fetch_again(found(request, pk))
    return redirect("attempt", pk)


@require_POST
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand an interrupted attempt to the worker once more."""
    if not clones.retry_interrupted(found(request, pk)):
        messages.warning(request, _("This attempt cannot be started again any more."))
    return redirect("attempt", pk)


def _possible(pk: int) -> int:
    if pk > LARGEST_ID:
        raise Http404
    return pk


def found(request: HttpRequest, pk: int) -> CloneAttempt:
    """The attempt that this person may see, or 404."""
    rows = CloneAttempt.objects.visible_to(request.user).select_related(
        "created_by", "recording", "prompt_clip", "permission_by"
    )
    return get_object_or_404(rows.defer("search_text"), pk=_possible(pk))


def _people() -> list[tuple[int, str]]:
    users = get_user_model()._default_manager.order_by("username")
    return list(users.values_list("pk", "username")[:500])


def _asked_for(request: HttpRequest, form: HistoryForm) -> "CloneAttemptQuerySet":
    found = CloneAttempt.objects.visible_to(request.user).for_rows()
    chosen = form.chosen
    if "state" in chosen:
        found = found.in_state(chosen["state"])
    if flag := chosen.get("flag"):
        flagged = {"input_sensitive": True}
        found = found.filter(**flagged) if flag == "yes" else found.exclude(**flagged)
    if "model" in chosen:
        found = found.filter(model=chosen["model"])
    if "person" in chosen:
        found = found.filter(created_by=int(chosen["person"]))
    return found


def _count_ahead(found: Iterable[CloneAttempt]) -> None:
    """Tell each waiting attempt how many wait before it; one query for all of them."""
    waiting = [row for row in found if row.state is AttemptState.WAITING and row.retry_at is None]
    if not waiting:
        return
    line = CloneAttempt.objects.in_state(AttemptState.WAITING).filter(retry_at=None).order_by("pk")
    in_line = line.values_list("pk", flat=True)[:MOST_WAITING]
    places = {pk: place for place, pk in enumerate(in_line)}
    for row in waiting:
        row.ahead = places.get(row.pk, MOST_WAITING)  # type: ignore[attr-defined]


def _wants_part(request: HttpRequest, name: str) -> bool:
    """Whether htmx asks on behalf of this part of a page that is open already."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == name


def _private(response: HttpResponse) -> HttpResponse:
    """Part and page share an address: no cache may hand out one for the other."""
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    patch_cache_control(response, private=True, no_cache=True)
    return response
