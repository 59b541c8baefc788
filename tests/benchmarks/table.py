"""The table that is printed: our value, the value of a bare baseline, their ratio, the target."""

from collections.abc import Iterable
from typing import Final, NamedTuple

WIDTHS: Final = (58, 22, 22, 7, 34)
HEADS: Final = ("", "ours", "baseline", "ratio", "target")


class Row(NamedTuple):
    """One measurement; both values are in `unit`. There is no ratio without a baseline."""

    name: str
    ours: float
    baseline: float | None
    unit: str
    target: str = ""

    def cells(self) -> tuple[str, ...]:
        """The row as texts, one for each column."""
        baseline = ratio = ""
        if self.baseline is not None:
            baseline = format_number(self.baseline, self.unit)
            ratio = f"{self.ours / self.baseline:.2f}" if self.baseline else ""
        return self.name, format_number(self.ours, self.unit), baseline, ratio, self.target


def format_number(number: float, unit: str) -> str:
    """A number with three significant digits and its unit."""
    places = 0 if number >= 100 or number == int(number) else (1 if number >= 10 else 2)
    return f"{number:,.{places}f} {unit}"


def print_table(title: str, rows: Iterable[Row]) -> None:
    """Print the rows under a title, each as soon as it is measured."""
    print(f"\n{title}")
    print_cells(HEADS)
    print("-" * (sum(WIDTHS) + len(WIDTHS) - 1))
    for row in rows:
        print_cells(row.cells())


def print_cells(cells: Iterable[str]) -> None:
    """Print one line; the first and the last column are aligned left."""
    padded = (
        f"{cell:<{width}}" if column in {0, 4} else f"{cell:>{width}}"
        for column, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    )
    print(" ".join(padded).rstrip(), flush=True)
