"""Paging: the cursors in a query string, and the links to the neighbouring pages."""

from typing import Final, NamedTuple

from django.http import HttpRequest

from voicestudio.forms.ids import parse_id

PARAMETERS: Final = ("before", "after", "page")


class Cursors(NamedTuple):
    """The ids between which a page lies; None for the first page."""

    before: int | None
    after: int | None


def read_cursors(request: HttpRequest) -> Cursors:
    """The ids `before` and `after` of the query string; an invalid one is ignored."""
    before, after = (parse_id(request.GET.get(name, "")) or None for name in ("before", "after"))
    return Cursors(before, after)


def page_links(
    request: HttpRequest,
    path: str,
    previous: tuple[str, object],
    following: tuple[str, object],
    *,
    anchor: str = "",
) -> dict[str, str]:
    """The URLs `previous` and `next` for `_pages.html`, with the filters of this page.

    Each page is given by a parameter and its value; without a value the URL is empty.
    """
    links = {}
    for name, (parameter, value) in (("previous", previous), ("next", following)):
        query = request.GET.copy()
        for other in PARAMETERS:
            query.pop(other, None)
        query[parameter] = str(value)
        links[name] = f"{path}?{query.urlencode()}{anchor}" if value else ""
    return links
