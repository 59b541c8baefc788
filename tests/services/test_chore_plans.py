"""What the worker asks every few seconds, and the retention every hour, reads indexes only.

Tables of attempts, speeches, recordings and voices have up to millions of rows.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from voicestudio.models import RetentionRule
from voicestudio.services import worker
from voicestudio.services.retention import due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
LARGE = "cloneattempt|speech|audiofile|voice|charge|auditentry|event"
PARTIAL = "|".join(
    index.name
    for model in apps.get_app_config("voicestudio").get_models()
    for index in model._meta.indexes
    if index.condition is not None
)
SCAN = {
    "postgresql": rf"Seq Scan on voicestudio_(?:{LARGE})\b",
    # A partial index holds few rows.
    "sqlite": rf"SCAN voicestudio_(?:{LARGE})\b(?! USING (?:COVERING )?INDEX (?:{PARTIAL})\b)",
}


def find_scans(act: Callable[[], Any]) -> list[str]:
    """The statements of `act` that read a large table from end to end."""
    with CaptureQueriesContext(connection) as captured:
        act()
    statements = [query["sql"] for query in captured]
    scans = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Else small tables are always scanned. What no index serves is scanned all the same.
            cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in statements:
            if not statement.startswith(("SELECT", "UPDATE", "DELETE")):
                continue
            explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
            cursor.execute(explain + statement)
            plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
            if re.search(SCAN[connection.vendor], plan):
                scans.append(f"{statement}\n{plan}")
    return scans


@pytest.mark.parametrize("chore", worker.CHORES, ids=lambda chore: chore.__name__)
def test_chore_scans_no_large_table(chore: Callable[[], object], settings: Settings) -> None:
    settings.MAIL_HOST = "mail.example.com"

    assert find_scans(chore) == []


@pytest.mark.parametrize(
    ("kind", "index"),
    [
        ("recordings", "recording_by_time (created_at<?)"),
        ("speeches", "speech_by_status_time (status=? AND created_at<?)"),
        ("answers", "speech_by_status_time (status=? AND created_at<?)"),
    ],
)
def test_nothing_due_is_found_by_an_index(kind: str, index: str) -> None:
    rule = RetentionRule.of(kind)
    rule.days = 365

    if connection.vendor == "sqlite":  # PostgreSQL's plan depends on the rows
        assert index in due.due_rows(rule)[-1].order_by()[:1].explain()
    assert find_scans(lambda: [list(rows.order_by()[:1]) for rows in due.due_rows(rule)]) == []
