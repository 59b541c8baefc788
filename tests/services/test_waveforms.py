"""Waveforms: drawn after the audio can be played; whatever happens then, the call stays ready."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.utils import timezone
from pytest_django import Settings

from tests.conftest import answer_in_process
from tests.factories import MP3, make_attempt
from tests.practice.recordings import hum
from voicestudio.audio import AudioProblem, isolated
from voicestudio.models import AttemptState, CloneAttempt, PaidCall, Speech
from voicestudio.practice.server import StandIn
from voicestudio.services import clones, speeches
from voicestudio.services.clones import Order
from voicestudio.services.paid_calls import waveforms
from voicestudio.services.speeches import keep
from voicestudio.services.storage import StorageAway

type Decode = Callable[..., dict[str, Any]]
type Run = Callable[[], PaidCall]
KINDS: Final = ("clone", "speech")


class Killed(BaseException):
    """The worker ends at this point; no `except Exception` sees it."""


@pytest.fixture(params=KINDS)
def run(
    request: pytest.FixtureRequest, order: Callable[..., Order], person: User, standin: StandIn
) -> Run:
    """Runs a clone whose preview is downloaded, or a speech whose audio is in the answer."""
    attempt = clones.submit(order(), by=person)
    if request.param == "speech":
        clones.run_clone.call(attempt.pk)
        voice = CloneAttempt.objects.get(pk=attempt.pk).cloned_voice
        assert voice is not None
        speech = keep.keep_voice(voice, by=person)

    def run() -> PaidCall:
        if request.param == "clone":
            clones.run_clone.call(attempt.pk)
            return read(attempt)
        speeches.run_speech.call(speech.pk)
        return read(speech)

    return run


def read(call: PaidCall) -> PaidCall:
    return type(call)._default_manager.get(pk=call.pk)


def let_lapse(call: PaidCall, seconds: int = 1, **columns: Any) -> None:
    """End the lease of the call so many seconds ago, unless it has none."""
    past = timezone.now() - timedelta(seconds=seconds)
    rows = type(call)._default_manager.filter(pk=call.pk)
    if columns or rows.filter(lease_until__isnull=False).exists():
        rows.update(lease_until=past, **columns)


def newest_call() -> PaidCall:
    return Speech.objects.first() or CloneAttempt.objects.get()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[PaidCall]:
    """The rows as they were each time that audio was about to be decoded."""
    rows: list[PaidCall] = []

    def decode(*arguments: Any) -> dict[str, Any]:
        rows.append(newest_call())
        return answer_in_process(*arguments)

    monkeypatch.setattr(isolated, "_call_child", decode)
    return rows


@pytest.mark.django_db(transaction=True)
def test_audio_can_be_played_before_it_is_drawn(run: Run, decoded: list[PaidCall]) -> None:
    decoded.clear()

    call = run()

    [before] = [row for row in decoded if row.pk == call.pk and type(row) is type(call)]
    assert (before.is_ready, bool(before.audio), before.is_running) == (True, True, False)
    assert (before.waveform_is_under_way, before.audio_peaks) == (True, [])
    assert (call.waveform_is_under_way, call.lease_until, len(call.audio_peaks)) == (
        False, None, 110,
    )  # fmt: skip
    assert call.audio_duration_ms
    assert call.audio_lufs is not None
    assert -70 < call.audio_lufs < 0


@pytest.mark.parametrize("deaths", [1, 2])
def test_waveform_is_drawn_once_more_after_its_worker_died(
    run: Run, deaths: int, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    tries = 0

    def decode(*arguments: Any) -> dict[str, Any]:
        nonlocal tries
        tries += 1
        if tries <= deaths:
            raise Killed
        return answer_in_process(*arguments)

    monkeypatch.setattr(isolated, "_call_child", decode)
    with pytest.raises(Killed):
        run()
    waveforms.draw_lost_waveforms()  # its lease has not run out: the worker may be alive
    assert (tries, newest_call().is_ready) == (1, True)
    call = newest_call()
    rows = type(call)._default_manager.filter(pk=call.pk)
    rows.update(lease_until=timezone.now() - timedelta(seconds=1))

    if deaths == 2:
        with pytest.raises(Killed):
            waveforms.draw_lost_waveforms()
    for _round in range(3):
        waveforms.draw_lost_waveforms()

    call = read(call)
    assert (tries, call.lease_until, call.is_ready, bool(call.audio)) == (2, None, True, True)
    assert len(call.audio_peaks) == (110 if deaths == 1 else 0)


def test_audio_that_cannot_be_decoded_stays_flat_and_can_be_played(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_arguments: Any) -> dict[str, Any]:
        raise AudioProblem("damaged")

    monkeypatch.setattr(isolated, "_call_child", decode)

    call = run()

    assert (call.is_ready, bool(call.audio), call.audio_problem) == (True, True, "")
    assert (call.waveform_is_under_way, call.audio_peaks, call.lease_until) == (False, [], None)


AWAY: Final = [StorageAway("the bucket did not answer"), OSError("no process"), RuntimeError("no")]


@pytest.mark.parametrize("error", AWAY, ids=["bucket", "process", "child"])
def test_waveform_is_drawn_when_storage_and_machine_are_back(
    run: Run, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def decode(*arguments: Any) -> dict[str, Any]:
        tries.append("")
        if len(tries) <= 3:
            raise error
        return answer_in_process(*arguments)

    monkeypatch.setattr(isolated, "_call_child", decode)

    call = run()

    assert (call.is_ready, bool(call.audio), call.audio_problem) == (True, True, "")
    waveforms.draw_lost_waveforms()  # not before its lease has run out
    assert (len(tries), read(call).audio_peaks) == (1, [])
    for _round in range(4):
        let_lapse(call)
        waveforms.draw_lost_waveforms()
    assert (len(tries), len(read(call).audio_peaks), read(call).lease_until) == (4, 110, None)


@pytest.mark.django_db
@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize("is_mounted", [False, True])
def test_waveform_is_drawn_when_the_disk_is_mounted_again(
    is_mounted: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is missing in its folder was deleted, and is given up."""
    monkeypatch.setattr(isolated, "_call_child", answer_in_process)
    attempt = make_attempt(audio=hum(3))
    away = settings.MEDIA_ROOT / attempt.audio.name if is_mounted else settings.MEDIA_ROOT
    away.rename(away.with_suffix(".away"))

    let_lapse(attempt, audio_saved_at=timezone.now(), audio_peaks=[])
    waveforms.draw_lost_waveforms()
    before = (read(attempt).audio_peaks, read(attempt).waveform_is_under_way)
    away.with_suffix(".away").rename(away)
    let_lapse(attempt)
    waveforms.draw_lost_waveforms()

    assert before == ([], not is_mounted)
    assert len(read(attempt).audio_peaks) == (0 if is_mounted else 110)


