"""Search: speakers, voices, recordings and pages by name; a dialog on each page, and a page."""

from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from voicestudio.forms import texts
from voicestudio.models import Action
from voicestudio.models.search import fold_text
from voicestudio.services.permissions import may
from voicestudio.services.search import find_everywhere
from voicestudio.words.pages import PAGES

from .current_user import current_user
from .htmx import HtmxRequest
from .lists import keep_private
from .permitted import require_action

LONGEST = 100


class Match(NamedTuple):
    """One thing that was found: its name, what tells it apart, and its page."""

    name: str | Promise
    detail: str
    url: str


@require_safe
@require_action(Action.SEE)
def search(request: HtmxRequest) -> HttpResponse:
    """What contains the words; for the dialog only its options."""
    words = texts.clean(request.GET.get("q", ""))[:LONGEST]
    groups = [(label, matches) for label, matches in _find(request, words) if matches]
    template = "search/_options.html" if request.htmx else "search/search.html"
    return keep_private(render(request, template, {"words": words, "groups": groups}))


def _find(request: HtmxRequest, words: str) -> list[tuple[Promise, list[Match]]]:
    found = find_everywhere(current_user(request), words)
    speakers = [Match(row.name, "", reverse("speaker", args=[row.pk])) for row in found.speakers]
    voices = [
        Match(row.speaker.name, row.voice_id, reverse("voice", args=[row.pk]))
        for row in found.voices
    ]
    recordings = [
        Match(row.name, "", reverse("recording", args=[row.pk])) for row in found.recordings
    ]
    return [
        (_("Go to"), _list_pages(request, words)),
        (_("Speakers"), speakers),
        (_("Voices"), voices),
        (_("Recordings"), recordings),
    ]


def _list_pages(request: HtmxRequest, words: str) -> list[Match]:
    """The pages with these words in their names that the person may open."""
    return [
        Match(label, "", reverse(name))
        for name, (label, action) in PAGES.items()
        if fold_text(words) in fold_text(str(label)) and may(request.user, Action(action))
    ]
