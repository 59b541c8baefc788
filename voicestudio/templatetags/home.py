"""Template tags of the home page: the one action of each row, and what is waiting in a sentence."""

from typing import Any

from django import template
from django.template import Context
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voicestudio.models import Action, AttemptState, CloneAttempt, Voice
from voicestudio.services import clones
from voicestudio.services.needs import Needs
from voicestudio.words.items import join_items

from .attempt import Link
from .row_cache import row_url
from .rows import attempt_link
from .studio import for_reader, may
from .voice import attempt_of

register = template.Library()
register.filter(attempt_of)


@register.simple_tag(takes_context=True)
def attempt_action(context: Context, attempt: CloneAttempt) -> Link:
    """The next step of an attempt that went wrong, else the way to its page."""
    message = for_reader(clones.message_for(attempt), context["request"].user)
    if message and attempt.state is not AttemptState.WAITING:
        if link := attempt_link(attempt, message):
            return link
        if may(context, Action.CLONE, attempt):
            return Link(row_url("attempt", attempt.pk), _("See what to do"))
    return Link(row_url("attempt", attempt.pk), _("View progress"))


@register.simple_tag(takes_context=True)
def voice_action(context: Context, voice: Voice, group: str) -> Link:
    """What can be done with a voice that waits to be heard, is flagged or expires."""
    if group == "expiring" and may(context, Action.KEEP, voice):
        return Link(row_url("voice", voice.pk), _("Keep"))
    attempt: Any = attempt_of(voice)
    if group == "flagged":
        return Link(row_url("attempt", attempt.pk), _("Review"))
    return Link(row_url("voice", voice.pk), _("Open"))


@register.filter
def needs_sentence(needs: Needs) -> str:
    """What waits, in one line that a screen reader reads when it changes."""
    groups = {name: group for name, group in vars(needs).items() if group.pks}
    waiting = [
        _count_group(name, len(group.pks)) % {"count": group.count}
        for name, group in groups.items()
    ]
    return join_items(waiting) or _("Nothing needs you now.")


def _count_group(name: str, count: int) -> str:
    match name:
        case "running":
            return ngettext(
                "%(count)s attempt in progress", "%(count)s attempts in progress", count
            )
        case "unheard":
            return ngettext(
                "%(count)s voice ready to hear", "%(count)s voices ready to hear", count
            )
        case "flagged":
            return ngettext("%(count)s voice flagged", "%(count)s voices flagged", count)
        case "unresolved":
            return ngettext(
                "%(count)s attempt unknown or interrupted",
                "%(count)s attempts unknown or interrupted",
                count,
            )
        case "failed":
            return ngettext("%(count)s attempt failed", "%(count)s attempts failed", count)
    return ngettext("%(count)s voice expires soon", "%(count)s voices expire soon", count)
