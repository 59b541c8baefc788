"""Rows of lists: each layout that a row can have is rendered once and then filled with texts.

A page of 25 rows rendered by plain includes took 2.6 to 3.8 times as long as a bare view of the
same rows (history), up to 10 times with larger rows (recordings). `make bench` shows what pages
with cached layouts take: most of it are queries, no longer rows.

What decides the layout of a row is its `shape`; everything else that it shows are texts. The
template sees only placeholders for the texts, so no row can show the text of another one.

Texts are made safe by `SafeString` itself, since `mark_safe` looks for a lazy text first: a page
does so some hundred times.
"""

import html
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

# A name between two private-use characters, which no template contains.
_PLACEHOLDER: Final = re.compile("\ue000([a-z_0-9]+)\ue001")


def placeholder(name: str) -> SafeString:
    """The placeholder of a text; for texts inside a list that belongs to the shape."""
    return SafeString(f"\ue000{name}\ue001")  # a name from our code


def render_row(
    template: str, variable: str, shape: Mapping[str, Any], texts: Mapping[str, str]
) -> SafeString:
    """Render `template` with one `variable` that has the keys of `shape` and of `texts`.

    The values of `shape` are hashable, and are all that the template may branch on. Texts are
    escaped unless they are safe strings, and may only be printed.
    """
    layout = _layout(template, variable, tuple(shape.items()), tuple(texts), get_language())
    parts = layout.copy()
    for index in range(1, len(parts), 2):
        text = texts[parts[index]]
        parts[index] = text if isinstance(text, SafeString) else html.escape(text)
    return SafeString("".join(parts))  # every text is escaped


@lru_cache(maxsize=1024)
def _layout(
    template: str,
    variable: str,
    shape: tuple[tuple[str, Any], ...],
    names: tuple[str, ...],
    _language: str | None,
) -> list[str]:
    """The rendered template, split: markup at even indexes, names of texts at odd ones."""
    row = dict(shape) | {name: placeholder(name) for name in names}
    context = {variable: row, "csrf_token": placeholder("csrf_token")}
    return _PLACEHOLDER.split(render_to_string(template, context))


def row_url(name: str, pk: int) -> SafeString:
    """`reverse(name, args=[pk])`, resolved once for all rows."""
    before, after = _url_parts(name)
    return SafeString(f"{before}{pk}{after}")  # our own address and a number


@lru_cache
def _url_parts(name: str) -> tuple[str, str]:
    """The address before and after the id."""
    before, _zero, after = reverse(name, args=(0,)).rpartition("0")
    return before, after
