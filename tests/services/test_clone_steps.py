"""Running: from the claim to the recorded answer, with the real client on the stand-in."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from tests.factories import make_attempt, make_project, make_recording, make_speaker, make_user
from voicestudio import words
from voicestudio.minimax import CloneAnswer, CloneRequest
from voicestudio.models import (
    AttemptState,
    AudioFile,
    Charge,
    CloneAttempt,
    Purpose,
    RateLimit,
    Voice,
)
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones, projects
from voicestudio.services.clones import Order, steps
from voicestudio.services.paid_calls import runner
from voicestudio.services.paid_calls.retries import MAX_ATTEMPTS
from voicestudio.services.paid_calls.steps import Keep
from voicestudio.services.people import activation
from voicestudio.services.voices import bookkeeping, speakers
from voicestudio.words import NextStep, Trouble

from .conftest import wav

NO_QUOTA = {"error": {"code": "insufficient_quota", "message": "m"}}
OrderMaker = Callable[..., Order]
Runner = Callable[..., CloneAttempt]


@pytest.fixture
def ran(order: OrderMaker, person: User, standin: StandIn) -> Runner:
    """Submits an order and runs it once, as the worker would."""

    def run(**changes: object) -> CloneAttempt:
        attempt = clones.submit(order(**changes), by=person)
        clones.run_clone.call(attempt.pk)
        attempt.refresh_from_db()
        return attempt

    return run


def _due_now(attempt: CloneAttempt) -> None:
    """As if the pause were over, for this attempt and for all."""
    RateLimit.objects.all().delete()
    CloneAttempt.objects.filter(pk=attempt.pk).update(
        retry_at=timezone.now() - timedelta(seconds=1)
    )


@pytest.mark.parametrize("ended", ["account", "project"])
def test_order_is_carried_out_after_its_account_or_project_has_ended(
    ended: str, order: OrderMaker, person: User, standin: StandIn
) -> None:
    administrator = make_user("root", is_staff=True)
    attempt = clones.submit(order(), by=person)
    if ended == "account":
        activation.deactivate(person, by=administrator)
    else:
        make_project("Open")
        projects.archive_project(attempt.project, by=administrator)

    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.created_by) == (AttemptState.READY, person)
    assert [voice.voice_id for voice in Voice.objects.all()] == [attempt.voice_id]
    assert len(standin.calls_of("voice_clone")) == 1


def test_run_clones_voice_and_stores_answer(ran: Runner, standin: StandIn) -> None:
    attempt = ran()

    assert attempt.state == AttemptState.READY
    assert attempt.cloned_voice == Voice.objects.get(voice_id="AnnaLarsen-7k2p")
    assert (attempt.status_code, attempt.http_status, attempt.trouble) == (0, 200, "")
    assert attempt.trace_id != ""
    assert attempt.answer is not None
    assert attempt.answer["base_resp"] == {"status_code": 0, "status_msg": "success"}
    assert attempt.input_sensitive is False
    times = [
        attempt.created_at, attempt.claimed_at, attempt.uploaded_at, attempt.sent_at,
        attempt.answered_at, attempt.audio_saved_at,
    ]  # fmt: skip
    assert times == sorted(moment for moment in times if moment is not None)
    assert [call["call"] for call in attempt.calls] == ["upload", "voice_clone", "audio"]
    assert all(call["trace_id"] for call in attempt.calls[:2])


def test_run_stores_preview_and_waveform(ran: Runner) -> None:
    attempt = ran()

    assert attempt.audio_bytes is not None
    assert attempt.audio.size == attempt.audio_bytes > 1000
    assert len(attempt.audio_peaks) == 110
    assert attempt.audio_duration_ms is not None
    assert attempt.audio_duration_ms > 500
    assert (attempt.audio_problem, attempt.is_running, attempt.lease_until) == ("", False, None)


def test_run_sends_the_order(ran: Runner, standin: StandIn, person: User) -> None:
    clip = make_recording(
        by=person, purpose=Purpose.PROMPT, content=wav(6, rate=8_000), name="clip.wav",
        uploaded=False, file="",
    )  # fmt: skip
    attempt = ran(
        prompt_clip=clip,
        prompt_text="This is me.",
        language="English",
        noise_reduction=True,
        text_validation="what I say",
        accuracy=Decimal("0.8"),
    )

    clip.refresh_from_db()
    attempt.recording.refresh_from_db()
    [call] = standin.calls_of("voice_clone")
    assert call.json == {
        "file_id": attempt.recording.file_id,
        "voice_id": "AnnaLarsen-7k2p",
        "clone_prompt": {"prompt_audio": clip.file_id, "prompt_text": "This is me."},
        "text": "A gentle breeze sweeps across the soft grass.",
        "model": "speech-2.8-hd",
        "language_boost": "English",
        "text_validation": "what I say",
        "accuracy": 0.8,
        "need_noise_reduction": True,
    }
    assert attempt.sent == call.json


def test_run_uploads_a_recording_once(ran: Runner, standin: StandIn) -> None:
    ran()
    second = ran(voice_id="AnnaLarsen-8k2p", is_new_speaker=True)

    assert second.state == AttemptState.READY
    assert len(standin.calls_of("upload")) == 1


def test_run_uploads_again_for_another_account(
    ran: Runner, standin: StandIn, settings: Settings
) -> None:
    ran()
    settings.MINIMAX_PROVIDER = "api.example.com"
    second = ran(voice_id="AnnaLarsen-8k2p", is_new_speaker=True)

    assert (second.state, second.provider) == (AttemptState.READY, "api.example.com")
    assert len(standin.calls_of("upload")) == 2


def test_call_is_never_sent_to_another_account(
    order: OrderMaker, person: User, standin: StandIn, settings: Settings
) -> None:
    attempt = clones.submit(order(), by=person)
    settings.MINIMAX_PROVIDER = "api.example.com"

    clones.run_clone.call(attempt.pk)

    attempt = CloneAttempt.objects.get(pk=attempt.pk)
    assert (attempt.state, attempt.trouble) == (AttemptState.FAILED, Trouble.OTHER_ACCOUNT)
    assert (standin.calls, standin.bill) == ([], [])
    assert not Charge.objects.counted().exists()
    assert not Voice.objects.exists()
    message = clones.message_for(attempt)
    assert message is not None
    assert message.link is NextStep.TRY_AGAIN


def test_second_run_does_nothing(ran: Runner, standin: StandIn) -> None:
    attempt = ran()
    clones.run_clone.call(attempt.pk)

    assert len(standin.calls_of("voice_clone")) == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_runs_send_once(order: OrderMaker, person: User, standin: StandIn) -> None:
    attempt = clones.submit(order(), by=person)
    barrier = Barrier(6)

    def work() -> None:
        barrier.wait(30)
        try:
            clones.run_clone.call(attempt.pk)
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.READY
    assert len(standin.calls_of("voice_clone")) == 1


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (1000, AttemptState.FAILED), (1004, AttemptState.FAILED), (1008, AttemptState.FAILED),
        (1026, AttemptState.STOPPED), (1027, AttemptState.STOPPED), (1042, AttemptState.FAILED),
        (1043, AttemptState.FAILED), (1044, AttemptState.FAILED), (2013, AttemptState.FAILED),
        (20132, AttemptState.FAILED), (2037, AttemptState.FAILED), (2038, AttemptState.FAILED),
        (2039, AttemptState.FAILED), (2049, AttemptState.FAILED), (2056, AttemptState.FAILED),
        (4711, AttemptState.UNKNOWN),
        (1001, AttemptState.UNKNOWN), (1013, AttemptState.UNKNOWN), (1024, AttemptState.UNKNOWN),
        (1033, AttemptState.UNKNOWN),
    ],
)  # fmt: skip
def test_refusal_code_becomes_state_without_retry(
    code: int, state: AttemptState, ran: Runner, standin: StandIn
) -> None:
    standin.script("voice_clone", Fault(status_code=code))

    attempt = ran()
    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.status_code) == (state, code)
    assert attempt.finished_at == attempt.answered_at
    assert attempt.trace_id != ""
    assert len(standin.calls_of("voice_clone")) == 1
    assert clones.message_for(attempt) is not None
    assert Voice.objects.filter(uncertain=False).count() == 0
    assert Voice.objects.count() == (state == AttemptState.UNKNOWN)


@pytest.mark.parametrize(
    ("fault", "made"),
    [
        (Fault(action="drop"), 0),
        (Fault(action="drop", after="work"), 1),
        (Fault(action="truncate", after="work"), 1),
        (Fault(action="hang", after="work"), 1),
        (Fault(body="<html>502</html>", http_status=502), 0),
        (Fault(body="not json"), 0),
        (Fault(body={"hello": "there"}), 0),
    ],
)
def test_lost_answer_leaves_outcome_unknown(
    fault: Fault, made: int, ran: Runner, standin: StandIn, settings: Settings
) -> None:
    settings.MINIMAX_READ_TIMEOUT = 1.0
    standin.script("voice_clone", fault)

    attempt = ran()
    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.UNKNOWN
    assert len(standin.calls_of("voice_clone")) == 1
    assert len(standin.voices) == made
    assert attempt.sent == standin.calls_of("voice_clone")[0].json


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status_code=1002), Fault(status_code=1039), Fault(status_code=1041),
        Fault(status_code=2045), Fault(http_status=429, body={"error": {"message": "slow"}}),
    ],
)  # fmt: skip
def test_slow_down_is_retried_with_the_same_request(
    fault: Fault, ran: Runner, standin: StandIn
) -> None:
    standin.script("voice_clone", fault)

    attempt = ran()
    assert (attempt.state, attempt.trouble) == (AttemptState.WAITING, "rate_limit")
    assert attempt.retry_at is not None
    assert attempt.retry_at > timezone.now()
    assert clones.message_for(attempt) is not None
    _due_now(attempt)
    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.trouble) == (AttemptState.READY, "")
    first, second = standin.calls_of("voice_clone")
    assert first.json == second.json == attempt.sent
    assert len(standin.voices) == 1


def test_run_before_retry_time_does_nothing(ran: Runner, standin: StandIn) -> None:
    standin.script("voice_clone", Fault(status_code=1002))
    attempt = ran()

    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.WAITING
    assert len(standin.calls_of("voice_clone")) == 1


def test_retry_waits_as_long_as_the_provider_asks(ran: Runner, standin: StandIn) -> None:
    standin.script("voice_clone", Fault(http_status=429, body="", headers={"Retry-After": "90"}))

    attempt = ran()

    assert attempt.retry_at is not None
    assert attempt.retry_at > timezone.now() + timedelta(seconds=80)


def test_refused_connection_is_retried_and_nothing_was_sent(
    order: OrderMaker, person: User, standin: StandIn
) -> None:
    standin.stop()
    attempt = clones.submit(order(), by=person)

    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.trouble, attempt.sent) == (
        AttemptState.WAITING,
        "never_sent",
        None,
    )


def test_refused_connection_fails_after_last_retry(
    order: OrderMaker, person: User, standin: StandIn
) -> None:
    standin.stop()
    attempt = clones.submit(order(), by=person)
    CloneAttempt.objects.filter(pk=attempt.pk).update(attempts_made=MAX_ATTEMPTS - 1)

    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.trouble) == (AttemptState.FAILED, "gave_up")


def test_lost_upload_answer_is_retried(ran: Runner, standin: StandIn) -> None:
    standin.script("upload", Fault(action="drop", after="work"))

    attempt = ran()
    assert (attempt.state, attempt.sent) == (AttemptState.WAITING, None)
    _due_now(attempt)
    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.READY
    assert len(standin.calls_of("voice_clone")) == 1


@pytest.mark.parametrize(
    ("fault", "uploads", "message"),
    [
        (Fault(http_status=501, body="no"), 1, words.TROUBLES["not_offered"]),
        (Fault(http_status=429, body=NO_QUOTA), 1, words.CODES[1008]),
        (Fault(body="<html>Sign in</html>"), 5, words.UNKNOWN_CODE),
        (Fault(body={"file": {"file_id": "abc"}}), 5, words.UNKNOWN_CODE),
        (Fault(http_status=502, body="bad gateway"), 5, words.CODES[1024]),
    ],
)  # fmt: skip
def test_answered_upload_is_repeated_only_where_that_can_help(
    fault: Fault, uploads: int, message: words.Message, ran: Runner, standin: StandIn
) -> None:
    for _ in range(uploads + 1):
        standin.script("upload", fault)

    attempt = ran()
    for _ in range(uploads):
        _due_now(attempt)
        clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.sent) == (AttemptState.FAILED, None)
    assert clones.message_for(attempt) == message
    assert len(standin.calls_of("upload")) == uploads
    assert attempt.answer_text != ""


@pytest.mark.parametrize(
    "fault",
    [
        Fault(http_status=429, body=NO_QUOTA),
        Fault(http_status=403, body={"error": {"code": "insufficient_user_quota"}}),
        Fault(status_code=1028),
        Fault(status_code=1030),
    ],
)
def test_used_up_quota_ends_the_attempt(fault: Fault, ran: Runner, standin: StandIn) -> None:
    standin.script("voice_clone", fault)

    attempt = ran()

    assert attempt.state == AttemptState.FAILED
    assert clones.message_for(attempt) == words.CODES[1008]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(
            http_status=400,
            body={"error": {"message": "minimax voice clone error: 1001 - request timeout"}},
        ),
        Fault(http_status=400, status_code=0),
        Fault(http_status=400, body={"odd": 1}),
    ],
)
def test_unclear_refusal_of_a_gateway_leaves_outcome_unknown(
    fault: Fault, ran: Runner, standin: StandIn
) -> None:
    standin.script("voice_clone", replace(fault, after="work"))

    attempt = ran()

    assert (attempt.state, Voice.objects.get().uncertain) == (AttemptState.UNKNOWN, True)
    assert Charge.objects.get().certain is False


def test_refused_upload_ends_the_attempt(ran: Runner, standin: StandIn) -> None:
    standin.script("upload", Fault(status_code=2049))

    attempt = ran()

    assert (attempt.state, attempt.status_code, attempt.sent) == (AttemptState.FAILED, 2049, None)
    assert standin.calls_of("voice_clone") == []


def test_missing_file_ends_the_attempt(
    order: OrderMaker, person: User, standin: StandIn, recording: AudioFile
) -> None:
    attempt = clones.submit(order(), by=person)
    Path(recording.file.path).unlink()

    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.trouble) == (AttemptState.FAILED, "recording_gone")
    assert standin.calls == []


@pytest.mark.parametrize(
    "fault", [Fault(status_code=20132), Fault(status_code=2013, status_msg="file_id not found")]
)
def test_unknown_file_id_is_forgotten(
    fault: Fault, ran: Runner, standin: StandIn, recording: AudioFile
) -> None:
    standin.script("voice_clone", fault)
    ran()

    second = ran(voice_id="AnnaLarsen-8k2p", is_new_speaker=True)

    assert second.state == AttemptState.READY
    assert len(standin.calls_of("upload")) == 2


@pytest.mark.parametrize(
    ("shape", "flagged", "category"),
    [
        ({"input_sensitive": True, "input_sensitive_type": 5}, True, 5),
        ({"input_sensitive": {"type": 3}}, True, 3),
        ({"input_sensitive": None}, False, None),
        ({}, False, None),
    ],
)
def test_moderation_is_recorded_in_each_shape(
    shape: dict[str, Any], flagged: bool, category: int | None, ran: Runner, standin: StandIn
) -> None:
    body = {"demo_audio": "", "base_resp": {"status_code": 0, "status_msg": "success"}} | shape
    standin.script("voice_clone", Fault(body=body))

    attempt = ran()

    assert attempt.state == (AttemptState.FLAGGED if flagged else AttemptState.READY)
    assert (attempt.input_sensitive, attempt.input_sensitive_type) == (flagged, category)
    assert attempt.audio_problem == "missing"


def test_run_without_preview_text_has_no_preview(ran: Runner) -> None:
    attempt = ran(preview_text="", model="")

    assert (attempt.state, attempt.audio_problem, attempt.is_running) == (
        AttemptState.READY,
        "",
        False,
    )
    assert attempt.sent is not None
    assert "text" not in attempt.sent
    assert "model" not in attempt.sent


@pytest.mark.parametrize(
    ("outcome", "state", "headline"),
    [
        ("ready", AttemptState.READY, ""),
        ("flagged", AttemptState.FLAGGED, ""),
        ("refused", AttemptState.STOPPED,
         "MiniMax's safety check stopped this because of the text or the recording."),
        ("slow_down", AttemptState.WAITING, "MiniMax asks us to slow down."),
        ("out_of_credit", AttemptState.FAILED, "Our MiniMax account is out of credit."),
        ("wrong_key", AttemptState.FAILED, "Our connection to MiniMax needs an administrator."),
        ("lost_answer", AttemptState.UNKNOWN, "We don't know whether MiniMax cloned this voice."),
        ("slow", AttemptState.READY, ""),
    ],
)  # fmt: skip
def test_run_rehearses_outcome_in_practice_mode(
    outcome: str, state: AttemptState, headline: str, ran: Runner, standin: StandIn
) -> None:
    standin.rehearsal.slow_seconds = 0.2

    attempt = ran(rehearsal=outcome)

    message = clones.message_for(attempt)
    assert (attempt.state, str(message.headline) if message else "") == (state, headline)
    took = max(call["ms"] for call in attempt.calls if call["call"] == "voice_clone")
    assert took >= (200 if outcome == "slow" else 0)


def test_run_sends_no_rehearsal_to_minimax(
    ran: Runner, standin: StandIn, settings: Settings
) -> None:
    settings.PRACTICE_MODE = False
    attempt = ran(rehearsal="refused")

    assert (attempt.state, attempt.rehearsal) == (AttemptState.READY, "")
    [call] = standin.calls_of("voice_clone")
    assert "rehearse" not in {name.lower() for name in call.headers}


@pytest.mark.django_db(transaction=True)
def test_late_answer_is_recorded_after_lapsed_lease(
    order: OrderMaker, person: User, standin: StandIn
) -> None:
    """The lease ran out and the row says unknown; then the answer comes after all."""
    standin.script("voice_clone", Fault(delay=0.6))
    attempt = clones.submit(order(), by=person)

    def work() -> None:
        try:
            clones.run_clone.call(attempt.pk)
        finally:
            connection.close()

    thread = Thread(target=work)
    thread.start()
    given_up = 0
    for _turn in range(500):
        given_up = CloneAttempt.objects.filter(pk=attempt.pk, status=AttemptState.CLONING).update(
            status=AttemptState.UNKNOWN, lease_until=None
        )
        if given_up:
            break
        time.sleep(0.01)
    thread.join(30)

    attempt.refresh_from_db()
    assert (given_up, attempt.state) == (1, AttemptState.READY)


@pytest.mark.django_db(transaction=True)
def test_late_answer_and_settling_do_not_wait_for_each_other(
    order: OrderMaker, person: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL each would hold a lock that the other needs, and one of them would fail."""
    settled = []
    confirm = bookkeeping.confirm_voice

    def settle() -> None:
        try:
            settled.append(bookkeeping.settle_lapsed())
        finally:
            connection.close()

    thread = Thread(target=settle)

    def confirm_slowly(attempt: CloneAttempt, created_at: datetime) -> Voice:
        voice = confirm(attempt, created_at)
        thread.start()
        thread.join(0.3)
        return voice

    def send_late(attempt: CloneAttempt, request: CloneRequest, keep: Keep) -> CloneAnswer:
        past = timezone.now() - timedelta(seconds=1)
        CloneAttempt.objects.filter(pk=attempt.pk).update(lease_until=past)
        return steps.send_clone(attempt, request, keep)

    monkeypatch.setattr(bookkeeping, "confirm_voice", confirm_slowly)
    attempt = clones.submit(order(), by=person)
    runner.run(replace(steps.STEPS, send=send_late), attempt.pk)
    thread.join(30)

    attempt.refresh_from_db()
    assert (attempt.state, settled) == (AttemptState.READY, [0])


