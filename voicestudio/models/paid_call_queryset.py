"""Paid calls in the database: by state and by the clock, and the claim of one by a worker."""

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q

from . import clock
from .studio import Studio
from .team_queryset import TeamQuerySet
from .workers import Worker

if TYPE_CHECKING:
    from .paid_calls import PaidCall


class CallStatus(StrEnum):
    """The statuses that every paid call has; each kind adds the one for "at the provider"."""

    WAITING = "waiting"
    SENDING = "sending"
    READY = "ready"
    STOPPED = "stopped"
    FAILED = "failed"
    UNKNOWN = "unknown"
    INTERRUPTED = "interrupted"


# What was sent to the provider. Written once, at the moment of sending.
SENT: Final = frozenset({"sent", "sent_at"})
# Reasons for missing audio that another download cannot mend.
PERMANENT: Final = frozenset({"forbidden", "lost", "deleted", "missing"})
# Answered calls whose audio is still at the provider, or in the stored answer.
AUDIO_TO_FETCH: Final = (
    Q(status=CallStatus.READY, audio="")
    & ~Q(audio_url="", answer_file="")
    & ~Q(audio_trouble__in=PERMANENT)
)
# A lease that has run out: its worker has died or has lost the database.
LAPSED: Final = "lease_until__lt"


class ImmutableOrder(Exception):  # noqa: N818 - reads as the rule that it is
    """An update tried to change what was ordered or sent."""


class PaidCallQuerySet[Call: "PaidCall"](TeamQuerySet[Call]):
    """Paid calls by state, and the claim of one by a worker."""

    def update(self, **kwargs: Any) -> int:
        """Write columns of all these rows: never the order, and what was sent only once."""
        if changed := self.model.IMMUTABLE_FIELDS & kwargs.keys():
            raise ImmutableOrder(f"An order is final: {sorted(changed)}")
        rows = self.filter(sent__isnull=True) if SENT & kwargs.keys() else self
        return super(PaidCallQuerySet, rows).update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def lapsed(self) -> Self:
        """Calls whose worker has let its lease run out."""
        return self.filter(**{LAPSED: clock.now()})

    def in_flight(self) -> Self:
        """Calls that were sent and whose answer is not recorded."""
        return self.filter(status=self.model.IN_FLIGHT_STATUS)

    def under_way(self) -> Self:
        """Calls that a worker has or will take, also those whose unknown outcome it asks for."""
        running = (CallStatus.WAITING, CallStatus.SENDING, self.model.IN_FLIGHT_STATUS)
        asked_for = Q(status=CallStatus.UNKNOWN, lease_until__isnull=False)
        return self.filter(Q(status__in=running) | asked_for)

    def in_state(self, state: str) -> Self:
        """Calls in `state` as staff read it: by status and by the clock."""
        lapsed = Q(**{LAPSED: clock.now()})
        in_flight = self.model.IN_FLIGHT_STATUS
        if state in (CallStatus.SENDING, in_flight):
            return self.filter(~lapsed, status=state)
        if state == CallStatus.INTERRUPTED:
            return self.filter(Q(status=state) | Q(lapsed, status=CallStatus.SENDING))
        if state == CallStatus.UNKNOWN:
            return self.filter(Q(status=state) | Q(lapsed, status=in_flight))
        return self.filter(status=state)

    def claimable(self) -> Self:
        """Calls that a worker may take now: due, not in flight, and held by no worker.

        None while the studio is held after a restore.
        """
        now = clock.now()
        due = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
        waiting = Q(due, status=CallStatus.WAITING)
        lapsed = Q(status=CallStatus.SENDING, **{LAPSED: now})
        return self.filter(waiting | lapsed).exclude(Studio.is_held())

    def claim(self, pk: int, claim: UUID, *, worker: Worker | None = None) -> Call | None:
        """Take the call for this worker; None if another worker holds it.

        One conditional UPDATE decides, so two workers can never hold the same call.
        """
        now = clock.now()
        claimed = (
            self.filter(pk=pk)
            .claimable()
            .update(
                status=CallStatus.SENDING,
                claim=claim,
                worker=worker,
                lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
                claimed_at=now,
                retry_at=None,
                attempts_made=F("attempts_made") + 1,
            )
        )
        return self.for_worker().get(pk=pk) if claimed else None

    def requeue(self, state: str) -> int:
        """Let calls in `state` wait for a worker again, as if they were new; how many."""
        # Not the `in_state` of a subclass, which may have a subquery: PostgreSQL does not read one
        # again after it has waited for a row, so that a call just sent would be sent twice.
        return PaidCallQuerySet.in_state(self, state).update(
            status=CallStatus.WAITING, claim=None, lease_until=None, retry_at=None, slot_at=None,
            attempts_made=0, trouble="", finished_at=None, enqueued_at=clock.now(),
        )  # fmt: skip

    def with_audio_to_fetch(self) -> Self:
        """Answered calls whose audio is still at the provider and may be fetched."""
        return self.filter(AUDIO_TO_FETCH)

    def for_worker(self) -> Self:
        """With the rows that the worker reads."""
        return self
