"""Projects: in which one a person makes something, and what administrators change."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from voicestudio.models import (
    Action,
    AudioFile,
    CloneAttempt,
    Colour,
    Membership,
    Person,
    Project,
    ProjectLabel,
    Speaker,
    Studio,
    Verb,
    Voice,
    access_of,
    clock,
    display_name_column,
)
from voicestudio.models.search import fold_text
from voicestudio.words import Message
from voicestudio.words.projects import LAST_OPEN_PROJECT, NAME_TAKEN

from .audit import record
from .permissions import NotAllowed, require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.projects import ProjectQuerySet

# A list of people offers so many.
MOST_COLLEAGUES: Final = 500
BUDGETS: Final = ("monthly_budget", "total_budget")


def list_allowed(person: "User", action: Action) -> "ProjectQuerySet":
    """The projects in which this person may do it, archived ones never."""
    pks = access_of(person).projects(action)
    projects = Project.objects.open()
    return projects if pks is None else projects.filter(pk__in=pks)


def list_colleagues(person: "User") -> list[tuple[int, str]]:
    """The ids and names of the people whose requests a person may see in the lists.

    Those of the project in use, else of all that the person sees, and administrators; everyone for
    those who see all projects. People who have left a project stay with what they made in it.
    """
    people, access = _names(), access_of(person)
    pks = access.projects() if access.in_use is None else [access.in_use]
    if pks is not None:
        members = Membership.objects.filter(project__in=pks).values("person")
        made = Q(Exists(_made_by_them(CloneAttempt, pks))) | Q(
            Exists(_made_by_them(AudioFile, pks))
        )
        people = people.filter(Q(pk__in=members) | Q(is_staff=True) | Q(pk=person.pk) | made)
    return list(people[:MOST_COLLEAGUES])


@cache
def _names() -> "QuerySet[User, tuple[int, str]]":
    """The ids and names of all people; put together once, since every list offers them."""
    people = get_user_model()._default_manager.annotate(name=display_name_column())
    return people.order_by(Lower("name"), "pk").values_list("pk", "name")


def _made_by_them(
    model: type[CloneAttempt | AudioFile], projects: Iterable[int]
) -> QuerySet[CloneAttempt | AudioFile]:
    rows: QuerySet[Any] = model._default_manager.order_by()
    return rows.filter(project__in=projects, created_by=OuterRef("pk"))


def list_colleagues_of_several(person: "User") -> list[tuple[int, str]]:
    """As `list_colleagues`; empty for a person who sees only one project."""
    return list_colleagues(person) if access_of(person).sees_several else []


def use_project(person: "User", project: int | None) -> None:
    """Work in this project from now on, in all lists; None for all that the person sees.

    The project is one that the person sees. It is remembered for the next visit.
    """
    access = access_of(person)
    if access.in_use != project:
        access.in_use = project
        Person.of(person)
        Person.objects.filter(user=person).update(project=project)


def work_in(person: "User", project: int | None, action: Action) -> None:
    """Work in this project for the rest of the request, in which the person wants to do `action`.

    Raises `NotAllowed` unless the person may do it there, also for a project that does not exist.
    """
    access = access_of(person)
    require(person, action, project)
    if project is None or project not in access.labels:
        raise NotAllowed(action)
    access.in_use = project


def list_choices(person: "User", action: Action) -> list[ProjectLabel]:
    """The projects to choose from in a form; none where there is nothing to choose."""
    access = access_of(person)
    if not access.sees_several:
        return []
    return [label for label in access.labels.values() if access.allows(action, label.pk)]


def default_choice(person: "User", choices: list[ProjectLabel]) -> int:
    """The id of the choice that a form has selected at first: the project in use, else the oldest.

    The same as `default_for`, without a query.
    """
    pks = [label.pk for label in choices]
    in_use = access_of(person).in_use
    return in_use if in_use in pks else min(pks)


def default_for(person: "User", action: Action = Action.UPLOAD) -> Project:
    """The project in which the person makes something unless another one is chosen.

    The one in use if it may be done there, else the oldest in which it may. Raises `NotAllowed` if
    there is none.
    """
    Project.first()  # there is one, even in an empty database
    allowed = list_allowed(person, action)
    in_use = access_of(person).in_use
    project = allowed.filter(pk=in_use).first() if in_use else None
    project = project or allowed.order_by("pk").first()
    if project is None:
        raise NotAllowed(action)
    return project


# Administration -----------------------------------------------------------------------------------


class ProjectFacts(NamedTuple):
    """What an administrator says about a project; None for no budget, "" for nothing to say."""

    name: str
    client: str = ""
    colour: str = Colour.GREY
    notes: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    monthly_budget: Decimal | None = None
    total_budget: Decimal | None = None
    reviewers_may_download: bool = False


class ProjectRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """The project can't be changed like this; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def create_project(facts: ProjectFacts, *, by: "User") -> Project:
    """Add a project. Raises `ProjectRefused` if another one has the name."""
    require(by, Action.MANAGE_PROJECTS)
    project = Project(created_by=by)
    with transaction.atomic():
        _save(project, facts)
        record(Verb.PROJECT_CREATED, by=by, on=project, project=project.pk)
        _record_budgets(project, (None, None), by)
    return project


