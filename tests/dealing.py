"""Dealing: of the processes of a run, one begins with the tests that wait, one with the browser's.

Waiting tests leave a processor idle for most of their time, whatever they wait for: a microphone
that is spoken into, a limit of a minute, a worker that is killed. One after the other beside
processes that compute, they cost next to nothing; two at a time, nobody would use the machine.
Each process starts a browser of its own as soon as it has a test for one, so few shall have.
Processes take over tests from one another as they run dry.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Protocol

TESTS = Path(__file__).parent
# In the order in which they are begun: what needs the most time of its own comes first.
WAITING = (
    "browser/test_recorder.py",
    "browser/test_deck.py",
    "services/test_killing.py",
    "services/test_ledger_equals_bill.py",
    "services/test_rates.py",
    "management/test_studio.py",
)
BROWSER = "browser"


class InFile(Protocol):
    """A test, of which only its file matters."""

    @property
    def path(self) -> Path:
        """Where it stands."""


def rank(path: Path) -> int:
    """The place of a file among those that wait; then come the browser's, then all others."""
    within = path.relative_to(TESTS)
    if (name := within.as_posix()) in WAITING:
        return WAITING.index(name)
    return len(WAITING) + (within.parts[0] != BROWSER)


def deal[Test: InFile](items: Iterable[Test], hands: int) -> list[Test]:
    """All tests in as many stretches of equal length, as xdist will cut them."""
    ranked = sorted(items, key=lambda item: rank(item.path))
    if hands == 1:
        return ranked
    waiting = [item for item in ranked if rank(item.path) < len(WAITING)]
    browser = [item for item in ranked if rank(item.path) == len(WAITING)]
    others = iter(ranked[len(waiting) + len(browser) :])
    room = len(ranked) // hands - len(waiting)
    return [*waiting, *islice(others, max(0, room)), *browser, *others]
