"""Template tags of a deletion: the name of each item, and what became of it."""

from typing import Final

from django import template
from django.utils.functional import Promise

from voicestudio.words import voices as words

register = template.Library()

TONES: Final = {"done": "good", "already_gone": "good", "failed": "bad", "kept": "warn"}
ICONS: Final = {"done": "check", "already_gone": "check", "failed": "cross", "kept": "note"}


@register.filter
def item_name(kind: str) -> str | Promise:
    """What was to be deleted."""
    return words.ITEMS[kind]


@register.filter
def item_result(state: str) -> str | Promise:
    """What became of it."""
    return words.ITEM_STATES[state]


@register.filter
def item_tone(state: str) -> str:
    """Its colour, as the stylesheet names it."""
    return TONES[state]


@register.filter
def item_icon(state: str) -> str:
    """The name of its icon."""
    return ICONS[state]
