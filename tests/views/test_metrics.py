"""Metrics: what Prometheus reads, and who may."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from tests.factories import make_attempt, make_recording, make_user
from voicestudio.models import Charge, ChargeKind, CloneAttempt, Worker
from voicestudio.services import metrics as service
from voicestudio.services import queue
from voicestudio.services.audit import record_call
from voicestudio.services.voices import bookkeeping

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
ROOT = Path(__file__).parent.parent.parent
TOKEN = "a-token-of-prometheus"
type Samples = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
def token(settings: Settings) -> dict[str, Any]:
    """The header of a request that may read the metrics."""
    settings.METRICS_TOKEN = TOKEN
    cache.clear()
    return {"headers": {"Authorization": f"Bearer {TOKEN}"}}


def read(client: Client, token: dict[str, Any]) -> Samples:
    """Every sample, by its name and the values of its labels in the order of their names."""
    answer = client.get("/metrics", **token)
    assert answer.status_code == 200
    return parse(answer.content.decode())


def parse(page: str) -> Samples:
    return {
        (sample.name, tuple(value for _name, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("configured", "given", "status"),
    [
        ("", f"Bearer {TOKEN}", 404),
        ("", "Bearer ", 404),
        (TOKEN, "", 401),
        (TOKEN, f"Bearer {TOKEN}x", 401),
        (TOKEN, TOKEN, 401),
        (TOKEN, "Bearer ü", 401),
        (TOKEN, f"Bearer {TOKEN}", 200),
    ],
)
def test_metrics_need_the_token(
    configured: str, given: str, status: int, client: Client, settings: Settings
) -> None:
    settings.METRICS_TOKEN = configured
    client.force_login(make_user(is_staff=True))  # a sign-in gives nothing here

    answer = client.get("/metrics", HTTP_AUTHORIZATION=given)

    assert answer.status_code == status


def test_requests_are_counted_by_view_and_status(client: Client, token: dict[str, Any]) -> None:
    before = read(client, token)
    client.get("/nowhere/a")
    client.get("/nowhere/b")
    client.get("/history/7/")
    after = read(client, token)

    def added(name: str, *labels: str) -> float:
        return after.get((name, labels), 0) - before.get((name, labels), 0)

    assert added("studio_requests_total", "404", "none") == 2
    assert added("studio_requests_total", "302", "attempt") == 1
    assert added("studio_request_seconds_count", "none") == 2


def test_requests_of_all_web_processes_add_up(tmp_path: Path) -> None:
    environment = {
        "VOICESTUDIO_ENV_FILE": "", "VOICESTUDIO_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "voicestudio.settings",
    }  # fmt: skip
    program = (
        "import django; django.setup()\n"
        "from voicestudio.views.metrics import count_request\n"
        "count_request('history', 200, 0.2)\n"
    )
    show = (
        "from prometheus_client import CollectorRegistry, generate_latest\n"
        "from voicestudio.views.metrics import add_requests\n"
        "print(generate_latest(add_requests(CollectorRegistry())).decode())\n"
    )
    pages = [
        subprocess.run(
            [sys.executable, "-c", program + show], cwd=ROOT, env=environment, text=True,
            capture_output=True, check=True,
        ).stdout
        for _ in range(2)
    ]  # fmt: skip

    assert [parse(page)["studio_requests_total", ("200", "history")] for page in pages] == [1, 2]
    assert parse(pages[1])["studio_request_seconds_count", ("history",)] == 2


@pytest.fixture
def person() -> User:
    return make_user()


def test_calls_are_counted_in_the_state_that_people_read(person: User) -> None:
    past, now = timezone.now() - timedelta(minutes=1), timezone.now()
    future = now + timedelta(minutes=1)
    for status, lease in (
        ("waiting", None), ("sending", future), ("sending", past), ("cloning", past),
    ):  # fmt: skip
        attempt = make_attempt(by=person, status=status)
        CloneAttempt.objects.filter(pk=attempt.pk).update(lease_until=lease)

    count = service.count_calls(CloneAttempt)

    assert {state: number for state, number in count.items() if number} == {
        "waiting": 1, "sending": 1, "interrupted": 1, "unknown": 1,
    }  # fmt: skip


def test_metrics_of_rows_are_read_when_asked(
    person: User, client: Client, token: dict[str, Any], settings: Settings
) -> None:
    now = timezone.now()
    settings.MONTHLY_LIMIT = 50
    Worker.objects.create(host="here", pid=1, started_at=now, beat_at=now)
    make_recording(by=person, bytes=1000)
    done, old = (make_attempt(by=person) for _ in range(2))
    calls = [
        {"call": "upload", "ms": 700, "status_code": 0},
        {"call": "clone", "ms": 400, "status_code": 1002, "trouble": "rate_limit"},
        {"call": "clone", "ms": 9000, "status_code": 123456789, "trouble": "refused"},
    ]
    CloneAttempt.objects.filter(pk__in=(done.pk, old.pk)).update(calls=calls, audio_bytes=20)
    record_call(done, "ready")  # the other one has not ended within five minutes

    samples = read(client, token)

    assert samples["studio_workers_alive", ()] == 1
    assert samples["studio_budget_limit", ()] == 50
    assert samples["studio_calls", ("attempt", "ready")] == 2
    assert samples["studio_storage_bytes", ("previews",)] == 40
    assert samples["studio_provider_calls", ("clone", "1002")] == 1
    assert samples["studio_provider_calls", ("clone", "refused")] == 1
    assert samples["studio_provider_calls", ("upload", "0")] == 1
    assert samples["studio_provider_call_seconds_bucket", ("clone", "0.5")] == 1
    assert samples["studio_provider_call_seconds_bucket", ("clone", "+Inf")] == 2
    assert samples["studio_audit_unsealed_seconds", ()] >= 0


def test_metrics_show_queue_leases_and_budget(
    person: User, client: Client, token: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    ten_minutes_ago = now - timedelta(minutes=10)
    waiting = make_attempt(by=person, status="waiting", created_at=ten_minutes_ago)
    lost = make_attempt(by=person, status="sending")
    CloneAttempt.objects.filter(pk=lost.pk).update(lease_until=now - timedelta(seconds=1))
    Charge.objects.create(
        project=waiting.project, kind=ChargeKind.PREVIEW, units=1, unit_price=Decimal("7.5"),
        amount=Decimal("7.5"), currency="$", provider="practice", attempt=waiting,
        voice_name=waiting.voice_id, speaker=waiting.speaker, model=waiting.model, person=person,
    )  # fmt: skip
    monkeypatch.setattr(queue.get_queue().storage, "queue_size", lambda: 3)

    samples = read(client, token)

    assert samples["studio_queue_jobs", ()] == 3
    assert 600 <= samples["studio_waiting_seconds", ("attempt",)] < 660
    assert samples["studio_waiting_seconds", ("speech",)] == 0
    assert samples["studio_leases_lapsed", ("attempt",)] == 1
    assert samples["studio_leases_lapsed", ("speech",)] == 0
    assert samples["studio_budget_spent", ()] == 7.5


def test_lost_leases_are_counted_when_they_are_settled(
    person: User, client: Client, token: dict[str, Any]
) -> None:
    """A call that is lost and settled between two scrapes was never lapsed in either."""
    before = read(client, token)
    for status in ("cloning", "sending"):
        attempt = make_attempt(by=person, status=status)
        CloneAttempt.objects.filter(pk=attempt.pk).update(lease_until=timezone.now())
    record_call(make_attempt(by=person, status="unknown"), "unknown", reason="read_timeout")
    bookkeeping.settle_lapsed()
    after = read(client, token)

    def lost(samples: Samples) -> list[float]:
        return [samples["studio_leases_lost_total", (kind,)] for kind in ("attempt", "speech")]

    assert (lost(before), lost(after)) == ([0, 0], [1, 0])


def test_dashboard_shows_metrics_that_exist(client: Client, token: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "grafana-dashboard.json").read_text()
    client.get("/nowhere/")
    exists = {name for name, _labels in read(client, token)}
    exists |= {f"studio_provider_call_seconds_{part}" for part in ("bucket", "gsum", "gcount")}
    exists |= {"studio_provider_calls"}  # without a call there is no sample

    panels = json.loads(page)["panels"]
    used = set(re.findall(r"studio_\w+", json.dumps([panel["targets"] for panel in panels])))

    assert used - exists == set()
    ours = {re.sub("_(bucket|gsum|gcount|sum|count|created)$", "", name) for name in exists}
    shown = {re.sub("_(bucket|gsum|gcount|sum|count)$", "", name) for name in used}
    assert {name for name in ours if name.startswith("studio_")} == shown
