"""The journal: an answer that was paid for survives whatever its row cannot take."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.db import (
    Error,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from voicestudio import words
from voicestudio.minimax import CloneAnswer, CloneRequest, HttpResponse
from voicestudio.models import (
    AttemptState,
    Charge,
    CloneAttempt,
    PaidCall,
    Speech,
    SpeechState,
    Voice,
)
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones, speeches, worker
from voicestudio.services.clones import Order, reconcile, steps
from voicestudio.services.paid_calls import audio_download, journal, runner
from voicestudio.services.paid_calls.steps import Keep
from voicestudio.services.speeches import SpeechOrder

pytestmark = pytest.mark.django_db(transaction=True)

NO_AUDIO = {"data": {"audio": b"no audio".hex()}, "base_resp": {"status_code": 0}}
ODD_TEXTS = st.text(max_size=20) | st.sampled_from(["\x00", "\ud800", "x" * 300, "1e400"])
ODD_NUMBERS = st.integers(-(2**70), 2**70) | st.floats()
ODD_VALUES = st.none() | st.booleans() | ODD_NUMBERS | ODD_TEXTS
ODD_OBJECTS = ODD_VALUES | st.lists(ODD_VALUES, max_size=2)
type Submit = Callable[[], CloneAttempt | Speech]


class BrokenDatabase:
    """Fails the statement number `fails_at` after an answer is in the journal."""

    def __init__(self, folder: Path, fails_at: int) -> None:
        self.folder = folder
        self.left = fails_at

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.left and files_in(self.folder):
            self.left -= 1
            if not self.left:
                raise OperationalError("database is locked")
        return execute(sql, params, many, context)


def files_in(folder: Path) -> list[Path]:
    return sorted((folder / "journal").glob("*"))


def answer_of(call: PaidCall) -> bytes:
    with call.answer_file.open("rb") as file:
        content: bytes = file.read()
    return content


def response(body: dict[str, Any]) -> HttpResponse:
    """The body as it comes from the provider."""
    content = json.dumps(body).encode()
    return HttpResponse(call="call", http_status=200, headers={}, content=content, redact=str)


def run(call: PaidCall) -> None:
    worker.JOBS[str(call._meta.model_name)].call(call.pk)


@pytest.fixture
def submit_clone(order: Callable[..., Order], person: User, standin: StandIn) -> Submit:
    return lambda: clones.submit(
        order(voice_id=f"Anna-{uuid4().hex[:8]}1", is_new_speaker=True), by=person
    )


@pytest.fixture
def submit_speech(
    speech_order: Callable[..., SpeechOrder], person: User, standin: StandIn
) -> Submit:
    return lambda: speeches.submit(speech_order(), by=person)


@pytest.fixture(params=["clone", "speech"])
def submit(request: pytest.FixtureRequest) -> Submit:
    made: Submit = request.getfixturevalue(f"submit_{request.param}")
    return made


def test_answer_is_recorded_whichever_statement_fails(submit: Submit, data_dir: Path) -> None:
    fails_at = 0
    while True:
        fails_at += 1
        call = submit()
        broken = BrokenDatabase(data_dir, fails_at)
        try:
            with connection.execute_wrapper(broken):
                run(call)
        except OperationalError:
            connection.close()
        worker.record_kept_answers(at_once=True)
        worker.record_kept_answers(at_once=True)

        call = type(call).objects.get(pk=call.pk)
        assert (call.status, call.status_code) == ("ready", 0)
        charges = Charge.objects.counted().filter(attempt_id=call.pk, certain=True)
        if isinstance(call, Speech):
            charges = Charge.objects.counted().filter(speech=call, kind="speech", certain=True)
            assert call.audio.size > 1000
        else:
            assert Voice.objects.get(attempt=call.pk).uncertain is False
        assert charges.count() == 1
        assert files_in(data_dir) == []
        if broken.left:
            break
    assert fails_at > 4


def test_audio_stays_when_its_commit_reports_an_error(
    submit_speech: Submit, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def break_after_commit(self: Any) -> None:
        commit(self)
        if files_in(data_dir):
            monkeypatch.undo()
            raise OperationalError("the connection broke")

    speech = submit_speech()
    monkeypatch.setattr(BaseDatabaseWrapper, "_commit", break_after_commit)

    with pytest.raises(OperationalError):
        run(speech)
    worker.record_kept_answers(at_once=True)

    speech.refresh_from_db()
    assert (speech.is_ready, speech.audio.storage.exists(str(speech.audio))) == (True, True)
    assert files_in(data_dir) == []


def test_no_is_recorded_from_the_journal_as_well(
    submit_clone: Submit, standin: StandIn, data_dir: Path
) -> None:
    standin.script("voice_clone", Fault(status_code=2038))
    attempt = submit_clone()
    with connection.execute_wrapper(BrokenDatabase(data_dir, 1)), pytest.raises(OperationalError):
        run(attempt)

    worker.record_kept_answers(at_once=True)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.status_code) == (AttemptState.FAILED, 2038)
    assert files_in(data_dir) == []


def test_slow_down_leaves_nothing_in_the_journal(
    submit_clone: Submit, standin: StandIn, data_dir: Path
) -> None:
    standin.script("voice_clone", Fault(status_code=1002))
    attempt = submit_clone()

    run(attempt)

    attempt.refresh_from_db()
    assert (attempt.state, files_in(data_dir)) == (AttemptState.WAITING, [])


def test_answer_to_a_check_is_recorded_from_the_journal(
    submit_clone: Submit, standin: StandIn, person: User, data_dir: Path
) -> None:
    standin.script("voice_clone", Fault(action="drop", after="work"))
    attempt = submit_clone()
    run(attempt)
    assert isinstance(attempt, CloneAttempt)
    attempt.refresh_from_db()
    assert reconcile.request_check(attempt, by=person)
    with connection.execute_wrapper(BrokenDatabase(data_dir, 1)), pytest.raises(OperationalError):
        reconcile.check_with_provider.call(attempt.pk)

    worker.record_kept_answers(at_once=True)

    attempt.refresh_from_db()
    assert (attempt.state, Voice.objects.get().uncertain) == (AttemptState.READY, False)
    assert files_in(data_dir) == []


def test_unclear_answers_to_checks_are_kept(
    submit_clone: Submit, standin: StandIn, person: User, data_dir: Path
) -> None:
    standin.script("voice_clone", Fault(action="drop", after="work"))
    attempt = submit_clone()
    assert isinstance(attempt, CloneAttempt)
    run(attempt)
    for size in (50_000, 60_000):
        standin.script("voice_clone", Fault(body="x" * size, after="work"))
        attempt.refresh_from_db()
        assert reconcile.request_check(attempt, by=person)

        reconcile.check_with_provider.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.status, len(answer_of(attempt))) == ("unknown", 50_000)
    [other] = files_in(data_dir)  # the row has one place
    assert (other.suffix, b"x" * 60_000 in other.read_bytes()) == (".unread", True)


def test_answer_after_a_person_has_settled_is_kept_with_the_call(
    submit_clone: Submit, person: User, data_dir: Path
) -> None:
    attempt = submit_clone()
    assert isinstance(attempt, CloneAttempt)
    with connection.execute_wrapper(BrokenDatabase(data_dir, 1)), pytest.raises(OperationalError):
        run(attempt)
    CloneAttempt.objects.filter(pk=attempt.pk).update(status=AttemptState.UNKNOWN)
    assert reconcile.settle_by_hand(attempt, worked=False, note="", by=person)

    worker.record_kept_answers(at_once=True)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.FAILED
    assert b"demo_audio" in answer_of(attempt)
    assert files_in(data_dir) == []


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_answer_waits_while_the_database_is_away(
    error: type[Error], submit_clone: Submit, data_dir: Path
) -> None:
    attempt = submit_clone()
    with connection.execute_wrapper(BrokenDatabase(data_dir, 1)), pytest.raises(OperationalError):
        run(attempt)
    kept = files_in(data_dir)

    def refuse(*_args: Any) -> None:
        raise error("the connection is closed")

    with connection.execute_wrapper(refuse):
        worker.record_kept_answers(at_once=True)
    assert files_in(data_dir) == kept
    worker.record_kept_answers(at_once=True)

    attempt.refresh_from_db()
    assert (attempt.state, files_in(data_dir)) == (AttemptState.READY, [])


def test_answer_to_an_earlier_request_takes_no_place_of_a_later_one(
    submit_speech: Submit, standin: StandIn
) -> None:
    """The worker was killed between putting a call off and removing its "slow down"."""
    speech = submit_speech()
    speech.claim = uuid4()
    journal.write(speech, response({"base_resp": {"status_code": 1002}}))
    standin.script("t2a_v2", Fault(body=NO_AUDIO, after="work"))

    worker.record_kept_answers(at_once=True)
    run(speech)

    speech.refresh_from_db()
    assert b"no audio".hex().encode() in answer_of(speech)


def test_answer_that_comes_while_a_person_settles_is_kept_with_the_call(
    submit_clone: Submit, person: User, data_dir: Path
) -> None:
    attempt = submit_clone()
    assert isinstance(attempt, CloneAttempt)

    def settle_meanwhile(call: CloneAttempt, request: CloneRequest, keep: Keep) -> CloneAnswer:
        answer = steps.send_clone(call, request, keep)
        CloneAttempt.objects.filter(pk=call.pk).update(status=AttemptState.UNKNOWN)
        assert reconcile.settle_by_hand(call, worked=False, note="", by=person)
        return answer

    runner.run(replace(steps.STEPS, send=settle_meanwhile), attempt.pk)
    worker.record_kept_answers(at_once=True)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.FAILED
    assert b"demo_audio" in answer_of(attempt)
    assert files_in(data_dir) == []


def test_young_answer_is_left_to_the_process_that_received_it(
    submit_clone: Submit, data_dir: Path
) -> None:
    attempt = submit_clone()
    with connection.execute_wrapper(BrokenDatabase(data_dir, 1)), pytest.raises(OperationalError):
        run(attempt)

    worker.record_kept_answers()

    assert len(files_in(data_dir)) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]\n", b'{"kind": "speech"}\n{}', b"\xff" * 9, b"[" * 200_000,
        b'{"kind": "speech", "pk": 1, "claim": 5}\n',
    ],
    ids=range(7),
)  # fmt: skip
def test_unreadable_file_in_the_journal_is_put_aside(content: bytes, data_dir: Path) -> None:
    (data_dir / "journal" / "folder.answer").mkdir(parents=True)
    (data_dir / "journal" / "speech-1-x.answer").write_bytes(content)

    worker.record_kept_answers(at_once=True)

    names = [path.name for path in files_in(data_dir)]
    assert names == ["folder.unread", "speech-1-x.unread"]


def test_full_disk_does_not_stop_a_call_that_was_sent(
    submit: Submit, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / "journal").write_text("a file where the folder should be")
    call = submit()

    run(call)

    call.refresh_from_db()
    assert call.status == "ready"


def test_nothing_is_sent_when_the_disk_is_nearly_full(
    submit: Submit, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MIN_FREE_BYTES", 2**62)
    call = submit()

    run(call)

    call.refresh_from_db()
    assert (call.status, call.trouble, call.sent) == ("failed", "disk_full", None)
    assert standin.calls_of("voice_clone") == standin.calls_of("t2a_v2") == []


@pytest.mark.parametrize("detail", [{"input_sensitive_type": 2**70}, {"audio_peaks": None}])
def test_detail_that_fits_no_column_is_dropped(
    detail: dict[str, Any], submit_clone: Submit
) -> None:
    attempt = submit_clone()
    absurd = replace(
        steps.STEPS, answer_columns=lambda call, answer: steps.answer_columns(call, answer) | detail
    )

    runner.run(absurd, attempt.pk)

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.READY
    assert Voice.objects.get().uncertain is False
    assert b"base_resp" in answer_of(attempt)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    details=st.dictionaries(
        st.sampled_from(["demo_audio", "input_sensitive", "input_sensitive_type", "trace_id", "x"]),
        ODD_OBJECTS,
    ),
    extra=st.dictionaries(
        st.sampled_from(["usage_characters", "audio_length", "audio_size", "word_count"]),
        ODD_OBJECTS,
    ),
    message=ODD_OBJECTS,
)
def test_no_detail_keeps_a_success_from_being_recorded(
    submit: Submit, details: dict[str, Any], extra: dict[str, Any], message: object
) -> None:
    base = {"base_resp": {"status_code": 0, "status_msg": message}, "data": NO_AUDIO["data"]}
    call = submit()
    call.claim = uuid4()
    type(call).objects.filter(pk=call.pk).update(
        status=call.IN_FLIGHT_STATUS, claim=call.claim, sent={}, sent_at=timezone.now()
    )

    journal.write(call, response(details | {"extra_info": extra} | base))
    worker.record_kept_answers(at_once=True)

    call.refresh_from_db()
    assert (call.status, call.status_code) == ("ready", 0)


def test_answer_that_is_no_audio_is_kept_whole(submit_speech: Submit, standin: StandIn) -> None:
    standin.script("t2a_v2", Fault(body=NO_AUDIO, after="work"))
    speech = submit_speech()

    run(speech)

    speech.refresh_from_db()
    assert (speech.state, speech.audio_problem) == (SpeechState.READY, "not_audio")
    assert b"no audio".hex().encode() in answer_of(speech)


def test_long_answer_that_cannot_be_read_is_kept_whole(
    submit: Submit, standin: StandIn, data_dir: Path
) -> None:
    for name in ("voice_clone", "t2a_v2"):
        standin.script(name, Fault(body="x" * 100_000, after="work"))
    call = submit()

    run(call)

    call.refresh_from_db()
    assert (call.status, len(answer_of(call))) == ("unknown", 100_000)
    assert files_in(data_dir) == []


def test_short_answer_that_is_no_text_is_kept_whole(
    submit: Submit, standin: StandIn, data_dir: Path
) -> None:
    answer = b"#!AMR\n" + bytes(range(256))
    for name in ("voice_clone", "t2a_v2"):
        standin.script(name, Fault(body=answer, after="work"))
    call = submit()

    run(call)

    call.refresh_from_db()
    assert (call.status, answer_of(call)) == ("unknown", answer)


def test_part_of_a_speech_in_the_journal_is_no_speech(
    submit_speech: Submit, standin: StandIn, data_dir: Path
) -> None:
    standin.script("t2a_v2", Fault(action="drop", after="work"))
    speech = submit_speech()
    run(speech)
    speech.refresh_from_db()
    part = b"\xff\xfb\x90\x00" * 2000
    journal.write(speech, replace(response({}), content=part, is_whole=False))

    worker.record_kept_answers(at_once=True)

    speech.refresh_from_db()
    assert (speech.status, bool(speech.audio)) == ("unknown", False)
    assert answer_of(speech) == part
    assert files_in(data_dir) == []


def test_yes_in_the_journal_answers_a_person_who_wants_to_find_out(
    submit_clone: Submit, standin: StandIn, person: User, data_dir: Path
) -> None:
    attempt = submit_clone()
    assert isinstance(attempt, CloneAttempt)
    with connection.execute_wrapper(BrokenDatabase(data_dir, 1)), pytest.raises(OperationalError):
        run(attempt)
    CloneAttempt.objects.filter(pk=attempt.pk).update(status=AttemptState.UNKNOWN, lease_until=None)
    assert reconcile.request_check(attempt, by=person)

    worker.record_kept_answers(at_once=True)
    reconcile.check_with_provider.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.audio.size > 1000) == (AttemptState.READY, True)
    assert len(standin.calls_of("voice_clone")) == 1
    assert files_in(data_dir) == []


def test_no_in_the_journal_does_not_answer_a_person_who_wants_to_find_out(
    submit_clone: Submit, standin: StandIn, person: User
) -> None:
    """It may be the answer to an earlier try."""
    standin.script("voice_clone", Fault(action="drop", after="work"))
    attempt = submit_clone()
    assert isinstance(attempt, CloneAttempt)
    run(attempt)
    attempt.claim = uuid4()
    journal.write(attempt, response({"base_resp": {"status_code": 1002}}))
    assert reconcile.request_check(attempt, by=person)

    worker.record_kept_answers(at_once=True)

    attempt.refresh_from_db()
    assert (attempt.status, attempt.is_being_reconciled) == ("unknown", True)


def test_call_whose_mark_could_not_be_written_was_not_sent(
    submit: Submit, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = submit()
    sent = len(standin.calls)
    commit: Any = vars(BaseDatabaseWrapper)["_commit"]
    failures: list[str] = []

    def fail_once(self: BaseDatabaseWrapper) -> None:
        if not failures and type(call).objects.filter(pk=call.pk, sent__isnull=False).exists():
            failures.append("disk I/O error")
            raise OperationalError(failures[0])
        commit(self)

    monkeypatch.setattr(BaseDatabaseWrapper, "_commit", fail_once)
    with pytest.raises(OperationalError):
        run(call)

    call.refresh_from_db()
    assert (call.status, Charge.objects.filter(certain=False).count()) == ("failed", 0)
    assert [each.name for each in standin.calls[sent:] if each.name != "upload"] == []


@pytest.mark.parametrize(
    ("answer", "column", "status"),
    [
        (None, "answered_at", "ready"),
        ("x" * 100_000, "answered_at", "unknown"),
        (NO_AUDIO, "answer_file", "ready"),
    ],
)
def test_answer_that_cannot_be_written_leaves_one_copy_however_often_it_is_tried(
    answer: Any, column: str, status: str, submit_speech: Submit, standin: StandIn, data_dir: Path
) -> None:
    if answer is not None:
        standin.script("t2a_v2", Fault(body=answer, after="work"))
    speech = submit_speech()

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if files_in(data_dir) and sql.startswith("UPDATE") and f'"{column}"' in sql:
            raise IntegrityError("a value that the database refuses")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        with pytest.raises(IntegrityError):
            run(speech)
        worker.record_kept_answers(at_once=True)
    folders = ("speeches", "answers")
    stored = [path for name in folders for path in data_dir.rglob(f"{name}/**/*.*")]
    assert (stored, len(files_in(data_dir))) == ([], 1)

    worker.record_kept_answers(at_once=True)

    speech.refresh_from_db()
    assert (speech.status, len(files_in(data_dir))) == (status, 0)
    assert bool(speech.audio) is (answer is None)
    assert bool(speech.answer_file) is (answer is not None)


def test_audio_that_could_not_be_stored_is_fetched_from_the_answer(
    submit_speech: Submit, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = FileSystemStorage._save  # type: ignore[attr-defined]

    def refuse_audio(self: FileSystemStorage, name: str, content: Any) -> str:
        if name.startswith("speeches/"):
            raise OSError(28, "No space left on device")
        return str(save(self, name, content))

    speech = submit_speech()
    with monkeypatch.context() as patched:
        patched.setattr(FileSystemStorage, "_save", refuse_audio)
        run(speech)
    speech.refresh_from_db()
    assert (speech.audio_problem, speech.audio_can_be_fetched) == ("not_stored", True)
    assert words.message_for_audio_trouble("not_stored", speech=True).next_step

    with transaction.atomic():
        audio_download.fetch_again(speech, by=speech.created_by)
    audio_download.fetch_audio.call("speech", speech.pk)

    speech.refresh_from_db()
    assert (speech.audio_problem, speech.audio.size > 1000) == ("", True)
    assert len(standin.calls_of("t2a_v2")) == 1


def test_journal_is_written_for_its_owner_only(
    submit_clone: Submit, data_dir: Path, settings: Settings
) -> None:
    attempt = submit_clone()
    with connection.execute_wrapper(BrokenDatabase(data_dir, 1)), pytest.raises(OperationalError):
        run(attempt)

    [file] = files_in(data_dir)
    assert (file.parent.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
