"""Costs: what has been spent, by whom and for what, and whether more may be spent this month."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, F, Max, Q, Sum
from django.utils import timezone

from voicestudio.models import (
    Allowance,
    CallKind,
    Charge,
    ChargeKind,
    CloneAttempt,
    Event,
    EventKind,
    PaidCall,
    RateLimit,
    Speech,
    Voice,
    month_of,
)

from . import prices

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.models.charges import ChargeQuerySet

WARN_AT: Final = Decimal("0.8")
NOTHING: Final = Decimal(0)
# What lines can be put together by: the column that tells them apart, and the one to show.
GROUPS: Final = {
    "month": ("month", "month"),
    "person": ("person", "person__username"),
    "speaker": ("speaker", "speaker__name"),
    "voice": ("voice_name", "voice_name"),
    "model": ("model", "model"),
    "kind": ("kind", "kind"),
}


@dataclass(frozen=True)
class Line:
    """One sum: of how many calls, and how much of the amount is not certain yet."""

    key: Any
    label: str
    calls: int
    amount: Decimal
    uncertain: Decimal


@dataclass(frozen=True)
class Budget:
    """A month's money: `limit` is None without one; `promised` are calls that are under way."""

    month: date
    limit: Decimal | None
    allowed: Decimal
    spent: Decimal
    promised: Decimal

    @property
    def ceiling(self) -> Decimal | None:
        """The limit, with what administrators have allowed on top."""
        return None if self.limit is None else self.limit + self.allowed

    @property
    def left(self) -> Decimal | None:
        """What may still be spent; never negative."""
        if self.ceiling is None:
            return None
        return max(NOTHING, self.ceiling - self.spent - self.promised)

    @property
    def share(self) -> Decimal | None:
        """Spent, as a share of the ceiling; 1 where nothing was allowed at all."""
        if self.ceiling is None:
            return None
        return (self.spent + self.promised) / self.ceiling if self.ceiling else Decimal(1)

    @property
    def warns(self) -> bool:
        """Whether 80 % are gone."""
        return self.share is not None and self.share >= WARN_AT

    @property
    def stops(self) -> bool:
        """Whether nothing more can be spent."""
        return self.left is not None and self.left <= NOTHING


class LimitReached(Exception):  # noqa: N818 - an answer, not a mistake
    """A call that would cost more than is left of this month's limit."""

    def __init__(self, budget: Budget, price: Decimal) -> None:
        super().__init__("the limit of this month is reached")
        self.budget = budget
        self.price = price


# What has been spent ----------------------------------------------------------------------------


def sums(
    group: str, *, month: date | None = None, lines: "ChargeQuerySet | None" = None
) -> list[Line]:
    """The lines that count, put together by a key of `GROUPS`; the largest first, months newest."""
    column, label = GROUPS[group]
    rows = (lines if lines is not None else Charge.objects.all()).counted()
    if month is not None:
        rows = rows.in_month(month)
    found = (
        rows.order_by()
        .values(column)
        .annotate(
            label=Max(F(label)) if label != column else F(column),
            calls=Count("pk"),
            total=Sum("amount"),
            open=Sum("amount", filter=Q(certain=False)),
        )
    )
    result = [
        Line(row[column], str(row["label"]), row["calls"], row["total"], row["open"] or NOTHING)
        for row in found
    ]
    if group == "month":
        return sorted(result, key=lambda line: line.key, reverse=True)
    return sorted(result, key=lambda line: (-line.amount, line.label))


def months(count: int = 12, *, now: datetime | None = None) -> list[Line]:
    """The newest months up to this one, the oldest first, also those that cost nothing."""
    known = {line.key: line for line in sums("month")}
    month, result = month_of(now or timezone.now()), list[Line]()
    for _turn in range(count):
        empty = Line(month, str(month), 0, NOTHING, NOTHING)
        result.append(known.get(month, empty))
        month = (
            month.replace(month=month.month - 1)
            if month.month > 1
            else month.replace(year=month.year - 1, month=12)
        )
    return result[::-1]


def of_voices(pks: Iterable[int]) -> dict[int, Decimal]:
    """What each of these voices has cost so far; nothing for those without a line."""
    wanted = list(pks)
    rows = Charge.objects.counted().filter(voice__in=wanted).order_by().values_list("voice")
    found = dict(rows.annotate(total=Sum("amount")))
    return {pk: found.get(pk, NOTHING) for pk in wanted}


