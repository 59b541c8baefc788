"""Prices by the price list in the settings; decimals, never floats."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.conf import settings

from voicestudio.models import Charge, ChargeKind, PaidCall, Voice

MILLION: Final = Decimal(1_000_000)
# Han ideographs of all planes, and the two marks used like them; also in clone-form.js.
HAN: Final = re.compile(
    "[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# A reported number of characters above this many times ours is taken for a mistake.
PLAUSIBLE_TIMES: Final = 10


@dataclass(frozen=True)
class ClonePrice:
    """The price of a clone in settings.CURRENCY: `preview` now, `clone` at the first real use.

    Where the clone fee is charged at once, `due` is both.
    """

    preview: Decimal
    clone: Decimal

    @property
    def due(self) -> Decimal:
        """What the clone itself costs now."""
        return self.preview + (self.clone if settings.CLONE_FEE_AT_ONCE else 0)


@dataclass(frozen=True)
class SpeechPrice:
    """The price of a speech: its characters, and the `clone` fee if it is the first real use."""

    speech: Decimal
    clone: Decimal

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.speech + self.clone


def billable_characters(text: str) -> int:
    """How many characters of this text the provider bills.

    Source: provider.md, "Life and money": a Han character counts as two, which is a setting.
    """
    return len(text) + (settings.BILLED_PER_HAN - 1) * len(HAN.findall(text))


def billed_characters(text: str, reported: int | None) -> int:
    """How many characters of this text were billed: as the answer says, if that is plausible."""
    expected = billable_characters(text)
    if reported is not None and 0 <= reported <= PLAUSIBLE_TIMES * expected:
        return reported
    return expected


def price_per_million(model: str) -> Decimal:
    """The price of a million characters. Source: provider.md, "Life and money"."""
    turbo = model.endswith("turbo")
    return settings.PRICE_TURBO_PER_MILLION if turbo else settings.PRICE_HD_PER_MILLION


def price_per_character(model: str) -> Decimal:
    """The price of one character."""
    return price_per_million(model) / MILLION


def estimate_clone(preview_text: str, model: str) -> ClonePrice:
    """Return what a clone with this preview would cost."""
    preview = billable_characters(preview_text) * price_per_character(model)
    return ClonePrice(preview=preview, clone=settings.PRICE_CLONE)


def estimate_speech(text: str, model: str, voice: Voice) -> SpeechPrice:
    """Return what a speech of this voice would cost, with the clone fee if it falls due."""
    return SpeechPrice(
        speech=billable_characters(text) * price_per_character(model),
        clone=settings.PRICE_CLONE if is_clone_fee_due(voice) else Decimal(0),
    )


def price_of(call: PaidCall) -> Decimal:
    """Return what `call` costs if it succeeds."""
    text, voice = call.billed_text, call.voice_used
    price = billable_characters(text) * price_per_character(call.model) if text else Decimal(0)
    due = settings.CLONE_FEE_AT_ONCE if voice is None else is_clone_fee_due(voice)
    return price + (settings.PRICE_CLONE if due else 0)


def is_clone_fee_due(voice: Voice) -> bool:
    """Whether the clone fee falls due with the next speech of this voice."""
    if voice.kept_at is not None or settings.CLONE_FEE_AT_ONCE:
        return False
    return not Charge.objects.counted().filter(voice=voice, kind=ChargeKind.CLONE).exists()
