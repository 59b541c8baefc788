"""`manage.py person`: list, invite and deactivate people and change their roles, from scripts."""

from argparse import BooleanOptionalAction
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from voicestudio.forms.people import InvitationForm
from voicestudio.management import script_output
from voicestudio.models import Action, Project, Role, RoleName
from voicestudio.services.people import activation, directory, invitations, roles
from voicestudio.services.permissions import require

NO_ROLE: Final = roles.NO_ROLE
NEVER: Final = "never"


class Command(script_output.SubcommandsCommand):
    """List, invite and deactivate people, and change their roles."""

    help = _("Lists people, invites them, deactivates accounts and sets roles; for administrators.")

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the subcommands with their options."""
        self.start_subcommands(parser)
        self.add_subcommand("list", self._list, _("list everyone"))
        self._add_invite()
        for name, run, text in (
            (
                "deactivate",
                self._deactivate,
                _("end all sessions; the person can no longer sign in"),
            ),
            ("reactivate", self._reactivate, _("let the person sign in again")),
        ):
            self.add_subcommand(name, run, text).add_argument("name", metavar="NAME")
        self._add_role()

    def _add_invite(self) -> None:
        text = _("make an invitation and print its link, which can't be shown again")
        parser = self.add_subcommand("invite", self._invite, text)
        parser.add_argument("address", metavar="ADDRESS", help=_("the mail address"))
        parser.add_argument(
            "--project", action="append", default=[], metavar="NAME", help=_("with a --role each")
        )
        parser.add_argument("--role", action="append", default=[], choices=Role.values)
        in_studio = parser.add_mutually_exclusive_group()
        in_studio.add_argument("--administrator", action="store_true")
        in_studio.add_argument("--auditor", action="store_true")
        parser.add_argument(
            "--url", required=True, metavar="BASE",
            help=_("the studio's address, for example https://studio.example.com"),
        )  # fmt: skip

    def _add_role(self) -> None:
        text = _("change roles in projects and in the studio, all or none")
        parser = self.add_subcommand("role", self._change_roles, text)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--project", action="append", default=[], nargs=2, metavar=("NAME", "ROLE"),
            help=_("the role is manager, reviewer, viewer or none"),
        )  # fmt: skip
        for name, help_text in (
            ("--administrator", _("in place of another role in the studio")),
            ("--auditor", _("in place of another role in the studio, also administrator")),
        ):
            parser.add_argument(name, action=BooleanOptionalAction, default=None, help=help_text)

    def _list(self, by: User, options: dict[str, Any]) -> None:
        rows = [_person_json(user) for user in directory.list_people(by=by)]
        script_output.print_list(self, rows, _person_line, as_json=options["json"])

    def _invite(self, by: User, options: dict[str, Any]) -> None:
        require(by, Action.MANAGE_PEOPLE)  # before anything is said about projects
        base = _check_base(options["url"])
        made = invitations.invite(by=by, **_read_invitation(options, by))
        link = base + reverse("accept_invitation", args=[made.token])
        data = {
            "address": made.invitation.address,
            "link": link,
            "expires_at": made.invitation.expires_at.isoformat(),
            "mailed": invitations.mail(made.invitation, link),
        }
        script_output.print_object(self, data, as_json=options["json"])

    def _deactivate(self, by: User, options: dict[str, Any]) -> None:
        activation.deactivate(_find_person(options["name"], by), by=by)
        self._print_person(by, options)

    def _reactivate(self, by: User, options: dict[str, Any]) -> None:
        activation.reactivate(_find_person(options["name"], by), by=by)
        self._print_person(by, options)

    def _change_roles(self, by: User, options: dict[str, Any]) -> None:
        user = _find_person(options["name"], by)
        wanted = {
            script_output.get_project(name, by): _read_role(role)
            for name, role in options["project"]
        }
        if not wanted and options["administrator"] is None and options["auditor"] is None:
            raise CommandError(_("Say what to change."))
        with transaction.atomic():
            roles.set_roles(user, wanted, by=by)
            # Last: an administrator who gives up the role may set no other one afterwards.
            studio_role = _wanted_studio_role(user, options)
            if studio_role != roles.studio_role(user):
                roles.set_studio_role(user, studio_role, by=by)
        self._print_person(by, options)

    def _print_person(self, by: User, options: dict[str, Any]) -> None:
        """Print the person as they are now."""
        row = _person_json(_find_person(options["name"], by))
        if options["json"]:
            script_output.print_object(self, row, as_json=True)
        else:
            self.stdout.write(_person_line(row))


def _find_person(name: str, by: User) -> User:
    """The person of this username, also a deactivated one."""
    user = directory.list_people(by=by).filter(username=name).first()
    if user is None:
        raise CommandError(_("There is no person called %(name)s.") % {"name": name})
    return user


def _find_open_project(name: str, by: User) -> Project:
    """The project of this name. Raises CommandError if it is archived: no one could work there."""
    project = script_output.get_project(name, by)
    if project.is_archived:
        raise CommandError(_("The project %(name)s is archived.") % {"name": project.name})
    return project


def _check_base(url: str) -> str:
    """The address without a slash at its end; a link can't be made with another text."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise CommandError(_("--url must be an address such as https://studio.example.com."))
    return url.rstrip("/")