def test_late_refusal_puts_attempt_back_as_if_not_finished(
    order: OrderMaker, person: User, standin: StandIn
) -> None:
    standin.script("voice_clone", Fault(status_code=1002))
    attempt = clones.submit(order(), by=person)

    def send_late(attempt: CloneAttempt, request: CloneRequest, keep: Keep) -> CloneAnswer:
        past = timezone.now() - timedelta(seconds=1)
        CloneAttempt.objects.filter(pk=attempt.pk).update(lease_until=past)
        assert bookkeeping.settle_lapsed() == 1
        return steps.send_clone(attempt, request, keep)

    runner.run(replace(steps.STEPS, send=send_late), attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.finished_at, attempt.cloned_voice) == (
        AttemptState.WAITING, None, None,
    )  # fmt: skip
    assert not Charge.objects.counted().exists()


@pytest.mark.django_db(transaction=True)  # so that foreign keys are checked
@pytest.mark.parametrize(
    ("fault", "state"),
    [(None, AttemptState.READY), (Fault(action="drop"), AttemptState.UNKNOWN)],
    ids=["answered", "unknown"],
)
def test_speaker_may_be_renamed_and_merged_while_the_request_is_sent(
    fault: Fault | None, state: AttemptState, order: OrderMaker, person: User, standin: StandIn
) -> None:
    if fault is not None:
        standin.script("voice_clone", fault)
    attempt = clones.submit(order(), by=person)
    target = make_speaker("Zoe")

    def send_late(attempt: CloneAttempt, request: CloneRequest, keep: Keep) -> CloneAnswer:
        speakers.rename_speaker(attempt.speaker, "Anna Nowak", by=person)
        speakers.merge_speakers(attempt.speaker, target, by=person)
        speakers.rename_speaker(target, "Zoe Nowak", by=person)
        return steps.send_clone(attempt, request, keep)

    runner.run(replace(steps.STEPS, send=send_late), attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.speaker_name) == (state, "Zoe Nowak")
    (voice,) = Voice.objects.search("zoe nowak")
    assert (voice.speaker, attempt.cloned_voice) == (target, voice)
    assert Charge.objects.get().speaker == target


