"""Words, voices: changes between attempts, results of a deletion, and events."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from .audio import seconds
from .items import label_value
from .messages import Message

_LONGEST: Final = 60
TOO_MANY_TAGS: Final = Message(
    _("A voice can have 20 tags at most."), _("Remove some on its page first.")
)


class ItemState(StrEnum):
    """The result for one item of a deletion."""

    DONE = "done"
    ALREADY_GONE = "already_gone"
    FAILED = "failed"
    CANNOT = "cannot"  # this gateway does not offer the call
    KEPT = "kept"  # another attempt needs it


@dataclass(frozen=True)
class VoiceIdCheck:
    """Whether a voice ID can be used: `state` is free, invalid or taken; `message` says why."""

    state: str
    message: str
    suggestions: list[str] = field(default_factory=list)


# The parts of a clone request, as labels before what has changed.
PARTS: Final[dict[str, str | Promise]] = {
    "recording": _("recording"),
    "prompt_clip": _("prompt clip"),
    "prompt_text": _("prompt text"),
    "preview_text": _("preview text"),
    "model": _("model"),
    "language": _("language"),
    "text_validation": _("expected words"),
    "accuracy": _("text match accuracy"),
    "noise_reduction": _("reduce noise"),
    "volume_normalization": _("even out volume"),
    "watermark": _("watermark"),
}
# Why MiniMax does not list a voice; see `services.voices.sync`.
ONLY_HERE: Final[dict[str, str | Promise]] = {
    "never_used": _("Never used: MiniMax lists a voice after its first generated speech"),
    "expired": _("Expired: not used for 168 hours"),
    "deleted": pgettext_lazy("voice", "Deleted"),
    "unknown": _("Outcome unknown: it may never have been cloned"),
    "missing": _("Missing: MiniMax should list it. It may have been deleted there."),
}
# Each item of a deletion and its result; see `services.voices.deletion`.
ITEMS: Final[dict[str, str | Promise]] = {
    "voice": _("Voice at MiniMax"),
    "file_there": _("Uploaded file at MiniMax"),
    "recording": _("Our copy of the recording"),
    "audio": _("Our copy of the preview"),
    "speech": _("Generated speech"),
}
ITEM_STATES: Final[dict[str, str | Promise]] = {
    ItemState.DONE: _("deleted"),
    ItemState.ALREADY_GONE: _("already deleted"),
    ItemState.FAILED: _("couldn't be deleted, try again"),
    ItemState.CANNOT: _("not supported by this gateway"),
    ItemState.KEPT: _("kept because another attempt uses it"),
}
# What the clock and other voices add to the events that people cause.
OCCURRENCES: Final[dict[str, str | Promise]] = {
    "expired": _("Expired: not used for 168 hours"),
    "replaced": _("Replaced: another voice now has this voice ID"),
}


def describe_change(field: str, kind: str, before: Any, after: Any) -> str:
    """One difference between two attempts; see `services.changes.Change`."""
    part = str(PARTS.get(field, field))
    match kind:
        case "on":
            return _now("{part}: on").format(part=part)
        case "off":
            return _now("{part}: off").format(part=part)
        case "added":
            if after is None or field in {"preview_text", "prompt_text", "text_validation"}:
                return _now("{part}: added").format(part=part)
            return label_value(part, _short(after, field))
        case "removed":
            return _now("{part}: removed").format(part=part)
        case "cut":
            return _now("{part}: cut from {before} to {after}").format(
                part=part, before=seconds(before), after=seconds(after)
            )
        case "cleaned":
            return _now("{part}: clean copy").format(part=part)
        case "original":
            return _now("{part}: original again").format(part=part)
        case "other":
            return _now("{part}: now {after}").format(part=part, after=_short(after))
    if field in {"preview_text", "prompt_text", "text_validation"}:
        return _now("{part}: changed").format(part=part)
    return _now("{part}: {before} → {after}").format(
        part=part, before=_short(before, field), after=_short(after, field)
    )


def describe_changes(changes: Iterable[str]) -> str:
    """Sentences of `describe_change` joined into one, or that nothing changed."""
    sentence = pgettext("between two changes", "; ").join(changes) or _now("nothing changed")
    return sentence[0].upper() + sentence[1:]


def _short(value: Any, field: str = "") -> str:
    text = str(value)
    if field == "model":
        text = text.removeprefix("speech-").replace("-", " ")
    if field == "language" and text == "auto":
        return _now("detected automatically")
    return Truncator(text).chars(_LONGEST)
