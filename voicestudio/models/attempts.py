"""Clone attempts: one request to clone, everything sent, everything answered, and who asked."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from uuid import UUID

from django.conf import settings
from django.db import connections, models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import search
from .recordings import AudioFile
from .speakers import Speaker
from .voices import Voice
from .workers import Worker

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

PAGE_SIZE: Final = 25

# SQLite collects a search's matches before it sorts them, so it is given them a window at a time,
# newest first: a word that stands in every attempt then costs no more than a rare one.
SEARCH_WINDOW: Final = 2000


class State(models.TextChoices):
    """What staff read; `status` in the database plus what the clock tells."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending the recording")
    CLONING = "cloning", _("MiniMax is cloning")
    READY = "ready", _("Ready")
    FLAGGED = "flagged", _("Ready, flagged")
    STOPPED = "stopped", _("Stopped by MiniMax")
    FAILED = "failed", _("Could not be done")
    UNKNOWN = "unknown", _("Not known yet")
    INTERRUPTED = "interrupted", _("Interrupted")


# FLAGGED is no status of its own: it is READY with `input_sensitive`.
STATUSES: Final = tuple(state.value for state in State if state is not State.FLAGGED)
RUNNING: Final = (State.WAITING.value, State.SENDING.value, State.CLONING.value)
# A voice ID in one of these may exist, or come to exist, at the provider.
HOLDING_A_VOICE_ID: Final = (*RUNNING, State.UNKNOWN.value)

# What a person ordered. Written once, when the attempt is asked for.
ORDERED: Final = frozenset(
    {
        "token", "provider", "created_at", "created_by", "created_by_id", "speaker", "speaker_id",
        "speaker_name", "recording", "recording_id", "prompt_clip", "prompt_clip_id",
        "prompt_text", "voice_id", "preview_text", "model", "language", "text_validation",
        "accuracy", "noise_reduction", "volume_normalization", "watermark", "rehearsal",
        "permission_by", "permission_by_id", "permission_at", "permission_wording",
    }
)  # fmt: skip
# What went to the provider. Written once, at the moment of sending.
SENT: Final = frozenset({"sent", "sent_at"})


class SentIsFinal(Exception):
    """Somebody tried to change what was ordered or sent."""


class Page(NamedTuple):
    """One screen of attempts, newest first, with the cursors of its neighbours."""

    attempts: list["CloneAttempt"]
    older: int | None
    newer: int | None


