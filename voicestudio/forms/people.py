"""Forms: the filters of people, roles of a person, and an invitation with the roles it gives."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voicestudio.models import Project, Role, RoleName
from voicestudio.models.search import fold_text
from voicestudio.words import people as words

from .fields import Select, choice_field
from .list_filters import ListFilterForm, ListView, search_field

STUDIO_ROLES = [
    ("", _("No role")),
    (RoleName.AUDITOR.value, words.STUDIO_ROLES[RoleName.AUDITOR]),
    (RoleName.ADMINISTRATOR.value, words.STUDIO_ROLES[RoleName.ADMINISTRATOR]),
]
PROJECT_ROLES = [("", _("No role")), *Role.choices]
# Up to this many projects, each one has its own field.
MOST_LISTED: Final = 4
# So that a forged form can't add thousands of rows.
MOST_NEW_ROWS: Final = 100
STATES = {
    "active": pgettext_lazy("people", "Active"),
    "invited": pgettext_lazy("people", "Invited"),
    "deactivated": pgettext_lazy("people", "Deactivated"),
}


class PeopleFilterForm(ListFilterForm):
    """Search and filters of people and invitations, all in the query string."""

    q = search_field(_("Name or mail address"))
    role = choice_field(_("Role"))
    state = choice_field(_("State"))

    folded_names = ("role", "state")
    counted_with = frozenset(folded_names)
    views = (
        ListView(pgettext_lazy("people", "All"), {"state": ""}, has_count=False),
        *(ListView(label, {"state": state}) for state, label in STATES.items()),
    )

    def __init__(self, data: Mapping[str, Any], *, time_zone: str = "") -> None:
        super().__init__(
            data,
            time_zone=time_zone,
            role=[("", _("Any role")), *STUDIO_ROLES[:0:-1], *Role.choices],
            state=[("", _("Any state")), *STATES.items()],
        )

    @property
    def conditions(self) -> dict[str, str]:
        """The filters, named as the parameters of the directory."""
        names = {"q": "words", "role": "role", "state": "state"}
        return {name: self.chosen.get(field, "") for field, name in names.items()}


class StudioRoleForm(forms.Form):
    """What a person is in the studio."""

    studio_role = forms.TypedChoiceField(
        label=_("Role in the studio"),
        required=False,
        choices=STUDIO_ROLES,
        coerce=RoleName,
        empty_value=None,
        help_text=_(
            "Auditors see everything and change nothing. Administrators may do everything."
        ),
        widget=Select(attrs={"class": "input"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        options = {"auto_id": "person-%s", "label_suffix": ""}
        super().__init__(*args, **{**options, **kwargs})
        self.fields["studio_role"].label = _("Role")  # under the heading of its card


class ProjectRolesForm(forms.Form):
    """The roles of a person in projects.

    Up to `MOST_LISTED` projects are all listed. With more, only those in which the person has a
    role, and others are added by name. Projects that weren't sent keep the role that is held, so
    that an old page neither takes away nor changes one that was given since.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        projects: Sequence[Project],
        held: Mapping[int, str] = MappingProxyType({}),
        draft: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """`held` are roles by project; `draft` is what was typed, to be shown with one more row."""
        held_fields = {_field_name(pk): role for pk, role in held.items()}
        sent = data if data is not None else draft
        if data is not None:
            data = held_fields | dict(data.items())
        options = {
            "auto_id": "person-%s",
            "label_suffix": "",
            "initial": held_fields | dict(draft or {}),
        }
        super().__init__(data, **{**options, **kwargs})
        self.is_draft = draft is not None
        sent_rows = [name for name in map(_new_name, range(MOST_NEW_ROWS)) if name in (sent or {})]
        # An older page may have such rows though all projects are listed by now.
        self.is_short = len(projects) <= MOST_LISTED and not sent_rows
        shown = held_fields.keys() | (sent or {}).keys()
        self.projects = {
            _field_name(project.pk): project
            for project in projects
            if _field_name(project.pk) in shown or (sent is None and self.is_short)
        }
        for name, project in self.projects.items():
            label = project.name if len(projects) > 1 else _("Role")
            self.fields[name] = _role_field(label, PROJECT_ROLES)
        listed = {project.pk for project in self.projects.values()}
        self.others = [project for project in projects if project.pk not in listed]
        self.new_names: list[str] = []
        if sent_rows or (self.others and not self.is_short):
            self._add_rows(sent_rows)
        self.added: dict[Project, Role] = {}

    def _add_rows(self, rows: list[str]) -> None:
        if not rows or (self.is_draft and len(rows) < MOST_NEW_ROWS):
            rows.append(_new_name(len(rows)))
        for name in rows:
            self.fields[name] = forms.CharField(
                label=_("Add to a project"),
                required=False,
                max_length=120,
                widget=forms.TextInput(
                    attrs={
                        "class": "input",
                        "autocomplete": "off",
                        "list": "project-names",
                        "placeholder": _("Project name"),
                    }
                ),
            )
            self.fields[f"{name}_role"] = _role_field(_("Role"), Role.choices, initial=Role.VIEWER)
        if self.is_draft:
            self.fields[rows[-1]].widget.attrs["autofocus"] = True
        self.new_names = rows

    def clean(self) -> dict[str, Any]:
        """The projects of the new rows, by their names."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        others = {project.folded_name: project for project in self.others}
        listed = {project.folded_name: project.name for project in self.projects.values()}
        for name in self.new_names:
            folded = fold_text(data.get(name, ""))
            project = others.get(folded)
            if not folded:
                continue
            if folded in listed:
                sentence = _("They already have a role in %(project)s. Change it below.")
                self.add_error(name, sentence % {"project": listed[folded]})
            elif project in self.added:
                self.add_error(name, _("This project is chosen twice."))
            elif project is None:
                self.add_error(name, _("There is no such project. Choose one from the list."))
            else:
                self.added[project] = data.get(f"{name}_role") or Role.VIEWER
        return data

    @property
    def listed_rows(self) -> list[tuple[forms.BoundField, Project]]:
        """The fields of the listed projects."""
        return [(self[name], project) for name, project in self.projects.items()]

    @property
    def new_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The fields of a new row: the name of the project, and the role."""
        return [(self[name], self[f"{name}_role"]) for name in self.new_names]

    @property
    def roles(self) -> dict[Project, Role | None]:
        """The chosen role in each project that was sent."""
        listed = {project: self.cleaned_data[name] for name, project in self.projects.items()}
        return listed | self.added


