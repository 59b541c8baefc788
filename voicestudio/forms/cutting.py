"""Forms: the part of a recording to cut out, what it is for, and what its length means."""

import re
import unicodedata
from typing import Any, Final, NamedTuple

from django import forms
from django.utils import formats
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from voicestudio.audio import rules
from voicestudio.models import AudioFile, Purpose

from . import texts

SECONDS: Final = _("{seconds}\u00a0s")  # a length of less than a minute
BEST_CLIP_MS: Final = (5_000, 7_500)
# Players and browsers round lengths: a time this close behind the end counts as the end.
END_TOLERANCE_MS: Final = 100
_TIME: Final = re.compile(
    r"(?:(?:([0-9]{1,2}):)?([0-9]{1,3}):)?([0-9]{1,5})(?:[.,]([0-9]{1,3})[0-9]{0,9})?"
)


# Times ----------------------------------------------------------------------------------------


def parse_time(text: str) -> int | None:
    """A time as people type it (62.5, 1:02.5, 1:00:02,5) in ms; None if `text` is not a time."""
    match = _TIME.fullmatch(unicodedata.normalize("NFKC", text[:40]).strip())
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    if (match[2] and seconds > 59) or (match[1] and minutes > 59):
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((match[4] or "0").ljust(3, "0"))


