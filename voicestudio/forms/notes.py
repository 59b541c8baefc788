"""Forms: a note on an attempt, a voice or a recording."""

from typing import Final

from django import forms
from django.utils.translation import gettext_lazy as _

from . import texts

LONGEST_NOTE: Final = 2000


class NoteForm(forms.Form):
    """One sentence, or a few."""

    text = forms.CharField(
        label=_("Your note"),
        max_length=LONGEST_NOTE,
        # The field isn't marked as required, since most forms of the page are sent without a note;
        # clean_text() refuses an empty one.
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 2, "maxlength": LONGEST_NOTE}),
    )

    def clean_text(self) -> str:
        """The note without invisible characters."""
        text = texts.clean(self.cleaned_data["text"], lines=True)
        if not text:
            raise forms.ValidationError(_("Write your note first."), "required")
        return text
