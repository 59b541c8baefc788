"""Forms: which part of a recording is cut out, and what for."""

import re
import unicodedata
from typing import Any, Final, NamedTuple

from django import forms
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from voicestudio.audio import rules
from voicestudio.models import AudioFile, Purpose

from . import texts

SECONDS: Final = _("{seconds}\u00a0s")  # a length of less than a minute
BEST_CLIP_MS: Final = (5_000, 7_500)
# Players and browsers round lengths; so much behind the end is still meant as the end.
NEAR_THE_END_MS: Final = 100
# Where the person goes on with the cut.
BACK: Final = (("recordings", _("Recordings")), ("form", _("New voice")))
_TIME: Final = re.compile(
    r"(?:(?:([0-9]{1,2}):)?([0-9]{1,3}):)?([0-9]{1,5})(?:[.,]([0-9]{1,3})[0-9]{0,9})?"
)


# Times ----------------------------------------------------------------------------------------


def ms_of(text: str) -> int | None:
    """A time as people type it (62.5, 1:02.5, 1:00:02,5) in ms; None if it is none."""
    found = _TIME.fullmatch(unicodedata.normalize("NFKC", text[:40]).strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[:3])
    if (found[2] and seconds > 59) or (found[1] and minutes > 59):
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((found[4] or "0").ljust(3, "0"))


def typed(milliseconds: int) -> str:
    """A place in a recording as it is typed: 62,570 ms is 1:02.5."""
    seconds, tenths = divmod(max(0, milliseconds) // 100, 10)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{clock}:{seconds:02d}.{tenths}"


def length_of(milliseconds: int) -> str:
    """A length as one says it: 42 s, 6.3 s, 5:00, 1:12.5."""
    seconds, tenths = divmod(milliseconds // 100, 10)
    rest = f".{tenths}" if tenths else ""
    if seconds < 60:
        return SECONDS.format(seconds=f"{seconds}{rest}")
    return typed(milliseconds).rpartition(".")[0] + rest


# What a length is worth -------------------------------------------------------------------------


class Band(NamedTuple):
    """Lengths below so many ms (None: all others), a state, and words with `{length}` in them."""

    below_ms: int | None
    state: str
    words: str | Promise


def bands(purpose: str) -> list[Band]:
    """What is said of each length for a purpose, from short to long; the first that fits counts.

    Source: provider.md, "Audio"; what is best follows from how a clone turns out.
    """
    span = rules.SPANS[_known_purpose(purpose)]
    short = format_lazy(
        _("{length} — too short, at least {least}"),
        length="{length}",
        least=length_of(span.shortest),
    )
    if purpose == Purpose.PROMPT:
        least, most = BEST_CLIP_MS
        long = format_lazy(
            _("{length} — too long, must be under {limit}"),
            length="{length}",
            limit=length_of(span.limit),
        )
        return [
            Band(span.shortest, "bad", short),
            Band(least, "warn", _("{length} — rather short, 5 to 7.5 s are best")),
            Band(most + 1, "good", _("{length} — good")),
            Band(span.longest + 1, "warn", _("{length} — rather long, 5 to 7.5 s are best")),
            Band(None, "bad", long),
        ]
    long = format_lazy(
        _("{length} — too long, at most {most}"), length="{length}", most=length_of(span.limit)
    )
    return [
        Band(span.shortest, "bad", short),
        Band(span.longest + 1, "good", _("{length} — fine")),
        Band(None, "bad", long),
    ]


def judged(length_ms: int, purpose: str) -> dict[str, str]:
    """State and sentence for a length (ms): "42 s — fine"."""
    band = next(one for one in bands(purpose) if one.below_ms is None or length_ms < one.below_ms)
    return {"state": band.state, "words": str(band.words).format(length=length_of(length_ms))}


def all_bands() -> dict[str, list[dict[str, Any]]]:
    """The same for the page's script, which says it while one moves the handles."""
    return {
        purpose: [
            {"below": one.below_ms, "state": one.state, "words": str(one.words)}
            for one in bands(purpose)
        ]
        for purpose in Purpose.values
    }


def _known_purpose(purpose: str) -> str:
    return purpose if purpose in Purpose.values else Purpose.SAMPLE.value


# The form ---------------------------------------------------------------------------------------


class TimeField(forms.CharField):
    """A place in a recording, typed as 1:02.5; in ms once it is clean."""

    def __init__(self, **options: Any) -> None:
        attrs = {"class": "input", "inputmode": "text", "autocomplete": "off", "size": "9"}
        super().__init__(widget=forms.TextInput(attrs=attrs), strip=True, **options)
        self.validators = []  # what is no time is told in one sentence, NUL and all

    def to_python(self, value: Any) -> Any:
        """The ms. Raises ValidationError where there is no time to be read."""
        if not isinstance(value, str) or not value.strip():
            return ""
        found = ms_of(value)
        if found is None:
            raise forms.ValidationError(
                _("Enter a time like 1:02.5 (minutes, seconds, tenths)."), "invalid"
            )
        return found

    def prepare_value(self, value: Any) -> Any:
        """What stands in the field: a time of ours, or what was typed."""
        return typed(value) if isinstance(value, int) else texts.clean(str(value or ""))[:40]


class CutForm(forms.Form):
    """Start, end and purpose of a part of `recording`."""

    use_required_attribute = False

    start = TimeField(
        label=_("Start"),
        error_messages={"required": _("Type where the part begins, such as 0:05.0.")},
    )
    end = TimeField(
        label=_("End"),
        error_messages={"required": _("Type where the part ends, such as 1:10.0.")},
    )
    purpose = forms.ChoiceField(
        label=_("What for?"),
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
        """Where to go on; whatever is no such place is the list."""
        return "form" if self.cleaned_data["back"] == "form" else "recordings"

    def clean_start(self) -> int:
        """Within the recording."""
        return self._within(self.cleaned_data["start"])

    def clean_end(self) -> int:
        """Within the recording."""
        return self._within(self.cleaned_data["end"])

    def _within(self, place: int) -> int:
        if place > self.length_ms + NEAR_THE_END_MS:
            raise forms.ValidationError(
                _("The recording ends at %(end)s. Choose an earlier time."),
                "beyond",
                {"end": typed(self.length_ms)},
            )
        return min(place, self.length_ms)

    def clean(self) -> dict[str, Any]:
        """Forwards, and neither shorter nor longer than MiniMax takes."""
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
        span = rules.SPANS[_known_purpose(purpose)]
        said = {"length": length_of(length_ms), "least": length_of(span.shortest),
                "most": length_of(span.limit)}  # fmt: skip
        clip = purpose == Purpose.PROMPT
        if length_ms < span.shortest:
            need = (
                _now("This part is %(length)s long. A prompt clip needs at least %(least)s.")
                if clip
                else _now("This part is %(length)s long. MiniMax needs at least %(least)s.")
            )
            self.add_error("end", need % said)
        elif length_ms > span.longest:
            most = (
                _now("This part is %(length)s long. A prompt clip must be under %(most)s.")
                if clip
                else _now("This part is %(length)s long. MiniMax takes at most %(most)s.")
            )
            self.add_error("end", most % said)
