"""Template tags of the history: one row of it."""

from typing import Final, NamedTuple

from django import template
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voicestudio import words
from voicestudio.models import CloneAttempt, State
from voicestudio.services import attempts
from voicestudio.words import Saying

from .attempt import keeps_changing, way_on
from .layouts import address, filled
from .studio import player, when

register = template.Library()

TEMPLATE: Final = "attempts/_row.html"
# Where a link of a row leads to the attempt's own page, where there is more to read first.
TO_ITS_PAGE: Final = {
    State.INTERRUPTED: gettext_lazy("Start it again"),
    State.UNKNOWN: gettext_lazy("Find out"),
}


class RowShape(NamedTuple):
    """What decides how a row is laid out.

    `note` is what there is to tell, `tone` its colour, `way` the words of the link in it.
    """

    state: State
    has_player: bool
    is_silent: bool
    note: Saying | None
    tone: str
    way: str | Promise
    has_parent: bool


@register.simple_tag
def attempt_row(attempt: CloneAttempt) -> SafeString:
    """`attempts/_row.html` for one attempt.

    One that still changes is laid out for itself, every other one like those of its shape.
    """
    shape, way_url = _shape(attempt)
    texts = {
        "pk": str(attempt.pk),
        "speaker": attempt.speaker_name,
        "voice_id": attempt.voice_id,
        "url": address("attempt", attempt.pk),
        "way_url": way_url,
        "player": _player(attempt) if shape.has_player else "",
        "parent": str(attempt.parent_id or ""),
        "changed": str(getattr(attempt, "changed", "")),
        "person": attempt.person,
        "when": when(attempt.created_at),
    }
    if keeps_changing(attempt):
        given = {"row": shape._asdict() | texts, "attempt": attempt}
        return render_to_string(TEMPLATE, given)
    return filled(TEMPLATE, "row", shape, texts)


def _shape(attempt: CloneAttempt) -> tuple[RowShape, str]:
    """How the row is laid out, and the address of the link in its note."""
    state, note = attempt.state, attempts.saying(attempt)
    tone, way_url = state.value, ""
    way: str | Promise = ""
    has_player = bool(attempt.demo)
    is_silent = attempt.is_ready and not has_player and not attempt.demo_is_under_way
    if is_silent and (problem := attempt.demo_problem):
        note, tone, is_silent = words.of_demo(problem), "warn", False
    elif state in TO_ITS_PAGE:
        way, way_url = TO_ITS_PAGE[state], address("attempt", attempt.pk)
    elif note and (on := way_on(attempt)):
        way, way_url = on.label, on.url
    shape = RowShape(state, has_player, is_silent, note, tone, way, attempt.parent_id is not None)
    return shape, way_url


def _player(attempt: CloneAttempt) -> SafeString:
    label = _("the new voice of %(name)s") % {"name": attempt.speaker_name}
    url = address("demo_audio", attempt.pk)
    return player(url, attempt.demo_peaks, attempt.demo_duration_ms, label)
