"""Notes: dated sentences of people on an attempt, a voice or a recording."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

from .attempts import CloneAttempt
from .projects import Project
from .recordings import AudioFile
from .team_queryset import TeamQuerySet
from .voices import Voice

_OBJECTS = ("attempt", "voice", "recording")


def _only(chosen: str) -> Q:
    return Q(**{f"{name}__isnull": name != chosen for name in _OBJECTS})


class Note(models.Model):
    """What one person said about one thing. It is never edited; its writer may delete it."""

    # The project of the object.
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("note"))
    attempt = models.ForeignKey(
        CloneAttempt, on_delete=models.CASCADE, related_name="dated_notes", null=True, blank=True
    )
    voice = models.ForeignKey(
        Voice, on_delete=models.CASCADE, related_name="dated_notes", null=True, blank=True
    )
    recording = models.ForeignKey(
        AudioFile, on_delete=models.CASCADE, related_name="dated_notes", null=True, blank=True
    )

    objects = TeamQuerySet["Note"].as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = (
            models.CheckConstraint(
                condition=_only("attempt") | _only("voice") | _only("recording"),
                name="note_on_one_object",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="note_has_text"),
        )

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def target(self) -> CloneAttempt | Voice | AudioFile:
        """What the note is on."""
        target = self.attempt or self.voice or self.recording
        assert target is not None
        return target
