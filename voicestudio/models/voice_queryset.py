"""Voices by state, search and page."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from django.db import connections
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from voicestudio.models import clock

from . import search
from .paging import read_page
from .person_names import name_columns
from .team_queryset import TeamQuerySet
from .voice_states import UNUSED_LIFETIME, Source, VoiceState

if TYPE_CHECKING:
    from .voices import Voice

PAGE_SIZE: Final = 25
# Words that more voices contain are searched for in the order of the list.
RARE: Final = 2_000

# What one row of a list shows; the rest stays in the database, since reading it takes longer.
SHOWN_IN_ROWS: Final = (
    "project", "voice_id", "source", "created_at", "uncertain", "preview_lost", "kept_at",
    "last_used_at", "missing_at", "deleted_at", "notes", "speaker__name",
    *(f"attempt__{name}" for name in (
        "cloned_voice", "speaker_name", "status", "lease_until", "input_sensitive", "audio",
        "audio_duration_ms", "audio_peaks",
    )),
)  # fmt: skip


class SortOrder(NamedTuple):
    """A column to sort by, then by id; `descending` for the largest first."""

    column: str
    descending: bool


ORDERS: Final = {
    "newest": SortOrder("created_at", descending=True),
    "oldest": SortOrder("created_at", descending=False),
    # The next to expire first, for `expiring_within` and the state "temporary".
    "expiring": SortOrder("created_at", descending=False),
    "used": SortOrder("last_used_at", descending=True),
    "speaker": SortOrder("speaker__name", descending=False),
}


class VoicePage(NamedTuple):
    """One page of voices; `after` and `before` are the cursors of its neighbours, for URLs."""

    voices: list["Voice"]
    after: str | None
    before: str | None


class VoiceQuerySet(TeamQuerySet["Voice"]):
    """Voices by state, search and page."""

    def living(self) -> Self:
        """Voices that have not been deleted."""
        return self.filter(deleted_at__isnull=True)

    def with_voice_id(self, provider: str, voice_id: str) -> Self:
        """Voices with this ID at `provider`, whatever the case."""
        rows = self.alias(lowered=Lower("voice_id")).filter(lowered=voice_id.lower())
        return rows.filter(provider=provider)

    def for_rows(self) -> Self:
        """Read what a row of a list shows, except its tags and costs.

        `Voice.person` is then the name of the person who had it cloned.
        """
        rows = self.annotate(**name_columns("attempt__created_by__"))
        return rows.select_related("speaker", "attempt").only(*SHOWN_IN_ROWS)

    # By state -----------------------------------------------------------------------------------

    def in_state(self, state: str, *, at: datetime | None = None) -> Self:
        """Voices in `state` as staff read it: the rule of `Voice.state_at` as a query."""
        edge = (at or clock.now()) - UNUSED_LIFETIME
        over = Q(kept_at__isnull=True, created_at__lte=edge)
        living = self.filter(deleted_at__isnull=True)
        here = living.filter(~over, missing_at__isnull=True)
        match state:
            case VoiceState.DELETED:
                dead = Q(deleted_at__isnull=False) | Q(missing_at__isnull=False)
                return self.filter(dead).filter(Q(deleted_at__isnull=False) | ~over)
            case VoiceState.EXPIRED:
                return living.filter(over)
            case VoiceState.UNKNOWN:
                return here.filter(uncertain=True)
            case VoiceState.FROM_MINIMAX:
                return here.filter(source=Source.IMPORTED)
            case VoiceState.KEPT:
                return here.filter(source=Source.CLONED, kept_at__isnull=False)
            case VoiceState.TEMPORARY:
                return here.filter(kept_at__isnull=True, uncertain=False, created_at__gt=edge)
        return self.none()

    def expiring_within(self, hours: float, *, at: datetime | None = None) -> Self:
        """Temporary voices that expire within `hours` and whose reminder was not dismissed."""
        now = at or clock.now()
        return self.in_state(VoiceState.TEMPORARY, at=now).filter(
            created_at__lte=now + timedelta(hours=hours) - UNUSED_LIFETIME,
            reminder_dismissed_at__isnull=True,
        )

    def unheard(self) -> Self:
        """Existing voices to which no one has listened yet."""
        return self.filter(
            heard_at__isnull=True, deleted_at__isnull=True, missing_at__isnull=True
        ).exclude(has_expired())

    # Search -------------------------------------------------------------------------------------

    def tagged(self, name: str) -> Self:
        """Voices with this tag, in any case or accent."""
        from .voices import Tag  # here, because that module imports this one

        wanted = search.fold_text(name)
        names = Tag.objects.values_list("pk", "name")
        same = [pk for pk, other in names if search.fold_text(other) == wanted]
        tagged = self.model.tags.through._default_manager.filter(tag__in=same)
        return self._matching(Q(pk__in=tagged.values("voice")))

    def of_speaker(self, pk: int) -> Self:
        """Voices of this speaker, also where others have the same name."""
        return self._matching(Q(speaker=pk))

    def cloned_by(self, pk: int) -> Self:
        """Voices that this person had cloned."""
        wanted = self.model._default_manager.filter(attempt__created_by=pk).order_by()
        few = list(wanted.values_list("pk", flat=True)[: RARE + 1])
        if len(few) <= RARE:
            return self.filter(pk__in=few)
        # With a join instead, all voices of the person would be read and sorted.
        return self.filter(Exists(wanted.filter(pk=OuterRef("pk"))))

    def search(self, words: str) -> Self:
        """Voices whose ID, speaker, tags or notes contain `words`, in any case or accent."""
        needle = search.fold_text(words)
        if not needle:
            return self
        if connections[self.db].vendor != "sqlite":
            return search.filter_containing(self, needle)
        return self._matching(Q(search_text__contains=needle))

    def _matching(self, wanted: Q) -> Self:
        """Voices that match `wanted`.

        Few matches are read from the narrow index first; of very many, enough are met soon while
        the list is read in its order.
        """
        matches = self.model._default_manager.filter(wanted).order_by()
        few = list(matches.values_list("pk", flat=True)[: RARE + 1])
        return self.filter(wanted) if len(few) > RARE else self.filter(pk__in=few)

    def page(
        self, *, order: str = "newest", after: str = "", before: str = "", size: int = PAGE_SIZE
    ) -> VoicePage:
        """One page of these voices with what their rows show; every depth costs the same.

        `after` and `before` are cursors of an earlier page; an invalid one is ignored.
        """
        column, descending = ORDERS.get(order, ORDERS["newest"])
        voices = self.select_related(None).prefetch_related(None)
        if column == "last_used_at":
            voices = voices.filter(last_used_at__isnull=False)

        def read(edge: tuple[Any, int] | None, backwards: bool, count: int) -> "list[Voice]":
            down = descending is not backwards
            rows = voices.order_by(*_ordering(column, down))
            if edge is not None:
                rows = rows.filter(_is_beyond(column, edge, down=down))
            ids = rows.values("pk")[:count]
            if column != "speaker__name":
                shown = self.model._default_manager.filter(pk__in=ids).for_rows().order_by()
                return sorted(shown, key=lambda voice: _place(voice, column), reverse=down)
            # Only the database knows the order of names. Its ids first: with the tables that a row
            # needs, SQLite would start at the speakers and sort all voices.
            place = {pk: number for number, pk in enumerate(ids.values_list("pk", flat=True))}
            shown = self.model._default_manager.filter(pk__in=list(place)).for_rows()
            return sorted(shown, key=lambda voice: place[voice.pk])

        rows, has_next, has_previous = read_page(
            read,
            size=size,
            following=None if before else _decode_cursor(after, column),
            previous=_decode_cursor(before, column),
        )
        return VoicePage(
            voices=rows,
            after=_encode_cursor(rows[-1], column) if rows and has_next else None,
            before=_encode_cursor(rows[0], column) if rows and has_previous else None,
        )


def has_expired() -> Q:
    """The condition for voices that were not used within 168 hours."""
    return Q(kept_at__isnull=True, created_at__lte=clock.now() - UNUSED_LIFETIME)


def _ordering(column: str, down: bool) -> list[str]:
    sign = "-" if down else ""
    return [f"{sign}{column}", f"{sign}id"]


def _is_beyond(column: str, edge: tuple[Any, int], *, down: bool) -> Q:
    value, pk = edge
    side = "lt" if down else "gt"
    # The first condition lets the index be entered at the right place.
    return Q(**{f"{column}__{side}e": value}) & (
        Q(**{f"{column}__{side}": value}) | Q(**{f"id__{side}": pk})
    )


def _place(voice: "Voice", column: str) -> tuple[Any, int]:
    """The place of a voice in a list that is ordered by this column."""
    return getattr(voice, column), voice.pk


def _encode_cursor(voice: "Voice", column: str) -> str:
    value = voice.speaker.name if column == "speaker__name" else getattr(voice, column)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"{voice.pk}~{text}"


def _decode_cursor(cursor: str, column: str) -> tuple[Any, int] | None:
    """The value and the id in a cursor; None if it is invalid."""
    number, _tilde, text = cursor.partition("~")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    if column == "speaker__name":
        return (text.replace("\0", ""), int(number)) if text else None
    try:
        moment = datetime.fromisoformat(text)
        # Raises OverflowError at either end of the calendar.
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (utc, int(number)) if moment.tzinfo else None
