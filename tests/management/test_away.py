"""Commands whose database is away: one sentence and exit code 1, for every command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)

import manage
from tests.management.running_studio import ROOT
from voicestudio.services import health
from voicestudio.services.storage import StorageAway

AWAY = "postgres://studio@127.0.0.1:1/studio"


def run(*arguments: str, folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "VOICESTUDIO_ENV_FILE": "",
            "VOICESTUDIO_DATA_DIR": str(folder),
            "DATABASE_URL": url,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("voices",), ("verify_audit",), ("person", "list"), ("retention",), ("check_files",),
        ("backup", "/proc/never-made"), ("migrate",), ("changepassword", "lea"),
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_command_without_its_database_says_so(command: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*command, folder=tmp_path / "data", url=AWAY)

    assert (done.returncode, done.stdout) == (1, "")
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("The database cannot be used: ")
    assert sentence.endswith("? Run the command again when it answers.")
    assert "refused" in sentence


def test_command_shows_the_traceback_if_it_is_asked_for(tmp_path: Path) -> None:
    done = run("voices", "--traceback", folder=tmp_path / "data", url=AWAY)

    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")


def test_file_of_the_database_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    done = run("voices", folder=tmp_path / "data", url=f"sqlite:///{tmp_path}/nowhere/studio.db")

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "unable to open database file" in done.stderr


@pytest.mark.parametrize(
    "command",
    [("voices",), ("verify_audit",), ("person", "list"), ("retention",)],
    ids=lambda command: command[0],
)
def test_command_says_that_the_tables_are_missing(command: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*command, folder=tmp_path / "data", url="")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The database has to be migrated first: run manage.py migrate.\n"


@pytest.mark.django_db
def test_only_missing_migrations_are_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM voicestudio_nowhere")
    except DatabaseError as unknown:
        error = unknown

    assert manage.explain(error) == ""
    monkeypatch.setattr(health, "_has_migrations", False)
    monkeypatch.setattr(
        "django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: ["one"]
    )
    assert manage.explain(error) == (
        "The database has to be migrated first: run manage.py migrate."
    )
    assert manage.explain(OperationalError("table locked")) != manage.explain(error)


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (StorageAway("the bucket did not answer"), "storage"),
        (InterfaceError("the connection is closed"), "database"),
        (OperationalError("database is locked"), "database"),
        (ProgrammingError("no such column"), ""),
        (PermissionError(13, "Permission denied"), ""),
        (ValueError("a mistake of the code"), ""),
    ],
)
def test_only_what_is_away_is_said_to_be_away(
    error: Exception, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(error, InterfaceError):
        monkeypatch.setattr(connection, "vendor", "postgresql")

    sentence = manage.explain(error)

    expected = f"The {part} cannot be used: {error}. Run the command again when it answers."
    assert sentence == (expected if part else "")
