"""Prune: old backups go, and never a file that a backup names."""

import io
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from tests.factories import make_recording
from tests.management.running_studio import wait_until
from tests.services.test_backups import _bucket_keys, damage, target
from voicestudio.management.backup_places import open_place
from voicestudio.models import AudioFile, clock
from voicestudio.services import backups
from voicestudio.services.backups import BackupFault, Pruned, places
from voicestudio.services.backups.manifest import read_manifest, read_part
from voicestudio.services.backups.places import (
    BACKUPS,
    PRUNING,
    STARTED,
    Folder,
    file_path,
    list_backups,
    list_folder,
    marked_as_started,
)
from voicestudio.services.storage.bucket import Bucket

__all__ = ["_bucket_keys", "target"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
LEFT: Final = "20260101T000000000000Z"


@pytest.fixture
def place(target: str) -> Storage:
    """A folder, and a bucket."""
    return open_place(target, "TARGET")


@pytest.fixture
def folder_place(tmp_path: Path) -> Storage:
    return backups.open_folder(tmp_path / "backups")


@pytest.fixture
def pass_days(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def act(days: int) -> None:
        now = clock.now
        monkeypatch.setattr(clock, "now", lambda: now() + timedelta(days=days))

    return act


def make_backups(place: Storage, count: int) -> list[str]:
    """Backups, oldest first, each with one file of its own and one that all have."""
    if not AudioFile.objects.exists():
        make_recording(content=b"RIFF always")
    names = []
    for number in range(count):
        recording = make_recording(content=b"RIFF %d" % number)
        names.append(backups.make_backup(place).name)
        recording.delete()
    return names


def contents(place: Storage) -> set[bytes]:
    """The files of the studio that the place has."""
    folders = list_folder(place, "files")[0]
    found = set()
    for folder in folders:
        for name in list_folder(place, f"files/{folder}")[1]:
            with place.open(f"files/{folder}/{name}") as file:
                found.add(file.read())
    return found


def missing_files(place: Storage) -> set[str]:
    """What a manifest names and the place lacks: parts of backups, and files of the studio."""
    named = set()
    for name in list_backups(place):
        manifest = read_manifest(place, name)
        named |= {part.path for part in (*manifest.tables.values(), manifest.files)}
        named |= {file_path(entry["sha256"]) for entry in read_part(place, manifest.files)}
    return {path for path in named if not place.exists(path)}


def test_old_backups_go_with_the_files_that_only_they_name(
    place: Storage, pass_days: Callable[[int], None]
) -> None:
    names = make_backups(place, 3)
    pass_days(2)

    pruned = backups.prune_backups(place, 1, names[-1])

    assert pruned == Pruned(backups=2, files=2, files_stay=False)
    assert list_folder(place, BACKUPS)[0] == names[2:]
    assert contents(place) == {b"RIFF always", b"RIFF 2"}
    assert missing_files(place) == set()


def test_newest_verified_backup_is_kept(
    folder_place: Storage, pass_days: Callable[[int], None]
) -> None:
    names = make_backups(folder_place, 4)
    for name in names[:2]:
        backups.verify_backup(folder_place, name)
    pass_days(2)

    backups.prune_backups(folder_place, 1, names[-1])

    assert list_backups(folder_place) == [names[3], names[1]]
    assert missing_files(folder_place) == set()


def test_backup_with_a_fault_is_no_longer_taken_for_verified(folder_place: Storage) -> None:
    names = make_backups(folder_place, 3)
    backups.verify_backup(folder_place, names[0])
    damage(next(Path(folder_place.path(f"{BACKUPS}/{names[0]}")).glob("rows/auth.user.*")))
    with pytest.raises(BackupFault):
        backups.verify_backup(folder_place, names[0])

    backups.prune_backups(folder_place, 1, names[-1])

    assert list_backups(folder_place) == [names[2]]


def test_backup_that_was_just_made_is_kept_if_the_clock_went_back(folder_place: Storage) -> None:
    names = make_backups(folder_place, 3)

    backups.prune_backups(folder_place, 1, names[0])

    assert list_backups(folder_place) == [names[2], names[0]]


@pytest.mark.parametrize("pattern", ["manifest.json", "files.jsonl.gz"])
def test_damaged_backup_refuses_before_anything_is_deleted(
    pattern: str, folder_place: Storage, pass_days: Callable[[int], None]
) -> None:
    names = make_backups(folder_place, 3)
    damage(Path(folder_place.path(f"{BACKUPS}/{names[1]}/{pattern}")))
    pass_days(2)
    before = contents(folder_place)

    with pytest.raises(BackupFault):
        backups.prune_backups(folder_place, 2, names[-1])

    assert (sorted(list_backups(folder_place)), contents(folder_place)) == (names, before)


def test_folder_that_is_no_backup_refuses(folder_place: Storage) -> None:
    names = make_backups(folder_place, 2)
    folder_place.save(f"{BACKUPS}/{names[0]} copy/manifest.json", ContentFile(b"{}"))

    with pytest.raises(BackupFault) as refused:
        backups.prune_backups(folder_place, 1, names[-1])

    assert (refused.value.code, len(list_backups(folder_place))) == ("foreign", 3)


def test_files_of_other_programs_stay(place: Storage, pass_days: Callable[[int], None]) -> None:
    names = make_backups(place, 1)
    checksum = "0" * 64
    others = {
        "files/photos/holiday.jpg", f"files/photos/{checksum}", f"files/00/{checksum}.part",
        f"{STARTED}/notes.txt",
    }  # fmt: skip
    for path in (*others, file_path(checksum)):
        place.save(path, ContentFile(b"left"))
    pass_days(8)

    pruned = backups.prune_backups(place, 1, names[-1])

    assert pruned == Pruned(backups=0, files=1, files_stay=False)
    assert {path for path in others if place.exists(path)} == others


def test_prune_that_is_broken_off_removes_no_file_of_a_backup(
    place: Storage, pass_days: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is broken off after one deletion, then after two more, until it comes to its end."""
    names = make_backups(place, 3)
    backups.verify_backup(place, names[0])
    pass_days(2)
    kind = Bucket if isinstance(place, Bucket) else Folder
    delete, left, breaks = kind.delete, 0, 0

    def break_off(self: Any, name: str) -> None:
        nonlocal left
        if not left:
            raise OSError(5, "Input/output error")
        left -= 1
        delete(self, name)

    while True:
        left = breaks + 1
        with monkeypatch.context() as patch:
            patch.setattr(kind, "delete", break_off)
            try:
                backups.prune_backups(place, 1, names[-1])
                break
            except OSError:
                breaks += 1
        assert {names[0], names[2]} <= {*list_backups(place)}
        assert missing_files(place) == set()

    assert breaks > 3
    assert sorted(list_folder(place, BACKUPS)[0]) == [names[0], names[2]]
    assert contents(place) == {b"RIFF always", b"RIFF 0", b"RIFF 2"}


@pytest.mark.parametrize(
    ("days", "expected"),
    [(2, Pruned(backups=1, files=0, files_stay=True)),
     (8, Pruned(backups=1, files=1, files_stay=False))],
)  # fmt: skip
def test_files_stay_while_a_backup_is_under_way_or_was_broken_off_lately(
    days: int, expected: Pruned, folder_place: Storage, pass_days: Callable[[int], None]
) -> None:
    names = make_backups(folder_place, 2)
    folder_place.save(f"{BACKUPS}/{LEFT}/rows/auth.user.jsonl.gz", ContentFile(b"cut off"))
    pass_days(days)

    with marked_as_started(folder_place, LEFT):
        pruned = backups.prune_backups(folder_place, 1, names[-1])
        is_there = LEFT in list_folder(folder_place, BACKUPS)[0]

    assert (pruned, is_there) == (expected, expected.files_stay)


def test_folder_of_a_prune_that_was_broken_off_goes(folder_place: Storage) -> None:
    names = make_backups(folder_place, 1)
    folder_place.save(f"{BACKUPS}/{LEFT}/rows/auth.user.jsonl.gz", ContentFile(b"cut off"))

    pruned = backups.prune_backups(folder_place, 1, names[-1])

    assert (list_folder(folder_place, BACKUPS)[0], pruned.backups) == (names, 0)


@pytest.mark.parametrize("is_finished", [False, True])
def test_backup_that_starts_meanwhile_keeps_the_files_that_it_found(
    is_finished: bool,
    place: Storage,
    pass_days: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The prune has looked, and is about to delete a file that the new backup counts on."""
    monkeypatch.setattr(places, "LONGEST_DELETION_S", 0)  # the prune goes on after this backup
    names = make_backups(place, 2)
    pass_days(2)
    kind = Bucket if isinstance(place, Bucket) else Folder
    read_time = kind.get_modified_time
    made: list[str] = []

    def start_backup(self: Any, name: str) -> Any:
        if not made:
            made.append("started")
            if is_finished:
                made.extend(make_backups(place, 1))
            else:
                place.save(f"{STARTED}/{LEFT}", ContentFile(b""))
        return read_time(self, name)

    monkeypatch.setattr(kind, "get_modified_time", start_backup)

    pruned = backups.prune_backups(place, 1, names[-1])

    assert pruned == Pruned(backups=1, files=0, files_stay=True)
    assert missing_files(place) == set()
    assert len(list_backups(place)) == 1 + is_finished


def test_backup_that_starts_while_a_file_is_deleted_copies_it_again(
    place: Storage, pass_days: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prune has seen no backup; before its deletion arrives, one looks for the same file."""
    names = make_backups(place, 2)
    pass_days(2)
    make_recording(content=b"RIFF 0")  # the file that only the older backup has named
    kind = Bucket if isinstance(place, Bucket) else Folder
    delete = kind.delete
    threads: list[threading.Thread] = []

    def back_up() -> None:
        backups.make_backup(place)
        connection.close()

    def delete_late(self: Any, name: str) -> None:
        if name.startswith("files/") and not threads:
            threads.append(threading.Thread(target=back_up))
            threads[0].start()
            wait_until(lambda: bool(list_folder(place, STARTED)[1]), 20)
            threads[0].join(2)  # time enough to find the file, unless it waits
        delete(self, name)

    monkeypatch.setattr(kind, "delete", delete_late)

    pruned = backups.prune_backups(place, 1, names[-1])
    threads[0].join(60)

    assert (pruned.files, len(list_backups(place))) == (1, 2)
    assert missing_files(place) == set()
    assert list_folder(place, PRUNING)[1] == []


@pytest.mark.parametrize("name", [LEFT, ".draft-0011223344556677"])
def test_mark_of_a_prune_that_was_killed_delays_one_backup(
    name: str, place: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that was not whole, and in places whose old backups are never deleted again."""
    monkeypatch.setattr(places, "LONGEST_DELETION_S", 0.3)
    place.save(f"{PRUNING}/{name}", ContentFile(b""))
    started = time.monotonic()

    make_backups(place, 1)

    assert time.monotonic() - started >= 0.3
    assert list_folder(place, PRUNING)[1] == []


def test_file_that_was_just_copied_stays(folder_place: Storage) -> None:
    names = make_backups(folder_place, 2)

    assert backups.prune_backups(folder_place, 1, names[-1]).files == 0
    assert contents(folder_place) == {b"RIFF always", b"RIFF 0", b"RIFF 1"}


@pytest.mark.parametrize("stage", ["files", "manifest.json"])
def test_backup_that_fails_leaves_no_mark(
    stage: str, folder_place: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, marks = Folder._save, []

    def fail(self: Folder, name: str, content: Any) -> str:
        if stage in name.split("/"):
            marks.extend(list_folder(self, STARTED)[1])
            raise OSError(28, "No space left on device", name)
        return put(self, name, content)

    monkeypatch.setattr(Folder, "_save", fail)
    with pytest.raises(OSError, match="No space"):
        make_backups(folder_place, 1)

    assert (len(marks), list_folder(folder_place, STARTED)[1]) == (1, [])


def test_place_that_can_only_be_read_is_verified(
    folder_place: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = make_backups(folder_place, 1)

    def refuse(_self: Folder, name: str, _content: Any) -> str:
        raise OSError(30, "Read-only file system", name)

    monkeypatch.setattr(Folder, "_save", refuse)

    assert backups.verify_backup(folder_place).name == names[0]


def test_command_says_what_was_deleted(
    folder_place: Storage, pass_days: Callable[[int], None]
) -> None:
    make_backups(folder_place, 2)
    pass_days(2)
    out = io.StringIO()

    call_command("backup", folder_place.path(""), "--keep", "2", stdout=out)

    assert out.getvalue().splitlines()[1:] == ["Deleted: 1 older backups and 1 files."]


@pytest.mark.parametrize("keep", ["0", "-1", "two", ""])
def test_command_keeps_at_least_one(keep: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="a whole number, at least 1"):
        call_command("backup", str(tmp_path / "backups"), f"--keep={keep}")

    assert not (tmp_path / "backups").exists()


def test_command_says_that_the_new_backup_is_complete_if_old_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_backups(backups.open_folder(tmp_path / "backups"), 1)
    delete = Folder.delete

    def refuse(self: Folder, name: str) -> None:
        if name.endswith("manifest.json"):
            raise OSError(13, "Permission denied", name)
        delete(self, name)

    monkeypatch.setattr(Folder, "delete", refuse)
    out = io.StringIO()

    with pytest.raises(CommandError, match="The new backup is complete, but older ones were not"):
        call_command("backup", str(tmp_path / "backups"), "--keep=1", stdout=out)

    assert out.getvalue().startswith("Backup ")
