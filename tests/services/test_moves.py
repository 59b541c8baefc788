"""Moves of speakers: all that belongs to one goes along, or nothing does."""

from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from tests.factories import make_attempt, make_project, make_recording, make_speaker, make_user
from voicestudio.models import (
    AttemptState,
    AudioFile,
    AuditEntry,
    Charge,
    CloneAttempt,
    Membership,
    Note,
    Project,
    Role,
    Speaker,
    Speech,
    Voice,
)
from voicestudio.services import clones, notes, recordings, speeches
from voicestudio.services.clones import Order
from voicestudio.services.permissions import NotAllowed
from voicestudio.services.speeches import SpeechOrder
from voicestudio.services.voices import moves

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


@pytest.fixture
def admin(db: None) -> User:
    return make_user("root", is_staff=True)


def make_speech(voice: Voice, by: User, **fields: Any) -> Speech:
    return Speech.objects.create(
        **{
            "project": voice.project, "voice": voice, "token": uuid4(), "provider": "practice",
            "created_by": by, "text": "Hello.", "model": "speech-2.8-hd", "status": "failed",
        } | fields
    )  # fmt: skip


def test_everything_of_the_speaker_moves_and_charges_stay(admin: User) -> None:
    target, home = make_project("Audiobook"), Project.first()
    original = make_recording(by=admin)
    attempt = make_attempt(recording=make_recording(by=admin, parent=original))
    make_recording(by=admin, parent=attempt.recording)
    voice = attempt.cloned_voice
    assert voice is not None
    make_speech(voice, admin)
    Note.objects.create(project=home, by=admin, recording=original, text="Warm.")
    Charge.objects.create(
        project=home, kind="preview", units=1, unit_price=Decimal(1), amount=Decimal(1),
        currency="$", provider="practice", attempt=attempt, voice=voice, speaker=attempt.speaker,
        voice_name=voice.voice_id, person=admin,
    )  # fmt: skip
    make_attempt()  # of another speaker

    assert moves.move_speaker(attempt.speaker, target, by=admin)

    counts = {Speaker: 1, CloneAttempt: 1, Voice: 1, Speech: 1, AudioFile: 3, Note: 1, Charge: 0}
    for model, count in counts.items():
        assert model._default_manager.filter(project=target).count() == count, model
    assert Charge.objects.get().amount == Decimal(1)
    entry = AuditEntry.objects.get(verb="speaker_moved")
    assert (entry.project_id, entry.object_id) == (target.pk, attempt.speaker_id)
    assert entry.facts == {
        "source": home.pk, "target": target.pk,
        "attempts": 1, "speeches": 1, "voices": 1, "recordings": 3,
    }  # fmt: skip
    assert not moves.move_speaker(attempt.speaker, target, by=admin)


@pytest.mark.parametrize("is_relative", [False, True])
def test_recording_of_another_speaker_stops_the_move(admin: User, is_relative: bool) -> None:
    recording = make_recording(by=admin, name="interview.mp3")
    attempt = make_attempt(recording=recording)
    used = make_recording(by=admin, name="part.mp3", parent=recording) if is_relative else recording
    make_attempt(recording=used, speaker_name="Ben")

    with pytest.raises(moves.NotMoved) as stopped:
        moves.move_speaker(attempt.speaker, make_project(), by=admin)

    assert str(stopped.value.message.headline) == (
        f"The recording {used.name}, or one made of it, is used by Ben too."
    )
    assert "clone the voice there" in str(stopped.value.message.next_step)
    assert CloneAttempt.objects.exclude(project=Project.first()).count() == 0


def test_deleted_recording_of_two_speakers_is_left_behind(admin: User) -> None:
    recording = make_recording(by=admin, file="", held=False, deleted_at=timezone.now())
    attempt = make_attempt(recording=recording)
    make_attempt(recording=recording)

    assert moves.move_speaker(attempt.speaker, make_project(), by=admin)

    assert AudioFile.objects.get(pk=recording.pk).project == Project.first()


@pytest.mark.parametrize(
    ("state", "stops"),
    [
        (AttemptState.WAITING, True), (AttemptState.SENDING, True), (AttemptState.CLONING, True),
        (AttemptState.UNKNOWN, False), (AttemptState.FAILED, False), (AttemptState.READY, False),
    ],
)  # fmt: skip
def test_call_under_way_stops_the_move(state: AttemptState, stops: bool, admin: User) -> None:
    attempt, target = make_attempt(state), make_project()

    with pytest.raises(moves.NotMoved) if stops else nullcontext():
        moves.move_speaker(attempt.speaker, target, by=admin)

    assert CloneAttempt.objects.filter(project=target).exists() is not stops


def test_speech_under_way_stops_the_move(admin: User) -> None:
    voice = make_attempt().cloned_voice
    assert voice is not None
    make_speech(voice, admin, status="waiting")

    with pytest.raises(moves.NotMoved):
        moves.move_speaker(voice.speaker, make_project(), by=admin)


@pytest.mark.parametrize("archived", ["source", "target"])
def test_archived_project_stops_the_move(archived: str, admin: User) -> None:
    speaker, target = make_speaker(), make_project()
    pk = target.pk if archived == "target" else speaker.project_id
    Project.objects.filter(pk=pk).update(archived_at=timezone.now())

    with pytest.raises(moves.NotMoved):
        moves.move_speaker(speaker, target, by=admin)