def change_project(project: Project, facts: ProjectFacts, *, by: "User") -> None:
    """Change what is known of a project. Raises `ProjectRefused` if another one has the name."""
    require(by, Action.MANAGE_PROJECTS)
    with transaction.atomic():
        before = Project.objects.select_for_update().get(pk=project.pk)
        if before.is_archived:
            raise NotAllowed(Action.MANAGE_PROJECTS, is_archived=True)
        changed = [
            name for name, value in facts._asdict().items() if getattr(before, name) != value
        ]
        budgets = (before.monthly_budget, before.total_budget)
        _save(project, facts)
        if texts := [name for name in changed if name not in BUDGETS]:
            record(Verb.PROJECT_CHANGED, by=by, on=project, project=project.pk, columns=texts)
        _record_budgets(project, budgets, by)


def archive_project(project: Project, *, by: "User") -> None:
    """Make everything in the project read-only. Raises `ProjectRefused` for the last open one."""
    require(by, Action.MANAGE_PROJECTS)
    with transaction.atomic():
        Studio.lock()  # so that two requests at once do not archive the last two
        if not Project.objects.open().exclude(pk=project.pk).exists():
            raise ProjectRefused(LAST_OPEN_PROJECT)
        rows = Project.objects.open().filter(pk=project.pk)
        if rows.update(archived_at=clock.now()):
            record(Verb.PROJECT_ARCHIVED, by=by, on=project, project=project.pk)


def reopen_project(project: Project, *, by: "User") -> None:
    """Let members work in an archived project again, with the roles of before."""
    require(by, Action.MANAGE_PROJECTS)
    with transaction.atomic():
        rows = Project.objects.filter(pk=project.pk, archived_at__isnull=False)
        if rows.update(archived_at=None):
            record(Verb.PROJECT_REOPENED, by=by, on=project, project=project.pk)


def count_rows(project: Project) -> dict[str, int]:
    """How many speakers, recordings, voices and clone attempts the project has."""
    rows: dict[str, QuerySet[Any]] = {
        "speakers": Speaker.objects.all(),
        "recordings": AudioFile.objects.filter(deleted_at=None),
        "voices": Voice.objects.living(),
        "attempts": CloneAttempt.objects.all(),
    }
    return {name: found.filter(project=project).count() for name, found in rows.items()}


def _save(project: Project, facts: ProjectFacts) -> None:
    for name, value in facts._asdict().items():
        setattr(project, name, value)
    others = Project.objects.exclude(pk=project.pk)
    if others.filter(folded_name=fold_text(facts.name)).exists():
        raise ProjectRefused(NAME_TAKEN)
    try:
        with transaction.atomic():
            project.save(update_fields=facts._fields if project.pk else None)
    except IntegrityError as error:
        # Another request has just taken the name.
        raise ProjectRefused(NAME_TAKEN) from error


def _record_budgets(
    project: Project, before: tuple[Decimal | None, Decimal | None], by: "User"
) -> None:
    """Record each budget that was set, changed or removed."""
    for name, amount in zip(BUDGETS, before, strict=True):
        after = getattr(project, name)
        if after != amount:
            record(
                Verb.BUDGET_CHANGED, by=by, on=project, project=project.pk,
                budget=name, before=_in_words(amount), after=_in_words(after),
            )  # fmt: skip


def _in_words(amount: Decimal | None) -> str:
    return "none" if amount is None else f"{settings.CURRENCY}{amount:.2f}"
