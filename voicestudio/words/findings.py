"""Words, findings: each problem of a recording, why it matters and what to do about it."""

from dataclasses import dataclass, replace
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
_SILENCE_SHARE_MAX: Final = 1.0  # above, the value is the length (s) of one silence

_NOTHING_HEARD: Final = Diagnosis(
    _("This recording is silent."),
    _("There is no voice to clone."),
    _("Check that you used the right microphone, then record again."),
)
_LONG_SILENCE: Final = Diagnosis(
    _("There is a long silence in this recording."),
    _("Silence adds nothing to the voice, and long pauses can make it hesitate."),
    _("Trim the silent ends, or cut out a part without a long pause."),
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
_CLIP_LITTLE_SPEECH: Final = Diagnosis(
    _("There is little speech in this clip."),
    _("A prompt clip needs a few words to show how the person speaks."),
    _("Choose 5 to 8 seconds of continuous speech."),
)
_CLIP_FINDINGS: Final = {
    "too_short": _CLIP_TOO_SHORT,
    "too_long": _CLIP_TOO_LONG,
    "little_speech": _CLIP_LITTLE_SPEECH,
}

_A_LITTLE_QUIET: Final = Diagnosis(
    _("The voice is a little quiet."),
    _("Nothing is lost: we can raise it."),
    _("Make a clean copy that evens out the level."),
)
_A_LITTLE_LOUD: Final = Diagnosis(
    _("The voice is a little loud."),
    _("Nothing is lost: we can lower it."),
    _("Make a clean copy that evens out the level."),
)
_HINTS: Final = {"too_quiet": _A_LITTLE_QUIET, "too_loud": _A_LITTLE_LOUD}

# What to do instead, where a clean copy was tried and is without the problem.
_CLEAN_COPY_HELPS: Final = {
    "hum": _("Make a clean copy: it removes the hum. Or record again on battery power.")
}

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
        _("Soft sounds are already lost, and raising the voice raises every noise with it."),
        _("Move closer to the microphone and record again, or make a clean copy."),
    ),
    "too_loud": Diagnosis(
        _("The voice is very loud."),
        _("Loud words sound harsh, and the voice will sound like them."),
        _("Turn the input level down a little and record again."),
    ),
    "clipped": Diagnosis(
        _("Loud words crackle."),
        _(
            "The recording was too loud for the device. It can't be repaired, and the voice will "
            "crackle, too."
        ),
        _("Turn the input level down or move back a little, then record again."),
    ),
    "noisy": Diagnosis(
        _("There is noise behind the voice."),
        _("The noise becomes part of the voice."),
        _("Record in a quieter place, or switch on “Reduce noise”."),
    ),
    "hum": Diagnosis(
        _("There is a steady hum or buzz under the words."),
        _("The hum can become part of the voice. It often comes from a power cable or charger."),
        _("Record again on battery power and away from other devices."),
    ),
    "silence": Diagnosis(
        _("A large part of this recording is silent."),
        _("Silence adds nothing to the voice, and long pauses can make it hesitate."),
        _("Trim the silent ends, or cut out the part with speech."),
    ),
    "little_speech": Diagnosis(
        _("There is little speech in this recording."),
        _("The more speech there is, the closer the voice gets to the person."),
        _("Record one to two minutes of continuous speech."),
    ),
    "narrow_band": Diagnosis(
        _("The voice sounds dull, like on the phone."),
        _("Sounds like s and f are missing, and the voice will sound like a phone call."),
        _("Ask for a new one, made with a recorder app or a microphone instead of a phone call."),
    ),
    "low_bit_rate": Diagnosis(
        _("The file was made very small, so part of the voice is missing."),
        _("The voice can sound hollow or watery. Converting the file doesn't bring anything back."),
        _("Ask for the original recording, or for a file of 64 kbit/s or more."),
    ),
    "dead_channel": Diagnosis(
        _("One side of this stereo recording is silent."),
        _("On one loudspeaker, the voice is only half as loud."),
        _("Make a clean copy in mono."),
    ),
    "out_of_phase": Diagnosis(
        _("The left and right side cancel each other out."),
        _("On one loudspeaker, the voice becomes thin or disappears."),
        _("Make a clean copy in mono, or record again with one microphone."),
    ),
    "dropouts": Diagnosis(
        _("The sound breaks off in several places."),
        _("Parts of words are missing."),
        _("Cut out a part without gaps, or ask for the original file if this one is from a call."),
    ),
    "clicks": Diagnosis(
        _("There are many clicks."),
        _("Clicks of the lips or of the device can be heard in the voice."),
        _(
            "Cut out a part without them. To record again, drink some water and keep a little "
            "more distance; if the clicks stay, check cable and device."
        ),
    ),
    "echo": Diagnosis(
        _("The room echoes."),
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
    "wind": Diagnosis(
        _("Wind blows into the microphone."),
        _("Its rumble covers the voice and becomes part of it."),
        _("Record indoors, or out of the wind with a windscreen on the microphone."),
    ),
    "pumping": Diagnosis(
        _("The background noise swells in every pause."),
        _("The recorder turns the volume up between words, and the voice can breathe like that."),
        _("Switch off automatic volume and noise suppression in the recorder, then record again."),
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
    "clipped": _("crackle"),
    "noisy": _("background noise"),
    "hum": _("steady hum"),
    "silence": _("silence"),
    "little_speech": _("little speech"),
    "narrow_band": _("dull sound"),
    "low_bit_rate": _("strong compression"),
    "dead_channel": _("silent side"),
    "out_of_phase": _("sides that cancel out"),
    "dropouts": _("gaps"),
    "clicks": _("clicks"),
    "echo": _("room echo"),
    "several_speakers": _("several speakers"),
    "music": _("music"),
    "wind": _("wind"),
    "pumping": _("swelling noise"),
    "damaged": _("damage"),
    "not_audio": _("unreadable file"),
}
_UNKNOWN_FINDING: Final = Diagnosis(
    _("Something about this recording is unusual."),
    _("It may be heard in the clone."),
    _("Listen to it before you clone it."),
)


def describe_finding(
    code: str,
    value: float | None = None,
    *,
    severity: int | None = None,
    purpose: str = "",
    clean_copy_helps: bool | None = None,
) -> Diagnosis:
    """The sentences for a finding of `audio.doctor` with this code, value and severity.

    Against hum, a clean copy is offered only where one was tried and `clean_copy_helps`.
    """
    if severity == 0 and code in _HINTS:
        return _HINTS[code]
    if code == "silence" and value is not None and value < _SILENT_BELOW:
        return _NOTHING_HEARD
    if code == "silence" and value is not None and value > _SILENCE_SHARE_MAX:
        return _LONG_SILENCE
    if purpose == "prompt_audio" and code in _CLIP_FINDINGS:
        return _CLIP_FINDINGS[code]
    text = FINDINGS.get(code, _UNKNOWN_FINDING)
    if clean_copy_helps and code in _CLEAN_COPY_HELPS:
        return replace(text, what_to_do=_CLEAN_COPY_HELPS[code])
    return text


def describe_verdict(verdict: str) -> Message:
    """The verdict's label (`headline`) and what it means (`next_step`)."""
    return VERDICTS[verdict]
