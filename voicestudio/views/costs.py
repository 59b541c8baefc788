"""Costs: what was spent in which month, by whom and for what; and how much more may be."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from voicestudio.forms.costs import AllowForm, month_in
from voicestudio.models import Charge, ChargeKind, month_of
from voicestudio.services.money import costs, limits
from voicestudio.services.voices import bookkeeping

from .current_user import current_user

MONTHS: Final = 12
# The rest is one line; the file has them all.
MOST_LINES: Final = 15
FORMULA: Final = "=+-@|%\uff1d\uff0b\uff0d\uff20"
# Marks of direction and the like, which some programs pass over.
UNSEEN: Final = "\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
GROUPS: Final = ("person", "speaker", "voice", "model")
COLUMNS: Final = (
    "time", "kind", "units", "unit_price", "amount", "currency", "certain", "voice_id", "speaker",
    "model", "person", "attempt", "speech", "provider",
)  # fmt: skip


@require_safe
def costs_page(request: HttpRequest) -> HttpResponseBase:
    """One month and the months around it; or every line, as a file."""
    bookkeeping.settle_lapsed()
    asked = request.GET.get("month", "")
    month = month_in(asked)
    if request.GET.get("format") == "csv":
        if asked and month is None:
            raise Http404
        return _file(month)
    return _page(request, month, nonsense=bool(asked) and month is None)


@require_POST
def allow(request: HttpRequest) -> HttpResponse:
    """More money for this month, by an administrator."""
    person = current_user(request)
    form = AllowForm(request.POST)
    # Whoever may not has nothing to correct; the service says no.
    if person.is_staff and not form.is_valid():
        return _page(request, None, form=form, status=422)
    given = form.cleaned_data if form.is_valid() else {"amount": Decimal(0), "note": ""}
    try:
        limits.allow_more(by=person, **given)
    except limits.AllowanceChanged:
        messages.warning(
            request, _("More had just been allowed, so nothing was added. Look at the sum first.")
        )
    else:
        messages.success(request, _("More is allowed for this month."))
    return redirect("costs")


# The page -------------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    month: date | None,
    *,
    form: AllowForm | None = None,
    nonsense: bool = False,
    status: int = 200,
) -> HttpResponse:
    this_month = month_of(timezone.now())
    month = month or this_month
    money = limits.get_budget()
    what = costs.sum_charges("kind", month=month)
    context = {
        "month": month,
        "this_month": this_month,
        "nonsense": nonsense,
        "months": costs.sum_months(MONTHS),
        "budget": money,
        "total": sum((line.amount for line in what), costs.ZERO),
        "uncertain": sum((line.uncertain for line in what), costs.ZERO),
        "what": [(ChargeKind(line.key).label, line) for line in what],
        "groups": [_group(name, month) for name in GROUPS] if what else [],
        "allowances": limits.list_allowances(month),
        "administrators": limits.list_administrators() if money.warns else [],
        "form": form or AllowForm(initial={"beside": f"{money.allowed:f}"}),
    }
    return render(request, "costs/costs.html", context, status=status)


def _group(name: str, month: date) -> dict[str, Any]:
    lines = costs.sum_charges(name, month=month)
    rest = lines[MOST_LINES:]
    return {
        "name": name,
        "lines": lines[:MOST_LINES],
        "rest": len(rest),
        "rest_calls": sum(line.calls for line in rest),
        "rest_amount": sum((line.amount for line in rest), costs.ZERO),
        "rest_uncertain": sum((line.uncertain for line in rest), costs.ZERO),
        "open": any(line.uncertain for line in lines),
    }


# The file -------------------------------------------------------------------------------------


class _Echo:
    """What a csv writer writes to, one row at a time."""

    def write(self, text: str) -> str:
        return text


def _file(month: date | None) -> StreamingHttpResponse:
    name = f"costs-{month:%Y-%m}.csv" if month else "costs.csv"
    response = StreamingHttpResponse(_rows(month), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _rows(month: date | None) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # The mark at the beginning lets spreadsheets read names in any script.
    yield "\ufeff" + writer.writerow(COLUMNS)
    for line in costs.iterate_charges(month=month):
        yield writer.writerow([harmless(cell) for cell in _cells(line)])


def _cells(line: Charge) -> list[str]:
    return [
        line.at.isoformat(timespec="seconds"),
        line.kind,
        str(line.units),
        f"{line.unit_price:f}",
        f"{line.amount:f}",
        line.currency,
        "yes" if line.certain else "no",
        line.voice_name,
        line.speaker.name,
        line.model,
        line.person.get_username(),
        str(line.attempt_id or ""),
        str(line.speech_id or ""),
        line.provider,
    ]


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, also not by signs of full width."""
    first = cell.lstrip().lstrip(UNSEEN)[:1]
    return f"'{cell}" if first and first in FORMULA else cell
