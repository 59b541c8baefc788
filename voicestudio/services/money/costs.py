"""Costs: sums of the charges by month, project, person, speaker, voice, model or kind."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, F, Max, Q, Sum
from django.db.models.expressions import Combinable

from voicestudio.models import Charge, clock, display_name_column, month_of
from voicestudio.models.compiled_query import CompiledQuery

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from voicestudio.models.charges import ChargeQuerySet

ZERO: Final = Decimal(0)
# By what charges can be grouped: the column to group by, and the column to show.
GROUPS: Final[dict[str, tuple[str, str | Combinable]]] = {
    "month": ("month", "month"),
    "project": ("project", "project__name"),
    "person": ("person", display_name_column("person__")),
    "speaker": ("speaker", "speaker__name"),
    "voice": ("voice_name", "voice_name"),
    "model": ("model", "model"),
    "kind": ("kind", "kind"),
}


@dataclass(frozen=True)
class CostLine:
    """The sum of a group: of how many calls, and how much of `amount` is not certain yet."""

    key: Any
    label: str
    calls: int
    amount: Decimal
    uncertain: Decimal


def sum_charges(
    group: str, *, among: "ChargeQuerySet", month: date | None = None
) -> list[CostLine]:
    """Sum those charges of `among` that count, by a key of `GROUPS`.

    The largest first, months newest first.
    """
    return sum_groups((group,), among=among, month=month)[group]


def sum_groups(
    groups: Iterable[str], *, among: "ChargeQuerySet", month: date | None = None
) -> dict[str, list[CostLine]]:
    """Sum the same charges by several keys of `GROUPS`, each as `sum_charges` does; one query."""
    columns = {group: GROUPS[group][0] for group in groups}
    labels = {f"{group}_label": GROUPS[group][1] for group in columns}
    rows = (
        _counted(among, month)
        .order_by()
        .values(*columns.values())
        .annotate(
            **{
                name: Max(F(label) if isinstance(label, str) else label)
                for name, label in labels.items()
                if label not in columns.values()
            },
            calls=Count("pk"),
            total=Sum("amount"),
            open=Sum("amount", filter=Q(certain=False)),
        )
    )
    sums: dict[str, dict[Any, CostLine]] = {group: {} for group in columns}
    for row in rows:
        for group, column in columns.items():
            key = row[column]
            label = str(row.get(f"{group}_label", key))
            line = sums[group].get(key, CostLine(key, label, 0, ZERO, ZERO))
            sums[group][key] = _add(line, row)
    return {group: _sort_lines(group, list(lines.values())) for group, lines in sums.items()}


def _add(line: CostLine, row: dict[str, Any]) -> CostLine:
    return replace(
        line,
        calls=line.calls + row["calls"],
        amount=line.amount + row["total"],
        uncertain=line.uncertain + (row["open"] or ZERO),
    )


def _sort_lines(group: str, lines: list[CostLine]) -> list[CostLine]:
    if group == "month":
        return sorted(lines, key=lambda line: line.key, reverse=True)
    return sorted(lines, key=lambda line: (-line.amount, line.label))


def sum_months(
    count: int = 12, *, among: "ChargeQuerySet", now: datetime | None = None
) -> list[CostLine]:
    """Sum each of the newest `count` months, the oldest first, months without a charge included."""
    newest = month_of(now or clock.now())
    months = [_months_before(newest, number) for number in reversed(range(count))]
    recent = among.filter(month__gte=months[0])
    known = {line.key: line for line in sum_charges("month", among=recent)}
    return [known.get(month, CostLine(month, str(month), 0, ZERO, ZERO)) for month in months]


def _months_before(month: date, count: int) -> date:
    years, index = divmod(month.year * 12 + month.month - 1 - count, 12)
    return month.replace(year=years, month=index + 1)


def sum_voices(pks: Iterable[int] | None = None) -> dict[int, Decimal]:
    """Sum the charges of each of these voices; without `pks` of all voices that have a charge."""
    if pks is None:
        return dict(sum_by_voice(Charge.objects.filter(voice__isnull=False)))
    wanted = list(pks)
    sums = dict(_SUMS.rows(wanted))
    return {pk: sums.get(pk, ZERO) for pk in wanted}


def sum_by_voice(charges: "ChargeQuerySet") -> "QuerySet[Charge, tuple[int, Decimal]]":
    """A row for each voice with what its charges cost, `total`."""
    return charges.counted().order_by().values_list("voice").annotate(total=Sum("amount"))


_SUMS: Final = CompiledQuery(lambda ids: sum_by_voice(Charge.objects.filter(voice__in=ids)))


def sum_month(month: date) -> Decimal:
    """Sum all charges of the studio in a month, uncertain ones included."""
    return _counted(Charge.objects.all(), month).aggregate(all=Sum("amount"))["all"] or ZERO


def iterate_charges(*, among: "ChargeQuerySet", month: date | None = None) -> Iterator[Charge]:
    """Yield every charge of `among` that counts, the oldest first; in chunks, for long files."""
    rows = _counted(among, month).select_related("person", "speaker", "project")
    return rows.order_by("pk").iterator(chunk_size=500)


def _counted(among: "ChargeQuerySet", month: date | None) -> "ChargeQuerySet":
    rows = among.counted()
    return rows if month is None else rows.in_month(month)
