"""Another track of a file becomes a recording of its own; no file is forgotten."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from tests.audio import recordings as sounds
from tests.factories import make_attempt
from voicestudio.audio import AudioProblem, isolated
from voicestudio.models import AttemptState, AudioFile, Origin, Project, Purpose
from voicestudio.services import recordings, stored_files

TRACKS = ("silence", "voice", "hum")


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A video with silence, a voice and hum."""
    voice = sounds.speech(12)
    tracks = (0 * voice, voice, sounds.sine(12, pitch=50))
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    return sounds.film(path, *tracks, muxer="matroska", titles=TRACKS).read_bytes()


@pytest.fixture
def recording(film: bytes, person: User, tmp_path: Path, data_dir: Path) -> AudioFile:
    path = tmp_path / "talk.mkv"
    path.write_bytes(film)
    return recordings.store_local_file(
        path, project=Project.first(), purpose=Purpose.SAMPLE, by=person
    )


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def names_of(*rows: AudioFile) -> set[str]:
    return {Path(str(file.name)).name for row in rows for file in row.files}


def test_tracks_of_an_upload_are_stored_with_it(recording: AudioFile, data_dir: Path) -> None:
    recording.refresh_from_db()

    assert recording.track_number == 2
    assert [track["title"] for track in recording.tracks] == list(TRACKS)
    assert recording.tracks_bytes == recording.tracks_file.size
    assert str(recording.tracks_file.name).startswith("tracks/")
    assert files_in(data_dir) == names_of(recording)
    assert list(stored_files.check_rows()) == []


def test_another_track_becomes_a_recording_of_its_own(recording: AudioFile, person: User) -> None:
    before = AudioFile.objects.values().get(pk=recording.pk)

    made = recordings.use_track(recording, 3, by=person)

    assert (made.parent, made.origin, made.track_number) == (recording, Origin.TRACK, 3)
    assert (made.name, made.purpose) == ("talk, track 3.m4a", Purpose.SAMPLE)
    assert made.notes == [{"code": "chosen_track", "track": 3, "count": 3}]
    assert made.loudness_db == pytest.approx(-9, abs=1)
    assert (made.tracks, bool(made.tracks_file)) == ([], False)
    assert AudioFile.objects.values().get(pk=recording.pk) == before


def test_same_track_again_is_the_same_recording(recording: AudioFile, person: User) -> None:
    made = recordings.use_track(recording, 3, by=person)

    assert recordings.use_track(recording, 3, by=person) == made
    assert recordings.use_track(recording, 2, by=person) == recording


@pytest.mark.django_db(transaction=True)
def test_same_track_at_once_makes_one_recording(recording: AudioFile, person: User) -> None:
    def use(_number: int) -> int:
        try:
            return recordings.use_track(recording, 3, by=person).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        made = set(pool.map(use, range(2)))

    assert made == set(recording.children.values_list("pk", flat=True))
    assert len(made) == 1


@pytest.mark.parametrize("number", [0, 4])
def test_track_that_is_not_stored_is_refused(
    number: int, recording: AudioFile, person: User
) -> None:
    with pytest.raises(ValueError, match="no track"):
        recordings.use_track(recording, number, by=person)


def test_silent_track_stores_nothing(recording: AudioFile, person: User, data_dir: Path) -> None:
    with pytest.raises(AudioProblem) as problem:
        recordings.use_track(recording, 1, by=person)

    assert problem.value.code == "silent"
    assert files_in(data_dir) == names_of(recording)


def test_lost_tracks_are_refused(recording: AudioFile, person: User) -> None:
    Path(recording.tracks_file.path).unlink()

    with pytest.raises(recordings.FileMissing):
        recordings.use_track(recording, 3, by=person)
    (finding,) = stored_files.check_rows()
    assert (finding.problem, finding.name) == ("missing", recording.tracks_file.name)


def test_nothing_is_made_of_a_recording_that_is_being_deleted(
    recording: AudioFile, person: User, data_dir: Path
) -> None:
    made = recordings.use_track(recording, 3, by=person)
    AudioFile.objects.filter(pk=recording.pk).update(deleted_at=timezone.now())
    recording.refresh_from_db()
    before = files_in(data_dir)
    options = dict.fromkeys(("trim", "level", "dc_and_hum", "mono"), True)

    for make in (
        partial(recordings.use_track, recording, 1, by=person),
        partial(recordings.clean_recording, recording, **options, by=person),
        partial(recordings.cut_recording, recording, start_ms=0, end_ms=11_000,
                purpose=Purpose.SAMPLE, by=person),
    ):  # fmt: skip
        with pytest.raises(recordings.FileMissing):
            make()

    made.refresh_from_db()
    assert [recordings.find_track_source(each) for each in (recording, made)] == [None, None]
    assert files_in(data_dir) == before


