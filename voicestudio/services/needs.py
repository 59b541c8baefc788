"""Needs: what waits for a person now, of the project in use; counts and rows are bounded."""

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q

from voicestudio.models import Action, AttemptState, CloneAttempt, Project, Voice, access_of, clock
from voicestudio.models.voice_states import UNUSED_LIFETIME

from . import reminders

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.attempt_queryset import CloneAttemptQuerySet
    from voicestudio.models.team_queryset import TeamQuerySet

SHOWN: Final = 4
MAX_COUNTED: Final = 99
# Older previews that no one has heard, and older failures, are left to the lists.
RECENT: Final = UNUSED_LIFETIME
RUNNING: Final = (AttemptState.WAITING, AttemptState.SENDING, AttemptState.CLONING)


@dataclass(frozen=True)
class Group:
    """What waits in one way: the ids that were counted, and the first rows."""

    pks: tuple[int, ...] = ()
    rows: tuple[Any, ...] = ()

    @property
    def count(self) -> str:
        """How many there are: "3", or "99+"."""
        return f"{MAX_COUNTED}+" if len(self.pks) > MAX_COUNTED else str(len(self.pks))

    @property
    def has_more(self) -> bool:
        """Whether there are more than the rows."""
        return len(self.pks) > len(self.rows)


@dataclass(frozen=True)
class Needs:
    """All groups; one that this person can do nothing about is empty."""

    running: Group  # attempts
    unheard: Group  # voices, as are flagged and expiring
    flagged: Group
    unresolved: Group  # attempts whose outcome is unknown or that were interrupted
    failed: Group  # attempts
    expiring: Group

    def __bool__(self) -> bool:
        return any(group.pks for group in vars(self).values())

    @property
    def phase(self) -> str:
        """What changes when a row comes or goes, but not while an attempt runs."""
        return sha256(repr([group.pks for group in vars(self).values()]).encode()).hexdigest()[:12]


def find_needs(person: "User") -> Needs:
    """What waits for this person now, at a fixed number of queries."""
    running = _running(person)
    (unheard, flagged), expiring = _unheard(person), _expiring(person)
    unresolved, failed = _unresolved(person), _failed(person)
    attempts = _read(CloneAttempt.objects.all(), running, unresolved, failed)
    voices = _read(Voice.objects.all(), unheard, flagged, expiring)
    return Needs(
        running=_group(running, attempts),
        unheard=_group(unheard, voices),
        flagged=_group(flagged, voices),
        unresolved=_group(unresolved, attempts),
        failed=_group(failed, attempts),
        expiring=_group(expiring, voices),
    )


def has_attempts(person: "User") -> bool:
    """Whether anything was ever cloned in the project in use."""
    return CloneAttempt.objects.in_use_by(person).exists()


def _read(rows: Any, *groups: list[int]) -> dict[int, Any]:
    """The rows that are shown of these groups, by id; one query for all of them."""
    shown = [pk for pks in groups for pk in pks[:SHOWN]]
    return {row.pk: row for row in rows.filter(pk__in=shown).for_rows()} if shown else {}


def _group(pks: list[int], rows: dict[int, Any]) -> Group:
    return Group(tuple(pks), tuple(rows[pk] for pk in pks[:SHOWN] if pk in rows))


def _count(rows: "TeamQuerySet[Any]") -> list[int]:
    return list(rows.values_list("pk", flat=True)[: MAX_COUNTED + 1])


def _rows_for[Rows: "TeamQuerySet[Any]"](person: "User", action: Action, rows: Rows) -> Rows:
    """Those of these rows with which this person may do `action`; none of archived projects.

    A role in a project allows no such action once the project is archived.
    """
    projects = access_of(person).projects(action)
    return rows.in_use_by(person).filter(
        project__in=Project.objects.open() if projects is None else projects
    )


def _running(person: "User") -> list[int]:
    now = clock.now()
    held = Q(lease_until__isnull=True) | Q(lease_until__gte=now)
    fetching = Q(status=AttemptState.READY, audio="", lease_until__gte=now)
    found = CloneAttempt.objects.filter(Q(held, status__in=RUNNING) | fetching)
    return _newest(CloneAttempt.objects.in_use_by(person), found)


def _unresolved(person: "User") -> list[int]:
    unknown = _rows_for(person, Action.SETTLE, CloneAttempt.objects.all())
    interrupted = _rows_for(person, Action.CLONE, CloneAttempt.objects.all())
    found = [
        *_count(unknown.in_state(AttemptState.UNKNOWN).order_by("-pk")),
        *_count(interrupted.in_state(AttemptState.INTERRUPTED).order_by("-pk")),
    ]
    return sorted(found, reverse=True)[: MAX_COUNTED + 1]


def _failed(person: "User") -> list[int]:
    """Recent failures, but for those after which the speaker's voice was requested again."""
    attempts = _rows_for(person, Action.CLONE, CloneAttempt.objects.all())
    later = CloneAttempt.objects.filter(speaker=OuterRef("speaker"), pk__gt=OuterRef("pk"))
    recent = attempts.between(clock.now() - RECENT, None).filter(~Exists(later))
    failures = recent.filter(status__in=(AttemptState.FAILED, AttemptState.STOPPED))
    return _count(failures.order_by("-pk"))


def _unheard(person: "User") -> tuple[list[int], list[int]]:
    """Recent voices with a preview that no one has heard, and those of them that are flagged.

    Without those that expire soon: they have a group of their own.
    """
    voices = _rows_for(person, Action.NOTE, Voice.objects.unheard())
    recent = voices.filter(created_at__gt=clock.now() - RECENT, attempt__isnull=False)
    expiring = Voice.objects.expiring_within(reminders.HOURS).order_by().values("pk")
    recent = recent.exclude(attempt__audio="").exclude(pk__in=expiring)
    recent = recent.order_by("-created_at", "-pk")
    flagged = {"attempt__input_sensitive": True}
    return _count(recent.exclude(**flagged)), _count(recent.filter(**flagged))


def _expiring(person: "User") -> list[int]:
    voices = _rows_for(person, Action.NOTE, Voice.objects.expiring_within(reminders.HOURS))
    return _count(voices.order_by("created_at", "id"))


def _newest(attempts: "CloneAttemptQuerySet", found: "CloneAttemptQuerySet") -> list[int]:
    """The newest of these attempts that are among the few `found`, which are read first."""
    return _count(attempts.filter(pk__in=found.order_by().values("pk")).order_by("-pk"))
