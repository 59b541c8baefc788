"""The styleguide: for administrators, and without the database."""

import pytest
from django.test import Client

from tests.factories import make_user
from tests.views import HTMX
from voicestudio.models import CloneAttempt

pytestmark = pytest.mark.django_db


def test_styleguide_is_for_administrators_and_stores_nothing(client: Client) -> None:
    client.force_login(make_user(is_staff=True))

    tokens, whole = client.get("/styleguide/"), client.get("/styleguide/?components")
    components = client.get("/styleguide/?components", headers=HTMX)

    counts = [page.content.count(b"hx-disable>") for page in (tokens, whole, components)]
    assert counts == [1, 2, 1]
    assert (b"<main" in whole.content, b"<main" in components.content) == (True, False)
    assert CloneAttempt.objects.count() == 0
    client.force_login(make_user())
    assert client.get("/styleguide/").status_code == 403
