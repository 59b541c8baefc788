"""The admin pages: for administrators, and marked in practice mode like every other page."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests import factories
from voicestudio.models import AuditEntry
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


def test_admin_pages_change_no_account_but_its_address(client: Client, administrator: User) -> None:
    anna = factories.make_user("anna", email="anna@example.com")
    EmailAddress.objects.create(user=anna, email=anna.email, primary=True, verified=True)
    client.force_login(administrator)
    page = f"/admin/auth/user/{anna.pk}/change/"

    shown = client.get(page).content.decode()
    client.post(page, {"email": "New@example.com", "username": "other", "is_staff": "on"})

    anna.refresh_from_db()
    assert f'href="/people/{anna.pk}/"' in shown
    assert (anna.email, anna.username, anna.is_staff) == ("new@example.com", "anna", False)
    assert not EmailAddress.objects.filter(user=anna).exists()
    entry = AuditEntry.objects.get(verb="address_changed")
    assert (entry.person_id, entry.object_id) == (administrator.pk, anna.pk)


def test_address_of_another_account_is_refused(client: Client, administrator: User) -> None:
    factories.make_user("zoe", email="zoe@example.com")
    client.force_login(administrator)

    page = client.post(f"/admin/auth/user/{administrator.pk}/change/", {"email": "Zoe@Example.com"})

    assert "Another account has this address." in page.content.decode()
    assert User.objects.filter(email__iexact="zoe@example.com").count() == 1


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
