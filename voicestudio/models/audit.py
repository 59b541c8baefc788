"""Audit trail: what happened, when, by whom and from where, in rows that are never changed.

The database itself refuses changes (`audit_triggers`). Rows hold IDs and plain text, no foreign
keys, and neither a speaker's name nor what was spoken, so that deleting a person's data never
touches them.

django-auditlog, django-simple-history and django-pghistory were looked at: they keep the columns of
each changed row, so names and texts too, and none of them seals its rows.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from voicestudio.models import clock

from .access import access_of
from .paging import read_page
from .permissions import Action
from .search import LARGEST_ID
from .team_queryset import IdPage, TeamQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

ONLY_PK: Final = 1
# Rows are inserted in nearly the order of their times; two machines' clocks may differ by less.
SLACK: Final = timedelta(minutes=1)


class Verb(models.TextChoices):
    """What can happen. A code is stored for good, so it is never reused for something else."""

    SIGNED_IN = "signed_in", _("Signed in")
    SIGNED_OUT = "signed_out", _("Signed out")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    SIGN_IN_LOCKED = "sign_in_locked", _("Sign-in locked")
    PERSON_INVITED = "person_invited", _("Person invited")
    INVITATION_REVOKED = "invitation_revoked", _("Invitation revoked")
    INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
    ROLE_CHANGED = "role_changed", _("Role changed")
    PERSON_ADDED = "person_added", _("Person added by OpenID")
    OPENID_JOINED = "openid_joined", _("OpenID account joined")
    OPENID_DISCONNECTED = "openid_disconnected", _("OpenID account disconnected")
    PERSON_DEACTIVATED = "person_deactivated", _("Person deactivated")
    PERSON_REACTIVATED = "person_reactivated", _("Person reactivated")
    PASSWORD_LINK_MADE = "password_link_made", _("Link for a new password made")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    ADDRESS_CHANGED = "address_changed", _("Mail address changed")
    SECOND_FACTOR_CHANGED = "second_factor_changed", _("Second factor changed")
    SESSIONS_ENDED = "sessions_ended", _("Sessions ended")
    PROJECT_CREATED = "project_created", _("Project created")
    PROJECT_CHANGED = "project_changed", _("Project changed")
    PROJECT_ARCHIVED = "project_archived", _("Project archived")
    PROJECT_REOPENED = "project_reopened", _("Project reopened")
    BUDGET_CHANGED = "budget_changed", _("Budget changed")
    SPEAKER_MOVED = "speaker_moved", _("Speaker moved to another project")
    RECORDING_MOVED = "recording_moved", _("Recording moved to another project")
    LIMIT_RAISED = "limit_raised", _("Limit raised")
    SETTING_CHANGED = "setting_changed", _("Setting changed")
    PERMISSION_CONFIRMED = "permission_confirmed", _("Permission confirmed")
    CLONE_REQUESTED = "clone_requested", _("Clone requested")
    CLONE_RETRIED = "clone_retried", _("Clone started again")
    CLONE_READY = "clone_ready", _("Clone ready")
    CLONE_FAILED = "clone_failed", _("Clone failed")
    CLONE_UNKNOWN = "clone_unknown", _("Clone: outcome unknown")
    CLONE_CHECKED = "clone_checked", _("Clone checked with MiniMax")
    CLONE_SETTLED = "clone_settled", _("Clone settled by hand")
    CLONE_PINNED = "clone_pinned", _("Clone pinned as best")
    CLONE_UNPINNED = "clone_unpinned", _("Clone unpinned")
    CLONE_WITHDRAWN = "clone_withdrawn", _("Clone withdrawn after a restore")
    SPEECH_REQUESTED = "speech_requested", _("Speech requested")
    SPEECH_RETRIED = "speech_retried", _("Speech started again")
    SPEECH_READY = "speech_ready", _("Speech ready")
    SPEECH_FAILED = "speech_failed", _("Speech failed")
    SPEECH_UNKNOWN = "speech_unknown", _("Speech: outcome unknown")
    SPEECH_SETTLED = "speech_settled", _("Speech settled by hand")
    SPEECH_WITHDRAWN = "speech_withdrawn", _("Speech withdrawn after a restore")
    HOLD_STARTED = "hold_started", _("Restored from a backup, and held")
    HOLD_ENDED = "hold_ended", _("Hold of the restored studio ended")
    RETENTION_CHANGED = "retention_changed", _("Retention rule changed")
    RETENTION_RUN = "retention_run", _("Deleted by retention")
    BILL_DIFFERED = "bill_differed", _("Another number of characters billed")
    VOICE_KEPT = "voice_kept", _("Voice kept")
    VOICE_MISSING = "voice_missing", _("Voice no longer known to MiniMax")
    VOICE_IMPORTED = "voice_imported", _("Voice imported")
    VOICE_REBUILT = "voice_rebuilt", _("Voice rebuilt")
    VOICE_DELETED = "voice_deleted", _("Voice deleted")
    REMINDER_DISMISSED = "reminder_dismissed", _("Reminder dismissed")
    NOTES_CHANGED = "notes_changed", _("Notes changed")
    NOTE_WRITTEN = "note_written", _("Note written")
    NOTE_DELETED = "note_deleted", _("Note deleted")
    TAGS_CHANGED = "tags_changed", _("Tags changed")
    SPEAKER_ADDED = "speaker_added", _("Speaker added")
    SPEAKER_RENAMED = "speaker_renamed", _("Speaker renamed")
    SPEAKERS_MERGED = "speakers_merged", _("Speakers merged")
    RECORDING_ADDED = "recording_added", _("Recording added")
    RECORDING_CUT = "recording_cut", _("Recording cut")
    RECORDING_CLEANED = "recording_cleaned", _("Clean copy made")
    TRACK_USED = "track_used", _("Another track used")
    RECORDING_RENAMED = "recording_renamed", _("Recording renamed")
    RECORDING_DELETED = "recording_deleted", _("Recording deleted")
    AUDIO_DELETED = "audio_deleted", _("Audio deleted")
    UPLOAD_DELETED = "upload_deleted", _("Upload deleted at MiniMax")
    TEAM_SHOWN = "team_shown", _("Example team made")
    TEAM_REMOVED = "team_removed", _("Example team removed")
    LOOK_STARTED = "look_started", _("Look as an example person started")
    LOOK_ENDED = "look_ended", _("Look as an example person ended")
    DOWNLOADED = "downloaded", _("Downloaded")
    EXPORTED = "exported", _("Exported")


class Way(models.TextChoices):
    """By which way something happened."""

    PAGE = "page", _("Page")
    SCRIPT = "script", _("Script")
    WORKER = "worker", _("Worker")


class ObjectKind(models.TextChoices):
    """What something happened to."""

    ATTEMPT = "attempt", _("Clone attempt")
    SPEECH = "speech", _("Generated speech")
    VOICE = "voice", _("Voice")
    SPEAKER = "speaker", _("Speaker")
    RECORDING = "recording", _("Recording")
    PERSON = "person", _("Person")
    PROJECT = "project", _("Project")
    INVITATION = "invitation", _("Invitation")


# What an entry is about: conditions on its columns, for which there is an index.
type Subject = dict[str, Any]


class AuditQuerySet(TeamQuerySet["AuditEntry"]):
    """Entries by time, and the ones without a seal."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Every entry for those who may read the audit trail, none for others."""
        return self if access_of(user).allows(Action.READ_AUDIT) else self.none()

    def unsealed(self) -> Self:
        """Entries that wait for their seal, in the order in which they are sealed."""
        return self.filter(sequence=None).order_by("pk")

    def between(self, since: datetime | None, until: datetime | None) -> Self:
        """Entries at or after `since` and before `until`.

        Pages are in the order of the IDs, so the times are also given as bounds on the ID: a page
        from long ago is reached without a walk through everything that came later.
        """
        found = self
        ids = AuditEntry.objects.order_by("at").values_list("pk", flat=True)
        if since is not None:
            lowest = ids.filter(at__gte=since - SLACK).first()
            found = found.filter(at__gte=since, pk__gte=LARGEST_ID if lowest is None else lowest)
        if until is not None:
            highest = ids.filter(at__lte=until + SLACK).last()
            found = found.filter(at__lt=until, pk__lte=0 if highest is None else highest)
        return found

    def read(
        self,
        count: int,
        *,
        before: int | None = None,
        after: int | None = None,
        subjects: Sequence[Subject] | None = None,
    ) -> list["AuditEntry"]:
        """The first `count` entries about any of these subjects, or about anything, newest first.

        Only entries with an ID below `before`; or above `after`, the oldest first. Each subject is
        read by its own index and only so far, because with one condition for all of them the
        database would read all their entries, or all entries there are.
        """
        rows = self.order_by("-pk" if after is None else "pk")
        if before is not None:
            rows = rows.filter(pk__lt=before)
        if after is not None:
            rows = rows.filter(pk__gt=after)
        if subjects is not None:
            if not subjects:
                return []
            parts, values = [], list[Any]()
            for number, subject in enumerate(subjects):
                ids = rows.filter(**subject).values("pk")[:count].query
                sql, params = ids.get_compiler(self.db).as_sql()
                parts.append(f"SELECT * FROM ({sql}) subject_{number}")  # noqa: S608
                values += params
            rows = rows.filter(pk__in=RawSQL(" UNION ALL ".join(parts), values))  # noqa: S611
        return list(rows[:count])

    def read_page(
        self,
        *,
        before: int | None,
        after: int | None,
        size: int,
        subjects: Sequence[Subject] | None = None,
    ) -> IdPage["AuditEntry"]:
        """One page of entries about any of these subjects, or about anything; as `page_by_id`."""

        def read(edge: int | None, backwards: bool, count: int) -> list["AuditEntry"]:
            edges = {"after" if backwards else "before": edge}
            return self.read(count, subjects=subjects, **edges)

        rows, has_next, has_previous = read_page(read, size=size, following=before, previous=after)
        return IdPage(
            rows,
            older=rows[-1].pk if rows and has_next else None,
            newer=rows[0].pk if rows and has_previous else None,
        )


