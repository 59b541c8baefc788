"""Template tags of the figures of a check, each with its name and unit."""

from dataclasses import dataclass

from django import template
from django.utils.functional import Promise

from voicestudio.audio import is_outdated
from voicestudio.models import AudioFile, Purpose
from voicestudio.words.figures import (
    FIGURES,
    FIGURES_OF_FINDINGS,
    HIDDEN_FIGURES,
    KEY_FIGURES,
    REDEFINED_FIGURES,
    describe_figure,
)

register = template.Library()

NOTHING_DB = -119  # levels from here down stand for no sound at all


@dataclass(frozen=True)
class Figure:
    """A name, a value with its unit and, for a key figure, what is best."""

    name: str | Promise
    value: str
    best: str | Promise = ""


@register.filter
def key_figures(recording: AudioFile) -> list[Figure]:
    """The few figures to look at first; dashes while the recording is being checked.

    The length of speech is left out for a prompt clip, whose length is shown elsewhere.
    """
    shown = []
    for code, (name, write, best) in KEY_FIGURES.items():
        if recording.purpose == Purpose.PROMPT and code == "speech_s":
            continue
        value = recording.figures.get(code)
        if recording.is_being_checked:
            shown.append(Figure(name, "–", best))
        elif isinstance(value, int | float):
            shown.append(Figure(name, write(value), best))
    return shown


@register.filter
def all_figures(recording: AudioFile) -> list[Figure]:
    """All figures that were measured; those without a name of their own come last.

    What an earlier version of the check measured differently is left out, and so is a figure that
    has no meaning without its finding.
    """
    figures = recording.figures
    found = {finding["code"] for finding in recording.findings}
    unnamed = sorted(figures.keys() - FIGURES.keys() - HIDDEN_FIGURES)
    redefined = REDEFINED_FIGURES if is_outdated(figures) else frozenset()
    return [
        Figure(*describe_figure(code, figures[code]))
        for code in [*FIGURES, *unnamed]
        if isinstance(figures.get(code), int | float)
        and code not in redefined
        and FIGURES_OF_FINDINGS.get(code) in {None, *found}
        and not _is_silence(code, figures[code])
    ]


@register.filter
def hertz(rate: int) -> str:
    """A sample rate: 22,050 Hz."""
    return describe_figure("sample_rate_hz", rate)[1]


def _is_silence(code: str, value: float) -> bool:
    return code.endswith(("_dbfs", "_dbtp", "_lufs")) and value <= NOTHING_DB
