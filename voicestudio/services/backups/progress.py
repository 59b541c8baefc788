"""Backup progress: how far the steps of a restore or a move are."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum, auto


class Step(StrEnum):
    """A step that takes long."""

    READ_ROWS = auto()
    READ_FILES = auto()
    WRITE_FILES = auto()
    WRITE_ROWS = auto()
    COMPARE_ROWS = auto()
    COMPARE_FILES = auto()


# Is called with the step, how many items are done, and how many there are.
type Report = Callable[[Step, int, int], None]


def report_nothing(_step: Step, _done: int, _total: int) -> None:
    """The report of a caller that shows no progress."""


def reported[T](report: Report, step: Step, items: Iterable[T], total: int) -> Iterator[T]:
    """The items, with a report after each."""
    report(step, 0, total)
    for done, item in enumerate(items, start=1):
        yield item
        report(step, done, total)