def _read_invitation(options: dict[str, Any], by: User) -> dict[str, Any]:
    """What `invitations.invite` takes, checked by the form of the page."""
    if len(options["project"]) != len(options["role"]):
        raise CommandError(_("Give one --role after each --project."))
    chosen = [_find_open_project(name, by) for name in options["project"]]
    if len(set(chosen)) < len(chosen):
        raise CommandError(_("Give each project once."))
    values = {
        f"project_{project.pk}": role for project, role in zip(chosen, options["role"], strict=True)
    }
    values["address"] = options["address"]
    if options["administrator"] or options["auditor"]:
        values["studio_role"] = "administrator" if options["administrator"] else "auditor"
    form = InvitationForm(values, projects=chosen)
    script_output.require_valid(form)
    return form.order


def _read_role(name: str) -> Role | None:
    if name != NO_ROLE and name not in Role.values:
        names = ", ".join([*Role.values, NO_ROLE])
        raise CommandError(
            _("%(role)s is no role; choose from: %(names)s.") % {"role": name, "names": names}
        )
    return None if name == NO_ROLE else Role(name)


def _wanted_studio_role(user: User, options: dict[str, Any]) -> RoleName | None:
    """The role in the studio that the options ask for; without one the present role."""
    if options["administrator"] and options["auditor"]:
        raise CommandError(_("Choose one of --administrator and --auditor."))
    wanted = roles.studio_role(user)
    for role in (RoleName.ADMINISTRATOR, RoleName.AUDITOR):
        if options[role.value]:
            return role
        if options[role.value] is False and wanted is role:
            wanted = None
    return wanted


def _person_json(user: User) -> dict[str, Any]:
    """One person with the roles; times are ISO 8601 in UTC."""
    return {
        "name": user.username,
        "address": user.email,
        "studio_role": roles.studio_role(user),
        "roles": {member.project.name: member.role for member in user.memberships.all()},
        "active": user.is_active,
        "last_sign_in": user.last_login.isoformat() if user.last_login else None,
        "second_factor": user.has_second_factor,  # type: ignore[attr-defined] # annotated
    }


def _person_line(row: dict[str, Any]) -> str:
    in_projects = ", ".join(f"{name}: {role}" for name, role in row["roles"].items())
    columns = (
        row["name"],
        row["address"],
        row["studio_role"] or "",
        in_projects,
        "active" if row["active"] else "deactivated",
        row["last_sign_in"] or NEVER,
        "second factor" if row["second_factor"] else "no second factor",
    )
    return "\t".join(columns)