class AuditEntry(models.Model):
    """One thing that happened; `facts` are IDs, numbers and codes, `text` is for people."""

    at = models.DateTimeField(default=clock.now)
    person_id = models.BigIntegerField(null=True)
    person = models.CharField(max_length=150, blank=True)
    way = models.CharField(max_length=6, choices=Way)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    verb = models.CharField(max_length=24, choices=Verb)
    project_id = models.BigIntegerField(null=True)
    object_kind = models.CharField(max_length=12, choices=ObjectKind, blank=True)
    object_id = models.BigIntegerField(null=True)
    text = models.CharField(max_length=500)
    facts = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # The seal, which `services.audit.seal_entries` writes once.
    sequence = models.BigIntegerField(null=True, unique=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, blank=True)

    objects = AuditQuerySet.as_manager()

    # Part of every hash: with another list, older entries would no longer fit their seals.
    HASHED: ClassVar[tuple[str, ...]] = (
        "id", "at", "person_id", "person", "way", "address", "user_agent", "verb", "project_id",
        "object_kind", "object_id", "text", "facts", "sequence", "previous_hash",
    )  # fmt: skip

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = "audit entries"
        indexes = (
            models.Index("person_id", "id", name="audit_by_person"),
            models.Index("project_id", "id", name="audit_by_project"),
            models.Index("verb", "id", name="audit_by_verb"),
            models.Index("object_kind", "object_id", "id", name="audit_by_object"),
            models.Index("at", name="audit_by_time"),
            models.Index("id", name="audit_unsealed", condition=Q(sequence=None)),
        )

    def __str__(self) -> str:
        return self.text

    def compute_hash(self) -> str:
        """The SHA-256 of this entry with its place in the chain and the hash before it."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.HASHED}
        values["at"] = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        text = json.dumps(values, sort_keys=True, separators=(",", ":"), cls=DjangoJSONEncoder)
        return sha256(text.encode()).hexdigest()


class AuditChain(models.Model):
    """The head of the chain of sealed entries: a single row, which sealing locks."""

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(id=ONLY_PK), name="audit_chain_is_single"),
        )

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def current(cls) -> "AuditChain":
        """The row; written at first use."""
        return cls._default_manager.get_or_create(pk=ONLY_PK)[0]

    @classmethod
    def lock(cls) -> "AuditChain":
        """The row, which no other transaction can lock until the current one ends."""
        cls.current()
        return cls._default_manager.select_for_update().get(pk=ONLY_PK)


class KnownSettings(models.Model):
    """The settings at the last start: a single row. Of a secret it holds a salted hash only."""

    values = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(id=ONLY_PK), name="known_settings_are_single"),
        )

    def __str__(self) -> str:
        return f"{len(self.values)} settings"
