"""Forms: the filters of the list of recordings, and what a clean copy should fix."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from voicestudio.models import AudioFile, Purpose, Verdict
from voicestudio.words.figures import LARGE_OFFSET

from . import texts
from .ids import parse_id

NOT_CHECKED: Final = "none"
VERDICTS: Final = (*Verdict.choices, (NOT_CHECKED, _("Not checked")))


class RecordingFilterForm(forms.Form):
    """Search and filters of the list, all in the query string."""

    q = forms.CharField(required=False)
    purpose = forms.ChoiceField(choices=Purpose.choices, required=False)
    verdict = forms.ChoiceField(choices=VERDICTS, required=False)
    person = forms.CharField(required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["q"].validators = []  # a NUL is removed below

    def clean_q(self) -> str:
        """The text without invisible characters."""
        return texts.clean(self.cleaned_data["q"])[:100]

    def clean_person(self) -> str:
        """The id of the person who uploaded."""
        pk = parse_id(self.cleaned_data["person"])
        return str(pk) if pk else ""

    @property
    def chosen(self) -> dict[str, str]:
        """Every filter by its name; an invalid one is empty."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class CleanupForm(forms.Form):
    """What to fix in a clean copy; at least one thing."""

    trim = forms.BooleanField(
        label=_("Trim silent ends"),
        required=False,
        help_text=_("Leaves a fifth of a second at each end."),
    )
    level = forms.BooleanField(
        label=_("Even out the level"),
        required=False,
        help_text=_("To −20 LUFS, like speech on the radio; no peak above −3 dB."),
    )
    dc_and_hum = forms.BooleanField(
        label=_("Remove hum and offset"),
        required=False,
        help_text=_("Mains hum and a constant offset (DC). The voice isn't changed."),
    )
    mono = forms.BooleanField(
        label=_("Make it mono"),
        required=False,
        help_text=_("One channel, so that a silent or inverted one does no harm."),
    )

    def clean(self) -> dict[str, Any]:
        """At least one thing is chosen."""
        given = super().clean() or self.cleaned_data
        if not any(given.values()):
            raise forms.ValidationError(_("Choose at least one thing to fix."), "nothing")
        return given


# The findings that each step fixes.
FIXES: Final = {
    "trim": frozenset({"silence"}),
    "level": frozenset({"too_quiet", "too_loud"}),
    "dc_and_hum": frozenset({"hum"}),
    "mono": frozenset({"dead_channel", "out_of_phase"}),
}
LONG_END_S: Final = 1.0
OFF_LEVEL_LU: Final = 4.0
GOAL_LUFS: Final = -20.0


def recommended_steps(recording: AudioFile) -> dict[str, bool]:
    """The steps to tick for this recording, from its findings and figures; at least one.

    Hum counts where the check has tried a clean copy that is without it.
    """
    codes = {
        finding["code"]
        for finding in recording.findings
        if finding["code"] != "hum" or finding.get("clean_copy_helps")
    }
    figures = recording.figures
    ticked = {name: not codes.isdisjoint(fixed) for name, fixed in FIXES.items()}
    ends = (figures.get("silence_start_s") or 0, figures.get("silence_end_s") or 0)
    loudness = figures.get("loudness_lufs")
    ticked["trim"] |= max(ends) > LONG_END_S
    ticked["level"] |= loudness is not None and abs(loudness - GOAL_LUFS) > OFF_LEVEL_LU
    ticked["dc_and_hum"] |= abs(figures.get("dc_offset") or 0) > LARGE_OFFSET
    return ticked if any(ticked.values()) else dict.fromkeys(ticked, False) | {"level": True}
