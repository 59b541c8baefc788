"""System: the page about the installation, and the check of key and address."""

import platform
import re
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import django
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_attempt, make_user
from tests.views.pages import text
from voicestudio import __version__
from voicestudio.models import CloneAttempt, Studio, Worker
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import queue
from voicestudio.services.paid_calls import provider
from voicestudio.settings.environment import BASE_DIR
from voicestudio.words import file_size
from voicestudio.words.system import (
    KEY_WORKS,
    LITTLE_ROOM,
    NO_BACKUP,
    NO_LIST,
    NO_QUEUE,
    NO_WORKER,
    PRACTICE,
    message_for_mismatch,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def administrator(client: Client) -> None:
    client.force_login(make_user("ada", is_staff=True))


def test_page_shows_the_installation(client: Client) -> None:
    now = timezone.now()
    Worker.objects.create(host="attic", pid=77, started_at=now, beat_at=now)
    page = text(client.get("/system/"))

    assert page.count("attic · 77") == 1
    assert page.count(f"<dd>{django.get_version()}</dd>") == 1
    assert page.count("<dd>None seen</dd>") == 1
    assert page.count("<dt>Silero VAD (speech detector) </dt>") == 1
    assert page.count("<dt>Figtree (typeface) </dt>") == 1


def test_page_shows_disk_queue_versions_and_licences(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    disk = shutil.disk_usage("/")._replace(total=400 * 10**9, free=100 * 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: disk)
    monkeypatch.setattr(queue.get_queue().storage, "queue_size", lambda: 42)
    settings.QUEUE_URL = "rediss://queue.example.com"
    waiting = make_attempt(by=make_user(), status="waiting")

    response = client.get("/system/")
    facts = dict(re.findall(r"<dt>([^<]+?) *</dt>\s*<dd>([^<]*?) *</dd>", text(response)))

    free, total = file_size(disk.free), file_size(disk.total)
    assert facts["Free in the data folder"] == f"{free} of {total}"
    assert (facts["Queue"], facts["Jobs"], facts["Waiting calls"]) == ("Redis", "42", "1")
    assert response.context["report"].oldest_waiting_at == waiting.created_at
    assert facts["Python"] == platform.python_version()
    assert facts[connection.display_name] == ".".join(map(str, connection.get_database_version()))
    assert facts[f"Django {django.get_version()}"] == "BSD-3-Clause"
    assert facts["Silero VAD (speech detector)"] == "MIT"


def test_page_begins_with_what_is_wrong(client: Client) -> None:
    good, missing = "No problems found", text(client.get("/system/"))
    now = timezone.now()
    Worker.objects.create(host="attic", pid=77, started_at=now, beat_at=now)
    well = text(client.get("/system/"))

    assert (str(NO_WORKER.headline) in missing, good in missing) == (True, False)
    assert (str(NO_WORKER.headline) in well, good in well) == (False, True)


def test_report_lists_what_is_wrong(client: Client, settings: Settings) -> None:
    report = client.get("/system/").context["report"]
    settings.PRACTICE_MODE = False
    ill = replace(report, jobs=None, disk_free=9, disk_total=100)
    well = replace(ill, jobs=0, disk_free=10, last_backup_at=timezone.now(), workers=[Worker()])

    assert (ill.failures, ill.warnings) == ([NO_WORKER, NO_QUEUE], [LITTLE_ROOM, NO_BACKUP])
    assert (well.failures, well.warnings) == ([], [])


def test_missing_backup_is_no_problem_in_practice_mode_only(
    client: Client, settings: Settings
) -> None:
    practice = text(client.get("/system/"))
    settings.PRACTICE_MODE = False
    production = text(client.get("/system/"))

    found = re.compile(r"<dt>Last backup</dt>\s*<dd>([^<]+)</dd>")
    assert found.findall(practice) == ["Not needed in practice mode"]
    assert found.findall(production) == ["Never"]
    assert [str(NO_BACKUP.headline) in page for page in (practice, production)] == [False, True]


@pytest.mark.django_db(transaction=True)
def test_page_shows_the_last_backup_of_any_machine(
    client: Client, data_dir: Path, tmp_path: Path, settings: Settings
) -> None:
    call_command("backup", str(tmp_path / "backups"))
    settings.DATA_DIR = tmp_path / "other machine"
    settings.DATA_DIR.mkdir()
    made_at = Studio.current().last_backup_at

    page = text(client.get("/system/"))

    assert made_at is not None
    assert page.count(f'datetime="{made_at.isoformat(timespec="seconds")}"') == 1
    assert page.count("<dd>Never</dd>") == 0


def test_version_stands_in_footer_health_user_agent_and_changelog(
    client: Client, standin: StandIn
) -> None:
    provider.quick_client().list_voices("voice_cloning")
    changelog = (BASE_DIR / "CHANGELOG.md").read_text()
    newest = re.search(r"^## \[(.+)\] - 20\d\d-\d\d-\d\d$", changelog, re.MULTILINE)

    assert f"<div>Version {__version__}</div>" in text(client.get("/system/"))
    assert client.get("/healthz").json()["version"] == __version__
    assert standin.calls[-1].headers["User-Agent"] == f"VoiceStudio/{__version__}"
    assert newest is not None
    assert newest[1] == __version__


@pytest.mark.parametrize("columns", [{"status_code": 1008}, {"http_status": 402}])
def test_page_shows_the_last_refusal_for_lack_of_credit(
    columns: dict[str, int], client: Client
) -> None:
    seen = timezone.now() - timedelta(hours=3)
    attempt = make_attempt(by=make_user(), status="failed")
    CloneAttempt.objects.filter(pk=attempt.pk).update(finished_at=seen, **columns)

    page = text(client.get("/system/"))

    assert page.count(f'datetime="{seen.isoformat(timespec="seconds")}"') == 1


@pytest.mark.parametrize(
    ("fault", "headline"),
    [
        (None, KEY_WORKS.headline),
        (Fault(status_code=2049), message_for_mismatch("127.0.0.1").headline),
        (Fault(status_code=1004), message_for_mismatch("127.0.0.1").headline),
        (Fault(http_status=401), message_for_mismatch("127.0.0.1").headline),
        (Fault(http_status=404, body="not found"), NO_LIST.headline),
    ],
)
def test_check_says_whether_key_and_address_belong_together(
    fault: Fault | None, headline: str, client: Client, standin: StandIn, settings: Settings
) -> None:
    settings.PRACTICE_MODE = False
    if fault:
        standin.script("get_voice", fault)

    page = client.post("/system/check-key/").context

    assert str(page["check"].message.headline) == str(headline)


def test_check_calls_no_one_in_practice_mode(client: Client) -> None:
    assert client.post("/system/check-key/").context["check"].message == PRACTICE


@pytest.mark.parametrize(
    ("host", "other"),
    [
        ("api.minimax.io", "https://api.minimax.cn"),
        ("api-uw.minimax.io", "https://api.minimax.cn"),
        ("api.minimax.cn", "https://api.minimax.io"),
        ("api.minimaxi.com", "https://api.minimax.io"),
        ("gateway.example.com", ""),
    ],
)
def test_mismatch_names_the_host_of_the_other_region(host: str, other: str) -> None:
    message = message_for_mismatch(host)

    assert host in str(message.headline)
    assert ("https://" in str(message.next_step)) == bool(other)
    assert other in str(message.next_step)
