"""Forms: the filters of the audit trail, all in the query string."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from voicestudio.models import ObjectKind, Verb

from .fields import choice_field
from .ids import parse_id
from .list_filters import ListFilterForm


class AuditForm(ListFilterForm):
    """Filters; `people` and `projects` are the IDs and names to choose from."""

    person = choice_field(_("Person"))
    project = choice_field(_("Project"))
    verb = choice_field(_("What happened"))
    kind = choice_field(_("Object"))
    number = forms.CharField(
        label=_("Number of the object"),
        required=False,
        max_length=20,
        widget=forms.TextInput(
            attrs={"class": "input", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )

    folded_names = ("project", "kind", "number", "since", "until")

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        people: list[tuple[int, str]],
        projects: list[tuple[int, str]],
        time_zone: str = "",
    ) -> None:
        self.has_projects = len(projects) > 1
        super().__init__(
            data,
            time_zone=time_zone,
            person=[("", _("Anyone")), *((str(pk), name) for pk, name in people)],
            project=[("", _("Any project")), *((str(pk), name) for pk, name in projects)],
            verb=[("", _("Anything")), *Verb.choices],
            kind=[("", _("Any kind")), *ObjectKind.choices],
        )

    @property
    def bar(self) -> list[forms.BoundField]:
        """What most readers ask for."""
        return [self["person"], self["verb"]]

    @property
    def folded(self) -> list[forms.BoundField]:
        """The other fields; projects only if there are several."""
        names = ("project", "kind", "number", "since", "until")
        return [self[name] for name in names[0 if self.has_projects else 1 :]]

    @property
    def unfolded(self) -> bool:
        """Whether a folded filter is in use, or was invalid."""
        return any(field.name in {*self.chosen, *self.errors} for field in self.folded)

    def clean_number(self) -> str:
        """Digits only."""
        number = str(self.cleaned_data["number"]).strip()
        if number and not parse_id(number):
            raise forms.ValidationError(_("Type a number."), code="invalid")
        return number

    @property
    def conditions(self) -> dict[str, Any]:
        """The filters as conditions on entries; a number counts together with its kind only."""
        chosen = self.chosen
        columns = {"person": "person_id", "project": "project_id"}
        found: dict[str, Any] = {
            column: int(chosen[name]) for name, column in columns.items() if name in chosen
        }
        if "verb" in chosen:
            found["verb"] = chosen["verb"]
        if "kind" in chosen:
            found["object_kind"] = chosen["kind"]
            if "number" in chosen:
                found["object_id"] = int(chosen["number"])
        return found