def test_form_shown_before_a_move_asks_for_the_role_in_the_new_project(
    order: Callable[..., Order], person: User, admin: User
) -> None:
    attempt = make_attempt(recording=order().recording)
    target = make_project()
    Membership.objects.create(project=target, person=person, role=Role.VIEWER)
    late = order(speaker_id=attempt.speaker_id)
    moves.move_speaker(attempt.speaker, target, by=admin)

    with pytest.raises(NotAllowed):
        clones.submit(late, by=person)


def test_copy_made_during_a_move_follows_its_original(
    recording: AudioFile, person: User, admin: User
) -> None:
    attempt, target = make_attempt(recording=recording), make_project()
    moves.move_speaker(attempt.speaker, target, by=admin)

    # `recording` still has the project of before.
    copy = recordings.cut_recording(
        recording, start_ms=0, end_ms=10_500, purpose="voice_clone", by=person
    )

    assert AudioFile.objects.get(pk=copy.pk).project == target


@pytest.mark.django_db(transaction=True)
def test_speech_requested_during_a_move_ends_in_one_project(
    speech_order: Callable[..., SpeechOrder], voice: Voice, admin: User
) -> None:
    target, order = make_project(), speech_order()
    started, ended = Event(), Event()
    failed: list[Exception] = []

    def submit() -> None:
        started.set()
        try:
            speeches.submit(order, by=admin)
        except Exception as error:
            failed.append(error)
        finally:
            ended.set()
            connection.close()

    thread = Thread(target=submit)
    with transaction.atomic():
        moves.move_speaker(voice.speaker, target, by=admin)
        thread.start()
        started.wait(30)
        ended.wait(0.5)  # it cannot end before this transaction does
    thread.join(30)

    assert failed == []
    assert set(Speech.objects.values_list("project", "voice__project")) == {(target.pk,) * 2}


def test_unused_recording_moves_with_its_family_and_notes(admin: User) -> None:
    target, home = make_project("Audiobook"), Project.first()
    original = make_recording(by=admin)
    copy = make_recording(by=admin, parent=original)
    Note.objects.create(project=home, by=admin, recording=original, text="Warm.")
    make_recording(by=admin)  # of another family

    assert moves.move_recording(copy, target, by=admin)

    assert set(AudioFile.objects.filter(project=target)) == {original, copy}
    assert Note.objects.get().project == target
    assert AuditEntry.objects.get(verb="recording_moved").facts == {
        "source": home.pk, "target": target.pk, "recordings": 2,
    }  # fmt: skip
    assert not moves.move_recording(original, target, by=admin)


@pytest.mark.parametrize("is_clip", [False, True])
def test_recording_of_a_used_family_moves_with_its_speaker_only(admin: User, is_clip: bool) -> None:
    original = make_recording(by=admin)
    if is_clip:
        attempt = make_attempt(speaker_name="Ben", prompt_clip=original, prompt_text="Hello.")
    else:
        attempt = make_attempt(speaker_name="Ben", recording=original)
    copy, target = make_recording(by=admin, parent=original), make_project()

    with pytest.raises(moves.NotMoved) as stopped:
        moves.move_recording(copy, target, by=admin)

    headline = "It, or a recording of its family, was used for Ben."
    assert str(stopped.value.message.headline) == headline
    assert moves.move_speaker(attempt.speaker, target, by=admin)
    assert AudioFile.objects.get(pk=copy.pk).project == target


def test_deleted_recording_of_an_attempt_is_left_behind_by_its_copy(admin: User) -> None:
    original = make_recording(by=admin, file="", held=False, deleted_at=timezone.now())
    make_attempt(recording=original)
    copy, target = make_recording(by=admin, parent=original), make_project()

    assert moves.move_recording(copy, target, by=admin)

    assert AudioFile.objects.get(project=target) == copy


@pytest.mark.parametrize("archived", ["source", "target"])
def test_archived_project_stops_the_move_of_a_recording(archived: str, admin: User) -> None:
    recording, target = make_recording(by=admin), make_project()
    pk = target.pk if archived == "target" else recording.project_id
    Project.objects.filter(pk=pk).update(archived_at=timezone.now())

    with pytest.raises(moves.NotMoved):
        moves.move_recording(recording, target, by=admin)


@pytest.mark.django_db(transaction=True)
def test_note_written_during_a_move_belongs_to_the_new_project(admin: User) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("one transaction at a time")
    recording, target, home = make_recording(by=admin), make_project(), Project.first()
    started, ended = Event(), Event()

    def write() -> None:
        started.set()
        notes.add_note(recording, "Warm.", by=admin)
        ended.set()
        connection.close()

    thread = Thread(target=write)
    with transaction.atomic():
        moves.move_recording(recording, target, by=admin)
        thread.start()
        started.wait(30)
        ended.wait(0.5)  # it cannot end before this transaction does
    thread.join(30)

    assert recording.project == home
    assert list(Note.objects.values_list("project", flat=True)) == [target.pk]
