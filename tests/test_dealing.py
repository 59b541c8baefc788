"""Dealing the tests of a run to its processes."""

from pathlib import Path
from typing import NamedTuple

from tests.dealing import TESTS, WAITING, deal


class Found(NamedTuple):
    path: Path
    number: int


def found(path: str, count: int) -> list[Found]:
    return [Found(TESTS / path, number) for number in range(count)]


RECORDER, RATES = found("browser/test_recorder.py", 2), found("services/test_rates.py", 2)
FORM, CUTTER = found("browser/test_form.py", 2), found("browser/test_cutter.py", 1)
MODELS, VIEWS = found("models/test_rows.py", 4), found("views/test_new.py", 4)
ALL = [*CUTTER, *FORM, *RECORDER, *MODELS, *RATES, *VIEWS]


def test_one_process_begins_with_what_waits_one_with_the_browser_all_others_compute() -> None:
    assert deal(ALL, 3) == [
        *RECORDER, *RATES, *MODELS[:1],
        *CUTTER, *FORM, *MODELS[1:3],
        *MODELS[3:], *VIEWS,
    ]  # fmt: skip


def test_more_waiting_tests_than_one_process_can_hold_come_first_all_the_same() -> None:
    assert deal([*CUTTER, *VIEWS[:1], *RATES, *RECORDER], 4) == [
        *RECORDER, *RATES, *CUTTER, *VIEWS[:1],
    ]  # fmt: skip


def test_one_process_takes_all_in_order() -> None:
    assert deal(ALL, 1) == [*RECORDER, *RATES, *CUTTER, *FORM, *MODELS, *VIEWS]


def test_files_that_wait_are_there() -> None:
    assert [name for name in WAITING if not (TESTS / name).is_file()] == []
