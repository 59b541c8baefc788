"""My account: profile, address, password, second factor, sessions and password reset."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import allauth
import pytest
from allauth.account import app_settings
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django.fixtures import Settings

from tests.factories import PASSWORD, make_user, one_time_code
from tests.jobs import run_jobs
from tests.views.pages import text
from voicestudio.forms.accounts import list_time_zones
from voicestudio.models import (
    AuditEntry,
    Membership,
    Person,
    Project,
    Role,
    Throttle,
    ThrottledForm,
)
from voicestudio.views.account_adapter import AccountAdapter

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another long secret"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(secret: str = SECRET) -> str:
    return one_time_code(secret)


def sign_in(client: Client, name: str = "lea", **more: str) -> Any:
    return client.post("/sign-in/", {"username": name, "password": PASSWORD, **more})


def confirm(client: Client) -> None:
    """Give the password once more, as sensitive pages ask."""
    client.post("/account/confirm/", {"password": PASSWORD, "next": "/account/"})


@pytest.fixture
def lea(client: Client) -> User:
    """A person who is signed in by password, in a session of the list."""
    person = make_user("lea", email="lea@example.com")
    sign_in(client)
    return person


@pytest.fixture
def mailing(settings: Settings) -> None:
    """A studio with a mail server."""
    settings.MAIL_HOST = "mail.example.com"


def test_what_opens_the_account_is_one_list(client: Client, lea: User) -> None:
    page = client.get("/account/").content.decode()

    start = page.index('aria-labelledby="security-title"')
    entries = page[start : page.index("</section>", start)].split("<li>")[1:]
    assert ["lea@example.com" in entry for entry in entries] == [False, False, False, True]
    assert page.count('<section class="card stack"') == 2


def test_profile_is_saved(client: Client, lea: User) -> None:
    sent = {
        "name": "Lea Fischer", "time_zone": "Europe/Berlin", "theme": "dark", "wants_reminders": "",
    }  # fmt: skip

    response = client.post("/account/", sent)

    lea.refresh_from_db()
    person = Person.of(lea)
    assert response["Location"] == "/account/"
    assert (lea.get_full_name(), person.time_zone, person.theme, person.wants_reminders) == (
        "Lea Fischer", "Europe/Berlin", "dark", False,
    )  # fmt: skip
    assert text(client.get("/account/")).count('data-time-zone="Europe/Berlin"') == 1


def test_time_zones_are_read_once(client: Client, lea: User) -> None:
    pages = [client.get("/account/") for _visit in range(2)]

    assert [page.content.count(b">Europe/Berlin</option>") for page in pages] == [1, 1]
    assert list_time_zones.cache_info().misses == 1


def test_time_zone_applies_from_the_next_sign_in_on(client: Client, lea: User) -> None:
    Person.objects.update_or_create(user=lea, defaults={"time_zone": "Asia/Tokyo"})
    other = Client()
    sign_in(other)

    assert text(other.get("/account/")).count('data-time-zone="Asia/Tokyo"') == 1


@pytest.mark.parametrize(
    ("theme", "attribute"), [("", 0), ("light", 1), ("dark", 1), ("contrast", 1)]
)
def test_every_page_is_drawn_in_the_theme_of_the_person(
    client: Client, lea: User, theme: str, attribute: int
) -> None:
    client.post("/account/", {"theme": theme})
    other = Client()
    sign_in(other)

    for browser in (client, other):
        for path in ("/account/", "/history/"):
            assert text(browser.get(path)).count(f' data-theme="{theme}"') == attribute


@pytest.mark.parametrize(("field", "value"), [("time_zone", "Mars/Base"), ("theme", "sepia")])
def test_unknown_choice_of_the_profile_is_an_error(
    client: Client, lea: User, field: str, value: str
) -> None:
    assert client.post("/account/", {field: value}).status_code == 422


@pytest.mark.usefixtures("mailing")
def test_new_address_is_used_after_its_link_was_opened(client: Client, lea: User) -> None:
    confirm(client)
    client.post("/account/address/", {"email": "Lea.New@example.com"})
    lea.refresh_from_db()
    before = lea.email
    link = re.findall(r"http://testserver(\S+)", str(mail.outbox[0].body))[0]
    page = client.get(link)
    client.post(link)
    lea.refresh_from_db()

    assert (mail.outbox[0].to, page.status_code) == (["lea.new@example.com"], 200)
    assert (before, lea.email) == ("lea@example.com", "lea.new@example.com")


@pytest.mark.usefixtures("mailing")
def test_new_address_is_not_used_once_another_account_has_it(client: Client, lea: User) -> None:
    confirm(client)
    client.post("/account/address/", {"email": "new@example.com"})
    link = re.findall(r"http://testserver(\S+)", str(mail.outbox[0].body))[0]
    make_user("zoe", email="New@example.com")  # as an administrator may have set it

    client.post(link)

    lea.refresh_from_db()
    assert lea.email == "lea@example.com"


@pytest.mark.usefixtures("mailing")
@pytest.mark.parametrize("address", ["nowhere", "OTHER@example.com"])
def test_invalid_or_foreign_address_is_refused(client: Client, lea: User, address: str) -> None:
    make_user("other", email="other@example.com")
    confirm(client)

    response = client.post("/account/address/", {"email": address})

    assert (response.status_code, len(mail.outbox)) == (422, 0)
    assert not EmailAddress.objects.exists()


@pytest.mark.usefixtures("mailing")
def test_new_address_is_asked_for_with_the_password(client: Client, lea: User) -> None:
    asked = client.post("/account/address/", {"email": "new@example.com"})
    mails = len(mail.outbox)

    answered = {"password": PASSWORD, "next": "/account/address/"}
    response = client.post("/account/confirm/", answered)

    assert asked["Location"] == "/account/confirm/?next=%2Faccount%2Faddress%2F"
    assert (mails, len(mail.outbox)) == (0, 1)
    assert mail.outbox[0].to == ["new@example.com"]
    assert response["Location"] == "/account/"


@pytest.mark.usefixtures("mailing")
def test_password_for_a_new_address_that_is_sent_twice_leads_to_the_account(
    client: Client, lea: User
) -> None:
    client.post("/account/address/", {"email": "new@example.com"})
    answered = {"password": PASSWORD, "next": "/account/address/"}

    client.post("/account/confirm/", answered)
    again = client.post("/account/confirm/", answered, follow=True)

    assert again.redirect_chain == [("/account/address/", 302), ("/account/", 302)]
    assert again.status_code == 200
    assert len(mail.outbox) == 1


def test_first_password_is_asked_for_with_the_second_factor(client: Client, lea: User) -> None:
    TOTP.activate(lea, SECRET)
    lea.set_unusable_password()
    lea.save(update_fields=["password"])
    client.force_login(lea)
    passwords = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    response = client.post("/account/password/set/", passwords)

    lea.refresh_from_db()
    assert response["Location"] == "/account/confirm/code/?next=%2Faccount%2Fpassword%2Fset%2F"
    assert not lea.has_usable_password()


def test_address_cannot_be_changed_without_a_mail_server(client: Client, lea: User) -> None:
    page = client.get("/account/")
    confirm(client)

    assert text(page).count("Ask an administrator to change it") == 1
    assert client.post("/account/address/", {"email": "new@example.com"}).status_code == 422


def test_changed_password_ends_other_sessions(client: Client, lea: User) -> None:
    other = Client()
    sign_in(other)
    sent = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    wrong = client.post("/account/password/", sent | {"oldpassword": "wrong"})
    right = client.post("/account/password/", sent)

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert (client.get("/account/").status_code, other.get("/account/").status_code) == (200, 302)


def test_sessions_are_listed_and_the_others_end(client: Client, lea: User) -> None:
    other = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
    sign_in(other)

    page = client.get("/account/sessions/")
    client.post("/account/sessions/")

    assert text(page).count("Firefox on Windows") == 1
    assert text(page).count("This one") == 1
    assert (client.get("/account/").status_code, other.get("/account/").status_code) == (200, 302)


def test_audit_trail_tells_of_changes_of_an_account(
    client: Client, lea: User, django_capture_on_commit_callbacks: Any
) -> None:
    sign_in(Client())
    confirm(client)
    client.post("/account/sessions/")
    secret = client.get("/account/second-factor/app/").context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/account/second-factor/app/", {"code": code(secret)})
    client.post("/account/second-factor/app/remove/")
    new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post("/account/password/", new | {"oldpassword": PASSWORD})

    entries = AuditEntry.objects.exclude(verb="signed_in").order_by("pk")

    assert {entry.person_id for entry in entries} == {lea.pk}
    assert [(entry.verb, entry.facts.get("change")) for entry in entries] == [
        ("sessions_ended", None),
        ("second_factor_changed", "added"),  # the app
        ("second_factor_changed", "added"),  # its recovery codes
        ("second_factor_changed", "removed"),
        ("second_factor_changed", "removed"),
        ("password_changed", None),
    ]


def test_audit_trail_tells_of_wrong_codes(client: Client, db: None) -> None:
    TOTP.activate(make_user("lea"), SECRET)
    sign_in(client)
    client.post("/sign-in/second-factor/", {"code": "000000"})

    entries = AuditEntry.objects.values_list("verb", "facts__second_factor")

    assert list(entries) == [("sign_in_failed", True)]


# Second factor ---------------------------------------------------------------------------------


def test_setting_up_an_app_asks_for_the_password_first(client: Client, lea: User) -> None:
    response = client.get("/account/second-factor/app/")

    assert response["Location"] == "/account/confirm/?next=%2Faccount%2Fsecond-factor%2Fapp%2F"


def test_app_is_set_up_with_its_first_code(client: Client, lea: User) -> None:
    confirm(client)
    page = client.get("/account/second-factor/app/")
    secret = page.context["form"].secret

    wrong = client.post("/account/second-factor/app/", {"code": "000000"})
    right = client.post("/account/second-factor/app/", {"code": code(secret)})
    codes = client.get(right["Location"])

    assert text(page).count('src="data:image/svg+xml;base64,') == 1
    assert (wrong.status_code, right["Location"]) == (422, "/account/recovery-codes/")
    assert len(codes.context["unused_codes"]) == 10


def test_second_factor_is_asked_after_the_password(client: Client, db: None) -> None:
    lea = make_user("lea")
    TOTP.activate(lea, SECRET)

    first = sign_in(client, next="/history/", **{"draft-speaker": "Anna"})
    before = client.get("/history/").status_code
    wrong = client.post(first["Location"], {"code": "000000"})
    right = client.post(first["Location"], {"code": code()})

    assert (first["Location"], before) == ("/sign-in/second-factor/", 302)
    assert (wrong.status_code, right["Location"]) == (422, "/history/")
    assert client.get("/history/").status_code == 200
    assert client.session["draft"] == {"speaker": "Anna"}


def test_second_factor_is_asked_in_the_dialog(client: Client, db: None) -> None:
    TOTP.activate(make_user("lea"), SECRET)
    script = {"HX-Request": "true"}

    client.post("/sign-in/", {"username": "lea", "password": PASSWORD}, headers=script)
    step = client.get("/sign-in/second-factor/", headers=script)
    done = client.post("/sign-in/second-factor/", {"code": code()}, headers=script)

    assert (text(step).count("<html"), text(step).count('id="sign-in"')) == (0, 1)
    assert text(done).count("<b>lea</b>") == 1


def test_wrong_codes_are_limited(client: Client, db: None) -> None:
    TOTP.activate(make_user("lea"), SECRET)
    sign_in(client)
    for _ in range(5):
        client.post("/sign-in/second-factor/", {"code": "000000"})

    assert client.post("/sign-in/second-factor/", {"code": code()}).status_code == 422


def test_wrong_codes_are_counted_although_the_cache_is_emptied(client: Client, db: None) -> None:
    TOTP.activate(make_user("lea"), SECRET)
    sign_in(client)
    for _ in range(5):
        client.post("/sign-in/second-factor/", {"code": "000000"})

    cache.clear()

    assert client.post("/sign-in/second-factor/", {"code": code()}).status_code == 422


def test_wrong_passkeys_are_limited_like_codes(client: Client, db: None) -> None:
    TOTP.activate(make_user("lea"), SECRET)
    sign_in(client)
    for _ in range(5):
        client.post("/sign-in/second-factor/", {"credential": '{"id": "AA"}'})

    assert client.post("/sign-in/second-factor/", {"code": code()}).status_code == 422


def test_right_code_ends_the_count_of_wrong_ones(client: Client, db: None) -> None:
    TOTP.activate(make_user("lea"), SECRET)
    sign_in(client)
    for _ in range(4):
        client.post("/sign-in/second-factor/", {"code": "000000"})
    client.post("/sign-in/second-factor/", {"code": code()})

    assert not ThrottledForm.objects.filter(throttle=Throttle.CODE).exists()


def test_wrong_passwords_of_a_confirmation_are_limited(client: Client, lea: User) -> None:
    for _ in range(5):
        assert client.post("/account/confirm/", {"password": "wrong"}).status_code == 422

    assert client.post("/account/confirm/", {"password": PASSWORD}).status_code == 422
    for _ in range(4):
        client.post("/account/confirm/", {"password": PASSWORD})
    assert client.post("/account/confirm/", {"password": PASSWORD}).status_code == 429


def test_wrong_passwords_of_a_change_are_limited(client: Client, lea: User) -> None:
    sent = {"oldpassword": "wrong", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    answers = [client.post("/account/password/", sent).status_code for _ in range(6)]

    assert answers == [422] * 5 + [429]
    assert client.get("/account/password/").status_code == 200


@pytest.mark.usefixtures("mailing")
def test_one_address_gets_one_mail_within_three_minutes(client: Client, lea: User) -> None:
    confirm(client)

    answers = [
        client.post("/account/address/", {"email": address}).status_code
        for address in ("new@example.com", "new@example.com", "newer@example.com")
    ]

    assert answers == [302, 429, 302]
    assert [message.to for message in mail.outbox] == [["new@example.com"], ["newer@example.com"]]


@pytest.mark.usefixtures("mailing")
def test_mails_for_a_new_password_are_limited_for_address_and_network(
    client: Client, db: None
) -> None:
    def ask(address: str) -> int:
        return client.post("/forgot-password/", {"email": address}).status_code

    assert [ask("Lea@example.com") for _ in range(6)] == [302] * 5 + [429]
    assert [ask(f"lea{number}@example.com") for number in range(15)] == [302] * 14 + [429]
    other = Client(REMOTE_ADDR="192.0.2.7")
    assert other.post("/forgot-password/", {"email": "lea0@example.com"}).status_code == 302


def test_passwords_by_a_link_are_limited_for_each_network(
    client: Client, lea: User, settings: Settings
) -> None:
    settings.THROTTLES = settings.THROTTLES | {"link_use": (2, 60)}

    answers = [  # whoever is signed in
        browser.post("/new-password/1-set-password/", {}).status_code
        for browser in (client, Client(), Client())
    ]

    assert answers[2] == 429
    assert 429 not in answers[:2]


def test_nothing_is_limited_by_the_clock_of_the_machine() -> None:
    assert app_settings.RATE_LIMITS == {}


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another"}])
def test_sign_in_that_waits_for_its_code_ends_with_the_account_or_password(
    client: Client, db: None, change: dict[str, Any]
) -> None:
    lea = make_user("lea")
    TOTP.activate(lea, SECRET)
    sign_in(client)
    User.objects.filter(pk=lea.pk).update(**change)

    answer = client.post("/sign-in/second-factor/", {"code": code()})

    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
    assert "_auth_user_id" not in client.session
    again = client.get("/sign-in/second-factor/")
    assert (again.status_code, again["Location"]) == (302, "/sign-in/")


@pytest.mark.parametrize(
    "credential",
    [
        '{"id": "AA"}',
        '{"id": "AA", "rawId": "AAA", "type": "public-key", "response": {}}',
        '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": 1}}',
        "[1]",
    ],
)
def test_answer_that_no_passkey_gives_is_an_error(client: Client, credential: str) -> None:
    TOTP.activate(make_user("lea"), SECRET)
    sign_in(client)
    step = client.post("/sign-in/second-factor/", {"credential": credential})
    client.post("/sign-in/second-factor/", {"code": code()})
    again = client.post("/account/confirm/passkey/", {"credential": credential})
    confirm(client)
    added = client.post("/account/passkeys/add/", {"credential": credential, "name": "x"})

    # The page that asks once more leads back to itself.
    assert [answer.status_code for answer in (step, again, added)] == [422, 302, 422]
    assert not Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).exists()


@pytest.mark.parametrize(
    ("staff", "role", "sent_to"),
    [
        (True, None, "/account/second-factor/"),
        (False, Role.MANAGER, "/account/second-factor/"),
        (False, Role.REVIEWER, None),
    ],
)
def test_managers_and_administrators_set_up_a_required_second_factor_first(
    client: Client, settings: Settings, staff: bool, role: Role | None, sent_to: str | None
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    person = make_user("lea", is_staff=staff)
    Membership.objects.filter(person=person).delete()
    if role:
        Membership.objects.create(person=person, project=Project.first(), role=role)
    sign_in(client)

    pages = [client.get(path) for path in ("/voices/", "/account/")]
    fragment = client.get("/voices/", headers={"HX-Request": "true"})

    assert [page.get("Location") for page in pages] == [sent_to] * 2
    assert fragment.status_code == (403 if sent_to else 200)
    if sent_to:
        assert fragment["Not-Allowed"] == "true"
        assert text(fragment) == (
            'Your role needs a second factor. Set one up under "My account" to go on.'
        )
    assert client.get("/account/second-factor/").status_code == 200
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    assert client.get("/voices/").status_code == 200


def test_form_of_a_page_from_before_a_second_factor_was_required_is_filled_in_again(
    client: Client, settings: Settings, lea: User
) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    sent = client.post("/new/", {"speaker": "Anna", "preview_text": "Good morning."})
    Authenticator.objects.create(user=lea, type=Authenticator.Type.TOTP, data={})

    form = client.get("/new/").context["form"]

    assert sent["Location"] == "/account/second-factor/"
    assert (form["speaker"].value(), form["preview_text"].value()) == ("Anna", "Good morning.")


# Emails ----------------------------------------------------------------------------------------

NOTIFICATIONS = [
    "account/email/email_changed", "account/email/password_changed",
    "account/email/password_reset", "account/email/password_set",
    "mfa/email/recovery_codes_generated", "mfa/email/totp_activated",
    "mfa/email/totp_deactivated", "mfa/email/webauthn_added", "mfa/email/webauthn_removed",
]  # fmt: skip


def sent_by_allauth() -> set[str]:
    """The notifications in the sources of the parts of django-allauth that the studio uses."""
    parts = [Path(str(allauth.__file__)).parent / name for name in ("account", "mfa")]
    sources = [path.read_text() for part in parts for path in part.rglob("*.py")]
    named = re.compile(r"send_notification_mail\(\s*\"([^\"]+)\"")
    return {name for source in sources for name in named.findall(source)}


@pytest.mark.usefixtures("mailing")
@pytest.mark.parametrize("name", NOTIFICATIONS)
def test_notification_is_in_our_words(lea: User, rf: RequestFactory, name: str) -> None:
    request = rf.get("/new/", headers={"user-agent": "Firefox/140.0"})
    addresses = {"from_email": "old@example.com", "to_email": "new@example.com"}
    with override_settings(ACCOUNT_EMAIL_NOTIFICATIONS=True), context.request_context(request):
        AccountAdapter(request).send_notification_mail(name, lea, addresses, lea.email)

    [message] = mail.outbox
    body = str(message.body)
    assert "Voice Studio" in message.subject
    assert body.startswith(("The ", "A ", "An ", "New "))
    assert "account of Voice Studio" in body
    assert body.endswith(
        "UTC\nFrom: 127.0.0.1\nBrowser: Firefox/140.0\n\n"
        "If this wasn't you, tell an administrator of your studio at once."
    )
    assert (message.alternatives, message.to) == ([], ["lea@example.com"])  # type: ignore[attr-defined]


def test_every_notification_of_allauth_has_our_words() -> None:
    # People have one address each, which they change but can't delete.
    assert sent_by_allauth() - {"account/email/email_deleted"} == set(NOTIFICATIONS)


# Password reset --------------------------------------------------------------------------------


@pytest.fixture
def forget_password(
    client: Client, db: None, django_capture_on_commit_callbacks: Any
) -> Callable[[str], Any]:
    """Ask for a link, which the worker sends; the page has sent none."""

    def act(address: str) -> Any:
        before = len(mail.outbox)
        with django_capture_on_commit_callbacks(execute=True):
            response = client.post("/forgot-password/", {"email": address})
        assert len(mail.outbox) == before
        run_jobs()
        return response

    return act


@pytest.mark.usefixtures("mailing")
def test_password_is_reset_by_a_mailed_link(
    client: Client, forget_password: Callable[[str], Any]
) -> None:
    make_user("lea", email="Lea@Example.com")

    forget_password("lea@example.com")
    link = re.findall(r"http://testserver(\S+)", str(mail.outbox[0].body))[0]
    form = client.get(link)["Location"]
    sent = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    weak = client.post(form, {"password1": "123", "password2": "123"})
    done = client.post(form, sent)
    again = client.get(link)

    assert (weak.status_code, done["Location"]) == (422, "/new-password/done/")
    assert text(again).count("This link no longer works.") == 1
    signed_in = client.post("/sign-in/", {"username": "lea", "password": NEW_PASSWORD})
    assert signed_in.status_code == 302


@pytest.mark.usefixtures("mailing")
@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("LEA@MÜLLER.example", ["lea@müller.example"]),
        ("lea@m\uff55\u0308ller.example", ["lea@müller.example"]),  # wide letter, loose dots
        ("mıke@gıthub.example", []),  # to PostgreSQL a dotless i is an I
    ],
)
def test_reset_link_goes_to_the_address_of_the_account(
    typed: str, sent: list[str], forget_password: Callable[[str], Any]
) -> None:
    make_user("lea", email="lea@müller.example")
    make_user("mike", email="mike@github.example")

    forget_password(typed)

    assert [address for message in mail.outbox for address in message.to] == sent


@pytest.mark.usefixtures("mailing")
def test_reset_does_not_tell_whether_an_account_exists(
    forget_password: Callable[[str], Any],
) -> None:
    make_user("gone", email="gone@example.com", is_active=False)

    answers = [forget_password(name) for name in ("gone@example.com", "never@example.com")]

    assert [answer["Location"] for answer in answers] == ["/forgot-password/sent/"] * 2
    assert mail.outbox == []


@pytest.mark.usefixtures("mailing")
def test_page_does_the_same_work_with_and_without_an_account(client: Client, db: None) -> None:
    """Else the time that it takes would say whether there is one."""
    make_user("lea", email="lea@example.com")
    client.post("/forgot-password/", {"email": "first@example.com"})  # the limit of the network
    queries = []
    for address in ("lea@example.com", "never@example.com"):
        with CaptureQueriesContext(connection) as captured:
            client.post("/forgot-password/", {"email": address})
        statements = [query["sql"] for query in captured]
        assert not any('"auth_user"' in statement for statement in statements)
        queries.append([statement.split()[0] for statement in statements])

    assert queries[0] == queries[1]


@pytest.mark.usefixtures("mailing")
def test_reset_link_comes_in_the_language_of_its_reader(
    client: Client, forget_password: Callable[[str], Any]
) -> None:
    Person.objects.create(user=make_user("lea", email="lea@example.com"), language="de")
    make_user("max", email="max@example.com")
    client.cookies["django_language"] = "fr"

    for address in ("lea@example.com", "max@example.com"):
        forget_password(address)

    subjects = []
    for language in ("de", "fr"):
        with translation.override(language):
            subjects.append(translation.gettext("Choose a new password for Voice Studio"))
    assert [message.subject for message in mail.outbox] == subjects
    assert subjects[0] != subjects[1]


def test_reset_without_a_mail_server_says_whom_to_ask(client: Client, db: None) -> None:
    make_user("lea", email="lea@example.com")

    page = client.get("/forgot-password/")

    assert text(page).count("Ask an administrator for a new one.") == 1
    sent = client.post("/forgot-password/", {"email": "lea@example.com"})
    assert sent["Location"] == "/forgot-password/"
    assert mail.outbox == []
