"""Costs: what was spent in each month, by whom and for what, and the allowance for more."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from voicestudio.forms.costs import AllowForm, parse_month
from voicestudio.forms.ids import parse_id
from voicestudio.models import Action, Charge, ChargeKind, Speaker, Verb, access_of, clock, month_of
from voicestudio.models.charges import ChargeQuerySet
from voicestudio.services.audit import record
from voicestudio.services.money import budgets, charges, costs, limits
from voicestudio.services.permissions import may, sees_studio_costs
from voicestudio.services.voices import bookkeeping
from voicestudio.words import Message
from voicestudio.words.costs import describe_provider
from voicestudio.words.permissions import message_for_action

from .csv_files import csv_response
from .current_user import current_user
from .permitted import require_action
from .project_in_use import uses_project

MONTHS: Final = 12
# The other lines of a group are summed up in one; the CSV file has them all.
MOST_LINES: Final = 15
# Budgets of which nothing is used are folded from this number on.
MOST_BUDGETS: Final = 4
GROUPS: Final = ("project", "person", "speaker", "voice", "model")


@require_safe
@require_action(Action.SEE_COSTS)
@uses_project
def costs_page(request: HttpRequest) -> HttpResponseBase:
    """One month and the months around it, or a CSV file of every charge."""
    bookkeeping.settle_lapsed()
    text = request.GET.get("month", "")
    month = parse_month(text)
    is_invalid = bool(text) and month is None
    if request.GET.get("format") != "csv":
        return _render_page(request, month, is_invalid=is_invalid)
    if is_invalid:
        raise Http404
    return _csv_response(request, month)


@require_POST
@require_action(Action.ALLOW_MORE)
def allow(request: HttpRequest) -> HttpResponse:
    """Raise the limit of this month; only an administrator may."""
    user = current_user(request)
    form = AllowForm(request.POST)
    # Someone who is not an administrator gets 403 from the service, not an error in the form.
    if limits.is_administrator(user) and not form.is_valid():
        return _render_page(request, None, form=form)
    values = form.cleaned_data if form.is_valid() else {"amount": Decimal(0), "note": ""}
    try:
        limits.allow_more(by=user, **values)
    except limits.AllowanceChanged:
        messages.warning(
            request, _("Someone just raised the limit, so nothing was added. Check it first.")
        )
    else:
        messages.success(request, _("The limit for this month was raised."))
    return redirect("costs")


# The page -----------------------------------------------------------------------------------------


def _render_page(
    request: HttpRequest,
    month: date | None,
    *,
    form: AllowForm | None = None,
    is_invalid: bool = False,
) -> HttpResponse:
    this_month = month_of(clock.now())
    month = month or this_month
    user = current_user(request)
    is_administrator = limits.is_administrator(user)
    sees_studio = sees_studio_costs(request.user)
    in_flight, among = budgets.sum_in_flight(), _visible(request)
    budget = budgets.get_budget(in_flight=in_flight)
    sums = _sum_groups(among, month)
    by_kind = sums["kind"]
    project_budgets = _list_budgets(request, in_flight)
    shown = max(MOST_BUDGETS, sum(bool(each.share) for each in project_budgets))
    context = {
        "month": month,
        "this_month": this_month,
        "month_is_invalid": is_invalid,
        "months": costs.sum_months(MONTHS, among=among),
        "budget": budget,
        "sees_studio": sees_studio,
        "total": sum((line.amount for line in by_kind), costs.ZERO),
        "uncertain": sum((line.uncertain for line in by_kind), costs.ZERO),
        "totals": [(ChargeKind(line.key).label, line) for line in by_kind],
        "groups": _describe_groups(request, sums) if by_kind else [],
        "person": _find_ordering_person(request, among),
        "project_budgets": project_budgets[:shown],
        "unused_budgets": project_budgets[shown:],
        "no_costs_of_project": _explain_no_costs(request),
        "bill_differs": charges.find_difference() if is_administrator else None,
        "is_administrator": is_administrator,
        "allowances": limits.list_allowances(month) if sees_studio else [],
        "administrators": limits.list_people_to_ask(user) if budget.warns else [],
        "form": form or AllowForm(initial={"beside": f"{budget.allowed:f}"}),
    }
    status = 422 if form and form.errors else 200
    return render(request, "costs/costs.html", context, status=status)


def _visible(request: HttpRequest) -> ChargeQuerySet:
    """The charges of the project in use, or of all projects whose costs this person may see.

    With `?person=`, those of one person.
    """
    charges = Charge.objects.in_use_by(request.user)
    person = request.GET.get("person", "")
    return charges.filter(person=parse_id(person)) if person else charges


def _find_ordering_person(request: HttpRequest, among: ChargeQuerySet) -> User | None:
    """The person of `?person=`, if any charge that is seen is theirs."""
    person = parse_id(request.GET.get("person", ""))
    if person is None or not among.exists():
        return None
    return User.objects.get(pk=person)


def _list_budgets(request: HttpRequest, in_flight: dict[int, Decimal]) -> list[budgets.Budget]:
    """The budgets of the project in use, or of all projects whose costs this person may see.

    Those of which most is used come first.
    """
    in_use = access_of(request.user).in_use
    found = limits.list_project_budgets(current_user(request), in_flight)
    listed = [each for each in found if each.project and in_use in (None, each.project.pk)]
    return sorted(listed, key=lambda each: each.share or 0, reverse=True)


def _explain_no_costs(request: HttpRequest) -> Message | None:
    """Why there are no costs, if the person sees the project in use but not what it costs."""
    in_use = access_of(request.user).in_use
    if in_use is None or may(request.user, Action.SEE_COSTS, in_use):
        return None
    return message_for_action(Action.SEE_COSTS)


def _sum_groups(among: ChargeQuerySet, month: date) -> dict[str, list[costs.CostLine]]:
    """The sums by kind and by each of `GROUPS`.

    In two queries: speakers and voices are many, and with the others in one query the database
    would sort all charges of the month.
    """
    few = costs.sum_groups(("kind", "project", "person", "model"), among=among, month=month)
    return few | costs.sum_groups(("speaker", "voice"), among=among, month=month)


def _describe_groups(
    request: HttpRequest, sums: dict[str, list[costs.CostLine]]
) -> list[dict[str, Any]]:
    groups = [_describe_group(name, sums[name]) for name in GROUPS]
    _hide_speakers(request, groups[GROUPS.index("speaker")]["lines"])
    # Within one project there is nothing to compare.
    return groups if len(groups[0]["lines"]) > 1 else groups[1:]


def _hide_speakers(request: HttpRequest, lines: list[costs.CostLine]) -> None:
    """Empty the names of speakers who were moved to a project that this person does not see."""
    if access_of(request.user).projects() is None:
        return
    speakers = Speaker.objects.visible_to(request.user).filter(pk__in=[line.key for line in lines])
    seen = set(speakers.values_list("pk", flat=True))
    lines[:] = [line if line.key in seen else replace(line, label="") for line in lines]


def _describe_group(name: str, lines: list[costs.CostLine]) -> dict[str, Any]:
    rest, names = lines[MOST_LINES:], Counter(line.label for line in lines)
    return {
        "name": name,
        "lines": lines[:MOST_LINES],
        # Speakers are grouped by their IDs; the page shows those of equal names too.
        "shared_names": {label for label, count in names.items() if count > 1},
        "rest": len(rest),
        "rest_calls": sum(line.calls for line in rest),
        "rest_amount": sum((line.amount for line in rest), costs.ZERO),
        "rest_uncertain": sum((line.uncertain for line in rest), costs.ZERO),
    }


# The CSV file -------------------------------------------------------------------------------------


def _csv_response(request: HttpRequest, month: date | None) -> HttpResponseBase:
    record(
        Verb.EXPORTED, by=current_user(request), list="costs",
        month=str(month or ""), person=request.GET.get("person", ""),
    )  # fmt: skip
    name = f"costs-{month:%Y-%m}.csv" if month else "costs.csv"
    charges = costs.iterate_charges(among=_visible(request), month=month)
    seen = access_of(request.user).projects()
    rows = (_list_cells(charge, seen) for charge in charges)
    return csv_response(name, _list_headings(), rows)


def _list_headings() -> list[str]:
    return [
        _("Time (UTC)"), _("Cost of"), _("Units"), _("Unit price"), _("Amount"), _("Currency"),
        _("Certain"), _("Voice ID"), _("Speaker"), _("Model"), _("Person"), _("Clone attempt"),
        _("Generated speech"), _("Provider"), _("Speaker no."), _("Project"),
    ]  # fmt: skip


def _list_cells(charge: Charge, seen: list[int] | None) -> list[str]:
    """The cells of a charge; `seen` are the projects that the reader sees, None for all."""
    names_speaker = seen is None or charge.speaker.project_id in seen
    return [
        f"{charge.at:%Y-%m-%d %H:%M:%S}",
        charge.get_kind_display(),
        str(charge.units),
        f"{charge.unit_price:f}",
        f"{charge.amount:f}",
        charge.currency,
        _("Yes") if charge.certain else _("No"),
        charge.voice_name,
        charge.speaker.name if names_speaker else "",
        charge.model,
        charge.person.get_username(),
        str(charge.attempt_id or ""),
        str(charge.speech_id or ""),
        describe_provider(charge.provider),
        str(charge.speaker_id),
        charge.project.name,
    ]
