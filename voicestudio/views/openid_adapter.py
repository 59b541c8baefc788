"""OpenID adapter: what django-allauth asks the studio during a sign-in through the provider."""

import logging
from typing import Any, Final

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from requests import RequestException, Session

from voicestudio.services import sign_in_limits
from voicestudio.services.audit.sign_ins import record_refused
from voicestudio.services.people import id_tokens, openid
from voicestudio.services.people.id_tokens import TokenRefused
from voicestudio.services.people.openid import SignInRefused
from voicestudio.words.openid import message_for_refusal

from .client_address import get_client_network
from .openid_provider import Provider

# Two templates, for the subject and the text.
OPENID_JOINED: Final = "account/email/openid_joined"

logger = logging.getLogger(__name__)


class OpenIDAdapter(DefaultSocialAccountAdapter):
    """The studio's answers."""

    def get_provider(
        self,
        request: HttpRequest,
        provider: str,
        client_id: str | None = None,  # noqa: ARG002
    ) -> Provider:
        """The provider of the settings; none is read from the database."""
        if not settings.OIDC_ISSUER or provider not in {Provider.id, settings.OIDC_ISSUER}:
            raise SocialApp.DoesNotExist
        return Provider.of_settings(request)

    def get_requests_session(self) -> Session:
        """Requests with a limit of time, which follow no redirect: they carry secrets."""
        session: Session = super().get_requests_session()
        session.max_redirects = 0
        return session

    def list_apps(self, *_args: Any, **_kwargs: Any) -> list[SocialApp]:
        """None: allauth itself offers no provider anywhere."""
        return []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002
        """No: `pre_social_login` has made the account of everyone who may have one."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the person, or refuse the sign-in."""
        state = sociallogin.state
        identity = sociallogin.identity
        try:
            id_tokens.check_nonce(sociallogin.token_claims, state.get("nonce"))
            invitation = (state.get("data") or {}).get("invitation")
            was_joined = openid.is_joined(identity)
            account = openid.find_person(identity, invitation_id=invitation)
        except TokenRefused as refused:
            logger.warning("A sign-in with OpenID was refused: %s.", refused)
            raise ImmediateHttpResponse(refuse(request, "invalid", state)) from refused
        except SignInRefused as refused:
            response = refuse(request, refused.reason, state, refused.user)
            raise ImmediateHttpResponse(response) from refused
        sociallogin.account, sociallogin.user = account, account.user
        if not was_joined:
            get_account_adapter(request).send_notification_mail(
                OPENID_JOINED, account.user, {"name": settings.OIDC_NAME}, account.user.email
            )
        sign_in_limits.record(
            account.user.get_username(), get_client_network(request), failed=False
        )

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,  # noqa: ARG002
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Back to the sign-in page, which says why."""
        state = (extra_context or {}).get("state")
        if exception is not None:
            reason = reason_of(exception)
        elif error == AuthError.CANCELLED:
            reason = "cancelled"
        elif state is None:
            reason = "expired"
        else:
            reason = "invalid"
            logger.warning("The OpenID provider answered: %.60r", request.GET.get("error"))
        raise ImmediateHttpResponse(refuse(request, reason, state))


def reason_of(error: Exception) -> str:
    """Log why an answer of the provider can't be used; return the code of its sentence."""
    logger.warning("The OpenID provider gave no usable answer: %.300s", error)
    return "unreachable" if isinstance(error, RequestException) else "invalid"


def refuse(
    request: HttpRequest, reason: str, state: dict[str, Any] | None, user: User | None = None
) -> HttpResponse:
    """Back to the sign-in page, which says why; counted and recorded as a failed sign-in.

    A provider that can't be reached and a person who goes back are not counted, nor is a way back
    that this browser never left on: any page can send people there, and nothing can be guessed.
    """
    if reason not in {"unreachable", "cancelled", "expired"}:
        sign_in_limits.record_openid_failure(get_client_network(request))
        record_refused(reason, user)
    return show_refusal(request, reason, (state or {}).get("next") or "")


def show_refusal(request: HttpRequest, reason: str, following: str = "") -> HttpResponse:
    """The sign-in page with the sentence for this reason, on the way to the page `following`."""
    add_refusal(request, reason)
    query = f"?{urlencode({'next': following})}" if following.strip("/") else ""
    return redirect(reverse("sign_in") + query)


def add_refusal(request: HttpRequest, reason: str) -> None:
    """Let the next page show the sentence for this reason."""
    messages.error(request, str(message_for_refusal(reason, settings.OIDC_NAME)))
