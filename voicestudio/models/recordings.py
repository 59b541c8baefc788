"""Recordings: audio that we hold, or that only the provider holds."""

from datetime import timedelta
from typing import Any, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

from .partial_row import PartialRow
from .person_names import name_columns, read_name
from .projects import Project
from .search import filter_containing, fold_text
from .team_queryset import TeamQuerySet

# A check that gave no sign of life for this long has been lost.
CHECKED_WITHIN: Final = timedelta(minutes=3)

# Findings for which the provider refuses a recording when they are of the highest severity.
# Source: provider.md, "Audio" and codes 1000, 2037, 2048.
REFUSED: Final = frozenset({"too_short", "too_long", "silence", "damaged", "not_audio"})
UNUSABLE: Final = 3


class Purpose(models.TextChoices):
    """What a file is for at the provider; spelled as on the wire."""

    SAMPLE = "voice_clone", _("recording")
    PROMPT = "prompt_audio", _("prompt clip")


class Origin(models.TextChoices):
    """Where a recording comes from."""

    UPLOADED = "uploaded", _("uploaded")
    RECORDED = "recorded", _("recorded here")
    CUT = "cut", _("cut")
    CLEANED = "cleaned", _("clean copy")
    TRACK = "track", _("another track")
    EXAMPLE = "example", _("example")
    FILE_ID = "file_id", _("known to MiniMax")


class Verdict(models.TextChoices):
    """The quality of a recording, as the check rates it."""

    GOOD = "good", _("Good")
    USABLE = "usable", _("Usable")
    DISAPPOINTING = "disappointing", _("Poor")
    UNUSABLE = "unusable", _("Unusable")


# The notes that say which of several tracks a recording is.
USED_TRACK: Final = frozenset({"track", "only_track", "chosen_track"})

# What one row of a list shows; the columns of whole rows would be a megabyte for one page.
SHOWN_IN_ROWS: Final = (
    "project", "name", "purpose", "file", "origin", "from_ms", "to_ms", "steps", "needs_cutting",
    "duration_ms", "bytes", "peaks", "verdict", "findings", "check_started_at", "checked_ms",
    "checked_at", "trying_cleanup", "created_at", "deleted_at",
    "parent__name", "parent__parent__name", "parent__parent__parent",
)  # fmt: skip


class AudioFileQuerySet(TeamQuerySet["AudioFile"]):
    """Recordings by their purpose."""

    def for_rows(self) -> Self:
        """Read what a row of a list shows, except its uses.

        `AudioFile.person` is then the name of the person who uploaded it.
        """
        rows = self.annotate(**name_columns("created_by__"))
        return rows.select_related("parent__parent").only(*SHOWN_IN_ROWS)

    def samples(self) -> Self:
        """Recordings to clone a voice from."""
        return self.filter(purpose=Purpose.SAMPLE, deleted_at__isnull=True)

    def prompt_clips(self) -> Self:
        """Prompt clips, which go with a prompt text."""
        return self.filter(purpose=Purpose.PROMPT, deleted_at__isnull=True)

    def clear_audio(self, **columns: Any) -> int:
        """Empty the columns of audio whose files are deleted, and set `columns`; return how many.

        The rows stay for the attempts that refer to them.
        """
        return self.update(
            file="", sha256="", peaks=[], envelope="", playable="",
            tracks_file="", tracks_bytes=None, tracks_sha256="", tracks=[], **columns,
        )  # fmt: skip

    def search(self, words: str) -> Self:
        """Recordings whose name contains `words`, in any case and accent."""
        needle = fold_text(words)
        return filter_containing(self, needle) if needle else self