class CloneAttemptQuerySet(models.QuerySet["CloneAttempt"]):
    def update(self, **kwargs: Any) -> int:
        if changed := ORDERED & kwargs.keys():
            raise SentIsFinal(f"An attempt's order is final: {sorted(changed)}")
        rows = self.filter(sent__isnull=True) if SENT & kwargs.keys() else self
        return super(CloneAttemptQuerySet, rows).update(**kwargs)

    update.alters_data = True  # type: ignore[attr-defined]

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Everyone in the team sees every attempt; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def for_rows(self) -> Self:
        """With all that one row of a list shows, in one query."""
        return self.select_related("created_by", "recording").defer(
            "answer", "answer_text", "sent", "calls", "search_text", "permission_wording"
        )

    # What the clock makes of a row -------------------------------------------------------------

    def lapsed(self) -> Self:
        """Held by a worker that has not been heard of since."""
        return self.filter(lease_until__lt=timezone.now())

    def in_state(self, state: str) -> Self:
        """Attempts in `state` as staff read it, by status and by the clock."""
        lost = Q(lease_until__lt=timezone.now())
        match state:
            case State.FLAGGED:
                return self.filter(status=State.READY, input_sensitive=True)
            case State.READY:
                return self.filter(status=State.READY).exclude(input_sensitive=True)
            case State.SENDING | State.CLONING:
                return self.filter(~lost, status=state)
            case State.INTERRUPTED:
                return self.filter(Q(status=State.INTERRUPTED) | Q(lost, status=State.SENDING))
            case State.UNKNOWN:
                return self.filter(Q(status=State.UNKNOWN) | Q(lost, status=State.CLONING))
        return self.filter(status=state)

    def waiting_for_a_worker(self) -> Self:
        """Attempts that a worker may take now: never sent, nobody holds them."""
        now = timezone.now()
        due = Q(retry_at__isnull=True) | Q(retry_at__lte=now)
        return self.filter(
            Q(due, status=State.WAITING) | Q(status=State.SENDING, lease_until__lt=now)
        )

    def holding_voice_id(self, provider: str, voice_id: str) -> Self:
        """Attempts under way, or unanswered, that may make this voice."""
        return self.filter(
            provider=provider, voice_id__iexact=voice_id, status__in=HOLDING_A_VOICE_ID
        )

    def using_recording(self, recording_pk: int) -> Self:
        """Attempts that were made with this recording, as sample or as prompt clip."""
        return self.filter(Q(recording=recording_pk) | Q(prompt_clip=recording_pk))

    # Finding -----------------------------------------------------------------------------------

    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """Asked for at or after `since` and before `until`.

        Rows come in the order of their ids, so the dates are also given as bounds on the id:
        a page from long ago is then reached without a walk through all that came later.
        """
        slack = timedelta(minutes=1)
        rows = self.model._default_manager.order_by("created_at")
        found = self
        if since is not None:
            first = rows.filter(created_at__gte=since - slack).values("pk")[:1]
            found = found.filter(created_at__gte=since, pk__gte=first)
        if until is not None:
            last = rows.filter(created_at__lte=until + slack).order_by("-created_at").values("pk")
            found = found.filter(created_at__lt=until, pk__lte=last[:1])
        return found

    def search(self, words: str) -> Self:
        """Attempts whose speaker, voice ID or preview text holds `words`, in any case."""
        return self._matching(words, before=None, after=None)

    def _matching(self, words: str, *, before: int | None, after: int | None) -> Self:
        needle = search.folded(words)
        if not needle:
            return self
        if connections[self.db].vendor == "sqlite" and len(needle) >= 3:
            quoted = '"' + needle.replace('"', '""') + '"'
            bounds, order, params = "", "DESC", [quoted]
            if before is not None:
                bounds, params = " AND rowid < %s", [quoted, str(before)]
            elif after is not None:
                bounds, params, order = " AND rowid > %s", [quoted, str(after)], "ASC"
            window = f" ORDER BY rowid {order} LIMIT {SEARCH_WINDOW}"
            return self.filter(
                pk__in=RawSQL(
                    f"SELECT rowid FROM {search.INDEX} WHERE {search.INDEX} MATCH %s"
                    f"{bounds}{window}",
                    params,
                )
            )
        return self.filter(search_text__contains=needle)

    def page(
        self,
        *,
        words: str = "",
        before: int | None = None,
        after: int | None = None,
        size: int = PAGE_SIZE,
    ) -> Page:
        """One page of these attempts, newest first, for the same price at every depth.

        `before` and `after` are ids: older, or newer, than that attempt.
        """
        forwards = after is None
        rows = self.order_by("-pk" if forwards else "pk")
        edge = before if forwards else after
        found: list[CloneAttempt] = []
        while True:
            bounded = rows
            if edge is not None:
                bounded = rows.filter(pk__lt=edge) if forwards else rows.filter(pk__gt=edge)
            bounded = bounded._matching(
                words, before=edge if forwards else None, after=None if forwards else edge
            )
            found += bounded[: size + 1 - len(found)]
            edge = self._end_of_window(words, edge, forwards) if len(found) <= size else None
            if edge is None:
                break
        more = len(found) > size
        found = found[:size]
        if not forwards:
            found.reverse()
        has_older = more if forwards else True
        has_newer = (before is not None) if forwards else more
        return Page(
            attempts=found,
            older=found[-1].pk if found and has_older else None,
            newer=found[0].pk if found and has_newer else None,
        )

    def _end_of_window(self, words: str, edge: int | None, forwards: bool) -> int | None:
        """Where the next window of matches starts, if SQLite's index has more than one."""
        needle = search.folded(words)
        if connections[self.db].vendor != "sqlite" or len(needle) < 3:
            return None
        bound, order = ("<", "DESC") if forwards else (">", "ASC")
        quoted = '"' + needle.replace('"', '""') + '"'
        where = f" AND rowid {bound} %s" if edge is not None else ""
        params: list[str | int] = [quoted] if edge is None else [quoted, edge]
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                f"SELECT rowid FROM {search.INDEX} WHERE {search.INDEX} MATCH %s{where} "
                f"ORDER BY rowid {order} LIMIT 1 OFFSET {SEARCH_WINDOW - 1}",
                params,
            )
            row = cursor.fetchone()
        return int(row[0]) if row else None

    # The way of an attempt ---------------------------------------------------------------------

    def claim(self, pk: int, claim: UUID, *, worker: Worker | None = None) -> "CloneAttempt | None":
        """Take the attempt for this worker, or find that somebody else has it.

        One conditional UPDATE decides, so that two workers can never hold the same attempt.
        """
        now = timezone.now()
        taken = (
            self.filter(pk=pk)
            .waiting_for_a_worker()
            .update(
                status=State.SENDING,
                claim=claim,
                worker=worker,
                lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
                claimed_at=now,
                retry_at=None,
                runs=F("runs") + 1,
            )
        )
        if not taken:
            return None
        return self.select_related("recording", "prompt_clip", "speaker").get(pk=pk)


