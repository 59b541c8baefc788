"""Speakers: the people whose voices are cloned."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

from .projects import Project
from .search import fold_text
from .team_queryset import TeamQuerySet


class SpeakerQuerySet(TeamQuerySet["Speaker"]):
    """Speakers by name; several may have the same."""

    def named(self, name: str) -> Self:
        """Speakers of this name, in any case or accent."""
        return self.filter(search_text=fold_text(name))

    def search(self, words: str) -> Self:
        """Speakers whose names contain `words`, in any case or accent."""
        return self.filter(search_text__contains=fold_text(words))


class Speaker(models.Model):
    """A person, known to the team by a name; two people may share one."""

    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # two indexes begin with it
    )
    name = models.CharField(_("name"), max_length=120)
    search_text = models.TextField(editable=False, default="")
    created_at = models.DateTimeField(default=clock.now, editable=False)
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
        indexes = (
            models.Index(fields=("name", "id"), name="speaker_by_name"),
            models.Index(fields=("project", "-id"), name="speaker_by_project"),
            models.Index(fields=("project", "name", "id"), name="speaker_by_project_name"),
        )
        constraints = (
            models.CheckConstraint(condition=~models.Q(name=""), name="speaker_has_a_name"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Write the row with the text to search for it in."""
        self.search_text = fold_text(self.name)
        super().save(**kwargs)
