"""Speeches: one request to generate speech with a voice, and the audio that came back."""

from decimal import Decimal
from typing import ClassVar, Final, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .paid_call_queryset import PaidCallQuerySet
from .paid_calls import ORDER, PaidCall
from .rate_limits import CallKind
from .voices import Voice


class SpeechState(models.TextChoices):
    """What staff read: `status` in the database and what the clock makes of it."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    SPEAKING = "speaking", _("Generating")
    READY = "ready", pgettext_lazy("speech", "Ready")
    STOPPED = "stopped", pgettext_lazy("speech", "Stopped by MiniMax")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Outcome unknown")
    INTERRUPTED = "interrupted", pgettext_lazy("speech", "Interrupted")


RUNNING: Final = (SpeechState.WAITING.value, SpeechState.SENDING.value, SpeechState.SPEAKING.value)


class SpeechPurpose(models.TextChoices):
    """Why the voice speaks."""

    KEEP = "keep", _("to keep the voice")
    SPEAK = "speak", _("to be heard")


class Format(models.TextChoices):
    """The audio formats that a person can choose."""

    MP3 = "mp3", "mp3"
    WAV = "wav", "wav"
    FLAC = "flac", "flac"


class SpeechQuerySet(PaidCallQuerySet["Speech"]):  # type: ignore[override, unused-ignore]
    """Speeches with the rows that a list or the worker needs."""

    def for_worker(self) -> Self:
        """With the voice and its speaker."""
        return self.select_related("voice__speaker")

    def for_rows(self) -> Self:
        """With all that one row of a list shows, in one query."""
        return self.select_related("created_by", "voice").defer("answer", "answer_text", "calls")


class Speech(PaidCall):
    """One request to generate speech; the row is all that browser, worker and page share."""

    IN_FLIGHT_STATUS: ClassVar[str] = SpeechState.SPEAKING.value
    IMMUTABLE_FIELDS: ClassVar[frozenset[str]] = ORDER | {
        "voice", "voice_id", "purpose", "text", "model", "speed", "volume", "pitch", "language",
        "format",
    }  # fmt: skip
    STATES: ClassVar[type[models.TextChoices]] = SpeechState
    RATE_LIMIT: ClassVar[CallKind] = CallKind.SPEECH
    AUDIO_FOLDER: ClassVar[str] = "speeches"
    PRICE_COLUMNS: ClassVar[tuple[str, ...]] = ("model", "text", "voice")

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
                condition=~Q(
                    status__in=[SpeechState.SPEAKING, SpeechState.UNKNOWN, SpeechState.READY]
                )
                | Q(sent__isnull=False),
                name="speech_spoken_was_sent",
            ),
            models.UniqueConstraint(
                fields=("voice",),
                condition=Q(purpose="keep", status__in=RUNNING),
                name="speech_keeps_a_voice_once",
            ),
        )
        indexes = (
            models.Index(fields=("voice", "-id"), name="speech_by_voice"),
            models.Index(fields=("created_by", "-id"), name="speech_by_person"),
            models.Index(fields=("status", "-id"), name="speech_by_status"),
            # Retention asks every hour what is old.
            models.Index(fields=("status", "created_at"), name="speech_by_status_time"),
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

    @property
    def billed_text(self) -> str:
        """The text to speak."""
        return self.text

    @property
    def voice_used(self) -> Voice:
        """The voice, whose clone fee falls due with its first speech."""
        return self.voice

    @property
    def audio_name(self) -> str:
        """The name of the audio file, without its extension."""
        return f"{self.voice.voice_id[:60]}-{self.pk}"
