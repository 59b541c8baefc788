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
        required=False,  # the page's other forms go without one; an empty note is refused below
        widget=forms.Textarea(attrs={"class": "input", "rows": 2, "maxlength": LONGEST_NOTE}),
    )

    def clean_text(self) -> str:
        """The note without invisible characters."""
        text = texts.clean(self.cleaned_data["text"], lines=True)
        if not text:
            raise forms.ValidationError(_("Write your note first."), "required")
        return text
