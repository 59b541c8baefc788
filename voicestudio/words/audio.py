"""Words, audio: why a file cannot be used, and why a part of it is proposed."""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .messages import Message


def seconds(milliseconds: int | float | None) -> str:
    """A length of audio as a person says it: 84,000 ms is 1:24."""
    minutes, rest = divmod(round((milliseconds or 0) / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def size(count: int) -> str:
    """A limit in bytes as a person says it: 1 GB, 200 MB; rounded down, so that it is kept."""
    for name, unit in (("GB", 1024**3), ("MB", 1024**2)):
        if count >= unit:
            return f"{count * 10 // unit / 10:g} {name}"
    return f"{count // 1024} KB"


def message_for_audio_problem(
    code: str, facts: dict[str, Any] | None = None, *, purpose: str = ""
) -> Message:
    """Why a file cannot be used, whose rule it is, and what to do."""
    facts = facts or {}
    length = seconds(facts.get("duration_ms"))
    clip = purpose == "prompt_audio"
    match code:
        case "empty":
            return Message(_("This file is empty."), _("Choose it again, or export it once more."))
        case "too_large":
            return Message(
                _("This file is too large."),
                format_lazy(
                    _(
                        "We take up to {size}. Save it as mp3 or m4a, or cut it, and bring "
                        "it again."
                    ),
                    size=size(facts["limit_bytes"]),
                ),
            )
        case "not_audio":
            return Message(
                _("This is not an audio file that we can read, whatever its name says."),
                _("Export the recording as mp3, m4a or wav, and bring that."),
            )
        case "damaged":
            return Message(
                _("This file is damaged: it cannot be read to its end."),
                _("Copy or export it once more, and bring it again."),
            )
        case "video":
            return Message(
                _("This is a video. MiniMax takes sound only."),
                _("Export its sound as mp3, m4a or wav, and bring that."),
            )
        case "no_audio":
            return Message(
                _("There is no sound track in this file."),
                _("Choose a file with the person's voice."),
            )
        case "silent":
            return Message(
                _("Nothing can be heard in this recording."),
                _("Check that the right microphone was recorded, and bring another one."),
            )
        case "too_short" if clip:
            return Message(
                _("This clip is too short."),
                format_lazy(
                    _("It is {length} long. Choose a clip of 5 to 8 seconds."), length=length
                ),
            )
        case "too_short":
            return Message(
                _("This recording is too short."),
                format_lazy(
                    _(
                        "It is {length} long. MiniMax needs at least 10 seconds. Record a longer "
                        "one; one to two minutes is best."
                    ),
                    length=length,
                ),
            )
        case "too_long" if clip:
            return Message(
                _("This clip is too long."),
                _(
                    "MiniMax takes prompt clips shorter than 8 seconds. Cut it to 5 to 8 seconds, "
                    "and bring it again."
                ),
            )
        case "too_long":
            return Message(
                _("This recording is too long."),
                _(
                    "MiniMax takes at most 5 minutes. Cut out the best one to two minutes, and "
                    "bring those."
                ),
            )
    return Message(_("This file cannot be used."), _("Bring the recording as mp3, m4a or wav."))


# Why a part of a recording is proposed; the codes stand in `audio.passages`.
PASSAGES: Final[dict[str, Promise]] = {
    "least_noise": _("There is less noise here than elsewhere."),
    "no_clipping": _("Nothing is distorted here, as it is elsewhere."),
    "no_hum": _("The hum of the other parts is not heard here."),
    "no_clicks": _("There are no clicks here, as there are elsewhere."),
    "most_speech": _("More is spoken here than elsewhere."),
    "in_pauses": _("It begins and ends in a pause; no word is cut."),
    "all_of_it": _("Only silence is left out."),
}


def describe_passage(reasons: list[str]) -> list[str | Promise]:
    """Why this part, in whole sentences; a reason without words of its own is left out."""
    return [PASSAGES[reason] for reason in reasons if reason in PASSAGES]
