"""Voices: what exists at the provider under a `voice_id`, as far as we know at this moment."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .speakers import Speaker
from .voice_queryset import VoiceQuerySet
from .voice_states import UNUSED_LIFETIME, Source, VoiceState

if TYPE_CHECKING:
    from .attempts import CloneAttempt

__all__ = ["Source", "Tag", "Voice", "VoiceQuerySet", "VoiceState"]

SEARCHED: Final = 600
BY_TIME: Final = ("created_at", "id")


class Tag(models.Model):
    """A word by which voices are put together."""

    name = models.CharField(_("name"), max_length=40, unique=True)

    class Meta:
        ordering = ("name",)
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = (models.CheckConstraint(condition=~Q(name=""), name="tag_says_something"),)

    def __str__(self) -> str:
        return self.name


class Voice(models.Model):
    """One cloned voice. The attempt that made it is `voice.attempt`.

    What is written are facts, each with its time. The state follows from them and from the clock.
    """

    voice_id = models.CharField(_("voice ID"), max_length=256)
    provider = models.CharField(max_length=255)
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="voices")
    source = models.CharField(max_length=8, choices=Source, default=Source.CLONED)
    created_at = models.DateTimeField()
    # Made by an attempt whose answer is not known: `created_at` is then the time of its sending.
    uncertain = models.BooleanField(default=False)
    # It exists, but what it said when it was made has been lost with the answer.
    preview_lost = models.BooleanField(default=False)
    # The first speech call on record that succeeded; from then on the provider keeps it.
    kept_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    # Nobody wants to be reminded of it any more.
    reminder_dismissed_at = models.DateTimeField(null=True, blank=True)
    # The provider said that it does not know it (2054), or that it is another account's (2042).
    missing_at = models.DateTimeField(null=True, blank=True)
    missing_code = models.PositiveIntegerField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    tags = models.ManyToManyField(Tag, related_name="voices", blank=True)
    search_text = models.CharField(max_length=SEARCHED, editable=False, default="")

    objects = VoiceQuerySet.as_manager()

    if TYPE_CHECKING:
        attempt: CloneAttempt  # raises ObjectDoesNotExist for a voice that was taken in

    class Meta:
        ordering = ("-id",)
        verbose_name = _("voice")
        verbose_name_plural = _("voices")
        # Every list is in the order of `created_at`, so each index is entered where a page begins.
        indexes = (
            models.Index(Lower("voice_id"), name="voice_by_voice_id"),
            models.Index(fields=BY_TIME, name="voice_by_time"),
            models.Index(
                fields=BY_TIME,
                condition=Q(kept_at__isnull=True, deleted_at__isnull=True),
                name="voice_unkept",
            ),
            models.Index(
                fields=BY_TIME,
                condition=Q(kept_at__isnull=False, deleted_at__isnull=True),
                name="voice_kept",
            ),
            models.Index(fields=BY_TIME, condition=Q(heard_at__isnull=True), name="voice_unheard"),
            models.Index(fields=BY_TIME, condition=Q(uncertain=True), name="voice_uncertain"),
            models.Index(
                fields=BY_TIME, condition=Q(source=Source.IMPORTED), name="voice_imported"
            ),
            models.Index(
                fields=BY_TIME,
                condition=Q(deleted_at__isnull=False) | Q(missing_at__isnull=False),
                name="voice_gone",
            ),
            models.Index(fields=("last_used_at", "id"), name="voice_by_use"),
            models.Index(fields=("search_text",), name="voice_by_text"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("provider", "voice_id"),
                condition=Q(deleted_at__isnull=True),
                name="voice_id_once_among_living",
            ),
            models.CheckConstraint(condition=~Q(voice_id=""), name="voice_has_an_id"),
            models.CheckConstraint(
                condition=Q(source=Source.CLONED)
                | Q(source=Source.IMPORTED, kept_at__isnull=False),
                name="voice_imported_is_kept",
            ),
            models.CheckConstraint(
                condition=Q(uncertain=False) | Q(kept_at__isnull=True),
                name="voice_kept_is_certain",
            ),
        )

    def __str__(self) -> str:
        return self.voice_id

    # Facts computed when read ------------------------------------------------------------------

    @property
    def expires_at(self) -> datetime | None:
        """When the provider deletes it if it never speaks; None once it has spoken.

        168 hours are 168 hours, whatever clocks do meanwhile: the sum is made in UTC.
        """
        return None if self.kept_at else self.created_at + UNUSED_LIFETIME

    def state_at(self, moment: datetime) -> VoiceState:
        """The state at that moment, from what is known now."""
        if self.deleted_at:
            return VoiceState.DELETED
        if self.expires_at and moment >= self.expires_at:
            return VoiceState.EXPIRED
        if self.missing_at:
            return VoiceState.DELETED
        if self.uncertain:
            return VoiceState.UNKNOWN
        if self.source == Source.IMPORTED:
            return VoiceState.FROM_MINIMAX
        return VoiceState.KEPT if self.kept_at else VoiceState.TEMPORARY

    @property
    def state(self) -> VoiceState:
        """The state that staff read: true at this moment, whatever was written last."""
        return self.state_at(timezone.now())

    @property
    def time_left(self) -> timedelta | None:
        """How long it can still be kept; None if that is no question."""
        if self.state is not VoiceState.TEMPORARY or self.expires_at is None:
            return None
        return self.expires_at - timezone.now()

    @property
    def can_speak(self) -> bool:
        """Whether a text may be sent to it."""
        return self.state in (VoiceState.TEMPORARY, VoiceState.KEPT, VoiceState.FROM_MINIMAX)

    @property
    def can_be_kept(self) -> bool:
        """Whether keeping it is possible, and is still to be done."""
        return self.state is VoiceState.TEMPORARY
