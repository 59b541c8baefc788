"""Template tags of the ledger: what was to be deleted, what became of it, why one is only here."""

from typing import Final

from django import template
from django.utils.functional import Promise

from voicestudio.words import voices as words

register = template.Library()

TONES: Final = {"done": "good", "already_gone": "good", "failed": "bad", "kept": "warn"}
ICONS: Final = {"done": "check", "already_gone": "check", "failed": "cross", "kept": "note"}


@register.filter
def item_name(what: str) -> str | Promise:
    """A thing that was to be deleted."""
    return words.ITEMS[what]


@register.filter
def became(state: str) -> str | Promise:
    """What became of it."""
    return words.ITEM_STATES[state]


@register.filter
def item_tone(state: str) -> str:
    """Its colour, by the name that the stylesheet knows."""
    return TONES[state]


@register.filter
def item_icon(state: str) -> str:
    """Its drawing; the word stands beside it."""
    return ICONS[state]


@register.filter
def only_here(reason: str) -> str | Promise:
    """Why MiniMax does not list a voice."""
    return words.ONLY_HERE[reason]
