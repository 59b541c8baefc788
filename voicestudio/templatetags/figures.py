"""Template tags of the sample doctor's figures: each with its name and its unit in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django import template
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from voicestudio import words
from voicestudio.forms.recording_filters import OFFSET
from voicestudio.models import AudioFile, Purpose

register = template.Library()


def _number(value: float, places: int) -> str:
    """A figure as it is written here, with a true minus sign, and never "-0.0"."""
    rounded = round(value, places) + 0.0
    said = formats.number_format(rounded, places, use_l10n=True, force_grouping=True)
    return str(said).replace("-", "−")


def _seconds(value: float) -> str:
    return _("%(number)s seconds") % {"number": _number(value, 1)}


def _share(value: float) -> str:
    """A share of 1: 12 per cent; the few clipped samples need more places."""
    share = 100 * value
    places = 0 if share >= 10 or share == 0 else 1 if share >= 1 else 3
    return _("%(number)s per cent") % {"number": _number(share, places)}


def _full_scale(value: float) -> str:
    return _("%(number)s dB from full scale (dBFS)") % {"number": _number(value, 1)}


def _true_peak(value: float) -> str:
    return _("%(number)s dB from full scale, between the samples too (dBTP)") % {
        "number": _number(value, 1)
    }


def _loudness(value: float) -> str:
    return _("%(number)s loudness units from full scale (LUFS)") % {"number": _number(value, 1)}


def _loudness_range(value: float) -> str:
    return _("%(number)s loudness units (LU)") % {"number": _number(value, 1)}


def _decibels(value: float) -> str:
    return _("%(number)s decibels") % {"number": _number(value, 1)}


def _db(value: float) -> str:
    return _("%(number)s dB") % {"number": _number(value, 0)}


def _clock(value: float) -> str:
    return words.seconds(value * 1000)


def _hertz(value: float) -> str:
    return _("%(number)s hertz") % {"number": _number(value, 0)}


def _offset(value: float) -> str:
    """An offset, and whether it is one to do something about."""
    if abs(value) <= OFFSET:
        return _share(abs(value))
    return _("%(share)s of full scale: large; “Make a clean copy” removes it") % {
        "share": _share(abs(value))
    }


def _semitones(value: float) -> str:
    return _("%(number)s semitones") % {"number": _number(value, 1)}


def _count(value: float) -> str:
    return _number(value, 0)


def _plain(value: float) -> str:
    return _("%(number)s (0 is none, 1 is most)") % {"number": _number(value, 2)}


def _correlation(value: float) -> str:
    return _("%(number)s (1 is alike, −1 is opposite)") % {"number": _number(value, 2)}


def _channels(value: float) -> str:
    count = round(value)
    return ngettext("%(count)s channel", "%(count)s channels", count) % {"count": count}


def _size(value: float) -> str:
    return _("%(number)s megabytes") % {"number": _number(value / 1_000_000, 1)}


def _which(value: float) -> str:
    return _("left") if round(value) == 1 else _("right")


# By the doctor's names, in the order in which a person asks for them.
FIGURES: Final[dict[str, tuple[Promise | str, Callable[[float], str]]]] = {
    "duration_s": (_lazy("Length"), _seconds),
    "speech_s": (_lazy("Speech"), _seconds),
    "silence_share": (_lazy("Share of silence"), _share),
    "longest_pause_s": (_lazy("Longest pause"), _seconds),
    "silence_start_s": (_lazy("Silence at the start"), _seconds),
    "silence_end_s": (_lazy("Silence at the end"), _seconds),
    "average_dbfs": (_lazy("Average level of the speech"), _full_scale),
    "peak_dbfs": (_lazy("Highest peak"), _full_scale),
    "true_peak_dbtp": (_lazy("Highest true peak"), _true_peak),
    "clipped_share": (_lazy("Share of clipped samples"), _share),
    "loudness_lufs": (_lazy("Loudness of the whole"), _loudness),
    "loudness_range_lu": (_lazy("Range of the loudness"), _loudness_range),
    "noise_floor_dbfs": (_lazy("Noise between the words"), _full_scale),
    "snr_db": (_lazy("Voice above the noise"), _decibels),
    "snr_worst_db": (_lazy("The same where it is worst"), _decibels),
    "hum_hz": (_lazy("Hum of the mains"), _hertz),
    "hum_db": (_lazy("Level of the hum"), _full_scale),
    "hum_below_speech_db": (_lazy("Hum below the voice"), _decibels),
    "bandwidth_hz": (_lazy("Highest tones"), _hertz),
    "dc_offset": (_lazy("Constant offset (DC)"), _offset),
    "sample_rate_hz": (_lazy("Sample rate"), _hertz),
    "bytes": (_lazy("Size"), _size),
    "channels": (_lazy("Channels"), _channels),
    "dead_channel": (_lazy("Silent channel"), _which),
    "channel_difference_db": (_lazy("Difference of the channels"), _decibels),
    "phase_correlation": (_lazy("Likeness of the channels"), _correlation),
    "dropouts": (_lazy("Drop-outs"), _count),
    "clicks": (_lazy("Clicks"), _count),
    "echo_score": (_lazy("Echo"), _plain),
    "echo_delay_s": (_lazy("The echo comes after"), _seconds),
    "decay_60_s": (_lazy("Until the room is silent"), _seconds),
    "pitch_hz": (_lazy("Pitch of the voice"), _hertz),
    "voices_apart_semitones": (_lazy("Distance of two voices"), _semitones),
    "music_share": (_lazy("Share with sustained notes"), _share),
}
# Said by others of the same name.
UNSAID: Final = frozenset({"sound_s", "silence_end_max_s", "dropouts_a_minute", "clicks_a_minute"})


@dataclass(frozen=True)
class Figure:
    """One line of the details: what was measured, and how much with its unit."""

    name: str | Promise
    value: str


@dataclass(frozen=True)
class Gist:
    """One of the few figures that tell how good a recording is, and what is best."""

    name: str | Promise
    value: str
    best: str | Promise


# What professionals go by: one to two minutes of one speaker, average -23 to -18 dB, peaks below
# -3 dB, a quiet room. By the doctor's names.
GISTS: Final[dict[str, tuple[Promise, Callable[[float], str], Promise]]] = {
    "speech_s": (_lazy("Speech"), _clock, _lazy("best 1 to 2 minutes")),
    "average_dbfs": (_lazy("Average level"), _db, _lazy("best −23 to −18")),
    "peak_dbfs": (_lazy("Highest peak"), _db, _lazy("best below −3")),
    "snr_db": (_lazy("Above the noise"), _db, _lazy("best 35 and more")),
}


@register.filter
def gist(recording: AudioFile) -> list[Gist]:
    """The figures that one looks at first; a dash while they are measured.

    Of a prompt clip the seconds are told elsewhere.
    """
    clip = recording.purpose == Purpose.PROMPT
    wanted = [code for code in GISTS if not (clip and code == "speech_s")]
    if recording.is_being_checked:
        return [Gist(GISTS[code][0], "–", GISTS[code][2]) for code in wanted]
    known = [code for code in wanted if isinstance(recording.figures.get(code), int | float)]
    return [
        Gist(name, write(recording.figures[code]), best)
        for code in known
        for name, write, best in [GISTS[code]]
    ]


@register.filter
def in_words(figures: dict[str, Any]) -> list[Figure]:
    """All figures that could be told, those without a name of their own last."""
    unnamed = sorted(figures.keys() - FIGURES.keys() - UNSAID)
    return [
        Figure(*_said(name, figures[name]))
        for name in [*FIGURES, *unnamed]
        if isinstance(figures.get(name), int | float) and not _is_silence(name, figures[name])
    ]


def _is_silence(name: str, value: float) -> bool:
    """A level that stands for "nothing at all" is no figure to show."""
    return name.endswith(("_dbfs", "_dbtp", "_lufs")) and value <= -119


def _said(name: str, value: float) -> tuple[str | Promise, str]:
    if name in FIGURES:
        label, write = FIGURES[name]
        return label, write(value)
    return name.replace("_", " "), _number(value, 2)
