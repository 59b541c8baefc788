"""Forms: comparing with MiniMax, and the name under which a voice is taken in."""

from django import forms
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax.limits import MAX_VOICE_ID_LENGTH

from . import texts

LONGEST_NAME = 120


class CompareForm(forms.Form):
    """Which part of a long list is wanted; what makes no sense is passed over."""

    q = forms.CharField(required=False, max_length=200)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)

    @property
    def words(self) -> str:
        """Part of a voice ID."""
        self.is_valid()
        return texts.clean(self.cleaned_data.get("q") or "")

    @property
    def number(self) -> int:
        """The page, from 1."""
        self.is_valid()
        return int(self.cleaned_data.get("page") or 1)


class ImportVoiceForm(forms.Form):
    """A voice that only MiniMax has, and whose voice it is."""

    voice_id = forms.CharField(max_length=MAX_VOICE_ID_LENGTH)
    name = forms.CharField(
        max_length=LONGEST_NAME, error_messages={"required": _("Say whose voice it is.")}
    )

    def clean_name(self) -> str:
        """Without what nobody can see."""
        name = texts.clean(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Say whose voice it is."))
        return name
