"""The admin pages: for administrators, and marked in practice mode like every other page."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
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


def test_admin_pages_change_no_account(client: Client, administrator: User) -> None:
    anna = factories.make_user("anna", email="anna@example.com")
    client.force_login(administrator)
    page = f"/admin/auth/user/{anna.pk}/change/"

    shown = client.get(page).content.decode()
    change = client.post(page, {"email": "new@example.com", "username": "other", "is_staff": "on"})

    anna.refresh_from_db()
    assert (f'href="/people/{anna.pk}/"' in shown, change.status_code) == (True, 403)
    assert (anna.email, anna.username, anna.is_staff) == ("anna@example.com", "anna", False)


def test_admin_pages_change_no_row(administrator: User, rf: RequestFactory) -> None:
    request = rf.get("/admin/")
    request.user = administrator

    changing = [
        model
        for model, page in admin.site._registry.items()
        if page.has_add_permission(request)
        or page.has_change_permission(request)
        or page.has_delete_permission(request)
    ]

    assert changing == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("auth/user/{pk}/password/", 302), ("auth/user/add/", 403), ("auth/user/{pk}/delete/", 403),
        ("account/emailaddress/", 404), ("mfa/authenticator/", 404),
        ("usersessions/usersession/", 404),
    ],
)  # fmt: skip
def test_admin_pages_make_and_change_nothing_else_of_accounts(
    client: Client, administrator: User, path: str, status: int
) -> None:
    client.force_login(administrator)

    assert client.get("/admin/" + path.format(pk=administrator.pk)).status_code == status
