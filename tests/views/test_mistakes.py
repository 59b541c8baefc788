"""The errors of a form, summed up above its fields."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
SUMMARY = re.compile(r"error-summary.*?</div>", re.DOTALL)


@pytest.fixture
def administrator(client: Client) -> User:
    """A signed-in administrator."""
    person = make_user("root", is_staff=True)
    client.post("/sign-in/", {"username": "root", "password": PASSWORD})
    return person


@pytest.mark.parametrize(
    ("path", "sent", "fields"),
    [
        ("/account/", {"time_zone": "Mars/Base"}, ["profile-time_zone"]),
        ("/account/password/", {}, ["id_oldpassword", "id_password1", "id_password2"]),
        ("/projects/new/", {"colour": "red"}, ["project-name"]),
    ],
)
def test_each_error_links_to_its_field(
    client: Client, administrator: User, path: str, sent: dict[str, str], fields: list[str]
) -> None:
    page = client.post(path, sent).content.decode()

    assert re.findall(r'href="#([^"]+)"', SUMMARY.findall(page)[0]) == fields
    assert [page.count(f' id="{field}"') for field in fields] == [1] * len(fields)


def test_form_without_errors_has_no_summary(client: Client, administrator: User) -> None:
    for path in ("/account/", "/account/password/", "/projects/new/", "/people/", "/costs/"):
        assert SUMMARY.findall(client.get(path).content.decode()) == []
