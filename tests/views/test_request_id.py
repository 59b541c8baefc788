"""Request ID: in the answer and in every record of the log."""

import logging
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import make_user
from voicestudio.services.log_context import AddContext

pytestmark = pytest.mark.django_db
GIVEN = "8f14e45f-ceea-467f"


@pytest.mark.parametrize(
    ("given", "address", "has_proxy", "is_kept"),
    [
        (GIVEN, "127.0.0.1", True, True),
        (GIVEN, "127.0.0.1", False, False),
        (GIVEN, "203.0.113.7", True, False),
        ("short", "127.0.0.1", True, False),
        ("a" * 129, "127.0.0.1", True, False),
        ("with space and {brace}", "127.0.0.1", True, False),
        ("", "127.0.0.1", True, False),
    ],
)
def test_request_id_is_kept_only_from_a_trusted_proxy(
    given: str, address: str, has_proxy: bool, is_kept: bool, client: Client, settings: Settings
) -> None:
    settings.PROXY = has_proxy
    sent: dict[str, Any] = {"HTTP_X_REQUEST_ID": given, "REMOTE_ADDR": address}
    answers = [client.get("/readyz", **sent)["X-Request-ID"] for _ in range(2)]

    if is_kept:
        assert answers == [given, given]
    else:
        assert answers[0] != answers[1]
        assert all(re.fullmatch("[0-9a-f]{32}", answer) for answer in answers)


def test_log_of_a_request_has_its_id_and_its_person(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.addFilter(context := AddContext())
    person = make_user()
    client.force_login(person)
    with caplog.at_level(logging.INFO):
        answer = client.get("/history/999999/")
    caplog.handler.removeFilter(context)

    (record,) = (each for each in caplog.records if each.name == "django.request")
    assert answer.status_code == 404
    fields = {"request": answer["X-Request-ID"], "view": "attempt", "person": person.pk}
    assert getattr(record, "context", None) == fields
