"""Forms: what a person types, made clean, and the marks that it may hold."""

import re
import unicodedata
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax.limits import PAUSE_RANGE, TAGS, supports_tags

_JOINERS: Final = "\u200c\u200d"  # Persian, Hindi and many emoji are not written without them
_PAUSE: Final = re.compile(r"<#([^#<>]*)#>")
_SECONDS: Final = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?")
_PARENTHESES: Final = re.compile(r"\(([^()]*)\)")


def clean(text: str, *, lines: bool = False) -> str:
    """`text` without what nobody can see: controls, direction overrides, half characters.

    Spaces at the ends go; in one line, every run of spaces becomes one. `lines` keeps line ends.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = [
        char
        for place, char in enumerate(text)
        if char in "\n\t" or unicodedata.category(char)[0] != "C" or _joins(text, place)
    ]
    text = "".join(kept)
    if not lines:
        return " ".join(text.split())
    return "\n".join(" ".join(line.split()) for line in text.strip().split("\n"))


def _joins(text: str, place: int) -> bool:
    """Whether the character is a joiner that stands between two visible ones."""
    if text[place] not in _JOINERS or not 0 < place < len(text) - 1:
        return False
    around = (text[place - 1], text[place + 1])
    return all(unicodedata.category(char)[0] not in "CZ" for char in around)


def check_pauses(text: str) -> None:
    """Raise ValidationError where a pause could not be spoken.

    Source: provider.md, "Text marks": 0.01 to 99.99 seconds, between spoken words, never two in a
    row.
    """
    low, high = PAUSE_RANGE
    for seconds in _PAUSE.findall(text):
        if not _SECONDS.fullmatch(seconds) or not low <= float(seconds) <= high:
            raise ValidationError(
                _("A pause is written like <#0.5#>: from 0.01 to 99.99 seconds."), "pause"
            )
    parts = [part.strip() for part in _PAUSE.sub("\0", text).split("\0")]
    if any("<#" in part or "#>" in part for part in parts):
        raise ValidationError(
            _("A pause is written like <#0.5#>: from 0.01 to 99.99 seconds."), "pause"
        )
    if len(parts) < 2:
        return
    if not all(parts[1:-1]):
        raise ValidationError(
            _("Two pauses stand side by side. MiniMax takes one at a time: make it longer."),
            "pauses",
        )
    if not all(any(char.isalnum() for char in part) for part in (parts[0], parts[-1])):
        raise ValidationError(
            _("MiniMax takes a pause only between words. Put some before and after it."), "pause"
        )


def tags_in(text: str) -> list[str]:
    """The sounds like `breath` in `text`, each once, in the order in which they come."""
    found = (inside for inside in _PARENTHESES.findall(text) if inside in TAGS)
    return list(dict.fromkeys(found))


def other_parentheses(text: str) -> list[str]:
    """What stands in parentheses and is no sound, each once, as written."""
    found = (f"({inside})" for inside in _PARENTHESES.findall(text) if inside not in TAGS)
    return list(dict.fromkeys(found))


def with_full_stop(text: str) -> str:
    """`text` ending in punctuation, as the provider wants the words of a prompt clip."""
    if not text or unicodedata.category(text.rstrip("\"'”’»)」』")[-1:] or "x")[0] == "P":
        return text
    wide = unicodedata.east_asian_width(text[-1]) in "WF"
    return text + ("。" if wide and not "가" <= text[-1] <= "힣" else ".")


def remarks(text: str, model: str) -> list[str]:
    """What `model` may do with the parentheses in `text`, in words. Source: "Text marks"."""
    found = []
    if (tags := tags_in(text)) and not supports_tags(model):
        shown = ", ".join(f"({tag})" for tag in tags)
        found.append(
            _now("The chosen model may read %(tags)s out as words. A 2.8 model speaks it.")
            % {"tags": shown}
        )
    if others := other_parentheses(text):
        shown = ", ".join(others)[:80]
        found.append(_now("MiniMax may take %(words)s for a pronunciation.") % {"words": shown})
    return found
