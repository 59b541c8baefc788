"""Dealing: each process of a run has its share of the dear tests, half of them first, half last.

Dear are tests that wait for real time, or begin with a browser. While half of the processes wait
with theirs, the others do their cheap ones, which never wait; then they change: so that the machine
has always work. Processes take over tests from one another as they run dry, also dear ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

TESTS = Path(__file__).parent
# Seconds that one test of a file takes, roughly, where it is more than a few tenths.
DEAR = {
    "browser/test_recorder.py": 4,
    "browser": 1.5,
    "management/test_studio.py": 5,
    "services/test_killing.py": 5,
    "services/test_ledger_equals_bill.py": 13,
    "services/test_rates.py": 1.5,
}


class InFile(Protocol):
    """A test, of which only its file matters."""

    @property
    def path(self) -> Path:
        """Where it stands."""


def seconds(path: Path) -> float:
    """What a test in this file takes if it is dear, else 0."""
    within = path.relative_to(TESTS)
    return DEAR.get(within.as_posix()) or DEAR.get(within.parts[0], 0)


def deal[Test: InFile](items: list[Test], hands: int) -> list[Test]:
    """All tests in as many stretches of equal length, with dear files in front or at the end."""
    files: dict[Path, list[Test]] = {}
    for item in items:
        if seconds(item.path):
            files.setdefault(item.path, []).append(item)
    dealt: list[list[Test]] = [[] for _ in range(hands)]
    costs = [0.0] * hands
    for path, tests in sorted(files.items(), key=lambda file: -seconds(file[0]) * len(file[1])):
        hand = costs.index(min(costs))
        dealt[hand] += tests
        costs[hand] += seconds(path) * len(tests)
    cheap = iter([item for item in items if item.path not in files])
    return list(_filled(dealt[::-1], cheap, len(items)))


def _filled[Test](dealt: list[list[Test]], cheap: Iterator[Test], left: int) -> Iterator[Test]:
    half = len(dealt) // 2
    for number, hand in enumerate(dealt):
        room = left // (len(dealt) - number) - len(hand)
        others = list(islice(cheap, max(0, room)))
        yield from [*others, *hand] if number < half else [*hand, *others]
        left -= len(hand) + len(others)
    yield from cheap
