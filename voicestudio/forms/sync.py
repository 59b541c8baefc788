"""Forms: the comparison with MiniMax, and the import of one voice."""

from django import forms
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax.limits import MAX_VOICE_ID_LENGTH

from . import texts

LONGEST_NAME = 120


class CompareForm(forms.Form):
    """Search and page of the long list; invalid values are ignored."""

    q = forms.CharField(required=False, max_length=200)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)

    @property
    def words(self) -> str:
        """The searched part of a voice ID."""
        self.is_valid()
        return texts.clean(self.cleaned_data.get("q") or "")

    @property
    def number(self) -> int:
        """The page number, from 1."""
        self.is_valid()
        return int(self.cleaned_data.get("page") or 1)


class ImportVoiceForm(forms.Form):
    """A voice that only MiniMax has, and its speaker's name."""

    voice_id = forms.CharField(max_length=MAX_VOICE_ID_LENGTH)
    name = forms.CharField(
        max_length=LONGEST_NAME, error_messages={"required": _("Type whose voice it is.")}
    )

    def clean_name(self) -> str:
        """The name without invisible characters."""
        name = texts.clean(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Type whose voice it is."))
        return name
