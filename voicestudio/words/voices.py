"""Words, voices: what changed, what happened, what became of each item, in people's words."""

from collections.abc import Iterable
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .audio import seconds

_LONGEST: Final = 60

# The parts of an order, as they stand in a sentence about what changed.
PARTS: Final[dict[str, str | Promise]] = {
    "recording": _("recording"),
    "prompt_clip": _("prompt clip"),
    "prompt_text": _("words of the prompt clip"),
    "preview_text": _("preview text"),
    "model": _("model"),
    "language": _("language"),
    "text_validation": _("expected words"),
    "accuracy": _("how exactly they must match"),
    "noise_reduction": _("reduce noise"),
    "volume_normalization": _("even out the volume"),
    "watermark": _("watermark"),
}
# Why a voice is only here; see `services.comparing`.
ONLY_HERE: Final[dict[str, str | Promise]] = {
    "never_used": _("It has never really spoken; MiniMax lists only voices that have."),
    "expired": _("It was not used for 168 hours, so MiniMax has deleted it."),
    "deleted": _("It was deleted."),
    "unknown": _("We do not know whether it was ever made."),
    "missing": _("It has spoken, so MiniMax ought to list it. Perhaps somebody deleted it there."),
}
# What was to be deleted, and what became of it; see `services.deleting`.
ITEMS: Final[dict[str, str | Promise]] = {
    "voice": _("The voice at MiniMax"),
    "file_there": _("The uploaded file at MiniMax"),
    "recording": _("Our copy of the recording"),
    "audio": _("Our copy of the demo"),
    "speech": _("What it has spoken"),
}
ITEM_STATES: Final[dict[str, str | Promise]] = {
    "done": _("deleted"),
    "already_gone": _("was gone already"),
    "failed": _("could not be deleted; try again"),
    "cannot": _("this gateway offers no deleting"),
    "kept": _("kept, because another attempt needs it"),
}
# Occurrences that nobody wrote down, because the clock or another voice made them.
OCCURRENCES: Final[dict[str, str | Promise]] = {
    "expired": _("Expired: not used for 168 hours"),
    "replaced": _("Gone: MiniMax made another voice with this ID"),
}


def describe_change(field: str, kind: str, before: Any, after: Any) -> str:
    """One difference between two attempts; see `services.changes.Change`."""
    part = str(PARTS.get(field, field))
    match kind:
        case "on":
            return _now("{part} on").format(part=part)
        case "off":
            return _now("{part} off").format(part=part)
        case "added":
            if after is None or field in {"preview_text", "prompt_text", "text_validation"}:
                return _now("{part} added").format(part=part)
            return _now("{part} {after}").format(part=part, after=_short(after, field))
        case "removed":
            return _now("{part} removed").format(part=part)
        case "cut":
            return _now("{part} cut from {before} to {after}").format(
                part=part, before=seconds(before), after=seconds(after)
            )
        case "cleaned":
            return _now("{part} tidied").format(part=part)
        case "original":
            return _now("the original {part} again").format(part=part)
        case "other":
            return _now("another {part}: {after}").format(part=part, after=_short(after))
    if field in {"preview_text", "prompt_text", "text_validation"}:
        return _now("{part} changed").format(part=part)
    return _now("{part} {before} → {after}").format(
        part=part, before=_short(before, field), after=_short(after, field)
    )


def describe_changes(told: Iterable[str]) -> str:
    """Differences, each told by `describe_change`, as one sentence; without any that is said too."""
    sentence = "; ".join(told) or _now("nothing changed")
    return sentence[0].upper() + sentence[1:]


def _short(value: Any, field: str = "") -> str:
    text = str(value)
    if field == "model":
        text = text.removeprefix("speech-").replace("-", " ")
    if field == "language" and text == "auto":
        return _now("detected automatically")
    return Truncator(text).chars(_LONGEST)
