"""Dealing the tests of a run to its processes."""

from pathlib import Path
from typing import NamedTuple

from tests.dealing import BEGINNINGS, TESTS, deal


class Found(NamedTuple):
    path: Path
    number: int


def found(path: str, count: int) -> list[Found]:
    return [Found(TESTS / path, number) for number in range(count)]


RECORDER, RATES = found("browser/test_recorder.py", 2), found("services/test_rates.py", 2)
FORM, CUTTER = found("browser/test_form.py", 2), found("browser/test_cutter.py", 1)
KILLING, STUDIO = found("services/test_killing.py", 1), found("management/test_studio.py", 2)
MODELS, VIEWS = found("models/test_rows.py", 5), found("views/test_new.py", 5)
ALL = [*CUTTER, *FORM, *RECORDER, *STUDIO, *MODELS, *RATES, *KILLING, *VIEWS]


def test_each_process_begins_with_what_is_its_own() -> None:
    assert deal(ALL, 4) == [
        *RECORDER, *KILLING, *RATES,
        *CUTTER, *FORM, *MODELS[:2],
        *STUDIO, *MODELS[2:],
        *VIEWS,
    ]  # fmt: skip


def test_fewer_processes_share_the_beginnings() -> None:
    assert deal(ALL, 2) == [
        *RECORDER, *KILLING, *RATES, *STUDIO, *MODELS[:3],
        *CUTTER, *FORM, *MODELS[3:], *VIEWS,
    ]  # fmt: skip


def test_more_processes_than_beginnings_take_the_others() -> None:
    dealt = deal([*FORM, *STUDIO, *VIEWS], 9)

    assert dealt == [*VIEWS[:1], *FORM, *STUDIO, *VIEWS[1:]]


def test_one_process_takes_all_in_order() -> None:
    assert deal(ALL, 1) == [
        *RECORDER, *KILLING, *RATES, *CUTTER, *FORM, *STUDIO, *MODELS, *VIEWS,
    ]  # fmt: skip


def test_what_processes_begin_with_is_there() -> None:
    names = [name for line in BEGINNINGS for name in line]
    assert [name for name in names if not (TESTS / name).exists()] == []
