"""The admin pages: for administrators, and marked in practice mode like every other page."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests import factories
from voicestudio.words.costs import PRACTICE_NOTICE

pytestmark = pytest.mark.django_db
BANNER = str(PRACTICE_NOTICE)


@pytest.fixture
def administrator() -> User:
    return factories.make_user("root", is_staff=True, is_superuser=True)


@pytest.mark.parametrize(("practice", "times"), [(True, 1), (False, 0)])
def test_admin_pages_show_practice_mode(
    client: Client, administrator: User, settings: Settings, practice: bool, times: int
) -> None:
    settings.PRACTICE_MODE = practice
    client.force_login(administrator)

    pages = [
        client.get(path).content.decode()
        for path in ("/admin/", "/admin/voicestudio/cloneattempt/", "/admin/auth/user/")
    ]

    assert [page.count(BANNER) for page in pages] == [times] * 3
    assert all("/static/img/icon.svg" in page for page in pages)


def test_admin_pages_require_an_administrator(client: Client) -> None:
    client.force_login(factories.make_user("anna"))

    response = client.get("/admin/voicestudio/cloneattempt/")

    assert response.status_code == 302


def test_admin_pages_have_no_sign_in_of_their_own(client: Client) -> None:
    page = client.get("/admin/login/?next=/admin/")
    guess = client.post("/admin/login/", {"username": "root", "password": "guess"})
    client.force_login(factories.make_user("anna"))

    assert page["Location"] == "/sign-in/?next=/admin/"
    assert (guess.status_code, client.get("/admin/login/").status_code) == (405, 403)
