"""Speakers: the people whose voices are cloned."""

import unicodedata
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from .search import fold_text
from .studio import Studio
from .team_queryset import TeamQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class SpeakerQuerySet(TeamQuerySet["Speaker"]):
    """Speakers by name."""

    def get_or_add(self, name: str, *, by: "User") -> "Speaker":
        """The speaker of this name in any case, spelled the same if possible, or a new one."""
        if speaker := self.find_by_name(name):
            return speaker
        with transaction.atomic():
            Studio.lock()  # so that two requests for one new name add one speaker
            return self.find_by_name(name) or self.create(name=name, created_by=by)

    def find_by_name(self, name: str) -> "Speaker | None":
        """The newest speaker of this name; accents count, because they tell names apart."""
        similar = self.filter(search_text=fold_text(name)).order_by("-pk")
        same = [speaker for speaker in similar if _key(speaker.name) == _key(name)]
        return next((speaker for speaker in same if speaker.name == name), next(iter(same), None))


def _key(name: str) -> str:
    """A name without case and repeated blanks."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


class Speaker(models.Model):
    """A person, known to the team by a name; two people may share one."""

    name = models.CharField(_("name"), max_length=120)
    search_text = models.TextField(editable=False, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    # The attempt that was pinned as the best of this speaker's attempts.
    best_attempt = models.ForeignKey(
        "CloneAttempt", on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )

    objects = SpeakerQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        indexes = (models.Index(fields=("name", "id"), name="speaker_by_name"),)
        constraints = (
            models.CheckConstraint(condition=~models.Q(name=""), name="speaker_has_a_name"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Write the row with the text to search for it in."""
        self.search_text = fold_text(self.name)
        super().save(**kwargs)
