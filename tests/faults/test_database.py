"""The database is locked, or gone: pages say so, and nothing is sent or paid twice."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from tests.faults.conftest import bill, heading, ledger, read
from tests.faults.proxy import Proxy
from tests.services.running_worker import database_url, running_worker, wait_until
from tests.services.test_journal import BrokenDatabase
from tests.views.test_new import answers
from voicestudio.models import AudioFile, CloneAttempt
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones, worker
from voicestudio.services.clones import Order
from voicestudio.services.paid_calls import journal
from voicestudio.words.server_errors import DATABASE_AWAY

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

LOCKED = "database is locked"


class Away:
    """Lets so many statements through, then fails all."""

    def __init__(self, after: int = 0) -> None:
        self.left = after

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise OperationalError(LOCKED)
        return execute(sql, params, many, context)


@contextmanager
def database_out_of_reach() -> Iterator[None]:
    """Hold the write lock of SQLite, or let PostgreSQL's connections lead to a closed port."""
    values = connection.settings_dict
    connection.close()
    if connection.vendor == "sqlite":
        patient, values["OPTIONS"] = values["OPTIONS"], values["OPTIONS"] | {"timeout": 0.1}
        with closing(sqlite3.connect(values["NAME"], isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        connection.close()
        values["OPTIONS"] = patient
    else:
        port, values["PORT"] = values["PORT"], 9
        yield
        values["PORT"] = port


@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize("path", ["/", "/new/", "/history/", "/voices/", "/recordings/"])
def test_page_says_that_the_database_is_away(
    path: str, after: int, browser: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.execute_wrapper(Away(after)):
        response = browser.get(path)

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert read(response).count(heading(DATABASE_AWAY)) == 1
    assert read(response).count(f"<p>{DATABASE_AWAY.next_step}</p>") == 1
    assert f"The database fails: OperationalError: {LOCKED}" in caplog.messages
    assert browser.get(path).status_code == 200


def test_script_gets_only_the_note(browser: Client) -> None:
    with connection.execute_wrapper(Away()):
        response = browser.get("/history/", headers={"HX-Request": "true"})

    assert (response.status_code, response["Studio-Fault"]) == (503, "true")
    assert (read(response).count("<div"), "<html" in read(response)) == (1, False)
    assert str(DATABASE_AWAY.headline) in read(response)


def test_error_of_the_code_is_not_put_down_to_the_database(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise OperationalError("no such column: voice")

    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reports it with another class")
    with connection.execute_wrapper(fail):
        assert browser.get("/history/").status_code == 500


def test_form_sent_while_the_database_is_away_makes_one_attempt(
    browser: Client, recording: AudioFile, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    form = answers(recording)
    with database_out_of_reach():
        refused = browser.post("/new/", form)
    assert (refused.status_code, heading(DATABASE_AWAY) in read(refused)) == (503, True)
    assert any(line.startswith("The database fails: OperationalError") for line in caplog.messages)

    assert browser.post("/new/", form).status_code == 303
    assert browser.post("/new/", form).status_code == 303
    attempt = CloneAttempt.objects.get()
    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.is_ready, len(standin.calls_of("voice_clone"))) == (True, 1)
    assert ledger() == bill(standin)


def test_answer_that_comes_while_the_database_is_away_is_recorded_later(
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    data_dir: Path,
    browser: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempt = clones.submit(order(), by=person)
    with connection.execute_wrapper(BrokenDatabase(data_dir, 1)), pytest.raises(OperationalError):
        clones.run_clone.call(attempt.pk)
    with connection.execute_wrapper(Away()):
        worker.record_kept_answers(at_once=True)
        page = browser.get(f"/history/{attempt.pk}/")
    assert "An answer stays in the journal." in caplog.messages
    assert str(DATABASE_AWAY.next_step) in read(page)

    worker.record_kept_answers(at_once=True)

    attempt.refresh_from_db()
    assert (attempt.status, len(standin.calls_of("voice_clone"))) == ("ready", 1)
    assert ledger() == bill(standin)
    assert browser.get(f"/history/{attempt.pk}/").status_code == 200


@contextmanager
def worker_without_database(proxy: Proxy) -> Iterator[None]:
    """Close the way of the worker to PostgreSQL, or hold the write lock of SQLite."""
    if connection.vendor == "postgresql":
        with proxy.closed():
            yield
    else:
        with closing(
            sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        ) as held:
            held.execute("BEGIN IMMEDIATE")
            yield


def test_worker_that_loses_its_database_for_longer_than_a_lease_ends_its_call_truly(
    order: Callable[..., Order], person: User, standin: StandIn, data_dir: Path, browser: Client
) -> None:
    """The call is at the provider, which answers before the database is back."""
    standin.script("voice_clone", Fault(delay=1.5))
    attempt = clones.submit(order(), by=person)
    second = clones.submit(
        order(token=uuid4(), voice_id="Anna-2-7k2p", is_new_speaker=True), by=person
    )
    database = connection.settings_dict
    host, port = database.get("HOST") or "127.0.0.1", int(database.get("PORT") or 5432)
    with Proxy(host, port) as proxy:
        url = database_url().replace(f"@{host}:{port}/", f"@127.0.0.1:{proxy.port}/")
        with running_worker(data_dir, standin, DATABASE_URL=url, WORKER_THREADS="1") as worker:
            assert wait_until(lambda: standin.calls_of("voice_clone"))
            with worker_without_database(proxy):
                assert wait_until(lambda: CloneAttempt.objects.get(pk=attempt.pk).has_lapsed)
                message = clones.message_for(CloneAttempt.objects.get(pk=attempt.pk))
                assert message is not None
                assert str(message.headline) in read(browser.get(f"/history/{attempt.pk}/"))
                assert wait_until(lambda: journal.files(data_dir))
            assert wait_until(lambda: CloneAttempt.objects.get(pk=attempt.pk).audio)
            # The same process goes on with the next call.
            assert wait_until(lambda: CloneAttempt.objects.get(pk=second.pk).audio, 60), worker.log
            assert worker.process.poll() is None

    attempt.refresh_from_db()
    assert (attempt.state, len(standin.calls_of("voice_clone"))) == ("ready", 2)
    assert ledger() == bill(standin)
    if connection.vendor == "postgresql":  # SQLite waits without a word
        assert "Leases could not be renewed." in worker.log


def test_call_is_sent_at_most_once_whichever_statement_fails_before_it(
    order: Callable[..., Order], person: User, standin: StandIn, data_dir: Path
) -> None:
    fails_at = 0
    while True:
        fails_at += 1
        named = order(token=uuid4(), voice_id=f"Anna-{fails_at}-7k2p", is_new_speaker=True)
        attempt = clones.submit(named, by=person)
        broken = FailsOnce(fails_at)
        try:
            with connection.execute_wrapper(broken):
                clones.run_clone.call(attempt.pk)
        except OperationalError:
            connection.close()
        # Its worker is dead: the lease ends, and the next worker looks for what is left.
        CloneAttempt.objects.filter(pk=attempt.pk, lease_until__isnull=False).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
        worker.record_kept_answers(at_once=True)
        worker.requeue_lost_calls(at_once=True)
        clones.run_clone.call(attempt.pk)

        attempt.refresh_from_db()
        sent = [call.json for call in standin.calls_of("voice_clone")]
        assert [json["voice_id"] for json in sent if json].count(attempt.voice_id) <= 1
        assert attempt.state in {"ready", "failed", "interrupted"}
        assert ledger() == bill(standin)
        if broken.left:
            break
    assert fails_at > 20


class FailsOnce:
    """Fails the statement of this number."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.left:
            self.left -= 1
            if not self.left:
                raise OperationalError(LOCKED)
        return execute(sql, params, many, context)
