"""A database with a long audit trail, as a team would have it after some years."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from tests.benchmarks import seed_attempts
from voicestudio.models import AuditEntry, Verb, audit_triggers

# So many attempts are there for the bare site to show.
ATTEMPTS: Final = 1_000
START: Final = datetime(2023, 1, 1, tzinfo=UTC)
RARE: Final = 500  # the oldest ones are of one person, one verb, one project and one object


def seed(count: int) -> None:
    """Fill an empty, migrated database with `count` entries and their seals."""
    seed_attempts.seed(ATTEMPTS)
    audit_triggers.remove_triggers(connection)
    with transaction.atomic():
        seed_attempts.insert_rows(AuditEntry, _entries(count))
    audit_triggers.install_triggers(connection)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _entries(count: int) -> Iterator[dict[str, Any]]:
    verbs = [str(verb) for verb in Verb if verb != Verb.PROJECT_ARCHIVED]
    step = timedelta(days=1_000) / count
    for pk in range(1, count + 1):
        is_rare = pk <= RARE
        yield {
            "id": pk, "at": START + step * pk, "person_id": 12 if is_rare else pk % 11 + 1,
            "person": f"person{pk % 11}", "way": "page", "address": "192.0.2.7",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
            "verb": "project_archived" if is_rare else verbs[pk % len(verbs)],
            "project_id": 9 if is_rare else pk % 3 + 1,
            "object_kind": "voice", "object_id": 7 if is_rare else 10 + pk % 5_000,
            "text": "Downloaded: audio", "facts": {"file": "audio"},
            "sequence": pk, "previous_hash": f"{pk - 1:064d}", "hash": f"{pk:064d}",
        }  # fmt: skip
