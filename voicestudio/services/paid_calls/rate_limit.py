"""Rate limit: all workers together stay within the provider's limits, and each wait has an end.

Slots are reserved one at a time under a lock of the database, in the order in which calls ask for
them. A "slow down" from the provider postpones every slot that is still to come. Libraries such as
pyrate-limiter or limits say yes or no; they cannot say when a call will be allowed, keep that
promise across processes and restarts, or show it on the page.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F

from voicestudio.models import CallKind, CallStatus, PaidCall, RateLimit, clock

# Pauses after the first, second … "slow down" in a row, as shares of the window: of a minute they
# are 2, 5, 10, 20, 40, 60, 90 and 120 seconds.
PAUSES: Final = (1 / 30, 1 / 12, 1 / 6, 1 / 3, 2 / 3, 1, 1.5, 2)
MAX_RETRY_AFTER: Final = 600.0
MAX_JITTER: Final = 1.4
# A call may take longer to arrive than the one before it, so the window is counted wider.
WINDOW_MARGIN: Final = 0.02
MIN_MARGIN_SECONDS: Final = 0.25
# Two times closer than this are the same slot, however the database rounds them.
SAME_SLOT_SECONDS: Final = 0.002
# A waiting call is not moved for less; one grant moves no more than so many.
MOVED_BY_SECONDS: Final = 1.0
MOST_MOVED: Final = 60
# Codes about requests in a time, from which the real limit can be learned.
# Source: provider.md, "Codes".
REQUEST_LIMIT_CODES: Final = frozenset({1002, None})
# No refusal teaches less than this share of the limit in the settings: if it comes after one or
# two calls, the provider is busy or the account serves other programs, and the pauses are enough.
LEAST_LEARNED: Final = 1 / 10
# A learned limit holds for this many windows; after as many again, twice as much is tried.
LEARNED_FOR_WINDOWS: Final = 2


class Slot(NamedTuple):
    """When a call may be sent; `granted` if that is now, and the slot is used up."""

    at: datetime
    granted: bool


def reserve_slot(call: PaidCall, *, allow_now: bool = True) -> Slot:
    """Grant `call` a slot now or reserve one for later; without `allow_now` always for later.

    Needs the transaction that writes what follows: the row's `slot_at` has to become `at`, because
    that is how the reservation is found again.
    """
    assert transaction.get_connection().in_atomic_block
    limit, now = _lock_limit(call)
    slots = _Slots(limit, now)
    reserved = call.slot_at if call.slot_at and slots.is_reserved(call.slot_at) else None
    if reserved is None:
        due = slots.next_free()
    else:
        due = max(reserved, limit.paused_until or reserved, slots.next_in_window())
        slots.cancel(reserved)
    granted = due <= now and allow_now
    if granted:
        slots.used.append(now.timestamp())
        _move_forward(call, slots)
    else:
        slots.reserve(due)
    slots.save()
    return Slot(now if granted else due, granted)


def slow_down(call: PaidCall, *, code: int | None, retry_after: float | None) -> None:
    """Pause all calls of this kind because the provider asks for it, longer each time.

    `retry_after` is the pause (s) that the provider asks for. A call that was sent before the
    last pause began says nothing new. `call` itself has to reserve a new slot. After a
    rehearsed one all calls pause as well, but nothing is learned from it: no limit, and no longer
    next pause.
    """
    with transaction.atomic():
        limit, now = _lock_limit(call)
        sent_at = call.slot_at or now
        slots = _Slots(limit, now)
        slots.release(sent_at)
        if code in REQUEST_LIMIT_CODES and slots.used and not call.rehearses_slow_down:
            least = max(1, int(slots.by_setting * LEAST_LEARNED))
            limit.learned_limit, limit.learned_at = max(len(slots.used), least), now
        if limit.paused_at is None or sent_at >= limit.paused_at or not limit.consecutive_429s:
            share = PAUSES[min(limit.consecutive_429s, len(PAUSES) - 1)]
            # Jitter, so that several studios do not come back at the same moment.
            pause = share * settings.RATE_WINDOW_SECONDS * random.uniform(1.0, MAX_JITTER)  # noqa: S311
            pause = max(pause, min(retry_after or 0, MAX_RETRY_AFTER))
            if not call.rehearses_slow_down:
                limit.consecutive_429s = min(limit.consecutive_429s + 1, 1000)
            limit.paused_at = now
            limit.paused_until = max(limit.paused_until or now, now + timedelta(seconds=pause))
            _postpone_reserved(call, slots, limit.paused_until)
        slots.save()


def record_success(call: PaidCall) -> None:
    """Forget earlier "slow down" answers, because the provider has accepted a later call."""
    if call.slot_at is not None:
        RateLimit.objects.filter(
            kind=call.RATE_LIMIT,
            provider=call.provider,
            consecutive_429s__gt=0,
            paused_at__lt=call.slot_at,
        ).update(consecutive_429s=0)


def longest_wait(waiting: int) -> timedelta:
    """The longest time that the last of so many waiting calls can have to wait for its slot."""
    window = settings.RATE_WINDOW_SECONDS
    pause = max(PAUSES[-1] * MAX_JITTER * window, MAX_RETRY_AFTER)
    return timedelta(seconds=pause + (waiting + 1) * (window * (1 + WINDOW_MARGIN) + 1))


def _lock_limit(call: PaidCall) -> tuple[RateLimit, datetime]:
    """The limit, locked, and the present time."""
    limits = RateLimit.objects.select_for_update()
    limit, _created = limits.get_or_create(kind=call.RATE_LIMIT, provider=call.provider)
    now = clock.now()
    _correct_future_times(limit, now)
    return limit, now


def _correct_future_times(limit: RateLimit, now: datetime) -> None:
    """Correct what a clock wrote that was ahead, so that no call waits for those times."""
    soon = now + timedelta(seconds=settings.RATE_WINDOW_SECONDS)
    if limit.paused_until is not None and limit.paused_until > now + longest_wait(0):
        limit.paused_until = None
    if limit.paused_at is not None and limit.paused_at > soon:
        limit.paused_at, limit.consecutive_429s = None, 0
    if limit.learned_at is not None and limit.learned_at > soon:
        limit.learned_at = now
    end = (now + longest_wait(len(limit.reserved_slots))).timestamp()
    limit.used_slots = [min(moment, now.timestamp()) for moment in limit.used_slots]
    limit.reserved_slots = [moment for moment in limit.reserved_slots if moment < end]


def _postpone_reserved(call: PaidCall, slots: "_Slots", until: datetime) -> None:
    """Move every slot that is still to come behind the pause, in the same order."""
    now = slots.now.timestamp()
    ahead = [moment for moment in slots.reserved if moment > now]
    delay = until.timestamp() - min(ahead) if ahead else 0
    if delay <= 0:
        return
    slots.reserved = [moment + delay if moment > now else moment for moment in slots.reserved]
    shift = timedelta(seconds=delay)
    rows: Any = type(call)._default_manager
    rows.filter(provider=call.provider, status=CallStatus.WAITING, slot_at__gt=slots.now).update(
        slot_at=F("slot_at") + shift, retry_at=F("retry_at") + shift
    )


def _move_forward(call: PaidCall, slots: "_Slots") -> None:
    """Let the next waiting calls go as early as the limit allows now, in the same order.

    After a "slow down" slots are far apart, and would stay so after the learned limit has grown
    again: forty calls would wait for forty minutes. Each grant sees to the next few, so the
    lock is held for a bounded time however many calls wait.
    """
    now = slots.now.timestamp()
    taken = sorted([*slots.used, *(moment for moment in slots.reserved if moment <= now)])
    calls: Any = type(call)._default_manager
    rows = calls.filter(provider=call.provider, status=CallStatus.WAITING, slot_at__gt=slots.now)
    for pk, slot_at in rows.order_by("slot_at", "pk").values_list("pk", "slot_at")[:MOST_MOVED]:
        due = min(slots.due_after(taken), slot_at.timestamp())
        taken.append(due)
        if slot_at.timestamp() - due >= MOVED_BY_SECONDS and slots.is_reserved(slot_at):
            earlier = datetime.fromtimestamp(due, UTC)
            slots.cancel(slot_at)
            slots.reserve(earlier)
            rows.filter(pk=pk).update(slot_at=earlier, retry_at=earlier)


class _Slots:
    """The slots of one limit, in seconds since 1970: those used lately and those reserved."""

    def __init__(self, limit: RateLimit, now: datetime) -> None:
        self.limit = limit
        self.now = now
        window = settings.RATE_WINDOW_SECONDS
        self.window = window + max(window * WINDOW_MARGIN, MIN_MARGIN_SECONDS)
        present = now.timestamp()
        self.used = [moment for moment in limit.used_slots if moment > present - self.window]
        # A reservation that was not taken up (its worker died) ends half a window later.
        self.reserved = [moment for moment in limit.reserved_slots if moment > present - window / 2]

    @property
    def by_setting(self) -> int:
        """How many calls the settings allow within the window."""
        is_clone = self.limit.kind == CallKind.CLONE
        most: int = settings.CLONE_RPM if is_clone else settings.SPEECH_RPM
        return most

    @property
    def per_window(self) -> int:
        """How many calls may be sent within the window."""
        if self.limit.learned_limit is None or self.limit.learned_at is None:
            return self.by_setting
        period = LEARNED_FOR_WINDOWS * settings.RATE_WINDOW_SECONDS
        doublings = int((self.now - self.limit.learned_at).total_seconds() / period)
        return min(self.by_setting, self.limit.learned_limit << min(max(doublings, 0), 20))

    def next_in_window(self) -> datetime:
        """When the next call may be sent, by the slots already used."""
        if len(self.used) < self.per_window:
            return self.now
        return datetime.fromtimestamp(self.used[-self.per_window] + self.window, UTC)

    def next_free(self) -> datetime:
        """The first slot behind all that are reserved."""
        due = self.due_after(sorted(self.used + self.reserved))
        if self.reserved:
            due = max(due, self.reserved[-1])
        is_now = due <= self.now.timestamp()
        return self.now if is_now else datetime.fromtimestamp(due, UTC)

    def due_after(self, taken: list[float]) -> float:
        """When a call may be sent if these slots, in order, are used or reserved."""
        due = self.now.timestamp()
        if self.limit.paused_until is not None:
            due = max(due, self.limit.paused_until.timestamp())
        if len(taken) >= self.per_window:
            due = max(due, taken[-self.per_window] + self.window)
        if self.limit.consecutive_429s and taken:
            # After a "slow down" one call at a time, not all together.
            due = max(due, taken[-1] + settings.RATE_WINDOW_SECONDS / self.per_window)
        return due

    def is_reserved(self, moment: datetime) -> bool:
        """Whether this slot is one of the reserved ones."""
        return bool(_near(self.reserved, moment))

    def reserve(self, due: datetime) -> None:
        """Reserve a slot."""
        self.reserved = sorted([*self.reserved, due.timestamp()])

    def cancel(self, moment: datetime) -> None:
        """Remove a reservation."""
        for slot in _near(self.reserved, moment)[:1]:
            self.reserved.remove(slot)

    def release(self, moment: datetime) -> None:
        """Give a used slot back, because the provider did not accept the call."""
        for slot in _near(self.used, moment)[:1]:
            self.used.remove(slot)

    def save(self) -> None:
        """Write the row."""
        self.limit.used_slots, self.limit.reserved_slots = self.used, self.reserved
        self.limit.save()


def _near(slots: list[float], moment: datetime) -> list[float]:
    return [slot for slot in slots if abs(slot - moment.timestamp()) < SAME_SLOT_SECONDS]
