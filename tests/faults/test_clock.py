"""The clock is set forward by two hours and back, in the middle of things."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from requests.adapters import HTTPAdapter

from tests.factories import PASSWORD
from tests.faults.conftest import bill, ledger, read
from tests.services.conftest import wav
from voicestudio.models import AttemptState, AudioFile, CloneAttempt, Worker, clock
from voicestudio.practice.server import StandIn
from voicestudio.services import audit, clones, worker
from voicestudio.services.clones import Order
from voicestudio.services.paid_calls import audio_download, leases
from voicestudio.services.recordings import checks

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

STEP = timedelta(hours=2)


class SteppedClock:
    """The time of all, which can be set forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        right = timezone.now

        def read() -> None:
            clock._last = clock._Reading(timezone.now(), time.monotonic())

        monkeypatch.setattr(timezone, "now", lambda: right() + self.ahead)
        # With PostgreSQL its time is read for each look at the clock.
        monkeypatch.setattr(clock, "_last", None)
        monkeypatch.setattr(clock, "READ_EVERY", -1.0)
        monkeypatch.setattr(clock, "_read", read)

    @contextmanager
    def forward(self, step: timedelta = STEP) -> Iterator[None]:
        """Two hours ahead within the block, then back."""
        self.ahead += step
        try:
            yield
        finally:
            self.ahead -= step


@pytest.fixture
def stepped(monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    return SteppedClock(monkeypatch)


def do_chores() -> None:
    """What a worker does every few seconds."""
    for chore in worker.CHORES:
        chore()
    worker.requeue_lost_calls(at_once=True)


@pytest.mark.parametrize(("path", "state"), [
    ("/v1/files/upload", "Ready"),  # the other worker has taken it and sent it
    ("/v1/voice_clone", "Outcome unknown"),
    ("/practice/audio", "Ready"),
])  # fmt: skip
def test_clock_stepped_during_a_clone_pays_it_once(
    path: str,
    state: str,
    stepped: SteppedClock,
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    browser: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Meanwhile another worker looks for calls without a worker, and takes what it finds."""
    attempt = clones.submit(order(), by=person)
    page = f"/history/{attempt.pk}/"
    send = HTTPAdapter.send
    steps: list[str] = []

    def step_then_send(self: HTTPAdapter, request: Any, *args: Any, **options: Any) -> Any:
        if not steps and urlsplit(request.url).path.startswith(path):
            steps.append(request.url)
            # No lease is renewed meanwhile: the first worker seems to be dead.
            with leases._write_lock, stepped.forward():
                do_chores()
                clones.run_clone.call(attempt.pk)
                audio_download.fetch_audio.call("cloneattempt", attempt.pk)
                assert state in read(browser.get(page))
        return send(self, request, *args, **options)

    monkeypatch.setattr(HTTPAdapter, "send", step_then_send)
    clones.run_clone.call(attempt.pk)
    do_chores()
    worker.record_kept_answers(at_once=True)

    attempt.refresh_from_db()
    assert len(steps) == 1
    assert (attempt.state, bool(attempt.audio)) == (AttemptState.READY, True)
    assert len(standin.calls_of("voice_clone")) == 1
    assert ledger() == bill(standin)
    audit.seal_entries()
    assert audit.verify_trail(None) > 0
    assert f"/audio/previews/{attempt.pk}/" in read(browser.get(page))


@pytest.mark.parametrize("ahead", [STEP, -STEP])
def test_lease_and_heartbeat_of_a_stepped_clock_end_soon(
    ahead: timedelta,
    stepped: SteppedClock,
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    browser: Client,
) -> None:
    """A worker takes the call while the clock is wrong, and dies."""
    attempt = clones.submit(order(), by=person)
    with stepped.forward(ahead):
        assert CloneAttempt.objects.all().claim(attempt.pk, uuid4()) is not None
        Worker.objects.create(host="h", pid=1, started_at=clock.now(), beat_at=clock.now())
        assert CloneAttempt.objects.get(pk=attempt.pk).state == AttemptState.SENDING
    do_chores()
    with stepped.forward(timedelta(minutes=2)):
        assert not Worker.objects.alive().exists()
        assert CloneAttempt.objects.get(pk=attempt.pk).state == AttemptState.INTERRUPTED
        assert "Interrupted" in read(browser.get(f"/history/{attempt.pk}/"))
        worker.requeue_lost_calls(at_once=True)
        clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, len(standin.calls_of("voice_clone"))) == (AttemptState.READY, 1)
    assert ledger() == bill(standin)


def test_slot_of_a_stepped_clock_delays_no_call_beyond_a_window(
    stepped: SteppedClock,
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    settings: Settings,
    browser: Client,
) -> None:
    settings.CLONE_RPM, settings.RATE_WINDOW_SECONDS = 1, 60.0
    first, second, third = (
        clones.submit(
            order(token=uuid4(), voice_id=f"Anna-{number}-7k2p", is_new_speaker=True), by=person
        )
        for number in range(3)
    )
    with stepped.forward():
        for attempt in (first, second):  # one is sent, the other waits for its slot
            clones.run_clone.call(attempt.pk)
    worker.requeue_lost_calls(at_once=True)
    for attempt in (second, third):
        clones.run_clone.call(attempt.pk)
        assert "Waiting" in read(browser.get(f"/history/{attempt.pk}/"))
    states = []
    for seconds in (70, 140):
        with stepped.forward(timedelta(seconds=seconds)):
            for attempt in (second, third):
                clones.run_clone.call(attempt.pk)
        states.append(CloneAttempt.objects.filter(status=AttemptState.READY).count())

    assert states == [2, 3]
    assert len(standin.calls_of("voice_clone")) == 3
    assert ledger() == bill(standin)


@pytest.mark.parametrize("ahead", [STEP, -STEP])
def test_upload_of_a_stepped_clock_is_kept_and_checked(
    ahead: timedelta, stepped: SteppedClock, browser: Client, data_dir: Path
) -> None:
    with stepped.forward(ahead):
        response = browser.post("/recordings/", {"file": SimpleUploadedFile("a.wav", wav(12))})
        assert response.status_code == 302
        recording = AudioFile.objects.get()
        with stepped.forward(-ahead):
            do_chores()
            recording.refresh_from_db()  # its job was lost, so it has been handed out again
            assert recording.check_started_at is not None
            assert abs(recording.check_started_at - clock.now()) < timedelta(minutes=1)
            page = f"/recordings/{recording.pk}/"
            assert browser.get(page).status_code == 200
            checks.run_check(recording.pk)
        do_chores()
    do_chores()

    recording.refresh_from_db()
    assert (recording.verdict != "", recording.checked_at is not None) == (True, True)
    with recording.file.open("rb") as file:
        assert file.read() == wav(12)
    assert "This recording hasn't been checked." not in read(browser.get(page))


def test_sign_in_of_a_stepped_clock_lasts_and_pauses_end(
    stepped: SteppedClock, person: User, client: Client, settings: Settings
) -> None:
    right = {"username": person.get_username(), "password": PASSWORD}
    with stepped.forward():
        assert client.post("/sign-in/", right).status_code == 302
        for _ in range(settings.SIGN_IN_FAILURES_PER_ACCOUNT_AND_NETWORK):
            stranger = Client().post("/sign-in/", right | {"password": "wrong"})
        assert stranger.status_code == 429
    do_chores()
    assert client.get("/history/").status_code == 200

    with stepped.forward(timedelta(minutes=settings.SIGN_IN_PAUSE_MINUTES + 1)):
        assert client.get("/history/").status_code == 200
        assert Client().post("/sign-in/", right).status_code == 302
