"""The styleguide: for administrators, and without the database."""

import pytest
from django.test import Client

from tests.factories import make_user
from voicestudio.models import CloneAttempt

pytestmark = pytest.mark.django_db


def test_styleguide_is_for_administrators_and_stores_nothing(client: Client) -> None:
    client.force_login(make_user(is_staff=True))

    page = client.get("/styleguide/")

    assert page.status_code == 200
    assert page.content.count(b"hx-disable>") == 1
    assert CloneAttempt.objects.count() == 0
    client.force_login(make_user())
    assert client.get("/styleguide/").status_code == 403
