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


def test_half_of_the_processes_begin_with_their_dear_tests_half_end_with_them() -> None:
    dealt = deal([*CUTTER, *FORM, *MODELS, *RECORDER, *VIEWS], 2)

    assert dealt == [
        *MODELS[:4], *FORM, *CUTTER,
        *RECORDER, *MODELS[4:], *VIEWS,
    ]  # fmt: skip


def test_few_tests_for_many_processes_are_all_dealt() -> None:
    assert deal([*CUTTER, *VIEWS[:1]], 4) == [*VIEWS[:1], *CUTTER]


def test_one_process_takes_all_in_order() -> None:
    assert deal([*MODELS, *FORM], 1) == [*FORM, *MODELS]
