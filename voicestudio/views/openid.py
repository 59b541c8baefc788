"""OpenID: the way to the provider and back, and disconnecting one's account there."""

from collections.abc import Callable
from functools import wraps
from threading import BoundedSemaphore
from typing import Final

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

from voicestudio.models import Throttle, throttles
from voicestudio.services import sign_in_limits
from voicestudio.services.audit.sign_ins import record_locked
from voicestudio.services.people import invitations, openid
from voicestudio.services.people.administrators import PersonRefused

from . import drafts
from .client_address import get_client_network
from .current_user import current_user
from .openid_adapter import add_refusal, reason_of, show_refusal
from .openid_provider import Callback, Provider
from .sign_in import carried_draft, safe_path, show_sign_in

# Sign-ins that wait for the provider; the other threads are free for other people's pages.
WAITING: Final = BoundedSemaphore(max(2, settings.WEB_THREADS // 4))

# How long the session of a person who isn't signed in is kept; the sign-in makes it last.
WAY_TAKES_S: Final = 3600


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
        network = get_client_network(request)
        following = safe_path(request, request.POST.get("next", ""))
        if sign_in_limits.is_openid_refused(network):
            record_locked("")
            return _refuse_limited(request, following)
        # Counts buttons, not ways back: the provider is asked at each.
        if request.method == "POST" and not throttles.admit(Throttle.OPENID, network):
            return _refuse_limited(request, following)
        _keep_typed(request)
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
    following = safe_path(request, request.POST.get("next", ""))
    if request.user.is_authenticated:
        return redirect(following)
    request.session.set_expiry(WAY_TAKES_S)
    token = request.POST.get("invitation", "")
    invitation = invitations.find(token)
    if token and invitation is None:
        return show_refusal(request, "closed", following)
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


def _keep_typed(request: HttpRequest) -> None:
    """Let what was typed before wait in the session; only where the limits allow it.

    Every press without a session writes a row.
    """
    if (draft := carried_draft(request)) and not request.user.is_authenticated:
        drafts.save_answers(request, "new", draft)
        request.session.set_expiry(WAY_TAKES_S)


def _refuse_limited(request: HttpRequest, following: str) -> HttpResponse:
    """Back to the sign-in page; what was typed before stays in its form and is not stored."""
    if not carried_draft(request):
        return show_refusal(request, "limited", following)
    add_refusal(request, "limited")
    return show_sign_in(request, following, draft=carried_draft(request), status=429)


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
