"""One-time codes: those of authenticator apps, checked by the time of all machines.

django-allauth checks them by the clock of the machine and takes no other time, so that a machine
whose clock is wrong would refuse every code and accept those of an hour ago.
"""

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt

from voicestudio.models import Throttle, clock, throttles

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def is_current(secret: str, code: str) -> bool:
    """Whether an app with this key shows the code now, or has just shown it."""
    now = int(clock.now().timestamp()) // app_settings.TOTP_PERIOD
    tolerance = app_settings.TOTP_TOLERANCE
    return any(
        compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, counter)))
        for counter in range(now - tolerance, now + tolerance + 1)
    )


def check_throttle(user: "User", error: str = "too_many_login_attempts") -> None:
    """Raise ValidationError if too many codes of this person were wrong; count this one."""
    if not throttles.admit(Throttle.CODE, user.pk):
        raise get_account_adapter().validation_error(error)


class _App(TOTP):
    """The app of a person."""

    def validate_code(self, code: str) -> bool:
        """Whether the code is right and was not used before."""
        return is_current(decrypt(self.instance.data["secret"]), code) and self._mark_code_used(
            code
        )


class CheckedCode:
    """The code of an app or a recovery code, in a form of django-allauth for it."""

    user: "User"
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """The code; raises ValidationError for a wrong one, and if too many were wrong."""
        check_throttle(self.user)
        code = str(self.cleaned_data["code"])
        # A passkey answers otherwise. The app comes first: a failure is recorded as one of it.
        factors = Authenticator.objects.filter(user=self.user).order_by("-type")
        factors = factors.exclude(type=Authenticator.Type.WEBAUTHN)
        for factor in factors:
            is_app = factor.type == Authenticator.Type.TOTP
            if (_App(factor) if is_app else factor.wrap()).validate_code(code):
                factor.user = self.user
                self.authenticator = factor
                throttles.clear(Throttle.CODE, self.user.pk)
                return code
        if factors:
            self._emit_authentication_failed(factors[0])  # type: ignore[attr-defined]
        raise get_adapter().validation_error("incorrect_code")


class FirstCode:
    """The first code of an app, in django-allauth's form for it."""

    user: "User"
    secret: str
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """The code; raises ValidationError for a wrong one, and if too many were wrong."""
        validate_can_add_authenticator(self.user)
        check_throttle(self.user, "rate_limited")
        code = str(self.cleaned_data["code"])
        if not is_current(self.secret, code):
            raise get_adapter().validation_error("incorrect_code")
        throttles.clear(Throttle.CODE, self.user.pk)
        return code
