"""Audit: what is recorded, without names and texts; the chain of seals, and what breaks it."""

import io
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from tests.factories import make_recording, make_speaker
from voicestudio.models import (
    AuditChain,
    AuditEntry,
    Event,
    KnownSettings,
    Project,
    Verb,
    Voice,
    Way,
    audit_triggers,
)
from voicestudio.models.audit import ONLY_PK
from voicestudio.practice.faults import Fault
from voicestudio.practice.server import StandIn
from voicestudio.services import audit, clones, recordings, speeches
from voicestudio.services.audit import seal
from voicestudio.services.audit.origins import current_origin
from voicestudio.services.clones import Order, attempt_tree, reconcile
from voicestudio.services.money import limits
from voicestudio.services.speeches import SpeechOrder, keep
from voicestudio.services.voices import bookkeeping, deletion, notes, speakers

TABLE = "voicestudio_auditentry"


def verbs() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))


def newest() -> AuditEntry:
    entry = AuditEntry.objects.order_by("-pk").first()
    assert entry is not None
    return entry


@pytest.fixture
def entries(person: User) -> list[AuditEntry]:
    """Five entries without a seal."""
    for _number in range(5):
        audit.record(Verb.SIGNED_IN, by=person, on=person)
    return list(AuditEntry.objects.all())


def tamper(sql: str) -> None:
    """What someone with full rights on the database could do: DELETE or UPDATE entries."""
    sql = sql.replace("DELETE", "DELETE FROM " + TABLE).replace("UPDATE", "UPDATE " + TABLE)  # noqa: S608
    audit_triggers.remove_triggers(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql)
    audit_triggers.install_triggers(connection)


# What is recorded ---------------------------------------------------------------------------------


def test_clone_is_recorded_from_order_to_answer(
    order: Callable[..., Order], person: User, standin: StandIn
) -> None:
    attempt = clones.submit(order(), by=person)
    clones.run_clone.call(attempt.pk)

    assert verbs() == ["speaker_added", "permission_confirmed", "clone_requested", "clone_ready"]
    ready = newest()
    assert (ready.person_id, ready.person, ready.way) == (person.pk, "lea", Way.SCRIPT)
    assert (ready.object_kind, ready.object_id) == ("attempt", attempt.pk)
    assert ready.project_id == attempt.project_id
    assert ready.facts["status_code"] == 0


def test_order_that_is_rolled_back_leaves_no_entry(
    order: Callable[..., Order], person: User, standin: StandIn
) -> None:
    with transaction.atomic():
        clones.submit(order(), by=person)
        transaction.set_rollback(True)

    assert verbs() == []


@pytest.mark.parametrize(
    ("fault", "verb", "facts"),
    [
        (
            Fault(action="drop", after="work"),
            "clone_unknown",
            {"state": "unknown", "status_code": None},
        ),
        (Fault(status_code=1026), "clone_failed", {"state": "stopped", "status_code": 1026}),
        (Fault(status_code=2039), "clone_failed", {"state": "failed", "status_code": 2039}),
    ],
)
def test_outcome_of_a_clone_is_recorded(
    order: Callable[..., Order], person: User, standin: StandIn, fault: Fault, verb: str,
    facts: dict[str, Any],
) -> None:  # fmt: skip
    attempt = clones.submit(order(), by=person)
    standin.script("voice_clone", fault)
    clones.run_clone.call(attempt.pk)

    assert newest().verb == verb
    assert {name: newest().facts[name] for name in facts} == facts


def test_lost_call_is_not_said_to_be_done_by_the_reader(
    order: Callable[..., Order], person: User, standin: StandIn
) -> None:
    attempt = clones.submit(order(), by=person)
    type(attempt).objects.filter(pk=attempt.pk).update(
        status="cloning", sent={}, sent_at=attempt.created_at, lease_until=attempt.created_at
    )

    with audit.acting_from(audit.Origin(Way.PAGE, "192.0.2.7")):
        bookkeeping.settle_lapsed()

    entry = newest()
    assert (entry.verb, entry.way, entry.address) == ("clone_unknown", Way.WORKER, "")
    assert entry.person == "lea"


