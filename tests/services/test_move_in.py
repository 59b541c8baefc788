"""Move: a laptop's data folder comes into another database and storage, whole and unchanged."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage, Storage
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from tests.factories import make_user
from tests.services.test_backups import files_of, make_studio
from tests.services.test_restore import STAGES, all_rows, destroy, fail_at, place, run, stored
from voicestudio.management.commands.studio import lock_data_folder
from voicestudio.models import CloneAttempt
from voicestudio.services import audit, backups, hold
from voicestudio.services.backups import BackupFault, Step, move
from voicestudio.services.backups.tables import read_file_names

__all__ = ["destroy", "place"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
DATABASE: Final = "studio.sqlite3"
# Making a source takes seconds, so that all tests of a process copy one: its rows and files.
_source: Final[dict[str, Any]] = {}


@pytest.fixture(autouse=True)
def source(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    place: Storage,
    destroy: Callable[[], None],
) -> Path:
    """The data folder of a studio with SQLite; the database and storage of the test are empty."""
    if not _source:
        make_studio()
        backups.make_backup(place)
        _source.update(rows=all_rows(), media=stored(), folder=tmp_path_factory.mktemp("laptop"))
        run("restore", place.path(""), folder=_source["folder"])
        journal = _source["folder"] / "journal"
        journal.mkdir()
        (journal / "speech-1-abc.answer").write_bytes(b"{}\npaid")
    destroy()
    shutil.copytree(_source["folder"], tmp_path / "laptop")
    return tmp_path / "laptop"


def change(source: Path, statement: str) -> None:
    """Change the database of the source."""
    with closing(sqlite3.connect(source / DATABASE)) as database:
        database.execute(statement)
        database.commit()


@pytest.mark.parametrize("storage", ["folder", "bucket"])
def test_move_brings_rows_and_bytes_and_leaves_the_source_alone(
    storage: str, source: Path, request: pytest.FixtureRequest, settings: Settings
) -> None:
    if storage == "bucket":
        request.getfixturevalue("bucket")
    before = files_of(source)
    out = StringIO()

    call_command("move_in", "--from", str(source), stdout=out)

    assert (all_rows(), stored()) == (_source["rows"], _source["media"])
    assert files_of(settings.DATA_DIR / "journal") == {"speech-1-abc.answer": b"{}\npaid"}
    assert files_of(source) == before
    audit.verify_trail()
    lines = out.getvalue().splitlines()
    assert [line for line in lines if line.startswith("Files")] == [
        "Files read: 4 of 4", "Files written: 4 of 4", "Files compared: 4 of 4",
    ]  # fmt: skip
    assert sum("compared with its original" in line for line in lines) == 1


def test_move_reads_what_is_in_the_write_ahead_log_only(source: Path, tmp_path: Path) -> None:
    """As after a power cut, with a database file that lacks the last changes."""
    cut_off = tmp_path / "cut off"
    with closing(sqlite3.connect(source / DATABASE)) as database:
        database.execute("UPDATE auth_user SET first_name = 'Late'")
        database.commit()
        shutil.copytree(source, cut_off)
    before = files_of(cut_off)
    assert before[f"{DATABASE}-wal"]

    backups.move_in(cut_off)

    assert [user.first_name for user in User.objects.all()] == ["Late"]
    assert files_of(cut_off) == before


def test_studio_that_starts_without_having_found_a_lock_stops_the_move(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that only commands have used has no locks, and none is written into it."""
    assert not [name for name in ("web.lock", "worker.lock") if (source / name).exists()]

    def start_studio_first(registry: Any, alias: str) -> Any:
        (source / "worker.lock").touch()
        return read_file_names(registry, alias)

    monkeypatch.setattr(f"{move.__name__}.read_file_names", start_studio_first)
    with pytest.raises(BackupFault) as refused:
        backups.move_in(source)

    assert refused.value.code == "source_in_use"
    assert CloneAttempt.objects.count() == 0


def test_moved_studio_is_held_and_its_waiting_calls_are_stopped(source: Path) -> None:
    change(source, "UPDATE voicestudio_cloneattempt SET status = 'waiting', finished_at = NULL")

    done = backups.move_in(source)

    assert (done.stopped, hold.is_held()) == (1, True)
    assert [call.trouble for call in CloneAttempt.objects.all()] == ["restored"]


