"""Backups: consistent while people work, incremental, and never taken for complete if broken."""

import threading
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from tests.factories import make_attempt, make_recording, make_user
from voicestudio.models import AuditEntry, CloneAttempt, RetentionRule, Studio, Verb
from voicestudio.services import audit, backups
from voicestudio.services.backups import BackupFault
from voicestudio.services.backups.manifest import read_manifest, read_part, write_manifest
from voicestudio.services.backups.places import Folder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("data_dir")]


@pytest.fixture(params=["folder", "bucket"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for backups, as a command is given it."""
    if request.param == "folder":
        return str(tmp_path / "backups")
    made = request.getfixturevalue("bucket")
    endpoint = request.getfixturevalue("s3_url")
    return f"s3://{made.name}/backups?endpoint={endpoint}&region=us-east-1"


@pytest.fixture
def place(tmp_path: Path) -> Storage:
    return backups.open_folder(tmp_path / "backups")


@pytest.fixture(autouse=True)
def _bucket_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


def make_studio() -> CloneAttempt:
    """A few rows of every kind, with files and a sealed entry."""
    Studio.current()
    RetentionRule.objects.create(kind="speeches", days=90, is_automatic=True)
    person = make_user("lea")
    recording = make_recording(by=person, content=b"RIFF one", figures={"snr_db": 31.5})
    make_recording(by=person, content=b"RIFF two", parent=recording)
    attempt = make_attempt(by=person, recording=recording, speaker_name="Zoë\u2028Larsen")
    audit.record(Verb.VOICE_KEPT, by=person, on=attempt, at=timezone.now())
    audit.seal_entries()
    audit.record(Verb.DOWNLOADED, by=person, on=attempt, file="preview")
    return attempt


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their path in it."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def rows_of(place: Storage, label: str) -> list[dict[str, Any]]:
    return list(read_part(place, read_manifest(place).tables[label]))


def test_backup_is_complete_in_a_folder_and_in_a_bucket(target: str) -> None:
    attempt = make_studio()
    out = StringIO()

    call_command("backup", target, stdout=out)
    call_command("verify_backup", target, stdout=out)

    made, verified = out.getvalue().splitlines()
    head = audit.seal_head()
    assert made.endswith(f"3 files. The head of the audit trail is {head}.")
    assert verified.partition(":")[0].endswith("is complete and unchanged")
    assert AuditEntry.objects.unsealed().count() == 0
    assert head.startswith("2:")
    assert attempt.speaker_name == "Zoë\u2028Larsen"


def test_second_backup_copies_new_files_only(place: Storage, tmp_path: Path) -> None:
    make_studio()
    backups.make_backup(place)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "backups/files").rglob("??*")}
    make_recording(content=b"RIFF three")

    made = backups.make_backup(place)

    files = [path for path in (tmp_path / "backups/files").rglob("*") if path.is_file()]
    assert (len(files), made.stored_files) == (4, 4)
    assert {path for path in files if path not in before} == {
        path for path in files if path.read_bytes() == b"RIFF three"
    }
    assert backups.verify_backup(place).name == made.name


def test_unchanged_file_is_not_read_again(place: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    make_studio()
    backups.make_backup(place)
    read: list[str] = []
    monkeypatch.setattr("voicestudio.services.storage.local_file", read.append)

    made = backups.make_backup(place)

    assert (made.stored_files, read) == (3, [])


def test_backup_has_no_session_link_or_secret_hash(place: Storage, client: Any) -> None:
    person = make_user("lea")
    client.force_login(person)
    audit.record_setting_changes()

    made = backups.make_backup(place)

    left_out = {
        "account.emailconfirmation", "sessions.session", "socialaccount.socialapp",
        "socialaccount.socialtoken", "usersessions.usersession", "voicestudio.draft",
        "voicestudio.draftfile", "voicestudio.invitation", "voicestudio.knownsettings",
    }  # fmt: skip
    assert left_out & made.tables.keys() == set()
    assert [row["username"] for row in rows_of(place, "auth.user")] == ["lea"]


def test_journal_is_part_of_the_backup(place: Storage, data_dir: Path) -> None:
    (data_dir / "journal").mkdir()
    (data_dir / "journal" / "speech-1-abc.answer").write_bytes(b"{}\npaid")

    made = backups.make_backup(place)

    listed = list(read_part(place, made.files))
    assert [(entry["row"], entry["name"]) for entry in listed] == [
        (["journal", 0], "speech-1-abc.answer")
    ]


def test_missing_file_is_counted_and_said(tmp_path: Path, data_dir: Path) -> None:
    make_studio()
    next((data_dir / "media").rglob("*.wav")).unlink()
    err = StringIO()

    call_command("backup", str(tmp_path / "backups"), stderr=err)

    assert err.getvalue().startswith("1 files could not be found")
    call_command("verify_backup", str(tmp_path / "backups"))


def test_rows_are_of_one_moment_while_others_write(
    place: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writers are let in between two tables, and wait for nothing."""
    make_studio()
    written = threading.Event()

    def write() -> None:
        try:
            make_attempt(by=make_user("late"), speaker_name="Late")
            written.set()
        finally:
            connection.close()

    put = Folder._save

    def write_meanwhile(self: Folder, name: str, content: Any) -> str:
        if name.endswith("voicestudio.charge.jsonl.gz"):
            writer = threading.Thread(target=write)
            writer.start()
            writer.join(30)
        return put(self, name, content)

    monkeypatch.setattr(Folder, "_save", write_meanwhile)

    backups.make_backup(place)

    assert written.is_set()
    assert len(rows_of(place, "voicestudio.cloneattempt")) == 1
    assert len(rows_of(place, "voicestudio.speaker")) == 1
    assert CloneAttempt.objects.count() == 2


def test_backup_keeps_microseconds_and_json(place: Storage) -> None:
    attempt = make_studio()

    backups.make_backup(place)

    row = rows_of(place, "voicestudio.cloneattempt")[0]
    assert row["created_at"] == attempt.created_at.isoformat()
    assert row["answer"] == attempt.answer
    assert row["audio"] == attempt.audio.name


@pytest.mark.parametrize("stage", ["rows", "files", "manifest.json"])
def test_broken_backup_is_none_and_the_next_one_goes_on(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_studio()
    put = Folder._save

    def fail(self: Folder, name: str, content: Any) -> str:
        if stage in name.split("/"):
            raise OSError(28, "No space left on device", name)
        return put(self, name, content)

    monkeypatch.setattr(Folder, "_save", fail)
    with pytest.raises(CommandError) as refused:
        call_command("backup", str(tmp_path / "backups"))
    monkeypatch.setattr(Folder, "_save", put)

    assert str(refused.value).startswith("No space left on device (")
    with pytest.raises(BackupFault) as fault:
        backups.verify_backup(backups.open_folder(tmp_path / "backups"))
    assert fault.value.code == "none"
    call_command("backup", str(tmp_path / "backups"))
    call_command("verify_backup", str(tmp_path / "backups"))


def test_bucket_that_refuses_is_said(s3_url: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("backup", f"s3://missing-bucket/x?endpoint={s3_url}&region=us-east-1")

    assert str(refused.value).endswith("There is no new backup. Run the same command again.")


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("pattern", "fault", "code"),
    [
        ("backups/*/manifest.json", cut, "manifest"),
        ("backups/*/manifest.json", damage, "manifest"),
        ("backups/*/rows/voicestudio.cloneattempt.jsonl.gz", damage, "changed"),
        ("backups/*/rows/voicestudio.cloneattempt.jsonl.gz", Path.unlink, "missing"),
        ("backups/*/files.jsonl.gz", cut, "changed"),
        ("files/*/*", damage, "changed"),
        ("files/*/*", Path.unlink, "missing"),
    ],
)
def test_verification_finds_what_is_wrong(
    pattern: str, fault: Any, code: str, tmp_path: Path, place: Storage
) -> None:
    make_studio()
    backups.make_backup(place)
    fault(next((tmp_path / "backups").glob(pattern)))

    with pytest.raises(CommandError) as refused:
        call_command("verify_backup", str(tmp_path / "backups"))
    with pytest.raises(BackupFault) as found:
        backups.verify_backup(place)

    assert (str(refused.value), found.value.code) == (str(found.value), code)


def test_verification_reads_the_audit_chain(
    place: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that was changed before the backup has fitting checksums, but no fitting seal."""
    make_studio()
    monkeypatch.setattr("voicestudio.models.AuditEntry.HASHED", ("id",))
    backups.make_backup(place)
    monkeypatch.undo()

    with pytest.raises(BackupFault) as found:
        backups.verify_backup(place)

    assert found.value.code == "audit"


def test_verification_finds_entries_past_the_head(place: Storage) -> None:
    make_studio()
    head = audit.seal_head()
    audit.record(Verb.VOICE_KEPT)
    audit.seal_entries()
    made = backups.make_backup(place)
    place.delete(f"backups/{made.name}/manifest.json")
    write_manifest(place, replace(made, audit_head=head))

    with pytest.raises(BackupFault) as found:
        backups.verify_backup(place)

    assert found.value.code == "audit"


def test_database_with_pending_migrations_is_not_backed_up(
    place: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: ["one"]
    )

    with pytest.raises(BackupFault) as refused:
        backups.make_backup(place)

    assert refused.value.code == "pending"
