"""Forms: the filters of the list of recordings, and what a clean copy should fix."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voicestudio.models import AudioFile, Purpose, Verdict
from voicestudio.words.figures import LARGE_OFFSET

from .fields import choice_field
from .list_filters import ListFilterForm, ListView, ReadPeople, person_choices, search_field

NOT_CHECKED: Final = "none"
VERDICTS: Final = (*Verdict.choices, (NOT_CHECKED, _("Not checked")))


class RecordingFilterForm(ListFilterForm):
    """Search and filters of the list, all in the query string."""

    q = search_field(_("Recording name"))
    purpose = choice_field(_("Purpose"))
    verdict = choice_field(_("Check result"))
    person = choice_field(_("Uploaded by"))

    folded_names = ("person", "verdict", "since", "until")
    hidden_names = ("purpose",)
    counted_with = frozenset({"purpose", "verdict", "person"})
    views = (
        ListView(
            pgettext_lazy("recordings", "All"), {"purpose": "", "verdict": ""}, has_count=False
        ),
        ListView(_("Recordings"), {"purpose": Purpose.SAMPLE.value}),
        ListView(_("Prompt clips"), {"purpose": Purpose.PROMPT.value}),
        ListView(_("Poor"), {"verdict": Verdict.DISAPPOINTING.value}),
        ListView(_("Unusable"), {"verdict": Verdict.UNUSABLE.value}),
    )

    def __init__(self, data: Mapping[str, Any], *, people: ReadPeople, time_zone: str = "") -> None:
        super().__init__(
            data,
            time_zone=time_zone,
            purpose=[("", _("Any purpose")), *Purpose.choices],
            verdict=[("", _("Any check result")), *VERDICTS],
            person=person_choices(people),
        )


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
