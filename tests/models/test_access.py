"""Access: which rows a person sees, and what a person may do, by role and project."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_attempt, make_project, make_recording, make_speaker, make_user
from voicestudio.models import (
    Action,
    AudioFile,
    CloneAttempt,
    Membership,
    Person,
    Project,
    Role,
    Speaker,
    Voice,
    access_of,
)
from voicestudio.models.permissions import ALLOWED, IN_STUDIO, READ_ONLY, RoleName

pytestmark = pytest.mark.django_db


def make_auditor() -> User:
    auditor = make_user(role=None)
    Person.objects.create(user=auditor, is_auditor=True)
    return auditor


@pytest.mark.parametrize(
    ("make", "sees"),
    [
        (lambda here, _there: make_user(project=here, role=Role.VIEWER), "here"),
        (lambda _here, there: make_user(project=there), "there"),
        (lambda _here, _there: make_user(role=None), ""),
        (lambda _here, _there: make_auditor(), "here there"),
        (lambda _here, _there: make_user(is_staff=True), "here there"),
        (lambda here, _there: make_user(project=here, is_active=False), ""),
        (lambda _here, _there: make_user(is_staff=True, is_active=False), ""),
        (lambda _here, _there: AnonymousUser(), ""),
    ],
)
def test_rows_are_visible_to_members_of_their_project(
    make: Callable[[Project, Project], User], sees: str, data_dir: object
) -> None:
    projects = {"here": make_project("Here"), "there": make_project("There")}
    by = make_user(is_staff=True)
    for project in projects.values():
        make_attempt(by=by, project=project)
    person = make(projects["here"], projects["there"])

    wanted = [projects[name].pk for name in sees.split()]
    for model in (Speaker, AudioFile, CloneAttempt, Voice):
        rows = model.objects.visible_to(person).order_by("pk")
        assert list(rows.values_list("project", flat=True)) == wanted, model
    if sees != "here there":
        visible = Project.objects.visible_to(person)
        assert list(visible.values_list("pk", flat=True)) == wanted


def test_queries_do_not_grow_with_projects(data_dir: object) -> None:
    def count(person: User) -> int:
        person = User.objects.get(pk=person.pk)
        with CaptureQueriesContext(connection) as queries:
            for model in (Speaker, AudioFile, CloneAttempt, Voice):
                list(model.objects.visible_to(person))
        return len(queries)

    person = make_user()
    for _number in range(20):
        Membership.objects.create(project=make_project(), person=person, role=Role.VIEWER)

    assert (count(make_user()), count(person)) == (5, 5)


@pytest.mark.parametrize("role", list(RoleName))
@pytest.mark.parametrize("action", list(Action))
def test_access_follows_the_table(role: RoleName, action: Action) -> None:
    project = make_project()
    if role is RoleName.ADMINISTRATOR:
        person = make_user(is_staff=True)
    elif role is RoleName.AUDITOR:
        person = make_auditor()
    else:
        person = make_user(role=Role(role.value), project=project)
    in_studio, allowed = action in IN_STUDIO, role in ALLOWED[action]

    access = access_of(person)
    assert access.allows(action) is allowed
    assert access.allows(action, project.pk) is allowed
    # A role in a project says nothing about another one, except for administrators and auditors.
    everywhere = allowed and (in_studio or role in (RoleName.ADMINISTRATOR, RoleName.AUDITOR))
    assert access.allows(action, Project.first().pk) is everywhere


@pytest.mark.parametrize("is_staff", [True, False])
def test_archived_project_is_read_only(is_staff: bool) -> None:
    project = make_project(archived_at=timezone.now())
    person = make_user(project=project, is_staff=is_staff)

    allowed = {
        action for action in set(Action) - IN_STUDIO if access_of(person).allows(action, project.pk)
    }

    assert allowed == READ_ONLY
    assert access_of(person).is_archived(project.pk)


def test_reviewer_downloads_only_where_the_project_allows_it() -> None:
    open_project = make_project(reviewers_may_download=True)
    downloads = [
        access_of(make_user(role=role, project=project)).allows(Action.DOWNLOAD, project.pk)
        for role in (Role.REVIEWER, Role.VIEWER)
        for project in (Project.first(), open_project)
    ]

    assert downloads == [False, True, False, False]


def test_every_action_has_its_line_in_the_table() -> None:
    assert set(ALLOWED) == set(Action)


def test_first_project_is_written_once_and_may_be_renamed() -> None:
    first = Project.first()
    first.name = "Northern Lights"
    first.save(update_fields=["name"])

    assert Project.first() == first
    assert Project.objects.get().folded_name == "northern lights"


def test_two_projects_cannot_share_a_name() -> None:
    make_project("Zoë")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_project("zoe")


@pytest.mark.parametrize("fields", [{"role": "owner"}, {"role": Role.VIEWER}])
def test_member_has_one_known_role_in_a_project(fields: dict[str, Any]) -> None:
    person = make_user()

    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(project=Project.first(), person=person, **fields)


def test_deleting_a_project_with_rows_is_refused(data_dir: object) -> None:
    project = make_project()
    make_recording(project=project)
    make_speaker(project=project)

    with pytest.raises(IntegrityError):
        project.delete()
