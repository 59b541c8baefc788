"""Databases: seeded ones, made once for each schema and kept in the machine's temporary folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

HOUSE: Final = Path(__file__).resolve().parents[2]
# Other rows or other tables are seeded anew: to alter a million rows takes SQLite longer.
_SOURCES: Final = (
    *sorted((HOUSE / "voicestudio" / "migrations").glob("0*.py")),
    HOUSE / "voicestudio" / "models" / "search.py",
    HOUSE / "tests" / "benchmarks" / "seeding.py",
    HOUSE / "tests" / "benchmarks" / "voice_seeding.py",
)


def shelf() -> Path:
    """Where seeded databases are kept, for this user alone; deleting it does no harm."""
    path = Path(tempfile.gettempdir()) / f"voicestudio-benchmarks-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a studio in `folder`, whatever this machine's own is."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MINIMAX_", "VOICESTUDIO_", "PRICE_"))
        and name not in {"DATABASE_URL", "DEBUG", "PORT", "PRACTICE_PORT", "SECRET_KEY"}
    }
    return kept | {
        "DJANGO_SETTINGS_MODULE": "voicestudio.settings",
        "VOICESTUDIO_ENV_FILE": "",
        "VOICESTUDIO_DATA_DIR": str(folder),
        "LOG_LEVEL": "ERROR",
        **more,
    }


def schema() -> str:
    """One word that changes with the tables, the search index or the seed."""
    digest = hashlib.sha256()
    for path in _SOURCES:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def seeded(count: int, server: str = "", *, kind: str = "attempts") -> dict[str, str]:
    """The environment of a studio with `count` attempts: on SQLite, or on a PostgreSQL `server`.

    "voices" is another `kind`: the same, with their voices in states that are true today.
    """
    begin = f"{kind}-{count}-"
    name = f"{begin}{schema()}"
    if kind == "voices":
        name += f"-{datetime.now(UTC):%Y%m%d}"
    folder = shelf() / (f"{name}-postgresql" if server else name)
    url = {"DATABASE_URL": _at(server, name)} if server else {}
    whole = environment(folder, **url)
    if (folder / "whole").exists() and (not server or _exists(server, name)):
        return whole
    print(f"Seeding {count:,} {kind} (kept for the next time) ...", file=sys.stderr, flush=True)
    _sweep(begin, folder.name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if server:
        _create(server, begin, name)
    command = [sys.executable, "-m", "tests.benchmarks.filling", kind, str(count)]
    subprocess.run(command, cwd=HOUSE, env=whole, check=True)
    (folder / "whole").touch()
    return whole


def bare(studio: dict[str, str]) -> dict[str, str]:
    """The environment of the bare site on the same database."""
    folder = Path(studio["VOICESTUDIO_DATA_DIR"])
    own = folder / "bare"
    (own / "static").mkdir(parents=True, exist_ok=True)
    url = studio.get("DATABASE_URL") or f"sqlite:///{folder / 'studio.sqlite3'}"
    kept = {name: value for name, value in studio.items() if not name.startswith("VOICESTUDIO_")}
    del kept["DJANGO_SETTINGS_MODULE"]
    return kept | {"BARE_FOLDER": str(own), "BARE_DATABASE": url}


def _sweep(begin: str, keep: str) -> None:
    """Throw away what earlier schemas left."""
    kind = keep.endswith("-postgresql")
    for old in shelf().glob(f"{begin}*"):
        if old.name != keep and old.name.endswith("-postgresql") == kind:
            shutil.rmtree(old)


# On a PostgreSQL server -----------------------------------------------------------------------


def _at(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _exists(server: str, name: str) -> bool:
    with psycopg.connect(server) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


def _create(server: str, begin: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        old = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{begin}%"]
        ).fetchall()
        for (one,) in old:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(one)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
