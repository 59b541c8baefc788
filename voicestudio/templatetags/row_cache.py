"""Layouts: a row of a list, laid out once for each shape that it can have, then filled in.

A page of rows spends most of its time on looking up the same names in the same template. Of what
one row shows, little decides how it is laid out (its shape), and the rest are texts in gaps. The
template never sees a text of a row, only its gap: no row can show what belongs to another one.
"""

import html
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

# Two characters that no template has, around the name of a gap.
_GAP: Final = re.compile("\ue000([a-z_0-9]+)\ue001")


def gap(name: str) -> SafeString:
    """What stands in a layout where a text goes; for texts in a part of a shape."""
    return mark_safe(f"\ue000{name}\ue001")  # noqa: S308  (a name of ours)


def filled(template: str, variable: str, shape: NamedTuple, texts: Mapping[str, str]) -> SafeString:
    """`template` with one `variable`, which has the fields of `shape` and the `texts`.

    `shape` is hashable, and all that the template may decide by. Texts are escaped unless they are
    safe, and are there only to be printed.
    """
    layout = _laid_out(template, variable, shape, tuple(texts), get_language())
    pieces = layout.copy()
    for place in range(1, len(pieces), 2):
        text = texts[pieces[place]]
        pieces[place] = text if isinstance(text, SafeString) else html.escape(text)
    return mark_safe("".join(pieces))  # noqa: S308  (every text is escaped)


@lru_cache(maxsize=1024)
def _laid_out(
    template: str, variable: str, shape: Any, gaps: tuple[str, ...], _language: str | None
) -> list[str]:
    """What stands between the gaps, and their names, by turns."""
    given = shape._asdict() | {name: gap(name) for name in gaps}
    return _GAP.split(render_to_string(template, {variable: given}))


def address(name: str, pk: int) -> SafeString:
    """The address of a row's page: what `reverse` says, asked once for all rows."""
    before, after = _around(name)
    return mark_safe(f"{before}{pk}{after}")  # noqa: S308  (our own words and a number)


@lru_cache
def _around(name: str) -> tuple[str, str]:
    """What stands before and after the id."""
    before, _zero, after = reverse(name, args=(0,)).rpartition("0")
    return before, after