def test_audio_that_cannot_be_read_for_a_day_stays_flat(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_arguments: Any) -> dict[str, Any]:
        raise StorageAway("the bucket refused it")

    monkeypatch.setattr(isolated, "_call_child", decode)
    call = run()
    let_lapse(call, audio_saved_at=timezone.now() - timedelta(days=2))

    waveforms.draw_lost_waveforms()

    assert (read(call).lease_until, read(call).audio_peaks) == (None, [])


@pytest.mark.django_db
@pytest.mark.usefixtures("data_dir")
def test_audio_that_cannot_be_read_lets_others_be_drawn_first_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts = [make_attempt() for _ in range(3)]
    for seconds, attempt in enumerate(attempts, start=1):
        attempt.audio.save("a.mp3", ContentFile(MP3), save=False)
        let_lapse(attempt, seconds, audio=attempt.audio.name, audio_saved_at=timezone.now())
    tried: list[int] = []

    def draw(call: PaidCall) -> bool:
        tried.append(call.pk)
        return bool(call.pk != attempts[2].pk)

    monkeypatch.setattr(waveforms, "draw_waveform", draw)
    waveforms.draw_lost_waveforms()

    assert tried == [attempts[2].pk]


def test_waveform_of_audio_that_was_deleted_meanwhile_is_dropped(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*arguments: Any) -> dict[str, Any]:
        call = newest_call()
        rows = type(call)._default_manager.filter(pk=call.pk)
        rows.update(audio="", audio_url="", audio_trouble="deleted", claim=None, lease_until=None)
        return answer_in_process(*arguments)

    monkeypatch.setattr(isolated, "_call_child", decode)

    call = run()

    assert (call.audio_problem, call.audio_peaks) == ("deleted", [])


@pytest.mark.django_db
@pytest.mark.parametrize("state", [AttemptState.SENDING, AttemptState.CLONING])
def test_calls_that_have_no_audio_are_left_alone(state: AttemptState) -> None:
    attempt = make_attempt(state)
    past = timezone.now() - timedelta(seconds=1)
    CloneAttempt.objects.filter(pk=attempt.pk).update(lease_until=past)

    waveforms.draw_lost_waveforms()

    assert CloneAttempt.objects.get(pk=attempt.pk).lease_until == past
