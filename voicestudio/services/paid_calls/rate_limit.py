"""Rates: all workers together keep to the provider's limits, and whoever waits knows until when.

Turns are given out one at a time under a lock of the database, in the order in which calls ask for
them. A "slow down" of the provider's moves every turn that is still to come.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from voicestudio.models import CallKind, CloneAttempt, PaidCall, RateLimit, Speech

# Pauses after the first, second … "slow down" in a row, as shares of the window: of a minute they
# are 2, 5, 10, 20, 40, 60, 90 and 120 seconds.
PAUSES: Final = (1 / 30, 1 / 12, 1 / 6, 1 / 3, 2 / 3, 1, 1.5, 2)
LONGEST_RETRY_AFTER: Final = 600.0
# A call may take longer to arrive than the one before it: the window is counted wider than it is.
MARGIN: Final = 0.02
LEAST_MARGIN: Final = 0.25
# Codes that speak of requests in a time, so that their number can be learned from them.
# Source: provider.md, "Codes".
COUNTED: Final = frozenset({1002, None})
# What was learned is believed for so many windows; after as many again, twice as much is tried.
BELIEVED_FOR: Final = 2


def kind_of(call: PaidCall) -> CallKind:
    """Which of the provider's limits this call counts against."""
    return CallKind.SPEECH if isinstance(call, Speech) else CallKind.CLONE


class Slot(NamedTuple):
    """When a call may go; `granted` if that is this very moment, which is counted then."""

    at: datetime
    granted: bool


def reserve_slot(call: PaidCall, *, now_or_never: bool = True) -> Slot:
    """May `call` go now, or when? Without `now_or_never` it only asks when.

    To be asked in the transaction that writes what follows from the answer: `slot_at` of the row
    has to become `at`, since that is how the turn is known again.
    """
    assert transaction.get_connection().in_atomic_block
    rate, now = _locked(call), timezone.now()
    book = _Book(rate, now)
    reserved = call.slot_at if call.slot_at and book.holds(call.slot_at) else None
    if reserved is not None:
        due = max(reserved, rate.paused_until or reserved, book.opening())
    else:
        due = book.next_free()
    if reserved is not None:
        book.strike_out(reserved)
    granted = due <= now and now_or_never
    if granted:
        book.used_slots.append(now.timestamp())
    else:
        book.plan(due)
    book.save()
    return Slot(now if granted else due, granted)


def slow_down(call: PaidCall, *, code: int | None, retry_after: float | None) -> None:
    """The provider has told `call` to slow down: nobody goes for a while, longer each time.

    `retry_after` is its own Retry-After in seconds. Calls that had gone before the last pause began say
    nothing new. The call itself takes a new turn, behind all others.
    """
    with transaction.atomic():
        rate, now = _locked(call), timezone.now()
        used_slots = call.slot_at or now
        book = _Book(rate, now)
        book.take_back(used_slots)
        if code in COUNTED and book.used_slots:
            rate.learned_limit, rate.learned_at = len(book.used_slots), now
        if rate.paused_at is None or used_slots >= rate.paused_at or not rate.consecutive_429s:
            pause = (
                PAUSES[min(rate.consecutive_429s, len(PAUSES) - 1)] * settings.RATE_WINDOW_SECONDS
            )
            pause *= random.uniform(1.0, 1.4)  # noqa: S311 - not all studios at the same moment
            pause = max(pause, min(retry_after or 0, LONGEST_RETRY_AFTER))
            rate.consecutive_429s = min(rate.consecutive_429s + 1, 1000)
            rate.paused_at = now
            rate.paused_until = max(rate.paused_until or now, now + timedelta(seconds=pause))
            _put_off(call, book)
        book.save()


def record_success(call: PaidCall) -> None:
    """The provider has taken `call`: what it said before is over."""
    if call.slot_at is not None:
        RateLimit.objects.filter(
            kind=kind_of(call),
            provider=call.provider,
            consecutive_429s__gt=0,
            paused_at__lt=call.slot_at,
        ).update(consecutive_429s=0)


