"""Demos: copied at once; if that fails the attempt stays ready and says so."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from tests.factories import make_attempt
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order
from voicestudio.services.paid_calls import audio_download

OrderMaker = Callable[..., Order]


@pytest.fixture
def ran(
    order: OrderMaker, person: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], CloneAttempt]:
    """Runs an order whose demo goes wrong as scripted; pauses are shortened."""
    monkeypatch.setattr(audio_download, "PAUSES", (0.01, 0.01))

    def run() -> CloneAttempt:
        attempt = clones.submit(order(), by=person)
        clones.run_clone.call(attempt.pk)
        attempt.refresh_from_db()
        return attempt

    return run


def test_preview_download_is_tried_three_times(
    ran: Callable[[], CloneAttempt], standin: StandIn
) -> None:
    for _turn in range(2):
        standin.script("audio", Fault(http_status=503, body="later"))

    attempt = ran()

    assert (attempt.state, attempt.audio_problem, bool(attempt.audio)) == (
        AttemptState.READY,
        "",
        True,
    )
    assert len(standin.calls_of("audio")) == 3
    assert len(standin.calls_of("voice_clone")) == 1


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault(body="<html>not found</html>"), "not_audio"),
        (Fault(body=""), "not_audio"),
        (Fault(body=b"ID3" + b"\0" * 5000), "too_large"),
        (
            Fault(http_status=302, body="", headers={"Location": "http://169.254.169.254/key"}),
            "forbidden",
        ),
        (
            Fault(http_status=302, body="", headers={"Location": "http://127.0.0.1:1/x.mp3"}),
            "forbidden",
        ),
        (Fault(http_status=302, body="", headers={"Location": "file:///etc/passwd"}), "forbidden"),
    ],
)
def test_unusable_preview_leaves_attempt_ready(
    fault: Fault, problem: str, ran: Callable[[], CloneAttempt], standin: StandIn,
    settings: Settings,
) -> None:  # fmt: skip
    settings.AUDIO_MAX_BYTES = 4000 if problem == "too_large" else settings.AUDIO_MAX_BYTES
    for _turn in range(3):
        standin.script("audio", fault)

    attempt = ran()

    assert (attempt.state, attempt.audio_problem, attempt.is_running) == (
        AttemptState.READY, problem, False,
    )  # fmt: skip
    assert not attempt.audio


def test_damaged_preview_is_stored_without_waveform(
    ran: Callable[[], CloneAttempt], standin: StandIn
) -> None:
    standin.script("audio", Fault(body=b"ID3\x04\0\0\0\0\0\0" + b"\0" * 900))

    attempt = ran()

    assert (attempt.audio_problem, attempt.audio_peaks, attempt.audio_bytes) == ("", [], 910)


def test_fetch_again_stores_missing_preview(
    ran: Callable[[], CloneAttempt], standin: StandIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    for _turn in range(3):
        standin.script("audio", Fault(action="drop"))
    attempt = ran()
    assert attempt.audio_problem == "unreachable"

    with django_capture_on_commit_callbacks() as callbacks:
        audio_download.fetch_again(attempt, by=attempt.created_by)
    attempt.refresh_from_db()
    assert (attempt.audio_problem, attempt.is_running, len(callbacks)) == ("", True, 1)
    audio_download.fetch_audio.call("cloneattempt", attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.audio_problem, bool(attempt.audio), attempt.is_running) == ("", True, False)
    assert len(standin.calls_of("voice_clone")) == 1


@pytest.mark.parametrize("state", [AttemptState.FAILED, AttemptState.UNKNOWN, AttemptState.WAITING])
def test_fetch_again_does_nothing_unless_ready(
    state: AttemptState, person: User, data_dir: object,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    attempt = make_attempt(state)

    with django_capture_on_commit_callbacks() as callbacks:
        audio_download.fetch_again(attempt, by=attempt.created_by)

    assert callbacks == []


def test_preview_deleted_before_its_download_stays_deleted(person: User, standin: StandIn) -> None:
    attempt = make_attempt(by=person, audio=None, audio_url="", audio_trouble="deleted")

    audio_download.fetch_audio.call("cloneattempt", attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.audio_trouble, attempt.lease_until) == ("deleted", None)


@pytest.mark.parametrize("trouble", ["forbidden", "deleted", "lost"])
def test_permanently_missing_preview_is_not_fetched_again(
    trouble: str, person: User, standin: StandIn
) -> None:
    url = f"{standin.url}/demo.mp3"
    attempt = make_attempt(by=person, audio=None, audio_url=url, audio_trouble=trouble)

    audio_download.fetch_again(attempt, by=attempt.created_by)

    attempt.refresh_from_db()
    assert (attempt.audio_trouble, attempt.lease_until) == (trouble, None)
