"""`manage.py project`: list, add, change, archive and reopen projects, from scripts."""

from argparse import BooleanOptionalAction
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from voicestudio.forms.projects import ProjectForm
from voicestudio.management import script_output
from voicestudio.models import Action, Colour, Membership, Project
from voicestudio.services import projects
from voicestudio.services.permissions import may, require


class Command(script_output.SubcommandsCommand):
    """List and change projects."""

    help = _("Lists projects with their members; administrators add, change and archive them.")

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the subcommands with their options."""
        self.start_subcommands(parser)
        self.add_subcommand("list", self._list, _("list the projects that the requester sees"))
        creating = self.add_subcommand("create", self._create, _("add a project"))
        _add_name(creating)
        _add_facts(creating)
        text = _('change what is given; "" empties a text, a day or a budget')
        changing = self.add_subcommand("change", self._change, text)
        _add_name(changing)
        changing.add_argument("--name", dest="new_name", metavar="NAME", help=_("the new name"))
        _add_facts(changing)
        text = _("make everything in the project read-only")
        _add_name(self.add_subcommand("archive", self._archive, text))
        text = _("let members work in an archived project again")
        _add_name(self.add_subcommand("reopen", self._reopen, text))

    def _list(self, by: User, options: dict[str, Any]) -> None:
        require(by, Action.SEE)
        Project.first()  # there is one, even in an empty database
        rows = [_project_json(project, by) for project in _visible(by).order_by("name", "pk")]
        script_output.print_list(self, rows, _project_line, as_json=options["json"])

    def _create(self, by: User, options: dict[str, Any]) -> None:
        require(by, Action.MANAGE_PROJECTS)
        values = {"name": options["name"], "colour": Colour.GREY} | _given_facts(options)
        self._print_project(projects.create_project(_read_facts(values), by=by), by, options)

    def _change(self, by: User, options: dict[str, Any]) -> None:
        project = _find_project(by, options)
        given = _given_facts(options)
        if options["new_name"] is not None:
            given["name"] = options["new_name"]
        if not given:
            raise CommandError(_("Say what to change."))
        facts = _read_facts(ProjectForm.initial_of(project) | given)
        projects.change_project(project, facts, by=by)
        self._print_project(project, by, options)

    def _archive(self, by: User, options: dict[str, Any]) -> None:
        self._apply(projects.archive_project, by, options)

    def _reopen(self, by: User, options: dict[str, Any]) -> None:
        self._apply(projects.reopen_project, by, options)

    def _apply(self, change: Callable[..., None], by: User, options: dict[str, Any]) -> None:
        project = _find_project(by, options)
        change(project, by=by)
        self._print_project(project, by, options)

    def _print_project(self, project: Project, by: User, options: dict[str, Any]) -> None:
        """Print the project as it is now."""
        row = _project_json(_visible(by).get(pk=project.pk), by)
        if options["json"]:
            script_output.print_object(self, row, as_json=True)
        else:
            self.stdout.write(_project_line(row))


def _add_name(parser: CommandParser) -> None:
    parser.add_argument("name", metavar="NAME", help=_("the name of the project"))


def _add_facts(parser: CommandParser) -> None:
    """Add an option for each field of the project's form besides its name."""
    parser.add_argument("--client", metavar="NAME")
    parser.add_argument("--colour", choices=Colour.values)
    parser.add_argument("--notes", metavar="TEXT")
    parser.add_argument("--start", dest="starts_on", metavar="DAY", help=_("such as 2026-03-31"))
    parser.add_argument("--end", dest="ends_on", metavar="DAY")
    parser.add_argument("--monthly-budget", metavar="AMOUNT")
    parser.add_argument("--total-budget", metavar="AMOUNT")
    parser.add_argument("--reviewers-may-download", action=BooleanOptionalAction, default=None)


def _given_facts(options: dict[str, Any]) -> dict[str, Any]:
    names = ProjectForm.base_fields.keys() - {"name"}
    return {name: options[name] for name in names if options[name] is not None}


def _read_facts(values: dict[str, Any]) -> projects.ProjectFacts:
    """The facts, checked by the form of the page."""
    form = ProjectForm(values)
    script_output.require_valid(form)
    return projects.ProjectFacts(**form.cleaned_data)


def _find_project(by: User, options: dict[str, Any]) -> Project:
    """The project of this name for an administrator."""
    require(by, Action.MANAGE_PROJECTS)
    return script_output.get_project(options["name"], by)


def _visible(by: User) -> Any:
    members = Membership.objects.select_related("person").order_by("person__username")
    return Project.objects.visible_to(by).prefetch_related(Prefetch("memberships", members))


def _project_json(project: Project, by: User) -> dict[str, Any]:
    """One project; amounts are decimals as text, None if there is none or `by` sees no costs."""
    sees_costs = may(by, Action.SEE_COSTS, project.pk)
    return {
        "name": project.name,
        "client": project.client,
        "colour": project.colour,
        "notes": project.notes,
        "starts_on": project.starts_on.isoformat() if project.starts_on else None,
        "ends_on": project.ends_on.isoformat() if project.ends_on else None,
        "monthly_budget": _amount(project.monthly_budget) if sees_costs else None,
        "total_budget": _amount(project.total_budget) if sees_costs else None,
        "reviewers_may_download": project.reviewers_may_download,
        "archived_at": project.archived_at.isoformat() if project.archived_at else None,
        "members": [
            {"name": member.person.username, "role": member.role, "active": member.person.is_active}
            for member in project.memberships.all()
        ],
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _project_line(row: dict[str, Any]) -> str:
    members = ", ".join(f"{member['name']}: {member['role']}" for member in row["members"])
    columns = (
        row["name"],
        row["client"],
        "archived" if row["archived_at"] else "open",
        row["monthly_budget"] or "",
        row["total_budget"] or "",
        members,
    )
    return "\t".join(columns)
