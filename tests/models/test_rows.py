"""Constraints of the database, and columns that never change."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from tests.factories import make_attempt, make_recording, make_user, make_voice
from voicestudio.models import (
    AttemptState,
    AudioFile,
    CloneAttempt,
    Origin,
    ProviderFile,
    Purpose,
    Speech,
    Studio,
    Tag,
    Voice,
    search,
)
from voicestudio.models.paid_call_queryset import ImmutableOrder
from voicestudio.models.partial_row import PartialRow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

BIG = 2**53 + 1


def test_file_id_past_2_to_the_53_is_stored_exactly() -> None:
    assert AudioFile.objects.get(pk=make_recording(file_id=BIG).pk).file_id == BIG


def test_living_voice_id_is_unique_at_a_provider() -> None:
    first = make_voice("Anna-7k2pp")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_voice("Anna-7k2pp")
    make_voice("Anna-7k2pp", provider="api.example.com")
    Voice.objects.filter(pk=first.pk).update(deleted_at=timezone.now())
    assert make_voice("Anna-7k2pp").pk != first.pk


def test_voice_id_of_a_running_attempt_is_unique() -> None:
    make_attempt(AttemptState.UNKNOWN, voice_id="Anna-7k2pp")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_attempt(AttemptState.WAITING, voice_id="Anna-7k2pp")


@pytest.mark.parametrize(
    "fields",
    [
        {"state": AttemptState.WAITING, "prompt_text": "words without a clip"},
        {"state": AttemptState.WAITING, "preview_text": "text without a model", "model": ""},
        {"state": AttemptState.WAITING, "preview_text": ""},
        {"state": AttemptState.READY, "cloned_voice": None},
        {"state": AttemptState.WAITING, "status": "dreaming"},
        {"state": AttemptState.CLONING, "sent": None, "sent_at": None},
        {"state": AttemptState.CLONING, "sent_at": None},
        {"state": AttemptState.WAITING, "permission_wording": ""},
    ],
)
def test_database_refuses_an_invalid_attempt(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_attempt(**fields)


def test_database_refuses_a_prompt_clip_without_text() -> None:
    clip = make_recording(purpose=Purpose.PROMPT)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_attempt(AttemptState.WAITING, prompt_clip=clip)


@pytest.mark.parametrize(
    "fields", [{"held": False, "origin": Origin.UPLOADED}, {"purpose": "music"}, {"account": ""}]
)
def test_database_refuses_an_invalid_recording(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_recording(**fields)


def test_token_of_an_attempt_is_unique() -> None:
    token = uuid4()
    make_attempt(AttemptState.FAILED, token=token)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_attempt(AttemptState.FAILED, token=token)


@pytest.mark.parametrize("field", sorted(CloneAttempt.IMMUTABLE_FIELDS))
def test_order_cannot_be_changed(field: str) -> None:
    attempt = make_attempt(AttemptState.WAITING)

    with pytest.raises(ImmutableOrder):
        CloneAttempt.objects.filter(pk=attempt.pk).update(**{field: getattr(attempt, field)})
    with pytest.raises(ImmutableOrder):
        attempt.save(update_fields=[field])


def test_every_column_of_the_order_is_immutable() -> None:
    """A new column of the order must be added to IMMUTABLE_FIELDS."""
    under_way = {
        "id", "search_text", "status", "enqueued_at", "retry_at", "slot_at", "attempts_made",
        "claim", "worker", "lease_until", "claimed_at", "uploaded_at", "sent_at", "answered_at",
        "finished_at", "sent", "answer", "answer_text", "answer_file", "answer_deleted_at",
        "http_status", "status_code", "status_msg",
        "trace_id", "trouble", "input_sensitive", "input_sensitive_type", "cloned_voice", "calls",
        "audio_url", "audio", "audio_trouble", "audio_bytes", "audio_duration_ms", "audio_peaks",
        "audio_lufs", "audio_saved_at", "audio_sha256", "project",
    }  # fmt: skip

    columns = {field.name for field in CloneAttempt._meta.get_fields() if field.concrete}

    assert columns - under_way == {name.removesuffix("_id") if name.endswith("_by_id") or name in {
        "speaker_id", "recording_id", "prompt_clip_id", "parent_id"} else name
        for name in CloneAttempt.IMMUTABLE_FIELDS}  # fmt: skip


def test_sent_request_is_written_once() -> None:
    attempt = make_attempt(AttemptState.SENDING)
    rows = CloneAttempt.objects.filter(pk=attempt.pk)

    first = rows.update(sent={"voice_id": "a"}, sent_at=timezone.now())
    second = rows.update(sent={"voice_id": "b"}, sent_at=timezone.now())

    assert (first, second) == (1, 0)
    assert rows.get().sent == {"voice_id": "a"}
    with pytest.raises(ImmutableOrder):
        rows.get().save(update_fields=["sent"])


def test_save_without_named_fields_is_refused() -> None:
    with pytest.raises(ImmutableOrder):
        make_attempt(AttemptState.WAITING).save()


def test_state_follows_the_end_of_the_lease() -> None:
    past = timezone.now() - timedelta(seconds=1)

    assert make_attempt(AttemptState.SENDING, lease_until=past).state == AttemptState.INTERRUPTED
    assert make_attempt(AttemptState.CLONING, lease_until=past).state == AttemptState.UNKNOWN
    assert make_attempt(AttemptState.CLONING).state == AttemptState.CLONING


def test_claim_succeeds_once() -> None:
    attempt = make_attempt(AttemptState.WAITING)
    mine, theirs = uuid4(), uuid4()

    taken = CloneAttempt.objects.claim(attempt.pk, mine)

    assert taken is not None
    assert (taken.claim, taken.status, taken.attempts_made) == (mine, AttemptState.SENDING, 1)
    assert CloneAttempt.objects.claim(attempt.pk, theirs) is None


def test_advance_writes_nothing_after_another_claim() -> None:
    attempt = make_attempt(AttemptState.SENDING)
    CloneAttempt.objects.filter(pk=attempt.pk).update(claim=uuid4())

    assert attempt.advance(held_as=(AttemptState.SENDING,), trace_id="mine") is False
    assert CloneAttempt.objects.get(pk=attempt.pk).trace_id == ""


def test_user_with_attempts_cannot_be_deleted() -> None:
    person = make_user()
    make_attempt(AttemptState.FAILED, by=person)

    with pytest.raises(IntegrityError), transaction.atomic():
        person.delete()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite rebuilds tables")
def test_search_index_survives_a_rebuilt_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {search.INDEX}_insert")
    search.install_index(connection)
    wanted = make_attempt(AttemptState.FAILED, speaker_name="Zacharias")

    assert [row.pk for row in CloneAttempt.objects.page(words="zachar").attempts] == [wanted.pk]


def test_recording_has_one_living_upload_at_an_account() -> None:
    recording = make_recording(file_id=7)

    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderFile.objects.create(recording=recording, account="practice", file_id=8)
    ProviderFile.objects.update(deleted_at=timezone.now())
    assert (recording.file_id_at("practice"), recording.file_id) == (None, None)
    ProviderFile.objects.create(recording=recording, account="practice", file_id=8)
    ProviderFile.objects.create(recording=recording, account="api.example.com", file_id=9)
    assert recording.file_id_at("practice") == 8
    assert recording.file_id_at("api.example.com") == recording.file_id == 9


def test_two_recordings_may_have_one_file_id() -> None:
    make_recording(file_id=7)
    make_recording(file_id=7)

    assert ProviderFile.objects.filter(account="practice", file_id=7).count() == 2


@pytest.mark.parametrize(("first", "second"), [("Calm", "CALM"), ("Ärger", "ärger")])
def test_tag_is_unique_without_case(first: str, second: str) -> None:
    Tag.objects.create(name=first)

    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(name=second)


def test_studio_has_one_id() -> None:
    token = Studio.current().token

    assert Studio.current().token == token
    with pytest.raises(IntegrityError), transaction.atomic():
        Studio.objects.create(pk=2)


@pytest.mark.parametrize("command", ["migrate", "studio"])
def test_database_of_before_the_first_release_is_refused(command: str) -> None:
    recorder = MigrationRecorder(connection)
    for app, name in recorder.applied_migrations():
        if app == "voicestudio":
            recorder.record_unapplied(app, name)
    for name in ("0001_rows", "0002_search", "0003_recordings"):
        recorder.record_applied("voicestudio", name)

    with pytest.raises(CommandError, match=r"before 0\.1\.0"):
        call_command(command)


class Names(list[str]):
    """Names of columns that are slow to look up, as in every list."""

    def __contains__(self, name: object) -> bool:
        raise AssertionError("each column of each row would be looked up here")


@pytest.mark.parametrize("model", [CloneAttempt, Speech, AudioFile, Voice])
def test_row_of_some_columns_is_read_without_searching_a_list(model: type[PartialRow]) -> None:
    row = model.from_db("default", Names(["id", "project_id"]), (7, 3))

    columns = {field.attname for field in model._meta.concrete_fields}
    assert row.__dict__.items() >= {"id": 7, "project_id": 3}.items()
    assert row.get_deferred_fields() == columns - {"id", "project_id"}
