"""Forms: a retention rule, and the yes to a deletion."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from voicestudio.models.retention import LONGEST_DAYS

_WRONG: Final = _("Type a number of days from 1 to 36500, or leave it empty.")


class RetentionForm(forms.Form):
    """How long a kind is kept."""

    days = forms.IntegerField(
        label=_("Days to keep"),
        required=False,
        min_value=1,
        max_value=LONGEST_DAYS,
        help_text=_("Empty: for ever."),
        widget=forms.TextInput(
            attrs={"class": "input", "inputmode": "numeric", "autocomplete": "off"}
        ),
        error_messages={"invalid": _WRONG, "min_value": _WRONG, "max_value": _WRONG},
    )
    is_automatic = forms.BooleanField(
        label=_("Delete what is due automatically"),
        required=False,
        help_text=_(
            "Without asking again, from a day after each change. Deleted audio can't be restored."
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Automatic deletion needs a number of days."""
        data = super().clean() or {}
        if data.get("is_automatic") and not data.get("days") and "days" not in self.errors:
            self.add_error("days", _("Automatic deletion needs a number of days."))
        return data


class DeletionForm(forms.Form):
    """The yes to the deletion of one page of what is due."""

    sure = forms.BooleanField(
        label=_("Yes, delete them for good"),
        error_messages={"required": _("Tick this to delete them.")},
    )
