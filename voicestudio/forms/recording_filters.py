"""Forms: which recordings a person wants to see, and what is to be tidied."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from voicestudio.models import AudioFile, Purpose, Verdict

from . import texts

NOT_CHECKED: Final = "none"
VERDICTS: Final = (*Verdict.choices, (NOT_CHECKED, _("Not checked")))


class CollectionForm(forms.Form):
    """Search and filters of the list, all of them in the address."""

    q = forms.CharField(required=False)
    purpose = forms.ChoiceField(choices=Purpose.choices, required=False)
    verdict = forms.ChoiceField(choices=VERDICTS, required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["q"].validators = []  # a NUL is taken out, not complained about

    def clean_q(self) -> str:
        """What can be part of a name."""
        return texts.clean(self.cleaned_data["q"])[:100]

    @property
    def chosen(self) -> dict[str, str]:
        """Every filter by its name; what makes no sense is left out, as if it were not there."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class TidyForm(forms.Form):
    """What is to be done to a copy; at least one thing."""

    trim = forms.BooleanField(
        label=_("Trim silent ends"),
        required=False,
        help_text=_("A fifth of a second is left at each end."),
    )
    level = forms.BooleanField(
        label=_("Even the level"),
        required=False,
        help_text=_("To −20 LUFS, the loudness of spoken radio; no peak above −3 dB."),
    )
    dc_and_hum = forms.BooleanField(
        label=_("Remove hum and offset"),
        required=False,
        help_text=_("The hum of the mains, and what never moves (DC). The voice stays as it is."),
    )
    mono = forms.BooleanField(
        label=_("Make it mono"),
        required=False,
        help_text=_("One channel. A silent or opposite one does no harm then."),
    )

    def clean(self) -> dict[str, Any]:
        """Nothing to do is no copy."""
        given = super().clean() or self.cleaned_data
        if not any(given.values()):
            raise forms.ValidationError(_("Choose at least one thing to do."), "nothing")
        return given


# Which findings each thing mends, by the doctor's codes.
MENDS: Final = {
    "trim": frozenset({"silence"}),
    "level": frozenset({"too_quiet", "too_loud"}),
    "dc_and_hum": frozenset({"hum"}),
    "mono": frozenset({"dead_channel", "out_of_phase"}),
}
LONG_END_S: Final = 1.0
OFFSET: Final = 0.005  # of full scale
OFF_LEVEL_LU: Final = 4.0
GOAL_LUFS: Final = -20.0


def preset(recording: AudioFile) -> dict[str, bool]:
    """What to tick for this recording, from its findings and figures; never nothing at all."""
    codes = {finding["code"] for finding in recording.findings}
    figures = recording.figures
    ticked = {name: not codes.isdisjoint(mended) for name, mended in MENDS.items()}
    ends = (figures.get("silence_start_s") or 0, figures.get("silence_end_s") or 0)
    loudness = figures.get("loudness_lufs")
    ticked["trim"] |= max(ends) > LONG_END_S
    ticked["level"] |= loudness is not None and abs(loudness - GOAL_LUFS) > OFF_LEVEL_LU
    ticked["dc_and_hum"] |= abs(figures.get("dc_offset") or 0) > OFFSET
    return ticked if any(ticked.values()) else dict.fromkeys(ticked, False) | {"level": True}
