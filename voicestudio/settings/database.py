"""Database: SQLite in the data folder, or PostgreSQL."""

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from .places import DATA_DIR
from .reading import env, read

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SQLITE_OPTIONS = {
    # Take the write lock when a transaction begins: asking for it later fails instead of waiting.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4000;"
        "PRAGMA mmap_size=134217728; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864"
    ),
}


def database(url: str) -> dict[str, Any]:
    """The database behind an address, with what each kind needs to run well."""
    wanted = "an address such as postgres://user:password@host/name or sqlite:////path/to/file"
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url))
        engine = str(found["ENGINE"]).rpartition(".")[2]
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL must be {wanted}.") from error
    if engine not in {"sqlite3", "postgresql"} or not found["NAME"]:
        raise ImproperlyConfigured(f"DATABASE_URL must be {wanted}.")
    return for_sqlite(found) if engine == "sqlite3" else for_postgresql(found)


def for_sqlite(found: dict[str, Any]) -> dict[str, Any]:
    """A file, its connections kept as long as their threads."""
    return {
        **found,
        "ENGINE": "django.db.backends.sqlite3",
        "OPTIONS": {**found.get("OPTIONS", {}), **SQLITE_OPTIONS},
        "CONN_MAX_AGE": None,
    }


def for_postgresql(found: dict[str, Any]) -> dict[str, Any]:
    """psycopg's own prepared statements would plan a trigram search without its words."""
    return {
        **found,
        "OPTIONS": {**found.get("OPTIONS", {}), "prepare_threshold": None},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES: dict[str, dict[str, Any]] = {}
if url := read(env.str, "DATABASE_URL", "", "an address"):
    DATABASES["default"] = database(url)
else:
    # Not by an address: a folder's name may have signs in it that mean something there.
    DATABASES["default"] = for_sqlite({"NAME": str(DATA_DIR / "studio.sqlite3")})
