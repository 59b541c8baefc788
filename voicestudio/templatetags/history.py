"""Template tags of the history: one row of it."""

from typing import Final, NamedTuple

from django import template
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voicestudio import words
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.services import clones
from voicestudio.words import Message

from .attempt import keeps_changing, pace, way_on
from .progress import stages, waiting
from .row_cache import address, filled
from .studio import player, when

register = template.Library()

# Where a link of a row leads to the attempt's own page, where there is more to read first.
TO_ITS_PAGE: Final = {
    AttemptState.INTERRUPTED: gettext_lazy("Start it again"),
    AttemptState.UNKNOWN: gettext_lazy("Find out"),
}


class RowShape(NamedTuple):
    """What decides how a row is laid out.

    `note` is what there is to tell, `tone` its colour, `way` the words of the link in it.
    """

    state: AttemptState
    moves: bool
    note: Message | None
    tone: str
    way: str | Promise
    is_silent: bool
    has_parent: bool


@register.simple_tag
def attempt_row(attempt: CloneAttempt) -> SafeString:
    """`attempts/_row.html` for one attempt that was read by `for_rows`."""
    shape, way_url = _shape(attempt)
    texts = {
        "pk": str(attempt.pk),
        "speaker": attempt.speaker_name,
        "voice_id": attempt.voice_id,
        "url": address("attempt", attempt.pk),
        "way_url": way_url,
        "happens": "" if shape.note or shape.is_silent else _happens(attempt),
        "parent": str(attempt.parent_id or ""),
        "changed": str(getattr(attempt, "changed", "")),
        "person": attempt.person,
        "when": when(attempt.created_at),
        "live_url": address("attempt_row", attempt.pk) if shape.moves else "",
        "pace": str(pace(attempt)) if shape.moves else "",
    }
    return filled("attempts/_row.html", "row", shape, texts)


def _shape(attempt: CloneAttempt) -> tuple[RowShape, str]:
    """How the row is laid out, and the address of the link in its note."""
    state = attempt.state
    note = (
        clones.message_for(attempt)
        if state is not AttemptState.WAITING and not attempt.audio
        else None
    )
    tone, way_url = state.value, ""
    way: str | Promise = ""
    is_silent = attempt.is_ready and not attempt.audio and not attempt.audio_is_under_way
    if is_silent and (problem := attempt.audio_problem):
        note, tone = words.message_for_audio_trouble(problem), "warn"
    elif note and state in TO_ITS_PAGE:
        way, way_url = TO_ITS_PAGE[state], address("attempt", attempt.pk)
    elif note and (on := way_on(attempt)):
        way, way_url = on.label, on.url
    moves, has_parent = keeps_changing(attempt), attempt.parent_id is not None
    return RowShape(state, moves, note, tone, way, is_silent, has_parent), way_url


def _happens(attempt: CloneAttempt) -> SafeString:
    """The demo; of an attempt that is under way its stages, or what it waits for."""
    if attempt.audio:
        label = _("the new voice of %(name)s") % {"name": attempt.speaker_name}
        url = address("preview_audio", attempt.pk)
        return player(url, attempt.audio_peaks, attempt.audio_duration_ms, label)
    return waiting(attempt) if attempt.state is AttemptState.WAITING else stages(attempt)
