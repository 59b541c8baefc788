"""Hold: the page on which administrators decide what a restored studio sends."""

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from voicestudio.models import Action, PaidCall, Studio
from voicestudio.services import hold

from .current_user import current_user
from .permitted import require_action

PAGE_SIZE: Final = 50


@require_safe
@never_cache
@require_action(Action.END_HOLD)
def hold_page(request: HttpRequest) -> HttpResponse:
    """What waited when the backup was made."""
    calls = hold.list_undecided(by=current_user(request))
    page = Paginator(calls, PAGE_SIZE).get_page(request.GET.get("page", ""))
    pages = {
        "previous": f"?page={page.number - 1}" if page.has_previous() else "",
        "next": f"?page={page.number + 1}" if page.has_next() else "",
    }
    context = {"since": Studio.current().held_since, "page": page, "pages": pages}
    return render(request, "system/hold.html", context)


@require_POST
@require_action(Action.END_HOLD)
def decide_hold(request: HttpRequest) -> HttpResponse:
    """Let one call, or all, go on or withdraw it; both can be pressed twice."""
    user = current_user(request)
    decide = {"go_on": hold.go_on, "withdraw": hold.withdraw}.get(request.POST.get("decision", ""))
    if decide is None:
        raise Http404
    name = request.POST.get("call", "")
    for call in _find_calls(hold.list_undecided(by=user), name):
        decide(call, by=user)
    # What somebody else has decided meanwhile is none of these.
    failed = _find_calls(hold.list_undecided(by=user), name)
    if failed:
        messages.warning(
            request,
            ngettext(
                "%(count)s could not go on: its voice ID is in use. Withdraw it.",
                "%(count)s could not go on: their voice IDs are in use. Withdraw them.",
                len(failed),
            )
            % {"count": len(failed)},
        )
    return redirect("hold")


@require_POST
@require_action(Action.END_HOLD)
def end_hold(request: HttpRequest) -> HttpResponse:
    """End the hold, if nothing is left to decide."""
    try:
        hold.end(by=current_user(request))
    except hold.UndecidedError:
        messages.warning(request, _("Decide about each line first."))
    else:
        messages.success(request, _("The hold has ended. What waits is sent now."))
    return redirect("hold")


def _find_calls(calls: list[PaidCall], name: str) -> list[PaidCall]:
    """The call with this name ("cloneattempt-12"), or all; none if it has been decided."""
    return [call for call in calls if name in ("all", f"{call._meta.model_name}-{call.pk}")]
