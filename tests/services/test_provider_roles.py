"""Roles that the OpenID provider gives and takes (OIDC_ROLES)."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from tests.factories import make_project, make_user
from voicestudio.models import AuditEntry, Invitation, Membership, Person, Role, RoleName
from voicestudio.services.people import invitations
from voicestudio.services.people.provider_roles import read_roles
from voicestudio.services.people.roles import set_provider_roles, set_studio_role, studio_role

pytestmark = pytest.mark.django_db
MAP = {
    "groups": {
        "admins": ["administrator"],
        "checkers": ["auditor"],
        "cast": ["Dragon: the game:manager"],
        "ears": ["dragon: THE game:viewer"],
    },
    "department": {"Sound": ["auditor", "Dragon: the game:viewer"]},
}


@pytest.fixture(autouse=True)
def _map(settings: Settings) -> None:
    settings.OIDC_ROLES = MAP
    make_project("Dragon: the game")


def fresh(user: User) -> User:
    return User.objects.select_related("person").get(pk=user.pk)


def roles_of(user: User) -> tuple[RoleName | None, list[str]]:
    memberships = Membership.objects.filter(person=user)
    return studio_role(fresh(user)), list(memberships.values_list("role", flat=True))


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, (None, [])),
        ({"groups": []}, (None, [])),
        ({"groups": ["others", 7, None]}, (None, [])),
        ({"groups": "cast"}, (None, ["manager"])),
        ({"groups": ["ears", "cast"]}, (None, ["manager"])),
        ({"groups": ["checkers", "admins"]}, (RoleName.ADMINISTRATOR, [])),
        ({"department": "Sound", "groups": {"admins": 1}}, (RoleName.AUDITOR, ["viewer"])),
    ],
)
def test_claims_give_the_highest_role_of_the_map(
    claims: dict[str, Any], expected: tuple[RoleName | None, list[str]]
) -> None:
    user = make_user(role=None)

    set_provider_roles(user, read_roles(claims))

    assert roles_of(user) == expected


def test_role_is_taken_when_the_claim_is_gone_and_each_change_is_recorded() -> None:
    user = make_user(role=None)
    make_user(is_staff=True)

    for groups in (["admins", "cast"], ["admins", "cast"], ["ears"]):
        set_provider_roles(fresh(user), read_roles({"groups": groups}))

    assert roles_of(user) == (None, ["viewer"])
    entries = AuditEntry.objects.filter(verb="role_changed", object_id=user.pk).order_by("pk")
    assert [(entry.facts["before"], entry.facts["after"]) for entry in entries] == [
        ("none", "administrator"), ("none", "manager"), ("administrator", "none"),
        ("manager", "viewer"),
    ]  # fmt: skip
    assert {entry.person_id for entry in entries} == {user.pk}


def test_last_administrator_stays_one(caplog: pytest.LogCaptureFixture) -> None:
    user = make_user("root", is_staff=True)
    make_user(is_staff=True, is_active=False)

    set_provider_roles(user, read_roles({}))

    assert roles_of(user)[0] == RoleName.ADMINISTRATOR
    assert "OIDC_ROLES would demote the last administrator, root." in caplog.text
    assert AuditEntry.objects.count() == 0


def test_administrator_who_is_demoted_invites_nobody_any_more() -> None:
    user, other = make_user(is_staff=True), make_user(is_staff=True)
    invitations.invite("anna@example.com", by=user, roles={})

    set_provider_roles(user, read_roles({"groups": ["checkers"]}))

    assert roles_of(user)[0] == RoleName.AUDITOR
    assert list(Invitation.objects.open()) == []
    assert list(invitations.list_open(by=other)) == []


def test_role_that_the_map_does_not_name_stays(settings: Settings) -> None:
    settings.OIDC_ROLES = {"groups": {"checkers": ["auditor"], "ears": ["Dragon: the game:viewer"]}}
    user, other = make_user(is_staff=True), make_user(is_staff=True)
    project = make_project("Dragon too")
    member = make_user(role=Role.REVIEWER, project=project)
    dragon = Membership.objects.create(
        project=make_project("Dragon three"), person=member, role=Role.MANAGER
    )

    set_provider_roles(user, read_roles({"groups": ["checkers"]}))
    set_provider_roles(member, read_roles({"groups": ["ears"]}))

    assert roles_of(user)[0] == RoleName.ADMINISTRATOR
    assert sorted(roles_of(member)[1]) == ["manager", "reviewer", "viewer"]
    assert Membership.objects.get(pk=dragon.pk).role == Role.MANAGER
    set_studio_role(other, None, by=user)


def test_auditor_given_by_an_administrator_becomes_administrator_by_the_provider() -> None:
    user = make_user(role=None)
    Person.objects.create(user=user, is_auditor=True)

    set_provider_roles(fresh(user), read_roles({"groups": ["admins"]}))

    assert roles_of(user)[0] == RoleName.ADMINISTRATOR


def test_project_that_does_not_exist_is_left_out(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OIDC_ROLES = {"groups": {"a": ["Nowhere:manager"]}}
    user = make_user(role=None)

    wanted = read_roles({"groups": ["a"]})
    set_provider_roles(user, wanted)

    assert not wanted.granted
    assert roles_of(user) == (None, [])
    assert 'OIDC_ROLES names the project "Nowhere", which does not exist.' in caplog.text
