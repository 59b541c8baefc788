"""Keeping and rebuilding voices, and the daily reminder of voices that expire."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_user, make_voice
from voicestudio.minimax import SpeechAnswer, SpeechRequest
from voicestudio.models import (
    AttemptState,
    AudioFile,
    Charge,
    Event,
    EventKind,
    Project,
    Reminder,
    Speech,
    SpeechState,
    Voice,
    VoiceState,
)
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones, reminders, speeches
from voicestudio.services.clones import rebuild
from voicestudio.services.paid_calls import runner
from voicestudio.services.paid_calls.steps import Keep
from voicestudio.services.speeches import keep, steps
from voicestudio.services.voices import bookkeeping

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

HOUR = timedelta(hours=1)


def test_keep_generates_one_sentence(voice: Voice, person: User, standin: StandIn) -> None:
    price = keep.estimate_keep(voice)
    speech = keep.keep_voice(voice, by=person)
    speeches.run_speech.call(speech.pk)

    voice.refresh_from_db()
    assert voice.state == VoiceState.KEPT
    assert standin.calls_of("t2a_v2")[0].json["text"] == keep.SENTENCE
    assert sum(line.amount for line in Charge.objects.all()) == price.total
    assert [event.kind for event in voice.events.all()] == [EventKind.KEPT]
    with pytest.raises(speeches.VoiceUnavailable) as refusal:
        keep.keep_voice(voice, by=person)
    assert refusal.value.state == VoiceState.KEPT


def test_keep_twice_makes_one_speech(voice: Voice, person: User) -> None:
    assert keep.keep_voice(voice, by=person) == keep.keep_voice(voice, by=make_user())


def test_refused_keep_changes_nothing(voice: Voice, person: User, standin: StandIn) -> None:
    standin.script("t2a_v2", Fault(status_code=1008))
    speech = keep.keep_voice(voice, by=person)
    speeches.run_speech.call(speech.pk)

    voice.refresh_from_db()
    speech.refresh_from_db()
    assert (speech.state, voice.state) == (SpeechState.FAILED, VoiceState.TEMPORARY)
    assert keep.keep_voice(voice, by=person).pk != speech.pk


def test_keep_refused_late_gives_way_to_the_next_one(
    voice: Voice, person: User, standin: StandIn
) -> None:
    """Its outcome was unknown when another one was ordered; then MiniMax asks to slow down."""
    first = keep.keep_voice(voice, by=person)
    standin.script("t2a_v2", Fault(status_code=1002))

    def send_late(speech: Speech, request: SpeechRequest, write: Keep) -> SpeechAnswer:
        Speech.objects.filter(pk=speech.pk).update(lease_until=timezone.now() - HOUR)
        assert bookkeeping.settle_lapsed() == 1
        assert keep.keep_voice(voice, by=person).pk != speech.pk
        return steps.send_speech(speech, request, write)

    runner.run(replace(steps.STEPS, send=send_late), first.pk)

    states = [speech.state for speech in Speech.objects.order_by("pk")]
    assert states == [SpeechState.FAILED, SpeechState.WAITING]
    assert not Charge.objects.counted().exists()


def test_keep_after_another_speech_costs_nothing(
    voice: Voice, person: User, standin: StandIn
) -> None:
    speech = keep.keep_voice(voice, by=person)
    Voice.objects.filter(pk=voice.pk).update(kept_at=timezone.now())

    speeches.run_speech.call(speech.pk)

    speech.refresh_from_db()
    assert (speech.state, speech.trouble) == (SpeechState.FAILED, "kept_already")
    assert standin.calls_of("t2a_v2") == []


def test_dismissed_reminder_ends_and_voice_can_still_be_kept(
    voice: Voice, person: User, standin: StandIn
) -> None:
    Voice.objects.filter(pk=voice.pk).update(created_at=timezone.now() - 150 * HOUR)
    assert list(reminders.expiring_voices(person)) == [voice]

    assert keep.dismiss_reminder(voice, by=person)

    assert list(reminders.expiring_voices(person)) == []
    assert not keep.dismiss_reminder(voice, by=person)
    speeches.run_speech.call(keep.keep_voice(voice, by=person).pk)
    voice.refresh_from_db()
    assert (voice.state, voice.reminder_dismissed_at) == (VoiceState.KEPT, None)


def test_rebuild_repeats_the_order_with_a_new_voice_id(voice: Voice, person: User) -> None:
    Voice.objects.filter(pk=voice.pk).update(created_at=timezone.now() - 169 * HOUR)
    old = voice.attempt

    made = rebuild.rebuild_voice(voice, by=person)

    same = ("speaker", "recording", "preview_text", "model", "language", "noise_reduction")
    assert [getattr(made, name) for name in same] == [getattr(old, name) for name in same]
    assert (made.state, made.parent, made.permission_by) == (AttemptState.WAITING, old, person)
    assert made.voice_id != old.voice_id
    assert Event.objects.get(kind=EventKind.REBUILT).voice == voice


def test_rebuild_needs_the_recording(voice: Voice, person: User) -> None:
    AudioFile.objects.update(file="", deleted_at=timezone.now())
    with pytest.raises(rebuild.CannotRebuild, match="recording_gone"):
        rebuild.rebuild_voice(Voice.objects.get(pk=voice.pk), by=person)
    with pytest.raises(rebuild.CannotRebuild, match="no_attempt"):
        rebuild.rebuild_voice(make_voice(), by=person)


# The daily reminder -------------------------------------------------------------------------------

MORNING = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


@pytest.fixture
def expiring(settings: Settings) -> Voice:
    settings.MAIL_HOST = "mail.example.com"
    make_user("anna", email="anna@example.com")
    make_user("gone", email="gone@example.com", is_active=False)
    return make_voice(created_at=timezone.now() - 150 * HOUR)


def test_reminder_is_sent_once_a_day(expiring: Voice) -> None:
    assert [reminders.send_if_due(MORNING) for _turn in range(3)] == [1, 0, 0]
    assert reminders.send_if_due(MORNING + 24 * HOUR) == 1

    first, _second = mail.outbox
    assert (first.bcc, first.to) == (["anna@example.com"], [])
    assert first.subject == "1 voice expires within 48 hours"
    assert f"{expiring.speaker.name}: {expiring.voice_id}, until " in first.body
    assert Reminder.objects.count() == 2


@pytest.mark.parametrize(("in_practice", "sent"), [(True, 1), (False, 0)])
def test_no_reminder_of_an_example_once_the_studio_is_real(
    in_practice: bool, sent: int, expiring: Voice, settings: Settings
) -> None:
    settings.PRACTICE_MODE = in_practice
    Project.objects.filter(pk=expiring.project_id).update(is_example=True)

    assert reminders.send_if_due(MORNING) == sent


def test_no_reminder_before_the_morning_without_a_server_or_without_expiry(
    expiring: Voice, settings: Settings
) -> None:
    assert reminders.send_if_due(MORNING - HOUR) == 0
    settings.MAIL_HOST = ""
    assert reminders.send_if_due(MORNING) == 0
    settings.MAIL_HOST = "mail.example.com"
    Voice.objects.update(reminder_dismissed_at=timezone.now())
    assert reminders.send_if_due(MORNING) == 0
    assert mail.outbox == []


def test_failed_reminder_is_sent_again_later(
    expiring: Voice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = settings.MAILERS
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 1, "timeout": 1},
        }
    }
    assert reminders.send_if_due(MORNING) == 0
    with pytest.raises(OSError, match="refused"):
        reminders.send(MORNING)
    settings.MAILERS = working
    assert reminders.send_if_due(MORNING + timedelta(minutes=5)) == 0
    assert reminders.send_if_due(MORNING + timedelta(minutes=15)) == 1
    assert len(mail.outbox) == 1


class TransactionRecorder(BaseEmailBackend):
    """Records whether a transaction is open while an email is sent."""

    in_transaction: ClassVar[list[bool]] = []

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.in_transaction.append(connection.in_atomic_block)
        return len(email_messages)


@pytest.mark.django_db(transaction=True)
def test_reminder_is_sent_outside_of_a_transaction(expiring: Voice, settings: Settings) -> None:
    backend = f"{TransactionRecorder.__module__}.{TransactionRecorder.__qualname__}"
    settings.MAILERS = {"default": {"BACKEND": backend}}

    assert reminders.send(MORNING) == 1

    assert TransactionRecorder.in_transaction == [False]


def test_rebuilt_attempt_has_a_parent(voice: Voice, person: User) -> None:
    made = rebuild.rebuild_voice(voice, by=person)

    assert list(voice.attempt.children.all()) == [made]
    assert clones.message_for(made) is None
