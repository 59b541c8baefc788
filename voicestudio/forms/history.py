"""Forms: the filters of the history, all in the query string."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voicestudio.models import AttemptState

from . import speech_models
from .fields import choice_field
from .list_filters import ME, ListFilterForm, ListView, ReadPeople, person_choices, search_field


class HistoryForm(ListFilterForm):
    """Search and filters; `people` reads the ids and names of those who may have made requests."""

    q = search_field(_("Speaker, voice ID, text or note"))
    model = choice_field(_("Model"))
    person = choice_field(_("Person"))
    state = choice_field(_("State"))
    flag = choice_field(_("Moderation flag"))

    folded_names = ("person", "model", "state", "flag", "since", "until")
    counted_with = frozenset({"model", "person", "state", "flag"})
    views = (
        ListView(
            pgettext_lazy("attempts", "All"),
            {"state": "", "flag": "", "person": ""},
            has_count=False,
        ),
        ListView(_("Mine"), {"person": ME}),
        ListView(AttemptState.READY.label, {"state": "ready", "flag": ""}),
        ListView(AttemptState.FLAGGED.label, {"state": "flagged", "flag": ""}),
        ListView(AttemptState.STOPPED.label, {"state": "stopped", "flag": ""}),
        ListView(AttemptState.FAILED.label, {"state": "failed", "flag": ""}),
        ListView(AttemptState.UNKNOWN.label, {"state": "unknown", "flag": ""}),
    )

    def __init__(self, data: Mapping[str, Any], *, people: ReadPeople, time_zone: str = "") -> None:
        super().__init__(
            data,
            time_zone=time_zone,
            model=[("", _("Any model")), *speech_models.choices()],
            person=person_choices(people),
            state=[("", _("Any state")), *AttemptState.choices],
            flag=[("", _("Flagged or not")), ("yes", _("Flagged")), ("no", _("Not flagged"))],
        )
