"""Recordings: taken in whole or not at all, and let go only when nothing refers to them."""

import os
import time
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from tests.factories import make_attempt, make_recording
from voicestudio.audio import AudioProblem
from voicestudio.models import AttemptState, AudioFile, Purpose
from voicestudio.practice.server import StandIn
from voicestudio.services import recordings


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_take_in_keeps_the_bytes_the_measures_and_the_name(
    person: User, tone: bytes, data_dir: Path
) -> None:
    upload = SimpleUploadedFile("Anna Larsen.wav", tone)

    recording = recordings.store_upload(upload, purpose=Purpose.SAMPLE, by=person)

    recording.refresh_from_db()
    assert recording.file.read() == tone
    recording.file.close()
    assert (recording.name, recording.duration_ms, recording.bytes) == (
        "Anna Larsen.wav", 11_000, len(tone),
    )  # fmt: skip
    assert (recording.file_id, recording.converted_from) == (None, "")
    assert len(recording.peaks) == 110
    assert len(_files(data_dir)) == 1


def test_take_in_moves_what_django_has_put_on_disk(
    person: User, tone: bytes, data_dir: Path
) -> None:
    upload = TemporaryUploadedFile("anna.wav", "audio/wav", len(tone), None)
    upload.write(tone)
    upload.flush()
    before = Path(upload.temporary_file_path()).stat().st_ino

    recording = recordings.store_upload(upload, purpose=Purpose.SAMPLE, by=person)
    upload.close()

    assert Path(recording.file.path).stat().st_ino == before
    assert len(_files(data_dir)) == 1


@pytest.mark.parametrize(("content", "code"), [(b"", "empty"), (b"Dear diary, " * 99, "not_audio")])
def test_take_in_keeps_nothing_of_what_cannot_be_used(
    content: bytes, code: str, person: User, data_dir: Path
) -> None:
    with pytest.raises(AudioProblem) as problem:
        recordings.store_upload(
            SimpleUploadedFile("a.mp3", content), purpose="voice_clone", by=person
        )

    assert problem.value.code == code
    assert (AudioFile.objects.count(), _files(data_dir)) == (0, [])


def test_take_in_refuses_more_than_the_limit_unread(
    person: User, tone: bytes, data_dir: Path, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 1000

    with pytest.raises(AudioProblem) as problem:
        recordings.store_upload(SimpleUploadedFile("a.wav", tone), purpose="voice_clone", by=person)

    assert problem.value.code == "too_large"


def test_by_file_id_enters_a_file_once(person: User, data_dir: Path) -> None:
    big = 2**53 + 1

    first = recordings.add_by_file_id(big, purpose=Purpose.SAMPLE, by=person)
    again = recordings.add_by_file_id(big, purpose=Purpose.SAMPLE, by=person)

    assert first == again
    assert (first.file_id_at("practice"), first.has_file) == (big, False)


def test_example_is_a_recording_that_can_be_cloned(
    person: User, data_dir: Path, standin: StandIn
) -> None:
    recording = recordings.fetch_example(voice=5, by=person)

    assert recording.name == "Example recording 1.wav"
    assert recording.duration_ms is not None
    assert 10_000 < recording.duration_ms < 300_000
    assert recording.has_file


def test_delete_lets_go_of_row_and_file(
    person: User, data_dir: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    recording = make_recording(by=person)

    with django_capture_on_commit_callbacks(execute=True):
        recordings.delete_recording(recording)

    assert (AudioFile.objects.count(), _files(data_dir)) == (0, [])


@pytest.mark.parametrize("role", ["recording", "prompt_clip"])
def test_delete_is_refused_while_an_attempt_refers_to_it(
    role: str, person: User, data_dir: Path
) -> None:
    purpose = Purpose.SAMPLE if role == "recording" else Purpose.PROMPT
    recording = make_recording(by=person, purpose=purpose)
    if role == "recording":
        attempt = make_attempt(AttemptState.FAILED, by=person, recording=recording)
    else:
        attempt = make_attempt(
            AttemptState.FAILED, by=person, prompt_clip=recording, prompt_text="This is me."
        )

    with pytest.raises(recordings.RecordingInUse) as refusal:
        recordings.delete_recording(recording)

    assert refusal.value.attempts == [attempt]
    assert Path(recording.file.path).exists()


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
def test_shown_name_holds_nothing_hidden(name: str, shown: str) -> None:
    assert recordings.clean_file_name(name) == shown


def test_shown_name_keeps_the_extension_of_a_long_name() -> None:
    shown = recordings.clean_file_name("x" * 500 + ".wav")

    assert (len(shown), shown[-6:]) == (200, "x….wav")


def test_sweep_throws_away_what_a_killed_process_left(data_dir: Path) -> None:
    incoming = data_dir / "incoming"
    for name, hours in (("old.upload", 25), ("fresh.upload", 23)):
        (incoming / name).write_bytes(b"half a recording")
        os.utime(incoming / name, (time.time() - hours * 3600,) * 2)

    recordings.delete_abandoned_uploads()

    assert [path.name for path in incoming.iterdir()] == ["fresh.upload"]
