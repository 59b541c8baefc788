"""Forms: the account that a person makes from an invitation."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .accounts import NEW_PASSWORD_HELP
from .fields import TypedField

USERNAME_TAKEN = _("Another account has this username. Choose another one.")


class NewAccountForm(forms.Form):
    """Username, name and password of a new account with the invited address."""

    username = forms.CharField(
        label=_("Username"),
        max_length=150,
        validators=User._meta.get_field("username").validators,
        help_text=_("Letters, digits and . + - _"),
        widget=forms.TextInput(
            attrs={"class": "input", "autocomplete": "username", "autocapitalize": "none"}
        ),
        error_messages={"required": _("Type a username.")},
    )
    name = TypedField(
        label=_("Name"),
        longest=150,
        required=False,
        help_text=_("As your colleagues should see it. Empty: your username."),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1000,
        help_text=NEW_PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
        error_messages={"required": _("Type a password.")},
    )

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        self.address = address
        options = {"auto_id": "new-account-%s", "label_suffix": ""}
        super().__init__(*args, **{**kwargs, **options})

    def clean_username(self) -> str:
        """The username, which no other account may have in any case of its letters.

        Without "@": at the sign-in it could pass for the mail address of another person.
        """
        username = User.normalize_username(self.cleaned_data["username"])
        if "@" in username:
            raise ValidationError(
                _("Leave out the @. You can also sign in with your mail address.")
            )
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError(USERNAME_TAKEN)
        return str(username)

    def clean(self) -> dict[str, Any]:
        """The password is checked against the other answers, which it may not resemble."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        user = User(
            username=data.get("username", ""), first_name=data.get("name", ""), email=self.address
        )
        if "password" in data:
            try:
                validate_password(data["password"], user)
            except ValidationError as error:
                self.add_error("password", error)
        return data
