"""Calls that cost money: what a request to clone and a request to speak have in common.

Made at most once, said to be unknown where it is unknown, and true whenever the row is read.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .workers import Worker

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

# Statuses that every paid call knows. In between stands the one in which it is at the provider.
WAITING: Final = "waiting"
SENDING: Final = "sending"
UNKNOWN: Final = "unknown"
INTERRUPTED: Final = "interrupted"
# What went to the provider. Written once, at the moment of sending.
SENT: Final = frozenset({"sent", "sent_at"})

# Troubles with the sound of a call that no further try would mend.
PERMANENT: Final = frozenset({"forbidden", "lost", "deleted", "missing"})


class ImmutableOrder(Exception):  # noqa: N818 - reads as the rule that it is
    """Somebody tried to change what was ordered or sent."""


class PaidCallQuerySet[Call: "PaidCall"](models.QuerySet[Call]):
    """Paid calls by who may see them, by what the clock makes of them, and how one is taken."""

    def update(self, **kwargs: Any) -> int:
        """Write columns of all these rows; never what was ordered, and what was sent only once."""
        if changed := self.model.IMMUTABLE_FIELDS & kwargs.keys():
            raise ImmutableOrder(f"An order is final: {sorted(changed)}")
        rows = self.filter(sent__isnull=True) if SENT & kwargs.keys() else self
        return super(PaidCallQuerySet, rows).update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Everyone in the team sees every call; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def lapsed(self) -> Self:
        """Held by a worker that has not been heard of since."""
        return self.filter(lease_until__lt=timezone.now())

    def at_the_provider(self) -> Self:
        """Sent, and not answered yet as far as is written."""
        return self.filter(status=self.model.IN_FLIGHT_STATUS)

    def waiting_for_a_worker(self) -> Self:
        """Calls that a worker may take now: not under way, and nobody holds them."""
        now = timezone.now()
        due = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
        return self.filter(Q(due, status=WAITING) | Q(status=SENDING, lease_until__lt=now))

    def claim(self, pk: int, claim: UUID, *, worker: Worker | None = None) -> Call | None:
        """Take the call for this worker, or find that somebody else has it.

        One conditional UPDATE decides, so that two workers can never hold the same call.
        """
        now = timezone.now()
        taken = (
            self.filter(pk=pk)
            .waiting_for_a_worker()
            .update(
                status=SENDING,
                claim=claim,
                worker=worker,
                lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
                claimed_at=now,
                retry_at=None,
                attempts_made=F("attempts_made") + 1,
            )
        )
        return self.with_all_it_needs().get(pk=pk) if taken else None

    def with_all_it_needs(self) -> Self:
        """With the rows that the worker looks at."""
        return self


class PaidCall(models.Model):
    """One request that costs money and cannot be undone: ordered, sent, answered, by whom."""

    # The status in which the request is at the provider, and the columns of the order.
    IN_FLIGHT_STATUS: ClassVar[str]
    IMMUTABLE_FIELDS: ClassVar[frozenset[str]]

    token = models.UUIDField(unique=True)
    provider = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # an index by person begins with it
    )

    # Under way
    enqueued_at = models.DateTimeField(default=timezone.now)
    retry_at = models.DateTimeField(null=True, blank=True)
    # When it may go, or went, by the provider's limit of requests a minute.
    slot_at = models.DateTimeField(null=True, blank=True)
    attempts_made = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True, blank=True)
    worker = models.ForeignKey(
        Worker, on_delete=models.SET_NULL, related_name="%(class)s_calls", null=True, blank=True
    )
    lease_until = models.DateTimeField(null=True, blank=True)

    # Times of each stage
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    # Sent and answered
    sent = models.JSONField(null=True, blank=True)
    answer = models.JSONField(null=True, blank=True)
    answer_text = models.TextField(blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    status_code = models.BigIntegerField(null=True, blank=True)
    status_msg = models.TextField(blank=True)
    trace_id = models.CharField(max_length=255, blank=True)
    trouble = models.CharField(max_length=20, blank=True)
    # Every call made for this one, also those that had to be repeated: what, when (ISO, UTC),
    # how long (ms), HTTP status, status code, trace id, trouble.
    calls = models.JSONField(default=list, blank=True)

    class Meta:
        abstract = True

    if TYPE_CHECKING:
        status: Any
        model: Any
        # For the price: the text that is billed, and the voice whose clone fee may fall due.
        billed_text: Any
        voice_used: Any

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Insert, or write named fields; never what was ordered or sent."""
        final = self.IMMUTABLE_FIELDS | SENT | {"search_text"}
        if not self._state.adding and (update_fields is None or final & set(update_fields)):
            raise ImmutableOrder(
                "Only named fields, and none that was ordered or sent, can be saved."
            )
        super().save(
            force_insert=force_insert,
            force_update=force_update,
            using=using,
            update_fields=update_fields,
        )

    @property
    def has_lapsed(self) -> bool:
        """Whether the worker that holds this call has not been heard of since."""
        return self.lease_until is not None and self.lease_until < timezone.now()

    def advance(self, *, held_as: tuple[str, ...], **changes: Any) -> bool:
        """Write `changes` if this worker still holds the call in one of `held_as`.

        False, and nothing written, if another worker has taken it or its state has moved on.
        """
        manager: models.Manager[Any] = type(self)._default_manager
        rows = manager.filter(pk=self.pk, claim=self.claim, status__in=held_as)
        if not rows.update(**changes):
            return False
        for field, value in changes.items():
            setattr(self, field, value)
        return True
