"""System: the page about the installation, for administrators and auditors."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from voicestudio.models import Action
from voicestudio.services import permissions, system

from .current_user import current_user
from .permitted import require_action


@require_safe
@never_cache
@require_action(Action.SEE_SYSTEM)
def system_page(request: HttpRequest) -> HttpResponse:
    """The installation at this moment."""
    return _render(request)


@require_POST
@never_cache
@require_action(Action.CHECK_KEY)
def check_key(request: HttpRequest) -> HttpResponse:
    """The same page with the result of a free call, which is not stored; so without a redirect."""
    return _render(request, system.check_key(by=current_user(request)))


def _render(request: HttpRequest, check: system.KeyCheck | None = None) -> HttpResponse:
    user = current_user(request)
    context = {
        "report": system.get_report(by=user),
        "check": check,
        "may_check": permissions.may(user, Action.CHECK_KEY),
    }
    return render(request, "system/system.html", context)