def test_interrupted_attempt_is_put_back_by_what_its_own_row_says(
    person: User, data_dir: Path
) -> None:
    """PostgreSQL does not read a subquery again after waiting for a row that is just being sent."""
    attempt = make_attempt(AttemptState.INTERRUPTED, by=person)

    with CaptureQueriesContext(connection) as queries:
        assert clones.retry_interrupted(attempt, by=attempt.created_by)

    [update] = [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert "SELECT" not in update


def test_submit_enqueues_on_commit(
    order: OrderMaker,
    person: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        clones.submit(order(), by=person)

    assert len(callbacks) == 1


@pytest.mark.parametrize(
    ("fault", "headline"),
    [
        (Fault(action="hang"), "MiniMax took too long to answer."),
        (Fault(action="drop"), "We don't know whether MiniMax cloned this voice."),
        (Fault(status_code=1001), "MiniMax took too long to answer."),
        (Fault(status_code=1013), "We don't know whether MiniMax cloned this voice."),
    ],
)
def test_unknown_outcome_has_its_message(
    fault: Fault, headline: str, ran: Runner, standin: StandIn, settings: Settings
) -> None:
    settings.MINIMAX_READ_TIMEOUT = 1.0
    standin.script("voice_clone", fault)

    message = clones.message_for(ran())

    assert message is not None
    assert str(message.headline) == headline
