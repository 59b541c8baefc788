"""`manage.py studio`: the port of the stand-in, and what the start says about voices."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_voice
from voicestudio.management import statics
from voicestudio.management.commands import studio
from voicestudio.models import Machine, MachinePart, Worker
from voicestudio.services import health


@pytest.mark.parametrize("is_fixed", [True, False])
def test_practice_port_in_use_is_replaced_unless_it_is_set(
    is_fixed: bool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRACTICE_PORT", "")
    with socket.socket() as other, socket.socket() as unused:
        for each in (other, unused):
            each.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings.PORT = unused.getsockname()[1]
        unused.close()
        settings.PRACTICE_MODE, settings.PRACTICE_PORT_IS_FIXED = True, is_fixed
        settings.PRACTICE_PORT = port
        settings.MINIMAX_BASE_URL = f"http://127.0.0.1:{port}"

        if is_fixed:
            with pytest.raises(CommandError, match=f"Port {port} .* PRACTICE_PORT="):
                studio.check_ports()
            return
        studio.check_ports()

    chosen = settings.PRACTICE_PORT
    assert chosen not in (port, settings.PORT)
    assert os.environ["PRACTICE_PORT"] == str(chosen)
    assert settings.MINIMAX_BASE_URL.endswith(f"//127.0.0.1:{chosen}")


@pytest.mark.django_db
def test_start_reports_voices_of_another_account(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MINIMAX_PROVIDER = "api.minimax.io"
    for provider in ("api.minimax.io", "practice", "gate.example.com", "gate.example.com"):
        make_voice(provider=provider)

    studio.report_other_accounts()

    assert capsys.readouterr().out == (
        "2 voices belong to another account (gate.example.com) and can't be used now. If that is "
        "this account under its old address, set MINIMAX_ACCOUNT=gate.example.com.\n"
    )


@pytest.fixture
def migrated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that the start has called; the database lacks migrations meanwhile."""
    called: list[str] = []
    monkeypatch.setattr(studio, "call_command", lambda name, **_options: called.append(name))
    monkeypatch.setattr(statics, "collect_if_changed", lambda: None)
    monkeypatch.setattr(health, "lacks_migrations", lambda: not called)
    return called


@pytest.mark.django_db
@pytest.mark.parametrize("part", MachinePart)
@pytest.mark.parametrize(
    ("roles", "migrate", "host", "age_s", "expected"),
    [
        (["web", "worker"], False, "", 0, ["migrate"]),
        (["web", "worker"], False, "elsewhere", 300, ["migrate"]),  # it has died
        (["web", "worker"], False, "elsewhere", 0, []),
        (["web"], False, "", 0, []),
        (["worker"], False, "", 0, []),
        (["web", "worker"], True, "elsewhere", 0, ["migrate"]),
        (["web"], True, "elsewhere", 0, ["migrate"]),
    ],
)
def test_start_migrates_only_where_no_other_machine_runs(
    roles: list[str], migrate: bool, host: str, age_s: int, expected: list[str],
    part: MachinePart, migrated: list[str], capsys: pytest.CaptureFixture[str],
    settings: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    """On PostgreSQL, or on a SQLite file that isn't in the data folder."""
    settings.DATA_DIR = tmp_path
    at = timezone.now() - timedelta(seconds=age_s)
    if host and part == MachinePart.WORKER:
        Worker.objects.create(host=host, pid=1, started_at=at, beat_at=at)
    elif host:
        Machine.objects.create(host=host, part=part, key_print="", seen_at=at)

    sentence = studio.prepare(roles, migrate=migrate)

    assert migrated == expected
    assert (sentence == "it waits for manage.py migrate.") is (expected == [])
    line = capsys.readouterr().out
    assert line.count("The database lacks migrations.") == int(expected == [])
    waits_for = {"web": "web server on elsewhere", "worker": "worker on elsewhere"}[part]
    assert line.count(f"last three minutes: {waits_for}.") == int(bool(host) and expected == [])
    assert line.count("start with --migrate") == int(expected == [])


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite lies on one machine")
@pytest.mark.parametrize(("roles", "expected"), [(["web", "worker"], ["migrate"]), (["web"], [])])
def test_container_that_comes_back_under_another_name_migrates_its_sqlite(
    roles: list[str], expected: list[str], migrated: list[str],
    settings: Settings, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The locks of the data folder say that nothing else runs; the rows are of a killed one."""
    file = str(settings.DATA_DIR / "studio.sqlite3")
    monkeypatch.setitem(connection.settings_dict, "NAME", file)
    now = timezone.now()
    Worker.objects.create(host="before", pid=1, started_at=now, beat_at=now)
    Machine.objects.create(host="before", part=MachinePart.WEB, key_print="", seen_at=now)

    studio.prepare(roles, migrate=False)

    assert migrated == expected


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lies on one machine")
def test_machines_that_start_at_once_migrate_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both find no worker and an empty database; the second one would fail at the first table."""
    monkeypatch.setattr(statics, "collect_if_changed", lambda: None)
    free: list[bool] = []

    def look(_name: str = "", **_options: object) -> None:
        with closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [studio.MIGRATION_LOCK])
            free.extend(cursor.fetchone())

    monkeypatch.setattr(studio, "call_command", look)
    studio.prepare(["web", "worker"], migrate=False)
    look()

    assert free == [False, True]


@pytest.fixture
def holder() -> Iterator[CursorWrapper]:
    """Another machine that migrates: a connection with the lock."""
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [studio.MIGRATION_LOCK])
        yield cursor


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lies on one machine")
def test_start_says_for_whom_it_waits_and_migrates_then(
    holder: CursorWrapper, migrated: list[str], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            holder.execute("SELECT pg_advisory_unlock(%s)", [studio.MIGRATION_LOCK])

    monkeypatch.setattr(time, "sleep", pause)

    studio.prepare(["web", "worker"], migrate=False)

    assert (migrated, len(pauses)) == (["migrate"], 2)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith(" is migrating the database. Waiting for it, 10 minutes at most.")


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lies on one machine")
def test_start_ends_if_another_machine_keeps_migrating(
    holder: CursorWrapper, migrated: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio, "MIGRATION_WAIT_S", 0)
    holder.execute("SELECT pg_backend_pid()")
    (pid,) = holder.fetchone()

    with pytest.raises(CommandError, match=rf"pg_terminate_backend\({pid}\)"):
        studio.prepare(["web", "worker"], migrate=False)

    assert migrated == []


def test_start_deletes_drafts_of_versions_that_kept_them_as_files(tmp_path: Path) -> None:
    old = tmp_path / "drafts" / "1" / "abc"
    old.mkdir(parents=True)
    (old / "0").write_bytes(b"sound")
    (tmp_path / "media").mkdir()

    studio.delete_drafts_folder(tmp_path)
    studio.delete_drafts_folder(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["media"]


@pytest.mark.django_db
def test_studio_that_was_killed_here_is_no_other_machine(
    settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path  # no SQLite file in it, so that the rows decide
    now, here = timezone.now(), socket.gethostname()
    Worker.objects.create(host=here, pid=2**22 + 1, started_at=now, beat_at=now)
    for part in MachinePart:
        Machine.objects.create(host=here, part=part, key_print="", seen_at=now)

    assert studio.list_others() == []


@pytest.mark.parametrize("option", ["--web", "--worker"])
def test_practice_mode_runs_on_one_machine(option: str, settings: Settings) -> None:
    settings.PRACTICE_MODE = True

    with pytest.raises(CommandError, match="Practice mode runs on one machine"):
        call_command("studio", option)
