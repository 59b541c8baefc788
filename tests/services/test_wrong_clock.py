"""A machine whose own clock is wrong, beside others and a database that has the right time."""

import re
import time
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.cache.backends import db
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import PASSWORD, make_attempt, make_user
from voicestudio.models import AttemptState, CloneAttempt, SignIn, Worker, clock, month_of
from voicestudio.services import machines, sign_in_limits, worker
from voicestudio.services.money import budgets
from voicestudio.services.paid_calls import leases, rate_limit
from voicestudio.services.people import invitations, password_links

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lies on one machine"),
]
HOUR = timedelta(hours=1)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(params=[-HOUR, HOUR], ids=["slow", "fast"], autouse=True)
def _wrong_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's clock of this machine is an hour wrong, and the shared one has not been read."""
    right, right_seconds = timezone.now, time.time
    monkeypatch.setattr(timezone, "now", lambda: right() + request.param)
    monkeypatch.setattr(db, "tz_now", timezone.now)
    monkeypatch.setattr(time, "time", lambda: right_seconds() + request.param.total_seconds())
    monkeypatch.setattr(clock, "_last", None)


def database_time() -> datetime:
    """The time as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


@pytest.mark.parametrize(("seconds", "lapsed"), [(30, False), (-30, True)])
def test_lease_of_another_machine_is_judged_rightly(
    seconds: int, lapsed: bool, person: User
) -> None:
    attempt = make_attempt(AttemptState.CLONING, by=person)
    ends = database_time() + timedelta(seconds=seconds)
    CloneAttempt.objects.filter(pk=attempt.pk).update(lease_until=ends)

    assert CloneAttempt.objects.get(pk=attempt.pk).has_lapsed is lapsed
    assert CloneAttempt.objects.lapsed().filter(pk=attempt.pk).exists() is lapsed


def test_new_lease_is_as_long_as_others_expect(settings: Settings) -> None:
    settings.LEASE_SECONDS = 60.0

    left = leases.lease_end() - database_time()

    assert round(left.total_seconds()) == 60


def test_call_waits_for_the_slots_that_others_use(
    settings: Settings, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLONE_RPM, settings.RATE_WINDOW_SECONDS = 1, 60.0
    other, waiting = (make_attempt(AttemptState.WAITING, by=person) for _ in range(2))
    with monkeypatch.context() as elsewhere, transaction.atomic():
        elsewhere.setattr(clock, "now", database_time)
        rate_limit.reserve_slot(other)

    with transaction.atomic():
        slot = rate_limit.reserve_slot(waiting)

    assert not slot.granted
    assert timedelta(seconds=50) < slot.at - database_time() < timedelta(seconds=70)


@pytest.mark.parametrize("days", [-40, 40])
def test_month_of_a_budget_is_that_of_the_database(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = database_time()
    monkeypatch.setattr(timezone, "now", lambda: moment + timedelta(days=days))

    assert budgets.get_budget().month == month_of(moment)


@pytest.mark.parametrize(("seconds", "alive"), [(-1, True), (-120, False)])
def test_heartbeat_of_another_machine_is_judged_rightly(seconds: int, alive: bool) -> None:
    beat_at = database_time() + timedelta(seconds=seconds)
    Worker.objects.create(host="there", pid=1, started_at=beat_at, beat_at=beat_at)

    assert Worker.objects.alive().exists() is alive


def test_heartbeat_is_written_as_others_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = database_time() - timedelta(days=1)
    own = Worker.objects.create(host="here", pid=1, started_at=long_ago, beat_at=long_ago)
    monkeypatch.setattr(leases, "worker", own)

    worker.write_heartbeat()

    own.refresh_from_db()
    assert abs(database_time() - own.beat_at) < timedelta(seconds=5)


@pytest.mark.parametrize(("minutes_left", "refused"), [(1, True), (-1, False)])
def test_pause_after_wrong_passwords_ends_when_the_database_says_so(
    minutes_left: int, refused: bool, settings: Settings
) -> None:
    sign_in_limits.record("anna", "192.0.2.0", failed=True)
    assert abs(SignIn.objects.get().at - database_time()) < timedelta(seconds=5)
    settings.SIGN_IN_FAILURES_PER_ACCOUNT_AND_NETWORK = 1
    ago = timedelta(minutes=settings.SIGN_IN_PAUSE_MINUTES - minutes_left)
    SignIn.objects.update(at=database_time() - ago)

    assert sign_in_limits.is_refused("anna", "192.0.2.0") is refused


@pytest.mark.parametrize(("minutes", "stalled"), [(-4, False), (-6, True)])
def test_call_that_waits_is_stalled_by_the_time_of_the_database(
    minutes: int, stalled: bool, person: User
) -> None:
    attempt = make_attempt(AttemptState.WAITING, by=person)
    enqueued_at = database_time() + timedelta(minutes=minutes)
    CloneAttempt.objects.filter(pk=attempt.pk).update(enqueued_at=enqueued_at)

    assert CloneAttempt.objects.get(pk=attempt.pk).is_stalled is stalled


@pytest.mark.parametrize(("minutes", "found"), [(5, True), (-5, False)])
def test_invitation_ends_when_the_database_says_so(minutes: int, found: bool) -> None:
    administrator = make_user("root", is_staff=True)
    made, token = invitations.invite("anna@example.com", by=administrator, roles={})
    made.expires_at = database_time() + timedelta(minutes=minutes)
    made.save(update_fields=["expires_at"])

    assert (invitations.find(token) is not None) is found


def test_password_link_lasts_as_long_as_it_says(
    person: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PASSWORD_RESET_TIMEOUT = 600
    key = password_links.make_link(person).key
    made = clock.now()

    assert password_links.KEYS.check_token(person, key)
    monkeypatch.setattr(clock, "now", lambda: made + timedelta(seconds=700))
    assert not password_links.KEYS.check_token(person, key)


@pytest.mark.parametrize(("minutes", "left"), [(5, 1), (-5, 0)])
def test_session_ends_when_the_database_says_so(
    minutes: int, left: int, client: Client, person: User
) -> None:
    client.force_login(person)
    Session.objects.update(expire_date=database_time() + timedelta(minutes=minutes))

    status = client.get("/account/").status_code
    sign_in_limits.clear_expired()

    assert status == (200 if left else 302)
    assert Session.objects.count() == left


def test_new_session_lasts_as_long_as_others_expect(
    client: Client, person: User, settings: Settings
) -> None:
    client.post("/sign-in/", {"username": person.username, "password": PASSWORD})

    lasts = Session.objects.get().expire_date - database_time()

    assert abs(lasts.total_seconds() - settings.SESSION_COOKIE_AGE) < 60


def test_entry_of_the_cache_ends_when_the_database_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written here and elsewhere; a count of wrong codes would be forgotten, or last for hours."""
    cache.set("count", 5, 300)
    start = database_time()

    def read(seconds: int) -> tuple[object, bool, bool]:
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(seconds=seconds))
        return cache.get("count"), "count" in cache, cache.add("count", 1, 60)

    assert read(290) == (5, True, False)
    assert read(310) == (None, False, True)


