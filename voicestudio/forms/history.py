"""Forms: the filters of the history, all in the query string."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from voicestudio.models import AttemptState

from . import speech_models
from .fields import FilterForm, Select

# Years outside of these are typing errors.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199


def check_year(day: date) -> None:
    """Raise ValidationError for a date with an impossible year."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(_("Choose a date between 2000 and 2199."), code="invalid")


def date_field(label: Any) -> forms.DateField:
    """A day, as browsers send it; empty if it does not matter."""
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        validators=[check_year],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "input"}),
    )


def choice_field(label: Any) -> forms.ChoiceField:
    """A choice whose options the form gets."""
    return forms.ChoiceField(label=label, required=False, widget=Select(attrs={"class": "input"}))


class HistoryForm(FilterForm):
    """Search and filters; `people` are the ids and names of those who may have made requests."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)
    model = choice_field(_("Model"))
    person = choice_field(_("Person"))
    state = choice_field(_("State"))
    flag = choice_field(_("Moderation flag"))
    since = date_field(_("From"))
    until = date_field(_("To"))

    folded_names = ("model", "state", "flag", "since", "until")

    def __init__(self, data: Mapping[str, Any], *, people: list[tuple[int, str]]) -> None:
        super().__init__(
            data,
            model=[("", _("Any model")), *speech_models.choices()],
            person=[("", _("Anyone")), *((str(pk), name) for pk, name in people)],
            state=[("", _("Any state")), *AttemptState.choices],
            flag=[("", _("Any")), ("yes", _("Flagged")), ("no", _("Not flagged"))],
        )

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """From the start of the first day to the end of the last one, in UTC."""
        since, until = self.chosen.get("since"), self.chosen.get("until")
        return (
            datetime.combine(since, time.min, UTC) if since else None,
            datetime.combine(until, time.min, UTC) + timedelta(days=1) if until else None,
        )
