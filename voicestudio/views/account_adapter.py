"""Account adapter: what django-allauth asks the studio about sign-ins, mails and addresses."""

import logging
from collections.abc import Iterable
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from voicestudio.models import Person, Throttle, Verb, clock, throttles
from voicestudio.services import audit
from voicestudio.services.people import ended_sign_ins
from voicestudio.services.people.address_links import AddressLink

from . import confirmation, drafts, languages
from .account import SESSION_THEME
from .client_address import get_client_address
from .lists import SESSION_TIME_ZONE
from .sign_in import is_fetch, renew_sign_in, signed_in_fragment

logger = logging.getLogger(__name__)

MFA_STAGE: Final = "allauth.mfa.stages.AuthenticateStage"


class AccountAdapter(DefaultAccountAdapter):
    """The studio's answers."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that is shown beside an open session."""
        return get_client_address(request)

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """No: people are invited."""
        return False

    def post_login(self, request: HttpRequest, user: User, **details: Any) -> HttpResponse:
        """Put what was typed or posted before back into its form, after the last step."""
        response: HttpResponse = super().post_login(request, user, **details)
        renew_sign_in(request)  # the session of the way to the provider was short
        person = Person.of(user)
        request.session[SESSION_TIME_ZONE] = person.time_zone
        request.session[SESSION_THEME] = person.theme
        if drafts.restore(request, user):
            messages.info(
                request,
                _("Your sign-in had expired, so nothing was sent. The form is filled in again: "
                  "check it and press the button once more."),
            )  # fmt: skip
        if is_fetch(request):
            response = signed_in_fragment(request)
        if person.language:
            languages.remember(response, person.language)
        return response

    def get_login_stages(self) -> list[str]:
        """The steps after the password or the provider, with our second factor among them."""
        ours = {MFA_STAGE: "voicestudio.views.second_factor.SecondFactorStage"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether people confirm that it's them, if their account has anything to do it with.

        An account from the OpenID provider may have neither password nor second factor. Otherwise
        its owner could never set one up.
        """
        user = self.request.user
        if not self.get_reauthentication_methods(user):
            return False
        confirmation.remove_old(self.request)
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether the password is right; raises ValidationError if too many were wrong."""
        if not throttles.admit(Throttle.PASSWORD, user.pk):
            raise self.validation_error("too_many_login_attempts")
        is_right = bool(super().reauthenticate(user, password))
        if is_right:
            throttles.clear(Throttle.PASSWORD, user.pk)
        return is_right

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG002
        """Back to the sign-in page; it says nothing about accounts that are closed."""
        return redirect("sign_in")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        """The page from which one came."""
        return reverse("account")

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """The link to a new address, timed by the clock of all machines."""
        link = AddressLink(emailconfirmation.email_address)
        return str(super().get_email_confirmation_url(request, link))

    def get_email_verification_redirect_url(self, email_address: Any) -> str:  # noqa: ARG002
        """The page that shows the address."""
        return reverse("account")

    def send_notification_mail(
        self, template_prefix: str, user: User, context: Any = None, email: str | None = None
    ) -> None:
        """Give `send_mail` the reader, and the time by the shared clock."""
        facts = {"user": user, "timestamp": clock.now(), **(context or {})}
        super().send_notification_mail(template_prefix, user, facts, email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail in the language of its reader, if a mail server is configured.

        One that cannot be sent undoes nothing. Only who is signed in reads of it.
        """
        if not settings.MAIL_HOST:
            return
        person = getattr(context.get("user"), "person", None)
        try:
            with translation.override((person and person.language) or get_language()):
                super().send_mail(template_prefix, email, context)
        except OSError:
            logger.warning("The email %s could not be sent.", template_prefix, exc_info=True)
            if self.request.user.is_authenticated:
                messages.warning(
                    self.request,
                    _("The email about this couldn't be sent. If you need it, try again later."),
                )


class SecondFactorAdapter(DefaultMFAAdapter):
    """The studio's answers about second factors."""

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002
        """The name of a new passkey until its owner types another one."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}


class SessionsAdapter(DefaultUserSessionsAdapter):
    """The studio's answers about open sessions."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """End them, and tell the audit trail how many."""
        ended = list(sessions)
        if ended:
            user = ended[0].user
            ended_sign_ins.record_ended(user.pk, [session.session_key for session in ended])
        super().end_sessions(ended)
        if ended:
            audit.record(Verb.SESSIONS_ENDED, by=user, on=user, count=len(ended))
