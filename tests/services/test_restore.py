"""Restore: rows and bytes come back as they were, on both databases, and nothing is paid twice."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage, Storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model, QuerySet
from pytest_django.fixtures import Settings

from tests.factories import make_attempt, make_user
from tests.services.test_backups import _bucket_keys, damage, files_of, make_studio, target
from voicestudio.models import AttemptState, AuditEntry, CloneAttempt, Verb
from voicestudio.practice.server import StandIn
from voicestudio.services import audit, backups, clones, hold, storage, stored_files, worker
from voicestudio.services.backups import BackupFault, contents
from voicestudio.services.backups.manifest import Part, PartWriter, read_part, write_manifest
from voicestudio.services.backups.tables import models_in_backup
from voicestudio.services.clones import reconcile

__all__ = ["_bucket_keys", "target"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]
ATTEMPTS: Final = "voicestudio.cloneattempt"
ROOT: Final = Path(__file__).parent.parent.parent


@pytest.fixture
def place(tmp_path: Path) -> Storage:
    return backups.open_folder(tmp_path / "backups")


@pytest.fixture
def destroy(settings: Settings, data_dir: Path) -> Callable[[], None]:
    """Leaves an empty studio: tables as after the migrations, and another data folder."""

    def act() -> None:
        for name in stored():
            storage.delete(name)
        call_command("flush", verbosity=0, interactive=False)
        settings.DATA_DIR = data_dir.with_name("new")
        settings.MEDIA_ROOT = settings.DATA_DIR / "media"
        settings.FILE_UPLOAD_TEMP_DIR = settings.DATA_DIR / "incoming"
        for path in (settings.MEDIA_ROOT, settings.FILE_UPLOAD_TEMP_DIR):
            path.mkdir(parents=True, exist_ok=True)

    return act


def stored() -> dict[str, bytes]:
    """The files of the studio by name, wherever they lie."""
    names = [
        name for top in stored_files.FOLDERS for _, names in storage.walk(top) for name in names
    ]
    return {name: b"".join(storage.chunks(name, 0, 10**6)) for name in names}


def all_rows() -> dict[str, list[dict[str, Any]]]:
    """Every row that a backup has, by table, without the rows of the migrations themselves.

    The hold that a restore starts, its entry, and the time of the last backup are left out.
    """
    rows = {
        str(model._meta.label_lower): list(model._base_manager.order_by("pk").values())
        for model in models_in_backup()
    }
    for row in rows["voicestudio.studio"]:
        del row["held_since"], row["last_backup_at"]
    del rows["voicestudio.auditchain"]  # a later backup seals that entry, too
    entries = rows["voicestudio.auditentry"]
    entries[:] = [entry for entry in entries if entry["verb"] != Verb.HOLD_STARTED]
    return rows


def test_restore_brings_back_rows_and_bytes(
    target: str, destroy: Callable[[], None], data_dir: Path, settings: Settings
) -> None:
    make_studio()
    (data_dir / "journal").mkdir()
    (data_dir / "journal" / "speech-1-abc.answer").write_bytes(b"{}\npaid")
    call_command("backup", target)
    rows, media, calls = all_rows(), stored(), files_of(data_dir / "journal")
    destroy()

    call_command("restore", target)

    assert all_rows() == rows
    assert stored() == media
    assert files_of(settings.DATA_DIR / "journal") == calls
    audit.verify_trail()
    with pytest.raises(IntegrityError):
        AuditEntry.objects.all()._raw_delete(connection.alias)
    assert make_attempt(by=make_user("new")).pk > max(row["id"] for row in rows[ATTEMPTS])


def test_restore_writes_into_a_bucket(
    place: Storage, destroy: Callable[[], None], request: pytest.FixtureRequest
) -> None:
    make_studio()
    backups.make_backup(place)
    media = stored()
    destroy()
    bucket = request.getfixturevalue("bucket")

    backups.restore(place)

    found = {obj.key: obj.get()["Body"].read() for obj in bucket.objects.all()}
    assert found == {f"voices/{name}": content for name, content in media.items()}


def run(command: str, *arguments: str, folder: Path) -> str:
    """Run a command of a studio with SQLite in another data folder."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**kept, "VOICESTUDIO_DATA_DIR": str(folder), "VOICESTUDIO_ENV_FILE": ""}
    done = subprocess.run(
        [sys.executable, "manage.py", command, *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_backup_moves_between_databases(
    tmp_path: Path, place: Storage, destroy: Callable[[], None]
) -> None:
    """From the database of the tests to a new SQLite file, and from there back."""
    make_studio()
    backups.make_backup(place)
    rows = all_rows()
    other, again = tmp_path / "other", tmp_path / "again"

    run("restore", str(tmp_path / "backups"), folder=other)
    run("backup", str(again), folder=other)
    run("verify_backup", str(again), folder=other)
    destroy()
    backups.restore(backups.open_folder(again))

    assert all_rows() == rows
    audit.verify_trail()


def test_older_backup_is_migrated(tmp_path: Path, place: Storage) -> None:
    """One of a version whose rows lack some columns of today, which they get by migration."""
    make_studio()
    made = backups.make_backup(place)
    names = made.migrations["voicestudio"]
    old = names[: names.index("0029_events_of_moves") + 1]
    then = MigrationLoader(connection).project_state(("voicestudio", old[-1])).apps
    known = {model._meta.label_lower for model in then.get_models()}
    tables = {
        label: rewrite(place, part, then.get_model(label)) if label in known else part
        for label, part in made.tables.items()
        if label in known or not label.startswith("voicestudio.")
    }
    place.delete(f"backups/{made.name}/manifest.json")
    older = replace(made, migrations=made.migrations | {"voicestudio": old}, tables=tables)
    write_manifest(place, older)

    said = run("restore", str(tmp_path / "backups"), folder=tmp_path / "other")

    assert f"\nBackup {made.name} is restored: {older.rows} rows and 3 files" in said
    run("verify_audit", folder=tmp_path / "other")


def rewrite(place: Storage, part: Part, model: type[Model]) -> Part:
    """Write rows again with the columns that the model of an older version had."""
    names = {field.attname for field in model._meta.concrete_fields}
    rows = list(read_part(place, part))
    if all(row.keys() <= names for row in rows):
        return part
    with TemporaryDirectory() as folder:
        with PartWriter(Path(folder), part.path).opened() as writer:
            for row in rows:
                writer.write({name: row[name] for name in row.keys() & names})
        return writer.put(place)


def test_backup_of_a_newer_version_is_refused(place: Storage, destroy: Callable[[], None]) -> None:
    made = backups.make_backup(place)
    newer = made.migrations | {"voicestudio": [*made.migrations["voicestudio"], "9999_later"]}
    place.delete(f"backups/{made.name}/manifest.json")
    write_manifest(place, replace(made, migrations=newer, version="9.0.0"))
    destroy()

    with pytest.raises(BackupFault) as refused:
        backups.restore(place)

    assert refused.value.code == "newer"


@pytest.mark.parametrize("what", ["rows", "files"])
def test_used_studio_is_not_overwritten(
    what: str, place: Storage, destroy: Callable[[], None], settings: Settings
) -> None:
    make_studio()
    backups.make_backup(place)
    destroy()
    if what == "rows":
        make_user("somebody")
    else:
        (settings.MEDIA_ROOT / "recordings").mkdir()
        (settings.MEDIA_ROOT / "recordings" / "one.mp3").write_bytes(b"one")

    with pytest.raises(CommandError, match="This studio isn't empty"):
        call_command("restore", place.path(""))

    assert not CloneAttempt.objects.exists()


# The function that fails, and at which call. The first file is the note about the restore.
STAGES: Final[dict[str, tuple[Any, str, int]]] = {
    "second file": (FileSystemStorage, "_save", 3),
    "rows": (QuerySet, "bulk_create", 5),
    "compared rows": (contents, "reset_sequences", 1),
    "compared files": (contents, "compare_files", 1),
}


def fail_at(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full at this stage."""
    owner, name, call = STAGES[stage]
    calls, real = count(1), getattr(owner, name)

    def fail(*arguments: Any, **options: Any) -> Any:
        if next(calls) >= call:
            raise OSError(28, "No space left on device")
        return real(*arguments, **options)

    monkeypatch.setattr(owner, name, fail)


@pytest.mark.parametrize("stage", STAGES)
def test_broken_restore_goes_on(
    stage: str, place: Storage, destroy: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_studio()
    backups.make_backup(place)
    rows, media = all_rows(), stored()
    destroy()

    with monkeypatch.context() as patch:
        fail_at(stage, patch)
        with pytest.raises(OSError, match="No space left"):
            backups.restore(place)

    backups.restore(place)

    assert (all_rows(), stored()) == (rows, media)


def test_broken_restore_goes_on_from_another_machine(
    place: Storage, destroy: Callable[[], None], monkeypatch: pytest.MonkeyPatch,
    settings: Settings, tmp_path: Path, request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    """What was restored lies in the bucket, and so does the note that a restore is under way."""
    make_studio()
    backups.make_backup(place)
    rows, media = all_rows(), stored()
    destroy()
    request.getfixturevalue("bucket")
    with monkeypatch.context() as patch:
        fail_at("rows", patch)
        with pytest.raises(OSError, match="No space left"):
            backups.restore(place)
    settings.DATA_DIR = tmp_path / "other machine"

    backups.restore(place)

    assert (all_rows(), stored()) == (rows, media)


def test_row_that_differs_from_the_backup_is_found(
    place: Storage, destroy: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many rows as in the backup, one of them with another value."""
    make_studio()
    backups.make_backup(place)
    destroy()
    create = QuerySet.bulk_create

    def change(self: Any, rows: Any) -> Any:
        for row in rows:
            if hasattr(row, "speaker_name"):
                row.speaker_name = "Somebody"
        return create(self, rows)

    monkeypatch.setattr(QuerySet, "bulk_create", change)

    with pytest.raises(BackupFault) as found:
        backups.restore(place)

    assert str(found.value) == f"After the restore, the table {ATTEMPTS} isn't as it was."
    assert not CloneAttempt.objects.exists()


def test_changed_backup_is_not_loaded(
    place: Storage, destroy: Callable[[], None], tmp_path: Path
) -> None:
    make_studio()
    made = backups.make_backup(place)
    damage(tmp_path / "backups" / made.tables[ATTEMPTS].path)
    destroy()

    with pytest.raises(BackupFault) as refused:
        backups.restore(place)

    assert (refused.value.code, AuditEntry.objects.count()) == ("changed", 0)


def test_restored_calls_are_not_sent_again(
    place: Storage, destroy: Callable[[], None], standin: StandIn
) -> None:
    person = make_user("lea")
    states = [AttemptState.WAITING, AttemptState.SENDING, AttemptState.CLONING]
    waiting, sending, cloning = (make_attempt(state, by=person).pk for state in states)
    backups.make_backup(place)
    destroy()

    done = backups.restore(place)
    worker.requeue_lost_calls(at_once=True)
    for pk in (waiting, sending, cloning):
        clones.run_clone.call(pk)

    found = {attempt.pk: attempt for attempt in CloneAttempt.objects.all()}
    assert {pk: str(attempt.state) for pk, attempt in found.items()} == {
        waiting: "interrupted", sending: "interrupted", cloning: "unknown",
    }  # fmt: skip
    assert found[waiting].trouble == "restored"
    assert (standin.calls, done.stopped, done.unknown) == ([], 2, 1)


def test_restored_studio_sends_only_what_goes_on_after_the_hold(
    place: Storage, destroy: Callable[[], None], standin: StandIn
) -> None:
    root = make_user("root", is_staff=True, is_superuser=True)
    wanted, unwanted = (make_attempt(AttemptState.WAITING, by=root).pk for _ in range(2))
    backups.make_backup(place)
    destroy()
    backups.restore(place)
    root = User.objects.get(username="root")
    rows = CloneAttempt.objects.in_bulk()

    assert hold.go_on(rows[wanted], by=root)
    new = make_attempt(AttemptState.WAITING, by=root)
    run_everything(wanted, unwanted, new.pk)
    with pytest.raises(hold.UndecidedError):
        hold.end(by=root)
    assert standin.calls == []
    assert hold.withdraw(rows[unwanted], by=root)
    assert not hold.go_on(rows[unwanted], by=root)
    hold.end(by=root)
    run_everything(wanted, unwanted, new.pk)

    # The stand-in refuses the files of these attempts, of which it knows none.
    troubles = {attempt.pk: attempt.trouble for attempt in CloneAttempt.objects.all()}
    assert troubles == {wanted: "refused", unwanted: "withdrawn", new.pk: "refused"}
    assert [call.path for call in standin.calls] == ["/v1/voice_clone"] * 2


def test_unknown_call_is_not_checked_during_the_hold(person: User, standin: StandIn) -> None:
    """The question is the same request once more, which may clone the voice now."""
    attempt = make_attempt(AttemptState.UNKNOWN, by=person)
    hold.start()

    asked = reconcile.request_check(attempt, by=person)
    reconcile.check_with_provider.call(attempt.pk)

    assert (asked, standin.calls) == (False, [])


def run_everything(*pks: int) -> None:
    """What a worker does: find what is due, and run each job that there may be."""
    worker.requeue_lost_calls(at_once=True)
    for pk in pks:
        clones.run_clone.call(pk)
