"""Budgets of projects: what they stop, what counts, and that calls cannot overrun them together."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_attempt, make_project, make_user
from tests.services.conftest import make_provider_voice
from tests.services.test_costs import make_charge
from voicestudio.models import (
    AttemptState,
    BudgetMail,
    Charge,
    CloneAttempt,
    PaidCall,
    Project,
    Role,
    Speech,
    month_of,
)
from voicestudio.practice.server import StandIn
from voicestudio.services import clones, speeches
from voicestudio.services.clones import Order
from voicestudio.services.money import budget_mails, budgets, limits
from voicestudio.services.paid_calls import runner
from voicestudio.services.speeches import SpeechOrder, keep

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)


def limit_project(**amounts: str | None) -> Project:
    """The first project, with these budgets."""
    project = Project.first()
    for name, amount in amounts.items():
        setattr(project, name, None if amount is None else Decimal(amount))
    project.save()
    return project


def kinds_of(project: Project) -> list[tuple[str, Decimal]]:
    return [(budget.kind, budget.spent) for budget in budgets.get_project_budgets([project])]


def test_budgets_count_the_month_and_all_of_the_project_that_paid() -> None:
    project = limit_project(monthly_budget="10", total_budget="20")
    other = make_project(monthly_budget=Decimal(1))
    make_charge("1", at=LONG_AGO)
    make_charge("2", certain=False)
    make_charge("4", withdrawn_at=timezone.now())
    paid_before_its_speaker_was_moved = make_charge("8")
    speaker = paid_before_its_speaker_was_moved.speaker
    type(speaker).objects.filter(pk=speaker.pk).update(project=other)

    assert kinds_of(project) == [("project_month", Decimal(10)), ("project_total", Decimal(11))]
    assert kinds_of(other) == [("project_month", Decimal(0))]
    assert kinds_of(make_project()) == []


@pytest.mark.parametrize(
    ("amounts", "kind"),
    [
        ({"monthly_budget": "3"}, "project_month"),
        ({"total_budget": "4"}, "project_total"),
        ({"monthly_budget": "0"}, "project_month"),
        ({"total_budget": "0.5"}, "project_total"),  # lowered below what is spent
        ({"monthly_budget": "9", "total_budget": "9"}, "month"),
    ],
)
def test_call_is_refused_by_the_budget_that_leaves_too_little(
    amounts: dict[str, str], kind: str, settings: Settings
) -> None:
    settings.MONTHLY_LIMIT = Decimal(3)
    project = limit_project(**amounts)
    make_charge("1", at=LONG_AGO)
    make_charge("2")

    limits.check_budget(Decimal(0), project=project.pk)
    with pytest.raises(limits.LimitReached) as caught:
        limits.check_budget(Decimal("1.000000001"), project=project.pk)

    assert caught.value.budget.kind == kind
    assert Charge.objects.count() == 2


def test_budget_of_one_project_stops_no_other() -> None:
    limit_project(monthly_budget="0")

    limits.check_budget(Decimal(1), project=make_project().pk)


def test_calls_in_flight_count_for_their_own_project(person: User) -> None:
    project = limit_project(monthly_budget="1")
    make_attempt(AttemptState.CLONING, preview_text="x" * 1000, by=person)
    make_attempt(AttemptState.CLONING, preview_text="x" * 3000, by=person, project=make_project())

    [budget] = budgets.get_project_budgets([project])

    assert (budget.promised, budget.left) == (Decimal("0.1"), Decimal("0.9"))


def test_queries_for_budgets_do_not_grow_with_projects(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    projects = [make_project(total_budget=Decimal(1)) for _number in range(5)]

    with django_assert_num_queries(3):
        assert len(budgets.get_project_budgets(projects)) == 5


@pytest.mark.parametrize(
    ("is_staff", "step"),
    [
        (False, "An administrator can raise the budget: a0, a1, a2, a3, a4."),
        (True, "You can raise the budget of the project."),
    ],
    ids=["manager", "administrator"],
)
@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ({"monthly_budget": "1"}, "$1.00 is left of the project's budget for this month."),
        ({"total_budget": "1"}, "$1.00 is left of the project's total budget."),
    ],
    ids=["month", "total"],
)
def test_refusal_names_the_budget_and_who_can_raise_it(
    amounts: dict[str, str],
    words: str,
    is_staff: bool,
    step: str,
    speech_order: Callable[..., SpeechOrder],
    person: User,
) -> None:
    limit_project(**amounts)
    for number in range(6):
        make_user(f"a{number}", is_staff=True)
    make_user("a", is_staff=True, is_active=False)
    person.is_staff = is_staff

    with pytest.raises(speeches.OverLimit) as caught:
        speeches.submit(speech_order(), by=person)

    expected = f"This costs $1.50, and {words} Nothing was sent. {step}"
    assert str(caught.value.message) == expected


@pytest.mark.parametrize(
    ("amounts", "trouble"),
    [({"monthly_budget": "0"}, "over_month"), ({"total_budget": "0"}, "over_total")],
)
def test_budget_is_checked_again_before_sending(
    amounts: dict[str, str],
    trouble: str,
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
) -> None:
    attempt = clones.submit(order(), by=person)
    speech = keep.keep_voice(make_provider_voice(standin, by=person), by=person)
    limit_project(**amounts)

    clones.run_clone.call(attempt.pk)
    speeches.run_speech.call(speech.pk)

    attempt.refresh_from_db()
    speech.refresh_from_db()
    assert (attempt.trouble, speech.trouble) == (trouble, trouble)
    assert standin.calls_of("voice_clone") == standin.calls_of("t2a_v2") == []


def test_manager_is_warned_of_the_project_and_not_of_the_sums_of_the_studio(
    settings: Settings,
) -> None:
    settings.MONTHLY_LIMIT = Decimal(10)
    project = limit_project(monthly_budget="9")
    make_project()  # those who see the costs of every project know those of the studio
    people = [make_user(), make_user(role=Role.REVIEWER), make_user(is_staff=True)]
    make_charge("8")

    def warned(person: User) -> list[str]:
        return [budget.kind for budget in limits.list_warnings(person, project.pk)]

    assert [warned(person) for person in people] == [
        ["project_month"], [], ["month", "project_month"],
    ]  # fmt: skip
    make_charge("2")
    assert [warned(person) for person in people] == [
        ["month", "project_month"], ["month"], ["month", "project_month"],
    ]  # fmt: skip


# Emails -------------------------------------------------------------------------------------------


@pytest.fixture
def mailed(settings: Settings) -> Project:
    """A project with a budget of ten a month, whose manager and administrators have addresses."""
    settings.MAIL_HOST = "localhost"
    make_user(email="manager@example.com")
    make_user(email="reviewer@example.com", role=Role.REVIEWER)
    make_user(email="gone@example.com", is_active=False)
    make_user(email="elsewhere@example.com", project=make_project())
    make_user(email="root@example.com", is_staff=True)
    return limit_project(monthly_budget="10")


@pytest.mark.django_db(transaction=True)
def test_email_is_sent_once_a_month_and_threshold(
    mailed: Project, mailoutbox: list[EmailMessage]
) -> None:
    make_charge("7.99")
    assert budget_mails.send_due_mails() == 0
    make_charge("0.02")
    assert [budget_mails.send_due_mails(), budget_mails.send_due_mails()] == [1, 0]
    make_charge("1.99")
    assert [budget_mails.send_due_mails(), budget_mails.send_due_mails()] == [1, 0]
    limit_project(monthly_budget="12")  # 83 %, which was told already
    assert budget_mails.send_due_mails() == 0

    assert [(mail.subject, mail.bcc) for mail in mailoutbox] == [
        (
            "Studio has used 80 % of its budget for this month",
            ["manager@example.com", "root@example.com"],
        ),
        ("Studio has used its budget for this month", ["manager@example.com", "root@example.com"]),
    ]
    assert mailoutbox[0].body == (
        "$8.01 of $10.00 is used, calls in progress included.\n\n"
        "Paid calls of this project stop at 100 %. An administrator can raise the budget."
    )


@pytest.mark.django_db(transaction=True)
def test_email_that_another_process_sends_is_not_sent_twice(
    mailed: Project, mailoutbox: list[EmailMessage]
) -> None:
    make_charge("9")
    now = timezone.now()
    mail = {"project": mailed, "kind": "project_month", "month": month_of(now), "percent": 80}
    BudgetMail.objects.create(**mail, claimed_at=now)

    assert budget_mails.send_due_mails(now) == 0
    after_the_other_died = now + budget_mails.RETRY_AFTER + timedelta(seconds=1)
    assert budget_mails.send_due_mails(after_the_other_died) == 1
    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_email_that_the_server_refused_is_tried_again_later(
    mailed: Project, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_charge("9")
    now = timezone.now()

    def refuse(self: EmailMessage) -> int:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", refuse)
        assert budget_mails.send_due_mails(now) == 0
    assert budget_mails.send_due_mails(now + timedelta(minutes=1)) == 0
    assert budget_mails.send_due_mails(now + timedelta(minutes=11)) == 1


# Two calls at the same moment ---------------------------------------------------------------------


def _mark_in_flight(call: PaidCall) -> None:
    """As the runner does in the transaction that marks a call as sent."""
    limits.check_budget(Decimal("1.5"), project=call.project_id, call=call)
    calls: Any = type(call)._default_manager
    status = call.IN_FLIGHT_STATUS
    calls.filter(pk=call.pk).update(status=status, sent={}, sent_at=timezone.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("studio", [None, Decimal(100)], ids=["no_limit", "limit"])
@pytest.mark.parametrize("kinds", ["clone and speech", "two speeches"])
def test_second_call_waits_for_the_first_and_sees_it(
    studio: Decimal | None,
    kinds: str,
    settings: Settings,
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
) -> None:
    settings.MONTHLY_LIMIT = studio
    settings.CLONE_FEE_AT_ONCE = False
    voices = [make_provider_voice(standin, by=person) for _number in range(2)]
    first: PaidCall = keep.keep_voice(voices[0], by=person)
    second: PaidCall = (
        keep.keep_voice(voices[1], by=person)
        if kinds == "two speeches"
        else clones.submit(order(), by=person)
    )
    limit_project(monthly_budget="2")
    outcomes: list[str] = []
    started, ended = Event(), Event()

    def send_second() -> None:
        started.set()
        try:
            with transaction.atomic():
                _mark_in_flight(second)
            outcomes.append("sent")
        except limits.LimitReached as reached:
            outcomes.append(reached.budget.kind)
        finally:
            ended.set()
            connection.close()

    thread = Thread(target=send_second)
    with transaction.atomic():
        _mark_in_flight(first)
        thread.start()
        started.wait(30)
        ended.wait(0.5)  # it cannot end before this transaction does
    thread.join(30)

    assert outcomes == ["project_month"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_waiting")
def test_calls_of_two_kinds_at_once_do_not_overrun_the_budget(
    order: Callable[..., Order], person: User, standin: StandIn
) -> None:
    jobs: list[tuple[Any, int]] = []
    for number in range(3):
        speech = keep.keep_voice(make_provider_voice(standin, by=person), by=person)
        text = "x" * 1000
        another = order(voice_id=f"Anna-000{number}", preview_text=text, is_new_speaker=True)
        attempt = clones.submit(another, by=person)
        jobs += [(speeches.run_speech, speech.pk), (clones.run_clone, attempt.pk)]
    project = limit_project(total_budget="3.2")  # two voices kept, and one preview

    def work(job: Any, pk: int) -> None:
        try:
            job.call(pk)
        finally:
            connection.close()

    threads = [Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    [budget] = budgets.get_project_budgets([project])
    assert budget.promised == 0
    assert 0 < budget.spent <= Decimal("3.2")
    stopped = {"trouble": "over_total", "status": "failed"}
    assert Speech.objects.filter(**stopped) or CloneAttempt.objects.filter(**stopped)
    assert set(runner.OVER_BUDGET) == set(budgets.BudgetKind)
