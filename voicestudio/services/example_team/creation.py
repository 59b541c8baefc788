"""Creation: the example team with its projects and their data, in one step."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from voicestudio.models import Person, Project, RoleName, Studio, Verb, clock
from voicestudio.models.search import fold_text
from voicestudio.services import projects as project_service
from voicestudio.services.audit import record
from voicestudio.services.people import roles
from voicestudio.services.projects import ProjectFacts

from . import rows
from .access import is_shown, require_practice
from .content import PEOPLE, PROJECTS, ExamplePerson, ExampleProject
from .material import make_material

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST: Final = 1_000


def show_team(*, by: User) -> bool:
    """Make the example team; False, and nothing happens, if it is there.

    Raises `ExampleUnavailable` if the stand-in does not answer, `PracticeOnly` and `NotAllowed`.
    """
    require_practice(by)
    if is_shown():
        return False
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        material = make_material(Path(folder))
        with rows.files_of_transaction() as files, transaction.atomic():
            Studio.lock()  # so that the button, pressed twice at once, makes one team
            if is_shown():
                return False
            now = clock.now()
            made = {key: _add_project(each, now, by) for key, each in PROJECTS.items()}
            people = {each.username: _add_person(each, made, by) for each in PEOPLE}
            rows.write_rows(material, made, people, now, files)
            record(Verb.TEAM_SHOWN, by=by, projects=[project.pk for project in made.values()])
    return True


def _add_project(example: ExampleProject, now: datetime, by: User) -> Project:
    starts_on = (now - example.since).date()
    facts = ProjectFacts(
        name=_find_free(example.name, _is_project),
        client=example.client,
        colour=example.colour,
        notes=str(example.notes),
        starts_on=starts_on,
        ends_on=starts_on + example.lasts,
    )
    project = project_service.create_project(facts, by=by)
    project.is_example = True
    project.save(update_fields=["is_example"])
    return project


def _add_person(example: ExamplePerson, projects: dict[str, Project], by: User) -> User:
    """A person who can't sign in: the account has no usable password, and is marked."""
    user = User.objects.create_user(_find_free(example.username, _is_user), first_name=example.name)
    Person.objects.create(user=user, is_example=True)
    if example.is_auditor:
        roles.set_studio_role(user, RoleName.AUDITOR, by=by)
    for key, role in example.roles.items():
        roles.set_role(user, projects[key], role, by=by)
    return User.objects.get(pk=user.pk)  # whose roles were not read before


def _is_project(name: str) -> bool:
    return Project.objects.filter(folded_name=fold_text(name)).exists()


def _is_user(username: str) -> bool:
    return User.objects.filter(username__iexact=username).exists()


def _find_free(name: str, is_taken: "Callable[[str], bool]") -> str:
    """The name, with a number behind it if something real has it."""
    names = (name, *(f"{name}-{number}" for number in range(2, _MOST)))
    return next(each for each in names if not is_taken(each))