def _field_name(project: int) -> str:
    return f"project_{project}"


def _new_name(number: int) -> str:
    return f"new_{number}"


def _role_field(
    label: Any, choices: Sequence[tuple[str, Any]], **options: Any
) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        required=False,
        choices=choices,
        coerce=Role,
        empty_value=None,
        widget=Select(attrs={"class": "input"}),
        **options,
    )


class InvitationForm(ProjectRolesForm):
    """The address of a new person, and what they will be."""

    address = forms.EmailField(
        label=_("Mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "off"}),
        error_messages={
            "required": _("Type the address of the person."),
            "invalid": _("Type an address such as anna@example.com."),
        },
    )
    studio_role = StudioRoleForm.base_fields["studio_role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "invitation-%s", **kwargs})

    def clean(self) -> dict[str, Any]:
        """Without a role a person would sign in and see nothing."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not data["studio_role"] and not any(self.roles.values()):
            raise forms.ValidationError(_("Choose a role: without one the person sees nothing."))
        return data

    @property
    def order(self) -> dict[str, Any]:
        """What `invitations.invite` takes."""
        return {
            "address": self.cleaned_data["address"],
            "roles": {project.pk: role for project, role in self.roles.items() if role},
            "is_administrator": self.cleaned_data["studio_role"] is RoleName.ADMINISTRATOR,
            "is_auditor": self.cleaned_data["studio_role"] is RoleName.AUDITOR,
        }
