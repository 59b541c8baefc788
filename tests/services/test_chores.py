"""The worker's chores: one that fails is run again, and one that hangs delays no other."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_attempt
from voicestudio.audio import speech_model
from voicestudio.management import script_output
from voicestudio.models import AttemptState, Worker
from voicestudio.services import worker
from voicestudio.services.paid_calls import leases
from voicestudio.words.figures import describe_figure

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]


class Chores:
    """A chore that raises what is no database error, one that hangs, and one that counts."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.failed_twice = threading.Event()
        self.counted_twice = threading.Event()
        self.rounds = {"fail": 0, "count": 0}

    def fail(self) -> None:
        self.rounds["fail"] += 1
        if self.rounds["fail"] == 2:
            self.failed_twice.set()
        raise LookupError("on purpose")

    def hang(self) -> None:
        self.released.wait(30)

    def count(self) -> None:
        self.rounds["count"] += 1
        if self.rounds["count"] == 2:
            self.counted_twice.set()


@pytest.fixture
def chores(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chores]:
    """A started worker with these chores only."""
    settings.HEARTBEAT_SECONDS = 0.02
    chores = Chores()
    monkeypatch.setattr(worker, "CHORES", (chores.fail, chores.hang, chores.count))
    monkeypatch.setattr(leases, "worker", None)
    before = set(threading.enumerate())
    worker.on_start()
    yield chores
    chores.released.set()
    worker.on_stop()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


def test_chore_that_fails_or_hangs_stops_neither_others_nor_the_heartbeat(
    chores: Chores, caplog: pytest.LogCaptureFixture
) -> None:
    first = Worker.objects.get().beat_at

    assert chores.failed_twice.wait(10)
    assert chores.counted_twice.wait(10)
    for _round in range(500):
        if Worker.objects.get().beat_at > first:
            break
        chores.released.wait(0.02)
    else:
        raise AssertionError("no heartbeat")
    assert "The chore fail failed." in caplog.text


def test_waiting_for_a_call_that_is_put_off_runs_and_enqueues_nothing() -> None:
    attempt = make_attempt(AttemptState.WAITING, retry_at=timezone.now() + timedelta(minutes=1))
    runs: list[int] = []

    script_output.wait_for(attempt, runs.append, 0.5)

    assert runs == []


@pytest.mark.parametrize("is_missing", [True, False])
def test_start_says_that_the_speech_model_is_missing(
    is_missing: bool,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if is_missing:
        monkeypatch.setattr(speech_model, "WEIGHTS", tmp_path / "weights.npz")

    request.getfixturevalue("chores")  # starts a worker

    warnings = [record.message for record in caplog.records if "Silero" in record.message]
    assert warnings == [
        "The file of Silero VAD is missing: checks detect speech by levels alone."
    ] * int(is_missing)
    figure = describe_figure("speech_model", 0)[1]
    assert figure == "levels alone, because the file of Silero VAD is missing: less exact in noise"
