"""Error pages: in the frame and the language of the reader, with a way to go on."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import OperationalError, ProgrammingError, connection
from django.http import HttpResponseBase
from django.test import Client

from tests.factories import make_user
from tests.views.pages import text
from voicestudio.models import Membership, Role

pytestmark = pytest.mark.django_db

type Ask = Callable[[Client], HttpResponseBase]


def ask_for_an_unknown_host(client: Client) -> HttpResponseBase:
    return client.get("/", headers={"host": "elsewhere.example"})


def ask_for_a_forbidden_page(client: Client) -> HttpResponseBase:
    return client.get("/costs/")


def send_an_old_form(client: Client) -> HttpResponseBase:
    client.handler.enforce_csrf_checks = True
    return client.post("/costs/allow/", {"amount": "5"})


def ask_for_no_page(client: Client) -> HttpResponseBase:
    return client.get("/nowhere/")


def open_an_unknown_invitation(client: Client) -> HttpResponseBase:
    client.logout()
    return client.get("/invitation/unknown/")


def send_too_much(client: Client) -> HttpResponseBase:
    return client.post("/costs/allow/", {"note": "x" * 1_200_000})


def send_too_often(client: Client) -> HttpResponseBase:
    sent = {"oldpassword": "wrong", "password1": "x", "password2": "x"}
    return [client.post("/account/password/", sent) for _ in range(6)][-1]


def fail_with(error: Exception) -> Ask:
    def ask(client: Client) -> HttpResponseBase:
        def fail(*_arguments: Any, **_options: Any) -> None:
            raise error

        client.raise_request_exception = False
        with connection.execute_wrapper(fail):
            return client.get("/history/")

    return ask


WAYS: Final[dict[str, tuple[int, Ask]]] = {
    "host": (400, ask_for_an_unknown_host),
    "forbidden": (403, ask_for_a_forbidden_page),
    "csrf": (403, send_an_old_form),
    "missing": (404, ask_for_no_page),
    "gone": (410, open_an_unknown_invitation),
    "large": (413, send_too_much),
    "often": (429, send_too_often),
    "error": (500, fail_with(ProgrammingError("no such column"))),
    "away": (503, fail_with(OperationalError("database is locked"))),
}


@pytest.fixture
def viewer(client: Client) -> User:
    user = make_user()
    Membership.objects.filter(person=user).update(role=Role.VIEWER)
    client.force_login(user)
    return user


@pytest.mark.parametrize("way", WAYS)
def test_error_page_speaks_to_its_reader(way: str, client: Client, viewer: User) -> None:
    status, ask = WAYS[way]
    headings = {}
    for language, _name in settings.LANGUAGES:
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        client.force_login(viewer)

        response = ask(client)

        page = text(response)
        (heading,) = re.findall(r"<h1[^>]*>(.+?)</h1>", page)
        (title,) = re.findall(r"<title>\s*(.+?)\s*</title>", page)
        main = page.partition('id="main"')[2].partition("</main>")[0]
        assert (response.status_code, title) == (status, f"{heading} · Voice Studio")
        assert f'<html lang="{language}"' in page
        assert re.findall(r'<main\b[^>]* id="main"', page) != []
        assert re.findall(r'<(?:a|button)\b(?![^>]*class="brand")', main) != []
        headings[language] = heading
    assert len({*headings.values()}) == len(headings), headings
