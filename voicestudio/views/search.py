"""Search: pages, actions, saved filters and rows by name; a dialog on each page, and a page."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from voicestudio.forms import texts
from voicestudio.models import Action, ListKind, Theme, display_name
from voicestudio.models.search import contains_words
from voicestudio.services.people.saved_filters import list_filters
from voicestudio.services.permissions import may
from voicestudio.services.search import find_everywhere
from voicestudio.words.help import KEYS
from voicestudio.words.items import label_value
from voicestudio.words.pages import (
    ACTIONS,
    APPEARANCE,
    APPEARANCE_WORDS,
    PAGES,
    SHORTCUTS,
    SHORTCUTS_WORDS,
    SIGN_OUT,
)

from .current_user import current_user
from .htmx import HtmxRequest
from .lists import RESULTS, keep_private
from .looks import is_closed_to_look
from .permitted import require_action

LONGEST = 100


class Match(NamedTuple):
    """One thing that was found: its name, what tells it apart, and its page.

    With `is_button` it is done by a button, which sends `theme` to the address. With
    `shows_shortcuts` a script opens the list of the keys in place of the page. It is found by its
    `other_words`, too.
    """

    name: str | Promise
    detail: str
    url: str
    is_button: bool = False
    theme: str = ""
    shows_shortcuts: bool = False
    other_words: str | Promise = ""


@require_safe
@require_action(Action.SEE)
def search(request: HtmxRequest) -> HttpResponse:
    """What contains the words; for the dialog only its options, for the page only its results."""
    words = texts.clean(request.GET.get("q", ""))[:LONGEST]
    groups = [(label, matches) for label, matches in _find(request, words) if matches]
    is_page = not request.htmx or request.htmx.target == RESULTS
    template = "search/search.html" if is_page else "search/_options.html"
    count = sum(len(matches) for _label, matches in groups)
    context = {"words": words, "groups": groups, "count": count, "page": _page_of(request)}
    if not (request.htmx and is_page):
        return keep_private(render(request, template, context))
    response = render(request, f"{template}#{RESULTS}", context)
    push_url(
        response, f"{reverse('search')}?{urlencode({'q': words})}" if words else reverse("search")
    )
    return keep_private(response)


def _page_of(request: HtmxRequest) -> str:
    """Where a button leads back: to the page below the dialog."""
    below = request.htmx.current_url_abs_path if request.htmx else None
    return below or request.get_full_path()


def _find(request: HtmxRequest, words: str) -> list[tuple[Promise, list[Match]]]:
    groups = [
        (_("Go to"), _list_pages(request)),
        (_("Actions"), _list_actions(request)),
        (_("Saved filters"), _list_saved_filters(request)),
    ]
    named = [
        (label, [match for match in matches if _is_offered(request, match, words)])
        for label, matches in groups
    ]
    return [*named, *_find_rows(request, words)]


def _is_offered(request: HtmxRequest, match: Match, words: str) -> bool:
    is_found = contains_words(words, str(match.name), str(match.other_words))
    return is_found and not is_closed_to_look(request, match.url)


def _find_rows(request: HtmxRequest, words: str) -> list[tuple[Promise, list[Match]]]:
    found = find_everywhere(current_user(request), words)
    voices = [
        Match(row.speaker.name, row.voice_id, reverse("voice", args=[row.pk]))
        for row in found.voices
    ]
    people = [
        Match(display_name(row), "", reverse("person", args=[row.pk])) for row in found.people
    ]
    return [
        (_("Speakers"), _list_named("speaker", found.speakers)),
        (_("Voices"), voices),
        (_("Recordings"), _list_named("recording", found.recordings)),
        (_("Projects"), _list_named("project", found.projects)),
        (_("People"), people),
    ]


def _list_named(page: str, rows: Iterable[Any]) -> list[Match]:
    """Rows that have a name, each with its page."""
    return [Match(row.name, "", reverse(page, args=[row.pk])) for row in rows]


def _list_pages(request: HtmxRequest) -> list[Match]:
    """The pages that the person may open."""
    return [
        Match(label, "", reverse(name))
        for name, (label, action) in PAGES.items()
        if may(request.user, Action(action))
    ]


def _list_actions(request: HtmxRequest) -> list[Match]:
    """What the person may begin, and what a button does at once."""
    links = [
        Match(label, "", reverse(name) + (f"#{place}" if place else ""))
        for label, action, name, place in ACTIONS
        if may(request.user, Action(action))
    ]
    url = reverse("change_theme")
    themes = [
        Match(
            label_value(str(APPEARANCE), str(theme.label)), "", url, True, theme.value,
            other_words=APPEARANCE_WORDS,
        )
        for theme in Theme
    ]  # fmt: skip
    keys = Match(
        SHORTCUTS, "", f"{reverse('help')}#{KEYS}", shows_shortcuts=True,
        other_words=SHORTCUTS_WORDS,
    )  # fmt: skip
    return [*links, keys, *themes, Match(SIGN_OUT, "", reverse("sign_out"), True)]


def _list_saved_filters(request: HtmxRequest) -> list[Match]:
    """The filters of all lists that the person has saved."""
    return [
        Match(saved.name, str(PAGES[kind.value][0]), f"{reverse(kind.value)}?{saved.query}")
        for kind in ListKind
        for saved in list_filters(current_user(request), kind)
    ]
