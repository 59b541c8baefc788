"""Help: the sections of the help page with today's facts, and search in them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voicestudio.audio import rules
from voicestudio.models import Action, Purpose
from voicestudio.models.search import fold_text
from voicestudio.models.voice_states import UNUSED_LIFETIME
from voicestudio.words import money
from voicestudio.words.help import BUTTONS, FEE_AT_FIRST_USE, FEE_AT_ONCE, KEYS, SECTIONS, Section
from voicestudio.words.shortcuts import SHORTCUTS, Shortcut

from .permissions import may

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class HelpSection:
    """A section as a person reads it, in their language."""

    anchor: str
    title: str
    texts: list[str]
    terms: list[tuple[str, str]]
    shortcuts: list[Shortcut]
    picture: str
    alt: str

    def contains(self, words: list[str]) -> bool:
        """Whether all of the folded words stand somewhere in it."""
        terms = [text for term in self.terms for text in term]
        keys = [str(shortcut.text) for shortcut in self.shortcuts]
        text = fold_text("\n".join([self.title, *self.texts, *terms, *keys]))
        return all(word in text for word in words)


def list_sections(person: "User | AnonymousUser") -> list[HelpSection]:
    """All sections, in their order."""
    facts = list_facts()
    shortcuts = list_shortcuts(person)
    return [
        _fill_in(anchor, section, facts, shortcuts if anchor == KEYS else [])
        for anchor, section in SECTIONS.items()
    ]


def search(person: "User | AnonymousUser", query: str) -> list[HelpSection]:
    """The sections with all words of the query, in any case and without their accents."""
    words = fold_text(query).split()
    return [section for section in list_sections(person) if section.contains(words)]


def list_shortcuts(person: "User | AnonymousUser") -> list[Shortcut]:
    """The keys that do something for this person."""
    return [shortcut for shortcut in SHORTCUTS if may(person, Action(shortcut.action))]


def list_facts() -> dict[str, str]:
    """What the texts name: lengths, prices and buttons, as they are now."""
    span = rules.SPANS[Purpose.SAMPLE]
    fee = {"fee": _price(settings.PRICE_CLONE)}
    days = UNUSED_LIFETIME.days
    minutes = span.longest // MINUTE_MS
    seconds = span.shortest // 1000
    return {
        "shortest": ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds},
        "longest": ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes},
        "lifetime": ngettext("%(count)s day", "%(count)s days", days) % {"count": days},
        "speech": _speech_prices(),
        "voice": str(FEE_AT_ONCE if settings.CLONE_FEE_AT_ONCE else FEE_AT_FIRST_USE) % fee,
        **{name: str(label) for name, label in BUTTONS.items()},
    }


def _speech_prices() -> str:
    """The price of 1,000 characters, by the kind of model if the kinds differ."""
    hd, turbo = settings.PRICE_HD_PER_MILLION / 1000, settings.PRICE_TURBO_PER_MILLION / 1000
    if hd == turbo:
        return _price(hd)
    return _("%(hd)s (HD models) or %(turbo)s (turbo models)") % {
        "hd": _price(hd),
        "turbo": _price(turbo),
    }


def _price(amount: Decimal) -> str:
    return money(amount, settings.CURRENCY)


def _fill_in(
    anchor: str, section: Section, facts: dict[str, str], shortcuts: list[Shortcut]
) -> HelpSection:
    return HelpSection(
        anchor=anchor,
        title=str(section.title),
        texts=[str(text) % facts for text in section.texts],
        terms=[(str(term), str(text) % facts) for term, text in section.terms],
        shortcuts=shortcuts,
        picture=section.picture,
        alt=str(section.alt),
    )
