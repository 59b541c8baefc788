"""Finding out: what became of an attempt whose answer was lost."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from voicestudio.forms import texts
from voicestudio.services.clones import reconcile
from voicestudio.services.money import limits

from .current_user import current_user
from .history import found

LONGEST_NOTE = 1000


@require_POST
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the worker ask MiniMax, because this person has said so."""
    try:
        asked = reconcile.request_check(found(request, pk), by=current_user(request))
    except limits.LimitReached:
        messages.error(
            request,
            _("This month's limit for paid calls is reached. An administrator can raise it."),
        )
    else:
        if not asked:
            messages.info(request, _("This is being asked already, or known by now."))
    return redirect("attempt", pk)


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Write what this person knows from elsewhere."""
    attempt = found(request, pk)
    worked = request.POST.get("worked")
    note = texts.clean(request.POST.get("note", ""))[:LONGEST_NOTE]
    if worked not in ("yes", "no"):
        messages.error(request, _("Say whether it worked."))
    elif not reconcile.settle_by_hand(
        attempt, worked=worked == "yes", note=note, by=current_user(request)
    ):
        messages.info(request, _("It is known already what became of it."))
    return redirect("attempt", pk)
