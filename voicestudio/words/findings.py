"""Words, findings: each problem of a recording, why it matters and what to do about it."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .messages import Message


@dataclass(frozen=True)
class Diagnosis:
    """One finding for people: its `title`, `why` it matters and `what_to_do`."""

    title: str | Promise
    why: str | Promise
    what_to_do: str | Promise


# The label of each verdict, and what it means for the voice.
VERDICTS: Final[dict[str, Message]] = {
    "good": Message(_("Good"), _("This recording is ready to clone.")),
    "usable": Message(_("Usable"), _("This will work. A better recording gives a better voice.")),
    "disappointing": Message(
        _("Poor"), _("You can clone it, but these problems will be heard in the voice.")
    ),
    "unusable": Message(_("Unusable"), _("A voice can't be cloned from this.")),
}

_SILENT_BELOW: Final = 0.3  # s of sound; the other values of this code are larger

_NOTHING_HEARD: Final = Diagnosis(
    _("This recording is silent."),
    _("There is no voice to clone."),
    _("Check that you used the right microphone, then record again."),
)
_CLIP_TOO_SHORT: Final = Diagnosis(
    _("This clip is too short."),
    _("A prompt clip needs a few words to show how the person speaks."),
    _("Choose a clip of 5 to 8 seconds."),
)
_CLIP_TOO_LONG: Final = Diagnosis(
    _("This clip is too long."),
    _("MiniMax accepts prompt clips shorter than 8 seconds."),
    _("Cut it to 5 to 8 seconds."),
)

FINDINGS: Final[dict[str, Diagnosis]] = {
    "too_short": Diagnosis(
        _("This recording is too short."),
        _("MiniMax needs at least 10 seconds to learn a voice."),
        _("Record a longer one. One to two minutes is best."),
    ),
    "too_long": Diagnosis(
        _("This recording is too long."),
        _("MiniMax accepts up to 5 minutes."),
        _("Cut out the best one to two minutes."),
    ),
    "too_quiet": Diagnosis(
        _("The voice is very quiet."),
        _("Making it louder also makes the background noise louder."),
        _("Move closer to the microphone and record again, or even out the volume."),
    ),
    "too_loud": Diagnosis(
        _("The voice is very loud."),
        _("Loud words sound harsh, and the voice will sound like them."),
        _("Turn the input level down a little and record again."),
    ),
    "clipped": Diagnosis(
        _("The loudest parts are distorted."),
        _("Distortion can't be repaired, and it will be heard in the voice."),
        _("Turn the input level down or move back a little, then record again."),
    ),
    "noisy": Diagnosis(
        _("There is background noise."),
        _("The noise becomes part of the voice."),
        _("Record in a quieter place, or switch on “Reduce noise”."),
    ),
    "hum": Diagnosis(
        _("There is a steady hum, often from a power cable or charger."),
        _("The hum can become part of the voice."),
        _("Make a clean copy, or record again on battery power and away from other devices."),
    ),
    "silence": Diagnosis(
        _("This recording has a lot of silence."),
        _("Silence adds nothing to the voice, and long pauses can make it hesitate."),
        _("Trim the silent ends, or cut out the part with speech."),
    ),
    "little_speech": Diagnosis(
        _("This recording has little speech."),
        _("The more speech there is, the closer the voice gets to the person."),
        _("Record one to two minutes of continuous speech."),
    ),
    "narrow_band": Diagnosis(
        _("High frequencies are missing, as in a phone call."),
        _("The voice will also sound like a phone call."),
        _("Use a voice recorder app instead of recording a call."),
    ),
    "dead_channel": Diagnosis(
        _("One side of this stereo recording is silent."),
        _("Mixed to mono, the voice is only half as loud."),
        _("Make a clean copy in mono."),
    ),
    "out_of_phase": Diagnosis(
        _("The two sides of this stereo recording are out of phase."),
        _("Mixed to mono, the voice becomes thin or disappears."),
        _("Record again in mono with one microphone."),
    ),
    "dropouts": Diagnosis(
        _("There are dropouts or clicks in several places."),
        _("Parts of words are missing, and the clicks can be heard in the voice."),
        _("Upload the original file instead of one from a call, or cut out a part without gaps."),
    ),
    "echo": Diagnosis(
        _("There is a strong room echo."),
        _("The echo becomes part of the voice."),
        _("Record close to the microphone, in a room with soft furniture or curtains."),
    ),
    "several_speakers": Diagnosis(
        _("More than one person may be speaking."),
        _("A voice cloned from several people sounds like none of them."),
        _("Listen to it. If someone else speaks, cut out a part with only one person."),
    ),
    "music": Diagnosis(
        _("There may be music in this recording."),
        _("The music becomes part of the voice."),
        _("Listen to it. If there is music, record again or cut out a part without it."),
    ),
    "damaged": Diagnosis(
        _("This file is damaged."),
        _("It can't be read to the end, by us or by MiniMax."),
        _("Export it again and upload the new file."),
    ),
    "not_audio": Diagnosis(
        _("This isn't an audio file we can read."),
        _("MiniMax accepts only audio files."),
        _("Export the recording as mp3, m4a or wav and upload that."),
    ),
    # Not a finding: the reason to recommend “Even out volume”, named like the figure.
    "loudness_range_lu": Diagnosis(
        _("Some parts are much louder than others."),
        _("The voice can become uneven."),
        _("Switch on “Even out volume”."),
    ),
}
# The names of problems, for a list of those that a clean copy no longer has.
PROBLEM_NAMES: Final[dict[str, str | Promise]] = {
    "too_short": _("too short"),
    "too_long": _("too long"),
    "too_quiet": _("quiet voice"),
    "too_loud": _("loud voice"),
    "clipped": _("distortion"),
    "noisy": _("background noise"),
    "hum": _("steady hum"),
    "silence": _("silence"),
    "little_speech": _("little speech"),
    "narrow_band": _("missing high frequencies"),
    "dead_channel": _("silent side"),
    "out_of_phase": _("sides out of phase"),
    "dropouts": _("dropouts and clicks"),
    "echo": _("room echo"),
    "several_speakers": _("several speakers"),
    "music": _("music"),
    "damaged": _("damage"),
    "not_audio": _("unreadable file"),
}
_UNKNOWN_FINDING: Final = Diagnosis(
    _("Something about this recording is unusual."),
    _("It may be heard in the clone."),
    _("Listen to it before you clone it."),
)


def describe_finding(code: str, value: float | None = None, *, purpose: str = "") -> Diagnosis:
    """The sentences for a finding of `audio.doctor` with this code and value."""
    clip = purpose == "prompt_audio"
    if code == "silence" and value is not None and value < _SILENT_BELOW:
        return _NOTHING_HEARD
    if code == "too_short" and clip:
        return _CLIP_TOO_SHORT
    if code == "too_long" and clip:
        return _CLIP_TOO_LONG
    return FINDINGS.get(code, _UNKNOWN_FINDING)


def describe_verdict(verdict: str) -> Message:
    """The verdict's label (`headline`) and what it means (`next_step`)."""
    return VERDICTS[verdict]