def _locked(call: PaidCall) -> RateLimit:
    rates = RateLimit.objects.select_for_update()
    rate, _made = rates.get_or_create(kind=kind_of(call), provider=call.provider)
    return rate


def _put_off(call: PaidCall, book: "_Book") -> None:
    """Move every turn that is still to come behind the pause, in the same order."""
    hold = book.rate.paused_until
    assert hold is not None
    ahead = [moment for moment in book.reserved_slots if moment > book.now.timestamp()]
    if not ahead:
        return
    shift = timedelta(seconds=hold.timestamp() - min(ahead))
    if shift <= timedelta(0):
        return
    book.reserved_slots = [
        moment + shift.total_seconds() if moment > book.now.timestamp() else moment
        for moment in book.reserved_slots
    ]
    rows: Any = (Speech if isinstance(call, Speech) else CloneAttempt)._default_manager
    rows.filter(provider=call.provider, status="waiting", slot_at__gt=book.now).update(
        slot_at=F("slot_at") + shift, retry_at=F("retry_at") + shift
    )


class _Book:
    """The turns of one kind: those that have been taken lately, and those that are promised."""

    def __init__(self, rate: RateLimit, now: datetime) -> None:
        self.rate = rate
        self.now = now
        window = settings.RATE_WINDOW_SECONDS
        self.window = window + max(window * MARGIN, LEAST_MARGIN)
        present = now.timestamp()
        self.used_slots = [moment for moment in rate.used_slots if moment > present - self.window]
        # Promised to a call that did not come: its worker died, or it was ended otherwise.
        self.reserved_slots = [
            moment for moment in rate.reserved_slots if moment > present - window / 2
        ]

    @property
    def limit(self) -> int:
        """How many may go within the window."""
        by_setting: int = (
            settings.CLONE_RPM if self.rate.kind == CallKind.CLONE else settings.SPEECH_RPM
        )
        if self.rate.learned_limit is None or self.rate.learned_at is None:
            return by_setting
        believed = BELIEVED_FOR * settings.RATE_WINDOW_SECONDS
        doublings = int((self.now - self.rate.learned_at).total_seconds() / believed)
        return min(by_setting, self.rate.learned_limit << min(max(doublings, 0), 20))

    def holds(self, moment: datetime) -> bool:
        """Whether this turn is one of those promised."""
        return self._place(moment) is not None

    def opening(self) -> datetime:
        """When the next one may go, by what has gone already."""
        if len(self.used_slots) < self.limit:
            return self.now
        return _moment(self.used_slots[-self.limit] + self.window)

    def next_free(self) -> datetime:
        """The first turn that is nobody's: behind all that are promised."""
        turns = sorted(self.used_slots + self.reserved_slots)
        due = self.now.timestamp()
        if self.rate.paused_until is not None:
            due = max(due, self.rate.paused_until.timestamp())
        if len(turns) >= self.limit:
            due = max(due, turns[-self.limit] + self.window)
        if self.reserved_slots:
            due = max(due, self.reserved_slots[-1])
        if self.rate.consecutive_429s and turns:
            # After a "slow down" one by one, not all together.
            due = max(due, turns[-1] + settings.RATE_WINDOW_SECONDS / self.limit)
        return self.now if due <= self.now.timestamp() else _moment(due)

    def plan(self, due: datetime) -> None:
        """Promise a turn."""
        self.reserved_slots = sorted([*self.reserved_slots, due.timestamp()])

    def take_back(self, moment: datetime) -> None:
        """One that went was not taken by the provider, so it does not count."""
        near = [at for at in self.used_slots if abs(at - moment.timestamp()) < 0.002]
        if near:
            self.used_slots.remove(near[0])

    def save(self) -> None:
        """Write the row."""
        self.rate.used_slots, self.rate.reserved_slots = self.used_slots, self.reserved_slots
        self.rate.save()

    def _place(self, moment: datetime) -> int | None:
        at = moment.timestamp()
        for place, promised in enumerate(self.reserved_slots):
            if abs(promised - at) < 0.002:
                return place
        return None

    def strike_out(self, moment: datetime) -> None:
        """A promise is kept, or given up."""
        place = self._place(moment)
        if place is not None:
            del self.reserved_slots[place]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