def test_no_name_and_no_text_enters_the_trail(
    order: Callable[..., Order], person: User, standin: StandIn, settings: Settings, data_dir: Path
) -> None:
    secret = "Quokka"
    attempt = clones.submit(
        order(speaker_name=f"{secret} A", voice_id=f"{secret}-7k2p", preview_text=f"{secret} one."),
        by=person,
    )
    clones.run_clone.call(attempt.pk)
    attempt.refresh_from_db()
    voice, speaker = attempt.cloned_voice, attempt.speaker
    assert voice is not None
    spoken = speeches.submit(
        SpeechOrder(attempt.token, voice, f"{secret} two.", "speech-2.8-hd"), by=person
    )
    speeches.run_speech.call(spoken.pk)
    notes.save_notes(voice, f"{secret} three", by=person)
    notes.set_tags(voice, [secret], by=person)
    attempt_tree.pin(attempt, by=person)
    attempt_tree.unpin(type(speaker).objects.get(pk=speaker.pk), by=person)
    speakers.rename_speaker(speaker, f"{secret} B", by=person)
    other = make_speaker(f"{secret} C", by=person)
    speakers.merge_speakers(other, speaker, by=person)
    recordings.rename_recording(attempt.recording, f"{secret}.wav", by=person)
    deletion.delete_voice(
        Voice.objects.get(pk=voice.pk), confirmation=voice.voice_id, by=person,
        files_there=True, files_here=True,
    )  # fmt: skip

    rows = str(list(AuditEntry.objects.values_list()))
    assert secret not in rows
    assert settings.MINIMAX_API_KEY not in rows
    assert verbs() == [
        "speaker_added", "permission_confirmed", "clone_requested", "clone_ready",
        "speech_requested", "voice_kept", "speech_ready", "notes_changed", "tags_changed",
        "clone_pinned", "clone_unpinned", "speaker_renamed", "speakers_merged",
        "recording_renamed", "voice_deleted", "upload_deleted", "audio_deleted",
        "audio_deleted", "audio_deleted",
    ]  # fmt: skip
    # The timeline has the texts, which can be erased.
    assert Event.objects.get(kind="noted").note == f"{secret} three"


def test_kept_reminders_imports_and_limits_are_on_timelines_and_in_the_trail(
    voice: Voice, person: User, admin_user: User
) -> None:
    keep.dismiss_reminder(voice, by=person)
    limits.allow_more(Decimal(5), by=admin_user, note="Quokka")

    assert verbs() == ["reminder_dismissed", "limit_raised"]
    assert newest().text == "This month's limit raised by 5"
    assert list(Event.objects.values_list("kind", "note")) == [
        ("dismissed", ""),
        ("allowed", "Quokka"),
    ]


def test_settled_attempt_is_recorded_once(
    order: Callable[..., Order], person: User, standin: StandIn
) -> None:
    attempt = clones.submit(order(), by=person)
    standin.script("voice_clone", Fault(action="drop", after="work"))
    clones.run_clone.call(attempt.pk)

    assert reconcile.settle_by_hand(attempt, worked=True, note="Quokka", by=person)
    assert not reconcile.settle_by_hand(attempt, worked=True, note="Quokka", by=person)

    assert verbs().count("clone_settled") == 1
    assert newest().facts == {"worked": True}


def test_deleted_recording_is_recorded(person: User, standin: StandIn, data_dir: Path) -> None:
    recording = make_recording(by=person, uploaded=False)

    with audit.acting_from(audit.Origin(Way.PAGE, "192.0.2.7", "Firefox", lambda: person)):
        recordings.delete_recording(recording, by=person)
        recordings.delete_recording(recording, by=person)

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.object_id, entry.person) == ("recording_deleted", recording.pk, "lea")
    assert (entry.address, entry.user_agent) == ("192.0.2.7", "Firefox")
    assert entry.project_id == Project.first().pk