@pytest.mark.parametrize("stage", STAGES)
def test_broken_move_goes_on(
    stage: str, source: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = files_of(source)
    with monkeypatch.context() as patch:
        fail_at(stage, patch)
        with pytest.raises(CommandError, match=r"Run the same command again\.$"):
            call_command("move_in", "--from", str(source))

    backups.move_in(source)

    assert (all_rows(), stored()) == (_source["rows"], _source["media"])
    assert files_of(source) == before


def test_repeated_move_takes_what_changed_and_copies_no_file_again(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_at("rows", patch)
        with pytest.raises(OSError, match="No space left"):
            backups.move_in(source)
    change(source, "UPDATE auth_user SET first_name = 'Changed'")
    storage: Any = FileSystemStorage
    save, saved = storage._save, []

    def note(self: FileSystemStorage, name: str, content: Any) -> str:
        saved.append(name)
        return str(save(self, name, content))

    monkeypatch.setattr(FileSystemStorage, "_save", note)

    backups.move_in(source)

    assert saved == ["restore_under_way"]
    assert [user.first_name for user in User.objects.all()] == ["Changed"]


def test_studio_that_runs_is_not_moved(source: Path) -> None:
    lock = lock_data_folder(source, "worker")
    try:
        with pytest.raises(BackupFault) as refused:
            backups.move_in(source)
    finally:
        os.close(lock)

    assert refused.value.code == "source_in_use"


def test_studio_does_not_start_while_it_is_moved(source: Path) -> None:
    os.close(lock_data_folder(source, "web"))
    refusals: list[str] = []

    def start(step: Step, _done: int, _total: int) -> None:
        if step is Step.COMPARE_FILES:
            with pytest.raises(CommandError) as refused:
                lock_data_folder(source, "web")
            refusals.append(str(refused.value))

    backups.move_in(source, start)

    assert set(refusals) == {f"Another studio is running on the data folder {source}."}


def empty_folder(source: Path) -> None:
    shutil.rmtree(source)
    source.mkdir()


def empty_database(source: Path) -> None:
    (source / DATABASE).write_bytes(b"")


def text_as_database(source: Path) -> None:
    (source / DATABASE).write_text("This is no database. " * 300)


def newer_database(source: Path) -> None:
    change(
        source,
        "INSERT INTO django_migrations (app, name, applied) "
        "VALUES ('voicestudio', '9999_later', '2030-01-01 00:00:00')",
    )


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (shutil.rmtree, "no_source"),
        (empty_folder, "no_source"),
        (empty_database, "no_source"),
        (text_as_database, "source_broken"),
        (newer_database, "newer_source"),
    ],
)
def test_wrong_source_is_refused(damage: Callable[[Path], None], code: str, source: Path) -> None:
    damage(source)

    with pytest.raises(BackupFault) as refused:
        backups.move_in(source)

    assert (refused.value.code, User.objects.count()) == (code, 0)


def test_data_folder_of_this_studio_is_refused(settings: Settings) -> None:
    with pytest.raises(CommandError, match="is the data folder of this studio"):
        call_command("move_in", "--from", str(settings.DATA_DIR))


def test_used_studio_is_not_moved_into(source: Path) -> None:
    make_user("somebody")

    with pytest.raises(CommandError, match="empty: the table auth"):
        call_command("move_in", "--from", str(source))

    assert not CloneAttempt.objects.exists()


def test_missing_file_is_counted_and_the_rest_is_moved(source: Path) -> None:
    name = next(iter(_source["media"]))
    (source / "media" / name).unlink()
    err = StringIO()

    call_command("move_in", "--from", str(source), stderr=err)

    assert err.getvalue().startswith("1 files that rows name were not in the folder.")
    assert stored() == {key: value for key, value in _source["media"].items() if key != name}


def test_older_source_is_migrated_on_the_way(source: Path, tmp_path: Path) -> None:
    """Into a database without tables; one with the tables of today would lack what rows need."""
    run("migrate", "voicestudio", "0033", folder=source)
    before = files_of(source)

    with pytest.raises(BackupFault) as refused:
        backups.move_in(source)
    said = run("move_in", "--from", str(source), folder=tmp_path / "other")

    assert refused.value.code == "schema"
    assert "compared with its original" in said
    assert files_of(source) == before
