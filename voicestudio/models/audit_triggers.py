"""Audit triggers: the database refuses to change or delete an entry of the audit trail.

An entry can be inserted without a seal, and its seal can be written once. All else is an
IntegrityError, whoever asks: Django, another program, or a person at a database shell.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

TABLE: Final = "voicestudio_auditentry"
REFUSAL: Final = "The audit trail cannot be changed."
SEAL: Final = frozenset({"sequence", "previous_hash", "hash"})
TRIGGERS: Final = ("audit_insert", "audit_update", "audit_delete", "audit_truncate")
FUNCTION: Final = "voicestudio_refuse_audit_change"

_POSTGRESQL: Final = (
    f"""
    CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' AND NEW.sequence IS NULL THEN RETURN NEW; END IF;
      IF TG_OP = 'UPDATE' THEN
        IF OLD.sequence IS NULL AND NEW.sequence IS NOT NULL AND NEW.hash <> ''
          AND to_jsonb(NEW) - '{{sequence,previous_hash,hash}}'::text[]
            = to_jsonb(OLD) - '{{sequence,previous_hash,hash}}'::text[]
        THEN RETURN NEW; END IF;
      END IF;
      RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    *(
        f"CREATE TRIGGER audit_{name} BEFORE {name.upper()} ON {TABLE} "
        f"FOR EACH {level} EXECUTE FUNCTION {FUNCTION}()"
        for name, level in (
            ("insert", "ROW"), ("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT"),
        )
    ),
)  # fmt: skip


def install_triggers(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers for the columns of now; safe to repeat.

    SQLite loses them when a migration rebuilds the table: this runs after every migrate.
    """
    with transaction.atomic(using=connection.alias):
        remove_triggers(connection)
        statements = _POSTGRESQL if connection.vendor == "postgresql" else _sqlite(connection)
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def remove_triggers(connection: BaseDatabaseWrapper) -> None:
    """Undo `install_triggers`; for migrations backwards."""
    on_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}")


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let the block change the trail: only a restore does, and tests that empty all tables."""
    remove_triggers(connection)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            install_triggers(connection)


def is_installable(connection: BaseDatabaseWrapper) -> bool:
    """Whether the table exists at this state of the migrations."""
    return TABLE in connection.introspection.table_names()


def _sqlite(connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    with connection.cursor() as cursor:
        columns = [
            column.name for column in connection.introspection.get_table_description(cursor, TABLE)
        ]
    changed = " OR ".join(
        f'NEW."{name}" IS NOT OLD."{name}"' for name in columns if name not in SEAL
    )
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    # INSERT OR REPLACE and UPDATE OR REPLACE would delete another entry without its trigger.
    same_number = f"EXISTS (SELECT 1 FROM {TABLE} WHERE sequence = NEW.sequence)"  # noqa: S608
    same_id = f"EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id)"  # noqa: S608
    return (
        f"CREATE TRIGGER audit_insert BEFORE INSERT ON {TABLE} "
        f"WHEN NEW.sequence IS NOT NULL OR {same_id} {refuse}",
        f"CREATE TRIGGER audit_update BEFORE UPDATE ON {TABLE} "
        f"WHEN OLD.sequence IS NOT NULL OR NEW.sequence IS NULL OR NEW.hash = '' "
        f"OR {changed} OR {same_number} {refuse}",
        f"CREATE TRIGGER audit_delete BEFORE DELETE ON {TABLE} {refuse}",
    )
