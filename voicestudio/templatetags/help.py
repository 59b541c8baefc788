"""Template tags of help: links beside controls, its pictures, marked words, and keys."""

import json
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django import template
from django.conf import settings
from django.template import Context
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from voicestudio.models.search import fold_text
from voicestudio.words.help import SECTIONS

register = template.Library()

FOLDER: Final = "help"
# Narrow and wide pictures, and the width from which on the wide ones are shown.
NARROW: Final = "(max-width: 40rem)"
DARK: Final = "(prefers-color-scheme: dark)"


class Source(NamedTuple):
    """A file of a picture, with the media query that it is for; "" for all others."""

    file: str
    media: str
    width: int
    height: int


@register.inclusion_tag("help/_link.html")
def help_link(anchor: str) -> dict[str, Any]:
    """A small "?" that opens a section of the help, for the control that it stands beside."""
    return {"anchor": anchor, "title": SECTIONS[anchor].title}


@register.inclusion_tag("help/_picture.html", takes_context=True)
def help_picture(context: Context, name: str, alt: str) -> dict[str, Any]:
    """A picture, light or dark as the page is, wide or narrow as the window is."""
    theme = str(context["request"].session.get("theme", ""))
    sources = _list_sources(name, theme, get_language() or "")
    return {"sources": sources[:-1], "image": sources[-1], "alt": alt}


@lru_cache
def _list_sources(name: str, theme: str, language: str) -> list[Source]:
    """The files of a picture; the last one is for everything that the others are not for.

    They are English where the language has none.
    """
    suffix = f"-{language}" if f"{name}-wide-{language}" in _read_sizes() else ""
    schemes = [theme] if theme in {"light", "dark"} else ["dark", "light"]
    sources = []
    for window in ("narrow", "wide"):
        width, height = _read_sizes()[f"{name}-{window}{suffix}"]
        for scheme in schemes:
            queries = [NARROW] if window == "narrow" else []
            queries += [DARK] if scheme == "dark" and len(schemes) > 1 else []
            file = f"{FOLDER}/{name}-{window}-{scheme}{suffix}.webp"
            sources.append(Source(file, " and ".join(queries), width, height))
    return sources


@lru_cache
def _read_sizes() -> dict[str, tuple[int, int]]:
    """The width and height of each picture, so that nothing moves when it is loaded."""
    file = settings.BASE_DIR / "static" / FOLDER / "sizes.json"
    sizes: dict[str, tuple[int, int]] = json.loads(file.read_text(encoding="utf-8"))
    return sizes


@register.filter
def mark(text: str | Promise, query: str) -> SafeString:
    """The text with each word of the query marked, in any case and with or without accents."""
    text = str(text)
    if not query:
        return format_html("{}", text)
    marked = _find_marked(text, fold_text(query).split())
    parts: list[tuple[bool, str]] = []
    for is_marked, char in zip(marked, text, strict=True):
        if parts and parts[-1][0] == is_marked:
            parts[-1] = (is_marked, parts[-1][1] + char)
        else:
            parts.append((is_marked, char))
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", part) if on else part,) for on, part in parts)
    )


def _find_marked(text: str, words: list[str]) -> list[bool]:
    """For each character of the text whether it belongs to one of the folded words."""
    # Folded one by one, since a character may become several, or none.
    folded = [" " if char.isspace() else fold_text(char) for char in text]
    owners = [index for index, part in enumerate(folded) for _char in part]
    whole = "".join(folded)
    marked = [False] * len(text)
    for word in words:
        at = whole.find(word)
        while at >= 0:
            for index in owners[at : at + len(word)]:
                marked[index] = True
            at = whole.find(word, at + 1)
    return marked
