"""Retention: what is due, what never is, and its deletion by a person or by a rule."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from tests.factories import MP3, make_attempt, make_project, make_recording, make_user, make_voice
from voicestudio.models import (
    AttemptState,
    AudioFile,
    AuditEntry,
    Charge,
    CloneAttempt,
    Draft,
    DraftFile,
    Project,
    ProviderFile,
    RetentionRule,
    Speech,
    Studio,
    Verb,
    Voice,
    clock,
)
from voicestudio.models.retention import GRACE
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import hold, retention
from voicestudio.services.retention import deletion, due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
OLD = timedelta(days=40)


@pytest.fixture
def ada(db: None) -> User:
    return make_user("ada", is_staff=True)


def keep(kind: str, days: int | None, by: User, *, is_automatic: bool = False) -> RetentionRule:
    """The rule of this kind, changed to so many days a day ago."""
    retention.change_rule(kind, days=days, is_automatic=is_automatic, by=by)
    a_day_ago = clock.now() - GRACE
    RetentionRule.objects.filter(kind=kind).update(changed_at=a_day_ago, next_look_at=a_day_ago)
    return RetentionRule.of(kind)


def old_recording(**fields: Any) -> AudioFile:
    return make_recording(created_at=clock.now() - OLD, uploaded=False, **fields)


def old_speech(by: User, voice: Voice | None = None, **fields: Any) -> Speech:
    """A speech that was generated long ago, with its audio and the whole answer."""
    at = clock.now() - OLD
    voice = voice or make_voice()
    speech = Speech(
        **{
            "project": voice.project, "voice": voice, "token": uuid4(), "provider": "practice",
            "created_by": by, "text": "Hello.", "model": "speech-2.8-hd", "status": "ready",
            "created_at": at, "sent": {}, "sent_at": at, "finished_at": at, "audio_bytes": len(MP3),
            "answer": {"extra_info": {}}, "status_code": 0, "trace_id": "t",
        } | fields
    )  # fmt: skip
    speech.audio.save("a.mp3", ContentFile(MP3), save=False)
    speech.answer_file.save("a.txt", ContentFile(b"whole"), save=False)
    speech.save()
    return speech


def old_draft(owner: User) -> Draft:
    draft = Draft.objects.create(owner=owner, place="/", saved_at=clock.now() - OLD)
    file = DraftFile(draft=draft, field="file", name="a.wav", bytes=3)
    file.content.save("a", ContentFile(b"abc"))
    return draft


def keys(rule: RetentionRule) -> list[str]:
    return [thing.key for thing in due.walk_due(rule)]


def entries(verb: Verb) -> list[dict[str, Any]]:
    return list(AuditEntry.objects.filter(verb=verb).values_list("facts", flat=True))


def files(data_dir: Path) -> int:
    return sum(path.is_file() for path in (data_dir / "media").rglob("*"))


# What is due --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "expected"), [(None, (0, 0)), (41, (0, 0)), (39, (1, len(MP3)))])
def test_old_things_are_due_only_by_a_rule(
    days: int | None, expected: tuple[int, int], ada: User
) -> None:
    old_recording()
    make_recording()

    summary = retention.summarize(keep("recordings", days, ada))

    assert (summary.count, summary.bytes, summary.has_more) == (*expected, False)


@pytest.mark.parametrize("as_prompt", [False, True])
@pytest.mark.parametrize(
    ("state", "is_due"),
    [
        (AttemptState.WAITING, False),
        (AttemptState.SENDING, False),
        (AttemptState.CLONING, False),
        (AttemptState.UNKNOWN, False),
        (AttemptState.INTERRUPTED, False),
        (AttemptState.READY, False),
        (AttemptState.FAILED, True),
        (AttemptState.STOPPED, True),
    ],
)
def test_recording_that_an_attempt_needs_is_never_due(
    state: AttemptState, is_due: bool, as_prompt: bool, ada: User
) -> None:
    recording = old_recording(purpose="prompt_audio" if as_prompt else "voice_clone")
    needs = (
        {"prompt_clip": recording, "prompt_text": "a"} if as_prompt else {"recording": recording}
    )
    make_attempt(state, **needs)

    assert keys(keep("recordings", 30, ada)) == [f"audiofile-{recording.pk}"] * is_due


def test_call_that_waits_for_a_decision_after_a_restore_keeps_its_recording(ada: User) -> None:
    recording = old_recording()
    make_attempt(
        AttemptState.WAITING, recording=recording, status="interrupted", trouble="restored"
    )

    assert keys(keep("recordings", 30, ada)) == []


def test_recording_is_due_after_its_voice_and_an_original_after_its_copies(ada: User) -> None:
    original = old_recording()
    cut = old_recording(parent=original)
    attempt = make_attempt(recording=cut)
    rule = keep("recordings", 30, ada)
    seen = [keys(rule)]

    Voice.objects.filter(attempt=attempt).update(deleted_at=clock.now())
    seen.append(keys(rule))
    retention.delete_all("recordings", by=ada)
    seen.append(keys(rule))

    assert seen == [[], [f"audiofile-{cut.pk}"], [f"audiofile-{original.pk}"]]
    attempt.refresh_from_db()
    assert (attempt.recording_id, bool(attempt.permission_wording)) == (cut.pk, True)


@pytest.mark.parametrize(
    ("fields", "is_due"),
    [({}, True), ({"status": "unknown"}, False), ({"status": "speaking"}, False)],
)
def test_answer_is_due_once_its_outcome_is_settled(
    fields: dict[str, Any], is_due: bool, ada: User
) -> None:
    speech = old_speech(ada, **fields)

    assert keys(keep("answers", 30, ada)) == [f"speech-{speech.pk}"] * is_due


def test_answer_whose_audio_is_still_to_be_fetched_is_not_due(ada: User) -> None:
    speech = old_speech(ada)
    Speech.objects.filter(pk=speech.pk).update(audio="", audio_trouble="not_stored")

    assert keys(keep("answers", 30, ada)) == []


# Deletion -----------------------------------------------------------------------------------------


def test_speech_goes_with_its_audio_and_stays_as_a_record(ada: User, data_dir: Path) -> None:
    speech = old_speech(ada)
    keep("speeches", 30, ada)

    run = retention.delete_all("speeches", by=ada)

    speech.refresh_from_db()
    assert (run.deleted, run.bytes, files(data_dir)) == (1, len(MP3), 0)
    assert (speech.audio_problem, speech.text, speech.status) == ("deleted", "Hello.", "ready")
    assert entries(Verb.AUDIO_DELETED) == [{"result": "done", "notes": 0}]
    assert entries(Verb.RETENTION_RUN) == [
        {
            "kind": "speeches", "days": 30, "is_automatic": False, "count": 1, "bytes": len(MP3),
            "failed": 0,
        }
    ]  # fmt: skip


def test_raw_answer_is_blanked_and_what_was_read_from_it_stays(ada: User, data_dir: Path) -> None:
    attempt = make_attempt(created_at=clock.now() - OLD)
    speech = old_speech(ada)
    stays = (attempt.status_code, attempt.trace_id, attempt.sent, attempt.audio)
    charges = Charge.objects.count()
    keep("answers", 30, ada)

    run = retention.delete_all("answers", by=ada)

    attempt.refresh_from_db()
    speech.refresh_from_db()
    assert run.deleted == 2
    assert (attempt.answer, attempt.answer_deleted_at is None) == (None, False)
    assert (attempt.status_code, attempt.trace_id, attempt.sent, attempt.audio) == stays
    assert (speech.answer, bool(speech.answer_file), bool(speech.audio)) == (None, False, True)
    assert list((data_dir / "media" / "answers").rglob("*.txt")) == []
    assert Charge.objects.count() == charges
    assert retention.delete_all("answers", by=ada).deleted == 0


def test_archived_project_is_no_exception(ada: User) -> None:
    project = make_project()
    old_recording(project=project)
    Project.objects.filter(pk=project.pk).update(archived_at=clock.now())
    keep("recordings", 30, ada)

    assert retention.delete_all("recordings", by=ada).deleted == 1
    assert AudioFile.objects.count() == 0


def test_listed_thing_that_became_needed_stays(ada: User) -> None:
    recordings = [old_recording(), old_recording()]
    rule = keep("recordings", 30, ada)
    listed = [thing.key for thing in retention.list_due(rule).things]
    make_attempt(AttemptState.WAITING, recording=recordings[0])

    run = retention.delete_listed("recordings", [*listed, "x", "audiofile-x", "speech-1"], by=ada)

    assert (len(listed), run.deleted, run.failed) == (2, 1, 0)
    assert list(AudioFile.objects.all()) == recordings[:1]


def test_file_that_cannot_be_deleted_is_counted_and_tried_again(ada: User) -> None:
    speech = old_speech(ada)
    keep("speeches", 30, ada)
    Path(speech.audio.path).unlink()
    stuck = Path(speech.audio.path)
    (stuck / "x").mkdir(parents=True)  # a folder in place of the file

    failed = retention.delete_all("speeches", by=ada)
    (stuck / "x").rmdir()
    stuck.rmdir()

    assert (failed.deleted, failed.failed) == (0, 1)
    assert retention.delete_all("speeches", by=ada).deleted == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite locks no rows")
@pytest.mark.parametrize("kind", ["recordings", "speeches", "answers", "drafts"])
def test_two_runs_at_once_delete_each_thing_once(kind: str, ada: User) -> None:
    old_recording()
    old_speech(ada)
    old_draft(ada)
    keep(kind, 30, ada)
    done: list[int] = []

    def run() -> None:
        try:
            done.append(retention.delete_all(kind, by=ada).deleted)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(done) == [0, 1]
    assert len(entries(Verb.RETENTION_RUN)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite locks no rows")
def test_recording_that_is_being_used_is_waited_for(ada: User) -> None:
    recording = old_recording()
    keep("recordings", 30, ada)
    done: list[int] = []

    def run() -> None:
        try:
            done.append(retention.delete_all("recordings", by=ada).deleted)
        finally:
            connection.close()

    thread = Thread(target=run)
    with transaction.atomic():
        AudioFile.objects.select_for_update().get(pk=recording.pk)
        thread.start()
        thread.join(0.5)  # it cannot end before this transaction does
        make_attempt(AttemptState.WAITING, recording=recording)
    thread.join(30)

    assert done == [0]
    assert AudioFile.objects.get().deleted_at is None


# Rules --------------------------------------------------------------------------------------------


def test_rule_deletes_automatically_only_when_switched_on(ada: User) -> None:
    old_recording()
    keep("recordings", 30, ada)
    retention.apply_rules()
    before = AudioFile.objects.count()

    keep("recordings", 30, ada, is_automatic=True)
    retention.apply_rules()

    assert (before, AudioFile.objects.count()) == (1, 0)
    (entry,) = AuditEntry.objects.filter(verb=Verb.RETENTION_RUN)
    assert (entry.person, entry.facts["is_automatic"], entry.facts["count"]) == ("", True, 1)


def test_rule_that_was_just_changed_deletes_nothing_for_a_day(ada: User) -> None:
    old_recording()

    retention.change_rule("recordings", days=3, is_automatic=True, by=ada)
    retention.apply_rules()

    rule = RetentionRule.of("recordings")
    assert rule.changed_at is not None
    assert rule.starts_at == rule.next_look_at == rule.changed_at + GRACE
    assert AudioFile.objects.count() == 1


def test_rule_deletes_a_bounded_number_and_goes_on(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "RUN_SIZE", 2)
    for _ in range(3):
        old_recording()
    keep("recordings", 30, ada, is_automatic=True)

    left = []
    for _ in range(3):
        retention.apply_rules()
        left.append(AudioFile.objects.count())

    assert left == [1, 0, 0]


def test_run_ends_if_minimax_answers_nothing_and_the_worker_finishes(
    ada: User, standin: StandIn, settings: Settings
) -> None:
    settings.MINIMAX_READ_TIMEOUT = 0.2
    rule = keep("recordings", 30, ada)
    for number in range(deletion.MAX_UNANSWERED + 1):
        recording = old_recording()
        ProviderFile.objects.create(
            recording=recording, account=settings.MINIMAX_PROVIDER, file_id=1_000 + number
        )
    for _ in range(deletion.MAX_UNANSWERED):
        standin.script("files_delete", Fault(action="hang"))

    run = retention.delete_listed("recordings", keys(rule), by=ada)

    assert (run.deleted, run.failed, run.left) == (0, deletion.MAX_UNANSWERED, 1)
    marked = AudioFile.objects.exclude(deleted_at=None).count()
    assert (marked, len(keys(rule))) == (deletion.MAX_UNANSWERED, 1)
    assert [facts["count"] for facts in entries(Verb.RETENTION_RUN)] == [0]


def test_rule_looks_again_after_a_pause_only(ada: User) -> None:
    keep("recordings", 30, ada, is_automatic=True)
    retention.apply_rules()
    old_recording()
    retention.apply_rules()
    waiting = AudioFile.objects.count()

    RetentionRule.objects.update(next_look_at=clock.now() - timedelta(minutes=1))
    retention.apply_rules()

    assert (waiting, AudioFile.objects.count()) == (1, 0)


def test_rule_that_is_switched_off_meanwhile_stops(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        old_recording()
    keep("recordings", 30, ada, is_automatic=True)
    delete = deletion._delete

    def delete_and_switch_off(*arguments: Any) -> bool:
        keep("recordings", 30, ada)
        return delete(*arguments)

    monkeypatch.setattr(deletion, "_delete", delete_and_switch_off)
    retention.apply_rules()

    assert AudioFile.objects.count() == 1


def test_held_studio_deletes_nothing_automatically(ada: User) -> None:
    old_recording()
    keep("recordings", 30, ada, is_automatic=True)
    hold.start()
    retention.apply_rules()
    held = AudioFile.objects.count()

    hold.end(by=ada)
    retention.apply_rules()

    assert (held, AudioFile.objects.count(), Studio.current().held_since) == (1, 0, None)


def test_drafts_are_deleted_after_three_days_as_installed(ada: User, data_dir: Path) -> None:
    old_draft(ada)
    Draft.objects.create(owner=ada, place="/voices/")

    retention.apply_rules()

    assert [draft.place for draft in Draft.objects.all()] == ["/voices/"]
    assert files(data_dir) == 0
    assert entries(Verb.RETENTION_RUN)[0]["bytes"] == 3


def test_draft_that_is_handed_back_meanwhile_is_left(ada: User) -> None:
    draft = old_draft(ada)
    (thing,) = due.walk_due(RetentionRule.of("drafts"))
    Draft.objects.filter(pk=draft.pk).update(taken_at=clock.now())

    assert retention.delete_listed("drafts", [thing.key], by=ada).deleted == 0
    assert DraftFile.objects.count() == 1


def test_every_change_of_a_rule_is_in_the_audit_trail(ada: User) -> None:
    keep("speeches", 90, ada, is_automatic=True)
    keep("speeches", 90, ada, is_automatic=True)  # changes nothing
    rule = keep("speeches", None, ada, is_automatic=True)

    texts = AuditEntry.objects.order_by("pk").values_list("text", flat=True)
    assert list(texts) == [
        "Retention changed (Generated speech): for ever → 90 days, deleted automatically",
        "Retention changed (Generated speech): 90 days, deleted automatically → for ever",
    ]
    assert (rule.is_automatic, rule.changed_by) == (False, ada)


# Bounds -------------------------------------------------------------------------------------------


def test_list_is_read_in_pages(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "PAGE_SIZE", 2)
    made = [make_attempt(created_at=clock.now() - OLD) for _ in range(3)]
    speech = old_speech(ada)
    rule = keep("answers", 30, ada)

    pages, after = [], ""
    while True:
        page = retention.list_due(rule, after=after)
        pages.append([thing.key for thing in page.things])
        if not (after := page.following):
            break

    first, second, third = (f"cloneattempt-{attempt.pk}" for attempt in made)
    assert pages == [[first, second], [third, f"speech-{speech.pk}"]]
    assert retention.list_due(rule, after="nonsense").things[0].key == first


def test_counting_ends_at_a_bound(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "COUNTED", 2)
    for _ in range(3):
        old_recording()

    summary = retention.summarize(keep("recordings", 30, ada))

    assert (summary.count, summary.bytes, summary.has_more) == (2, 2 * len(MP3), True)


@pytest.mark.parametrize("kind", ["recordings", "speeches", "answers", "drafts"])
def test_list_takes_the_same_queries_for_any_number(
    kind: str, ada: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for _ in range(4):
        old_recording()
        old_speech(ada)
        make_attempt(created_at=clock.now() - OLD)
        old_draft(ada)
    rule = keep(kind, 30, ada)

    with django_assert_max_num_queries(4):
        things = retention.list_due(rule).things

    assert len(things) >= 4


# The command --------------------------------------------------------------------------------------


def test_command_lists_and_deletes_after_a_yes(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    old_recording()
    keep("recordings", 30, ada)
    out = StringIO()

    call_command("retention", person="ada", stdout=out)
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    with pytest.raises(CommandError, match="Nothing was deleted"):
        call_command("retention", delete="recordings", person="ada", stdout=out)
    kept = AudioFile.objects.count()
    monkeypatch.setattr("builtins.input", lambda _question: "yes")
    call_command("retention", delete="recordings", person="ada", stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[:4] == [
        "recordings\tkept for 30 days\t1 due, 2 KB",
        "speeches\tkept for ever\t0 due, 0 KB",
        "drafts\tkept for 3 days, deleted automatically\t0 due, 0 KB",
        "answers\tkept for ever\t0 due, 0 KB",
    ]
    assert (kept, AudioFile.objects.count(), CloneAttempt.objects.count()) == (1, 0, 0)
