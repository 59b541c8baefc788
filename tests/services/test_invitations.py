"""Invitations: made by administrators, accepted once, with the roles that they name."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_user
from voicestudio.models import Action, AuditEntry, Invitation, Membership, Person, Project, Role
from voicestudio.models.permissions import RoleName
from voicestudio.services.people import invitations
from voicestudio.services.people.activation import deactivate, reactivate
from voicestudio.services.people.invitations import InvitationClosed
from voicestudio.services.people.roles import set_role, set_studio_role, studio_role
from voicestudio.services.permissions import NotAllowed, may

ANSWERS = {"username": "anna", "name": "Anna Larsen", "password": "a long secret"}


@pytest.fixture
def administrator(db: None) -> User:
    return make_user("root", is_staff=True)


def invite(
    by: User, address: str = "Anna@Example.com", **options: Any
) -> invitations.NewInvitation:
    roles = {Project.first().pk: Role.REVIEWER, 10**6: Role.VIEWER}
    return invitations.invite(address, by=by, roles=roles, **options)


def test_accepting_makes_the_person_with_the_roles(administrator: User) -> None:
    made, token = invite(administrator, is_auditor=True)

    user = invitations.accept(made, **ANSWERS)

    assert (user.email, user.get_full_name(), user.is_staff) == (
        "anna@example.com", "Anna Larsen", False,
    )  # fmt: skip
    assert Person.of(user).is_auditor
    roles = Membership.objects.filter(person=user).values_list("project", "role")
    assert list(roles) == [(Project.first().pk, Role.REVIEWER)]
    assert invitations.find(token) is None


def test_administrator_can_be_invited(administrator: User) -> None:
    user = invitations.accept(invite(administrator, is_administrator=True)[0], **ANSWERS)

    assert (user.is_staff, user.is_superuser) == (True, True)


def test_existing_account_gets_the_roles_and_keeps_its_own(administrator: User) -> None:
    user = make_user("anna", email="anna@EXAMPLE.com", role=None)
    made, _token = invite(administrator)

    assert invitations.find_account(made) == user
    invitations.accept_for(made, user)

    assert Membership.objects.get(person=user).role == Role.REVIEWER


@pytest.mark.parametrize("invited", list(Role))
@pytest.mark.parametrize("before", list(Role))
def test_invitation_never_lowers_a_role(administrator: User, before: Role, invited: Role) -> None:
    user = make_user("anna", email="anna@example.com", role=before)
    project = Project.first()
    made = invitations.invite(user.email, by=administrator, roles={project.pk: invited}).invitation

    invitations.accept_for(made, user)

    ranks = [Role.VIEWER, Role.REVIEWER, Role.MANAGER]
    higher = max(before, invited, key=ranks.index)
    assert Membership.objects.get(person=user).role == higher
    entry = AuditEntry.objects.get(verb="invitation_accepted")
    assert entry.facts["roles"] == ({} if higher == before else {str(project.pk): invited})


def test_invited_administrator_stays_one(administrator: User) -> None:
    make_user("other", is_staff=True)
    invitations.accept_for(invite(administrator, is_auditor=True)[0], administrator)

    assert studio_role(User.objects.get(pk=administrator.pk)) == RoleName.ADMINISTRATOR


def test_addresses_are_compared_without_case_in_every_script(administrator: User) -> None:
    first = invite(administrator, address="anna@ÉCOLE.example")
    invite(administrator, address="Anna@école.example")
    other = make_user("other", email="anna@ÉCOLE.example")

    newer = Invitation.objects.latest("pk")

    assert invitations.find(first.token) is None
    assert invitations.find_account(newer) == other


def test_dotless_letters_are_another_address(administrator: User) -> None:
    make_user("mike", email="mike@example.com")

    made = invite(administrator, address="mıke@example.com")

    assert invitations.find_account(made.invitation) is None


def test_token_is_not_stored(administrator: User) -> None:
    made, token = invite(administrator)

    stored = Invitation.objects.values().get(pk=made.pk)

    assert invitations.find(token) == made
    assert token not in str(stored)


def test_invitation_can_be_accepted_for_seven_days(administrator: User) -> None:
    made, token = invite(administrator)
    Invitation.objects.update(expires_at=made.expires_at - timedelta(days=7))

    assert round((made.expires_at - timezone.now()) / timedelta(days=1)) == 7
    assert invitations.find(token) is None
    with pytest.raises(InvitationClosed):
        invitations.accept(made, **ANSWERS)
    assert not User.objects.filter(username="anna").exists()


def test_newer_invitation_and_revoking_close_a_link(administrator: User) -> None:
    _first, old = invite(administrator)
    second, new = invite(administrator)

    assert (invitations.find(old), invitations.find(new)) == (None, second)
    assert list(invitations.list_open(by=administrator)) == [second]
    invitations.revoke(second, by=administrator)
    assert invitations.find(new) is None
    assert list(invitations.list_open(by=administrator)) == []


def test_only_administrators_invite_list_and_revoke(administrator: User) -> None:
    manager = make_user("manager")
    made, token = invite(administrator)

    for forbidden in (
        lambda: invite(manager),
        lambda: invitations.list_open(by=manager),
        lambda: invitations.revoke(made, by=manager),
    ):
        with pytest.raises(NotAllowed):
            forbidden()
    assert invitations.find(token) == made


@pytest.mark.parametrize("column", ["is_active", "is_staff"])
def test_invitation_ends_with_the_rights_of_its_maker(administrator: User, column: str) -> None:
    made, token = invite(administrator, is_administrator=True)

    User.objects.filter(pk=administrator.pk).update(**{column: False})

    assert invitations.find(token) is None
    with pytest.raises(InvitationClosed):
        invitations.accept(made, **ANSWERS)
    assert not User.objects.filter(username="anna").exists()


def test_audit_trail_tells_of_invitations(administrator: User) -> None:
    accepted, _token = invite(administrator)
    user = invitations.accept(accepted, **ANSWERS)
    revoked, _token = invite(administrator)
    invitations.revoke(revoked, by=administrator)

    entries = AuditEntry.objects.order_by("pk").values_list("verb", "person_id", "object_id")

    assert list(entries) == [
        ("person_invited", administrator.pk, accepted.pk),
        ("invitation_accepted", user.pk, accepted.pk),
        ("person_invited", administrator.pk, revoked.pk),
        ("invitation_revoked", administrator.pk, revoked.pk),
    ]


@pytest.mark.parametrize(("host", "sent"), [("", 0), ("mail.example.com", 1)])
def test_link_is_mailed_where_mail_is_configured(
    administrator: User, settings: Settings, host: str, sent: int
) -> None:
    settings.MAIL_HOST = host
    made, _token = invite(administrator)

    is_sent = invitations.mail(made, "https://studio.example.com/invitation/x/")

    assert (is_sent, len(mail.outbox)) == (bool(sent), sent)
    assert [message.to for message in mail.outbox] == [["anna@example.com"]] * sent


def test_invitation_stands_if_the_mail_server_refuses_it(
    administrator: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_message: mail.EmailMessage) -> None:
        raise OSError

    settings.MAIL_HOST = "mail.example.com"
    monkeypatch.setattr(mail.EmailMessage, "send", refuse)
    made, token = invite(administrator)

    assert invitations.mail(made, "https://studio.example.com/invitation/x/") is False
    assert invitations.find(token) == made


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_make_one_account() -> None:
    made, _token = invite(make_user("root", is_staff=True))
    start, results = threading.Barrier(2), list[str]()

    def accept(username: str) -> None:
        try:
            start.wait()
            invitations.accept(made, **{**ANSWERS, "username": username})
            results.append("made")
        except InvitationClosed:
            results.append("closed")
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=(name,)) for name in ("anna", "anne")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["closed", "made"]
    assert User.objects.filter(email="anna@example.com").count() == 1


def run_beside(change: Callable[[], object], beside: Callable[[], object]) -> list[str]:
    """Start `beside` in a thread when `change` is done and not yet committed; what it raised."""
    raised = list[str]()

    def run() -> None:
        try:
            beside()
        except (InvitationClosed, NotAllowed) as error:
            raised.append(type(error).__name__)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        change()
        thread.start()
        thread.join(0.5)  # without a lock it ends here
    thread.join(30)
    return raised


@pytest.mark.django_db(transaction=True)
def test_no_invitation_is_made_while_its_maker_is_deactivated() -> None:
    administrator, other = (make_user(name, is_staff=True) for name in ("root", "other"))
    assert may(administrator, Action.MANAGE_PEOPLE)  # read before the other one's change

    again = User.objects.get(pk=administrator.pk)
    raised = run_beside(lambda: deactivate(again, by=other), lambda: invite(administrator))

    assert raised == ["NotAllowed"]
    assert not Invitation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_invitation_is_not_accepted_while_its_maker_loses_the_role() -> None:
    administrator, other = (make_user(name, is_staff=True) for name in ("root", "other"))
    made, _token = invite(administrator)

    raised = run_beside(
        lambda: User.objects.filter(pk=administrator.pk).update(is_staff=False),
        lambda: invitations.accept(made, **ANSWERS),
    )

    assert raised == ["InvitationClosed"]
    assert list(User.objects.order_by("username")) == [other, administrator]


@pytest.mark.django_db(transaction=True)
def test_role_that_is_raised_meanwhile_is_not_lowered_by_an_invitation() -> None:
    administrator, project = make_user("root", is_staff=True), Project.first()
    user = make_user("anna", email="anna@example.com", role=Role.VIEWER)
    made, _token = invite(administrator)

    run_beside(
        lambda: set_role(user, project, Role.MANAGER, by=administrator),
        lambda: invitations.accept_for(made, user),
    )

    assert Membership.objects.get(person=user).role == Role.MANAGER


@pytest.mark.parametrize("how", ["deactivated", "demoted"])
def test_invitations_of_an_administrator_who_leaves_are_revoked_for_good(
    administrator: User, how: str
) -> None:
    other = make_user("other", is_staff=True)
    made, token = invite(administrator)
    if how == "deactivated":
        deactivate(administrator, by=other)
        reactivate(administrator, by=other)
    else:
        set_studio_role(administrator, None, by=other)
        set_studio_role(administrator, RoleName.ADMINISTRATOR, by=other)

    assert invitations.find(token) is None
    assert list(invitations.list_open(by=other)) == []
    revoked = AuditEntry.objects.filter(verb="invitation_revoked", object_id=made.pk)
    assert list(revoked.values_list("person_id", flat=True)) == [other.pk]


@pytest.mark.parametrize("how", ["deactivated", "demoted"])
def test_administrator_who_steps_back_revokes_the_own_invitations(
    administrator: User, how: str
) -> None:
    other = make_user("other", is_staff=True)
    invite(administrator)

    if how == "deactivated":
        deactivate(administrator, by=administrator)
    else:
        set_studio_role(administrator, None, by=administrator)

    assert list(invitations.list_open(by=other)) == []


def test_username_is_free_in_any_case_of_its_letters(administrator: User) -> None:
    made, token = invite(administrator)
    make_user("ANNA")

    with pytest.raises(invitations.UsernameTaken):
        invitations.accept(made, **ANSWERS)

    assert invitations.find(token) == made


def test_person_is_invited_as_administrator_or_auditor(administrator: User) -> None:
    with pytest.raises(ValueError, match="not both"):
        invite(administrator, is_administrator=True, is_auditor=True)

    assert Invitation.objects.count() == 0