class CloneAttempt(models.Model):
    """One request to clone a voice: the carrier between browser, worker and history."""

    # Asked for
    token = models.UUIDField(unique=True)
    provider = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="clone_attempts"
    )
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="attempts")
    speaker_name = models.CharField(max_length=120)
    recording = models.ForeignKey(AudioFile, on_delete=models.PROTECT, related_name="attempts")
    prompt_clip = models.ForeignKey(
        AudioFile, on_delete=models.PROTECT, related_name="prompted_attempts", null=True, blank=True
    )
    prompt_text = models.TextField(blank=True)
    voice_id = models.CharField(max_length=256)
    preview_text = models.TextField(blank=True)
    model = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=40, blank=True)
    text_validation = models.CharField(max_length=200, blank=True)
    accuracy = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    noise_reduction = models.BooleanField(default=False)
    volume_normalization = models.BooleanField(default=False)
    watermark = models.BooleanField(default=False)
    rehearsal = models.CharField(max_length=20, blank=True)
    permission_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    permission_at = models.DateTimeField()
    permission_wording = models.TextField()
    search_text = models.TextField(editable=False)

    # Under way
    status = models.CharField(
        max_length=12, choices=[(value, value) for value in STATUSES], default=State.WAITING
    )
    enqueued_at = models.DateTimeField(default=timezone.now)
    retry_at = models.DateTimeField(null=True, blank=True)
    runs = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True, blank=True)
    worker = models.ForeignKey(
        Worker, on_delete=models.SET_NULL, related_name="attempts", null=True, blank=True
    )
    lease_until = models.DateTimeField(null=True, blank=True)

    # Times of each stage
    claimed_at = models.DateTimeField(null=True, blank=True)
    uploaded_at = models.DateTimeField(null=True, blank=True)
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
    input_sensitive = models.BooleanField(null=True, blank=True)
    input_sensitive_type = models.BigIntegerField(null=True, blank=True)
    cloned_voice = models.OneToOneField(
        Voice, on_delete=models.PROTECT, related_name="attempt", null=True, blank=True
    )

    # Every call made for this attempt, also those that had to be repeated: what, when (ISO, UTC),
    # how long (ms), HTTP status, status code, trace id, trouble.
    calls = models.JSONField(default=list, blank=True)

    # The demo
    demo_url = models.TextField(blank=True)
    demo = models.FileField(upload_to="demos/%Y/%m", max_length=255, blank=True)
    demo_trouble = models.CharField(max_length=20, blank=True)
    demo_bytes = models.BigIntegerField(null=True, blank=True)
    demo_duration_ms = models.BigIntegerField(null=True, blank=True)
    demo_peaks = models.JSONField(default=list, blank=True)
    demo_saved_at = models.DateTimeField(null=True, blank=True)

    objects = CloneAttemptQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = (
            models.CheckConstraint(
                condition=Q(prompt_clip__isnull=True, prompt_text="")
                | (Q(prompt_clip__isnull=False) & ~Q(prompt_text="")),
                name="attempt_prompt_clip_with_words",
            ),
            models.CheckConstraint(
                condition=~Q(status=State.READY) | Q(cloned_voice__isnull=False),
                name="attempt_ready_with_voice",
            ),
            models.CheckConstraint(
                condition=Q(preview_text="", model="") | (~Q(preview_text="") & ~Q(model="")),
                name="attempt_preview_text_with_model",
            ),
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="attempt_status_known"),
            models.CheckConstraint(
                condition=Q(sent__isnull=True, sent_at__isnull=True)
                | Q(sent__isnull=False, sent_at__isnull=False),
                name="attempt_sent_with_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[State.CLONING, State.UNKNOWN, State.READY])
                | Q(sent__isnull=False),
                name="attempt_cloning_was_sent",
            ),
            models.CheckConstraint(
                condition=~Q(permission_wording=""), name="attempt_permission_worded"
            ),
            models.UniqueConstraint(
                fields=("provider", "voice_id"),
                condition=Q(status__in=HOLDING_A_VOICE_ID),
                name="attempt_voice_id_once_under_way",
            ),
        )
        indexes = (
            models.Index(fields=("status", "-id"), name="attempt_by_status"),
            models.Index(
                fields=("-id",), condition=Q(input_sensitive=True), name="attempt_flagged"
            ),
            models.Index(fields=("model", "-id"), name="attempt_by_model"),
            models.Index(fields=("created_by", "-id"), name="attempt_by_person"),
            models.Index(fields=("created_at", "id"), name="attempt_by_time"),
            models.Index(
                fields=("lease_until",),
                condition=Q(status__in=[State.SENDING, State.CLONING]),
                name="attempt_leases",
            ),
        )

    def __str__(self) -> str:
        return f"{self.speaker_name} · {self.voice_id}"

    def save(
        self,
        *,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Insert, or write named fields; never what was ordered or sent."""
        if self._state.adding:
            self.search_text = search.folded(
                f"{self.speaker_name} {self.voice_id} {self.preview_text}"
            )
        elif update_fields is None or (ORDERED | SENT | {"search_text"}) & set(update_fields):
            raise SentIsFinal("Only named fields, and none that was ordered or sent, can be saved.")
        super().save(
            force_insert=force_insert,
            force_update=force_update,
            using=using,
            update_fields=update_fields,
        )

    # Facts computed when read ------------------------------------------------------------------

    @property
    def has_lapsed(self) -> bool:
        """Whether the worker that holds this attempt has not been heard of since."""
        return self.lease_until is not None and self.lease_until < timezone.now()

    @property
    def state(self) -> State:
        """The state that staff read: true at this moment, whatever was written last."""
        match self.status:
            case State.SENDING if self.has_lapsed:
                return State.INTERRUPTED
            case State.CLONING if self.has_lapsed:
                return State.UNKNOWN
            case State.READY if self.input_sensitive:
                return State.FLAGGED
        return State(self.status)

    @property
    def is_running(self) -> bool:
        """Whether somebody is still at it, so that the page should look again."""
        if self.state in (State.WAITING, State.SENDING, State.CLONING):
            return True
        return self.demo_is_under_way

    @property
    def is_ready(self) -> bool:
        return self.status == State.READY

    @property
    def demo_is_under_way(self) -> bool:
        return (
            self.is_ready
            and bool(self.demo_url)
            and not self.demo
            and not self.demo_trouble
            and not self.has_lapsed
        )

    @property
    def demo_problem(self) -> str:
        """Why there is nothing to hear, as a key of the words' table; "" if nothing is wrong."""
        if not self.is_ready or self.demo or self.demo_is_under_way or not self.preview_text:
            return ""
        if self.demo_trouble:
            return self.demo_trouble
        return "unreachable" if self.demo_url else "missing"

    # Changes of state of this row --------------------------------------------------------------

    def advance(self, *, held_as: tuple[str, ...], **changes: Any) -> bool:
        """Write `changes` if this worker still holds the attempt in one of `held_as`.

        False, and nothing written, if another worker has taken it or its state has moved on.
        """
        rows = type(self).objects.filter(pk=self.pk, claim=self.claim, status__in=held_as)
        if not rows.update(**changes):
            return False
        for field, value in changes.items():
            setattr(self, field, value)
        return True
