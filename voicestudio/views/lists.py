"""Lists: what the pages of history, voices and recordings share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import Promise
from django.utils.http import urlencode
from django_htmx.http import push_url

from voicestudio.forms.list_filters import ME, ListFilterForm, ListView
from voicestudio.models.row_counts import RowCount, count_rows
from voicestudio.services.people.saved_filters import SavedFilter

from .account import SESSION_TIME_ZONE
from .current_user import current_user
from .htmx import HtmxRequest

if TYPE_CHECKING:
    from django.db.models import QuerySet

RESULTS: Final = "results"
MOST_IN_VIEW: Final = 99
MOST_IN_TOTAL: Final = 999
# What a view sets besides its filters.
ORDER: Final = "order"


class ViewLink(NamedTuple):
    """A view above a list: its query, whether the list shows it now, and how many rows it has."""

    label: str | Promise
    query: dict[str, str]
    is_current: bool
    rows: RowCount | None


def describe_views[Form: ListFilterForm](
    request: HtmxRequest,
    form: Form,
    rows: "QuerySet[Any]",
    select: Callable[[dict[str, str]], "QuerySet[Any]"],
) -> dict[str, Any]:
    """`views`, `total` and `saved_filters` for the page of a list; one query.

    `rows` are all rows of the list, `select` returns those of a query string.
    """
    person = current_user(request)
    queries = [_name_person(view, person.pk) for view in form.views]
    counted = [view.has_count and form.has_counts for view in form.views]
    lists = [(rows, MOST_IN_TOTAL)]
    for query, has_count in zip(queries, counted, strict=True):
        if has_count:
            lists.append((select({**request.GET.dict(), **query}), MOST_IN_VIEW))
    columns = ("person__saved_filters",)
    (total, *counts), (saved,) = count_rows(person, *lists, columns=columns)
    numbers = iter(counts)
    links = [
        ViewLink(view.label, query, _is_current(form, query), next(numbers) if has_count else None)
        for view, query, has_count in zip(form.views, queries, counted, strict=True)
    ]
    return {"views": links, "total": total, "saved_filters": saved or {}}


def _name_person(view: ListView, pk: int) -> dict[str, str]:
    return {name: str(pk) if value == ME else value for name, value in view.query.items()}


def _is_current(form: ListFilterForm, query: dict[str, str]) -> bool:
    names = query.keys() - {ORDER}
    return all(str(form.chosen.get(name, "")) == query[name] for name in names)


def time_zone(request: HtmxRequest) -> str:
    """The time zone that the person has chosen; "" for that of the browser."""
    return str(request.session.get(SESSION_TIME_ZONE, ""))


def render_list(
    request: HtmxRequest, template: str, context: dict[str, Any], *, url: str, status: int = 200
) -> HttpResponse:
    """The page of a list; for its filters only the results and what changes with them."""
    kind = url.strip("/")
    saved = [SavedFilter(**each) for each in context["saved_filters"].get(kind, [])]
    is_part = bool(request.htmx) and request.htmx.target == RESULTS
    context |= {
        "url": url,
        "kind": kind,
        "saved_filters": saved,
        "saved_filter": next((one for one in saved if one.query == context["form"].query), None),
        "project": request.GET.get("project", ""),
        "oob": is_part,
    }
    if is_part:
        response = render(request, f"{template}#{RESULTS}", context, status=status)
        query = urlencode([(name, str(value)) for name, value in request.GET.items() if value])
        push_url(response, f"{url}?{query}" if query else url)
    else:
        response = render(request, template, context, status=status)
    return keep_private(response)


def keep_private(response: HttpResponse) -> HttpResponse:
    """Keep caches from mixing up the part and the page, which share an address."""
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    patch_cache_control(response, private=True, no_store=True)
    return response
