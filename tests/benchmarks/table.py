"""The table: what is measured, ours beside the floor, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

WIDTHS: Final = (58, 22, 22, 7, 34)
HEADS: Final = ("", "ours", "floor", "ratio", "asked")


@dataclass(frozen=True)
class Row:
    """One line; `number` and `floor_number` are what the ratio is made of, if there is one."""

    what: str
    ours: str
    floor: str = ""
    number: float | None = None
    floor_number: float | None = None
    asked: str = ""

    @property
    def ratio(self) -> str:
        """Ours by the floor's."""
        if self.number is None or not self.floor_number:
            return ""
        return f"{self.number / self.floor_number:.2f}"


def row(what: str, ours: float, floor: float | None, unit: str, asked: str = "") -> Row:
    """A line of two numbers in the same unit."""
    return Row(
        what,
        said(ours, unit),
        "" if floor is None else said(floor, unit),
        ours,
        floor,
        asked,
    )


def said(number: float, unit: str) -> str:
    """A number as one reads it: three digits that count."""
    places = 0 if number >= 100 or number == int(number) else (1 if number >= 10 else 2)
    return f"{number:,.{places}f} {unit}"


def head(title: str) -> None:
    """The name of a part, and the columns."""
    print(f"\n{title}")
    line(HEADS)
    print("-" * (sum(WIDTHS) + len(WIDTHS) - 1))


def show(rows: Iterable[Row]) -> None:
    """Each line as soon as it is known."""
    for one in rows:
        line((one.what, one.ours, one.floor, one.ratio, one.asked))


def line(cells: Iterable[str]) -> None:
    """One line of the table."""
    padded = (
        f"{cell:<{width}}" if place in {0, 4} else f"{cell:>{width}}"
        for place, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    )
    print(" ".join(padded).rstrip(), flush=True)
