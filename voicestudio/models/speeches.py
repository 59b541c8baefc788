"""Speeches: what a voice was asked to say, and what was heard. The same rules as for cloning."""

from decimal import Decimal
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .paid_calls import INTERRUPTED, PERMANENT, PaidCall, PaidCallQuerySet
from .paid_calls import UNKNOWN as UNANSWERED
from .voices import Voice


class SpeechState(models.TextChoices):
    """What staff read; `status` in the database plus what the clock tells."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SPEAKING = "speaking", _("Generating")
    READY = "ready", _("Ready")
    STOPPED = "stopped", _("Stopped by MiniMax")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Outcome unknown")
    INTERRUPTED = "interrupted", _("Interrupted")


class SpeechPurpose(models.TextChoices):
    """Why the voice speaks."""

    KEEP = "keep", _("to keep the voice")
    SPEAK = "speak", _("to be heard")


class Format(models.TextChoices):
    """The kinds of audio that a person can ask for."""

    MP3 = "mp3", "mp3"
    WAV = "wav", "wav"
    FLAC = "flac", "flac"


UNDER_WAY: Final = (SpeechState.WAITING, SpeechState.SENDING, SpeechState.SPEAKING)


class SpeechQuerySet(PaidCallQuerySet["Speech"]):  # type: ignore[override, unused-ignore]
    """Speeches by state."""

    def with_all_it_needs(self) -> Self:
        """With the voice and its speaker."""
        return self.select_related("voice__speaker")

    def for_rows(self) -> Self:
        """With all that one row of a list shows, in one query."""
        return self.select_related("created_by", "voice").defer("answer", "answer_text", "calls")

    def in_state(self, state: str) -> Self:
        """Speeches in `state` as staff read it, by status and by the clock."""
        lost = Q(lease_until__lt=timezone.now())
        match state:
            case SpeechState.SENDING | SpeechState.SPEAKING:
                return self.filter(~lost, status=state)
            case SpeechState.INTERRUPTED:
                return self.filter(Q(status=INTERRUPTED) | Q(lost, status=SpeechState.SENDING))
            case SpeechState.UNKNOWN:
                return self.filter(Q(status=UNANSWERED) | Q(lost, status=SpeechState.SPEAKING))
        return self.filter(status=state)


class Speech(PaidCall):
    """One request to speak: the carrier between browser, worker and history."""

    IN_FLIGHT_STATUS: ClassVar[str] = SpeechState.SPEAKING.value
    IMMUTABLE_FIELDS: ClassVar[frozenset[str]] = frozenset(
        {
            "token", "provider", "created_at", "created_by", "created_by_id", "voice", "voice_id",
            "purpose", "text", "model", "speed", "volume", "pitch", "language", "format",
        }
    )  # fmt: skip

    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="speeches")
    purpose = models.CharField(max_length=8, choices=SpeechPurpose, default=SpeechPurpose.SPEAK)
    text = models.TextField()
    model = models.CharField(max_length=60)
    speed = models.DecimalField(max_digits=3, decimal_places=2, default=Decimal(1))
    volume = models.DecimalField(max_digits=4, decimal_places=2, default=Decimal(1))
    pitch = models.SmallIntegerField(default=0)
    language = models.CharField(max_length=40, blank=True)
    format = models.CharField(max_length=8, choices=Format, default=Format.MP3)
    status = models.CharField(
        max_length=12,
        choices=[(state.value, state.value) for state in SpeechState],
        default=SpeechState.WAITING,
    )

    # What was spoken. `audio_url` is good for a day; what lies in `audio` is ours.
    audio_url = models.TextField(blank=True)
    audio = models.FileField(upload_to="speeches/%Y/%m", max_length=255, blank=True)
    audio_trouble = models.CharField(max_length=20, blank=True)
    audio_saved_at = models.DateTimeField(null=True, blank=True)
    audio_bytes = models.BigIntegerField(null=True, blank=True)
    audio_duration_ms = models.BigIntegerField(null=True, blank=True)
    audio_peaks = models.JSONField(default=list, blank=True)
    usage_characters = models.BigIntegerField(null=True, blank=True)

    objects = SpeechQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("speech")
        verbose_name_plural = _("speeches")
        constraints = (
            models.CheckConstraint(
                condition=Q(status__in=SpeechState.values), name="speech_status_known"
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=SpeechPurpose.values), name="speech_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(format__in=Format.values), name="speech_format_known"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="speech_says_something"),
            models.CheckConstraint(
                condition=Q(sent__isnull=True, sent_at__isnull=True)
                | Q(sent__isnull=False, sent_at__isnull=False),
                name="speech_sent_with_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("speaking", "unknown", "ready")) | Q(sent__isnull=False),
                name="speech_spoken_was_sent",
            ),
            models.UniqueConstraint(
                fields=("voice",),
                condition=Q(purpose="keep", status__in=("waiting", "sending", "speaking")),
                name="speech_keeps_a_voice_once",
            ),
        )
        indexes = (
            models.Index(fields=("voice", "-id"), name="speech_by_voice"),
            models.Index(fields=("created_by", "-id"), name="speech_by_person"),
            models.Index(fields=("status", "-id"), name="speech_by_status"),
            models.Index(
                fields=("status", "lease_until"),
                condition=Q(lease_until__isnull=False),
                name="speech_leases",
            ),
            models.Index(
                fields=("claim",), condition=Q(lease_until__isnull=False), name="speech_claims"
            ),
        )

    def __str__(self) -> str:
        return f"{self.voice} · {self.text[:40]}"

    # Facts computed when read ------------------------------------------------------------------

    @property
    def state(self) -> SpeechState:
        """The state that staff read: true at this moment, whatever was written last."""
        match self.status:
            case SpeechState.SENDING if self.has_lapsed:
                return SpeechState.INTERRUPTED
            case SpeechState.SPEAKING if self.has_lapsed:
                return SpeechState.UNKNOWN
        return SpeechState(self.status)

    @property
    def is_running(self) -> bool:
        """Whether somebody is still at it, so that the page should look again."""
        return self.state in UNDER_WAY or self.audio_is_under_way

    @property
    def is_ready(self) -> bool:
        """Whether it was spoken, and so has to be paid for."""
        return self.status == SpeechState.READY

    @property
    def billed_text(self) -> str:
        """The text whose characters MiniMax bills."""
        return self.text

    @property
    def voice_used(self) -> Voice:
        """The voice whose clone fee falls due at its first real use."""
        return self.voice

    @property
    def audio_is_under_way(self) -> bool:
        """Whether a worker is copying the audio at this moment."""
        waiting = bool(self.audio_url) and not self.audio and not self.audio_trouble
        return self.is_ready and waiting and not self.has_lapsed

    @property
    def audio_problem(self) -> str:
        """Why there is nothing to hear, as a key of the words' table; "" if nothing is wrong."""
        if not self.is_ready or self.audio or self.audio_is_under_way:
            return ""
        return self.audio_trouble or ("unreachable" if self.audio_url else "missing")

    @property
    def audio_can_be_fetched(self) -> bool:
        """Whether a further try may bring audio that is missing."""
        return bool(self.audio_url) and self.audio_problem not in {"", *PERMANENT}
