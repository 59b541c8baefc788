"""Words, findings: what the sample doctor found, why it matters, and what to do about it."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .messages import Message


@dataclass(frozen=True)
class Diagnosis:
    """One finding for people: `what` was heard, `why` it matters, `what_to_do`."""

    what: str | Promise
    why: str | Promise
    what_to_do: str | Promise


# The label of each verdict, and what it means for the clone.
VERDICTS: Final[dict[str, Message]] = {
    "good": Message(_("Good"), _("Nothing stands in the way of a good clone.")),
    "usable": Message(
        _("Usable"), _("A clone will work. Better sound would make it sound better.")
    ),
    "disappointing": Message(
        _("Poor"), _("A clone can be made, but people will hear what is wrong here.")
    ),
    "unusable": Message(_("Unusable"), _("No voice can be cloned from this.")),
}

_SILENT_BELOW: Final = 0.3  # s of sound; the other values of this code are larger

_NOTHING_HEARD: Final = Diagnosis(
    _("Nothing can be heard in this recording."),
    _("Without a voice there is nothing to clone."),
    _("Check that the right microphone was recorded, and record again."),
)
_CLIP_TOO_SHORT: Final = Diagnosis(
    _("This clip is too short."),
    _("A prompt clip shows MiniMax how somebody speaks; that takes a few words."),
    _("Choose a clip of 5 to 8 seconds."),
)
_CLIP_TOO_LONG: Final = Diagnosis(
    _("This clip is too long."),
    _("MiniMax takes prompt clips shorter than 8 seconds."),
    _("Cut it to 5 to 8 seconds."),
)

FINDINGS: Final[dict[str, Diagnosis]] = {
    "too_short": Diagnosis(
        _("This recording is too short."),
        _("MiniMax needs at least 10 seconds to learn a voice."),
        _("Record a longer one; one to two minutes is best."),
    ),
    "too_long": Diagnosis(
        _("This recording is too long."),
        _("MiniMax takes at most 5 minutes."),
        _("Cut out the best one to two minutes."),
    ),
    "too_quiet": Diagnosis(
        _("The voice is very quiet."),
        _("Made louder, the noise of the room and of the device comes up with it."),
        _("Move closer to the microphone and record again, or even out the volume."),
    ),
    "too_loud": Diagnosis(
        _("The voice is very loud."),
        _("Loud words have no room left and begin to sound harsh, and a clone sounds like them."),
        _("Turn the microphone down a little and record again."),
    ),
    "clipped": Diagnosis(
        _("The loudest moments are cut off and sound rough."),
        _("What is cut off cannot be brought back, and the clone learns the roughness."),
        _("Turn the microphone down or move back a little, and record again."),
    ),
    "noisy": Diagnosis(
        _("There is noise behind the voice."),
        _("A clone learns the noise together with the voice."),
        _("Record in a quieter place, or switch on “Reduce noise”."),
    ),
    "hum": Diagnosis(
        _("There is a steady hum, as from a power cable or a charger."),
        _("It lies under every word, and a clone can pick it up."),
        _("Tidy up a copy, or record again on battery and away from other devices."),
    ),
    "silence": Diagnosis(
        _("There is much silence in this recording."),
        _("Silence teaches nothing about a voice, and long pauses make a clone hesitate."),
        _("Trim the silent ends, or cut out the part in which somebody speaks."),
    ),
    "little_speech": Diagnosis(
        _("There is little speech in this recording."),
        _("The more somebody says, the closer the clone comes to them."),
        _("Record one to two minutes of fluent speech."),
    ),
    "narrow_band": Diagnosis(
        _("This sounds like a telephone recording: the high sounds are missing."),
        _("A clone of it sounds as if it were speaking on the telephone, too."),
        _("Record with a computer or a phone's own recorder instead of a call."),
    ),
    "dead_channel": Diagnosis(
        _("One side of this stereo recording is silent."),
        _("The voice is whole on the other side, but half as loud when both are put together."),
        _("Tidy up a copy and make it mono."),
    ),
    "out_of_phase": Diagnosis(
        _("The two sides of this stereo recording work against each other."),
        _("Where they are put together, the voice grows thin or vanishes."),
        _("Swap the poles of one cable, or record again with one microphone in mono."),
    ),
    "dropouts": Diagnosis(
        _("The sound breaks off or clicks in several places."),
        _("Words lose a piece, and a clone can learn the clicks."),
        _("Bring the original file rather than one from a call, or cut out a part without gaps."),
    ),
    "echo": Diagnosis(
        _("The room echoes strongly."),
        _("A clone keeps the echo of this room, wherever it is played."),
        _("Record in a room with curtains and soft chairs, close to the microphone."),
    ),
    "several_speakers": Diagnosis(
        _("There may be more than one person speaking."),
        _("A clone of several people sounds like none of them."),
        _("Listen to it. If somebody else speaks, cut out a part with one person only."),
    ),
    "music": Diagnosis(
        _("There may be music in this recording."),
        _("A clone learns the music together with the voice."),
        _("Listen to it. If there is music, record without it or cut out a part that is free."),
    ),
    "damaged": Diagnosis(
        _("This file is damaged."),
        _("It cannot be read to its end, and MiniMax would stop at the same place."),
        _("Copy or export it once more, and bring it again."),
    ),
    "not_audio": Diagnosis(
        _("This is not a sound recording that we can read."),
        _("MiniMax takes nothing but sound, whatever the name of the file says."),
        _("Export the recording as mp3, m4a or wav, and bring that."),
    ),
    # Not a finding, but a reason to even out the volume; the code is the name of the figure.
    "loudness_range_lu": Diagnosis(
        _("Some parts are much louder than others."),
        _("A clone wavers between them."),
        _("Switch on “Even out volume”."),
    ),
}
_UNSEEN: Final = Diagnosis(
    _("Something about this recording is unusual."),
    _("It may be heard in the clone."),
    _("Listen to it before it is sent."),
)


def describe_finding(code: str, value: float | None = None, *, purpose: str = "") -> Diagnosis:
    """The sentences for a code of `audio.doctor`; `value` is the finding's."""
    clip = purpose == "prompt_audio"
    if code == "silence" and value is not None and value < _SILENT_BELOW:
        return _NOTHING_HEARD
    if code == "too_short" and clip:
        return _CLIP_TOO_SHORT
    if code == "too_long" and clip:
        return _CLIP_TOO_LONG
    return FINDINGS.get(code, _UNSEEN)


def describe_verdict(verdict: str) -> Message:
    """The verdict's label (`headline`) and what it means (`next_step`)."""
    return VERDICTS[verdict]
