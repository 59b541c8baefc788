"""Uploads and deletion of recordings, here and at the provider."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.factories import make_attempt, make_recording
from voicestudio.audio import AudioProblem
from voicestudio.models import (
    AttemptState,
    AudioFile,
    CloneAttempt,
    Project,
    ProviderFile,
    Purpose,
    Studio,
)
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import recordings
from voicestudio.services.paid_calls import provider
from voicestudio.services.recordings import deletion, uploads
from voicestudio.services.recordings.store import clean_file_name


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_store_upload_saves_file_metadata_and_name(
    person: User, tone: bytes, data_dir: Path
) -> None:
    upload = SimpleUploadedFile("Anna Larsen.wav", tone)

    recording = recordings.store_upload(
        upload, project=Project.first(), purpose=Purpose.SAMPLE, by=person
    )

    recording.refresh_from_db()
    assert recording.file.read() == tone
    recording.file.close()
    assert (recording.name, recording.duration_ms, recording.bytes) == (
        "Anna Larsen.wav", 11_000, len(tone),
    )  # fmt: skip
    assert (recording.file_id, recording.converted_from) == (None, "")
    assert len(recording.peaks) == 110
    assert len(_files(data_dir)) == 1


def test_store_upload_moves_a_temporary_file(person: User, tone: bytes, data_dir: Path) -> None:
    upload = TemporaryUploadedFile("anna.wav", "audio/wav", len(tone), None)
    upload.write(tone)
    upload.flush()
    before = Path(upload.temporary_file_path()).stat().st_ino

    recording = recordings.store_upload(
        upload, project=Project.first(), purpose=Purpose.SAMPLE, by=person
    )
    upload.close()

    assert Path(recording.file.path).stat().st_ino == before
    assert len(_files(data_dir)) == 1


@pytest.mark.parametrize(("content", "code"), [(b"", "empty"), (b"Dear diary, " * 99, "not_audio")])
def test_store_upload_stores_nothing_of_an_unusable_file(
    content: bytes, code: str, person: User, data_dir: Path
) -> None:
    with pytest.raises(AudioProblem) as problem:
        recordings.store_upload(
            SimpleUploadedFile("a.mp3", content),
            project=Project.first(),
            purpose="voice_clone",
            by=person,
        )

    assert problem.value.code == code
    assert (AudioFile.objects.count(), _files(data_dir)) == (0, [])


def test_store_upload_refuses_a_file_over_the_limit_unread(
    person: User, tone: bytes, data_dir: Path, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 1000

    with pytest.raises(AudioProblem) as problem:
        recordings.store_upload(
            SimpleUploadedFile("a.wav", tone),
            project=Project.first(),
            purpose="voice_clone",
            by=person,
        )

    assert problem.value.code == "too_large"


def test_add_by_file_id_adds_a_recording_once(person: User, data_dir: Path) -> None:
    big = 2**53 + 1

    first = recordings.add_by_file_id(
        big, project=Project.first(), purpose=Purpose.SAMPLE, by=person
    )
    again = recordings.add_by_file_id(
        big, project=Project.first(), purpose=Purpose.SAMPLE, by=person
    )

    assert first == again
    assert (first.file_id_at("practice"), first.has_file) == (big, False)


def test_example_can_be_cloned(person: User, data_dir: Path, standin: StandIn) -> None:
    recording = recordings.fetch_example(voice=5, project=Project.first(), by=person)

    assert recording.name == "Example recording 1.wav"
    assert recording.duration_ms is not None
    assert 10_000 < recording.duration_ms < 300_000
    assert recording.has_file


def test_delete_recording_deletes_row_and_file(
    person: User, data_dir: Path, standin: StandIn
) -> None:
    recording = make_recording(by=person)

    recordings.delete_recording(recording, by=recording.created_by)

    assert (AudioFile.objects.count(), _files(data_dir)) == (0, [])


def test_recording_may_be_deleted_by_two_requests_at_once(
    person: User, data_dir: Path, standin: StandIn
) -> None:
    recording = make_recording(by=person)
    others: list[bool] = []

    def delete_meanwhile(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        if sql.startswith('UPDATE "voicestudio_providerfile"') and not others:
            others.append(False)
            others[0] = recordings.delete_recording(recording, by=recording.created_by)
        return execute(sql, *arguments)

    with connection.execute_wrapper(delete_meanwhile):
        assert recordings.delete_recording(recording, by=recording.created_by)

    assert (others, AudioFile.objects.count(), _files(data_dir)) == ([True], 0, [])


def make_attempt_with(role: str, recording: AudioFile, state: AttemptState) -> CloneAttempt:
    """An attempt that uses the recording as its sample or as its prompt clip."""
    fields: dict[str, Any] = {"recording": recording}
    if role == "prompt_clip":
        fields = {"prompt_clip": recording, "prompt_text": "This is me."}
    return make_attempt(state, by=recording.created_by, **fields)


@pytest.mark.parametrize(
    "state", [AttemptState.WAITING, AttemptState.CLONING, AttemptState.UNKNOWN, AttemptState.READY]
)
@pytest.mark.parametrize("role", ["recording", "prompt_clip"])
def test_delete_recording_is_refused_while_an_attempt_or_a_voice_needs_it(
    role: str, state: AttemptState, person: User, data_dir: Path
) -> None:
    purpose = Purpose.SAMPLE if role == "recording" else Purpose.PROMPT
    recording = make_recording(by=person, purpose=purpose)
    attempt = make_attempt_with(role, recording, state)

    with pytest.raises(recordings.RecordingInUse) as refusal:
        recordings.delete_recording(recording, by=recording.created_by)

    assert refusal.value.attempts == [attempt]
    assert AudioFile.objects.get(pk=recording.pk).deleted_at is None
    assert Path(recording.file.path).exists()


@pytest.mark.parametrize("state", [AttemptState.FAILED, AttemptState.STOPPED])
@pytest.mark.parametrize("role", ["recording", "prompt_clip"])
def test_recording_of_attempts_without_a_voice_lets_its_audio_go(
    role: str, state: AttemptState, person: User, data_dir: Path, standin: StandIn
) -> None:
    purpose = Purpose.SAMPLE if role == "recording" else Purpose.PROMPT
    recording = make_recording(by=person, purpose=purpose)
    attempt = make_attempt_with(role, recording, state)

    recordings.delete_recording(recording, by=recording.created_by)

    recording.refresh_from_db()
    assert (recording.has_file, recording.file_id) == (False, None)
    assert recording.deleted_at is not None
    assert CloneAttempt.objects.get() == attempt
    assert [call.json["file_id"] for call in standin.calls_of("files_delete")] != []


def test_recording_stays_while_minimax_cannot_be_asked(
    person: User, data_dir: Path, standin: StandIn
) -> None:
    recording = make_recording(by=person)
    standin.stop()

    with pytest.raises(recordings.NotDeleted):
        recordings.delete_recording(recording, by=recording.created_by)

    kept = AudioFile.objects.get()
    assert (kept.deleted_at, Path(kept.file.path).exists()) == (None, True)


def test_deletion_that_minimax_does_not_answer_is_left_to_the_worker(
    person: User, data_dir: Path, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = make_recording(by=person)
    monkeypatch.setattr(provider, "QUICK_TIMEOUT", 0.2)
    standin.script("files_delete", Fault(delay=1))

    assert recordings.delete_recording(recording, by=recording.created_by) is False
    kept = AudioFile.objects.get()
    assert (kept.deleted_at is None, kept.has_file) == (False, True)
    monkeypatch.setattr(deletion, "DELETION_DIED_AFTER", timedelta(0))
    recordings.finish_deletions()

    assert AudioFile.objects.count() == 0


@pytest.mark.parametrize(
    ("fault", "stays"),
    [(Fault(status_code=2013), True), (Fault(http_status=404, body="no"), False)],
)
def test_recording_counts_as_deleted_at_minimax_only_if_it_is(
    fault: Fault, stays: bool, person: User, data_dir: Path, standin: StandIn
) -> None:
    recording = make_recording(by=person, uploaded=False)
    path = Path(recording.file.path)
    uploaded = provider.client().upload_file(path, purpose="voice_clone", filename=path.name)
    ProviderFile.objects.create(recording=recording, account="practice", file_id=uploaded.file_id)
    make_attempt(AttemptState.FAILED, by=person, recording=recording)
    standin.script("files_delete", fault)

    if stays:
        with pytest.raises(recordings.NotDeleted):
            recordings.delete_recording(recording, by=recording.created_by)
    else:
        recordings.delete_recording(recording, by=recording.created_by)

    assert ProviderFile.objects.living().count() == 1
    assert AudioFile.objects.get().has_file is stays


def test_recording_stays_while_its_file_cannot_be_deleted(
    person: User, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = make_recording(by=person, uploaded=False)

    def refuse(*_args: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(FileSystemStorage, "delete", refuse)
        with pytest.raises(recordings.NotDeleted):
            recordings.delete_recording(recording, by=recording.created_by)
    assert AudioFile.objects.get().deleted_at is None

    recordings.delete_recording(recording, by=recording.created_by)

    assert AudioFile.objects.count() == 0


def test_second_attempt_waits_while_the_first_uploads(person: User, data_dir: Path) -> None:
    recording = make_recording(by=person, uploaded=False)
    first = make_attempt(AttemptState.SENDING, by=person, recording=recording)
    second = make_attempt(AttemptState.SENDING, by=person, recording=recording)
    sent: list[str] = []

    def upload(_path: Path, name: str) -> int:
        sent.append(name)
        with pytest.raises(uploads.UploadUnderWay):
            uploads.ensure_uploaded(recording, "practice", upload, attempt=second.pk)
        return 7

    assert uploads.ensure_uploaded(recording, "practice", upload, attempt=first.pk) == 7
    assert uploads.ensure_uploaded(recording, "practice", upload, attempt=second.pk) == 7
    assert len(sent) == 1


def test_upload_of_a_dead_worker_is_taken_over(person: User, data_dir: Path) -> None:
    recording = make_recording(by=person, uploaded=False)
    past = timezone.now() - timedelta(seconds=1)
    dead = make_attempt(AttemptState.SENDING, by=person, recording=recording, lease_until=past)
    AudioFile.objects.filter(pk=recording.pk).update(uploading_for=dead.pk)
    second = make_attempt(AttemptState.SENDING, by=person, recording=recording)

    def upload(_path: Path, _name: str) -> int:
        return 7

    assert uploads.ensure_uploaded(recording, "practice", upload, attempt=second.pk) == 7


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\music\\anna.wav", "anna.wav"),
        ("an\u202ena\x00.wav", "anna.wav"),
        ("  anna   larsen .wav ", "anna larsen .wav"),
        ("王芳 – réc.m4a", "王芳 – réc.m4a"),
        ("\u200b\u200b", "Recording"),
        ("", "Recording"),
    ],
)
def test_clean_file_name_has_no_hidden_characters(name: str, shown: str) -> None:
    assert recordings.clean_file_name(name) == shown


def test_clean_file_name_keeps_the_extension_of_a_long_name() -> None:
    shown = recordings.clean_file_name("x" * 500 + ".wav")

    assert (len(shown), shown[-6:]) == (200, "x….wav")


def test_abandoned_uploads_are_deleted(data_dir: Path) -> None:
    incoming = data_dir / "incoming"
    for name, hours in (("old.upload", 25), ("fresh.upload", 23)):
        (incoming / name).write_bytes(b"half a recording")
        os.utime(incoming / name, (time.time() - hours * 3600,) * 2)

    recordings.delete_abandoned_uploads()

    assert [path.name for path in incoming.iterdir()] == ["fresh.upload"]


# Uploads to the provider --------------------------------------------------------------------------


def test_recording_is_uploaded_once_under_the_name_of_this_studio(
    person: User, data_dir: Path
) -> None:
    recording = make_recording(by=person, uploaded=False)
    names: list[str] = []

    def upload(path: Path, name: str) -> int:
        names.append(name)
        return 2**62

    for _turn in range(2):
        assert uploads.ensure_uploaded(recording, "practice", upload, attempt=1) == 2**62

    assert names == [f"{Studio.current().token}-voice_clone-{recording.pk}.mp3"]
    recording.refresh_from_db()
    assert recording.file_id_at("practice") == 2**62
    assert recording.file_id_at("api.example.com") is None


def test_second_upload_at_once_returns_the_first_file_id(person: User, data_dir: Path) -> None:
    recording = make_recording(by=person, uploaded=False)

    def upload(_path: Path, _name: str) -> int:
        return uploads.ensure_uploaded(recording, "practice", lambda _path, _name: 7, attempt=1) + 1

    assert uploads.ensure_uploaded(recording, "practice", upload, attempt=1) == 7


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"needs_cutting": True}, ValueError), ({"held": False}, FileNotFoundError)],
)
def test_recording_that_cannot_be_uploaded_is_refused(
    fields: dict[str, Any], error: type[Exception], data_dir: Path, db: None
) -> None:
    recording = make_recording(uploaded=False, **fields)

    with pytest.raises(error):
        uploads.ensure_uploaded(recording, "practice", lambda _path, _name: 7, attempt=1)


def test_forgotten_upload_is_made_again(person: User, data_dir: Path) -> None:
    recording, bare = make_recording(by=person), make_recording(by=person, held=False)

    uploads.forget_uploads([recording.pk, bare.pk], "practice")

    for forgotten in (recording, bare):
        forgotten.refresh_from_db()
    assert recording.file_id_at("practice") is None
    assert bare.file_id_at("practice") is not None
    assert uploads.ensure_uploaded(recording, "practice", lambda _path, _name: 7, attempt=1) == 7


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('say "hello" & =1+1 &amp;.wav', 'say "hello" & =1+1 &amp;.wav'),
        ("two\nlines.wav", "two lines.wav"),
        ("👩\u200d🎤.wav", "👩\u200d🎤.wav"),
        ("می\u200cخواهم.wav", "می\u200cخواهم.wav"),
        ("\u202egpj.wav\u200d", "gpj.wav"),
    ],
)
def test_file_name_stays_as_it_is_written(name: str, shown: str) -> None:
    assert clean_file_name(name) == shown


@pytest.mark.parametrize("used", [False, True])
def test_deletion_that_was_cut_short_is_finished(used: bool, person: User, data_dir: Path) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    recording = make_recording(by=person, uploaded=False, deleted_at=long_ago)
    if used:
        make_attempt(AttemptState.FAILED, by=person, recording=recording)
    under_way = make_recording(by=person, uploaded=False, deleted_at=timezone.now())

    recordings.finish_deletions()

    assert _files(data_dir) == [Path(under_way.file.path)]
    left = AudioFile.objects.exclude(pk=under_way.pk)
    assert list(left.values_list("file", flat=True)) == [""] * used
