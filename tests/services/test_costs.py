"""Sums of charges, and the monthly limit."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.factories import make_attempt, make_project, make_user
from voicestudio.models import (
    AttemptState,
    Charge,
    ChargeKind,
    CloneAttempt,
    Event,
    Project,
    SpeechState,
    Voice,
)
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones, speeches
from voicestudio.services.clones import Order
from voicestudio.services.money import budgets, charges, costs, limits
from voicestudio.services.speeches import SpeechOrder, keep
from voicestudio.words import message_for_limit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def make_charge(amount: str, *, at: datetime | None = None, **fields: object) -> Charge:
    attempt = make_attempt(AttemptState.READY)
    values = {
        "project": attempt.project,
        "kind": ChargeKind.PREVIEW, "units": 1, "unit_price": Decimal(amount),
        "amount": Decimal(amount), "currency": "$", "provider": "practice",
        "attempt": attempt, "voice": attempt.cloned_voice,
        "voice_name": attempt.voice_id, "speaker": attempt.speaker, "model": attempt.model,
        "person": attempt.created_by, "at": at or timezone.now(),
    }  # fmt: skip
    return Charge.objects.create(**(values | fields))


def _check(price: Decimal) -> None:
    limits.check_budget(price, project=Project.first().pk)


def test_sums_are_exact_decimals() -> None:
    for _turn in range(30):
        make_charge("0.1")
    make_charge("0.000000001")

    [line] = costs.sum_charges("kind", among=Charge.objects.all())

    assert (line.amount, line.calls) == (Decimal("3.000000001"), 31)
    assert isinstance(Charge.objects.first().amount, Decimal)  # type: ignore[union-attr]


@pytest.mark.parametrize("group", ["month", "person", "speaker", "voice", "model", "kind"])
def test_sums_of_each_group_add_up_to_the_total(group: str) -> None:
    first = make_charge("1.50", at=datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC))
    make_charge("0.25", at=datetime(2026, 11, 1, tzinfo=UTC), certain=False)
    make_charge("9", withdrawn_at=timezone.now())

    lines = costs.sum_charges(group, among=Charge.objects.all())

    assert sum(line.amount for line in lines) == Decimal("1.75")
    assert sum(line.uncertain for line in lines) == Decimal("0.25")
    october = costs.sum_charges(group, among=Charge.objects.all(), month=date(2026, 10, 15))
    assert [line.amount for line in october] == [Decimal("1.50")]
    labels = {"person": first.person.username, "speaker": first.speaker.name, "month": "2026-10-01"}
    assert october[0].label == labels.get(group, october[0].label)


def test_sums_of_several_groups_take_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for amount in ("1.50", "0.25", "0.25"):
        make_charge(amount, certain=amount == "1.50")
    groups = [group for group in costs.GROUPS if group != "month"]

    with django_assert_num_queries(1):
        sums = costs.sum_groups(groups, among=Charge.objects.all())

    assert sums == {group: costs.sum_charges(group, among=Charge.objects.all()) for group in groups}


def test_months_have_no_gaps() -> None:
    make_charge("1", at=datetime(2026, 1, 5, tzinfo=UTC))

    lines = costs.sum_months(3, among=Charge.objects.all(), now=datetime(2026, 2, 5, tzinfo=UTC))

    assert [(line.key, line.amount) for line in lines] == [
        (date(2025, 12, 1), Decimal(0)), (date(2026, 1, 1), Decimal(1)),
        (date(2026, 2, 1), Decimal(0)),
    ]  # fmt: skip


def test_call_is_charged_once() -> None:
    line = make_charge("1")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_charge("1", attempt=line.attempt)


def test_limit_warns_and_stops(settings: Settings) -> None:
    settings.MONTHLY_LIMIT = Decimal(10)
    make_charge("7.99")
    assert (budgets.get_budget().warns, budgets.get_budget().stops) == (False, False)
    make_charge("0.01")
    assert (budgets.get_budget().warns, budgets.get_budget().stops) == (True, False)
    _check(Decimal(2))
    with pytest.raises(limits.LimitReached):
        _check(Decimal("2.01"))
    make_charge("2")

    assert budgets.get_budget().stops
    _check(Decimal(0))  # what costs nothing may always be done
    with pytest.raises(limits.LimitReached):
        _check(Decimal("0.000000001"))


def test_only_administrators_can_allow_more(settings: Settings) -> None:
    settings.MONTHLY_LIMIT = Decimal(1)
    make_charge("1")

    with pytest.raises(PermissionDenied):
        limits.allow_more(Decimal(5), by=make_user())
    limits.allow_more(Decimal(5), by=make_user(is_staff=True), note="for the fair")

    assert budgets.get_budget().left == Decimal(5)
    _check(Decimal(5))


def test_limit_refuses_orders_and_stores_nothing(
    settings: Settings,
    order: Callable[..., Order],
    speech_order: Callable[..., SpeechOrder],
    person: User,
) -> None:
    settings.MONTHLY_LIMIT = Decimal("0.001")
    before = CloneAttempt.objects.count()

    with pytest.raises(clones.OverLimit):
        clones.submit(order(), by=person)
    with pytest.raises(speeches.OverLimit):
        speeches.submit(speech_order(), by=person)
    clones.submit(order(preview_text=""), by=person)  # costs nothing

    assert CloneAttempt.objects.count() == before + 1


def test_limit_is_checked_again_before_sending(
    settings: Settings, order: Callable[..., Order], person: User, voice: Voice, standin: StandIn
) -> None:
    attempt = clones.submit(order(), by=person)
    speech = keep.keep_voice(voice, by=person)
    settings.MONTHLY_LIMIT = Decimal("0.001")

    clones.run_clone.call(attempt.pk)
    speeches.run_speech.call(speech.pk)

    attempt.refresh_from_db()
    speech.refresh_from_db()
    assert (attempt.state, attempt.trouble) == (AttemptState.FAILED, "over_limit")
    assert (speech.state, speech.trouble) == (SpeechState.FAILED, "over_limit")
    assert standin.calls_of("voice_clone") == standin.calls_of("t2a_v2") == []
    assert clones.message_for(attempt) is not None


def test_limit_counts_calls_in_flight(settings: Settings, person: User) -> None:
    settings.MONTHLY_LIMIT = Decimal(1)
    make_attempt(AttemptState.CLONING, preview_text="x" * 1000, by=person)

    assert budgets.get_budget().promised == Decimal("0.1")
    with pytest.raises(limits.LimitReached):
        _check(Decimal("0.91"))


@pytest.mark.parametrize("kind", budgets.BudgetKind)
def test_call_answered_while_the_budget_is_read_counts(
    kind: budgets.BudgetKind, settings: Settings, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = make_attempt(AttemptState.CLONING, preview_text="x" * 1000, by=person)
    if kind is budgets.BudgetKind.MONTH:
        settings.MONTHLY_LIMIT = Decimal(1)
    else:
        column = "total_budget" if kind is budgets.BudgetKind.PROJECT_TOTAL else "monthly_budget"
        Project.objects.filter(pk=attempt.project_id).update(**{column: 1})
    rows = CloneAttempt.objects.filter(pk=attempt.pk, status=AttemptState.CLONING)

    def answer_after(read: Callable[..., Decimal]) -> Callable[..., Decimal]:
        def reading(*args: object) -> Decimal:
            found = read(*args)
            if rows.update(status=AttemptState.UNKNOWN):
                charges.charge_attempt(attempt, certain=True)
            return found

        return reading

    for module, name in (
        (budgets, "sum_month"), (budgets, "sum_in_flight"), (limits, "sum_in_flight"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, answer_after(getattr(module, name)))

    with pytest.raises(limits.LimitReached):
        _check(Decimal("0.91"))


def test_voices_are_summed_in_one_query(django_assert_num_queries: Callable[..., object]) -> None:
    first, second = make_charge("1"), make_charge("2")
    pks = [first.voice.pk, second.voice.pk]  # type: ignore[union-attr]

    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        found = costs.sum_voices([*pks, 0])

    assert found == {pks[0]: Decimal(1), pks[1]: Decimal(2), 0: Decimal(0)}


def test_token_can_be_used_again_after_a_refusal(
    settings: Settings, order: Callable[..., Order], person: User
) -> None:
    settings.MONTHLY_LIMIT = Decimal("0.001")
    wanted = order(token=uuid4())
    with pytest.raises(clones.OverLimit):
        clones.submit(wanted, by=person)

    settings.MONTHLY_LIMIT = None

    assert clones.submit(wanted, by=person).state == AttemptState.WAITING


def test_charges_are_iterated_in_order_without_withdrawn_ones() -> None:
    first = make_charge("1", at=datetime(2026, 1, 5, tzinfo=UTC))
    second = make_charge("2")
    make_charge("3", withdrawn_at=timezone.now())

    assert list(costs.iterate_charges(among=Charge.objects.all())) == [first, second]
    assert list(costs.iterate_charges(among=Charge.objects.all(), month=date(2026, 1, 31))) == [
        first
    ]


@pytest.mark.parametrize(
    ("is_staff", "words"),
    [
        (
            False,
            "This costs more than is left of the studio's limit for this month. "
            "Nothing was sent. An administrator can raise the limit: a0, a1, a2, a3, a4.",
        ),
        (
            True,
            "This costs $1.50, and $0.73 is left of this month's limit. "
            "Nothing was sent. You can raise the limit on the Costs page.",
        ),
    ],
    ids=["manager", "administrator"],
)
def test_refusal_says_the_sums_of_the_studio_to_administrators_only(
    settings: Settings,
    speech_order: Callable[..., SpeechOrder],
    person: User,
    is_staff: bool,
    words: str,
) -> None:
    settings.MONTHLY_LIMIT = Decimal("0.734")
    for number in range(6):
        make_user(f"a{number}", is_staff=True)
    make_project()
    person.is_staff = is_staff

    with pytest.raises(speeches.OverLimit) as caught:
        speeches.submit(speech_order(), by=person)

    assert str(caught.value.message) == words


@pytest.mark.parametrize(
    ("price", "left", "shown"),
    [("1.5024", "0.0385", "$1.50, and $0.04"), ("1.504", "1.502", "$1.51, and $1.50"),
     ("0.004", "0.002", "$0.01, and $0.00")],
)  # fmt: skip
def test_refusal_shows_the_amounts_of_the_pages_unless_they_seem_to_fit(
    price: str, left: str, shown: str
) -> None:
    message = message_for_limit(Decimal(price), Decimal(left), "$")

    assert message.headline == f"This costs {shown} is left of this month's limit."


def test_clone_fee_is_charged_with_the_clone_where_a_gateway_does_so(
    settings: Settings, order: Callable[..., Order], person: User, standin: StandIn
) -> None:
    settings.CLONE_FEE_AT_ONCE = True
    attempt = clones.submit(order(), by=person)

    clones.run_clone.call(attempt.pk)
    voice = Voice.objects.get()
    speeches.run_speech.call(keep.keep_voice(voice, by=person).pk)

    charges_made = Charge.objects.counted().order_by("pk").values_list("kind", "attempt", "units")
    assert list(charges_made)[1:2] == [("clone", attempt.pk, 1)]
    assert [kind for kind, _attempt, _units in charges_made] == ["preview", "clone", "speech"]
    assert keep.estimate_keep(voice).clone == 0


@pytest.mark.parametrize(("reported", "told"), [(13, 0), (14, 0), (0, 1), (26, 1)])
def test_other_count_of_characters_is_reported_once(
    reported: int, told: int, speech_order: Callable[..., SpeechOrder], person: User,
    standin: StandIn,
) -> None:  # fmt: skip
    body = {
        "data": {"audio": "494433"}, "base_resp": {"status_code": 0},
        "extra_info": {"usage_characters": reported},
    }  # fmt: skip
    for _turn in range(2):
        standin.script("t2a_v2", Fault(body=body))
        speeches.run_speech.call(speeches.submit(speech_order(), by=person).pk)

    assert Event.objects.filter(kind="bill").count() == told
    units = Charge.objects.counted().filter(kind="speech").values_list("units", flat=True)
    assert list(units) == [reported, reported]
