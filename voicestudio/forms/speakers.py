"""Forms: the name of a speaker."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import TypedField


class SpeakerNameForm(forms.Form):
    """Another name for a speaker."""

    name = TypedField(
        label=_("Name"),
        longest=120,
        help_text=_(
            "Attempts, voices and costs show the new name. To merge two speakers, type the name of "
            "the other one."
        ),
        error_messages={"required": _("Type the person's name.")},
        widget=forms.TextInput(
            attrs={"class": "input", "autocapitalize": "words", "autocomplete": "off"}
        ),
    )
