"""People: their mails, their roles, who may sign in, and that an administrator is left."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.factories import make_attempt, make_project, make_user, make_voice
from voicestudio.models import Action, AuditEntry, Membership, Person, Project, Role, RoleName
from voicestudio.services import reminders
from voicestudio.services.people import invitations
from voicestudio.services.people.activation import deactivate, reactivate, reset
from voicestudio.services.people.administrators import PersonRefused
from voicestudio.services.people.directory import list_people
from voicestudio.services.people.roles import set_role, set_studio_role, studio_role
from voicestudio.services.permissions import NotAllowed, may


@pytest.mark.django_db(transaction=True)
def test_reminder_goes_to_people_who_want_it(settings: Settings) -> None:
    settings.MAIL_HOST = "mail.example.com"
    make_user("new", email="new@example.com")
    for name, wanted in (("yes", True), ("no", False)):
        user = make_user(name, email=f"{name}@example.com")
        Person.objects.update_or_create(user=user, defaults={"wants_reminders": wanted})
    make_voice(created_at=timezone.now() - timedelta(days=6))

    reminders.send()

    assert mail.outbox[0].bcc == ["new@example.com", "yes@example.com"]


@pytest.fixture
def administrator(db: None) -> User:
    return make_user("root", is_staff=True, is_superuser=True)


def verbs(user: User) -> list[str]:
    """What the audit trail says about a person."""
    entries = AuditEntry.objects.filter(object_kind="person", object_id=user.pk)
    return list(entries.exclude(verb="signed_in").order_by("pk").values_list("text", flat=True))


@pytest.mark.parametrize("role", [RoleName.ADMINISTRATOR, RoleName.AUDITOR, None])
@pytest.mark.parametrize("before", [RoleName.ADMINISTRATOR, RoleName.AUDITOR, None])
def test_studio_role_replaces_the_one_before(
    administrator: User, before: RoleName | None, role: RoleName | None
) -> None:
    anna = make_user("anna")
    set_studio_role(anna, before, by=administrator)
    set_studio_role(User.objects.get(pk=anna.pk), role, by=administrator)

    anna = User.objects.get(pk=anna.pk)
    is_administrator = role is RoleName.ADMINISTRATOR
    assert studio_role(anna) == role
    assert (anna.is_staff, anna.is_superuser) == (is_administrator, is_administrator)
    assert Membership.objects.filter(person=anna).count() == 1
    old, new = (name.title() if name else "none" for name in (before, role))
    changes = [f"Role changed: {old} → {new}"] * (before != role)
    assert verbs(anna)[(before is not None) :] == changes


def test_role_in_a_project_is_given_changed_and_taken(administrator: User) -> None:
    anna, project = make_user("anna", role=None), make_project()
    for role in (Role.VIEWER, Role.MANAGER, Role.MANAGER, None):
        set_role(anna, project, role, by=administrator)
        roles = Membership.objects.filter(person=anna).values_list("project", "role")
        assert list(roles) == ([(project.pk, role)] if role else [])

    entries = AuditEntry.objects.filter(verb="role_changed").order_by("pk")
    assert list(entries.values_list("project_id", "text")) == [
        (project.pk, "Role changed: none → Viewer"),
        (project.pk, "Role changed: Viewer → Manager"),
        (project.pk, "Role changed: Manager → none"),
    ]


def test_deactivated_person_is_signed_out_and_stays_in_history(
    client: Client, administrator: User
) -> None:
    anna, other = make_user("anna"), Client()
    attempt = make_attempt(by=anna)
    client.force_login(anna)
    other.force_login(administrator)
    session = client.session.session_key

    deactivate(anna, by=administrator)

    assert client.get("/history/").status_code == 302
    assert session is not None
    assert not client.session.exists(session)
    page = other.get(f"/history/{attempt.pk}/")
    assert (page.status_code, "anna" in page.content.decode()) == (200, True)
    assert Membership.objects.filter(person=anna).count() == 1


def test_reactivated_person_has_the_roles_of_before_but_no_session(
    client: Client, administrator: User
) -> None:
    anna = make_user("anna")
    client.force_login(anna)
    deactivate(anna, by=administrator)
    deactivate(anna, by=administrator)

    reactivate(anna, by=administrator)
    reactivate(anna, by=administrator)

    assert client.get("/history/").status_code == 302
    client.force_login(anna)
    assert client.get("/history/").status_code == 200
    assert verbs(anna) == ["Person deactivated", "Person reactivated"]


def test_reset_link_sets_a_password_once(client: Client, administrator: User) -> None:
    anna = make_user("anna")
    link = reset(anna, by=administrator)
    address = f"/new-password/{link.uidb36}-{link.key}/"
    answers = {"password1": "another long secret", "password2": "another long secret"}

    form = client.get(address)["Location"]
    done = client.post(form, answers)

    anna.refresh_from_db()
    assert (done.status_code, anna.check_password("another long secret")) == (302, True)
    assert Client().get(address).status_code == 200  # says that it no longer works
    assert "Location" not in Client().get(address).headers


def test_reset_link_expires(client: Client, administrator: User, settings: Settings) -> None:
    link = reset(make_user("anna"), by=administrator)
    settings.PASSWORD_RESET_TIMEOUT = -1

    assert "Location" not in client.get(f"/new-password/{link.uidb36}-{link.key}/").headers


def deactivate_and_reactivate(user: User, by: User) -> None:
    deactivate(user, by=by)
    reactivate(user, by=by)


ENDS: dict[str, Callable[[User, User], object]] = {
    "deactivation": lambda user, by: deactivate(user, by=by),
    "deactivation for a while": deactivate_and_reactivate,
    "another password": lambda user, _by: User.objects.filter(pk=user.pk).update(password="other"),
    "another address": lambda user, _by: User.objects.filter(pk=user.pk).update(email="b@b.com"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_reset_link_ends(
    client: Client, administrator: User, end: Callable[[User, User], object]
) -> None:
    anna = make_user("anna", email="anna@example.com")
    link = reset(anna, by=administrator)
    address = f"/new-password/{link.uidb36}-{link.key}/"
    opened = Client()
    form = opened.get(address)["Location"]

    end(anna, administrator)
    answers = {"password1": "another long secret", "password2": "another long secret"}
    opened.post(form, answers)

    anna.refresh_from_db()
    assert "Location" not in client.get(address).headers
    assert not anna.check_password("another long secret")


def test_invitation_to_a_person_ends_with_the_deactivation(administrator: User) -> None:
    anna = make_user("anna", email="anna@example.com")
    _made, token = invitations.invite("Anna@example.com", by=administrator, roles={})

    deactivate_and_reactivate(anna, administrator)

    assert invitations.find(token) is None


@pytest.mark.parametrize("end", ["deactivation", "password"])
def test_link_to_a_new_address_ends(client: Client, administrator: User, end: str) -> None:
    anna = make_user("anna", email="anna@example.com")
    EmailAddress.objects.create(user=anna, email=anna.email, primary=True, verified=True)
    new = EmailAddress.objects.create(user=anna, email="new@example.com")
    key = EmailConfirmationHMAC.create(new).key

    if end == "deactivation":
        deactivate_and_reactivate(anna, administrator)
    else:
        link = reset(anna, by=administrator)
        form = client.get(f"/new-password/{link.uidb36}-{link.key}/")["Location"]
        client.post(form, {"password1": "another long secret", "password2": "another long secret"})
    client.post(f"/verify-address/{key}/")

    anna.refresh_from_db()
    assert anna.email == "anna@example.com"
    assert list(EmailAddress.objects.values_list("email", flat=True)) == ["anna@example.com"]


@pytest.mark.parametrize("removes", [True, False])
def test_reset_removes_second_factors_if_asked(administrator: User, removes: bool) -> None:
    anna = make_user("anna")
    Authenticator.objects.create(user=anna, type="totp", data={})

    reset(anna, removes_second_factors=removes, by=administrator)

    assert Authenticator.objects.filter(user=anna).exists() == (not removes)
    removed = ["Second factor changed"] if removes else []
    assert verbs(anna) == [*removed, "Link for a new password made"]


def test_deactivated_person_gets_no_reset_link(administrator: User) -> None:
    with pytest.raises(PersonRefused):
        reset(make_user("anna", is_active=False), by=administrator)


LOSSES = [
    lambda user, by: deactivate(user, by=by),
    lambda user, by: set_studio_role(user, None, by=by),
    lambda user, by: set_studio_role(user, RoleName.AUDITOR, by=by),
]
type Loss = Callable[[User, User], None]


@pytest.mark.parametrize("lose", LOSSES, ids=["deactivate", "demote", "auditor"])
def test_last_administrator_stays(administrator: User, lose: Loss) -> None:
    make_user("gone", is_staff=True, is_active=False)

    with pytest.raises(PersonRefused):
        lose(administrator, administrator)

    administrator.refresh_from_db()
    assert (administrator.is_staff, administrator.is_active) == (True, True)


@pytest.mark.parametrize("lose", LOSSES, ids=["deactivate", "demote", "auditor"])
def test_administrator_may_leave_another_one_behind(administrator: User, lose: Loss) -> None:
    make_user("second", is_staff=True)

    lose(administrator, administrator)

    assert list(User.objects.filter(is_staff=True, is_active=True)) == [
        User.objects.get(username="second")
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lose", LOSSES[:2], ids=["deactivate", "demote"])
def test_two_administrators_cannot_end_each_other(lose: Loss) -> None:
    pair = [make_user(name, is_staff=True) for name in ("ada", "bob")]
    start, results = threading.Barrier(2), list[str]()

    def end(by: User, other: User) -> None:
        try:
            assert may(by, Action.MANAGE_PEOPLE)  # read before the other one's change
            start.wait()
            lose(other, by)
            results.append("done")
        except (NotAllowed, PersonRefused):
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=end, args=each) for each in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(results) == ["done", "refused"]
    assert User.objects.filter(is_staff=True, is_active=True).count() == 1


def test_list_of_people_costs_the_same_for_many(
    administrator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    gone = make_user("anna", is_active=False)
    for number in range(5):
        person = make_user(f"person{number}", project=make_project())
        Membership.objects.create(person=person, project=Project.first(), role=Role.VIEWER)
        Person.of(person)
    Authenticator.objects.create(user=person, type="totp", data={})
    Authenticator.objects.create(user=gone, type="recovery_codes", data={})
    may(administrator, Action.MANAGE_PEOPLE)

    with django_assert_num_queries(2):
        people = list(list_people(by=administrator))
        roles = [[each.project.name for each in user.memberships.all()] for user in people]
        studio_roles = [studio_role(user) for user in people]

    assert [user.username for user in people][-2:] == ["root", "anna"]
    assert [user.has_second_factor for user in people] == [False] * 4 + [True, False, False]  # type: ignore[attr-defined]
    assert [len(each) for each in roles] == [2] * 5 + [0, 1]
    assert studio_roles == [None] * 5 + [RoleName.ADMINISTRATOR, None]