def format_time(milliseconds: int) -> str:
    """A position in a recording as it is typed: 62,570 ms is 1:02.5."""
    seconds, tenths = divmod(max(0, milliseconds) // 100, 10)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{clock}:{seconds:02d}.{tenths}"


def format_length(milliseconds: int) -> str:
    """A length as people write it: 42 s, 6.3 s, 5:00, 1:12.5."""
    seconds, tenths = divmod(milliseconds // 100, 10)
    if seconds < 60:
        number = formats.number_format(seconds + tenths / 10, 1 if tenths else 0)
        return SECONDS.format(seconds=number)
    return format_time(milliseconds).removesuffix(".0")


# Lengths ------------------------------------------------------------------------------------------


class LengthBand(NamedTuple):
    """State and words of lengths below `below_ms`, or of all others; `words` has `{length}`."""

    below_ms: int | None
    state: str
    words: str | Promise


def length_bands(purpose: str) -> list[LengthBand]:
    """The bands of lengths for a purpose, from short to long.

    Source: provider.md, "Audio"; the best length of a clip was found by listening to clones.
    """
    span = rules.SPANS[_valid_purpose(purpose)]
    short = format_lazy(
        _("{length} — too short, at least {least}"),
        length="{length}",
        least=format_length(span.shortest),
    )
    if purpose == Purpose.PROMPT:
        least, most = BEST_CLIP_MS
        long = format_lazy(
            _("{length} — too long, must be under {limit}"),
            length="{length}",
            limit=format_length(span.limit),
        )
        return [
            LengthBand(span.shortest, "bad", short),
            LengthBand(least, "warn", _("{length} — a little short, 5 to 7.5 s is best")),
            LengthBand(most + 1, "good", _("{length} — good length")),
            LengthBand(span.longest + 1, "warn", _("{length} — a little long, 5 to 7.5 s is best")),
            LengthBand(None, "bad", long),
        ]
    long = format_lazy(
        _("{length} — too long, at most {most}"), length="{length}", most=format_length(span.limit)
    )
    return [
        LengthBand(span.shortest, "bad", short),
        LengthBand(span.longest + 1, "good", _("{length} — good length")),
        LengthBand(None, "bad", long),
    ]


def describe_length(length_ms: int, purpose: str) -> dict[str, str]:
    """`state` and `words` for a length: "42 s — good length"."""
    bands = length_bands(purpose)
    band = next(band for band in bands if band.below_ms is None or length_ms < band.below_ms)
    return {"state": band.state, "words": str(band.words).format(length=format_length(length_ms))}


def all_length_bands() -> dict[str, list[dict[str, Any]]]:
    """The bands of each purpose as JSON for cutter.js, which describes the part while it moves."""
    return {
        purpose: [
            {"below": band.below_ms, "state": band.state, "words": str(band.words)}
            for band in length_bands(purpose)
        ]
        for purpose in Purpose.values
    }


def _valid_purpose(purpose: str) -> str:
    return purpose if purpose in Purpose.values else Purpose.SAMPLE.value


# The form ---------------------------------------------------------------------------------------


class TimeField(forms.CharField):
    """A position in a recording, typed as 1:02.5; its cleaned value is in ms."""

    def __init__(self, **options: Any) -> None:
        attrs = {"class": "input", "inputmode": "text", "autocomplete": "off", "size": "9"}
        super().__init__(widget=forms.TextInput(attrs=attrs), strip=True, **options)
        self.validators = []  # `to_python` has one message for all that is not a time, NUL included

    def to_python(self, value: Any) -> Any:
        """The time in ms. Raises ValidationError if `value` is not a time."""
        if not isinstance(value, str) or not value.strip():
            return ""
        milliseconds = parse_time(value)
        if milliseconds is None:
            raise forms.ValidationError(
                _("Enter a time like 1:02.5 (minutes, seconds, tenths)."), "invalid"
            )
        return milliseconds

    def prepare_value(self, value: Any) -> Any:
        """The text in the field: a formatted time, or what was typed."""
        return format_time(value) if isinstance(value, int) else texts.clean(str(value or ""))[:40]


class CutForm(forms.Form):
    """Start, end and purpose of a part of `recording`."""

    use_required_attribute = False

    start = TimeField(
        label=_("Start"),
        error_messages={"required": _("Type where the part begins, such as 0:05.0.")},
    )
    end = TimeField(
        label=_("End"), error_messages={"required": _("Type where the part ends, such as 1:10.0.")}
    )
    purpose = forms.ChoiceField(
        label=_("Use as"),
        choices=((Purpose.SAMPLE, _("Recording")), (Purpose.PROMPT, _("Prompt clip"))),
        widget=forms.RadioSelect,
        error_messages={
            name: _("Choose what the part is for: a recording or a prompt clip.")
            for name in ("required", "invalid_choice")
        },
    )
    back = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, recording: AudioFile, **options: Any) -> None:
        super().__init__(*args, **options)
        self.length_ms = recording.duration_ms or 0

    def clean_back(self) -> str:
        """Where to go afterwards: the clone form, or else the list of recordings."""
        return "form" if self.cleaned_data["back"] == "form" else "recordings"

    def clean_start(self) -> int:
        """A time within the recording."""
        return self._check_within(self.cleaned_data["start"])

    def clean_end(self) -> int:
        """A time within the recording."""
        return self._check_within(self.cleaned_data["end"])

    def _check_within(self, time_ms: int) -> int:
        if time_ms > self.length_ms + END_TOLERANCE_MS:
            raise forms.ValidationError(
                _("The recording ends at %(end)s. Choose an earlier time."),
                "beyond",
                {"end": format_time(self.length_ms)},
            )
        return min(time_ms, self.length_ms)

    def clean(self) -> dict[str, Any]:
        """The end comes after the start, and MiniMax accepts the length."""
        given = super().clean() or self.cleaned_data
        start, end, purpose = (given.get(name) for name in ("start", "end", "purpose"))
        if start is None or end is None:
            return given
        if end <= start:
            self.add_error("end", _("The end must come after the start."))
        elif purpose:
            self._check_length(end - start, purpose)
        return given

    def _check_length(self, length_ms: int, purpose: str) -> None:
        span = rules.SPANS[_valid_purpose(purpose)]
        facts = {"length": format_length(length_ms), "least": format_length(span.shortest),
                "most": format_length(span.limit)}  # fmt: skip
        clip = purpose == Purpose.PROMPT
        if length_ms < span.shortest:
            need = (
                _now("This part is %(length)s long. A prompt clip needs at least %(least)s.")
                if clip
                else _now("This part is %(length)s long. MiniMax needs at least %(least)s.")
            )
            self.add_error("end", need % facts)
        elif length_ms > span.longest:
            most = (
                _now("This part is %(length)s long. A prompt clip must be under %(most)s.")
                if clip
                else _now("This part is %(length)s long. MiniMax accepts at most %(most)s.")
            )
            self.add_error("end", most % facts)
