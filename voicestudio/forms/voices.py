"""Forms: the filters of the list of voices, and the notes on one voice."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voicestudio.models import LARGEST_ID, VoiceState
from voicestudio.models.search import fold_text

from . import texts
from .fields import Select, choice_field
from .list_filters import ListFilterForm, ListView, ReadPeople, person_choices, search_field

ORDERS: Final[dict[str, Promise]] = {
    "newest": _("Newest first"),
    "oldest": _("Oldest first"),
    "expiring": _("Next to expire"),
    "used": _("Last used"),
    "speaker": _("Speaker's name"),
}
VIEWS: Final[dict[str, Promise]] = {
    "expiring": _("Expiring within 48 hours"),
    "unheard": _("Not yet heard"),
}
LONGEST_NOTE: Final = 4000
LONGEST_TAGS: Final = 400


class TagField(forms.ChoiceField):
    """One of the tags, written in any case or accent."""

    def to_python(self, value: Any) -> str:
        """The tag as it is shown."""
        text = str(super().to_python(value))
        if not text:
            return ""  # without a query for the tags
        names = [str(name) for name, _label in self.choices]  # type: ignore[union-attr, misc]
        if text in names:
            return text
        return next((name for name in names if fold_text(name) == fold_text(text)), text)


class VoiceFilterForm(ListFilterForm):
    """Search, filters and order, all in the query string, so that a view can be bookmarked."""

    q = search_field(_("Speaker, voice ID, tag or note"))
    state = choice_field(_("State"))
    tag = TagField(label=_("Tag"), required=False, widget=Select(attrs={"class": "input"}))
    person = choice_field(_("Cloned by"))
    order = choice_field(_("Order"))
    speaker = forms.IntegerField(
        label=_("Speaker"),
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        widget=forms.HiddenInput,
    )
    view = choice_field(_("View"))

    folded_names = ("state", "tag", "person", "since", "until", "order")
    hidden_names = ("speaker", "view")
    counted_with = frozenset({"state", "view", "order"})
    views = (
        ListView(pgettext_lazy("voices", "All"), {"view": "", "state": ""}, has_count=False),
        ListView(VIEWS["expiring"], {"view": "expiring", "state": "", "order": "expiring"}),
        ListView(VIEWS["unheard"], {"view": "unheard", "state": ""}),
        ListView(_("Temporary"), {"view": "", "state": "temporary"}),
        ListView(_("Kept"), {"view": "", "state": "kept"}),
    )

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        tags: Callable[[], list[str]],
        people: ReadPeople,
        time_zone: str = "",
    ) -> None:
        super().__init__(
            data,
            time_zone=time_zone,
            state=[("", _("Any state")), *VoiceState.choices],
            tag=lambda: [("", _("Any tag")), *((name, name) for name in tags())],
            person=person_choices(people),
            order=list(ORDERS.items()),
            view=[("", ""), *VIEWS.items()],
        )

    @property
    def order_words(self) -> str | Promise:
        """The label of the chosen order."""
        return ORDERS[self.chosen.get("order", "newest")]


class NotesForm(forms.Form):
    """The team's notes; `seen` is the version of the notes that the person was shown."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3, "maxlength": LONGEST_NOTE}),
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=LONGEST_TAGS,
        help_text=_("Separated by commas: audiobook, warm, German"),
        widget=forms.TextInput(
            attrs={"class": "input", "autocomplete": "off", "maxlength": LONGEST_TAGS}
        ),
    )

    def clean_notes(self) -> str:
        """The notes without invisible characters."""
        return texts.clean(self.cleaned_data["notes"], lines=True)

    def clean_tags(self) -> list[str]:
        """The tags as typed."""
        return texts.split_tags(self.cleaned_data["tags"])
