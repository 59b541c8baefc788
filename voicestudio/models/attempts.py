"""Clone attempts: one request to clone, everything sent, everything answered, and who asked."""

from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from . import search
from .attempt_queryset import IMMUTABLE_FIELDS, CloneAttemptQuerySet, IfLost
from .attempt_states import HOLDING_A_VOICE_ID, STATUSES, AttemptState
from .paid_calls import PERMANENT, PaidCall
from .recordings import AudioFile
from .speakers import Speaker
from .voices import Voice

HELD: Final = Q(lease_until__isnull=False)


class CloneAttempt(PaidCall):
    """One request to clone a voice: the carrier between browser, worker and history.

    `parent` is the attempt from which it was made anew, with changes or without.
    """

    IN_FLIGHT_STATUS: ClassVar[str] = AttemptState.CLONING.value
    IMMUTABLE_FIELDS: ClassVar[frozenset[str]] = IMMUTABLE_FIELDS

    # Asked for
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="children", null=True, blank=True
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
        max_length=12, choices=[(value, value) for value in STATUSES], default=AttemptState.WAITING
    )
    uploaded_at = models.DateTimeField(null=True, blank=True)

    # Answered
    input_sensitive = models.BooleanField(null=True, blank=True)
    input_sensitive_type = models.BigIntegerField(null=True, blank=True)
    cloned_voice = models.OneToOneField(
        Voice, on_delete=models.PROTECT, related_name="attempt", null=True, blank=True
    )

    # The demo
    audio_url = models.TextField(blank=True)
    audio = models.FileField(upload_to="previews/%Y/%m", max_length=255, blank=True)
    audio_trouble = models.CharField(max_length=20, blank=True)
    audio_bytes = models.BigIntegerField(null=True, blank=True)
    audio_duration_ms = models.BigIntegerField(null=True, blank=True)
    audio_peaks = models.JSONField(default=list, blank=True)
    audio_saved_at = models.DateTimeField(null=True, blank=True)

    # Who asked, by name: only in rows of a list.
    person: str

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
                condition=~Q(status=AttemptState.READY) | Q(cloned_voice__isnull=False),
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
                condition=~Q(
                    status__in=[AttemptState.CLONING, AttemptState.UNKNOWN, AttemptState.READY]
                )
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
        # What follows the id lets a second filter be judged without a look at the row.
        indexes = (
            models.Index(fields=("status", "-id", "model", "created_by"), name="attempt_by_status"),
            # With all that tells whether a worker has been lost, so that no row is looked at.
            models.Index(
                IfLost("status"), F("id").desc(), "status", "lease_until", name="attempt_if_lost"
            ),
            models.Index(fields=("model", "-id", "status", "created_by"), name="attempt_by_model"),
            models.Index(fields=("created_by", "-id", "status", "model"), name="attempt_by_person"),
            models.Index(
                fields=("-id",), condition=Q(input_sensitive=True), name="attempt_flagged"
            ),
            models.Index(
                fields=("status", "-id"),
                condition=Q(input_sensitive=True),
                name="attempt_flagged_by_status",
            ),
            models.Index(fields=("created_at", "id"), name="attempt_by_time"),
            models.Index(Lower("voice_id"), name="attempt_by_voice_id"),
            # Held by a worker: a handful of rows, asked for every few seconds.
            models.Index(fields=("status", "lease_until"), condition=HELD, name="attempt_leases"),
            models.Index(fields=("claim",), condition=HELD, name="attempt_claims"),
            models.Index(fields=("worker",), condition=HELD, name="attempt_held_by"),
        )

    def __str__(self) -> str:
        return f"{self.speaker_name} · {self.voice_id}"

    def save(self, **kwargs: Any) -> None:
        """Insert, or write named fields; never what was ordered or sent."""
        if self._state.adding:
            self.search_text = search.indexed(
                f"{self.speaker_name} {self.voice_id} {self.preview_text}"
            )
        super().save(**kwargs)

    # Facts computed when read ------------------------------------------------------------------

    @property
    def state(self) -> AttemptState:
        """The state that staff read: true at this moment, whatever was written last."""
        match self.status:
            case AttemptState.SENDING if self.has_lapsed:
                return AttemptState.INTERRUPTED
            case AttemptState.CLONING if self.has_lapsed:
                return AttemptState.UNKNOWN
            case AttemptState.READY if self.input_sensitive:
                return AttemptState.FLAGGED
        return AttemptState(self.status)

    @property
    def is_running(self) -> bool:
        """Whether somebody is still at it, so that the page should look again."""
        if self.state in (AttemptState.WAITING, AttemptState.SENDING, AttemptState.CLONING):
            return True
        return self.audio_is_under_way or self.is_being_asked

    @property
    def is_ready(self) -> bool:
        """Whether the voice exists, flagged or not."""
        return self.status == AttemptState.READY

    @property
    def billed_text(self) -> str:
        """The text whose characters MiniMax bills."""
        return self.preview_text

    @property
    def voice_used(self) -> None:
        """A preview is no real use, so that no clone fee falls due."""
        return None

    @property
    def audio_is_under_way(self) -> bool:
        """Whether a worker is copying the demo at this moment."""
        return (
            self.is_ready
            and bool(self.audio_url)
            and not self.audio
            and not self.audio_trouble
            and not self.has_lapsed
        )

    @property
    def is_being_asked(self) -> bool:
        """Whether a worker is finding out at this moment what became of it."""
        return (
            self.status == AttemptState.UNKNOWN
            and self.lease_until is not None
            and not self.has_lapsed
        )

    @property
    def audio_problem(self) -> str:
        """Why there is nothing to hear, as a key of the words' table; "" if nothing is wrong."""
        if not self.is_ready or self.audio or self.audio_is_under_way or not self.preview_text:
            return ""
        if self.audio_trouble:
            return self.audio_trouble
        return "unreachable" if self.audio_url else "missing"

    @property
    def audio_can_be_fetched(self) -> bool:
        """Whether a further try may bring a demo that is missing."""
        return bool(self.audio_url) and self.audio_problem not in {"", *PERMANENT}
