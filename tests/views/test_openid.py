"""Signing in through an OpenID provider: the whole way, and every refusal."""

import html
import json
import re
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from werkzeug.wrappers import Response

from tests.factories import PASSWORD, make_user, one_time_code
from tests.openid_provider import KEY_ID, Claims, OpenIDProvider, query_of
from tests.views.pages import text
from voicestudio.models import AuditEntry, Membership, Project, Role, SignIn
from voicestudio.services.people import invitations
from voicestudio.views.openid import WAITING

pytestmark = pytest.mark.django_db
START = "/sign-in/openid/"
BACK = "/sign-in/openid/back/"
DISCONNECT = "/account/openid/disconnect/"


@pytest.fixture
def anna(openid: OpenIDProvider) -> User:
    """A person of the studio, whose verified address the provider knows."""
    openid.add_person("anna", email="Anna@Example.com", email_verified=True, name="Anna Larsen")
    person = make_user("anna")
    User.objects.filter(pk=person.pk).update(email="ANNA@example.COM")
    return person


def leave(client: Client, **form: str) -> str:
    """Press the button; the address at the provider."""
    page = text(client.post(START, form))
    found = re.search('content="0; url=([^"]+)"', page)
    assert found is not None, page
    return html.unescape(found[1])


def path_of(address: str) -> str:
    return address.removeprefix("http://testserver")


def go(client: Client, openid: OpenIDProvider, subject: str = "anna", **form: str) -> Any:
    """The whole way: button, provider, back; the answer of the studio."""
    return client.get(path_of(openid.sign_in(leave(client, **form), subject)))


def signed_in_id(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def told(client: Client, response: Any) -> str:
    """What the sign-in page says after a refusal."""
    assert response.status_code == 302, text(response)
    assert response["Location"].partition("?")[0] == "/sign-in/"
    assert signed_in_id(client) is None
    page = text(client.get(response["Location"]))
    sentences = re.findall(r'<p class="note" data-state="error" role="status">(.*?)</p>', page)
    return html.unescape(sentences[-1])


def reasons() -> list[str]:
    entries = AuditEntry.objects.filter(verb="sign_in_failed").order_by("pk")
    return [entry.facts["reason"] for entry in entries]


def verbs() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))


# Without settings ---------------------------------------------------------------------------------


def test_nothing_is_there_without_a_provider(client: Client) -> None:
    page = text(client.get("/sign-in/"))

    assert START not in page
    assert client.post(START).status_code == 404
    assert client.get(BACK).status_code == 404
    client.force_login(make_user())
    assert client.post(DISCONNECT).status_code == 404


@pytest.mark.usefixtures("openid")
@pytest.mark.parametrize(
    "path", ["/3rdparty/", "/3rdparty/signup/", "/3rdparty/login/error/", "/oidc/x/login/"]
)
def test_other_pages_of_the_library_are_not_there(client: Client, path: str) -> None:
    client.force_login(make_user())

    assert client.get(path).status_code == 404


# The whole way ------------------------------------------------------------------------------------


