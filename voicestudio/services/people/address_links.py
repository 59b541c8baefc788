"""Address links: a mailed link by which a new address of an account is verified.

django-allauth's own link, timed by the clock of all machines; each version of the studio reads the
links of the other one.
"""

from datetime import timedelta
from typing import Final

from allauth.account import app_settings
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.contrib.auth.models import User
from django.core.signing import BadSignature

from voicestudio.models import SharedClockSigner, select_address

VALID_FOR: Final = timedelta(days=app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS)


class AddressLink(EmailConfirmationHMAC):
    """The link for one address."""

    @property
    def key(self) -> str:
        """The end of the link."""
        return _signer().sign_object(self.email_address.pk)

    @classmethod
    def from_key(cls, key: str) -> "AddressLink | None":
        """The link with this key; None if it is forged or too old, or has done its work.

        Nor does it work once another account was given the address.
        """
        try:
            pk = _signer().unsign_object(key, max_age=VALID_FOR)
        except BadSignature:
            return None
        address = EmailAddress.objects.filter(pk=pk, verified=False).first()
        if address is None:
            return None
        others = User.objects.exclude(pk=address.user_id)
        return None if select_address(others, address.email) else cls(address)


def _signer() -> SharedClockSigner:
    return SharedClockSigner(salt=app_settings.SALT)