def test_origin_ends_with_its_block() -> None:
    with audit.acting_from(audit.Origin(Way.PAGE)):
        assert current_origin().way == Way.PAGE
    assert current_origin().way == Way.SCRIPT


# The seal -----------------------------------------------------------------------------------------


def test_entries_are_sealed_in_the_order_of_their_ids(entries: list[AuditEntry]) -> None:
    assert audit.seal_entries() == 5
    assert audit.seal_entries() == 0

    sealed = list(AuditEntry.objects.order_by("pk"))
    assert [entry.sequence for entry in sealed] == [1, 2, 3, 4, 5]
    assert [entry.previous_hash for entry in sealed] == ["", *(entry.hash for entry in sealed[:4])]
    assert audit.seal_head() == f"5:{sealed[-1].hash}"
    assert audit.verify_trail() == 5


def test_entry_that_is_committed_late_is_sealed_late(person: User) -> None:
    first = audit_entry(pk=1)
    third = audit_entry(pk=3)
    audit.seal_entries()
    second = audit_entry(pk=2)
    audit.seal_entries()

    numbers = dict(AuditEntry.objects.values_list("pk", "sequence"))
    assert numbers == {first.pk: 1, third.pk: 2, second.pk: 3}
    assert audit.verify_trail() == 3


def audit_entry(**fields: Any) -> AuditEntry:
    values = {"verb": Verb.SIGNED_IN, "way": Way.PAGE, "text": "x"}
    return AuditEntry.objects.create(**(values | fields))


@pytest.mark.django_db(transaction=True)
def test_two_workers_seal_each_entry_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "BATCH", 3)
    for _number in range(40):
        audit_entry()
    start = Barrier(2)

    def work(_number: int) -> int:
        start.wait(10)
        try:
            return audit.seal_entries()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(work, range(2)))

    assert sum(counts) == 40
    assert audit.verify_trail() == 40


def test_head_is_logged_once_a_minute(
    entries: list[AuditEntry], person: User, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(seal, "_logged", {})
    caplog.set_level(logging.INFO, logger=seal.__name__)
    audit.seal_entries()
    audit.record(Verb.SIGNED_OUT, by=person, on=person)
    audit.seal_entries()

    assert [record.message for record in caplog.records] == [
        f"The head of the audit trail is 5:{AuditEntry.objects.get(sequence=5).hash}."
    ]


# Verification -------------------------------------------------------------------------------------


@pytest.fixture
def sealed(entries: list[AuditEntry]) -> str:
    """Five sealed entries; the head as it stands in a backup."""
    audit.seal_entries()
    return audit.seal_head()


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("DELETE WHERE sequence = 3", "gap"),
        ("DELETE WHERE sequence = 1", "gap"),
        ("DELETE WHERE sequence > 3", "cut"),
        ("UPDATE SET text = 'Signed 1n' WHERE sequence = 3", "changed"),
        ("UPDATE SET person_id = NULL WHERE sequence = 5", "changed"),
        ("UPDATE SET hash = '0' WHERE sequence = 2", "changed"),
    ],
)
def test_fault_is_found(sealed: str, sql: str, code: str) -> None:
    tamper(sql)

    with pytest.raises(audit.TrailBroken) as broken:
        audit.verify_trail()

    assert broken.value.code == code


def test_end_that_was_cut_off_with_its_head_is_found_by_a_known_head(sealed: str) -> None:
    tamper("DELETE WHERE sequence > 3")
    third = AuditEntry.objects.get(sequence=3)
    AuditChain.objects.update(sequence=3, hash=third.hash)

    assert audit.verify_trail() == 3
    with pytest.raises(audit.TrailBroken) as broken:
        audit.verify_trail(audit.Head.parse(sealed))
    assert str(broken.value) == "The end is missing: entry 5 is known, but the last one is 3."


