"""Deletion of voices with their files, and sync with MiniMax."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_attempt, make_recording, make_user, make_voice
from tests.services.conftest import make_provider_voice, store_at_provider
from voicestudio.models import (
    AttemptState,
    AudioFile,
    AuditEntry,
    CloneAttempt,
    Event,
    EventKind,
    Note,
    Project,
    Speaker,
    Speech,
    Voice,
    VoiceState,
)
from voicestudio.practice.server import Fault, StandIn
from voicestudio.practice.store import ClonedVoice
from voicestudio.services import notes, recordings, speeches
from voicestudio.services.money import prices
from voicestudio.services.paid_calls import provider
from voicestudio.services.speeches import keep
from voicestudio.services.voices import deletion, sync
from voicestudio.words.voices import ItemState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


@pytest.fixture
def kept(voice: Voice, person: User, standin: StandIn, tmp_path: Path) -> Voice:
    """A kept voice whose recording the stand-in has."""
    speeches.run_speech.call(keep.keep_voice(voice, by=person).pk)
    store_at_provider(standin, voice.attempt.recording, tmp_path)
    voice.refresh_from_db()
    return voice


def _states(deletion: deletion.Deletion) -> list[tuple[str, str]]:
    return [(item.kind, item.state) for item in deletion.items]


def _delete(voice: Voice, person: User, *, files: bool = True) -> deletion.Deletion:
    return deletion.delete_voice(
        voice, confirmation=voice.voice_id, by=person, files_there=files, files_here=files
    )


def test_delete_keeps_the_row_without_audio(
    kept: Voice, person: User, standin: StandIn, data_dir: Path
) -> None:
    deletion = _delete(kept, person)

    assert _states(deletion) == [
        ("voice", "done"), ("file_there", "done"), ("audio", "done"), ("speech", "done"),
        ("recording", "done"),
    ]  # fmt: skip
    assert deletion.is_complete
    kept.refresh_from_db()
    assert (kept.state, standin.voices, standin.files) == (VoiceState.DELETED, {}, {})
    assert [path for path in (data_dir / "media").rglob("*") if path.is_file()] == []
    assert Speech.objects.get().audio_problem == "deleted"
    assert kept.charges.count() == 2
    assert Event.objects.filter(kind=EventKind.DELETED, person=person).count() == 1


def test_file_here_that_cannot_be_deleted_is_reported_and_tried_again(
    kept: Voice, person: User, data_dir: Path
) -> None:
    stuck = [kept.attempt.audio, kept.speeches.get().audio, kept.attempt.recording.file]
    for file in stuck:
        Path(file.path).unlink()
        # A folder with something in it is no file that could be deleted.
        (Path(file.path) / "inside").mkdir(parents=True)

    failed = _delete(kept, person)

    assert [state for kind, state in _states(failed) if not kind.endswith(("voice", "there"))] == [
        "failed", "failed", "failed",
    ]  # fmt: skip
    assert not failed.is_complete
    for file in stuck:
        (Path(file.path) / "inside").rmdir()
    assert _states(_delete(kept, person))[-3:] == [
        ("audio", "done"), ("speech", "done"), ("recording", "done"),
    ]  # fmt: skip
    assert [path for path in (data_dir / "media").rglob("*") if path.is_file()] == []


def test_preview_that_is_being_downloaded_is_not_saved_after_a_deletion(
    kept: Voice, person: User
) -> None:
    attempt = kept.attempt
    CloneAttempt.objects.filter(pk=attempt.pk).update(audio="", audio_url="http://127.0.0.1/x.mp3")
    attempt.refresh_from_db()

    _delete(kept, person)

    assert not attempt.advance(held_as=("ready",), audio="demos/late.mp3")
    attempt.refresh_from_db()
    assert (attempt.audio_problem, attempt.audio_can_be_fetched) == ("deleted", False)


def test_delete_can_be_repeated(kept: Voice, person: User) -> None:
    _delete(kept, person)

    again = _delete(kept, person)

    assert _states(again) == [("voice", "already_gone")]
    assert Event.objects.filter(kind=EventKind.DELETED).count() == 1


@pytest.mark.parametrize("stuck", ["file", "tracks_file", "envelope", "playable"])
def test_delete_takes_every_file_of_a_recording_or_can_be_repeated(
    stuck: str, kept: Voice, person: User, data_dir: Path
) -> None:
    recording = kept.attempt.recording
    for field in (recording.tracks_file, recording.envelope, recording.playable):
        field.save("x", ContentFile(b"x"))
    path = Path(getattr(recording, stuck).path)
    path.unlink()
    path.mkdir()
    (path / "x").touch()

    first = _delete(kept, person)
    (path / "x").unlink()
    path.rmdir()
    second = _delete(kept, person)

    assert [states[-1] for states in (_states(first), _states(second))] == [
        ("recording", "failed"), ("recording", "already_gone" if stuck == "file" else "done"),
    ]  # fmt: skip
    recording.refresh_from_db()
    assert (recording.files, recording.tracks_sha256) == ([], "")
    assert [path for path in (data_dir / "media").rglob("*") if path.is_file()] == []


def test_deleted_content_loses_its_notes_and_their_words_in_the_search(
    kept: Voice, person: User
) -> None:
    other = make_recording(by=person, uploaded=False)
    unused = make_attempt(AttemptState.FAILED, by=person, recording=other)
    targets = (kept, kept.attempt, kept.attempt.recording, other)
    for target in targets:
        notes.add_note(target, "Quokka", by=person)
    kept_note = notes.add_note(unused, "Wombat", by=person)

    _delete(kept, person)
    recordings.delete_recording(other, by=person)

    assert list(Note.objects.all()) == [kept_note]
    assert CloneAttempt.objects.filter(search_text__contains="quokka").count() == 0
    assert CloneAttempt.objects.filter(search_text__contains="wombat").count() == 1
    facts = AuditEntry.objects.filter(facts__has_key="notes").order_by("pk")
    assert list(facts.values_list("object_kind", "facts__notes")) == [
        ("voice", 1), ("attempt", 1), ("speech", 0), ("recording", 1), ("recording", 1),
    ]  # fmt: skip


def test_delete_of_the_voice_only_keeps_every_file(kept: Voice, person: User) -> None:
    assert _states(_delete(kept, person, files=False)) == [("voice", "done")]
    assert kept.attempt.audio
    assert AudioFile.objects.filter(deleted_at__isnull=True, file="").count() == 0


def test_delete_reports_a_voice_that_is_already_deleted_there(
    kept: Voice, person: User, standin: StandIn
) -> None:
    standin.voices.clear()

    assert _states(_delete(kept, person, files=False)) == [("voice", "already_gone")]
    kept.refresh_from_db()
    assert kept.state == VoiceState.DELETED


@pytest.mark.parametrize(
    "fault", [Fault(action="drop"), Fault(status_code=1013), Fault(status_code=2049)]
)
def test_failed_delete_changes_nothing_and_can_be_repeated(
    fault: Fault, kept: Voice, person: User, standin: StandIn
) -> None:
    standin.script("delete_voice", fault)

    failed = _delete(kept, person)

    kept.refresh_from_db()
    assert failed.items[0].state == "failed"
    assert failed.items[0].message is not None
    assert (failed.is_complete, kept.state) == (False, VoiceState.KEPT)
    assert kept.attempt.audio.storage.exists(str(kept.attempt.audio.name))
    assert _delete(kept, person).is_complete


def test_file_that_is_already_deleted_there_is_no_failure(
    kept: Voice, person: User, standin: StandIn
) -> None:
    standin.files.clear()

    assert ("file_there", "already_gone") in _states(_delete(kept, person))


def test_file_that_is_still_listed_there_is_a_failure(
    kept: Voice, person: User, standin: StandIn
) -> None:
    standin.script("files_delete", Fault(status_code=2013))

    assert ("file_there", "failed") in _states(_delete(kept, person))


def test_delete_of_a_voice_of_another_provider_calls_nothing(
    kept: Voice, person: User, standin: StandIn
) -> None:
    Voice.objects.filter(pk=kept.pk).update(provider="api.example.com")

    deletion = _delete(kept, person, files=False)

    assert _states(deletion) == [("voice", "failed")]
    assert standin.calls_of("delete_voice") == []
    assert list(standin.voices) == [kept.voice_id]


def test_delete_requires_the_typed_voice_id(kept: Voice, person: User, standin: StandIn) -> None:
    with pytest.raises(deletion.WrongConfirmation):
        deletion.delete_voice(kept, confirmation=kept.voice_id.lower(), by=person)

    assert len(standin.voices) == 1


def test_delete_keeps_recordings_that_other_attempts_need(kept: Voice, person: User) -> None:
    make_attempt(by=person, recording=kept.attempt.recording)

    states = _states(_delete(kept, person))

    assert ("file_there", "kept") in states
    assert ("recording", "kept") in states
    assert AudioFile.objects.get(pk=kept.attempt.recording_id).has_file


def test_delete_takes_recordings_that_only_failed_attempts_used_as_well(
    kept: Voice, person: User
) -> None:
    make_attempt(AttemptState.FAILED, by=person, recording=kept.attempt.recording)
    make_attempt(AttemptState.STOPPED, by=person, recording=kept.attempt.recording)

    states = _states(_delete(kept, person))

    assert ("recording", "done") in states
    assert not AudioFile.objects.get(pk=kept.attempt.recording_id).has_file


def test_delete_keeps_a_file_there_that_another_recording_shares(
    kept: Voice, person: User, standin: StandIn
) -> None:
    """The provider may give the same content the same file_id."""
    other = make_recording(file_id=kept.attempt.recording.file_id)

    plan = deletion.plan_deletion(kept)
    states = dict(_states(_delete(kept, person)))

    assert plan.files_there == []
    assert states["file_there"] == "kept"
    assert other.file_id_at("practice") in standin.files


def test_gateway_without_deletion_is_reported(kept: Voice, person: User, standin: StandIn) -> None:
    standin.script("delete_voice", Fault(http_status=404, body="not found"))

    deletion = _delete(kept, person, files=False)

    assert (deletion.gateway_cannot, _states(deletion)) == (True, [("voice", "cannot")])
    kept.refresh_from_db()
    assert kept.state == VoiceState.KEPT


def test_delete_confirms_an_unknown_attempt_and_locks_it_first(
    voice: Voice, person: User, standin: StandIn
) -> None:
    """A worker locks the attempt first; in another order each could wait for the other."""
    CloneAttempt.objects.update(status="unknown")
    Voice.objects.update(uncertain=True)

    with CaptureQueriesContext(connection) as queries:
        deletion = _delete(voice, person, files=False)

    assert _states(deletion) == [("voice", "done")]
    assert (CloneAttempt.objects.get().status, Voice.objects.get().state) == ("ready", "deleted")
    sql = [query["sql"] for query in queries]
    attempt_read = [one.startswith("SELECT") and "_cloneattempt" in one for one in sql]
    voice_written = [one.startswith('UPDATE "voicestudio_voice"') for one in sql]
    assert attempt_read.index(True) < voice_written.index(True)


# Comparing ----------------------------------------------------------------------------------------


def test_compare_shows_three_lists_with_reasons(
    kept: Voice, person: User, standin: StandIn
) -> None:
    unused = make_provider_voice(standin, by=person)
    unknown = make_voice(uncertain=True)
    missing = make_voice(kept_at=timezone.now())
    deleted = make_voice(deleted_at=timezone.now())
    make_voice(provider="api.example.com")
    standin.voices["Stranger-1"] = ClonedVoice("Stranger-1", 1, None, 0, used_at=1)

    found = sync.compare_voices(by=make_user(is_staff=True))

    assert found.both == [kept.pk]
    assert [voice.voice_id for voice in found.only_there] == ["Stranger-1"]
    assert found.only_here == {
        "never_used": [unused.pk],
        "unknown": [unknown.pk],
        "missing": [missing.pk],
        "deleted": [deleted.pk],
    }


def test_import_adds_a_voice_that_only_minimax_has(person: User, standin: StandIn) -> None:
    standin.voices["Stranger-1"] = ClonedVoice("Stranger-1", 1, None, 0, used_at=1)

    voice = sync.import_voice(
        "Stranger-1", name=" Zoe  Stranger ", project=Project.first(), by=make_user(is_staff=True)
    )

    assert (voice.state, voice.speaker) == (
        VoiceState.FROM_MINIMAX, Speaker.objects.get(name="Zoe Stranger"),
    )  # fmt: skip
    assert sync.compare_voices(by=make_user(is_staff=True)).both == [voice.pk]
    with pytest.raises(sync.VoiceNotListed):
        sync.import_voice(
            "Stranger-1", name="Zoe", project=Project.first(), by=make_user(is_staff=True)
        )


def test_imported_voice_speaks_without_a_clone_fee(person: User, standin: StandIn) -> None:
    standin.voices["Stranger-1"] = ClonedVoice("Stranger-1", 1, None, 0, used_at=1)
    voice = sync.import_voice(
        "Stranger-1", name="Zoe", project=Project.first(), by=make_user(is_staff=True)
    )

    assert prices.estimate_speech("Hi.", "speech-2.8-hd", voice).clone == 0


@pytest.mark.parametrize("status", [404, 405])
def test_gateway_without_a_list_is_reported(status: int, standin: StandIn) -> None:
    standin.script("get_voice", Fault(http_status=status, body="no such call"))

    found = sync.compare_voices(by=make_user(is_staff=True))

    assert (found.can_list, found.both, found.only_here) == (False, [], {})


@pytest.mark.parametrize(
    ("fault", "headline"),
    [
        (Fault(status_code=2049), "Our connection to MiniMax needs an administrator"),
        (Fault(status_code=1002), "MiniMax asks us to slow down."),
        (Fault(status_code=1001), "MiniMax did not answer in time."),
        (Fault(action="drop"), "MiniMax did not answer in time."),
        (Fault(body="<html>"), "MiniMax answered in a way"),
    ],
)
def test_failed_compare_gives_the_reason(fault: Fault, headline: str, standin: StandIn) -> None:
    standin.script("get_voice", fault)

    with pytest.raises(sync.ListUnavailable) as caught:
        sync.compare_voices(by=make_user(is_staff=True))

    assert str(caught.value.message.headline).startswith(headline)


def test_plan_names_what_is_deleted_and_what_is_kept(kept: Voice, person: User) -> None:
    recording = kept.attempt.recording
    alone = deletion.plan_deletion(kept)
    make_attempt(by=person, recording=recording)

    shared = deletion.plan_deletion(kept)

    assert (alone.audio, alone.speeches) == (True, 1)
    assert alone.recordings == alone.files_there == [recording]
    assert (shared.recordings, shared.files_there, shared.needed) == ([], [], [recording])


def test_free_call_of_a_page_gives_up_soon(
    kept: Voice, person: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "QUICK_TIMEOUT", 0.2)
    for call in ("get_voice", "delete_voice"):
        standin.script(call, Fault(delay=1))

    with pytest.raises(sync.ListUnavailable):
        sync.compare_voices(by=make_user(is_staff=True))
    result = deletion.delete_voice(kept, confirmation=kept.voice_id, by=person)

    assert [item.state for item in result.items] == [ItemState.FAILED]
