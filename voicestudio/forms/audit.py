"""Forms: the filters of the audit trail, all in the query string."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voicestudio.models import ObjectKind, Verb

from .fields import choice_field
from .ids import parse_id
from .list_filters import ListFilterForm, ListView, ReadPeople, person_choices, search_field

MONEY: Final = (
    Verb.CLONE_REQUESTED, Verb.SPEECH_REQUESTED, Verb.VOICE_KEPT, Verb.BILL_DIFFERED,
    Verb.LIMIT_RAISED, Verb.BUDGET_CHANGED,
)  # fmt: skip
PERMISSION: Final = (
    Verb.PERMISSION_CONFIRMED, Verb.PERSON_INVITED, Verb.INVITATION_REVOKED,
    Verb.INVITATION_ACCEPTED, Verb.ROLE_CHANGED, Verb.PERSON_ADDED, Verb.PERSON_DEACTIVATED,
    Verb.PERSON_REACTIVATED,
)  # fmt: skip
DELETED: Final = (
    Verb.VOICE_DELETED, Verb.RECORDING_DELETED, Verb.AUDIO_DELETED, Verb.UPLOAD_DELETED,
    Verb.NOTE_DELETED, Verb.RETENTION_RUN, Verb.TEAM_REMOVED,
)  # fmt: skip
SIGN_INS: Final = (
    Verb.SIGNED_IN, Verb.SIGNED_OUT, Verb.SIGN_IN_FAILED, Verb.SIGN_IN_LOCKED,
    Verb.SESSIONS_ENDED, Verb.PASSWORD_LINK_MADE, Verb.PASSWORD_CHANGED, Verb.ADDRESS_CHANGED,
    Verb.SECOND_FACTOR_CHANGED, Verb.OPENID_JOINED, Verb.OPENID_DISCONNECTED,
)  # fmt: skip
TOPICS: Final[dict[str, tuple[str | Promise, tuple[Verb, ...]]]] = {
    "money": (_("Money"), MONEY),
    "permission": (_("Permission and people"), PERMISSION),
    "deleted": (_("Deleted"), DELETED),
    "sign-ins": (_("Sign-ins"), SIGN_INS),
}


class AuditForm(ListFilterForm):
    """Search and filters; `people` reads the IDs and names to choose from, `projects` are those."""

    q = search_field(_("Person, thing or what happened"))
    person = choice_field(_("Person"))
    project = choice_field(_("Project"))
    verb = choice_field(_("What happened"))
    kind = choice_field(_("Object"))
    number = forms.CharField(
        label=_("Object number"),
        required=False,
        max_length=20,
        widget=forms.TextInput(
            attrs={"class": "input", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )
    topic = choice_field(_("View"))

    folded_names = ("person", "project", "verb", "kind", "number", "since", "until")
    hidden_names = ("topic",)
    counted_with = frozenset({"topic"})
    views = (
        ListView(pgettext_lazy("audit entries", "All"), {"topic": ""}, has_count=False),
        *(ListView(label, {"topic": topic}) for topic, (label, _verbs) in TOPICS.items()),
    )

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        people: ReadPeople,
        projects: list[tuple[int, str]],
        time_zone: str = "",
    ) -> None:
        names = [(str(pk), name) for pk, name in projects]
        super().__init__(
            data,
            time_zone=time_zone,
            person=person_choices(people),
            project=[("", _("Any project")), *(names if len(names) > 1 else [])],
            verb=[("", _("Anything")), *Verb.choices],
            kind=[("", _("Any kind")), *ObjectKind.choices],
            topic=[("", ""), *((topic, label) for topic, (label, _verbs) in TOPICS.items())],
        )

    def clean_number(self) -> str:
        """Digits only."""
        number = str(self.cleaned_data["number"]).strip()
        if number and not parse_id(number):
            raise forms.ValidationError(_("Type a number."), code="invalid")
        return number

    @property
    def verbs(self) -> tuple[Verb, ...]:
        """The verbs of the view; none for all."""
        return TOPICS[self.chosen["topic"]][1] if "topic" in self.chosen else ()

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
