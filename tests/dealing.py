"""Dealing: the processes of a run begin with different tests, and take over from one another later.

Some tests leave a processor idle for most of their time, whatever they wait for: a microphone that
is spoken into, a limit of a minute, a worker that is killed. One after the other beside processes
that compute, they cost next to nothing; two at a time, nobody would use the machine, and begun
last, they keep a run waiting when nothing else is left to do. Each process starts a browser, or a
studio, of its own as soon as it has a test for one, so few shall have.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

TESTS = Path(__file__).parent
# What a process begins with, in this order: files, or rooms for whatever else they hold. One line
# is for one process; where there are fewer, they share the lines.
BEGINNINGS = (
    (
        "browser/test_recorder.py",
        "services/test_killing.py",
        "services/test_ledger_equals_bill.py",
        "services/test_rates.py",
    ),
    ("browser",),
    ("management/test_studio.py",),
)
PLACES = {
    name: (line, place) for line, names in enumerate(BEGINNINGS) for place, name in enumerate(names)
}


class InFile(Protocol):
    """A test, of which only its file matters."""

    @property
    def path(self) -> Path:
        """Where it stands."""


def place_of(path: Path) -> tuple[int, int] | None:
    """The line and the place in it of what a process begins with; None for all other tests."""
    within = path.relative_to(TESTS)
    return PLACES.get(within.as_posix(), PLACES.get(within.parts[0]))


def deal[Test: InFile](items: Iterable[Test], hands: int) -> list[Test]:
    """All tests in as many stretches of equal length, as xdist will cut them."""
    placed: list[tuple[tuple[int, int], Test]] = []
    others: list[Test] = []
    for item in items:
        if place := place_of(item.path):
            placed.append((place, item))
        else:
            others.append(item)
    placed.sort(key=lambda one: one[0])
    room = (len(placed) + len(others)) // hands
    dealt: list[Test] = []
    for hand in range(hands):
        begins = [item for (line, _), item in placed if line % hands == hand]
        filled = max(0, (hand + 1) * room - len(dealt) - len(begins))
        dealt += [*begins, *others[:filled]]
        del others[:filled]
    return [*dealt, *others]
