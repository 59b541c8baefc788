"""Machines that sign with different secret keys: the log, the page and the health check say so."""

import socket
import threading
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import make_user
from tests.management.running_studio import wait_until
from voicestudio.models import Machine, MachinePart, clock
from voicestudio.services import machines
from voicestudio.words.items import join_items

pytestmark = pytest.mark.django_db
OTHER_KEY = "the secret key of another machine, long enough"


def report_from(
    host: str, key: str, part: MachinePart, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Report as another machine with its own key."""
    with monkeypatch.context() as there:
        there.setattr(socket, "gethostname", lambda: host)
        own, settings.SECRET_KEY = settings.SECRET_KEY, key
        machines.report(part)
        settings.SECRET_KEY = own


@pytest.mark.parametrize("key", ["same", "other"])
def test_machines_with_different_keys_are_named(
    key: str,
    client: Client,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client.force_login(make_user("ada", is_staff=True))
    differs = key == "other"
    there = OTHER_KEY if differs else settings.SECRET_KEY
    report_from("web2", there, MachinePart.WEB, settings, monkeypatch)

    reported = machines.report_and_compare(MachinePart.WORKER)
    machines.report_and_compare(MachinePart.WORKER, reported)

    messages = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(messages) == int(differs)
    assert all("web2" in message and "SECRET_KEY" in message for message in messages)
    assert client.get("/healthz").json()["different_secret_keys"] is differs
    page = client.get("/system/")
    groups = [join_items(map(str, group)) for group in page.context["report"].different_keys]
    here = f"{socket.gethostname()} (Worker)"
    assert sorted(groups) == sorted([here, "web2 (Web server)"] * differs)
    assert page.content.decode().count("Machines use different secret keys") == int(differs)


def test_key_is_not_in_the_database(settings: Settings) -> None:
    machines.report(MachinePart.WEB)

    row = Machine.objects.get()
    assert len(row.key_print) == 16
    assert row.key_print not in settings.SECRET_KEY
    assert settings.SECRET_KEY not in str(vars(row))


def test_machine_that_was_turned_off_or_got_the_right_key_is_no_difference(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.report(MachinePart.WEB)
    for host in ("web2", "web3", "web4"):
        report_from(host, OTHER_KEY, MachinePart.WEB, settings, monkeypatch)
    now = clock.now()
    Machine.objects.filter(host="web3").update(seen_at=now - timedelta(minutes=4))
    Machine.objects.filter(host="web4").update(seen_at=now - timedelta(days=2))
    assert len(machines.find_different_keys()) == 2

    report_from("web2", settings.SECRET_KEY, MachinePart.WEB, settings, monkeypatch)

    assert machines.find_different_keys() == []
    assert sorted(Machine.objects.values_list("host", flat=True)) == sorted(
        [socket.gethostname(), "web2", "web3"]
    )


@pytest.mark.parametrize("part", MachinePart)
def test_key_that_was_replaced_before_the_start_is_no_difference(
    part: MachinePart,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All restart with a new key, containers under new names; one machine is forgotten."""
    report_from("old-container", OTHER_KEY, part, settings, monkeypatch)
    report_from("forgotten", OTHER_KEY, part, settings, monkeypatch)
    Machine.objects.update(seen_at=clock.now() - timedelta(seconds=30))
    monkeypatch.setattr(machines, "_first_report", None)

    assert machines.report_and_compare(MachinePart.WEB) == ""
    assert machines.find_different_keys() == []
    assert "ERROR" not in {record.levelname for record in caplog.records}

    report_from("forgotten", OTHER_KEY, part, settings, monkeypatch)
    assert "forgotten" in machines.report_and_compare(MachinePart.WEB)
    assert len(machines.find_different_keys()) == 2


@pytest.mark.django_db(transaction=True)
def test_process_reports_its_key_from_a_thread_until_it_stops() -> None:
    stop_reporting = machines.start_reporting(MachinePart.WEB)
    try:
        assert wait_until(lambda: Machine.objects.filter(part=MachinePart.WEB).exists(), 10)
    finally:
        stop_reporting()
    assert "report" not in {thread.name for thread in threading.enumerate()}
