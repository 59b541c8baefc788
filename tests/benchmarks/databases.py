"""Seeded databases, created once for each schema and kept in the machine's temporary folder."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROOT: Final = Path(__file__).resolve().parents[2]
# A change in any of these creates new databases: SQLite would take longer to alter a million rows.
_SOURCES: Final = (
    *sorted((ROOT / "voicestudio" / "migrations").glob("0*.py")),
    ROOT / "voicestudio" / "models" / "search.py",
    ROOT / "tests" / "benchmarks" / "seed_attempts.py",
    ROOT / "tests" / "benchmarks" / "seed_voices.py",
    ROOT / "tests" / "benchmarks" / "seed_audit.py",
)


def cache_folder() -> Path:
    """Where seeded databases are kept, for this user only; it can be deleted at any time."""
    path = Path(tempfile.gettempdir()) / f"voicestudio-benchmarks-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def studio_environment(folder: Path, **variables: str) -> dict[str, str]:
    """The environment of a studio in `folder`, independent of this machine's settings."""
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
        **variables,
    }


def schema_version() -> str:
    """A hash that changes with the tables, the search index or the seed."""
    digest = hashlib.sha256()
    for path in _SOURCES:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def servers() -> Iterator[tuple[str, str]]:
    """(name, address) of each database server: SQLite, and PostgreSQL if DATABASE_URL names one."""
    yield "SQLite", ""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        yield "PostgreSQL", url


def seeded_environment(count: int, server: str = "", *, kind: str = "attempts") -> dict[str, str]:
    """The environment of a studio with `count` attempts, on SQLite or on a PostgreSQL `server`.

    The kind "voices" is the same with voices whose states are as of today.
    """
    prefix = f"{kind}-{count}-"
    name = f"{prefix}{schema_version()}"
    if kind == "voices":
        name += f"-{datetime.now(UTC):%Y%m%d}"
    folder = cache_folder() / (f"{name}-postgresql" if server else name)
    url = {"DATABASE_URL": _database_url(server, name)} if server else {}
    environment = studio_environment(folder, **url)
    if (folder / "complete").exists() and (not server or _exists(server, name)):
        return environment
    print(f"Seeding {count:,} {kind} (kept for next time) ...", file=sys.stderr, flush=True)
    _delete_old(prefix, folder.name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if server:
        _create(server, prefix, name)
    command = [sys.executable, "-m", "tests.benchmarks.seed", kind, str(count)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    (folder / "complete").touch()
    return environment


def bare_environment(studio: dict[str, str]) -> dict[str, str]:
    """The environment of the bare site on the same database."""
    folder = Path(studio["VOICESTUDIO_DATA_DIR"])
    own = folder / "bare"
    (own / "static").mkdir(parents=True, exist_ok=True)
    url = studio.get("DATABASE_URL") or f"sqlite:///{folder / 'studio.sqlite3'}"
    kept = {name: value for name, value in studio.items() if not name.startswith("VOICESTUDIO_")}
    del kept["DJANGO_SETTINGS_MODULE"]
    return kept | {"BARE_FOLDER": str(own), "BARE_DATABASE": url}


def _delete_old(prefix: str, keep: str) -> None:
    """Delete the folders of earlier schemas."""
    on_server = keep.endswith("-postgresql")
    for old in cache_folder().glob(f"{prefix}*"):
        if old.name != keep and old.name.endswith("-postgresql") == on_server:
            shutil.rmtree(old)


# On a PostgreSQL server -----------------------------------------------------------------------


def _database_url(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _exists(server: str, name: str) -> bool:
    with psycopg.connect(server) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return found.fetchone() is not None


def fresh_database(server: str, prefix: str, name: str) -> str:
    """The address of a new, empty database; those with this prefix are dropped."""
    _create(server, prefix, name)
    return _database_url(server, name)


def _create(server: str, prefix: str, name: str) -> None:
    drop_databases(server, prefix)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def drop_databases(server: str, prefix: str) -> None:
    """Drop all databases whose names begin so."""
    with psycopg.connect(server, autocommit=True) as connection:
        old = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{prefix}%"]
        ).fetchall()
        for (database,) in old:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(database)))
