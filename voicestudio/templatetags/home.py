"""Template tags of the home page: the one action of each row, and what is waiting in a sentence."""

from typing import Any

from django import template
from django.template import Context
from django.utils.translation import gettext as _

from voicestudio.models import Action, AttemptState, CloneAttempt, Voice
from voicestudio.services import clones
from voicestudio.services.needs import Needs

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
    sentences = {
        "running": _("%(count)s in progress"),
        "unheard": _("%(count)s ready to hear"),
        "flagged": _("%(count)s flagged"),
        "unresolved": _("%(count)s unknown or interrupted"),
        "failed": _("%(count)s failed"),
        "expiring": _("%(count)s expiring"),
    }
    groups = vars(needs)
    waiting = [
        sentences[name] % {"count": group.count} for name, group in groups.items() if group.pks
    ]
    return " · ".join(waiting) or _("Nothing needs you now.")
