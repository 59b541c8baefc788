"""Forms: the outcome of a call whose answer was lost, as a person knows it."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from . import texts

LONGEST_NOTE: Final = 1000
WORKED: Final = (("yes", _("Yes")), ("no", _("No")))


class OutcomeForm(forms.Form):
    """Whether the call worked, and a note on how the person knows."""

    worked = forms.TypedChoiceField(
        choices=WORKED,
        coerce=lambda answer: answer == "yes",
        error_messages={
            "required": _("Choose whether it worked."),
            "invalid_choice": _("Choose whether it worked."),
        },
    )
    note = forms.CharField(required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["note"].validators = []  # a NUL is removed below

    def clean_note(self) -> str:
        """The note without invisible characters, cut to its limit."""
        return texts.clean(self.cleaned_data["note"])[:LONGEST_NOTE]
