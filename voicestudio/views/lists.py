"""Lists: what the pages with a filter bar share."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import Promise
from django.utils.http import urlencode
from django_htmx.http import push_url

from voicestudio.forms.list_filters import ME, ListFilterForm, ListView
from voicestudio.models import ListKind
from voicestudio.models.row_counts import RowCount, count_rows
from voicestudio.services.people.columns import list_columns
from voicestudio.services.people.saved_filters import LONGEST_QUERY, list_filters
from voicestudio.words.lists import TOTALS

from .current_user import current_user
from .htmx import HtmxRequest

if TYPE_CHECKING:
    from django.db.models import QuerySet

RESULTS: Final = "results"
# The time zone that the person has chosen, in the session.
SESSION_TIME_ZONE: Final = "time_zone"
MOST_IN_VIEW: Final = 99
MOST_IN_TOTAL: Final = 999
# What a view sets besides its filters.
ORDER: Final = "order"


class ViewLink(NamedTuple):
    """A view above a list: its query, whether the list shows it now, and whether it has a count."""

    number: int
    label: str | Promise
    query: dict[str, str]
    is_current: bool
    has_count: bool


def render_part[Form: ListFilterForm](
    request: HtmxRequest,
    form: Form,
    make_form: Callable[[dict[str, str]], Form],
    select: Callable[[Form], "QuerySet[Any]"],
) -> HttpResponse | None:
    """What an open page asks for, which it is drawn without; None if the whole page is wanted.

    That is its counts, which cost as much as a third of the page while a person can read the rows,
    and its folded filters, whose people and tags few visits need. `select` returns all rows that a
    form lets through; `make_form` makes that of a view.
    """
    match request.htmx.target if request.htmx else None:
        case "filters":
            response = render(request, "_filter_fields.html", {"form": form})
        case "counts":
            response = render(request, "_counts.html", _count(request, form, make_form, select))
        case _:
            return None
    return keep_private(response)


def _count[Form: ListFilterForm](
    request: HtmxRequest,
    form: Form,
    make_form: Callable[[dict[str, str]], Form],
    select: Callable[[Form], "QuerySet[Any]"],
) -> dict[str, Any]:
    """How many rows the list and its views have; one query."""
    views = describe_views(request, form)
    counted = [view for view in views if view.has_count]
    forms = [make_form({**request.GET.dict(), **view.query}) for view in counted]
    lists = [(select(form), MOST_IN_TOTAL), *((select(each), MOST_IN_VIEW) for each in forms)]
    # Counting what a search finds would read far more than the page.
    found = [] if form.chosen.get("q") else count_rows(current_user(request), *lists)
    return {
        "total": _describe_total(request, found[0]) if found else "",
        "found": found[0] if found else None,
        "counts": zip([view.number for view in counted], found[1:], strict=False),
    }


def _describe_total(request: HtmxRequest, total: RowCount) -> str:
    """How many rows the list has; "" for none, which the list itself says."""
    words = TOTALS[request.path.strip("/")]
    return str(words % {"number": total.number, "total": total}) if total.number else ""


def describe_views(request: HtmxRequest, form: ListFilterForm) -> list[ViewLink]:
    """The views above a list."""
    queries = [_name_person(view, current_user(request).pk) for view in form.views]
    return [
        ViewLink(
            number, view.label, query, _is_current(form, query), view.has_count and form.has_counts
        )
        for number, (view, query) in enumerate(zip(form.views, queries, strict=True))
    ]


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
    saved = list_filters(current_user(request), kind)
    is_part = bool(request.htmx) and request.htmx.target == RESULTS
    context |= {
        "url": url,
        "kind": kind,
        "views": describe_views(request, context["form"]),
        "saved_filters": saved,
        "columns": list_columns(current_user(request), kind),
        "saved_filter": next((one for one in saved if one.query == context["form"].query), None),
        # The one in use goes with the other filters; of the audit trail it is one of them.
        "project": "" if "project" in context["form"].fields else request.GET.get("project", ""),
        "show_filters": "filters" in request.GET,
        "oob": is_part,
    }
    if is_part:
        response = render(request, f"{template}#{RESULTS}", context, status=status)
        query = urlencode([(name, str(value)) for name, value in request.GET.items() if value])
        push_url(response, f"{url}?{query}" if query else url)
    else:
        response = render(request, template, context, status=status)
    return keep_private(response)


def posted_query(request: HttpRequest, *, whole: bool = False) -> str:
    """The query string of the list, which its buttons send with them; a long one ends earlier."""
    query = request.POST.get("query", "")
    if len(query) > LONGEST_QUERY and not whole:
        query = query[:LONGEST_QUERY].rpartition("&")[0]  # whole filters only
    return QueryDict(query).urlencode()


def back_to_list(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """The list as it was filtered when a button of it was pressed."""
    query = posted_query(request)
    return redirect(reverse(kind.value) + (f"?{query}" if query else ""))


def keep_private(response: HttpResponse) -> HttpResponse:
    """Keep caches from mixing up the part and the page, which share an address."""
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    patch_cache_control(response, private=True, no_store=True)
    return response
