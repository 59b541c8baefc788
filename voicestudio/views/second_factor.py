"""Second factor: the step after the password, and people who must have one and have none."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare

from voicestudio.models import clock
from voicestudio.services.people import second_factor
from voicestudio.words.permissions import SECOND_FACTOR_MISSING

from . import drafts
from .looks import find_looker
from .permitted import refusal
from .sign_in import is_fetch

# What people reach who must set up a second factor first.
SET_UP: Final = {
    "mfa_index", "mfa_list_webauthn", "mfa_activate_totp", "mfa_add_webauthn",
    "mfa_view_recovery_codes", "mfa_download_recovery_codes", "mfa_generate_recovery_codes",
    "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
    "account_login", "sign_in", "sign_out", "admin_sign_out", "healthz", "readyz", "go_back",
}  # fmt: skip
# Of the password that was right: with another one, the sign-in starts anew.
AUTH_HASH: Final = "auth_hash"


class SecondStep(AuthenticateView):
    """The page that asks for the second factor, and its form in the dialog of an open page."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page, unless the sign-in has waited too long."""
        response: HttpResponse = self._begin_anew() or super().get(request, *args, **kwargs)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the second factor, unless the account was closed or got another password."""
        response: HttpResponse = self._begin_anew() or super().post(request, *args, **kwargs)
        return response

    def _begin_anew(self) -> HttpResponse | None:
        """Back to the sign-in page if this sign-in no longer counts."""
        login, known = self.stage.login, self.stage.state.get(AUTH_HASH, "")
        waits = abs(clock.now().timestamp() - login.initiated_at)
        is_same = constant_time_compare(known, login.user.get_session_auth_hash())
        if login.user.is_active and is_same and waits < settings.SECOND_FACTOR_WAIT:
            return None
        clear_login(self.request)
        return redirect("sign_in")

    def get_template_names(self) -> list[str]:
        """The whole page, or only the form for a dialog."""
        return [f"{self.template_name}#sign-in" if is_fetch(self.request) else self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds whether it is shown in a dialog."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"dialog": is_fetch(self.request)}


class SecondFactorStage(AuthenticateStage):
    """The step itself, left out after a provider that has asked for a second factor."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """The page that asks, if it is needed, and whether the sign-in goes on."""
        is_by_provider = "sociallogin" in (self.login.signal_kwargs or {})
        if settings.OIDC_SECOND_FACTOR and is_by_provider:
            return None, True
        self.state[AUTH_HASH] = self.login.user.get_session_auth_hash()
        self.login.initiated_at = clock.now().timestamp()  # else by the clock of the machine
        answer: tuple[HttpResponse | None, bool] = super().handle()
        return answer


def is_checked_by_provider(request: HttpRequest, user: User) -> bool:
    """Whether a provider that asks for a second factor has signed this session in."""
    methods = get_authentication_records(request, user) if settings.OIDC_SECOND_FACTOR else []
    return any(method.get("method") == "socialaccount" for method in methods)


class SecondFactorMiddleware:
    """Sends people who must have a second factor and have none to the page where they set it up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Go on to the page, unless a second factor has to be set up first."""
        match = request.resolver_match
        # Who looks as an example person is asked for their own second factor.
        user = find_looker(request) or request.user
        if match is None or match.url_name in SET_UP or not isinstance(user, User):
            return None
        if not second_factor.is_missing(user) or is_checked_by_provider(request, user):
            return None
        if is_fetch(request):
            return refusal(SECOND_FACTOR_MISSING)
        if form := drafts.find_form(request):  # the page was open before a second factor was needed
            with suppress(*drafts.UNREADABLE):
                drafts.keep_for(request, form, user)
            drafts.restore(request, user)
        messages.warning(request, str(SECOND_FACTOR_MISSING))
        return redirect("mfa_index")
