"""Signing in: safe ways on, plain words, and nothing typed is lost."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.dispatch import Signal
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import PASSWORD, make_user
from tests.views.pages import text

pytestmark = pytest.mark.django_db
URL = "/sign-in/"
SCRIPT = {"hx-request": "true"}


def hidden(response: Any) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text(response)))


def credentials(**more: str) -> dict[str, str]:
    return {"username": "owner", "password": PASSWORD, **more}


@pytest.mark.usefixtures("owner")
def test_sign_in_redirects_to_next(client: Client) -> None:
    page = client.get(URL, {"next": "/history/?state=ready"})

    response = client.post(URL, credentials(next=hidden(page)["next"]))

    assert response.status_code == 302
    assert response["Location"] == "/history/?state=ready"


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_sign_in_never_redirects_to_another_site(client: Client, place: str) -> None:
    response = client.post(URL, credentials(next=place))

    assert response["Location"] == "/"


@pytest.mark.usefixtures("owner")
def test_wrong_password_is_an_error(client: Client) -> None:
    response = client.post(URL, credentials(password="wrong"))

    assert response.status_code == 422
    assert text(response).count("The username and password don't match.") == 1
    assert text(response).count('value="owner"') == 1
    assert text(response).count("wrong</") == 0


def test_address_signs_in_without_case(client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(email="Owner@Example.com")

    response = client.post(URL, credentials(username="owner@example.COM"))

    assert (response.status_code, client.session["_auth_user_id"]) == (302, str(owner.pk))


def test_shared_address_does_not_sign_in(client: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(email="team@example.com")
    make_user("other", email="team@example.com")

    assert client.post(URL, credentials(username="team@example.com")).status_code == 422


def test_inactive_person_is_not_told_apart_from_a_wrong_password(
    client: Client, owner: User
) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert client.post(URL, credentials()).status_code == 422


def test_stored_password_is_hashed_with_argon2_at_sign_in(
    client: Client, owner: User, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = [
        f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("Argon2", "PBKDF2")
    ]
    hashed = make_password(PASSWORD, hasher="pbkdf2_sha256")
    User.objects.filter(pk=owner.pk).update(password=hashed)

    client.post(URL, credentials())

    owner.refresh_from_db()
    assert owner.password.partition("$")[0] == "argon2"
    assert client.get("/history/").status_code == 200


@pytest.mark.parametrize(
    ("password", "tries", "signals"), [(PASSWORD, 1, ["in"]), ("wrong", 9, ["failed"] * 9)]
)
def test_sign_ins_are_signalled(
    client: Client, owner: User, password: str, tries: int, signals: list[str]
) -> None:
    """The audit trail listens to these; the last of nine wrong passwords is not even checked."""
    received = []

    def note(signal: Signal, **_details: Any) -> None:
        received.append("in" if signal is user_logged_in else "failed")

    for signal in (user_logged_in, user_login_failed):
        signal.connect(note)
    for _ in range(tries):
        client.post(URL, credentials(password=password))
    for signal in (user_logged_in, user_login_failed):
        signal.disconnect(note)

    assert received == signals


@pytest.mark.usefixtures("owner")
def test_lockout_shows_its_duration(client: Client) -> None:
    for _ in range(8):
        response = client.post(URL, credentials(password="wrong"))

    assert response.status_code == 429
    assert text(response).count("Wait 15 minutes, then try again.") == 1
    assert client.post(URL, credentials()).status_code == 429


def test_signed_in_user_is_redirected(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get(URL)["Location"] == "/"


def test_sign_out_needs_a_post(client: Client, owner: User) -> None:
    client.force_login(owner)

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == URL
    assert client.get("/history/").status_code == 302


# A sign-in that has expired, in a page that stays open ---------------------------------------


def test_dialog_gets_only_the_form(client: Client) -> None:
    response = client.get(URL, headers=SCRIPT)

    assert text(response).count("<html") == 0
    assert text(response).count('id="sign-in"') == 1
    assert text(response).count("You've been signed out") == 1


@pytest.mark.usefixtures("owner")
def test_dialog_gets_a_new_csrf_token() -> None:
    browser = Client(enforce_csrf_checks=True)
    old = hidden(browser.get(URL, headers=SCRIPT))["csrfmiddlewaretoken"]

    response = browser.post(URL, credentials(csrfmiddlewaretoken=old), headers=SCRIPT)
    fresh = hidden(response)["csrfmiddlewaretoken"]

    assert response.status_code == 200
    assert text(response).count("<b>owner</b>") == 1
    assert browser.post("/sign-out/", {"csrfmiddlewaretoken": fresh}).status_code == 302


@pytest.mark.usefixtures("owner")
def test_dialog_shows_a_wrong_password(client: Client) -> None:
    response = client.post(URL, credentials(password="wrong"), headers=SCRIPT)

    assert response.status_code == 422
    assert text(response).count("don't match") == 1
    assert text(response).count("<html") == 0


def test_signed_in_user_gets_a_token_in_the_dialog(client: Client, owner: User) -> None:
    client.force_login(owner)

    response = client.get(URL, headers=SCRIPT)

    assert set(hidden(response)) == {"csrfmiddlewaretoken"}


def test_outdated_token_is_marked(owner: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)

    response = browser.post("/sign-out/")

    assert response.status_code == 403
    assert response["Token-Outdated"] == "true"
    assert text(response).count("This page is out of date</h1>") == 1


@pytest.mark.parametrize("mode", ["cors", "same-origin", "no-cors"])
def test_scripts_and_players_get_401(client: Client, mode: str) -> None:
    response = client.post("/recordings/", {"x": "y"}, headers={"sec-fetch-mode": mode})

    assert response.status_code == 401
    assert response["HX-Trigger"] == "signed-out"


# … and without JavaScript ---------------------------------------------------------------------


@pytest.mark.usefixtures("owner")
def test_typed_form_is_restored_after_sign_in(client: Client) -> None:
    typed = {
        "speaker": "Anna <Larsen>",
        "voice_id": "AnnaLarsen-7k2p",
        "permission": "on",
        "preview_text": 'Say "hi"\nand bye',
        "password": "secret",
        "unheard": "of",
        "file": SimpleUploadedFile("anna.mp3", b"x" * 5000),
    }

    page = client.post("/new/", typed)
    carried = {
        name: value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
        for name, value in hidden(page).items()
        if name != "csrfmiddlewaretoken"
    }
    response = client.post(URL, credentials(**carried))

    assert page.status_code == 401
    assert text(page).count("Your text is saved") == 1
    assert response["Location"] == "/new/"
    assert client.session["draft"] == {
        "speaker": "Anna <Larsen>",
        "voice_id": "AnnaLarsen-7k2p",
        "permission": "on",
        "preview_text": 'Say "hi"\nand bye',
    }


@pytest.mark.usefixtures("owner")
def test_draft_survives_a_wrong_password(client: Client) -> None:
    response = client.post(
        URL, credentials(password="wrong", **{"draft-speaker": "Anna", "draft-password": "x"})
    )

    assert hidden(response)["draft-speaker"] == "Anna"
    assert set(hidden(response)) == {"csrfmiddlewaretoken", "next", "draft-speaker"}


@pytest.mark.usefixtures("owner")
def test_long_draft_is_cut(client: Client) -> None:
    client.post(URL, credentials(**{"draft-preview_text": "x" * 100_000}))

    assert client.session["draft"] == {"preview_text": "x" * 20_000}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"speaker=" + b"x" * 1_000_001, "application/x-www-form-urlencoded"),
        (b"not multipart at all", "multipart/form-data; boundary=b"),
        (b"not multipart at all", "multipart/form-data"),
        (
            b"&".join(b"a%d=1" % number for number in range(2000)),
            "application/x-www-form-urlencoded",
        ),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"", "text/plain"),
    ],
)
def test_hostile_body_without_a_sign_in_is_not_kept(client: Client, body: bytes, kind: str) -> None:
    response = client.post("/new/", body, content_type=kind)

    assert response.status_code == 401
    assert set(hidden(response)) == {"csrfmiddlewaretoken", "next"}


def test_cookie_of_the_csrf_check_is_sent_once(client: Client) -> None:
    first = client.get(URL)
    second = client.get(URL)

    assert "csrftoken" in first.cookies
    assert "csrftoken" not in second.cookies


def test_signing_in_renews_the_cookie_of_the_csrf_check(client: Client, owner: User) -> None:
    before = client.get(URL).cookies["csrftoken"].value

    after = client.post(URL, credentials()).cookies["csrftoken"].value

    assert before != after


def read_session() -> SessionStore:
    """The only session."""
    return SessionStore(Session.objects.get().pk)


@pytest.mark.usefixtures("owner")
def test_sign_in_ends_at_a_moment_that_pages_know(client: Client) -> None:
    client.post(URL, credentials())
    assert read_session().get_expiry_age() // 3600 == 14 * 24 - 1
    session = read_session()
    session.set_expiry(timezone.now() + timedelta(hours=1, seconds=30))
    session.save()

    client.post("/account/", {"theme": "dark"})  # saves the session

    page = text(client.get("/help/"))
    assert [int(age) // 60 for age in re.findall(r'data-seconds-left="(\d+)"', page)] == [60]
    assert Session.objects.get().expire_date < timezone.now() + timedelta(hours=2)


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize(("headers", "status"), [({}, 302), (SCRIPT, 204)])
def test_sign_in_is_extended(client: Client, headers: dict[str, str], status: int) -> None:
    client.post(URL, credentials())
    session = read_session()
    session.set_expiry(timezone.now() + timedelta(minutes=4))
    session.save()

    answer = client.post("/sign-in/extend/", headers=headers)

    events = json.loads(answer.headers.get("HX-Trigger", "{}"))
    days = [event["seconds"] // 3600 for event in events.values()]
    assert (answer.status_code, days) == (status, [14 * 24 - 1] if headers else [])
    assert Session.objects.get().expire_date > timezone.now() + timedelta(days=13)
    assert client.cookies["sessionid"]["max-age"] > 13 * 24 * 3600


def test_unread_message_ends_with_the_sign_in(client: Client) -> None:
    client.force_login(make_user())
    client.post("/voices/filters/save/", {"name": "Anna", "query": "q=anna"})
    client.post("/voices/filters/delete/", {"name": "Anna"})

    page = client.post("/sign-out/", follow=True)

    assert "Anna" not in page.content.decode()
