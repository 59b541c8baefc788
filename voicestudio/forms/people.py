"""Forms: the filters of people, roles of a person, and an invitation with the roles it gives."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voicestudio.models import Project, Role, RoleName
from voicestudio.words import people as words

from .fields import Select, choice_field
from .list_filters import ListFilterForm, ListView, search_field

STUDIO_ROLES = [
    ("", _("No role")),
    (RoleName.AUDITOR.value, words.STUDIO_ROLES[RoleName.AUDITOR]),
    (RoleName.ADMINISTRATOR.value, words.STUDIO_ROLES[RoleName.ADMINISTRATOR]),
]
PROJECT_ROLES = [("", _("No role")), *Role.choices]
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


class ProjectRolesForm(forms.Form):
    """A role in each of these projects."""

    def __init__(self, *args: Any, projects: list[Project], **kwargs: Any) -> None:
        options = {"auto_id": "person-%s", "label_suffix": ""}
        super().__init__(*args, **{**options, **kwargs})
        self.projects = {f"project_{project.pk}": project for project in projects}
        for name, project in self.projects.items():
            self.fields[name] = forms.TypedChoiceField(
                label=project.name if len(projects) > 1 else _("Role"),
                required=False,
                choices=PROJECT_ROLES,
                coerce=Role,
                empty_value=None,
                widget=Select(attrs={"class": "input"}),
            )

    @property
    def roles(self) -> dict[Project, Role | None]:
        """The chosen role in each project."""
        return {project: self.cleaned_data[name] for name, project in self.projects.items()}


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
        super().__init__(*args, auto_id="invitation-%s", **kwargs)

    def clean(self) -> dict[str, Any]:
        """Without a role a person would sign in and see nothing."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not any(data[name] for name in ("studio_role", *self.projects)):
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
