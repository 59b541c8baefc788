"""Voices at the provider, each known by its `voice_id`, and their tags."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

from .partial_row import PartialRow
from .person_names import read_name
from .projects import Project
from .speakers import Speaker
from .voice_queryset import VoiceQuerySet
from .voice_states import UNUSED_LIFETIME, Source, VoiceState

if TYPE_CHECKING:
    from .attempts import CloneAttempt

__all__ = ["Source", "Tag", "Voice", "VoiceQuerySet", "VoiceState"]

SEARCHED: Final = 600
BY_TIME: Final = ("created_at", "id")


def tag_key(name: str) -> str:
    """`name` without case: two tags are the same if their keys are."""
    return name.casefold()


class Tag(models.Model):
    """A word by which voices are grouped; shown as it was first written."""

    name = models.CharField(_("name"), max_length=40)
    # Unique instead of `Lower(name)`, because SQLite lowers ASCII letters only.
    key = models.CharField(max_length=120, unique=True, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = (models.CheckConstraint(condition=~Q(name=""), name="tag_has_a_name"),)

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Write the name with its key."""
        self.key = tag_key(self.name)
        super().save(**kwargs)


class Voice(PartialRow):
    """One cloned voice. The attempt that made it is `voice.attempt`.

    The columns are facts with their times; the state is computed from them and from the clock.
    """

    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # indexes of the list begin with it
    )
    voice_id = models.CharField(_("voice ID"), max_length=256)
    provider = models.CharField(max_length=255)
    speaker = models.ForeignKey(Speaker, on_delete=models.PROTECT, related_name="voices")
    source = models.CharField(max_length=8, choices=Source, default=Source.CLONED)
    created_at = models.DateTimeField()
    # Made by an attempt whose answer is unknown: `created_at` is then when it was sent.
    uncertain = models.BooleanField(default=False)
    # The voice exists, but its preview was lost with the answer.
    preview_lost = models.BooleanField(default=False)
    # The first successful speech; from then on the provider keeps the voice.
    kept_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    reminder_dismissed_at = models.DateTimeField(null=True, blank=True)
    # The provider does not know it (2054), or it belongs to another account (2042).
    missing_at = models.DateTimeField(null=True, blank=True)
    missing_code = models.PositiveIntegerField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    tags = models.ManyToManyField(Tag, related_name="voices", blank=True)
    search_text = models.CharField(max_length=SEARCHED, editable=False, default="")

    objects = VoiceQuerySet.as_manager()

    if TYPE_CHECKING:
        attempt: CloneAttempt  # raises ObjectDoesNotExist for an imported voice

    class Meta:
        ordering = ("-id",)
        verbose_name = _("voice")
        verbose_name_plural = _("voices")
        # Every list is sorted by `created_at`, so each index can be entered where a page begins.
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
            models.Index(fields=("project", *BY_TIME), name="voice_by_project"),
            models.Index(fields=("project", "last_used_at", "id"), name="voice_by_project_use"),
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
                condition=Q(uncertain=False) | Q(kept_at__isnull=True), name="voice_kept_is_certain"
            ),
        )

    def __str__(self) -> str:
        return self.voice_id

    # Facts computed when read ------------------------------------------------------------------

    @property
    def person(self) -> str:
        """The name of the person who had it cloned, of a voice that was read by `for_rows`."""
        return read_name(self)

    @property
    def expires_at(self) -> datetime | None:
        """When the provider deletes the voice unless it is used; None once it has been used.

        Computed in UTC, so that 168 hours are not changed by daylight saving time.
        """
        return None if self.kept_at else self.created_at + UNUSED_LIFETIME

    def state_at(self, moment: datetime) -> VoiceState:
        """The state at that moment, from the facts known now."""
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
        """The state that staff read, computed for this moment."""
        return self.state_at(clock.now())

    @property
    def time_left(self) -> timedelta | None:
        """How long the voice can still be kept; None unless it is temporary."""
        if self.state is not VoiceState.TEMPORARY or self.expires_at is None:
            return None
        return self.expires_at - clock.now()

    @property
    def can_speak(self) -> bool:
        """Whether the voice can generate speech."""
        return self.state in (VoiceState.TEMPORARY, VoiceState.KEPT, VoiceState.FROM_MINIMAX)

    @property
    def can_be_kept(self) -> bool:
        """Whether the voice can and has to be kept."""
        return self.state is VoiceState.TEMPORARY