@pytest.mark.parametrize("by_database", [True, False])
def test_code_of_an_app_is_checked_by_the_time_of_the_database(
    by_database: bool, client: Client, person: User
) -> None:
    TOTP.activate(person, SECRET)
    client.post("/sign-in/", {"username": person.username, "password": PASSWORD})
    moment = database_time().timestamp() if by_database else time.time()

    code = format_hotp_value(hotp_value(SECRET, int(moment) // 30))
    response = client.post("/sign-in/second-factor/", {"code": code})
    again = Client()
    again.post("/sign-in/", {"username": person.username, "password": PASSWORD})

    assert response.status_code == (302 if by_database else 422)
    assert again.post("/sign-in/second-factor/", {"code": code}).status_code == 422


def later(monkeypatch: pytest.MonkeyPatch, **duration: int) -> datetime:
    """Let the database be so much later; returns its time then."""
    moment = database_time() + timedelta(**duration)
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment


def sign_in(client: Client, person: User) -> None:
    client.post("/sign-in/", {"username": person.username, "password": PASSWORD})


def give_code(client: Client, moment: datetime) -> int:
    """The status after the right code of that moment."""
    code = format_hotp_value(hotp_value(SECRET, int(moment.timestamp()) // 30))
    return client.post("/sign-in/second-factor/", {"code": code}).status_code


def test_wrong_codes_count_until_the_database_says_so(
    client: Client, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever machine has counted them."""
    TOTP.activate(person, SECRET)
    sign_in(client, person)
    for number in range(5):
        if number == 3:
            monkeypatch.undo()  # the next ones on a machine that has the right time
        client.post("/sign-in/second-factor/", {"code": "000000"})

    assert give_code(client, database_time()) == 422
    assert give_code(client, later(monkeypatch, seconds=290)) == 422
    assert give_code(client, later(monkeypatch, seconds=310)) == 302


@pytest.mark.parametrize("minutes", [14, 16])
def test_second_factor_is_waited_for_until_the_database_says_so(
    minutes: int, client: Client, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    TOTP.activate(person, SECRET)
    sign_in(client, person)
    monkeypatch.undo()  # goes on at a machine that has the right time

    moment = later(monkeypatch, minutes=minutes)
    page = client.get("/sign-in/second-factor/").status_code
    give_code(client, moment)

    assert page == (200 if minutes < 15 else 302)
    assert ("_auth_user_id" in client.session) == (minutes < 15)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_confirmation_lasts_until_the_database_says_so(
    elsewhere: bool, client: Client, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, person)
    client.post("/account/confirm/", {"password": PASSWORD, "next": "/account/"})
    if elsewhere:
        monkeypatch.undo()

    statuses = []
    for seconds in (0, 290, 310):
        later(monkeypatch, seconds=seconds)
        statuses.append(client.get("/account/second-factor/app/").status_code)

    assert statuses == [200, 200, 302]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_link_for_a_new_address_lasts_until_the_database_says_so(
    elsewhere: bool,
    client: Client,
    person: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.MAIL_HOST = "mail.example.com"
    sign_in(client, person)
    client.post("/account/confirm/", {"password": PASSWORD, "next": "/account/"})
    client.post("/account/address/", {"email": "new@example.com"})
    link = re.findall(r"http://testserver(\S+)", str(mail.outbox[0].body))[0]
    if elsewhere:
        monkeypatch.undo()

    later(monkeypatch, days=3, seconds=10)
    Client().post(link)
    late = EmailAddress.objects.get().verified
    later(monkeypatch, days=3, seconds=-10)
    Client().post(link)

    assert (late, EmailAddress.objects.get().verified) == (False, True)


def test_wrong_clock_is_named_on_the_page_in_health_and_in_the_metrics(
    client: Client, settings: Settings, request: pytest.FixtureRequest
) -> None:
    settings.METRICS_TOKEN = "a-token-of-prometheus"
    client.force_login(make_user("root", is_staff=True))

    page = client.get("/system/").content.decode()
    bearer = {"Authorization": "Bearer a-token-of-prometheus"}
    metrics = client.get("/metrics", headers=bearer).content.decode()

    assert page.count("The clocks of this machine and the database differ.") == 1
    ahead = client.get("/healthz").json()["clock_ahead_seconds"]
    measured = re.findall(r"^studio_clock_ahead_seconds (\S+)$", metrics, re.MULTILINE)
    expected = HOUR if "fast" in request.node.name else -HOUR
    assert [ahead, *(round(float(each)) for each in measured)] == [expected.total_seconds()] * 2


def test_wrong_clock_is_logged_once_an_hour(
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    side = "ahead of" if "fast" in request.node.name else "behind"
    warned_at = machines.warn_of_clock()
    assert warned_at is not None

    assert machines.warn_of_clock(warned_at) == warned_at
    assert machines.warn_of_clock(warned_at - machines.WARN_OF_CLOCK_EVERY_S) != warned_at

    beginning = f"The clock of this machine is 3600 s {side} that of the database"
    assert [message.partition(":")[0] for message in caplog.messages] == [beginning] * 2
    monkeypatch.undo()
    assert machines.warn_of_clock(warned_at) is None
    assert len(caplog.messages) == 2
