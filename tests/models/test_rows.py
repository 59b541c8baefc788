"""Rows: what the database refuses whatever the code does, and what is never changed."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from tests.factories import make_attempt, make_recording, make_user, make_voice
from voicestudio.models import AttemptState, AudioFile, CloneAttempt, Purpose, Voice
from voicestudio.models.paid_calls import ImmutableOrder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

BIG = 2**53 + 1


def test_a_file_id_past_2_to_the_53_is_kept_exactly() -> None:
    assert AudioFile.objects.get(pk=make_recording(file_id=BIG).pk).file_id == BIG


def test_a_voice_id_lives_once_at_one_provider() -> None:
    first = make_voice("Anna-7k2pp")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_voice("Anna-7k2pp")
    make_voice("Anna-7k2pp", provider="api.example.com")
    Voice.objects.filter(pk=first.pk).update(deleted_at=timezone.now())
    assert make_voice("Anna-7k2pp").pk != first.pk


def test_a_voice_id_is_under_way_once() -> None:
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
def test_the_database_refuses_what_must_never_be(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_attempt(**fields)


def test_the_database_refuses_a_clip_without_words() -> None:
    clip = make_recording(purpose=Purpose.PROMPT)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_attempt(AttemptState.WAITING, prompt_clip=clip)


@pytest.mark.parametrize(
    "fields", [{"held": False, "file_id": None}, {"purpose": "music"}, {"provider": ""}]
)
def test_the_database_refuses_a_recording_that_makes_no_sense(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_recording(**fields)


def test_the_same_token_cannot_make_two_attempts() -> None:
    token = uuid4()
    make_attempt(AttemptState.FAILED, token=token)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_attempt(AttemptState.FAILED, token=token)


@pytest.mark.parametrize("field", sorted(CloneAttempt.IMMUTABLE_FIELDS))
def test_what_was_ordered_is_never_changed(field: str) -> None:
    attempt = make_attempt(AttemptState.WAITING)

    with pytest.raises(ImmutableOrder):
        CloneAttempt.objects.filter(pk=attempt.pk).update(**{field: getattr(attempt, field)})
    with pytest.raises(ImmutableOrder):
        attempt.save(update_fields=[field])


def test_every_ordered_column_is_named() -> None:
    """A new column of the order has to be protected as well."""
    under_way = {
        "id", "search_text", "status", "enqueued_at", "retry_at", "slot_at", "attempts_made",
        "claim", "worker", "lease_until", "claimed_at", "uploaded_at", "sent_at", "answered_at",
        "finished_at", "sent", "answer", "answer_text", "http_status", "status_code", "status_msg",
        "trace_id", "trouble", "input_sensitive", "input_sensitive_type", "cloned_voice", "calls",
        "audio_url", "audio", "audio_trouble", "audio_bytes", "audio_duration_ms", "audio_peaks",
        "audio_saved_at",
    }  # fmt: skip

    columns = {field.name for field in CloneAttempt._meta.get_fields() if field.concrete}

    assert columns - under_way == {name.removesuffix("_id") if name.endswith("_by_id") or name in {
        "speaker_id", "recording_id", "prompt_clip_id", "parent_id"} else name
        for name in CloneAttempt.IMMUTABLE_FIELDS}  # fmt: skip


def test_what_was_sent_is_written_once() -> None:
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


def test_state_is_true_the_moment_the_lease_runs_out() -> None:
    past = timezone.now() - timedelta(seconds=1)

    assert make_attempt(AttemptState.SENDING, lease_until=past).state == AttemptState.INTERRUPTED
    assert make_attempt(AttemptState.CLONING, lease_until=past).state == AttemptState.UNKNOWN
    assert make_attempt(AttemptState.CLONING).state == AttemptState.CLONING


def test_claim_gives_an_attempt_to_one_claimant() -> None:
    attempt = make_attempt(AttemptState.WAITING)
    mine, theirs = uuid4(), uuid4()

    taken = CloneAttempt.objects.claim(attempt.pk, mine)

    assert taken is not None
    assert (taken.claim, taken.status, taken.attempts_made) == (mine, AttemptState.SENDING, 1)
    assert CloneAttempt.objects.claim(attempt.pk, theirs) is None


def test_advance_writes_nothing_once_another_has_the_attempt() -> None:
    attempt = make_attempt(AttemptState.SENDING)
    CloneAttempt.objects.filter(pk=attempt.pk).update(claim=uuid4())

    assert attempt.advance(held_as=(AttemptState.SENDING,), trace_id="mine") is False
    assert CloneAttempt.objects.get(pk=attempt.pk).trace_id == ""


def test_user_deletion_is_refused_while_their_attempts_stand() -> None:
    person = make_user()
    make_attempt(AttemptState.FAILED, by=person)

    with pytest.raises(IntegrityError), transaction.atomic():
        person.delete()


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite rebuilds tables")
def test_search_index_survives_a_rebuilt_table() -> None:
    from voicestudio.models import search

    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {search.INDEX}_insert")
    search.install(connection)
    wanted = make_attempt(AttemptState.FAILED, speaker_name="Zacharias")

    assert [row.pk for row in CloneAttempt.objects.page(words="zachar").attempts] == [wanted.pk]
