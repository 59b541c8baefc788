"""Reconcile: find out the outcome of an attempt whose answer was lost."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from voicestudio.forms.reconcile import OutcomeForm
from voicestudio.models import Action
from voicestudio.services import hold
from voicestudio.services.clones import reconcile
from voicestudio.services.money import limits
from voicestudio.services.paid_calls.orders import OverLimit

from .current_user import current_user
from .history import find_attempt


@require_POST
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the worker ask MiniMax whether the voice exists."""
    try:
        attempt = find_attempt(request, pk, Action.SETTLE)
        is_started = reconcile.request_check(attempt, by=current_user(request))
    except limits.LimitReached as reached:
        messages.error(request, str(OverLimit(reached, by=current_user(request)).message))
    else:
        if not is_started and hold.is_held():
            messages.warning(request, _("Not while the studio is held: this may cost money."))
        elif not is_started and attempt.is_for_this_account:
            messages.info(request, _("This is already being checked, or the outcome is known."))
    return redirect("attempt", pk)


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the outcome that this person knows from elsewhere."""
    attempt, form = find_attempt(request, pk, Action.SETTLE), OutcomeForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["worked"][0]))
    elif not reconcile.settle_by_hand(attempt, **form.cleaned_data, by=current_user(request)):
        messages.info(request, _("The outcome is already known."))
    return redirect("attempt", pk)
