"""Forms: the comparison with MiniMax, and the import of one voice."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax.limits import MAX_VOICE_ID_LENGTH

from . import texts
from .speakers import SpeakerChoice, SpeakerChoiceField, SpeakerField, parse_choice


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
    """A voice that only MiniMax has, and its speaker."""

    voice_id = forms.CharField(max_length=MAX_VOICE_ID_LENGTH)
    speaker = SpeakerField()
    speaker_choice = SpeakerChoiceField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        voice_id = self["voice_id"].value() or ""
        self.fields["speaker"].widget.attrs |= {
            "placeholder": _("Speaker"),
            "aria-label": _now("Speaker of %(id)s") % {"id": voice_id},
        }

    @property
    def choice(self) -> SpeakerChoice:
        """Which speaker the typed name means."""
        return parse_choice(
            str(self["speaker_choice"].value() or ""), str(self["speaker"].value() or "")
        )
