"""Costs: sums of a month, the limit in words, who may allow more, and the file."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.factories import make_attempt, make_project, make_recording, make_user, make_voice
from tests.views import message_levels
from voicestudio.models import (
    Allowance,
    AttemptState,
    Charge,
    ChargeKind,
    CloneAttempt,
    Membership,
    Person,
    Project,
    Role,
    Speech,
    SpeechState,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
STRIP = "of this month's limit is used."


@pytest.fixture
def attempt(user: User) -> CloneAttempt:
    return make_attempt(by=user, speaker_name="Anna Larsen", voice_id="AnnaLarsen-7k2p")


def _line(attempt: CloneAttempt, amount: str, **fields: Any) -> Charge:
    values = {
        "project": attempt.project, "kind": ChargeKind.PREVIEW, "units": 1,
        "unit_price": Decimal(amount), "amount": Decimal(amount),
        "currency": "$", "provider": "practice", "attempt": attempt, "voice": attempt.cloned_voice,
        "voice_name": attempt.voice_id, "speaker": attempt.speaker, "model": attempt.model,
        "person": attempt.created_by,
    }  # fmt: skip
    return Charge.objects.create(**(values | fields))


def _costs(client: Client, query: str = "") -> str:
    return client.get(f"/costs/{query}").content.decode()


def _rows(client: Client, query: str) -> list[dict[str, str]]:
    answer: Any = client.get(f"/costs/{query}")
    assert answer.streaming
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_empty_page_says_what_will_be_here(client: Client, user: User) -> None:
    page = _costs(client)

    assert "No costs" in page
    assert page.count('<a href="?month=') == 12
    assert 'href="/costs/" aria-current="page"' in page


def test_month_is_summed_by_every_group(client: Client, attempt: CloneAttempt) -> None:
    _line(attempt, "1.25")
    _line(make_attempt(by=attempt.created_by, speaker_name="Omar"), "0.10")

    page = _costs(client)

    assert page.count("$1.35") >= 3  # the month, the person, the model
    for words in ("lea", "Anna Larsen", "AnnaLarsen-7k2p", ">2.8 hd<", "Preview"):
        assert words in page
    assert page.count("$1.25") == 2  # the speaker, the voice


def test_total_of_the_month_stands_before_the_other_months(
    client: Client, attempt: CloneAttempt
) -> None:
    _line(attempt, "3")

    page = _costs(client)

    assert page.count('<b class="total">$3.00</b>') == 1
    assert page.index('class="total"') < page.index('id="months-title"')


def test_people_are_summed_under_the_name_that_they_chose(
    client: Client, attempt: CloneAttempt, user: User
) -> None:
    user.first_name = "Lea Sommer"
    user.save()
    _line(attempt, "1.25")

    link = f'<th scope="row"><a href="?person={user.pk}"><bdi>Lea Sommer</bdi></a>'
    assert _costs(client).count(link) == 1


@pytest.mark.parametrize(("whose", "amounts"), [("own", ["1.25"]), ("other", ["0.50"]), ("x", [])])
def test_costs_of_one_person_are_shown_and_exported(
    whose: str, amounts: list[str], client: Client, attempt: CloneAttempt, user: User
) -> None:
    other = make_attempt(by=make_user("mira"))
    _line(attempt, "1.25")
    _line(other, "0.50")
    person = {"own": str(user.pk), "other": str(other.created_by_id), "x": "x"}[whose]

    page = _costs(client, f"?person={person}")

    sentences = [f"Only what {name} has ordered." for name in (user.username, "mira")]
    assert [sentence in page for sentence in sentences] == [whose == "own", whose == "other"]
    assert page.count("This person has ordered nothing here.") == (whose == "x")
    assert [amount for amount in ("1.25", "0.50") if f"${amount}" in page] == amounts
    rows = _rows(client, f"?format=csv&person={person}")
    assert [f"{Decimal(row['Amount']):.2f}" for row in rows] == amounts


def test_several_projects_are_summed_and_named_in_the_file(
    client: Client, attempt: CloneAttempt, user: User
) -> None:
    second, hidden = make_project("Second"), make_project("Hidden")
    Membership.objects.create(project=second, person=user, role=Role.MANAGER)
    _line(attempt, "1.25")
    assert "By project" not in _costs(client)
    _line(make_attempt(project=second), "0.50")
    _line(make_attempt(project=hidden), "7")

    page = _costs(client)

    assert page.count("By project") == 1
    line = f'<th scope="row"><a href="?project={second.pk}"><bdi>Second</bdi></a>'
    assert (page.count(line), page.count("Hidden"), page.count("$7")) == (1, 0, 0)
    assert [row["Project"] for row in _rows(client, "?format=csv")] == ["Studio", "Second"]


def test_budgets_of_the_projects_whose_costs_one_sees_are_shown(
    client: Client, attempt: CloneAttempt, user: User
) -> None:
    Project.objects.update(monthly_budget=Decimal(2), total_budget=Decimal(5))
    watched = make_project("Watched", total_budget=Decimal(9))
    Membership.objects.create(project=watched, person=user, role=Role.REVIEWER)
    _line(attempt, "1.75")

    page = _costs(client)

    assert (page.count("$1.75 of $2.00"), page.count("$1.75 of $5.00")) == (1, 1)
    assert page.count("87\u00a0%") == 1
    assert "<b><bdi>Watched" not in page
    client.force_login(make_user("root", is_staff=True))
    assert "$0.00 of $9.00" in _costs(client)


def test_budget_of_which_most_is_used_comes_first_and_unused_ones_are_folded(
    client: Client, attempt: CloneAttempt
) -> None:
    client.force_login(make_user("root", is_staff=True))
    used = make_project("Used", total_budget=Decimal(2))
    _line(make_attempt(project=used), "1.60")
    for number in range(3):
        make_project(f"Book {number}", total_budget=Decimal(5))
    name = r"<b><bdi>([^<]+)</bdi></b></a>"
    few = _costs(client)
    assert re.findall(name, few) == ["Used", "Book 0", "Book 1", "Book 2"]
    assert "more budget" not in few
    for number in range(3, 5):
        make_project(f"Book {number}", total_budget=Decimal(5))

    many, folded = _costs(client).split("2 more budgets")

    assert re.findall(name, many) == ["Used", "Book 0", "Book 1", "Book 2"]
    assert re.findall(name, folded) == ["Book 3", "Book 4"]


def test_chart_has_a_text_alternative(client: Client, attempt: CloneAttempt) -> None:
    now = timezone.now()
    _line(attempt, "3")
    line = _line(
        make_attempt(by=attempt.created_by), "1", at=now.replace(day=1) - timedelta(days=2)
    )

    page = _costs(client, f"?month={line.month:%Y-%m}")

    bars = re.findall(r'<a href="\?month=([0-9-]+)"[^>]*>(.*?)</a>', page, re.DOTALL)
    names = {month: re.sub(r"<[^>]+>|\s+", " ", name).split() for month, name in bars}
    assert names[f"{now:%Y-%m}"] == ["$3.00", f"{now:%b}", "now"]
    assert names[f"{line.month:%Y-%m}"] == ["$1.00", f"{line.month:%b}", f"{line.month:%y}"]
    assert '<rect y="67" width="40" height="33"/>' in page


@pytest.mark.parametrize("month", ["2026-13", "1999-01", "x", "2026-1", "٢٠٢٦-01", "%00"])
def test_invalid_month_shows_the_current_one(month: str, client: Client, user: User) -> None:
    page = _costs(client, f"?month={month}")

    assert "That month is invalid" in page
    assert f"Costs: {timezone.now():%B %Y} ·" in page
    assert client.get(f"/costs/?month={month}&format=csv").status_code == 404


def test_months_end_in_utc(client: Client, attempt: CloneAttempt) -> None:
    _line(attempt, "2", at=datetime(2026, 10, 31, 23, 59, tzinfo=UTC))

    assert "$2.00" in _costs(client, "?month=2026-10")
    assert "No costs" in _costs(client, "?month=2026-11")


def test_uncertain_charges_are_marked(client: Client, attempt: CloneAttempt) -> None:
    _line(attempt, "2", certain=False)

    page = _costs(client)

    assert "This includes uncertain costs: $2.00." in page
    assert page.count(">Uncertain</th>") == 4
    assert [row["Certain"] for row in _rows(client, "?format=csv")] == ["No"]


@pytest.mark.parametrize("lines", [1, 21])
def test_page_needs_a_fixed_number_of_queries(
    client: Client,
    attempt: CloneAttempt,
    settings: Settings,
    lines: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    settings.MONTHLY_LIMIT = Decimal(100)
    Project.objects.update(total_budget=Decimal(100))
    _line(attempt, "1")
    for number in range(lines - 1):
        _line(make_attempt(speaker_name=f"Speaker {number}"), "1")

    # Session, user, access, lapsed calls, whether all projects are seen; calls in flight (2), what
    # was allowed and spent, groups (2), months, seen speakers, budgets (2), who allowed more.
    with django_assert_num_queries(16):
        page = _costs(client)

    assert ("6 others" in page) is (lines > 1)


# The file -----------------------------------------------------------------------------------------


def test_csv_has_every_charge(client: Client, attempt: CloneAttempt) -> None:
    _line(attempt, "0.000000001", at=datetime(2026, 10, 5, tzinfo=UTC))
    _line(make_attempt(), "1.5")

    october = _rows(client, "?month=2026-10&format=csv")

    assert len(_rows(client, "?format=csv")) == 2
    assert [
        (row["Amount"], row["Voice ID"], row["Person"], row["Clone attempt"]) for row in october
    ] == [("0.000000001", "AnnaLarsen-7k2p", "lea", str(attempt.pk))]
    answer = client.get("/costs/?month=2026-10&format=csv")
    assert answer["Content-Disposition"] == 'attachment; filename="costs-2026-10.csv"'


def test_csv_names_the_provider_as_people_do(client: Client, user: User) -> None:
    for provider in ("api.minimax.io", "api.minimax.cn", "practice", "gateway.example.com"):
        _line(make_attempt(by=user), "1", provider=provider)

    names = {row["Provider"] for row in _rows(client, "?format=csv")}

    assert names == {"MiniMax", "MiniMax (mainland China)", "Practice mode", "gateway.example.com"}


def test_csv_is_in_the_language_of_the_reader(client: Client, attempt: CloneAttempt) -> None:
    _line(attempt, "1", at=datetime(2026, 10, 5, 12, 30, tzinfo=UTC), kind="clone")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"

    [row] = _rows(client, "?format=csv")

    assert (row["Zeit (UTC)"], row["Kosten für"], row["Sicher"], row["Stimm-ID"]) == (
        "2026-10-05 12:30:00", "Stimme, behalten", "Ja", "AnnaLarsen-7k2p",
    )  # fmt: skip


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "\uff1d", "\u202e="])
def test_csv_cell_is_never_a_formula(start: str, client: Client, attempt: CloneAttempt) -> None:
    attempt.speaker.name = f'{start}HYPERLINK("x")'
    attempt.speaker.save()
    _line(attempt, "1")

    [row] = _rows(client, "?format=csv")

    assert row["Speaker"] == f"'{attempt.speaker.name}"


# The limit ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spent", "words", "strip"),
    [
        ("7.99", "We'll warn you at 80\u00a0%", ""),
        ("8", "More than 80\u00a0% is used.", f"80\u00a0% {STRIP}"),
        ("9.999", "More than 80\u00a0% is used.", f"99\u00a0% {STRIP}"),
        ("10", "An administrator can raise it: root.", "An administrator can raise it: root."),
    ],
)
def test_limit_is_shown_where_money_is_spent(
    spent: str, words: str, strip: str, client: Client, attempt: CloneAttempt, settings: Settings
) -> None:
    settings.MONTHLY_LIMIT = Decimal(10)
    make_user("root", is_staff=True)
    make_user("gone", is_staff=True, is_active=False)
    _line(attempt, spent)
    auditor = make_user(role=None)
    Person.objects.create(user=auditor, is_auditor=True)
    client.force_login(auditor)

    assert words in _costs(client)
    assert attempt.cloned_voice is not None
    page = client.get(f"/voices/{attempt.cloned_voice.pk}/").content.decode()
    assert ("See the costs" in page) is bool(strip)
    assert strip in page


@pytest.mark.parametrize(("spent", "is_stopped"), [("9", False), ("10", True)])
def test_sums_of_the_studio_are_not_shown_to_managers(
    spent: str, is_stopped: bool, client: Client, attempt: CloneAttempt, settings: Settings
) -> None:
    settings.MONTHLY_LIMIT = Decimal(10)
    make_user("root", is_staff=True)
    make_project()
    _line(attempt, spent)

    page = _costs(client)
    assert ("Paid calls are stopped" in page) is is_stopped
    assert f"${spent}.00 of $10.00" not in page
    home = client.get("/new/").content.decode()
    assert ("You've reached this month's limit." in home) is is_stopped
    assert ("An administrator can raise it: root." in home) is is_stopped
    assert STRIP not in home


def test_strip_costs_nothing_without_a_limit(client: Client, user: User) -> None:
    with CaptureQueriesContext(connection) as counted:
        client.get("/new/")

    assert [query for query in counted.captured_queries if "allowance" in query["sql"]] == []


def test_pressing_allow_twice_raises_the_limit_once(
    client: Client, attempt: CloneAttempt, settings: Settings
) -> None:
    settings.MONTHLY_LIMIT = Decimal(1)
    _line(attempt, "1")
    client.force_login(make_user("root", is_staff=True))
    assert 'name="beside" value="0"' in _costs(client)
    form = {"amount": "5.50", "note": "for the fair", "beside": "0"}

    first, second = (client.post("/costs/allow/", form, follow=True) for _press in range(2))

    assert message_levels(first) == ["success"]
    assert message_levels(second) == ["warning"]
    assert [(allowance.amount, allowance.note) for allowance in Allowance.objects.all()] == [
        (Decimal("5.50"), "for the fair")
    ]
    page = _costs(client)
    assert "for the fair" in page
    assert "by root" in page
    assert "$1.00 of $6.50" in page


def test_only_administrators_can_raise_the_limit(
    client: Client, attempt: CloneAttempt, settings: Settings
) -> None:
    settings.MONTHLY_LIMIT = Decimal(1)

    assert "Raise the limit" not in _costs(client)
    for form in ({"amount": "5", "beside": "0"}, {}):
        assert client.post("/costs/allow/", form).status_code == 403
    assert Allowance.objects.count() == 0


@pytest.mark.parametrize("is_staff", [True, False])
def test_refused_keep_links_to_the_limit_for_administrators_only(
    client: Client, settings: Settings, is_staff: bool
) -> None:
    settings.MONTHLY_LIMIT = Decimal(1)
    make_project()
    voice = make_voice()
    client.force_login(make_user("root", is_staff=is_staff))

    answer = client.post(f"/voices/{voice.pk}/keep/")

    page = answer.content.decode()
    assert answer.status_code == 422
    sums = "This costs $1.50, and $1.00 is left of this month&#x27;s limit."
    assert (sums in page) == is_staff
    assert ("is left of the studio&#x27;s limit" in page) == (not is_staff)
    assert ("/costs/#allow" in page) == is_staff


@pytest.mark.parametrize("is_staff", [True, False])
def test_call_stopped_by_the_limit_links_to_it_for_administrators_only(
    client: Client, is_staff: bool
) -> None:
    attempt = make_attempt(AttemptState.FAILED, trouble="over_limit", status_code=None)
    voice = make_voice()
    Speech.objects.create(
        project=voice.project,
        voice=voice, text="Good morning.", model="speech-2.8-hd", status=SpeechState.FAILED,
        trouble="over_limit", created_by=make_user("lea"), provider="practice", token=uuid4(),
    )  # fmt: skip
    client.force_login(make_user("root", is_staff=is_staff))

    for path in ("/history/", f"/history/{attempt.pk}/", f"/voices/{voice.pk}/"):
        page = client.get(path).content.decode()
        assert ("/costs/#allow" in page) == is_staff, path
        assert ("An administrator can raise the limit" in page) == (not is_staff), path


def test_limit_of_a_clone_form_links_administrators_to_it(
    client: Client, settings: Settings
) -> None:
    settings.MONTHLY_LIMIT = Decimal("0.001")
    client.force_login(make_user("root", is_staff=True))
    form = {
        "token": "6f1c2a53-2f5e-4c0c-9b39-7a3c5b0a3d11", "speaker": "Anna", "permission": "on",
        "voice_id": "Anna-7k2p", "recording": str(make_recording().pk),
        "preview_text": "Hello. " * 20,
    }  # fmt: skip

    page = client.post("/new/", form).content.decode()

    assert "You can raise the limit on the Costs page." in page
    assert "/costs/#allow" in page


@pytest.mark.parametrize("is_staff", [True, False])
def test_setting_of_the_limit_is_named_to_administrators_only(
    client: Client, settings: Settings, is_staff: bool
) -> None:
    settings.MONTHLY_LIMIT = None
    client.force_login(make_user("root", is_staff=is_staff))

    page = _costs(client)

    assert ("For administrators" in page) == is_staff
    assert page.count("<code>MONTHLY_LIMIT</code>") == page.count("MONTHLY_LIMIT") == is_staff


@pytest.mark.parametrize("amount", ["", "0", "-1", "NaN", "Infinity", "1.001", "1e9", "100001"])
def test_invalid_amount_keeps_the_note(
    amount: str, client: Client, user: User, settings: Settings
) -> None:
    settings.MONTHLY_LIMIT = Decimal(1)
    client.force_login(make_user("root", is_staff=True))

    answer = client.post("/costs/allow/", {"amount": amount, "note": "for the fair", "beside": "0"})

    assert answer.status_code == 422
    assert "for the fair" in answer.content.decode()
    assert Allowance.objects.count() == 0


def test_project_is_named_where_its_money_is_spent(client: Client, attempt: CloneAttempt) -> None:
    Project.objects.update(monthly_budget=Decimal(10), total_budget=Decimal(9))
    make_user("root", is_staff=True)
    _line(attempt, "9")
    voice = attempt.cloned_voice
    assert voice is not None

    for path in ("/", "/new/", f"/voices/{voice.pk}/"):
        page = client.get(path).content.decode()
        assert "Studio has used 90\u00a0% of its budget for this month." in page
        assert "Studio has used its total budget. Its paid calls are stopped." in page
        assert "An administrator can raise it: root." in page
    client.force_login(make_user(role=Role.VIEWER))
    assert "has used" not in client.get(f"/voices/{voice.pk}/").content.decode()


def test_form_warns_of_the_budgets_of_its_own_project(
    client: Client, attempt: CloneAttempt
) -> None:
    spent, other = attempt.project, make_project("Audiobook")
    Project.objects.filter(pk=spent.pk).update(monthly_budget=Decimal(10))
    _line(attempt, "9")
    client.force_login(make_user("root", is_staff=True))

    found = {}
    for project in (spent, other):
        pages = [
            client.get("/new/", {"project": project.pk}),
            client.post(
                reverse("clone_form:refresh"), {"project": project.pk, "project_changed": "yes"}
            ),
        ]
        found[project] = {"Studio has used" in page.content.decode() for page in pages}

    assert found == {spent: {True}, other: {False}}


@pytest.mark.parametrize(
    ("language", "label"),
    [("en", r"[A-Z][a-z]+ \d\d"), ("ja", r"\d+月 \d\d年"), ("zh-hans", r"\d+月 \d\d年")],
)
def test_months_below_the_bars_are_named_as_the_language_does(
    client: Client, attempt: CloneAttempt, language: str, label: str
) -> None:
    _line(attempt, "1")

    page = client.get("/costs/", headers={"accept-language": language}).content.decode()

    months = re.findall(r'<span class="month">(.*?)</span></span>', page)
    names = [re.sub(r"<[^>]+>", "", month) for month in months]
    assert len([name for name in names if re.fullmatch(label, name)]) == 11
