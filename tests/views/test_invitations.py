"""The page behind an invitation's link."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import PASSWORD, make_user
from tests.services.test_invitations import run_beside
from tests.views.pages import text
from voicestudio.models import Membership, Project, Role
from voicestudio.services.people import invitations

pytestmark = pytest.mark.django_db
ANSWERS = {"username": "anna", "name": "Anna", "password": "a long secret"}


@pytest.fixture
def link() -> str:
    """The link of an invitation that was just made."""
    by = make_user("root", is_staff=True)
    made = invitations.invite("anna@example.com", by=by, roles={Project.first().pk: Role.VIEWER})
    return f"/invitation/{made.token}/"


def test_invited_person_makes_an_account_and_is_signed_in(client: Client, link: str) -> None:
    page = client.get(link)
    done = client.post(link, ANSWERS)

    assert text(page).count('value="anna"') == 1
    assert done["Location"] == "/"
    assert client.get("/account/").status_code == 200
    assert client.get(link).status_code == 410


@pytest.mark.parametrize(
    "answer",
    [
        {"username": "ROOT"}, {"username": "a b"}, {"username": "root@example.com"},
        {"password": "12345"}, {"password": ""},
    ],
)  # fmt: skip
def test_invalid_answers_are_shown_again(client: Client, link: str, answer: dict[str, str]) -> None:
    response = client.post(link, ANSWERS | answer)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(answer)
    assert client.get(link).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_username_that_was_free_a_moment_ago_is_an_error_of_its_field() -> None:
    Project.first()
    by = make_user("root", is_staff=True)
    token = invitations.invite("anna@example.com", by=by, roles={}).token
    link, answers = f"/invitation/{token}/", list[Any]()

    raised = run_beside(
        lambda: User.objects.create_user("anna"),
        lambda: answers.append(Client().post(link, ANSWERS)),
    )

    assert raised == []
    assert (answers[0].status_code, list(answers[0].context["form"].errors)) == (422, ["username"])
    assert Client().get(link).status_code == 200


def test_owner_of_the_address_accepts_after_signing_in(client: Client, link: str) -> None:
    anna = make_user("anna", email="Anna@example.com", role=None)

    before = client.post(link, ANSWERS)
    page = client.get(link)
    sign_in = {"username": "anna", "password": PASSWORD, "next": link}
    back = client.post("/sign-in/", sign_in)["Location"]
    client.post(back)

    assert (before.status_code, User.objects.count()) == (422, 2)
    assert text(page).count(f"?next={link}") == 1
    assert Membership.objects.get(person=anna).role == Role.VIEWER


def test_somebody_else_cannot_accept(client: Client, link: str) -> None:
    make_user("anna", email="anna@example.com", role=None)
    client.force_login(make_user("other"))

    page = client.get(link)

    assert text(page).count("signed in with another account") == 1
    assert client.post(link).status_code == 422
    assert Membership.objects.filter(person__username="anna").count() == 0


def test_unknown_link_says_whom_to_ask(client: Client) -> None:
    response = client.get("/invitation/unknown/")

    assert response.status_code == 410
    assert text(response).count("Ask an administrator") == 1
