"""Paid calls: what a request to clone and a request to generate speech have in common.

A paid call is sent at most once, its outcome is unknown where no answer came, and its state is
true whenever the row is read.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.db import connection, models

from . import clock
from .paid_call_queryset import PERMANENT, SENT, CallStatus, ImmutableOrder
from .partial_row import PartialRow
from .projects import Project
from .rate_limits import CallKind
from .workers import Worker

if TYPE_CHECKING:
    from .voices import Voice


# A call may wait while each thread of the worker is busy with a slow one.
STALLED_AFTER: Final = timedelta(minutes=5)
# The part of an order that every paid call has. Written once, when the row is created.
ORDER: Final = frozenset({"token", "provider", "created_at", "created_by", "created_by_id"})
# Reasons why audio that came inside an answer is not stored.
UNSTORED: Final = frozenset({"not_audio", "not_stored"})


def audio_path(call: "PaidCall", filename: str) -> str:
    """Where the audio of a call is stored: one folder for each kind and month."""
    return f"{call.AUDIO_FOLDER}/{clock.now():%Y/%m}/{filename}"


def answer_path(_call: "PaidCall", filename: str) -> str:
    """Where the whole answer to a call is stored: one folder for each month."""
    return f"answers/{clock.now():%Y/%m}/{filename}"


class PaidCall(PartialRow):
    """One request that costs money and cannot be undone: ordered, sent, answered, by whom."""

    # The status in which the request is at the provider.
    IN_FLIGHT_STATUS: ClassVar[str]
    # The columns of the order.
    IMMUTABLE_FIELDS: ClassVar[frozenset[str]]
    STATES: ClassVar[type[models.TextChoices]]
    RATE_LIMIT: ClassVar[CallKind]
    AUDIO_FOLDER: ClassVar[str]
    # What price_of() reads. Sums over calls load only these, since whole rows slow every page.
    PRICE_COLUMNS: ClassVar[tuple[str, ...]]

    # That of the speaker; no part of the order, because a speaker may be moved later.
    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # attempts have an index that begins with it; speeches are read by voice
    )
    token = models.UUIDField(unique=True)
    provider = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # an index by person begins with it
    )

    # In the queue
    enqueued_at = models.DateTimeField(default=clock.now)
    retry_at = models.DateTimeField(null=True, blank=True)
    # The slot of the provider's rate limit that is reserved for the call, or that it used.
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
    # The whole answer, where its text is too long for the row or its audio could not be stored.
    answer_file = models.FileField(upload_to=answer_path, max_length=255, blank=True)
    # When the retention deleted the three columns above.
    answer_deleted_at = models.DateTimeField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    status_code = models.BigIntegerField(null=True, blank=True)
    status_msg = models.TextField(blank=True)
    trace_id = models.CharField(max_length=255, blank=True)
    trouble = models.CharField(max_length=20, blank=True)
    # Every HTTP call made for this row, also repeated ones: call, at (ISO, UTC), ms, http_status,
    # status_code, trace_id, trouble.
    calls = models.JSONField(default=list, blank=True)

    # The audio. `audio_url` is the provider's link, which expires; `audio` is our copy.
    audio_url = models.TextField(blank=True)
    audio = models.FileField(upload_to=audio_path, max_length=255, blank=True)
    audio_trouble = models.CharField(max_length=20, blank=True)
    audio_bytes = models.BigIntegerField(null=True, blank=True)
    # The checksum of `audio`; "" until `check_files` writes that of an older file.
    audio_sha256 = models.CharField(max_length=64, blank=True)
    audio_duration_ms = models.BigIntegerField(null=True, blank=True)
    audio_peaks = models.JSONField(default=list, blank=True)
    # Integrated loudness; empty for silence, and until the waveform is drawn.
    audio_lufs = models.FloatField(null=True, blank=True)
    audio_saved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    if TYPE_CHECKING:
        status: Any
        model: Any

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
            raise ImmutableOrder("Save named fields only, and none that was ordered or sent.")
        super().save(
            force_insert=force_insert,
            force_update=force_update,
            using=using,
            update_fields=update_fields,
        )

    @classmethod
    def kinds(cls) -> "list[type[PaidCall]]":
        """Every kind of paid call."""
        return PaidCall.__subclasses__()

    @classmethod
    def any_lapsed(cls) -> bool:
        """Whether there is a call of any kind that is `lapsed` and `in_flight`; one query.

        In SQL, since Django takes twenty times as long to write it as the database to answer it.
        """
        kinds, now = cls.kinds(), connection.ops.adapt_datetimefield_value(clock.now())
        found = " UNION ALL ".join(
            f"SELECT 1 FROM {kind._meta.db_table} WHERE status = %s AND lease_until < %s"  # noqa: S608
            for kind in kinds
        )
        parameters = [value for kind in kinds for value in (kind.IN_FLIGHT_STATUS, now)]
        with connection.cursor() as cursor:
            cursor.execute(f"{found} LIMIT 1", parameters)
            return cursor.fetchone() is not None

    @property
    def billed_text(self) -> str:
        """The text that the provider speaks and bills; "" if it speaks nothing."""
        raise NotImplementedError

    @property
    def voice_used(self) -> "Voice | None":
        """The voice whose clone fee falls due with this call; None if none does."""
        raise NotImplementedError

    @property
    def is_for_this_account(self) -> bool:
        """Whether it was requested for the account, or practice mode, of today's settings."""
        return bool(self.provider == settings.MINIMAX_PROVIDER)

    @property
    def rehearses_slow_down(self) -> bool:
        """Whether the stand-in was told to answer "slow down" once."""
        return False

    @property
    def audio_name(self) -> str:
        """The name of the audio file, without its extension."""
        raise NotImplementedError

    def advance(self, *, held_as: tuple[str, ...] = (), **changes: Any) -> bool:
        """Write `changes` if this worker still holds the call in one of the statuses `held_as`.

        By default in any status from its claim until its answer is known. False, and nothing
        written, if another worker has claimed it or its status has changed.
        """
        manager: models.Manager[Any] = type(self)._default_manager
        held_as = held_as or (CallStatus.SENDING, self.IN_FLIGHT_STATUS, CallStatus.UNKNOWN)
        rows = manager.filter(pk=self.pk, claim=self.claim, status__in=held_as)
        if not rows.update(**changes):
            return False
        for field, value in changes.items():
            setattr(self, field, value)
        return True

    # Facts computed when read ------------------------------------------------------------------

    @property
    def has_lapsed(self) -> bool:
        """Whether the worker that holds this call has let its lease run out."""
        return self.lease_until is not None and self.lease_until < clock.now()

    @property
    def state(self) -> Any:
        """The state that staff read: true at this moment, whatever was written last."""
        if self.status == CallStatus.SENDING and self.has_lapsed:
            return self.STATES(CallStatus.INTERRUPTED)
        if self.status == self.IN_FLIGHT_STATUS and self.has_lapsed:
            return self.STATES(CallStatus.UNKNOWN)
        return self.STATES(self.status)

    @property
    def is_running(self) -> bool:
        """Whether a worker will change this row soon, so that the page should ask again."""
        running = (CallStatus.WAITING, CallStatus.SENDING, self.IN_FLIGHT_STATUS)
        return self.state in running or self.audio_is_under_way

    @property
    def is_stalled(self) -> bool:
        """Whether no worker has taken a call for long that could be claimed at once."""
        could_start = self.status == CallStatus.WAITING and self.retry_at is None
        return could_start and clock.now() - self.enqueued_at > STALLED_AFTER

    @property
    def is_ready(self) -> bool:
        """Whether the provider has done what was ordered."""
        return bool(self.status == CallStatus.READY)

    @property
    def audio_is_under_way(self) -> bool:
        """Whether a worker is copying the audio at this moment."""
        # An answer that was kept for support alone is read by no worker.
        source = bool(self.audio_url or (self.answer_file and self.lease_until))
        missing = source and not self.audio and not self.audio_trouble
        return self.is_ready and missing and not self.has_lapsed

    @property
    def waveform_is_under_way(self) -> bool:
        """Whether a worker is drawing the waveform of the stored audio at this moment."""
        held = self.lease_until is not None and not self.has_lapsed
        return self.is_ready and bool(self.audio) and held

    @property
    def audio_problem(self) -> str:
        """Why there is nothing to hear, as a key of the words' table; "" if nothing is wrong."""
        if not self.is_ready or self.audio or self.audio_is_under_way or not self.billed_text:
            return ""
        return self.audio_trouble or ("unreachable" if self.audio_url else "missing")

    @property
    def audio_can_be_fetched(self) -> bool:
        """Whether another download may bring the missing audio."""
        source = self.audio_url or self.answer_file
        return bool(source) and self.audio_problem not in {"", *PERMANENT}

    @property
    def lacks_audio_of_answer(self) -> bool:
        """Whether audio that came inside the answer could not be stored or was not understood."""
        return self.is_ready and not self.audio_url and self.audio_problem in UNSTORED
