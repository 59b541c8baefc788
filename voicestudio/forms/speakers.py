"""Forms: a speaker as a typed name and the choice that belongs to it, and another name for one."""

from typing import Any, Final, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from . import texts
from .fields import TypedField
from .ids import parse_id

LONGEST_NAME: Final = 120
NEW: Final = "new"


class SpeakerChoice(NamedTuple):
    """Which speaker a name means: the one of an ID, a new one on purpose, or not said."""

    speaker_id: int | None = None
    is_new: bool = False


def parse_choice(text: str, name: str) -> SpeakerChoice:
    """Read `17 Anna Larsen` or `new Anna Larsen`.

    The name is the one that the choice was made for: after another name was typed it is ignored.
    """
    choice, _blank, chosen_for = text.partition(" ")
    if not name or texts.clean(chosen_for) != texts.clean(name):
        return SpeakerChoice()
    return SpeakerChoice(parse_id(choice), choice == NEW)


class SpeakerField(TypedField):
    """The name of a speaker, chosen from a list while typing where scripts run (combobox.js)."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Speaker"))
        options.setdefault("error_messages", {"required": _("Type whose voice it is.")})
        super().__init__(
            longest=LONGEST_NAME,
            # Not autocomplete="off": browsers would not restore the name on the way back.
            widget=forms.TextInput(
                attrs={"class": "input", "autocapitalize": "words", "list": "speakers"}
            ),
            **options,
        )


class SpeakerChoiceField(forms.CharField):
    """What `parse_choice` reads; the page writes it, so it has no errors."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)
        self.validators = []


class SpeakerNameForm(forms.Form):
    """Another name for a speaker."""

    name = TypedField(
        label=_("Name"),
        longest=LONGEST_NAME,
        help_text=_(
            "Attempts, voices and costs show the new name. To merge two speakers, type the name of "
            "the other one."
        ),
        error_messages={"required": _("Type the person's name.")},
        widget=forms.TextInput(
            attrs={"class": "input", "autocapitalize": "words", "autocomplete": "off"}
        ),
    )
