"""Examples of costs, hints, people, projects and the audit trail for the styleguide."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User

from voicestudio.models import (
    AuditEntry,
    Colour,
    Membership,
    ObjectKind,
    Person,
    Project,
    Role,
    Verb,
    Way,
    clock,
)
from voicestudio.services.audit.names import ObjectName
from voicestudio.services.money.budgets import Budget
from voicestudio.services.money.costs import ZERO, CostLine
from voicestudio.words.hints import HINTS, MOST_HINTS

# What each of twelve months has cost, and how much of it is uncertain.
MONTHS: Final = (
    (0, 0), (3, 0), (8, 0), (4, 1), (0, 0), (12, 0),
    (7, 0), (9, 3), (2, 0), (15, 0), (11, 0), (6, 2),
)  # fmt: skip
# Of a limit of a hundred.
SPENT: Final = (42, 85, 100)
VERBS: Final = (Verb.VOICE_KEPT, Verb.ROLE_CHANGED, Verb.SIGN_IN_FAILED)


def make_examples_of_pages(numbers: Iterator[int], user: User) -> dict[str, Any]:
    """What the template needs; `user` is an administrator."""
    projects = [
        Project(
            pk=next(numbers), name="Northern Lights", client="Harbour & Quill", colour=Colour.TEAL,
            starts_on=date(2026, 10, 20), ends_on=date(2027, 1, 18),
        ),
        Project(pk=next(numbers), name="Glass Orchard", colour=Colour.ORANGE, is_example=True),
    ]  # fmt: skip
    for project, members, role in zip(projects, (3, 0), (Role.MANAGER.label, ""), strict=True):
        vars(project).update(members=members, own_role=role)
    month = date(2026, 11, 1)
    return {
        "months": list(_make_months(month)),
        "month": month,
        "this_month": month,
        "limits": [Budget(month, Decimal(100), ZERO, Decimal(spent), ZERO) for spent in SPENT],
        "hints": HINTS[:MOST_HINTS],
        "people": list(_make_people(numbers, projects)),
        "listed_projects": projects,
        "entries": [_make_entry(next(numbers), verb, user) for verb in VERBS],
    }


def _make_months(last: date) -> Iterator[CostLine]:
    for number, (amount, uncertain) in enumerate(MONTHS):
        years, month = divmod(last.month - len(MONTHS) + number, 12)
        day = date(last.year + years, month + 1, 1)
        yield CostLine(day, "", amount, Decimal(amount), Decimal(uncertain))


def _make_people(numbers: Iterator[int], projects: list[Project]) -> Iterator[User]:
    """An administrator, a member of two projects, an example auditor, and one who left."""
    now = clock.now()
    people: list[tuple[dict[str, Any], dict[str, Any], list[Role]]] = [
        ({"username": "chief", "is_staff": True, "last_login": now}, {}, []),
        (
            {"username": "anna", "first_name": "Anna Larsen", "email": "anna@example.com"},
            {},
            [Role.MANAGER, Role.VIEWER],
        ),
        (
            {"username": "aino", "first_name": "Aino Kallio"},
            {"is_auditor": True, "is_example": True},
            [],
        ),
        ({"username": "ben", "first_name": "Ben Osei", "is_active": False}, {}, []),
    ]
    for columns, facts, roles in people:
        person = User(pk=next(numbers), **columns)
        Person(user=person, **facts)  # the user finds it from then on
        members = [
            Membership(person=person, project=project, role=role)
            for project, role in zip(projects, roles, strict=False)
        ]
        vars(person).update(
            has_second_factor=person.is_staff,
            uses_openid=bool(roles),
            _prefetched_objects_cache={"memberships": members},
        )
        yield person


def _make_entry(number: int, verb: Verb, user: User) -> AuditEntry:
    entry = AuditEntry(
        pk=number, at=clock.now() - timedelta(hours=1), person=user.username, way=Way.PAGE,
        address="192.0.2.7", user_agent="Firefox", verb=verb,
    )  # fmt: skip
    vars(entry).update(
        words=verb.label, url="", object_name=None, person_name=None, person_url="", project_name=""
    )
    if verb is Verb.VOICE_KEPT:
        vars(entry).update(
            object_kind=ObjectKind.VOICE, object_id=number, url="#studio-rows-title",
            object_name=ObjectName("Anna Larsen", "AnnaLarsen-7k2p"),
            project_name="Northern Lights", sequence=7, hash="0f" * 32, facts={"price": "1.50"},
        )  # fmt: skip
    return entry
