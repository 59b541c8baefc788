"""Audit trail: the database refuses to change or delete an entry, whoever asks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.models.test_migrations import migrate, migrate_to_newest
from voicestudio.models import AuditEntry, Verb, Way

TABLE = "voicestudio_auditentry"
SEAL = {"sequence": 1, "previous_hash": "", "hash": "a" * 64}


def make_entry(**fields: Any) -> AuditEntry:
    values = {"verb": Verb.SIGNED_IN, "way": Way.PAGE, "person": "lea", "text": "Signed in"}
    return AuditEntry.objects.create(**(values | fields))


def run_sql(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db
def test_entry_can_be_sealed_once() -> None:
    entry = make_entry()
    rows = AuditEntry.objects.filter(pk=entry.pk)

    assert rows.update(**SEAL) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**SEAL)
    assert rows.get().hash == "a" * 64


@pytest.mark.django_db
@pytest.mark.parametrize("is_sealed", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        {"text": "Signed out"}, {"facts": {"x": 1}}, {"person": "max"}, {"person_id": 7},
        {"at": datetime(2020, 1, 1, tzinfo=UTC)}, {"verb": Verb.SIGNED_OUT}, {"project_id": 3},
        {"text": "Signed out", "sequence": 2, "hash": "b" * 64},
        {"sequence": None}, {"sequence": 2, "hash": ""},
    ],
)  # fmt: skip
def test_entry_cannot_be_changed(change: dict[str, Any], is_sealed: bool) -> None:
    entry = make_entry()
    rows = AuditEntry.objects.filter(pk=entry.pk)
    if is_sealed:
        rows.update(**SEAL)
    before = rows.values().get()

    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**change)

    assert rows.values().get() == before


def _delete_by_model() -> None:
    with transaction.atomic():
        AuditEntry.objects.all().delete()


def _delete_by_sql() -> None:
    run_sql(f"DELETE FROM {TABLE}")  # noqa: S608


def _truncate() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    run_sql(f"TRUNCATE {TABLE}")


def _replace() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE")
    run_sql(f"INSERT OR REPLACE INTO {TABLE} SELECT * FROM {TABLE}")  # noqa: S608


def _replace_with_recursive_triggers() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA recursive_triggers = ON")
    try:
        _replace()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA recursive_triggers = OFF")


def _update_or_replace() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no UPDATE OR REPLACE")
    other = make_entry(pk=1_000)
    run_sql(f"UPDATE OR REPLACE {TABLE} SET id = {other.pk} WHERE id <> {other.pk}")  # noqa: S608


def _update_on_conflict() -> None:
    columns = ", ".join(f'"{field.column}"' for field in AuditEntry._meta.concrete_fields)
    run_sql(
        f"INSERT INTO {TABLE} ({columns}) SELECT {columns} FROM {TABLE} WHERE true "  # noqa: S608
        "ON CONFLICT (id) DO UPDATE SET text = 'x', sequence = 1, hash = 'a'"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        _delete_by_model, _delete_by_sql, _truncate, _replace, _replace_with_recursive_triggers,
        _update_or_replace, _update_on_conflict,
    ],
)  # fmt: skip
def test_entry_cannot_be_deleted_or_replaced(change: Callable[[], None]) -> None:
    entry = make_entry()

    with pytest.raises(IntegrityError):
        change()

    assert AuditEntry.objects.filter(text="Signed in").first() == entry


@pytest.mark.django_db
def test_new_entry_cannot_claim_to_be_sealed() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_entry(**SEAL)


@pytest.mark.django_db
def test_hash_covers_every_column() -> None:
    columns = {str(field.attname) for field in AuditEntry._meta.concrete_fields}

    assert set(AuditEntry.HASHED) == columns - {"hash"}


@pytest.mark.django_db(transaction=True)
def test_flush_of_the_studio_is_refused_and_of_the_tests_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_entry()

    call_command("flush", interactive=False, verbosity=0)
    assert AuditEntry.objects.count() == 0

    # The triggers are back.
    make_entry()
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()


@pytest.mark.usefixtures("transactional_db")
def test_migration_protects_the_trail_and_can_be_undone() -> None:
    apps = migrate("0019_sign_ins")
    assert TABLE not in connection.introspection.table_names()
    apps.get_model("voicestudio", "Event").objects.create(kind="allowed", note="more")
    migrate_to_newest()

    make_entry()

    # Events from before have no entries: the trail begins with this version.
    assert AuditEntry.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()


@pytest.mark.django_db
def test_triggers_come_back_after_a_migration_rebuilt_the_table() -> None:
    with connection.cursor() as cursor:
        for name in ("audit_update", "audit_delete"):
            suffix = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{suffix}")

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)

    make_entry()
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()


@pytest.mark.django_db
def test_entries_between_two_times(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    now = timezone.now()
    days = [make_entry(at=now - timedelta(days=day)).pk for day in range(5, 0, -1)]
    since, until = now - timedelta(days=4), now - timedelta(days=2)

    with django_assert_num_queries(3):
        found = list(AuditEntry.objects.between(since, until).values_list("pk", flat=True))

    assert found == days[1:3]
    assert list(AuditEntry.objects.between(now, None)) == []
    assert list(AuditEntry.objects.between(None, now - timedelta(days=9))) == []
