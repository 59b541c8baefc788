"""Words, audio: why a file can't be used, and why a part of it is suggested."""

from dataclasses import replace
from typing import Any, Final

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .messages import Message


def seconds(milliseconds: int | float | None) -> str:
    """A length as on a player: 84,000 ms is 1:24."""
    minutes, rest = divmod(round((milliseconds or 0) / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def size(count: int) -> str:
    """A limit in bytes, rounded down: 1 GB, 200 MB."""
    for name, unit in (("GB", 1024**3), ("MB", 1024**2)):
        if count >= unit:
            tenths = count * 10 // unit
            return in_unit(formats.number_format(tenths / 10, 1 if tenths % 10 else 0), name)
    return in_unit(str(count // 1024), "KB")


def file_size(count: int | None) -> str:
    """The size of a file in bytes, rounded: 1.9 MB, 312 KB; unknown is empty."""
    if count is None:
        return ""
    for name, unit in (("GB", 1024**3), ("MB", 1024**2)):
        if count >= unit:
            return in_unit(formats.number_format(round(count / unit, 1), 1), name)
    return in_unit(str(max(1, round(count / 1024)) if count else 0), "KB")


_UNITS: Final = {"KB": _("%(number)s KB"), "MB": _("%(number)s MB"), "GB": _("%(number)s GB")}


def group_digits(number: int) -> str:
    """A whole number as the language writes it: 12,345 or 12.345."""
    return formats.number_format(number, force_grouping=True)


def in_unit(number: str, unit: str) -> str:
    """A size as the language writes it: 1.9 MB, 1,9 Mo."""
    return str(_UNITS[unit]) % {"number": number}


# By the codes of `audio`; `{length}` is the file's, `{size}` the limit.
_PROBLEMS: Final[dict[str, Message]] = {
    "empty": Message(_("This file is empty."), _("Choose it again, or export it again.")),
    "too_large": Message(
        _("This file is too large."),
        _("The limit is {size}. Save it as mp3 or m4a, or cut it, then try again."),
    ),
    "too_many_samples": Message(
        _("This file holds far more sound data than a voice needs."),
        _("Export it with 48 kHz and one or two channels, then upload the new file."),
    ),
    "too_many_tracks": Message(
        _("This file has more tracks than we can read."),
        _(
            "The limit is {tracks}, pictures and subtitles included. Export the sound alone as "
            "mp3, m4a or wav and upload that."
        ),
    ),
    "not_audio": Message(
        _("This isn't an audio file we can read."),
        _("Export the recording as mp3, m4a or wav and upload that."),
    ),
    "damaged": Message(
        _("This file is damaged and can't be read to the end."),
        _("Export it again and upload the new file."),
    ),
    "video": Message(_("This video has no sound."), _("Choose a file with the person's voice.")),
    "inseparable": Message(
        _("The sound of this file can't be taken out of it."),
        _("Export it as mp3, m4a or wav with another program and upload that."),
    ),
    "no_audio": Message(
        _("This file has no audio track."), _("Choose a file with the person's voice.")
    ),
    "silent": Message(
        _("This recording is silent."),
        _("Check that you used the right microphone, then record again."),
    ),
    "nothing_left": Message(
        _("Nothing would be left of this recording."), _("Choose another recording.")
    ),
    "too_short": Message(
        _("This recording is too short."),
        _("It is {length} long. MiniMax needs at least 10 seconds. One to two minutes is best."),
    ),
    "too_long": Message(
        _("This recording is too long."),
        _("MiniMax accepts up to 5 minutes. Cut out the best one to two minutes."),
    ),
}
_CLIP_PROBLEMS: Final[dict[str, Message]] = {
    "too_short": Message(
        _("This clip is too short."), _("It is {length} long. Choose a clip of 5 to 8 seconds.")
    ),
    "too_long": Message(
        _("This clip is too long."),
        _("MiniMax accepts prompt clips shorter than 8 seconds. Cut it to 5 to 8 seconds."),
    ),
}
_MINIMAX_LONGEST_MS: Final = 300_000  # Source: provider.md, "Audio"
# Longer than what the studio takes, rather than what MiniMax takes.
_TOO_LONG_TO_UPLOAD: Final = Message(
    _("This recording is too long to upload."),
    _(
        "It is {length} long, and the studio takes up to {limit}. Save a shorter part with another "
        "program and upload that. Here you can then cut out the best one to two minutes."
    ),
)
_UNUSABLE: Final = Message(
    _("This file can't be used."), _("Upload the recording as mp3, m4a or wav.")
)


def message_for_audio_problem(
    code: str, facts: dict[str, Any] | None = None, *, purpose: str = ""
) -> Message:
    """Why a file can't be used, whose rule it is, and what to do."""
    facts = facts or {}
    message = _PROBLEMS.get(code, _UNUSABLE)
    if purpose == "prompt_audio":
        message = _CLIP_PROBLEMS.get(code, message)
    elif code == "too_long" and facts.get("limit_ms", 0) > _MINIMAX_LONGEST_MS:
        message = _TOO_LONG_TO_UPLOAD
    numbers = {
        "limit": seconds(facts.get("limit_ms")),
        "length": seconds(facts.get("duration_ms")),
        "size": size(facts.get("limit_bytes", 0)),
        "tracks": str(facts.get("limit_tracks", 0)),
    }
    return replace(message, next_step=str(message.next_step).format(**numbers))


# Why a part of a recording is suggested, by the codes of `audio.passages`.
PASSAGES: Final[dict[str, Promise]] = {
    "least_noise": _("Less noise than elsewhere."),
    "no_clipping": _("Less distortion than elsewhere."),
    "no_hum": _("Less hum than elsewhere."),
    "no_clicks": _("Fewer clicks than elsewhere."),
    "most_speech": _("More speech than elsewhere."),
    "in_pauses": _("Starts and ends in a pause, so no word is cut."),
    "all_of_it": _("Only silence is removed."),
}


def describe_passage(reasons: list[str]) -> list[str | Promise]:
    """Why this part is suggested, in sentences; unknown reasons are left out."""
    return [PASSAGES[reason] for reason in reasons if reason in PASSAGES]
