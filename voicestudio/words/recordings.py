"""Words, recordings: a recording's state, what a clean copy changed, and which copy is better."""

from collections.abc import Iterable
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from .audio import seconds
from .items import join_items
from .messages import Message

# Instead of a verdict.
CHECKING: Final = _("Checking…")
NEEDS_CUTTING: Final = _("Needs cutting")
NOT_CHECKED: Final = _("Not checked")
AT_MINIMAX: Final = _("At MiniMax")
DELETED: Final = pgettext_lazy("recording", "Deleted")

EXAMPLE_UNAVAILABLE: Final = Message(
    _("The practice recordings cannot be reached at the moment."),
    _("Try again in a minute, or upload a recording of your own."),
)
FILE_ID_REFUSED: Final = Message(
    _("This file ID can't be used here."), _("Check the number, or upload the recording itself.")
)
FILES_NOT_DELETED: Final = Message(
    _("The files of this recording can't be deleted now."),
    _("Tell an administrator, then delete it again."),
    administrator_step=_("Check the permissions of the data folder, then delete it again."),
)
JUST_DELETED: Final = Message(_("This recording was just deleted."), _("Choose another recording."))
OTHER_PROJECT: Final = Message(
    _("This recording belongs to another project than the speaker."),
    _("Choose one of the speaker's project."),
)

CLEANUP_STEPS: Final[dict[str, str | Promise]] = {
    "mono": _("converted to mono"),
    "dc": _("offset removed"),
    "hum": _("hum removed"),
    "trim": _("silent ends trimmed"),
    "level": _("level evened out"),
    "limit": _("peaks limited to −3 dB"),
}
# By the codes of `audio.Metadata.notes`.
NOTES: Final[dict[str, str | Promise]] = {
    "header_too_short": _(
        "The file says it is {stated} long, but it holds more sound. All of it is used."
    ),
    "picture": _("Only the sound of this video is stored. Its picture was left out."),
    "track": _(
        "Audio tracks of the file: {count}. Track {track} is used, because it has the most speech."
    ),
    "only_track": _(
        "Audio tracks of the file: {count}. Track {track} is used, because only it can be read."
    ),
    "chosen_track": _("This is track {track} of {count} of its file."),
    "low_bit_rate": _("Its sound was compressed to {kbps} kbit/s ({codec})."),
    "opposite_phase": _(
        "Its two sides cancelled each other out. They were joined into one that keeps the voice."
    ),
}
_JUDGED_WITHIN_MS: Final = 1_000
SOUND_OPTIONS: Final[dict[str, str | Promise]] = {
    "noise_reduction": _("Reduce noise"),
    "volume_normalization": _("Even out volume"),
}
COPY_NOT_COMPARED: Final = Message(
    _("One of the two hasn't been checked."), _("Listen to both and choose.")
)


def describe_cleanup(steps: Iterable[str]) -> str:
    """What was changed in a clean copy; unknown steps are left out."""
    return join_items(CLEANUP_STEPS[step] for step in steps if step in CLEANUP_STEPS)


def describe_notes(notes: Iterable[dict[str, Any]]) -> list[str]:
    """What was done so that a recording can be read; unknown notes are left out."""
    return [
        str(NOTES[note["code"]]).format(**note, stated=seconds(note.get("stated_ms")))
        for note in notes
        if note["code"] in NOTES
    ]


def describe_speech(speech_ms: int, judged_ms: int, length_ms: int) -> str:
    """About how much speech was found in a track, of which only the start may have been judged."""
    facts = {"speech": seconds(speech_ms), "judged": seconds(judged_ms)}
    if judged_ms < length_ms - _JUDGED_WITHIN_MS:
        text = (
            _now("about {speech} of speech in the first {judged}")
            if speech_ms
            else _now("no speech in the first {judged}")
        )
    else:
        text = _now("about {speech} of speech") if speech_ms else _now("no speech")
    return text.format(**facts)


def describe_derived(count: int) -> str:
    """How many recordings were derived from one."""
    return ngettext(
        "%(count)s recording made from it", "%(count)s recordings made from it", count
    ) % {"count": count}


def describe_progress(checked: str | int, length: str | int) -> str:
    """How much is checked: "0:34 of 1:20", or of whole minutes "34 of 120 minutes"."""
    if isinstance(length, int):
        text = ngettext("{checked} of {length} minute", "{checked} of {length} minutes", length)
    else:
        text = _now("{checked} of {length}")
    return text.format(checked=checked, length=length)


def compare_copy(better: str, original: str, copy: str, fixed: Iterable[str | Promise]) -> Message:
    """Which recording to use and why; `better` is "copy", "original" or "".

    `original` and `copy` are labels of verdicts; `fixed` are the names of problems that the copy no
    longer has.
    """
    labels = {"original": original, "copy": copy}
    match better:
        case "copy":
            if original == copy:
                reason = _now("Both are rated “{copy}”, but the copy has fewer problems.")
            else:
                reason = _now("It is rated “{copy}” instead of “{original}”.")
            titles = join_items(fixed)
            fixed_now = _now("Fixed: {titles}.").format(titles=titles) if titles else ""
            return Message(
                _("Use the clean copy: it's better."),
                f"{reason.format(**labels)} {fixed_now}".strip(),
            )
        case "original":
            reason = _now("The copy is rated “{copy}”, the original “{original}”.")
            return Message(_("Keep the original: it's better."), reason.format(**labels))
    reason = _now("Both are rated “{copy}”. Keep the original unless the copy sounds better.")
    return Message(_("Both are equally good."), reason.format(**labels))


def describe_volume_match(louder: str, difference: str) -> str:
    """That the louder of two recordings ("copy" or "original") is played at a lower volume."""
    if louder == "copy":
        text = _now("The copy is {difference} dB louder. It's turned down here to match.")
    else:
        text = _now("The original is {difference} dB louder. It's turned down here to match.")
    return text.format(difference=difference)
