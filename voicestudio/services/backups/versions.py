"""Backup versions: the migrations of a backup against those of this version."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

# By app, the names of its migrations.
type Migrations = dict[str, list[str]]


def applied_migrations(connection: BaseDatabaseWrapper) -> Migrations:
    """The migrations that this database has."""
    applied: Migrations = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        applied.setdefault(app, []).append(name)
    return applied


def as_keys(migrations: Migrations) -> set[tuple[str, str]]:
    """Each migration as the pair by which a loader knows it."""
    return {(app, name) for app, names in migrations.items() for name in names}


def has_unknown(loader: MigrationLoader, migrations: Migrations) -> bool:
    """Whether a newer version has made some of them."""
    known = loader.graph.nodes.keys() | loader.replacements.keys()
    return not as_keys(migrations) <= known


def last_migrations(loader: MigrationLoader, migrations: Migrations) -> list[tuple[str, str]]:
    """The last one of each app."""
    graph = loader.graph
    applied = {key for key in as_keys(migrations) if key in graph.nodes}
    return sorted(
        key
        for key in applied
        if not any(
            child.key[0] == key[0] and child.key in applied
            for child in graph.node_map[key].children
        )
    )


def models_of(loader: MigrationLoader, migrations: Migrations) -> Any:
    """The registry of the models as they were with these migrations."""
    return loader.project_state(last_migrations(loader, migrations)).apps
