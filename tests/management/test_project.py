"""`manage.py project`: what scripts rely on; the rules are those of the services."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_project, make_user
from tests.management.conftest import Run
from voicestudio.forms.projects import ProjectForm
from voicestudio.management.commands.project import Command
from voicestudio.models import AuditEntry, Project, Role

pytestmark = [pytest.mark.django_db]
EMPTY: dict[str, Any] = {
    "client": "", "colour": "grey", "notes": "", "starts_on": None, "ends_on": None,
    "monthly_budget": None, "total_budget": None, "reviewers_may_download": False,
    "archived_at": None, "members": [],
}  # fmt: skip


@pytest.fixture
def root(db: None) -> User:
    return make_user("root", is_staff=True, is_superuser=True)


def test_create_takes_what_the_form_takes(run: Run, root: User) -> None:
    code, result = run(
        "project", "create", "Åsgard", "--client", "Tove", "--colour", "teal", "--notes", "Six.",
        "--start", "2026-03-01", "--end", "2026-03-31", "--monthly-budget", "50",
        "--total-budget", "200.5", "--reviewers-may-download",
    )  # fmt: skip

    facts = {
        "name": "Åsgard", "client": "Tove", "colour": "teal", "notes": "Six.",
        "starts_on": "2026-03-01", "ends_on": "2026-03-31", "monthly_budget": "50.00",
        "total_budget": "200.50", "reviewers_may_download": True,
    }  # fmt: skip
    assert (code, result) == (0, EMPTY | facts)
    assert Project.objects.get(name="Åsgard").created_by == root
    assert set(AuditEntry.objects.values_list("verb", "person", "way")) == {
        ("project_created", "root", "script"), ("budget_changed", "root", "script"),
    }  # fmt: skip


def test_change_changes_what_is_given(run: Run, root: User) -> None:
    make_project("Åsgard", client="Tove", colour="teal", monthly_budget=50, total_budget=70)

    code, result = run(
        "project", "change", "asgard", "--name", "Midgard", "--monthly-budget", "", "--notes", "x"
    )

    assert (code, result) == (
        0,
        EMPTY
        | {"name": "Midgard", "client": "Tove", "colour": "teal", "notes": "x"}
        | {"total_budget": "70.00"},
    )


def test_archive_and_reopen(run: Run, root: User) -> None:
    make_project("Åsgard")

    states = [run("project", name, "Åsgard")[1] for name in ("archive", "reopen")]

    assert [bool(row["archived_at"]) for row in states] == [True, False]
    assert [entry.verb for entry in AuditEntry.objects.order_by("pk")] == [
        "project_archived", "project_reopened",
    ]  # fmt: skip


def test_list_shows_what_the_requester_sees(
    run: Run, root: User, capsys: pytest.CaptureFixture[str]
) -> None:
    project = make_project("Åsgard", client="Tove", monthly_budget=50)
    make_user("mira", project=project)
    make_user("vera", project=project, role=Role.VIEWER, is_active=False)
    make_user("rita", project=project, role=Role.REVIEWER)

    def list_projects(*options: str) -> list[dict[str, Any]]:
        code, rows = run("project", "list", *options)
        assert code == 0
        return list(rows)

    of_root, of_mira = list_projects("--as", "root"), list_projects("--as", "mira")
    of_rita = list_projects("--as", "rita")
    call_command("project", "list", "--as", "mira")

    row = EMPTY | {
        "name": "Åsgard", "client": "Tove", "monthly_budget": "50.00",
        "members": [
            {"name": "mira", "role": "manager", "active": True},
            {"name": "rita", "role": "reviewer", "active": True},
            {"name": "vera", "role": "viewer", "active": False},
        ],
    }  # fmt: skip
    assert (of_root, of_mira) == ([EMPTY | {"name": "Studio"}, row], [row])
    assert of_rita == [row | {"monthly_budget": None}]
    assert capsys.readouterr().out.splitlines() == [
        "Åsgard\tTove\topen\t50.00\t\tmira: manager, rita: reviewer, vera: viewer"
    ]


def test_list_reads_members_at_once(
    root: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(3):
        make_user(project=make_project())

    # The requester, access, the first project, projects, members.
    with django_assert_num_queries(5):
        call_command("project", "list", "--as", "root")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create", "studio"), "Another project has this name."),
        (("create", " "), "Name: Type a name."),
        (("create", "X", "--monthly-budget", "lots"), "Budget for a month: Type an amount"),
        (
            ("create", "X", "--start", "2026-03-02", "--end", "2026-03-01"),
            "End: The end is before the start.",
        ),
        (("change", "Studio"), "Say what to change."),
        (("change", "Studio", "--name", "ASGARD"), "Another project has this name."),
        (("change", "Nowhere", "--client", "x"), "There is no project called Nowhere."),
        (("archive", "Nowhere"), "There is no project called Nowhere."),
        (("reopen", "Nowhere"), "There is no project called Nowhere."),
    ],
)
def test_project_refuses_what_does_not_fit(
    arguments: tuple[str, ...], sentence: str, root: User
) -> None:
    make_project("Åsgard")

    with pytest.raises(CommandError, match=sentence):
        call_command("project", *arguments)

    assert sorted(Project.objects.values_list("name", flat=True)) == ["Studio", "Åsgard"]
    assert AuditEntry.objects.count() == 0


def test_last_open_project_is_not_archived(root: User) -> None:
    Project.first()

    with pytest.raises(CommandError, match="only project that isn't archived"):
        call_command("project", "archive", "Studio")

    assert Project.first().is_archived is False


@pytest.mark.parametrize("subcommand", ["create", "change"])
def test_each_field_of_the_project_form_is_an_option(subcommand: str) -> None:
    parser = Command().create_parser("manage.py", "project")
    choices = parser._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    options = {action.dest for action in choices[subcommand]._actions}  # type: ignore[index]

    assert ProjectForm.base_fields.keys() - options == set()
