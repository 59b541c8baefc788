"""OpenID: the way to the provider and back, and disconnecting one's account there."""

from collections.abc import Callable
from functools import wraps
from threading import BoundedSemaphore
from typing import Final

from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from voicestudio.services import sign_in_limits
from voicestudio.services.audit.sign_ins import record_locked
from voicestudio.services.people import invitations, openid
from voicestudio.services.people.administrators import PersonRefused

from . import drafts
from .client_address import get_client_network
from .current_user import current_user
from .openid_adapter import reason_of, show_refusal
from .openid_provider import Callback, Provider
from .sign_in import carried_draft, safe_path

# Sign-ins that wait for the provider; the other threads are free for other people's pages.
WAITING: Final = BoundedSemaphore(max(2, settings.WEB_THREADS // 4))


def if_configured(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 404 without a provider in the settings."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if not settings.OIDC_ISSUER:
            raise Http404
        return view(request)

    return answer


def if_not_limited(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Send people back whose network tries or fails too often, or while too many others wait."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        following = _keep_way_on(request)
        if sign_in_limits.is_openid_refused(get_client_network(request)):
            record_locked("")
            return show_refusal(request, "limited", following)
        # Counts buttons, not ways back: the provider is asked at each.
        if not ratelimit.consume(request, action="openid"):
            return show_refusal(request, "limited", following)
        if not WAITING.acquire(blocking=False):
            return show_refusal(request, "busy", following)
        try:
            return view(request)
        finally:
            WAITING.release()

    return answer


@login_not_required
@never_cache
@if_configured
@require_POST
@if_not_limited
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider, with a page between.

    Browsers let a form lead to this studio only (Content-Security-Policy), also by a redirect.
    """
    following = _keep_way_on(request)
    if request.user.is_authenticated:
        return redirect(following)
    invitation = invitations.find(request.POST.get("invitation", ""))
    try:
        url = Provider.of_settings(request).begin_sign_in(following, invitation)
    except (OAuth2Error, RequestException) as error:
        return show_refusal(request, reason_of(error), following)
    return render(request, "account/openid.html", {"url": url})


@login_not_required
@never_cache
@if_configured
@require_GET
@if_not_limited
def callback(request: HttpRequest) -> HttpResponse:
    """Sign the person in whom the provider sends back, or say on the sign-in page why not."""
    try:
        return Callback(request).answer()
    except ImmediateHttpResponse as answer:
        response: HttpResponse = answer.response
        return response


def _keep_way_on(request: HttpRequest) -> str:
    """The page that the sign-in leads to; what was typed there before waits in the session."""
    if draft := carried_draft(request):
        drafts.save_answers(request, "new", draft)
    return safe_path(request, request.POST.get("next", ""))


@if_configured
@require_POST
def disconnect(request: HttpRequest) -> HttpResponse:
    """Sign in with the password only from now on, until the provider is used again."""
    try:
        openid.disconnect(current_user(request))
    except PersonRefused as refused:
        messages.error(request, str(refused.message))
    else:
        messages.success(request, _("Disconnected."))
    return redirect("account")
