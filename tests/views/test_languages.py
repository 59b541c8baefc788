"""Languages: by the browser, by choice, and for each person; what English looks like stays."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext
from pytest_django.fixtures import Settings

from tests.factories import PASSWORD, make_user, make_voice
from tests.jobs import run_jobs
from tests.views.pages import text
from voicestudio import words
from voicestudio.forms.cutting import format_length
from voicestudio.models import Person, language_of
from voicestudio.services import reminders
from voicestudio.templatetags import studio

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 11, 22, 9, 31, tzinfo=UTC)


@pytest.fixture(autouse=True)
def german(settings: Settings) -> None:
    """A studio that has German too."""
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")]


def page_language(client: Client, url: str, **headers: str) -> str:
    """The language that a page says it is in."""
    page = client.get(url, headers=headers).content.decode()
    return page.partition('<html lang="')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("accepted", "language"), [("", "en"), ("de-AT,en;q=0.5", "de"), ("pl, en;q=0.5", "en")]
)
def test_browser_chooses_the_language(client: Client, accepted: str, language: str) -> None:
    assert page_language(client, "/sign-in/", **{"Accept-Language": accepted}) == language


def test_guest_chooses_the_language_of_the_sign_in_page(client: Client) -> None:
    response = client.post("/language/", {"language": "de"})
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=/")
    assert page_language(client, "/sign-in/") == "de"


def test_each_language_is_offered_by_its_own_name(client: Client) -> None:
    page = text(client.get("/sign-in/", headers={"accept-language": "de"}))

    offered = re.findall(r'name="language" value="[^"]+"[^>]*>([^<]+)<', page)

    assert offered == ["English", "Deutsch", "Français"]


@pytest.mark.parametrize(
    ("page", "kept"), [("/voices/?state=kept", "/voices/%3Fstate%3Dkept"), ("//evil.test", "/")]
)
def test_language_keeps_the_page_behind_the_sign_in(client: Client, page: str, kept: str) -> None:
    response = client.post("/language/", {"language": "de", "next": page})
    assert response["Location"] == f"/sign-in/?next={kept}"
    form = client.get("/sign-in/", {"next": page}).content.decode().partition('action="/language/"')
    assert f'name="next" value="{page if kept != "/" else ""}"' in form[2]


def test_unknown_language_is_not_remembered(client: Client) -> None:
    client.post("/language/", {"language": "xx"})
    assert page_language(client, "/sign-in/") == "en"


def test_person_chooses_a_language(user: User, client: Client) -> None:
    answers = {"name": "Lea", "time_zone": "", "language": "de"}
    assert client.post("/account/", answers).status_code == 302
    assert page_language(client, "/account/") == "de"
    assert Person.of(user).language == "de"
    client.post("/account/", answers | {"language": ""})
    assert page_language(client, "/account/", **{"Accept-Language": "fr"}) == "fr"


def test_sign_in_brings_the_language_of_the_person(user: User) -> None:
    Person.of(user)
    Person.objects.filter(user=user).update(language="fr")
    user.set_password("long enough 1")
    user.save()
    other = Client()
    other.post("/sign-in/", {"username": "lea", "password": "long enough 1"})
    assert page_language(other, "/account/") == "fr"


def test_sign_out_forgets_the_language_of_the_person(user: User, client: Client) -> None:
    client.post("/account/", {"name": "Lea", "time_zone": "", "language": "de"})
    client.post("/sign-out/")
    assert page_language(client, "/sign-in/", **{"Accept-Language": "fr"}) == "fr"


def test_mails_are_in_a_language_that_the_studio_has(user: User) -> None:
    assert language_of(user) == "en"
    person = Person.of(user)
    for chosen, language in {"de": "de", "": "en", "ja": "en"}.items():
        person.language = chosen
        user.person = person
        assert language_of(user) == language


@pytest.mark.parametrize(
    ("language", "day", "price", "size", "length"),
    [
        ("en", "22 Nov 2026", "$1.50", "1.9 MB", "6.5\u00a0s"),
        ("de", "22. November 2026", "1,50\u00a0$", "1,9 MB", "6,5\u00a0s"),
        ("fr", "22 novembre 2026", "1,50\u00a0$", "1,9 MB", "6,5\u00a0s"),
    ],
)
def test_facts_are_written_as_the_language_does(
    language: str, day: str, price: str, size: str, length: str
) -> None:
    with translation.override(language):
        assert f">{day}, 09:31 UTC<" in studio.when(MOMENT, "moment")
        assert words.money(Decimal("1.5"), "$") == price
        assert words.file_size(1_992_294) == size
        assert studio.duration(6500) == length
        assert format_length(6500) == length


def test_mails_are_in_the_language_of_their_reader(
    client: Client, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MAIL_HOST = "mail.example.com"
    user = make_user("anna", email="anna@example.com")
    Person.objects.update_or_create(user=user, defaults={"language": "fr"})
    make_voice(created_at=timezone.now() - timedelta(hours=150))

    with django_capture_on_commit_callbacks(execute=True):
        client.post("/forgot-password/", {"email": user.email}, headers={"Accept-Language": "de"})
    run_jobs()
    reminders.send(timezone.now())

    with translation.override("fr"):
        reset = gettext("Choose a new password for Voice Studio")
        reminder = ngettext(
            "{count} voice expires within 48 hours", "{count} voices expire within 48 hours", 1
        ).format(count=1)
    assert [message.subject for message in mail.outbox] == [reset, reminder]
    assert reset != "Choose a new password for Voice Studio"


def test_mail_about_an_account_is_in_the_language_of_its_owner(
    client: Client, settings: Settings
) -> None:
    settings.MAIL_HOST, settings.ACCOUNT_EMAIL_NOTIFICATIONS = "mail.example.com", True
    user = make_user("anna", email="anna@example.com")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    Person.objects.update_or_create(user=user, defaults={"language": "de"})
    assert client.post("/sign-in/", {"username": "anna", "password": PASSWORD}).status_code == 302

    new = "a new password of hers"
    changed = client.post(
        "/account/password/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
        headers={"Accept-Language": "en"},
    )

    assert changed.status_code == 302
    with translation.override("de"):
        subject = gettext("Your password for Voice Studio was changed")
    assert [message.subject for message in mail.outbox] == [subject]
