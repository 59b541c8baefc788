"""Dealing the tests of a run to its processes."""

from pathlib import Path
from typing import NamedTuple

from tests.dealing import TESTS, deal


class Found(NamedTuple):
    path: Path
    number: int


def found(path: str, count: int) -> list[Found]:
    return [Found(TESTS / path, number) for number in range(count)]


RECORDER = found("browser/test_recorder.py", 3)  # 12 s
FORM, CUTTER = found("browser/test_form.py", 4), found("browser/test_cutter.py", 3)  # 10.5 s
MODELS, VIEWS = found("models/test_rows.py", 5), found("views/test_new.py", 7)


def test_each_process_begins_with_its_share_of_the_dear_tests() -> None:
    dealt = deal([*CUTTER, *FORM, *MODELS, *RECORDER, *VIEWS], 2)

    assert dealt == [*RECORDER, *MODELS, *VIEWS[:3], *FORM, *CUTTER, *VIEWS[3:]]


def test_few_tests_for_many_processes_are_all_dealt() -> None:
    assert deal([*CUTTER, *VIEWS[:1]], 4) == [*CUTTER, *VIEWS[:1]]


def test_one_process_takes_all_in_order() -> None:
    assert deal([*MODELS, *FORM], 1) == [*FORM, *MODELS]
