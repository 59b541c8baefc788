"""`manage.py check_files`: rows against files, files against rows, here and at the provider."""

import os
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.factories import MP3, make_attempt, make_recording
from tests.management.conftest import Run
from tests.services.conftest import store_at_provider
from voicestudio.models import AudioFile, CloneAttempt, Studio
from voicestudio.practice.server import StandIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir", "person")]


def _problems(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["problem"], row["file"]) for row in rows]


def _store_orphan(name: str, *, hours: float) -> str:
    stored = default_storage.save(name, ContentFile(b"x"))
    then = time.time() - hours * 3600
    os.utime(default_storage.path(stored), (then, then))
    return stored


def test_files_in_order_get_a_checksum(run: Run) -> None:
    attempt = make_attempt()

    assert run("check_files") == (0, [])
    checksum = sha256(MP3).hexdigest()
    assert AudioFile.objects.get().sha256 == checksum
    assert CloneAttempt.objects.get(pk=attempt.pk).audio_sha256 == checksum


def test_changed_and_missing_files_are_reported(run: Run) -> None:
    attempt = make_attempt()
    run("check_files")
    recording = attempt.recording
    content = bytearray(MP3)
    content[100] ^= 1
    Path(recording.file.path).write_bytes(content)
    Path(attempt.audio.path).unlink()

    code, rows = run("check_files")

    assert code == 1
    assert _problems(rows) == [
        ("changed", recording.file.name), ("missing", attempt.audio.name),
    ]  # fmt: skip
    assert rows[0]["row"] == f"audiofile {recording.pk}"


def test_file_of_another_size_gets_no_checksum(run: Run) -> None:
    recording = make_recording()
    Path(recording.file.path).write_bytes(MP3[:-1])

    assert _problems(run("check_files")[1]) == [("changed", recording.file.name)]
    assert AudioFile.objects.get().sha256 == ""


def test_orphans_are_deleted_only_on_request(run: Run) -> None:
    make_recording()
    young = _store_orphan("recordings/2026/11/young.mp3", hours=1)
    old = _store_orphan("answers/2026/11/old.json", hours=30)
    foreign = _store_orphan("notes/old.txt", hours=30)

    code, rows = run("check_files")
    assert (code, _problems(rows)) == (1, [("orphan", old)])

    code, rows = run("check_files", "--delete-orphans")
    assert (code, rows[0]["deleted"]) == (0, True)
    assert [default_storage.exists(name) for name in (young, old, foreign)] == [True, False, True]


def test_orphans_at_the_provider_are_those_of_this_studio(
    run: Run, standin: StandIn, tmp_path: Path
) -> None:
    known, forgotten, foreign = (make_recording() for _ in range(3))
    for recording, name in (
        (known, f"{Studio.current()}-1.mp3"),
        (forgotten, f"{Studio.current()}-2.mp3"),
        (foreign, "0123456789ab-3.mp3"),
    ):
        (tmp_path / name).mkdir()
        store_at_provider(standin, recording, tmp_path / name)
        standin.files[recording.file_id or 0].filename = name
    ids = [recording.file_id or 0 for recording in (known, forgotten, foreign)]
    AudioFile.objects.exclude(pk=known.pk).delete()

    code, rows = run("check_files", "--provider")
    assert (code, [row["file_id"] for row in rows if row["file_id"]]) == (1, [str(ids[1])])

    run("check_files", "--provider", "--delete-orphans")
    assert sorted(standin.files) == sorted([ids[0], ids[2]])