class AudioFile(PartialRow):
    """One recording: our copy with its metadata, or only a file at the provider, or both."""

    project = models.ForeignKey(
        Project,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # an index of the list begins with it
    )
    name = models.CharField(_("name"), max_length=255)
    search_text = models.TextField(editable=False, default="")
    purpose = models.CharField(max_length=20, choices=Purpose)
    file = models.FileField(upload_to="recordings/%Y/%m", max_length=255, blank=True)
    converted_from = models.CharField(max_length=60, blank=True)

    # A cut or cleaned copy knows its original, which stays unchanged.
    origin = models.CharField(max_length=12, choices=Origin, default=Origin.UPLOADED)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, related_name="children", null=True, blank=True
    )
    from_ms = models.BigIntegerField(null=True, blank=True)
    to_ms = models.BigIntegerField(null=True, blank=True)
    steps = models.JSONField(default=list, blank=True)
    # The operation on the parent: the same operation gives this recording again.
    recipe = models.CharField(max_length=80, blank=True)
    # Longer than the provider accepts: it has to be cut and is never uploaded.
    needs_cutting = models.BooleanField(default=False)

    duration_ms = models.BigIntegerField(null=True, blank=True)
    bytes = models.BigIntegerField(null=True, blank=True)
    # The checksum of `file`; "" until `check_files` writes that of an older recording.
    sha256 = models.CharField(max_length=64, blank=True)
    sample_rate = models.PositiveIntegerField(null=True, blank=True)
    channels = models.PositiveSmallIntegerField(null=True, blank=True)
    codec = models.CharField(max_length=40, blank=True)
    peak_dbfs = models.FloatField(null=True, blank=True)
    loudness_db = models.FloatField(null=True, blank=True)
    silence_share = models.FloatField(null=True, blank=True)
    peaks = models.JSONField(default=list, blank=True)
    # What was done so that the file can be read; see `audio.Metadata.notes`.
    notes = models.JSONField(default=list, blank=True)

    # Of a file with several audio tracks: copies of all that can be read, and what is known of
    # each, see `audio.Track`. `file` holds only the one that is used.
    tracks_file = models.FileField(upload_to="tracks/%Y/%m", max_length=255, blank=True)
    tracks_bytes = models.BigIntegerField(null=True, blank=True)
    tracks_sha256 = models.CharField(max_length=64, blank=True)
    tracks = models.JSONField(default=list, blank=True)

    # The report of the check; see `audio.doctor` for the shapes.
    verdict = models.CharField(max_length=16, choices=Verdict, blank=True)
    findings = models.JSONField(default=list, blank=True)
    figures = models.JSONField(default=dict, blank=True)
    advice = models.JSONField(default=dict, blank=True)
    passages = models.JSONField(default=dict, blank=True)
    envelope = models.FileField(upload_to="envelopes/%Y/%m", max_length=255, blank=True)
    # A small copy for players, if browsers do not surely play `file`; `playable_at` says when that
    # was decided.
    playable = models.FileField(upload_to="playable/%Y/%m", max_length=255, blank=True)
    playable_at = models.DateTimeField(null=True, blank=True)
    # When the check was queued, or last reported its progress, which is `checked_ms`.
    # `checked_at`: when it ended, with a report or without one.
    check_started_at = models.DateTimeField(null=True, blank=True)
    checked_ms = models.BigIntegerField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    # The report is stored, but the check goes on: a clean copy is tried against a finding.
    trying_cleanup = models.BooleanField(default=False)

    # The id of the attempt whose worker uploads it now, so that no other one uploads it as well.
    uploading_for = models.BigIntegerField(null=True, blank=True)

    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    # Deleted, alone or with a voice: where attempts refer to it, the row stays without its audio.
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = AudioFileQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        constraints = (
            models.CheckConstraint(
                condition=~Q(file="") | Q(origin=Origin.FILE_ID) | Q(deleted_at__isnull=False),
                name="recording_is_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=Purpose.values), name="recording_purpose_known"
            ),
            models.CheckConstraint(
                condition=Q(from_ms__isnull=True, to_ms__isnull=True)
                | Q(from_ms__gte=0, to_ms__gt=models.F("from_ms")),
                name="recording_cut_runs_forwards",
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
                fields=("project", "-id", "purpose", "verdict"), name="recording_by_project"
            ),
            models.Index(
                fields=("project", "created_by", "-id"), name="recording_by_project_maker"
            ),
            models.Index(
                fields=("check_started_at",),
                condition=Q(checked_at=None),
                name="recording_to_check",
            ),
            models.Index(
                fields=("deleted_at",),
                condition=Q(deleted_at__isnull=False),
                name="recording_deleted",
            ),
            # Retention asks every hour what is old; the rows are too wide to read them all.
            models.Index(
                fields=("created_at",),
                condition=Q(deleted_at__isnull=True),
                name="recording_by_time",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Write the row; with its name also the text to search for it in."""
        fields = kwargs.get("update_fields")
        if fields is None or "name" in fields:
            self.search_text = fold_text(self.name)
            if fields is not None:
                kwargs["update_fields"] = {*fields, "search_text"}
        super().save(**kwargs)

    @property
    def person(self) -> str:
        """The name of the person who uploaded it, of a recording that was read by `for_rows`."""
        return read_name(self)

    @property
    def has_file(self) -> bool:
        """Whether we have our own copy, which can be played and uploaded again."""
        return bool(self.file)

    @property
    def files(self) -> list[FieldFile]:
        """Our files of this recording: the original, its tracks, envelope and playable copy."""
        files = (self.file, self.tracks_file, self.envelope, self.playable)
        return [file for file in files if file]

    @property
    def track_number(self) -> int | None:
        """Which track of a file with several this recording is, counted from 1."""
        numbers = (note["track"] for note in self.notes if note["code"] in USED_TRACK)
        return next(numbers, None)

    @property
    def is_being_checked(self) -> bool:
        """Whether a check is queued or running, and its verdict is still to come."""
        return self._is_at_work and not self.trying_cleanup

    @property
    def is_trying_cleanup(self) -> bool:
        """Whether the verdict is there, and a clean copy is being tried."""
        return self._is_at_work and self.trying_cleanup

    @property
    def _is_at_work(self) -> bool:
        started = self.check_started_at
        recent = started is not None and clock.now() - started < CHECKED_WITHIN
        return self.has_file and self.checked_at is None and recent

    @property
    def refused_because(self) -> str:
        """The code of the finding for which the provider would refuse this recording, or "".

        Other findings make a voice worse, but a person may still use the recording.
        """
        return next(
            (
                finding["code"]
                for finding in self.findings
                if finding["code"] in REFUSED and finding["severity"] >= UNUSABLE
            ),
            "",
        )

    @property
    def file_id(self) -> int | None:
        """The `file_id` of the newest upload that the provider still has, whatever the account."""
        files = [file for file in self.provider_files.all() if file.deleted_at is None]
        return max(files, key=lambda file: file.pk).file_id if files else None

    def file_id_at(self, account: str) -> int | None:
        """The `file_id` by which `account` at the provider knows this recording, if it does."""
        files = (file for file in self.provider_files.all() if file.deleted_at is None)
        return next((file.file_id for file in files if file.account == account), None)
