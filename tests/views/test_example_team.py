"""The example team on the pages: its buttons, and looks at the studio as one of them."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from tests.factories import PASSWORD, make_attempt, make_project, make_user
from tests.views import message_levels
from voicestudio.models import AuditEntry, CloneAttempt, Note, Person, Project, Role, Verb
from voicestudio.practice.server import StandIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


@pytest.fixture
def administrator(client: Client) -> User:
    """A signed-in administrator."""
    person = make_user("root", is_staff=True)
    client.force_login(person)
    return person


@pytest.fixture
def attempt(administrator: User) -> CloneAttempt:
    """An attempt in an example project."""
    return make_attempt(by=administrator, project=make_project("Emberfall", is_example=True))


@pytest.fixture
def rosa(attempt: CloneAttempt) -> User:
    """An example person: a reviewer of the example project."""
    person = make_user("rosa", project=attempt.project, role=Role.REVIEWER, first_name="Rosa Amari")
    person.set_unusable_password()
    person.save()
    Person.objects.create(user=person, is_example=True)
    return person


def look_as(client: Client, person: User) -> int:
    return client.post(reverse("look_as", args=[person.pk])).status_code


def test_team_is_made_and_removed_by_buttons(
    client: Client, administrator: User, standin: StandIn
) -> None:
    assert "Show me a team" in client.get("/people/").content.decode()
    assert "/people/#example-team" in client.get("/projects/").content.decode()

    made = client.post("/people/example-team/", follow=True)
    again = client.post("/people/example-team/", follow=True)
    assert [message_levels(page) for page in (made, again)] == [["success"], ["success"]]
    page = again.content.decode()
    assert ("Show me a team" in page, page.count("Look as ")) == (False, 4)
    assert page.count("<bdi>Mara Lindqvist</bdi>") == 1
    assert Project.objects.examples().count() == 2
    assert "/people/#example-team" not in client.get("/projects/").content.decode()

    question = client.post("/people/example-team/remove/")
    assert (b'name="sure"' in question.content, Project.objects.examples().count()) == (True, 2)
    removed = client.post("/people/example-team/remove/", {"sure": "yes"}, follow=True)
    assert (message_levels(removed), Project.objects.examples().count()) == (["success"], 0)
    assert "Show me a team" in removed.content.decode()


def test_buttons_say_what_stops_them(
    client: Client, administrator: User, attempt: CloneAttempt, standin: StandIn
) -> None:
    make_attempt("waiting", by=administrator, project=attempt.project)
    refused = client.post("/people/example-team/remove/", {"sure": "yes"})
    assert (refused.status_code, b"is under way" in refused.content) == (422, True)

    CloneAttempt.objects.all().delete()
    Project.objects.examples().filter(pk=attempt.project_id).update(is_example=False)
    standin.stop()
    refused = client.post("/people/example-team/")
    assert (refused.status_code, b"cannot be reached" in refused.content) == (422, True)


def test_look_shows_the_pages_of_the_person_until_one_goes_back(
    client: Client, administrator: User, rosa: User, attempt: CloneAttempt
) -> None:
    real = make_attempt(by=administrator)
    assert look_as(client, rosa) == 302

    page = client.get(f"/history/{attempt.pk}/")
    assert page.context["user"] == rosa
    html = page.content.decode()
    assert "You're looking at the studio as <b>Rosa</b>, Reviewer." in html
    assert (">New voice<" in html, "/people/" in html) == (False, False)
    assert "Signed in as <b>root</b>" in html
    statuses = {
        url: client.get(url).status_code
        for url in (f"/history/{real.pk}/", "/people/", "/audit/", "/costs/", "/account/")
    }
    assert statuses == {
        f"/history/{real.pk}/": 404, "/people/": 404, "/audit/": 404, "/costs/": 403,
        "/account/": 403,
    }  # fmt: skip
    client.post(f"/history/{attempt.pk}/note/", {"text": "Warm."})
    assert Note.objects.get().by == rosa
    written = AuditEntry.objects.get(verb=Verb.NOTE_WRITTEN)
    assert (written.person_id, written.facts["looker"]) == (rosa.pk, administrator.pk)

    client.post("/go-back/")
    assert client.get("/people/").context["user"] == administrator
    entries = AuditEntry.objects.filter(verb__startswith="look_").order_by("pk")
    assert list(entries.values_list("verb", "person_id", "object_id")) == [
        (Verb.LOOK_STARTED, administrator.pk, rosa.pk),
        (Verb.LOOK_ENDED, administrator.pk, rosa.pk),
    ]
    assert client.post("/go-back/").status_code == 404


def test_second_factor_is_the_administrators_own_during_a_look(
    client: Client, administrator: User, rosa: User, settings: Settings
) -> None:
    look_as(client, rosa)
    settings.REQUIRE_SECOND_FACTOR = True

    assert client.get("/history/")["Location"] == "/account/second-factor/"
    assert client.post("/go-back/")["Location"] == "/people/"


def test_look_is_refused_at_real_people_and_while_looking(
    client: Client, administrator: User, rosa: User
) -> None:
    other = make_user("vito", role=Role.VIEWER)
    assert look_as(client, other) == 404
    look_as(client, rosa)

    assert (look_as(client, rosa), look_as(client, other)) == (404, 404)
    assert client.post("/people/example-team/").status_code == 404


@pytest.mark.parametrize("ending", ["demoted", "deactivated", "person gone", "real mode"])
def test_look_ends_with_what_it_rests_on(
    ending: str, client: Client, administrator: User, rosa: User, settings: Settings
) -> None:
    look_as(client, rosa)
    match ending:
        case "demoted":
            User.objects.filter(pk=administrator.pk).update(is_staff=False)
        case "deactivated":
            User.objects.filter(pk=administrator.pk).update(is_active=False)
        case "person gone":
            rosa.delete()
        case "real mode":
            settings.PRACTICE_MODE = False

    page = client.get("/projects/", follow=True)
    expected = None if ending == "deactivated" else administrator.pk
    user = getattr(page.context, "get", lambda *_: None)("user")
    assert getattr(user, "pk", None) == expected
    assert b"You look at" not in page.content


def test_sign_out_while_looking_is_that_of_the_administrator(
    client: Client, administrator: User, rosa: User
) -> None:
    look_as(client, rosa)

    client.post("/sign-out/")

    assert client.get("/history/").status_code == 302
    signed_out = AuditEntry.objects.get(verb=Verb.SIGNED_OUT)
    assert signed_out.person_id == administrator.pk


def test_example_person_cannot_sign_in(client: Client, rosa: User) -> None:
    client.logout()
    rosa.set_password(PASSWORD)  # as a person with access to the database could
    rosa.save()

    answer = client.post("/sign-in/", {"username": "rosa", "password": PASSWORD})
    assert answer.status_code == 422
    client.force_login(rosa)
    assert client.get("/history/").status_code == 302
    # Nor with a session that names nobody else.
    session = Session.objects.get(pk=client.cookies[django_settings.SESSION_COOKIE_NAME].value)
    assert "looks_as" not in session.get_decoded()
    assert client.post("/go-back/").status_code == 302


@pytest.mark.parametrize("role", ["administrator", "looking"])
def test_addresses_do_not_exist_outside_practice_mode(
    role: str, client: Client, administrator: User, rosa: User, settings: Settings
) -> None:
    if role == "looking":
        look_as(client, rosa)
    settings.PRACTICE_MODE = False

    urls = (
        "/people/example-team/", "/people/example-team/remove/", f"/people/{rosa.pk}/look/",
        "/go-back/",
    )  # fmt: skip
    assert [client.post(url, {"sure": "yes"}).status_code for url in urls] == [404] * 4
    assert "example-team" not in client.get("/people/").content.decode()
    page = client.get(f"/people/{rosa.pk}/").content.decode()
    assert ("Example person" in page, "Look as" in page) == (True, False)


def test_page_of_an_example_person_offers_the_look_and_no_account(
    client: Client, rosa: User, data_dir: Path
) -> None:
    page = client.get(f"/people/{rosa.pk}/").content.decode()

    found = [text in page for text in ("Look as Rosa", "/studio-role/", "/reset/")]
    assert found == [True, False, False]
    reset = client.post(f"/people/{rosa.pk}/reset/")
    assert (reset.status_code, b"Nobody signs in as an example" in reset.content) == (422, True)
