"""Forms: the filters of projects, a project, and one of its members."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voicestudio.models import Colour, Project, Role, display_name

from .costs import MOST
from .fields import Select, TypedField, check_year, choice_field
from .list_filters import ListFilterForm, ListView, search_field

LONGEST_NOTES: Final = 4000
STATES: Final = {
    "open": pgettext_lazy("projects", "Open"),
    "archived": pgettext_lazy("projects", "Archived"),
}


class ProjectFilterForm(ListFilterForm):
    """Search and state, in the query string."""

    q = search_field(_("Name or client"))
    state = choice_field(_("State"))

    folded_names = ("state",)
    counted_with = frozenset(folded_names)
    views = (
        ListView(pgettext_lazy("projects", "All"), {"state": ""}, has_count=False),
        *(ListView(label, {"state": state}) for state, label in STATES.items()),
    )

    def __init__(self, data: Mapping[str, Any], *, time_zone: str = "") -> None:
        states = [("", _("Any state")), *STATES.items()]
        super().__init__(data, time_zone=time_zone, state=states)


def _budget_field(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_value=MOST,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"class": "input", "step": "0.01", "inputmode": "decimal"}),
        error_messages={
            "invalid": _("Type an amount, such as 50.00, or leave it empty."),
            "min_value": _("It can't be less than 0."),
            "max_value": _("That is too much for a budget."),
            "max_decimal_places": _("Use at most two digits after the point."),
        },
    )


def _day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        validators=[check_year],
        widget=forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d"),
    )


class ProjectForm(forms.Form):
    """What is known of a project."""

    name = TypedField(
        label=_("Name"),
        longest=120,
        error_messages={"required": _("Type a name.")},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    client = TypedField(
        label=_("Client"),
        longest=120,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    colour = forms.ChoiceField(
        label=_("Colour"),
        choices=Colour.choices,
        initial=Colour.GREY,
        help_text=_("Marks the project in lists."),
        widget=Select(attrs={"class": "input"}),
    )
    starts_on = _day_field(_("Start"))
    ends_on = _day_field(_("End"))
    monthly_budget = _budget_field(_("Budget for a month"))
    total_budget = _budget_field(_("Budget in all"))
    reviewers_may_download = forms.BooleanField(
        label=_("Reviewers may download audio"), required=False
    )
    notes = TypedField(
        label=_("Notes"),
        longest=LONGEST_NOTES,
        lines=True,
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"auto_id": "project-%s", "label_suffix": ""} | options)

    def clean(self) -> dict[str, Any]:
        """The end is not before the start."""
        given = super().clean() or self.cleaned_data
        starts_on, ends_on = given.get("starts_on"), given.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("The end is before the start."))
        return given

    @classmethod
    def initial_of(cls, project: Project) -> dict[str, Any]:
        """The values of a project, for the form that changes it."""
        values = {name: getattr(project, name) for name in cls.base_fields}
        for name in ("monthly_budget", "total_budget"):
            if values[name] is not None:
                values[name] = f"{values[name]:.2f}"
        return values


class MemberForm(forms.Form):
    """A person and the role in a project; no role takes the person out of it."""

    person = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Person"),
        empty_label=_("Choose a person"),
        widget=Select(attrs={"class": "input"}),
        error_messages={
            "required": _("Choose a person."),
            "invalid_choice": _("This person isn't known. Choose another one."),
        },
    )
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=Role.choices,
        initial=Role.VIEWER,
        widget=Select(attrs={"class": "input"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"auto_id": "member-%s", "label_suffix": ""} | options)
        people = User.objects.filter(is_active=True).order_by("username")
        field: Any = self.fields["person"]
        field.queryset, field.label_from_instance = people, display_name

    @property
    def chosen_role(self) -> Role | None:
        """The chosen role; None to take the person out."""
        role = self.cleaned_data["role"]
        return Role(role) if role else None