def test_button_leads_to_the_provider_and_back(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    page = client.get("/sign-in/", {"next": "/history/?state=ready"})
    before = client.session.session_key

    address = leave(client, next="/history/?state=ready")
    response = client.get(path_of(openid.sign_in(address, "anna")))

    assert text(page).count("Sign in with Acme") == 1
    assert (response.status_code, response["Location"]) == (302, "/history/?state=ready")
    assert signed_in_id(client) == str(anna.pk)
    assert client.session.session_key not in (None, before)
    sent = query_of(address)
    assert (sent["response_type"], sent["code_challenge_method"]) == ("code", "S256")
    assert sorted(sent["scope"].split()) == ["email", "openid", "profile"]
    account = SocialAccount.objects.get(user=anna)
    assert (account.provider, account.uid) == (openid.url, "anna")
    assert account.extra_data == {"email": "anna@example.com"}
    assert verbs() == ["openid_joined", "signed_in"]
    assert AuditEntry.objects.get(verb="signed_in").text == "Signed in with OpenID"


def test_person_is_mailed_once_and_shown_as_one_who_uses_the_provider(
    client: Client, anna: User, openid: OpenIDProvider, settings: Settings
) -> None:
    settings.MAIL_HOST, settings.ACCOUNT_EMAIL_NOTIFICATIONS = "mail.example.com", True
    make_user("max")
    for _number in range(2):
        go(client, openid)
        client.post("/sign-out/")

    [message] = mail.outbox
    assert (message.to, message.subject) == (
        ["ANNA@example.COM"], "You can sign in to Voice Studio with Acme",
    )  # fmt: skip
    assert str(message.body).startswith("An account at Acme was joined to your account")
    client.force_login(make_user("root", is_staff=True))
    pages = [text(client.get(path)) for path in ("/people/", f"/people/{anna.pk}/")]
    assert [page.count("Signs in with Acme") for page in pages] == [1, 1]


def test_session_of_before_is_not_the_one_of_after(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    address = leave(client)
    before = client.session.session_key

    client.get(path_of(openid.sign_in(address, "anna")))

    assert signed_in_id(client) == str(anna.pk)
    assert client.session.session_key != before


def test_joined_account_signs_in_whatever_its_address_is(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    go(client, openid)
    client.post("/sign-out/")
    openid.add_person("anna", email="new@example.com")

    go(client, openid)

    assert signed_in_id(client) == str(anna.pk)
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
def test_way_back_never_leads_to_another_site(
    client: Client, anna: User, openid: OpenIDProvider, place: str
) -> None:
    assert go(client, openid, next=place)["Location"] == "/"


def test_typed_form_is_restored_after_the_way_back(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    page = text(client.post("/new/", {"speaker": "Anna", "preview_text": "Hello"}))
    form = page[page.index('class="openid"') :]
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))

    go(client, openid, **carried)

    assert client.session["draft"] == {"speaker": "Anna", "preview_text": "Hello"}


def test_page_between_works_without_scripts_and_names_the_provider(
    client: Client, openid: OpenIDProvider
) -> None:
    response = client.post(START)

    assert response.status_code == 200
    assert text(response).count(f'href="{openid.url}/oauth2/authorize?') == 1
    assert text(response).count("On to Acme") == 1
    assert response["Cache-Control"].count("no-store") == 1


@pytest.mark.usefixtures("openid")
@pytest.mark.parametrize("path", [START, DISCONNECT])
def test_buttons_need_a_post_and_a_token(path: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    if path == DISCONNECT:
        browser.force_login(make_user())

    assert browser.get(path).status_code == 405
    assert browser.post(path).status_code == 403


@pytest.mark.usefixtures("openid")
def test_disconnecting_needs_a_sign_in(client: Client) -> None:
    assert client.post(DISCONNECT)["Location"].startswith("/sign-in/")
    assert client.post(BACK).status_code == 405


@pytest.mark.usefixtures("openid")
def test_dialog_offers_a_new_tab(client: Client) -> None:
    page = text(client.get("/sign-in/", headers={"hx-request": "true"}))

    assert page.count('href="/sign-in/" target="_blank"') == 1
    assert page.count(START) == 0


def describe(openid: OpenIDProvider, **changes: Any) -> None:
    """Change what the provider says about itself; None leaves it out."""
    path = "/.well-known/openid-configuration"
    description = requests.get(openid.url + path, timeout=10).json() | changes
    kept = {name: value for name, value in description.items() if value is not None}
    openid.answers[path] = Response(json.dumps(kept), content_type="application/json")


def test_provider_without_further_details_is_asked_for_none(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    describe(openid, userinfo_endpoint=None)

    go(client, openid)

    assert signed_in_id(client) == str(anna.pk)
    assert "/userinfo" not in openid.requests


def test_issuer_may_end_in_a_slash(client: Client, anna: User, openid: OpenIDProvider) -> None:
    describe(openid, issuer=f"{openid.url}/")
    openid.change_token = lambda claims: {**claims, "iss": f"{openid.url}/"}

    go(client, openid)

    assert SocialAccount.objects.get(user=anna).provider == openid.url


def test_answer_that_leads_elsewhere_is_not_followed(
    client: Client, openid: OpenIDProvider
) -> None:
    headers = {"Location": f"{openid.url}/elsewhere"}
    openid.answers["/.well-known/openid-configuration"] = Response("", 302, headers)

    assert told(client, client.post(START)).startswith("Acme can't be reached")
    assert openid.requests == ["/.well-known/openid-configuration"]


# Who it is ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "reason", "sentence"),
    [
        ({}, "no_address", "Acme doesn't tell the studio your mail address"),
        ({"email": "nobody"}, "no_address", "Acme doesn't tell the studio your mail address"),
        ({"email": "anna@example.com"}, "unverified", "Acme hasn't verified your mail address"),
        (
            {"email": "anna@example.com", "email_verified": "no"},
            "unverified",
            "Acme hasn't verified your mail address",
        ),
        (
            {"email": "other@example.com", "email_verified": True},
            "unknown",
            "There is no account here with your mail address. Ask an administrator for an",
        ),
        (
            {"email": "ann\u0101@example.com", "email_verified": True},
            "no_address",
            "Acme doesn't tell the studio your mail address",
        ),
    ],
)
def test_stranger_is_refused(
    client: Client, anna: User, openid: OpenIDProvider, claims: Claims, reason: str, sentence: str
) -> None:
    openid.add_person("stranger", **claims)

    response = go(client, openid, "stranger", next="/history/")

    assert response["Location"] == "/sign-in/?next=%2Fhistory%2F"
    assert sentence in told(client, response)
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)
    assert reasons() == [reason]


@pytest.mark.parametrize("is_joined", [True, False])
def test_deactivated_person_is_refused(
    client: Client, anna: User, openid: OpenIDProvider, is_joined: bool
) -> None:
    if is_joined:
        go(client, openid)
        client.post("/sign-out/")
    User.objects.update(is_active=False)

    assert told(client, go(client, openid)).startswith("Your account here is deactivated.")
    failed = AuditEntry.objects.get(verb="sign_in_failed")
    assert (failed.person_id, failed.facts["reason"]) == (anna.pk, "deactivated")


def test_address_of_two_people_is_refused_and_logged(
    client: Client, anna: User, openid: OpenIDProvider, caplog: pytest.LogCaptureFixture
) -> None:
    make_user("anne", email="ANNA@example.com")

    assert told(client, go(client, openid)).startswith("Several people here have your mail")
    assert "Several people have the address of one OpenID account: anna, anne." in caplog.text


def test_address_of_a_person_with_another_account_is_refused(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    go(client, openid)
    client.post("/sign-out/")
    openid.add_person("successor", email="anna@example.com", email_verified=True)

    refused = told(client, go(client, openid, "successor"))

    assert refused.startswith("Another account at Acme is joined")
    assert reasons() == ["other_account"]


def test_letter_that_only_looks_alike_is_another_address(
    client: Client, openid: OpenIDProvider
) -> None:
    make_user("mike", email="mike@example.com")
    openid.add_person("mıke", email="mıke@example.com", email_verified=True)

    go(client, openid, "mıke")

    assert signed_in_id(client) is None
    assert SocialAccount.objects.count() == 0


# By an invitation ---------------------------------------------------------------------------------


@pytest.fixture
def link() -> str:
    """The link of an invitation for Anna's address."""
    by = make_user("root", is_staff=True)
    roles = {Project.first().pk: Role.REVIEWER}
    return f"/invitation/{invitations.invite('anna@example.com', by=by, roles=roles).token}/"


def follow(client: Client, openid: OpenIDProvider, link: str, subject: str = "anna") -> Any:
    page = text(client.get(link))
    found = re.search('name="invitation" value="([^"]+)"', page)
    assert found is not None
    return go(client, openid, subject, invitation=found[1])


def test_invited_person_makes_an_account_through_the_provider(
    client: Client, link: str, openid: OpenIDProvider
) -> None:
    openid.add_person(
        "anna", email="ANNA@example.com", email_verified=True, name="Anna Larsen",
        preferred_username="root@example.com",
    )  # fmt: skip

    response = follow(client, openid, link)

    user = User.objects.get(email="anna@example.com")
    assert response["Location"] == "/"
    assert signed_in_id(client) == str(user.pk)
    assert (user.username, user.first_name, user.has_usable_password()) == (
        "root2", "Anna Larsen", False,
    )  # fmt: skip
    assert Membership.objects.get(person=user).role == Role.REVIEWER
    assert client.get(link).status_code == 410
    assert verbs() == ["person_invited", "invitation_accepted", "openid_joined", "signed_in"]


def test_invitation_is_for_its_address_only(
    client: Client, link: str, openid: OpenIDProvider
) -> None:
    openid.add_person("eve", email="eve@example.com", email_verified=True)

    refused = told(client, follow(client, openid, link, "eve"))

    assert refused.startswith("The invitation is for another mail address")
    assert client.get(link).status_code == 200


def test_invitation_that_was_revoked_meanwhile_is_refused(
    client: Client, link: str, openid: OpenIDProvider
) -> None:
    openid.add_person("anna", email="anna@example.com", email_verified=True)
    token = link.split("/")[2]
    address = leave(client, invitation=token)
    made = invitations.find(token)
    assert made is not None
    invitations.revoke(made, by=made.made_by)

    response = client.get(path_of(openid.sign_in(address, "anna")))

    assert told(client, response).startswith("The invitation was used or revoked")
    assert User.objects.count() == 1


def test_invitation_that_is_closed_at_the_press_is_refused(
    client: Client, openid: OpenIDProvider
) -> None:
    response = client.post("/sign-in/openid/", {"invitation": "no such token"})

    assert told(client, response).startswith("The invitation was used or revoked")


def test_invitation_without_its_link_is_not_enough(
    client: Client, link: str, openid: OpenIDProvider
) -> None:
    openid.add_person("anna", email="anna@example.com", email_verified=True)

    assert told(client, go(client, openid)).startswith("There is no account here")
    assert client.get(link).status_code == 200


# What the provider sends --------------------------------------------------------------------------


def foreign(claims: Claims) -> str:
    key = generate_private_key(65537, 2048)
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": KEY_ID})


def unsigned(claims: Claims) -> str:
    return jwt.encode(claims, "", algorithm="none")


def by_secret(claims: Claims) -> str:
    secret = "a secret that both sides know, at least 32 bytes"
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": KEY_ID})


def by_unknown_key(claims: Claims) -> str:
    return jwt.encode(claims, generate_private_key(65537, 2048), "RS256", {"kid": "unknown"})


def test_token_of_the_layer_around_the_provider_is_accepted(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    """So that the next tests refuse what they say, and not the layer."""
    openid.change_token = dict

    go(client, openid)

    assert signed_in_id(client) == str(anna.pk)


@pytest.mark.parametrize(
    "change",
    [
        lambda claims: {**claims, "nonce": "another"},
        lambda claims: {name: claims[name] for name in claims if name != "nonce"},
        lambda claims: {**claims, "aud": "another-client"},
        lambda claims: {**claims, "aud": ["studio", "another-client"]},
        lambda claims: {**claims, "azp": "another-client"},
        lambda claims: {**claims, "iss": "https://other.example.com"},
        lambda claims: {**claims, "exp": int(time.time()) - 90},
        lambda claims: {**claims, "iat": int(time.time()) + 900},
        lambda claims: {name: claims[name] for name in claims if name != "exp"},
        lambda claims: {**claims, "sub": "somebody else"},
        lambda claims: {**claims, "sub": ""},
        lambda claims: None,
    ],
    ids="nonce no-nonce audience audiences party issuer expired future no-end subject "
    "no-subject no-token".split(),
)
def test_token_that_is_not_ours_is_refused(
    client: Client, anna: User, openid: OpenIDProvider, change: Callable[[Claims], Claims | None]
) -> None:
    openid.change_token = change

    assert told(client, go(client, openid)).startswith("The studio couldn't verify the answer")
    assert reasons() == ["invalid"]
    assert SocialAccount.objects.count() == 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lies on one machine")
@pytest.mark.parametrize(("hours", "side"), [(-1, "behind"), (1, "ahead of")])
def test_token_that_a_wrong_clock_refuses_is_logged_with_the_clock(
    client: Client, anna: User, openid: OpenIDProvider, hours: int, side: str,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """Here the other clocks are wrong: the provider's, and the one that is read as Django's."""
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(hours=hours))
    lasts = {"iat": time.time() - hours * 3600, "exp": time.time() - hours * 3600 + 600}
    openid.change_token = lambda claims: claims | {key: int(lasts[key]) for key in lasts}

    assert told(client, go(client, openid)).startswith("The studio couldn't verify the answer")

    ends = f"the clock of this machine is 3600 s {side} that of the database"
    assert [message.endswith(ends) for message in caplog.messages if "ID token" in message] == [
        True
    ]


@pytest.mark.parametrize("sign", [foreign, unsigned, by_secret, by_unknown_key])
def test_token_with_another_signature_is_refused(
    client: Client, anna: User, openid: OpenIDProvider, sign: Callable[[Claims], str]
) -> None:
    openid.change_token, openid.sign = dict, sign

    assert told(client, go(client, openid)).startswith("The studio couldn't verify the answer")


def test_way_back_works_once(client: Client, anna: User, openid: OpenIDProvider) -> None:
    back = path_of(openid.sign_in(leave(client), "anna"))
    client.get(back)
    client.post("/sign-out/")

    again = client.get(back)

    assert told(client, again).startswith("This sign-in has taken too long, or was used before.")
    assert reasons() == []


def test_way_back_works_in_the_browser_that_left_only(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    back = path_of(openid.sign_in(leave(client), "anna"))
    victim = Client()

    assert told(victim, victim.get(back)).startswith("This sign-in has taken too long")


def test_code_of_another_sign_in_is_refused(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    """A stolen code doesn't fit the PKCE verifier of the session."""
    stolen = query_of(openid.sign_in(leave(Client()), "anna"))["code"]
    own = query_of(leave(client))

    response = client.get(BACK, {"code": stolen, "state": own["state"]})

    assert told(client, response).startswith("The studio couldn't verify the answer")


def test_person_who_goes_back_is_told(client: Client, openid: OpenIDProvider) -> None:
    back = openid.sign_in(leave(client, next="/history/"), "anna", action="deny")

    response = client.get(path_of(back))

    assert response["Location"] == "/sign-in/?next=%2Fhistory%2F"
    assert told(client, response) == "You haven't signed in at Acme. Start again."
    assert reasons() == []


@pytest.mark.parametrize(
    ("path", "answer", "sentence"),
    [
        ("/.well-known/openid-configuration", ("", 500), "Acme can't be reached"),
        ("/.well-known/openid-configuration", ("<p>Hello", 200), "Acme can't be reached"),
        ("/.well-known/openid-configuration", ("[]", 200), "couldn't verify"),
        ("/.well-known/openid-configuration", ('{"issuer": "https://x.example"}', 200), "couldn't"),
    ],
)
def test_provider_that_gives_no_description_is_told_at_the_button(
    client: Client, openid: OpenIDProvider, path: str, answer: tuple[str, int], sentence: str
) -> None:
    openid.answers[path] = Response(*answer)

    response = client.post(START, {"next": "/history/"})

    assert response["Location"] == "/sign-in/?next=%2Fhistory%2F"
    assert sentence in told(client, response)
    assert SignIn.objects.count() == 0


@pytest.mark.usefixtures("openid")
@pytest.mark.parametrize("is_listening", [False, True], ids=["refuses", "never answers"])
def test_provider_that_is_down_is_told_at_the_button(
    client: Client, settings: Settings, is_listening: bool
) -> None:
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.1
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if is_listening:
            server.listen()
        settings.OIDC_ISSUER = f"http://127.0.0.1:{server.getsockname()[1]}"

    assert told(client, client.post(START)).startswith("Acme can't be reached at the moment.")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/oauth2/token", ("", 500)),
        ("/oauth2/token", ("7", 200)),
        ("/oauth2/token", ('{"access_token": "x", "id_token": 7}', 200)),
        ("/oauth2/token", ('{"access_token": "x", "id_token": "x.y.z"}', 200)),
        ("/jwks", ("", 503)),
        ("/jwks", ('{"keys": 7}', 200)),
        ("/jwks", ('{"keys": []}', 200)),
        ("/userinfo", ("", 401)),
        ("/userinfo", ("[]", 200)),
        ("/userinfo", ('{"sub": "eve", "email": "anna@example.com"}', 200)),
    ],
)
def test_broken_answer_on_the_way_back_is_told(
    client: Client, anna: User, openid: OpenIDProvider, path: str, answer: tuple[str, int]
) -> None:
    openid.answers[path] = Response(*answer, content_type="application/json")

    assert "Acme" in told(client, go(client, openid))


def test_address_and_its_verification_come_from_one_answer(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    """The token says that one address is verified, the other answer names another one."""
    openid.change_token = lambda claims: {
        **claims, "email": "eve@example.com", "email_verified": True
    }  # fmt: skip
    openid.add_person("eve", email="anna@example.com")

    assert told(client, go(client, openid, "eve")).startswith("Acme hasn't verified")


# Limits, second factor, roles ---------------------------------------------------------------------


def test_failed_sign_ins_are_limited_and_passwords_are_not(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    SignIn.objects.bulk_create(
        SignIn(account="", network="127.0.0.0", failed=True) for _ in "x" * 29
    )
    refused = go(client, openid, "stranger")
    entries, requests = AuditEntry.objects.count(), len(openid.requests)

    limited = client.post(START)

    assert refused.status_code == 302
    assert told(client, limited).startswith("Too many sign-ins were tried from here.")
    assert len(openid.requests) == requests
    assert client.get(BACK).status_code == 302
    assert AuditEntry.objects.count() == entries + 1
    form = {"username": "anna", "password": PASSWORD}
    assert client.post("/sign-in/", form)["Location"] == "/"


@pytest.mark.usefixtures("openid")
def test_few_people_wait_for_the_provider_at_once(client: Client) -> None:
    form = {"next": "/history/", "draft-speaker": "Anna"}
    with ExitStack() as waiting:
        while WAITING.acquire(blocking=False):
            waiting.callback(WAITING.release)

        response = client.post(START, form)

    assert response["Location"] == "/sign-in/?next=%2Fhistory%2F"
    assert told(client, response).startswith("Many people are signing in")
    assert client.session["draft"] == {"speaker": "Anna"}
    assert client.post(START).status_code == 200


def test_way_back_to_which_another_site_leads_is_neither_counted_nor_recorded(
    client: Client, openid: OpenIDProvider
) -> None:
    for query in ({"state": "guess", "code": "guess"}, {"error": "invalid_request"}):
        client.get(BACK, query)

    assert (SignIn.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_refused_button_stores_nothing_and_loses_nothing(
    client: Client, openid: OpenIDProvider, settings: Settings
) -> None:
    settings.THROTTLES = settings.THROTTLES | {"openid": (1, 60)}
    form = {"next": "/history/", "draft-speaker": "Anna"}
    client.post(START)
    stranger = Client(REMOTE_ADDR="127.0.0.9")

    response = stranger.post(START, form)

    assert response.status_code == 429
    assert text(response).count('name="draft-speaker" value="Anna"') == 2
    assert text(response).count("Too many sign-ins were tried from here.") == 1
    assert Session.objects.count() == 1


def test_session_of_a_press_is_short_until_the_sign_in(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    address = leave(client)
    before = client.session.get_expiry_age()

    client.get(path_of(openid.sign_in(address, "anna")))

    assert (before, client.session.get_expiry_age() // 3600) == (3600, 14 * 24 - 1)


def test_button_is_limited_for_each_network(
    client: Client, openid: OpenIDProvider, settings: Settings
) -> None:
    settings.THROTTLES = settings.THROTTLES | {"openid": (2, 60)}

    answers = [client.post(START) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 302]
    assert told(client, answers[2]).startswith("Too many sign-ins were tried from here.")
    assert len(openid.requests) == 2


@pytest.mark.parametrize(("is_asked_there", "place"), [(False, "second-factor"), (True, "history")])
def test_second_factor_is_asked_unless_the_provider_does(
    client: Client,
    anna: User,
    openid: OpenIDProvider,
    settings: Settings,
    is_asked_there: bool,
    place: str,
) -> None:
    settings.OIDC_SECOND_FACTOR = is_asked_there
    TOTP.activate(anna, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")

    response = go(client, openid, next="/history/")

    assert place in response["Location"]
    assert (signed_in_id(client) is not None) == is_asked_there


def test_second_factor_completes_the_sign_in(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    TOTP.activate(anna, secret)

    step = go(client, openid, next="/history/")
    done = client.post(step["Location"], {"code": one_time_code(secret)})

    assert done["Location"] == "/history/"
    assert signed_in_id(client) == str(anna.pk)
    assert AuditEntry.objects.get(verb="signed_in").text == "Signed in with OpenID"


@pytest.mark.parametrize(("is_asked_there", "status"), [(False, 302), (True, 200)])
def test_required_second_factor_may_be_the_one_of_the_provider(
    client: Client,
    anna: User,
    openid: OpenIDProvider,
    settings: Settings,
    is_asked_there: bool,
    status: int,
) -> None:
    settings.REQUIRE_SECOND_FACTOR, settings.OIDC_SECOND_FACTOR = True, is_asked_there

    go(client, openid)
    by_provider = client.get("/history/").status_code
    client.post("/sign-out/")
    client.post("/sign-in/", {"username": "anna", "password": PASSWORD})

    assert by_provider == status
    assert client.get("/history/")["Location"] == "/account/second-factor/"


def test_person_without_a_password_can_set_up_a_second_factor(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    anna.set_unusable_password()
    anna.save(update_fields=["password"])
    go(client, openid)

    assert client.get("/account/second-factor/app/").status_code == 200


def test_provider_gives_roles_at_each_sign_in(
    client: Client, openid: OpenIDProvider, settings: Settings
) -> None:
    settings.OIDC_ROLES = {"groups": {"cast": ["Studio:manager"]}}
    project = Project.first()
    openid.add_person("zoe", email="zoe@example.com", email_verified="true", groups=["cast"])

    go(client, openid, "zoe")
    user = User.objects.get(email="zoe@example.com")
    given = Membership.objects.get(person=user, project=project).role
    openid.add_person("zoe", email="zoe@example.com", email_verified=True, groups=[])
    client.post("/sign-out/")
    go(client, openid, "zoe")

    assert given == Role.MANAGER
    assert signed_in_id(client) == str(user.pk)
    assert not Membership.objects.filter(person=user).exists()
    assert verbs() == [
        "person_added", "openid_joined", "role_changed", "signed_in", "signed_out", "role_changed",
        "signed_in",
    ]  # fmt: skip


# My account ---------------------------------------------------------------------------------------


def test_account_is_disconnected_if_there_is_a_password(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    go(client, openid)
    page = text(client.get("/account/"))

    response = client.post(DISCONNECT)

    assert page.count("anna@example.com") == 1
    assert page.count("Disconnect</button>") == 1
    assert response["Location"] == "/account/"
    assert SocialAccount.objects.count() == 0
    assert verbs()[-1] == "openid_disconnected"


def test_account_without_a_password_stays_joined_until_it_has_one(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    anna.set_unusable_password()
    anna.save(update_fields=["password"])
    go(client, openid)

    page = text(client.get("/account/"))
    client.post(DISCONNECT)
    kept = SocialAccount.objects.count()
    change = client.get("/account/password/")
    passwords = {"password1": "a long secret", "password2": "a long secret"}
    done = client.post("/account/password/set/", passwords)
    client.post(DISCONNECT)

    assert page.count("Disconnect</button>") == 0
    assert page.count("/account/password/set/") == 1
    assert (change["Location"], done["Location"]) == ("/account/password/set/", "/account/")
    assert (kept, SocialAccount.objects.count()) == (1, 0)


def test_rows_of_another_issuer_do_not_count(
    client: Client, anna: User, openid: OpenIDProvider
) -> None:
    other = make_user("other")
    SocialAccount.objects.create(user=other, provider="https://old.example.com", uid="anna")

    go(client, openid)

    assert signed_in_id(client) == str(anna.pk)
