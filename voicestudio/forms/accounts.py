"""Forms: one's own account, and those of django-allauth with our labels and classes."""

from functools import cache
from struct import error as struct_error
from typing import Any, ClassVar
from zoneinfo import available_timezones

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from cryptography.exceptions import InvalidSignature
from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from voicestudio.models import Theme, Throttle, select_address, throttles

from .fields import Select, TypedField
from .one_time_codes import CheckedCode, FirstCode, check_throttle

NEW_PASSWORD_HELP = _("At least 8 characters, not only digits, and not one that many people use.")
PASSKEY_REFUSED = _("That passkey doesn't belong to this account, or its answer can't be read.")
# What django-allauth and fido2 raise about an answer that no browser gives.
BAD_ANSWER = (AttributeError, InvalidSignature, LookupError, TypeError, ValueError, struct_error)
CODE = _("Code from your app, or a recovery code")


@cache
def list_time_zones() -> list[tuple[str, str]]:
    """Time zones with their labels. Kept, since Python opens 600 files to find them."""
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]


class ProfileForm(forms.Form):
    """Name, time zone, appearance and mails of one's own account."""

    name = TypedField(
        label=_("Name"),
        longest=150,
        required=False,
        help_text=_("Leave it empty to show your username."),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=lambda: [("", _("As in this browser")), *settings.LANGUAGES],
        widget=Select(attrs={"class": "input"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [("", _("As on this device")), *list_time_zones()],
        widget=Select(attrs={"class": "input"}),
    )
    theme = forms.ChoiceField(
        label=_("Appearance"),
        required=False,
        choices=Theme.choices,
        help_text=_("High contrast is light or dark as on this device."),
        widget=Select(attrs={"class": "input"}),
    )
    wants_reminders = forms.BooleanField(
        label=_("Mail me about voices that expire"),
        required=False,
        help_text=_("At most one mail a day, with the voices that expire within 48 hours."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "auto_id": "profile-%s", "label_suffix": ""})


def check_address(address: str, owner: User) -> str:
    """The address in lower case; raises ValidationError if another account has it."""
    address = address.lower()
    if select_address(User.objects.exclude(pk=owner.pk), address):
        raise ValidationError(_("Another account has this address."))
    return address


class AddressForm(forms.Form):
    """Another mail address, which is used once its owner has opened the link in a mail."""

    email = forms.EmailField(
        label=_("New address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email"}),
        error_messages={"invalid": _("Type an address such as anna@example.com.")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **{**kwargs, "auto_id": "address-%s", "label_suffix": ""})

    def clean_email(self) -> str:
        """The address in lower case; one account has it at most."""
        return check_address(self.cleaned_data["email"], self.user)


class PersonAddressForm(AddressForm):
    """The mail address that an administrator gives another person, or none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = False
        self.fields["email"].help_text = _("It is used at once. Leave it empty to remove it.")
        self.fields["email"].widget.attrs["autocomplete"] = "off"


class _OurFields:
    """Our classes and labels on the fields of a form of django-allauth, without placeholders."""

    labels: ClassVar[dict[str, Any]] = {}
    help_texts: ClassVar[dict[str, Any]] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "input"
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.help_texts.get(name, "")


class ChangePasswordForm(_OurFields, account_forms.ChangePasswordForm):
    """The old password, and the new one twice."""

    labels: ClassVar = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password again"),
    }
    help_texts: ClassVar = {"password1": NEW_PASSWORD_HELP}


class SetPasswordForm(_OurFields, account_forms.SetPasswordForm):
    """The first password, twice, of an account that was made through the OpenID provider."""

    labels: ClassVar = {"password1": _("New password"), "password2": _("New password again")}
    help_texts: ClassVar = {"password1": NEW_PASSWORD_HELP}


class ResetPasswordKeyForm(_OurFields, account_forms.ResetPasswordKeyForm):
    """The new password twice, after a reset."""

    labels: ClassVar = {"password1": _("New password"), "password2": _("New password again")}
    help_texts: ClassVar = {"password1": NEW_PASSWORD_HELP}


class ResetPasswordForm(_OurFields, account_forms.ResetPasswordForm):
    """The address to which a link is sent, if an account has it."""

    labels: ClassVar = {"email": _("Mail address")}

    def clean_email(self) -> str:
        """The address as typed; the worker looks for the account."""
        return str(self.cleaned_data["email"])


class ReauthenticateForm(_OurFields, account_forms.ReauthenticateForm):
    """The password once more."""

    labels: ClassVar = {"password": _("Password")}


class AuthenticateForm(CheckedCode, _OurFields, mfa_forms.AuthenticateForm):
    """The second factor at sign-in."""

    labels: ClassVar = {"code": CODE}


class ReauthenticateCodeForm(CheckedCode, _OurFields, mfa_forms.ReauthenticateForm):
    """The second factor once more."""

    labels: ClassVar = {"code": CODE}


class ActivateTOTPForm(FirstCode, _OurFields, totp_forms.ActivateTOTPForm):
    """The first code of an app."""

    labels: ClassVar = {"code": _("The six digits that the app shows")}


class AddPasskeyForm(_OurFields, webauthn_forms.AddWebAuthnForm):
    """A name for a new passkey."""

    labels: ClassVar = {"name": _("Name of this passkey")}

    def clean(self) -> dict[str, Any]:
        """The name and the browser's answer."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except BAD_ANSWER as error:
            raise ValidationError(PASSKEY_REFUSED) from error
        return cleaned


class _PasskeyAnswer:
    """The browser's answer about a passkey, of which django-allauth trusts the form."""

    user: User

    def clean_credential(self) -> Any:
        """The passkey that signed the answer; raises ValidationError for a wrong one."""
        check_throttle(self.user)
        try:
            passkey = super().clean_credential()  # type: ignore[misc]
        except BAD_ANSWER as error:
            raise ValidationError(PASSKEY_REFUSED) from error
        throttles.clear(Throttle.CODE, self.user.pk)
        return passkey


class PasskeyForm(_PasskeyAnswer, webauthn_forms.AuthenticateWebAuthnForm):
    """A passkey at sign-in."""


class ReauthenticatePasskeyForm(_PasskeyAnswer, webauthn_forms.ReauthenticateWebAuthnForm):
    """A passkey once more."""