def test_chain_that_was_written_anew_is_found_by_a_known_head(sealed: str) -> None:
    tamper("DELETE WHERE sequence > 4")
    fourth = AuditEntry.objects.get(sequence=4)
    AuditChain.objects.update(sequence=4, hash=fourth.hash)
    audit_entry()
    audit.seal_entries()

    assert audit.verify_trail() == 5
    with pytest.raises(audit.TrailBroken) as broken:
        audit.verify_trail(audit.Head.parse(sealed))
    assert broken.value.code == "other"


def forge_seal(distance: int = 1) -> AuditEntry:
    """What the triggers allow: a seal that fits the chain, without the head of the chain."""
    chain = AuditChain.current()
    entry = audit_entry(text="Forged")
    entry.sequence, entry.previous_hash = chain.sequence + distance, chain.hash
    entry.hash = entry.compute_hash()
    entry.save()
    return entry


def test_forged_end_is_found(sealed: str) -> None:
    forge_seal()

    with pytest.raises(audit.TrailBroken) as broken:
        audit.verify_trail(audit.Head.parse(sealed))

    assert str(broken.value) == (
        "Entry 6 was not sealed by the studio: its last sealed entry is 5."
    )


def test_chain_that_lost_its_head_is_found(sealed: str) -> None:
    AuditChain.objects.all().delete()

    with pytest.raises(audit.TrailBroken) as broken:
        audit.verify_trail()

    assert broken.value.code == "beyond"


def test_seal_during_the_verification_is_no_fault(
    entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = AuditChain(pk=ONLY_PK)
    audit.seal_entries()
    heads = iter([stale, AuditChain.current()])
    monkeypatch.setattr(AuditChain, "current", lambda: next(heads))

    assert audit.verify_trail() == 5


@pytest.mark.parametrize("distance", [1, 2])
def test_forged_seal_stops_the_worker_with_one_error(
    sealed: str, distance: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal, "_stopped_logged_at", None)
    forge_seal(distance)
    waiting = audit_entry()

    assert [audit.seal_entries(), audit.seal_entries()] == [0, 0]

    waiting.refresh_from_db()
    assert (waiting.sequence, audit.seal_head()) == (None, sealed)
    errors = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == [
        "Entries of the audit trail are no longer sealed: one has a seal that the studio did not "
        f"write, after {sealed}. Run manage.py verify_audit."
    ]


def run_verify(*options: str) -> tuple[int, str]:
    output = io.StringIO()
    try:
        call_command("verify_audit", *options, stdout=output)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue().strip()
    return 0, output.getvalue().strip()


def test_command_prints_one_sentence(sealed: str) -> None:
    good = run_verify("--head", sealed)
    assert good == (
        0, "The audit trail is complete and unchanged: 5 entries are sealed, 0 wait for their seal."
    )  # fmt: skip
    assert run_verify("--print-head") == (0, sealed)

    tamper("DELETE WHERE sequence = 2")

    assert run_verify() == (1, "Entry 2 is missing: after it comes entry 3.")
    with pytest.raises(CommandError):
        run_verify("--head", "5")


# Settings -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_changed_settings_are_recorded_without_secrets(settings: Settings) -> None:
    settings.SET_VALUES = {"MONTHLY_LIMIT": "50", "MINIMAX_API_KEY": "quokka1", "PORT": ""}
    audit.record_setting_changes()
    assert verbs() == []
    assert "quokka" not in str(KnownSettings.objects.get(pk=ONLY_PK).values)

    audit.record_setting_changes()
    assert verbs() == []

    settings.SET_VALUES = {"MONTHLY_LIMIT": "80", "MINIMAX_API_KEY": "quokka2", "PORT": ""}
    audit.record_setting_changes()
    audit.record_setting_changes()

    assert list(AuditEntry.objects.order_by("pk").values_list("text", "facts")) == [
        ("Setting changed (MINIMAX_API_KEY); its value is secret", {"name": "MINIMAX_API_KEY"}),
        (
            "Setting changed (MONTHLY_LIMIT): “50” → “80”",
            {"name": "MONTHLY_LIMIT", "before": "50", "after": "80"},
        ),
    ]
