"""What is due: the rows that are older than their rule allows and that nothing needs any more.

Recordings are needed by attempts that are under way, of unknown outcome or interrupted, by voices
that were not deleted, and by their copies. So a copy is due before its original.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    F,
    Model,
    OuterRef,
    Q,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Length

from voicestudio.models import (
    AttemptState,
    AudioFile,
    CallStatus,
    CloneAttempt,
    Draft,
    PaidCall,
    RetentionKind,
    RetentionRule,
    Speech,
)
from voicestudio.models.paid_call_queryset import AUDIO_TO_FETCH
from voicestudio.models.recordings import AudioFileQuerySet

# Counting ends there, so that a page costs the same however much is due.
COUNTED: Final = 10_000
# A page of the list, which is also what a person deletes at once.
PAGE_SIZE: Final = 100
# Outcomes that no worker and no person will change.
SETTLED: Final = (CallStatus.READY, CallStatus.STOPPED, CallStatus.FAILED)
# A longer number is the id of no row.
LONGEST_ID: Final = 19
# The columns of attempts and speeches that a list of them needs.
CALL_COLUMNS: Final = ("project", "created_at", "voice_id")


class DueThing(NamedTuple):
    """A row that is due: `key` names it in a form, `bytes` is its size."""

    key: str
    row: Any
    bytes: int

    @property
    def table(self) -> str:
        """The name of its model."""
        return self.key.rpartition("-")[0]

    @property
    def since(self) -> datetime:
        """When it was added, requested or saved."""
        since: datetime = self.row.saved_at if self.table == "draft" else self.row.created_at
        return since


class DuePage(NamedTuple):
    """A page of what is due; `following` is the key after which the next page begins, or ""."""

    things: list[DueThing]
    following: str

    @property
    def bytes(self) -> int:
        """The size of all things of the page."""
        return sum(thing.bytes for thing in self.things)


@dataclass(frozen=True)
class Summary:
    """How many things of how many bytes are due; with `has_more`, counting ended there."""

    count: int
    bytes: int
    has_more: bool


def summarize(rule: RetentionRule) -> Summary:
    """How much is due now, counted up to a bound."""
    count = size = 0
    for rows in due_rows(rule):
        totals = rows.order_by()[:COUNTED].aggregate(rows=Count("pk"), total=Sum("size"))
        count, size = count + totals["rows"], size + (totals["total"] or 0)
    return Summary(min(count, COUNTED), size, has_more=count >= COUNTED)


def list_due(rule: RetentionRule, *, after: str = "") -> DuePage:
    """A page of what is due, the oldest first; it begins after the thing with the key `after`."""
    walk = walk_due(rule, after=after)
    things = [thing for _, thing in zip(range(PAGE_SIZE), walk, strict=False)]
    is_last = next(walk, None) is None
    return DuePage(things, "" if is_last or not things else things[-1].key)


def walk_due(rule: RetentionRule, *, after: str = "") -> Iterator[DueThing]:
    """Everything that is due, read page by page, so that any number fits."""
    name, edge = _parse_key(after)
    sources = due_rows(rule)
    names = [_name(rows.model) for rows in sources]
    first = names.index(name) if name in names else 0
    for rows in sources[first:]:
        edge = edge if _name(rows.model) == name else 0
        while batch := list(rows.filter(pk__gt=edge).order_by("pk")[:PAGE_SIZE]):
            edge = batch[-1].pk  # read now: a row that is deleted meanwhile has none
            for row in batch:
                yield DueThing(f"{_name(rows.model)}-{row.pk}", row, row.size or 0)


def find_due(rule: RetentionRule, key: str) -> DueThing | None:
    """The thing with this key, if it is due now."""
    name, pk = _parse_key(key)
    for rows in due_rows(rule):
        if _name(rows.model) == name and (row := rows.filter(pk=pk).first()):
            return DueThing(key, row, row.size or 0)
    return None


def due_rows(rule: RetentionRule) -> list[Any]:
    """The rows that are due, one queryset for each table, with their `size`.

    Indexes by time find the old rows. What is old and still needed is looked at once an hour:
    376,000 needed ones among 392,000 recordings took 5.5 s on PostgreSQL, and nothing that is old
    takes 0.1 s instead of 1.3 s.
    """
    cutoff = rule.cutoff()
    if cutoff is None:
        return []
    match rule.kind:
        case RetentionKind.RECORDINGS:
            return [_unneeded_recordings().filter(created_at__lt=cutoff)]
        case RetentionKind.SPEECHES:
            return [_spoken().filter(created_at__lt=cutoff)]
        case RetentionKind.DRAFTS:
            drafts = Draft.objects.filter(saved_at__lt=cutoff, taken_at=None)
            size = Coalesce(Sum("files__bytes"), 0, output_field=BigIntegerField())
            return [drafts.select_related("owner").annotate(size=size)]
    return [_answered(kind).filter(created_at__lt=cutoff) for kind in PaidCall.kinds()]


def _parse_key(key: str) -> tuple[str, int]:
    """The name of the model and the id; "" and 0 if it is no key."""
    name, _, number = key.rpartition("-")
    is_id = number.isdecimal() and len(number) < LONGEST_ID
    return (name, int(number)) if is_id else ("", 0)


def _name(model: type[Model]) -> str:
    return str(model._meta.model_name)


def _unneeded_recordings() -> AudioFileQuerySet:
    attempts = CloneAttempt.objects
    needed = attempts.needing_recording(OuterRef("pk"))  # type: ignore[arg-type]
    # An interrupted attempt can be started again, also one that waits for a decision after a
    # restore.
    interrupted = attempts.using_recording(OuterRef("pk"))  # type: ignore[arg-type]
    copies = AudioFile.objects.filter(parent=OuterRef("pk"), deleted_at=None)
    kept = AudioFile.objects.exclude(file="").filter(deleted_at=None)
    unneeded = (
        kept.exclude(Exists(needed))
        .exclude(Exists(copies))
        .exclude(Exists(interrupted.filter(status=AttemptState.INTERRUPTED)))
    )
    size = Coalesce(F("bytes"), 0) + Coalesce(F("tracks_bytes"), 0)
    return unneeded.only(
        "project", "name", "origin", "file", "created_at", "duration_ms", "bytes", "purpose"
    ).annotate(size=size)


def _spoken() -> Any:
    rows = Speech.objects.filter(status=CallStatus.READY, lease_until=None).exclude(audio="")
    columns = (*CALL_COLUMNS, "voice", "text", "status", "audio", "answer_file")
    return rows.only(*columns).annotate(size=Coalesce(F("audio_bytes"), 0))


def _answered(kind: type[PaidCall]) -> Any:
    """Calls whose answer is stored; without those whose audio may still be read from it."""
    manager: Any = kind._default_manager
    stored = Q(answer__isnull=False) | ~Q(answer_text="") | ~Q(answer_file="")
    settled = manager.filter(stored, status__in=SETTLED, lease_until=None)
    fetched = settled.exclude(AUDIO_TO_FETCH)
    # The sizes of stored files are not in the database; they are few.
    size = Coalesce(Length(Cast("answer", TextField())), Value(0)) + Length("answer_text")
    return fetched.only(*CALL_COLUMNS, "status", "answer_file").annotate(size=size)