@pytest.mark.parametrize("used", [False, True])
def test_nothing_is_kept_of_a_recording_that_was_deleted_meanwhile(
    used: bool, recording: AudioFile, person: User, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if used:
        make_attempt(AttemptState.FAILED, recording=recording)
    call_child = isolated._call_child

    def delete_meanwhile(*arguments: Any) -> dict[str, Any]:
        answer = call_child(*arguments)
        recordings.delete_recording(recording, by=recording.created_by)
        return answer

    monkeypatch.setattr(isolated, "_call_child", delete_meanwhile)

    with pytest.raises(recordings.FileMissing):
        recordings.use_track(recording, 3, by=person)

    assert (AudioFile.objects.exclude(pk=recording.pk).count(), files_in(data_dir)) == (0, set())


def test_tracks_that_are_deleted_before_they_are_read_are_missing(
    recording: AudioFile, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_child = isolated._call_child

    def delete_before(*arguments: Any) -> dict[str, Any]:
        recordings.delete_recording(recording, by=recording.created_by)
        return call_child(*arguments)

    monkeypatch.setattr(isolated, "_call_child", delete_before)

    with pytest.raises(recordings.FileMissing):
        recordings.use_track(recording, 3, by=person)


def test_tracks_are_listed_from_every_recording_of_the_file(
    recording: AudioFile, person: User
) -> None:
    made = recordings.use_track(recording, 3, by=person)

    for member in (recording, made):
        source = recordings.find_track_source(member)
        assert source == recording
        choices = recordings.list_tracks(source, among=AudioFile.objects.all())
        assert [choice.recording for choice in choices] == [None, recording, made]
        assert [asdict(choice.track) for choice in choices] == recording.tracks


@pytest.mark.parametrize("used", [False, True])
def test_deletion_takes_the_tracks_and_keeps_what_was_made_of_them(
    used: bool, recording: AudioFile, person: User, data_dir: Path
) -> None:
    made = recordings.use_track(recording, 3, by=person)
    if used:
        make_attempt(AttemptState.FAILED, recording=recording)

    recordings.delete_recording(recording, by=recording.created_by)

    made.refresh_from_db()
    assert files_in(data_dir) == names_of(made)
    assert recordings.find_track_source(made) is None
    left = AudioFile.objects.exclude(pk=made.pk).values_list("tracks", "tracks_file", "sha256")
    assert list(left) == [([], "", "")] * used


def test_tracks_are_not_left_behind_by_a_full_disk(
    film: bytes, person: User, tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "talk.mkv"
    path.write_bytes(film)
    save: Callable[..., str] = FileSystemStorage._save  # type: ignore[attr-defined]

    def fail_for_tracks(storage: FileSystemStorage, name: str, content: object) -> str:
        if name.startswith("tracks"):
            raise OSError(28, "No space left on device")
        return save(storage, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", fail_for_tracks)
    store = partial(
        recordings.store_local_file,
        path,
        project=Project.first(),
        purpose=Purpose.SAMPLE,
        by=person,
    )

    with pytest.raises(OSError, match="No space"):
        store()

    assert (AudioFile.objects.count(), files_in(data_dir)) == (0, set())


def test_files_are_not_left_behind_by_a_row_that_cannot_be_written(
    film: bytes, person: User, tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "talk.mkv"
    path.write_bytes(film)

    def fail(execute: object, sql: str, *_rest: object) -> None:
        raise DatabaseError("the value does not fit")

    store = partial(
        recordings.store_local_file,
        path,
        project=Project.first(),
        purpose=Purpose.SAMPLE,
        by=person,
    )

    with connection.execute_wrapper(fail), pytest.raises(DatabaseError, match="does not fit"):
        store()

    assert files_in(data_dir) == set()


def test_orphaned_tracks_are_found(recording: AudioFile) -> None:
    name = recording.tracks_file.storage.save("tracks/2020/01/x.mka", ContentFile(b"x"))
    old = Path(recording.tracks_file.storage.path(name))
    os.utime(old, (0, 0))

    assert [orphan.name for orphan in stored_files.find_orphans()] == [name]