def lines(*, month: date | None = None) -> Iterator[Charge]:
    """Every line that counts, the oldest first, a few at a time: for a file of any length."""
    rows = Charge.objects.counted()
    if month is not None:
        rows = rows.in_month(month)
    return rows.select_related("person", "speaker").order_by("pk").iterator(chunk_size=500)


def by_voice() -> dict[int, Decimal]:
    """What every voice that has a line has cost so far."""
    rows = Charge.objects.counted().filter(voice__isnull=False).order_by().values_list("voice")
    return dict(rows.annotate(total=Sum("amount")))


def spent(month: date) -> Decimal:
    """The sum of a month, with what is not certain."""
    return Charge.objects.counted().in_month(month).aggregate(all=Sum("amount"))["all"] or NOTHING


# What may be spent ------------------------------------------------------------------------------


def budget(*, now: datetime | None = None, apart_from: PaidCall | None = None) -> Budget:
    """This month's money."""
    month = month_of(now or timezone.now())
    return Budget(
        month=month,
        limit=settings.MONTHLY_LIMIT,
        allowed=_allowed(month),
        spent=spent(month),
        promised=_promised(apart_from),
    )


def demand(price: Decimal, *, call: PaidCall | None = None) -> None:
    """Raise `LimitReached` if `price` is more than this month's limit leaves.

    For `call`, which is about to be sent: in the same transaction, so that of two calls that would
    both just fit in one sees the other.
    """
    if settings.MONTHLY_LIMIT is None:
        return
    if call is not None:
        assert transaction.get_connection().in_atomic_block
        for kind in sorted(CallKind.values):
            RateLimit.objects.select_for_update().get_or_create(kind=kind, provider=call.provider)
    money = budget(apart_from=call)
    if money.left is not None and price > money.left:
        raise LimitReached(money, price)


class AllowedMeanwhile(Exception):  # noqa: N818 - an answer, not a mistake
    """More was allowed since this person looked: by somebody else, or by the same button."""


def allow_more(
    amount: Decimal, *, by: "User", note: str = "", beside: Decimal | None = None
) -> Allowance:
    """Raise this month's limit. Raises PermissionDenied unless `by` is an administrator.

    `beside` is what had been allowed when they looked; if it is another sum by now, nothing is
    added, and `AllowedMeanwhile` raised: a button that is pressed twice allows once.
    """
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
    if amount <= NOTHING:
        raise ValueError("an allowance is more than nothing")
    month = month_of(timezone.now())
    with transaction.atomic():
        # Two requests of one person come one after the other.
        get_user_model().objects.select_for_update().get(pk=by.pk)
        if beside is not None and beside != _allowed(month):
            raise AllowedMeanwhile
        Event.objects.create(
            kind=EventKind.ALLOWED, person=by, note=note, facts={"amount": str(amount)}
        )
        return Allowance.objects.create(month=month, amount=amount, by=by, note=note)


def allowances(month: date) -> list[Allowance]:
    """What was allowed for this month, by whom and why; the newest first."""
    return list(Allowance.objects.filter(month=month).select_related("by"))


def administrators(most: int = 5) -> list[str]:
    """The names of those who can allow more."""
    people = get_user_model().objects.filter(is_active=True, is_staff=True)
    return list(people.order_by("username").values_list("username", flat=True)[:most])


def _allowed(month: date) -> Decimal:
    total = Allowance.objects.filter(month=month).aggregate(all=Sum("amount"))["all"]
    return total or NOTHING


def price_of(call: PaidCall) -> Decimal:
    """What `call` will cost if it goes well."""
    if isinstance(call, Speech):
        first = fee_is_open(call.voice)
        return prices.of_speech(call.text, call.model, first=first).total
    assert isinstance(call, CloneAttempt)
    return prices.estimate(call.preview_text, call.model).preview


def fee_is_open(voice: Voice) -> bool:
    """Whether the fee for the voice itself would fall due with its next speech."""
    if voice.kept_at is not None:
        return False
    return not Charge.objects.counted().filter(voice=voice, kind=ChargeKind.CLONE).exists()


def _promised(apart_from: PaidCall | None) -> Decimal:
    """The price of all calls that are at the provider at this moment: a handful at most."""
    calls: list[PaidCall] = [
        *CloneAttempt.objects.at_the_provider().only("preview_text", "model"),
        *Speech.objects.at_the_provider().select_related("voice"),
    ]
    own = None if apart_from is None else (type(apart_from), apart_from.pk)
    return sum((price_of(call) for call in calls if (type(call), call.pk) != own), NOTHING)
