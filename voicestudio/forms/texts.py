"""Forms: typed text without invisible characters, and the marks MiniMax reads in it."""

import re
import unicodedata
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from voicestudio.minimax.limits import PAUSE_RANGE, TAGS, supports_tags
from voicestudio.words.items import join_items

_JOINERS: Final = "\u200c\u200d"  # needed in Persian, Hindi and many emoji
_PAUSE: Final = re.compile(r"<#([^#<>]*)#>")
_SECONDS: Final = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?")
# Also those of Chinese, Japanese and Arabic keyboards.
_COMMAS: Final = re.compile("[,，、،]")
_PARENTHESES: Final = re.compile(r"\(([^()]*)\)")


def clean(text: str, *, lines: bool = False) -> str:
    """`text` without invisible characters: controls, direction overrides, lone surrogates.

    Spaces at the ends are removed and runs of spaces become one. `lines` keeps line ends.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = [
        char
        for index, char in enumerate(text)
        if char in "\n\t" or unicodedata.category(char)[0] != "C" or _is_joiner(text, index)
    ]
    text = "".join(kept)
    if not lines:
        return " ".join(text.split())
    return "\n".join(" ".join(line.split()) for line in text.strip().split("\n"))


def split_tags(text: str) -> list[str]:
    """The tags in a text, separated by commas, each cleaned; no empty ones."""
    return [name for part in _COMMAS.split(text) if (name := clean(part))]


def _is_joiner(text: str, index: int) -> bool:
    """Whether the character is a joiner between two visible ones."""
    if text[index] not in _JOINERS or not 0 < index < len(text) - 1:
        return False
    neighbours = (text[index - 1], text[index + 1])
    return all(unicodedata.category(char)[0] not in "CZ" for char in neighbours)


def check_pauses(text: str) -> None:
    """Raise ValidationError for a pause that MiniMax does not accept.

    Source: provider.md, "Text marks": 0.01 to 99.99 seconds, between spoken words, never two in a
    row.
    """
    low, high = PAUSE_RANGE
    for seconds in _PAUSE.findall(text):
        if not _SECONDS.fullmatch(seconds) or not low <= float(seconds) <= high:
            raise ValidationError(
                _("Write a pause like <#0.5#>, with 0.01 to 99.99 seconds."), "pause"
            )
    parts = [part.strip() for part in _PAUSE.sub("\0", text).split("\0")]
    if any("<#" in part or "#>" in part for part in parts):
        raise ValidationError(_("Write a pause like <#0.5#>, with 0.01 to 99.99 seconds."), "pause")
    if len(parts) < 2:
        return
    if not all(parts[1:-1]):
        raise ValidationError(_("There are two pauses in a row. Use one longer pause."), "pauses")
    if not all(any(char.isalnum() for char in part) for part in (parts[0], parts[-1])):
        raise ValidationError(_("A pause needs words before and after it."), "pause")


def find_tags(text: str) -> list[str]:
    """The sound tags like `breath` in `text`, each once, in their order."""
    tags = (inside for inside in _PARENTHESES.findall(text) if inside in TAGS)
    return list(dict.fromkeys(tags))


def find_other_parentheses(text: str) -> list[str]:
    """The texts in parentheses that are not sound tags, each once, with parentheses."""
    others = (f"({inside})" for inside in _PARENTHESES.findall(text) if inside not in TAGS)
    return list(dict.fromkeys(others))


def with_full_stop(text: str) -> str:
    """`text` ending in punctuation, as MiniMax wants the words of a prompt clip."""
    if not text or unicodedata.category(text.rstrip("\"'”’»)」』")[-1:] or "x")[0] == "P":
        return text
    wide = unicodedata.east_asian_width(text[-1]) in "WF"
    return text + ("。" if wide and not "가" <= text[-1] <= "힣" else ".")


def list_warnings(text: str, model: str) -> list[str]:
    """What `model` may do with the parentheses in `text`. Source: provider.md, "Text marks"."""
    warnings = []
    if (tags := find_tags(text)) and not supports_tags(model):
        shown = join_items(f"({tag})" for tag in tags)
        warnings.append(
            _now("This model may read %(tags)s as words. The 2.8 models perform them.")
            % {"tags": shown}
        )
    if others := find_other_parentheses(text):
        shown = join_items(others)[:80]
        warnings.append(_now("MiniMax may read %(words)s as a pronunciation.") % {"words": shown})
    return warnings
