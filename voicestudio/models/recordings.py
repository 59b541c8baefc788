"""Recordings: audio that we hold and that the provider knows by a `file_id`."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


# A verdict that has not come by then is not coming by itself.
CHECKED_WITHIN: Final = timedelta(minutes=3)

# Findings, by the doctor's codes, that the provider answers with "no" when they are at their worst.
# Source: provider.md, "Audio" and codes 1000, 2037, 2048.
REFUSED: Final = frozenset({"too_short", "too_long", "silence", "damaged", "not_audio"})
UNUSABLE: Final = 3


class Purpose(models.TextChoices):
    """What the provider is told the file is for; spelled as on the wire."""

    SAMPLE = "voice_clone", _("recording")
    PROMPT = "prompt_audio", _("prompt clip")


class Origin(models.TextChoices):
    """How a recording came to us."""

    UPLOADED = "uploaded", _("uploaded")
    RECORDED = "recorded", _("recorded here")
    CUT = "cut", _("cut")
    CLEANED = "cleaned", _("clean copy")
    EXAMPLE = "example", _("example")
    FILE_ID = "file_id", _("known to MiniMax")


class Verdict(models.TextChoices):
    """What the sample doctor makes of a recording."""

    GOOD = "good", _("Good")
    USABLE = "usable", _("Usable")
    DISAPPOINTING = "disappointing", _("Poor")
    UNUSABLE = "unusable", _("Unusable")


class AudioFileQuerySet(models.QuerySet["AudioFile"]):
    """Recordings by who may see them and what they are for."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Everyone in the team sees every recording; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def samples(self) -> Self:
        """Those from which a voice is cloned."""
        return self.filter(purpose=Purpose.SAMPLE, deleted_at__isnull=True)

    def prompt_clips(self) -> Self:
        """Those that go with a prompt text."""
        return self.filter(purpose=Purpose.PROMPT, deleted_at__isnull=True)


class AudioFile(models.Model):
    """One recording: our copy with its measures, or a bare `file_id`, or both."""

    name = models.CharField(_("name"), max_length=255)
    purpose = models.CharField(max_length=20, choices=Purpose)
    file = models.FileField(upload_to="recordings/%Y/%m", max_length=255, blank=True)
    converted_from = models.CharField(max_length=60, blank=True)

    # Where it comes from: what was cut or tidied knows its original, which stays as it is.
    origin = models.CharField(max_length=12, choices=Origin, default=Origin.UPLOADED)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, related_name="children", null=True, blank=True
    )
    from_ms = models.BigIntegerField(null=True, blank=True)
    to_ms = models.BigIntegerField(null=True, blank=True)
    steps = models.JSONField(default=list, blank=True)
    # What was asked to be made of the parent: asked once more, it is this same recording.
    recipe = models.CharField(max_length=80, blank=True)
    # Longer than the provider takes: here to be cut, and never sent as it is.
    needs_cutting = models.BooleanField(default=False)

    # What the provider calls it, and which provider: a file_id of the stand-in means nothing to
    # MiniMax, and the reverse.
    file_id = models.BigIntegerField(null=True, blank=True)
    provider = models.CharField(max_length=255, blank=True)
    uploaded_at = models.DateTimeField(null=True, blank=True)

    duration_ms = models.BigIntegerField(null=True, blank=True)
    bytes = models.BigIntegerField(null=True, blank=True)
    sample_rate = models.PositiveIntegerField(null=True, blank=True)
    channels = models.PositiveSmallIntegerField(null=True, blank=True)
    codec = models.CharField(max_length=40, blank=True)
    peak_dbfs = models.FloatField(null=True, blank=True)
    loudness_db = models.FloatField(null=True, blank=True)
    silence_share = models.FloatField(null=True, blank=True)
    peaks = models.JSONField(default=list, blank=True)

    # What the sample doctor found: see `audio.doctor` for the shapes.
    verdict = models.CharField(max_length=16, choices=Verdict, blank=True)
    findings = models.JSONField(default=list, blank=True)
    figures = models.JSONField(default=dict, blank=True)
    advice = models.JSONField(default=dict, blank=True)
    passages = models.JSONField(default=dict, blank=True)
    envelope = models.FileField(upload_to="envelopes/%Y/%m", max_length=255, blank=True)
    # When the doctor was last asked to listen, or last said how far it is, which is `checked_ms`.
    # `checked_at`: when it had an answer, or gave up.
    check_started_at = models.DateTimeField(null=True, blank=True)
    checked_ms = models.BigIntegerField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    # Deleted together with a voice: the row stays, because attempts tell of it, without its audio.
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = AudioFileQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        constraints = (
            models.CheckConstraint(
                condition=~Q(file="") | Q(file_id__isnull=False) | Q(deleted_at__isnull=False),
                name="recording_is_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=Purpose.values), name="recording_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(file_id__isnull=True) | ~Q(provider=""),
                name="recording_file_id_has_provider",
            ),
            models.CheckConstraint(
                condition=Q(from_ms__isnull=True, to_ms__isnull=True)
                | Q(from_ms__gte=0, to_ms__gt=models.F("from_ms")),
                name="recording_cut_runs_forwards",
            ),
            models.CheckConstraint(
                condition=Q(needs_cutting=False) | Q(file_id__isnull=True),
                name="recording_to_be_cut_never_sent",
            ),
            models.UniqueConstraint(
                fields=("provider", "file_id"),
                condition=Q(file_id__isnull=False),
                name="recording_file_id_once",
            ),
            models.UniqueConstraint(
                fields=("parent", "recipe"),
                condition=~Q(recipe="") & Q(deleted_at__isnull=True),
                name="recording_made_once",
            ),
        )
        indexes = (
            models.Index(fields=("purpose", "-id"), name="recording_by_purpose"),
            models.Index(fields=("verdict", "-id"), name="recording_by_verdict"),
            models.Index(
                fields=("check_started_at",),
                condition=Q(checked_at=None),
                name="recording_to_be_judged",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def has_file(self) -> bool:
        """Whether we have a copy of our own that can be heard and sent again."""
        return bool(self.file)

    @property
    def is_being_checked(self) -> bool:
        """Whether the sample doctor is expected to say something soon."""
        asked = self.check_started_at
        fresh = asked is not None and timezone.now() - asked < CHECKED_WITHIN
        return self.has_file and self.checked_at is None and fresh

    @property
    def refused_because(self) -> str:
        """The finding for which the provider would refuse this recording, or "".

        Everything else that is found makes a voice worse, but a person may try all the same.
        """
        return next(
            (
                finding["code"]
                for finding in self.findings
                if finding["code"] in REFUSED and finding["severity"] >= UNUSABLE
            ),
            "",
        )

    def file_id_at(self, provider: str) -> int | None:
        """The `file_id` by which `provider` knows this recording, if it does."""
        return self.file_id if self.provider == provider else None
