"""Words, figures: the name and unit of each figure that a check measures."""

from collections.abc import Callable
from typing import Final

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from .audio import file_size, seconds

type Label = str | Promise
type Writer = Callable[[float], str]

LARGE_OFFSET: Final = 0.005  # of full scale; a clean copy removes it


def _number(value: float, places: int) -> str:
    """A localized number with a true minus sign, and never "-0.0"."""
    rounded = round(value, places) + 0.0
    text = formats.number_format(rounded, places, use_l10n=True, force_grouping=True)
    return str(text).replace("-", "−")


def _with_unit(unit: Label, places: int = 1) -> Writer:
    """Write a figure in `unit`, which has a `{number}` in it."""
    return lambda value: str(unit).format(number=_number(value, places))


def _share(value: float) -> str:
    """A share of 1 in percent: 12 %; small shares, such as of clipped samples, get more places."""
    share = 100 * value
    places = 0 if share >= 10 or share == 0 else 1 if share >= 1 else 3
    return f"{_number(share, places)}\u00a0%"


def _offset(value: float) -> str:
    share = _share(abs(value))
    if abs(value) <= LARGE_OFFSET:
        return share
    return _now("{share} of full scale, large: “Make a clean copy” removes it").format(share=share)


def _channels(value: float) -> str:
    count = round(value)
    return ngettext("%(count)s channel", "%(count)s channels", count) % {"count": count}


def _detector(value: float) -> str:
    if round(value):
        return _now("levels and Silero VAD")
    return _now("levels alone, because the file of Silero VAD is missing: less exact in noise")


def _side(value: float) -> str:
    return _now("left") if round(value) == 1 else _now("right")


_SECONDS = _with_unit("{number}\u00a0s")
_DBFS = _with_unit("{number}\u00a0dBFS")
_DB = _with_unit("{number}\u00a0dB")
_HERTZ = _with_unit("{number}\u00a0Hz", 0)
_COUNT = _with_unit("{number}", 0)

# By the doctor's codes, in the order in which they are shown.
FIGURES: Final[dict[str, tuple[Label, Writer]]] = {
    "duration_s": (_("Length"), _SECONDS),
    "speech_s": (pgettext_lazy("in a recording", "Speech"), _SECONDS),
    "speech_model": (_("Speech detected by"), _detector),
    "silence_share": (_("Share of silence"), _share),
    "longest_pause_s": (_("Longest pause"), _SECONDS),
    "silence_start_s": (_("Silence at the start"), _SECONDS),
    "silence_end_s": (_("Silence at the end"), _SECONDS),
    "average_dbfs": (_("Average speech level"), _DBFS),
    "peak_dbfs": (_("Peak level"), _DBFS),
    "true_peak_dbtp": (_("True peak"), _with_unit("{number}\u00a0dBTP")),
    "clipped_share": (_("Clipped samples"), _share),
    "loudness_lufs": (_("Loudness"), _with_unit("{number}\u00a0LUFS")),
    "loudness_range_lu": (_("Loudness range"), _with_unit("{number}\u00a0LU")),
    "noise_floor_dbfs": (_("Noise floor"), _DBFS),
    "snr_db": (_("Signal-to-noise ratio"), _DB),
    "snr_worst_db": (_("Lowest signal-to-noise ratio"), _DB),
    "hum_hz": (_("Mains hum"), _HERTZ),
    "hum_db": (_("Hum level, as heard (A-weighted)"), _DBFS),
    "hum_below_speech_db": (_("Hum below the voice, as heard"), _DB),
    "bandwidth_hz": (_("Highest frequency"), _HERTZ),
    "highs_below_voice_db": (_("High sounds (s, f) below the voice"), _DB),
    "dc_offset": (_("Constant offset (DC)"), _offset),
    "sample_rate_hz": (_("Sample rate"), _HERTZ),
    "bit_rate_kbps": (_("Bit rate"), _with_unit("{number}\u00a0kbit/s", 0)),
    "bytes": (_("Size"), lambda value: file_size(round(value))),
    "channels": (_("Channels"), _channels),
    "dead_channel": (_("Silent channel"), _side),
    "channel_difference_db": (_("Level difference of the channels"), _DB),
    "phase_correlation": (
        _("Phase correlation"),
        _with_unit(_("{number} (1 in phase, −1 out of phase)"), 2),
    ),
    "dropouts": (_("Dropouts"), _COUNT),
    "clicks": (_("Clicks"), _COUNT),
    "echo_score": (_("Echo"), _with_unit(_("{number} (0 none, 1 strongest)"), 2)),
    "echo_delay_s": (_("Echo delay"), _SECONDS),
    "decay_60_s": (_("Reverberation time"), _SECONDS),
    "pitch_hz": (pgettext_lazy("of a voice", "Pitch"), _HERTZ),
    "voices_apart_semitones": (
        _("Pitch distance of two voices, in semitones"),
        _with_unit("{number}"),
    ),
    "music_share": (_("Share of sustained notes"), _share),
    "wind_share": (_("Share of wind"), _share),
    "noise_rise_db_a_second": (
        _("Rise of the noise in pauses"),
        _with_unit(_("{number} dB a second")),
    ),
}
# Not shown: others of the same meaning are, and the version is told in a sentence.
HIDDEN_FIGURES: Final = frozenset({
    "check_version", "sound_s", "silence_end_max_s", "dropouts_a_minute", "clicks_a_minute",
    "bit_rate_share",
})  # fmt: skip
# Not shown in reports of an earlier version of the check, which measured something else under the
# same code: hum without A-weighting, short pauses as silence, notes under words, clicks that the
# voice covers, and the spread of one voice's pitch.
REDEFINED_FIGURES: Final = frozenset({
    "silence_share", "hum_db", "hum_below_speech_db", "clicks", "voices_apart_semitones",
    "music_share",
})  # fmt: skip
# Shown only beside the finding that they belong to: one voice also has a spread of pitch, which
# would look like two.
FIGURES_OF_FINDINGS: Final = {"voices_apart_semitones": "several_speakers"}
# The few figures that show first how good a recording is, and what is best.
KEY_FIGURES: Final[dict[str, tuple[Label, Writer, Label]]] = {
    "speech_s": (
        pgettext_lazy("in a recording", "Speech"),
        lambda value: seconds(value * 1000),
        _("best 1 to 2 minutes"),
    ),
    "average_dbfs": (_("Average level"), _with_unit("{number}\u00a0dB", 0), _("best −23 to −18")),
    "peak_dbfs": (_("Peak level"), _with_unit("{number}\u00a0dB", 0), _("best below −3")),
    "snr_db": (_("Above the noise"), _with_unit("{number}\u00a0dB", 0), _("best 35 or more")),
}


def describe_figure(code: str, value: float) -> tuple[Label, str]:
    """The name of a figure and its value with unit; an unknown code is its own name."""
    name, write = FIGURES.get(code, (code.replace("_", " "), _with_unit("{number}", 2)))
    return name, write(value)
