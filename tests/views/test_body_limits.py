"""Bodies: which addresses take files, how large a body may be, and a disk that is full."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.fixtures import Settings

from tests.factories import make_user
from voicestudio.views import sign_in
from voicestudio.views.client_address import get_client_network

pytestmark = pytest.mark.django_db
UNREADABLE = "0.0.0.0"  # noqa: S104
LARGE = b"x" * (2 * 1024**2)


def incoming(data_dir: Path) -> list[Path]:
    return list((data_dir / "incoming").iterdir())


def views(patterns: list[URLPattern | URLResolver]) -> dict[str, Any]:
    found = {}
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            found[pattern.name or ""] = pattern.callback
        elif pattern.app_name != "admin":
            found |= views(pattern.url_patterns)
    return found


def test_only_these_addresses_take_files() -> None:
    names = [name for name, view in views(get_resolver().url_patterns).items()
             if getattr(view, "takes_files", False)]  # fmt: skip

    assert set(names) == {
        "new", "recordings", "upload", "refresh", "use_voice_id", "use_example", "use_file_id",
        "check", "remove", "cut", "clean_up", "suggest_best_part", "cut_prompt_clip",
        "choose_track",
    }  # fmt: skip


@pytest.mark.parametrize("url", ["/sign-in/", "/admin/login/"])
def test_stranger_cannot_write_a_file(url: str, data_dir: Path) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    form = {"csrfmiddlewaretoken": "a" * 32, "username": "x", "password": "y"}
    small = SimpleUploadedFile("a.wav", b"x" * 600_000)
    request = client.post(url, form | {"file": small}).wsgi_request
    large = client.post(url, form | {"file": SimpleUploadedFile("a.wav", LARGE)})

    assert (large.status_code, incoming(data_dir), len(request.FILES)) == (413, [], 0)


@pytest.mark.parametrize("url", ["/costs/allow/", "/voices/1/speak/", "/voices/1/notes/"])
def test_signed_in_person_cannot_send_a_large_body_elsewhere(
    url: str, client: Client, data_dir: Path
) -> None:
    client.force_login(make_user())

    response = client.post(url, {"text": LARGE.decode(), "file": SimpleUploadedFile("a", LARGE)})

    assert response.status_code == 413
    assert "at most 1 MB" in response.content.decode()
    assert incoming(data_dir) == []


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "rot13", "nonsense", "x" * 200])
def test_unusual_charset_is_no_error(charset: str, client: Client) -> None:
    client.force_login(make_user())
    kind = f"application/x-www-form-urlencoded; charset={charset}"

    response = client.generic("POST", "/new/", b"speaker=+AGE-", content_type=kind)

    assert response.status_code == 422


def test_head_of_the_form_takes_no_draft(client: Client) -> None:
    client.force_login(make_user())
    session = client.session
    session["draft"] = {"speaker": "Anna"}
    session.save()

    client.head("/new/")

    assert 'value="Anna"' in client.get("/new/").content.decode()


def test_sign_out_clears_the_browsers_cache(client: Client) -> None:
    client.force_login(make_user())

    assert client.post("/sign-out/")["Clear-Site-Data"] == '"cache"'


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.77", "192.0.2.0"), ("nonsense", UNREADABLE), ("", UNREADABLE),
    ],
)  # fmt: skip
def test_guesses_are_counted_by_network(address: str, network: str) -> None:
    request = RequestFactory().get("/new/", REMOTE_ADDR=address)

    assert get_client_network(request) == network


def test_many_sign_ins_at_once_are_put_off(
    client: Client, monkeypatch: pytest.MonkeyPatch, person: User
) -> None:
    monkeypatch.setattr(sign_in, "PASSWORD_CHECKS", threading.BoundedSemaphore(1))
    monkeypatch.setattr(sign_in, "WAIT_FOR_CHECK_S", 0.01)
    with sign_in.PASSWORD_CHECKS:
        busy = client.post("/sign-in/", {"username": "lea", "password": "wrong"})

    later = client.post("/sign-in/", {"username": "lea", "password": "wrong"})

    assert (busy.status_code, later.status_code) == (429, 422)
    assert "Your password wasn't checked." in busy.content.decode()


@pytest.fixture
def person(settings: Settings) -> User:
    return make_user("lea")
