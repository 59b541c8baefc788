"""Database: SQLite in the data folder, or PostgreSQL."""

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from .environment import read_secret
from .paths import DATA_DIR

# In the data folder.
SQLITE_FILE_NAME = "studio.sqlite3"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SQLITE_OPTIONS = {
    # Take the write lock at the start of a transaction: upgrading later fails instead of waiting.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4000;"
        "PRAGMA mmap_size=134217728; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864"
    ),
}


def parse_database_url(url: str) -> dict[str, Any]:
    """Return the database settings of a URL; raises ImproperlyConfigured."""
    expected = "an address such as postgres://user:password@host/name or sqlite:////path/to/file"
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
        engine = str(config["ENGINE"]).rpartition(".")[2]
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL must be {expected}.") from error
    if engine not in {"sqlite3", "postgresql"} or not config["NAME"]:
        raise ImproperlyConfigured(f"DATABASE_URL must be {expected}.")
    return add_sqlite_options(config) if engine == "sqlite3" else add_postgresql_options(config)


def add_sqlite_options(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a SQLite file, whose connections live as long as their threads."""
    return {
        **config,
        "ENGINE": "django.db.backends.sqlite3",
        "OPTIONS": {**config.get("OPTIONS", {}), **SQLITE_OPTIONS},
        "CONN_MAX_AGE": None,
    }


def add_postgresql_options(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of PostgreSQL.

    Without prepared statements, because their generic plan ignores the words of a trigram search.
    A server that has vanished from the network is given up after seconds, not minutes.
    """
    gives_up = {"connect_timeout": 5, "tcp_user_timeout": 20_000}
    return {
        **config,
        "OPTIONS": {**gives_up, **config.get("OPTIONS", {}), "prepare_threshold": None},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES: dict[str, dict[str, Any]] = {}
if url := read_secret("DATABASE_URL", "an address", is_url=True):
    DATABASES["default"] = parse_database_url(url)
else:
    # Without a URL, because the name of a folder may contain characters that are special in URLs.
    DATABASES["default"] = add_sqlite_options({"NAME": str(DATA_DIR / SQLITE_FILE_NAME)})
