"""Sign-in limits: guesses are bounded for each account and network, and in all."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.factories import PASSWORD, make_user
from voicestudio.models import SignIn
from voicestudio.services import sign_in_limits

pytestmark = pytest.mark.django_db
HERE = "192.0.2.0"


def fail(count: int, *, username: str = "lea", network: str = "198.51.100.0") -> None:
    SignIn.objects.bulk_create(
        SignIn(account=username, network=network, failed=True) for _ in range(count)
    )


@pytest.mark.parametrize(
    ("username", "network", "limit"),
    [
        ("lea", HERE, 8),  # this account from this network
        ("others", HERE, 30),  # this network
        ("lea", "198.51.100.0", 50),  # this account from other networks
        ("others", "198.51.100.0", 300),  # over all
    ],
)
def test_guesses_are_refused_at_each_limit(username: str, network: str, limit: int) -> None:
    fail(limit - 1, username=username, network=network)
    before = sign_in_limits.is_refused("lea", HERE)
    fail(1, username=username, network=network)

    assert (before, sign_in_limits.is_refused("lea", HERE)) == (False, True)


def test_stranger_cannot_lock_a_colleague_out(client: Client) -> None:
    make_user("lea")
    client.post("/sign-in/", {"username": "lea", "password": PASSWORD}, REMOTE_ADDR="192.0.2.9")
    client.post("/sign-out/")
    fail(300)

    known = client.post(
        "/sign-in/", {"username": "lea", "password": PASSWORD}, REMOTE_ADDR="192.0.2.77"
    )
    client.logout()
    unknown = client.post(
        "/sign-in/", {"username": "lea", "password": PASSWORD}, REMOTE_ADDR="203.0.113.5"
    )

    assert (known.status_code, unknown.status_code) == (302, 429)


def test_addresses_of_one_network_share_a_limit(client: Client) -> None:
    codes = [
        client.post(
            "/sign-in/", {"username": "lea", "password": "wrong"}, REMOTE_ADDR=f"2001:db8::{n}"
        ).status_code
        for n in range(1, 13)
    ]

    assert codes == [422] * 7 + [429] * 5


def test_username_and_address_share_a_limit(client: Client) -> None:
    make_user("lea", email="Lea@example.com")
    names = ["lea", "lea@example.com"] * 4

    codes = [
        client.post("/sign-in/", {"username": name, "password": "wrong"}).status_code
        for name in names
    ]

    assert codes == [422] * 7 + [429]


@pytest.mark.parametrize("username", ["le\0a", "x" * 1000, "\ud800", ""])
def test_odd_names_are_wrong_names(client: Client, username: str) -> None:
    body = urlencode({"username": username, "password": "wrong"}, errors="surrogatepass")

    response = client.post("/sign-in/", body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 422


def test_what_has_expired_is_cleared() -> None:
    now = timezone.now()
    Session.objects.create(
        session_key="old", session_data="", expire_date=now - timedelta(minutes=1)
    )
    fail(1)
    SignIn.objects.update(at=now - timedelta(minutes=16))
    SignIn.objects.create(account="lea", network=HERE, failed=False, at=now - timedelta(days=31))
    SignIn.objects.create(account="lea", network=HERE, failed=False, at=now - timedelta(days=29))

    sign_in_limits.clear_expired()

    assert (Session.objects.count(), SignIn.objects.count()) == (0, 1)
