"""Forms: what the filters of the lists have in common: saved views, dates and the search."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .fields import Choices, FilterForm, SearchInput, date_field

# In the query of a view: the person who looks at the list.
ME: Final = "me"

# Reads the ids and names of those to choose from.
type ReadPeople = Callable[[], Iterable[tuple[int, str]]]


class ListView(NamedTuple):
    """A view above a list: a link that sets these filters; an empty value removes one."""

    label: str | Promise
    query: Mapping[str, str]
    has_count: bool = True


def search_field(placeholder: str | Promise) -> forms.CharField:
    """The search of a list."""
    attrs = {"class": "input", "autocomplete": "off", "placeholder": placeholder, "maxlength": 200}
    return forms.CharField(
        label=_("Search"), required=False, max_length=200, widget=SearchInput(attrs=attrs)
    )


class ListFilterForm(FilterForm):
    """The filters of a list; `time_zone` is that of the account, or "".

    The bar shows the search; `folded_names` open below it and are fetched then, unless one of them
    is in use. `hidden_names` are set by the views. With filters other than `counted_with`, the
    views have no counts, since counting would read more than the page.
    """

    views: ClassVar[tuple[ListView, ...]] = ()
    folded_names: ClassVar[tuple[str, ...]] = ()
    hidden_names: ClassVar[tuple[str, ...]] = ()
    counted_with: ClassVar[frozenset[str]] = frozenset()

    since = date_field(_("From"))
    until = date_field(_("To"))
    # The time zone of the two days, which the browser adds where the account names none.
    zone = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any], *, time_zone: str = "", **options: Choices) -> None:
        self.time_zone = time_zone
        super().__init__(data, **options)

    @property
    def zone_name(self) -> str:
        """The time zone of the days, from the account, else from the browser; "" for UTC."""
        name = self.time_zone or str(self.chosen.get("zone", ""))
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # unknown, empty, or a path elsewhere
            return ""
        return name

    @property
    def period(self) -> tuple[datetime | None, datetime | None]:
        """From the start of the first day to the end of the last one, in the person's time zone."""
        since, until = self.chosen.get("since"), self.chosen.get("until")
        zone = ZoneInfo(self.zone_name or "UTC")
        start = datetime.combine(since, time.min, zone) if since else None
        end = datetime.combine(until + timedelta(days=1), time.min, zone) if until else None
        return start and start.astimezone(UTC), end and end.astimezone(UTC)

    @property
    def has_filters(self) -> bool:
        """Whether a filter is in use, or was invalid; an order is none."""
        return bool(self.chosen.keys() - {"order", "zone"} or self.errors)

    @property
    def query(self) -> str:
        """The filters in use as a query string, without the project; the same for the same ones."""
        names = [name for name in self.fields if name in self.chosen]
        return urlencode([(name, str(self.chosen[name])) for name in names])

    @property
    def has_counts(self) -> bool:
        """Whether the views show how many rows they have."""
        return self.counted_with.issuperset(self.chosen)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The names and values that a view has set, for the bar to keep."""
        return self._in_use(self.hidden_names)

    @property
    def folded_values(self) -> list[tuple[str, str]]:
        """The names and values of the folded filters in use, until their fields are fetched."""
        return self._in_use(self.folded_names)

    def _in_use(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """The names and values of those of these filters that are in use."""
        return [(name, str(self.chosen[name])) for name in names if name in self.chosen]

    @property
    def folded(self) -> list[forms.BoundField]:
        """The folded fields, where there is something to choose."""
        fields = [self[name] for name in self.folded_names]
        return [field for field in fields if _offers_choice(field)]

    @property
    def unfolded(self) -> bool:
        """Whether a folded filter is in use that no view explains."""
        chosen = {name: str(value) for name, value in self.chosen.items()}
        explained: set[str] = set()
        for view in self.views:
            if all(chosen.get(name, "") == value for name, value in view.query.items()):
                explained.update(view.query)
        used = {*chosen, *self.errors}.intersection(self.folded_names)
        return not used <= explained


def _offers_choice(field: forms.BoundField) -> bool:
    """Whether there is more than one answer; a field without choices takes any."""
    choices = getattr(field.field, "choices", None)
    return choices is None or len(list(choices)) > 1


def person_choices(read_people: ReadPeople) -> Choices:
    """The people to choose from, by their ids."""
    return lambda: [("", _("Anyone")), *((str(pk), name) for pk, name in read_people())]
