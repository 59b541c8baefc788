"""Clone attempts: one request to clone a voice, with everything sent and answered."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from . import search
from .attempt_queryset import CloneAttemptQuerySet, IfLapsed
from .attempt_states import HOLDING_A_VOICE_ID, STATUSES, AttemptState
from .paid_calls import ORDER, PaidCall
from .person_names import read_name
from .rate_limits import CallKind
from .recordings import AudioFile
from .speakers import Speaker
from .voices import Voice

LEASED: Final = Q(lease_until__isnull=False)


class CloneAttempt(PaidCall):
    """One request to clone a voice; the row is all that browser, worker and history share.

    `parent` is the attempt that this one repeats, with or without changes.
    """

    IN_FLIGHT_STATUS: ClassVar[str] = AttemptState.CLONING.value
    IMMUTABLE_FIELDS: ClassVar[frozenset[str]] = ORDER | {
        "parent", "parent_id", "speaker", "speaker_id", "speaker_name", "recording",
        "recording_id", "prompt_clip", "prompt_clip_id", "prompt_text", "voice_id", "preview_text",
        "model", "language", "text_validation", "accuracy", "noise_reduction",
        "volume_normalization", "watermark", "rehearsal", "permission_by", "permission_by_id",
        "permission_at", "permission_wording",
    }  # fmt: skip
    STATES: ClassVar[type[models.TextChoices]] = AttemptState
    RATE_LIMIT: ClassVar[CallKind] = CallKind.CLONE
    AUDIO_FOLDER: ClassVar[str] = "previews"
    PRICE_COLUMNS: ClassVar[tuple[str, ...]] = ("model", "preview_text")

    # The order
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="children", null=True, blank=True
    )
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="attempts")
    speaker_name = models.CharField(max_length=120)
    recording = models.ForeignKey(
        AudioFile,
        on_delete=models.PROTECT,
        related_name="attempts",
        db_index=False,  # an index of its newest attempts begins with it
    )
    prompt_clip = models.ForeignKey(
        AudioFile,
        on_delete=models.PROTECT,
        related_name="prompted_attempts",
        null=True,
        blank=True,
        db_index=False,  # the same
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

    # In the queue
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
        # Columns after the id let the index answer a second filter without reading the row.
        indexes = (
            models.Index(fields=("status", "-id", "model", "created_by"), name="attempt_by_status"),
            # Holds all that tells whether a lease has lapsed, so that no row is read.
            models.Index(
                IfLapsed("status"),
                F("id").desc(),
                "status",
                "lease_until",
                name="attempt_if_lapsed",
            ),
            models.Index(fields=("model", "-id", "status", "created_by"), name="attempt_by_model"),
            models.Index(fields=("created_by", "-id", "status", "model"), name="attempt_by_person"),
            models.Index(
                fields=("project", "-id", "status", "model", "created_by"),
                name="attempt_by_project",
            ),
            models.Index(fields=("project", "created_by", "-id"), name="attempt_by_project_person"),
            models.Index(
                fields=("-id",), condition=Q(input_sensitive=True), name="attempt_flagged"
            ),
            models.Index(
                fields=("status", "-id"),
                condition=Q(input_sensitive=True),
                name="attempt_flagged_by_status",
            ),
            models.Index(
                fields=("project", "status", "-id"),
                condition=Q(input_sensitive=True),
                name="attempt_flagged_by_project",
            ),
            models.Index(fields=("created_at", "id"), name="attempt_by_time"),
            models.Index(Lower("voice_id"), name="attempt_by_voice_id"),
            # The list of recordings reads the newest attempts of each; a recording may have made
            # thousands, and most attempts have no prompt clip.
            models.Index(fields=("recording", "-id"), name="attempt_by_recording"),
            models.Index(
                fields=("prompt_clip", "-id"),
                condition=Q(prompt_clip__isnull=False),
                name="attempt_by_prompt_clip",
            ),
            # Rows with a lease: a handful, queried every few seconds.
            models.Index(fields=("status", "lease_until"), condition=LEASED, name="attempt_leases"),
            models.Index(fields=("claim",), condition=LEASED, name="attempt_claims"),
            models.Index(fields=("worker",), condition=LEASED, name="attempt_held_by"),
        )

    def __str__(self) -> str:
        return f"{self.speaker_name} · {self.voice_id}"

    def save(self, **kwargs: Any) -> None:
        """Insert with the text for search, or write named fields."""
        if self._state.adding:
            # A note on the recording may be older than the attempt.
            notes = self.recording.dated_notes.filter(project=self.project_id)
            self.search_text = self.text_to_index(notes.values_list("text", flat=True))
        super().save(**kwargs)

    def text_to_index(self, notes: Iterable[str]) -> str:
        """The text to search for the attempt in: its own, and that of `notes`."""
        words = (self.speaker_name, self.voice_id, self.preview_text, *notes)
        return search.index_text(" ".join(words))

    @property
    def billed_text(self) -> str:
        """The preview text; "" for a clone without a preview."""
        return self.preview_text

    @property
    def voice_used(self) -> None:
        """None: a preview is no use of the voice, so no clone fee falls due."""
        return

    @property
    def rehearses_slow_down(self) -> bool:
        """Whether the form asked the stand-in to answer "slow down" once."""
        return self.rehearsal == "slow_down"

    @property
    def audio_name(self) -> str:
        """The name of the preview file, without its extension."""
        return self.voice_id[:60]

    # Facts computed when read ------------------------------------------------------------------

    @property
    def state(self) -> AttemptState:
        """The state that staff read: true at this moment, whatever was written last."""
        if self.is_ready and self.input_sensitive:
            return AttemptState.FLAGGED
        return AttemptState(super().state)

    @property
    def person(self) -> str:
        """The name of the person who requested it, of an attempt that was read by `for_rows`."""
        return read_name(self)

    @property
    def is_running(self) -> bool:
        """Whether a worker will change this row soon, so that the page should ask again."""
        return super().is_running or self.is_being_reconciled

    @property
    def is_being_reconciled(self) -> bool:
        """Whether a worker is asking MiniMax at this moment for the outcome of the request."""
        held = self.lease_until is not None and not self.has_lapsed
        return held and self.status == AttemptState.UNKNOWN
