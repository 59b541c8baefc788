"""Shelf: which voices there are, in which state by the clock, and how they are found again."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from . import search
from .voice_states import UNUSED_LIFETIME, Source, VoiceState

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from .voices import Voice

PAGE_SIZE: Final = 25
# Words that stand in more voices than this are looked for in the order of the list.
SELDOM: Final = 2_000


class SortOrder(NamedTuple):
    """A way to sort: by a column, then by id; `down` for the largest first."""

    column: str
    down: bool


ORDERS: Final = {
    "newest": SortOrder("created_at", down=True),
    "oldest": SortOrder("created_at", down=False),
    # The next to expire first; it makes sense together with `expiring_within` or "temporary".
    "expiring": SortOrder("created_at", down=False),
    "used": SortOrder("last_used_at", down=True),
    "speaker": SortOrder("speaker__name", down=False),
}


class VoicePage(NamedTuple):
    """One screen of voices, with the cursors of its neighbours: texts for the address."""

    voices: list["Voice"]
    after: str | None
    before: str | None


class VoiceQuerySet(models.QuerySet["Voice"]):
    """Voices by who may see them, by what the clock makes of them, by words and by page."""

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> Self:
        """Everyone in the team sees every voice; nobody else sees any."""
        return self if user.is_authenticated and user.is_active else self.none()

    def living(self) -> Self:
        """Those that we have not deleted."""
        return self.filter(deleted_at__isnull=True)

    def with_voice_id(self, provider: str, voice_id: str) -> Self:
        """Those that have this ID at `provider`, in capitals or not."""
        rows = self.alias(lowered=Lower("voice_id")).filter(lowered=voice_id.lower())
        return rows.filter(provider=provider)

    def for_rows(self) -> Self:
        """With all that one row of a list shows, in two queries."""
        heavy = (
            "answer", "answer_text", "sent", "calls", "search_text", "permission_wording",
        )  # fmt: skip
        return (
            self.select_related("speaker", "attempt__created_by")
            .prefetch_related("tags")
            .defer("search_text", *(f"attempt__{name}" for name in heavy))
        )

    # What the clock makes of a row -------------------------------------------------------------

    def in_state(self, state: str, *, at: datetime | None = None) -> Self:
        """Voices in `state` as staff read it: the same rule as `Voice.state_at`, as a query."""
        edge = (at or timezone.now()) - UNUSED_LIFETIME
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
        """Temporary voices that expire within so many hours, unless they were let go."""
        now = at or timezone.now()
        return self.in_state(VoiceState.TEMPORARY, at=now).filter(
            created_at__lte=now + timedelta(hours=hours) - UNUSED_LIFETIME,
            reminder_dismissed_at__isnull=True,
        )

    def unheard(self) -> Self:
        """Voices that are there and that nobody has listened to."""
        return self.filter(
            heard_at__isnull=True, deleted_at__isnull=True, missing_at__isnull=True
        ).exclude(in_state_expired())

    # Finding -----------------------------------------------------------------------------------

    def tagged(self, name: str) -> Self:
        """Voices with this tag."""
        return self._holding(Q(tags__name__iexact=name))

    def search(self, words: str) -> Self:
        """Voices whose ID, speaker, tags or notes hold `words`, in any case or accent."""
        needle = search.folded(words)
        if not needle:
            return self
        return self._holding(Q(search_text__contains=needle))

    def _holding(self, wanted: Q) -> Self:
        """Voices for which `wanted` is true, by the quickest way.

        What stands in few rows is found by its own narrow index, before any row is looked at; what
        stands in very many is met soon enough on the way through the list.
        """
        found = self.model._default_manager.filter(wanted).order_by()
        few = list(found.values_list("pk", flat=True)[: SELDOM + 1])
        return self.filter(wanted) if len(few) > SELDOM else self.filter(pk__in=few)

    def page(
        self,
        *,
        order: str = "newest",
        after: str = "",
        before: str = "",
        size: int = PAGE_SIZE,
    ) -> VoicePage:
        """One page of these voices with all that their rows show, for one price at every depth.

        `after` and `before` are cursors of an earlier page; one that makes no sense is passed over.
        """
        way = ORDERS.get(order, ORDERS["newest"])
        backwards = bool(before)
        down = way.down is not backwards
        rows = self.order_by(*_ordering(way.column, down))
        if way.column == "last_used_at":
            rows = rows.filter(last_used_at__isnull=False)
        edge = _edge(before or after, way.column)
        if edge is not None:
            rows = rows.filter(_beyond(way.column, edge, down=down))
        # The ids first: with the tables that a row is told from, SQLite would begin at the speakers
        # and sort all voices.
        narrow = rows.select_related(None).prefetch_related(None).values_list("pk", flat=True)
        pks = list(narrow[: size + 1])
        more = len(pks) > size
        place = {pk: number for number, pk in enumerate(pks[:size])}
        shown = self.model._default_manager.filter(pk__in=list(place)).for_rows()
        found: list[Voice] = sorted(shown, key=lambda voice: place[voice.pk])
        if backwards:
            if not more:
                # The first page is always a full one.
                return self.page(order=order, size=size)
            found.reverse()
        has_next = more if not backwards else edge is not None
        has_previous = more if backwards else edge is not None
        return VoicePage(
            voices=found,
            after=_cursor(found[-1], way.column) if found and has_next else None,
            before=_cursor(found[0], way.column) if found and has_previous else None,
        )


def in_state_expired() -> Q:
    """Never spoke within its 168 hours."""
    return Q(kept_at__isnull=True, created_at__lte=timezone.now() - UNUSED_LIFETIME)


def _ordering(column: str, down: bool) -> list[str]:
    sign = "-" if down else ""
    return [f"{sign}{column}", f"{sign}id"]


def _beyond(column: str, edge: tuple[Any, int], *, down: bool) -> Q:
    value, pk = edge
    side = "lt" if down else "gt"
    # The first condition alone lets the index be entered at the right place.
    return Q(**{f"{column}__{side}e": value}) & (
        Q(**{f"{column}__{side}": value}) | Q(**{f"id__{side}": pk})
    )


def _cursor(voice: "Voice", column: str) -> str:
    value = voice.speaker.name if column == "speaker__name" else getattr(voice, column)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"{voice.pk}~{text}"


def _edge(cursor: str, column: str) -> tuple[Any, int] | None:
    """What a cursor says; None if it says nothing."""
    number, _tilde, text = cursor.partition("~")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    if column == "speaker__name":
        return (text.replace("\0", ""), int(number)) if text else None
    try:
        moment = datetime.fromisoformat(text)
        # At either end of the calendar there is no such moment in UTC.
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (utc, int(number)) if moment.tzinfo else None
