"""All processes are killed at one moment, and started again."""

import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.faults.conftest import bill, ledger, read
from tests.services.running_worker import running_worker, wait_until
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.practice.server import StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order, reconcile

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

ATTEMPTS = 8


def test_everything_killed_at_once_loses_nothing_and_pays_nothing_twice(
    order: Callable[..., Order], person: User, standin: StandIn, data_dir: Path, browser: Client
) -> None:
    """Two workers, each with calls in flight; their answers never arrive."""
    standin.delay = 0.4
    for number in range(ATTEMPTS):
        named = order(token=uuid4(), voice_id=f"Anna-{number}-7k2p", is_new_speaker=True)
        clones.submit(named, by=person)
    with running_worker(data_dir, standin), running_worker(data_dir, standin):
        assert wait_until(lambda: len(standin.calls_of("voice_clone")) >= 2)
    with running_worker(data_dir, standin) as worker:
        assert wait_until(lambda: not any(row.is_running for row in CloneAttempt.objects.all())), (
            worker.log
        )
    time.sleep(standin.delay)  # what was under way at the provider ends, too

    unknown = [row for row in CloneAttempt.objects.all() if row.state == AttemptState.UNKNOWN]
    page = read(browser.get("/history/"))
    assert page.count('data-state="unknown"') == page.count('data-state="unknown"') != 0
    for row in unknown:
        message = clones.message_for(row)
        assert message is not None
        assert str(message.headline) in read(browser.get(f"/history/{row.pk}/"))
        worked = row.voice_id in standin.voices
        reconcile.settle_by_hand(row, worked=worked, note="the bill", by=person)
    sent = [call.json["voice_id"] for call in standin.calls_of("voice_clone") if call.json]
    assert sorted(sent) == sorted({row.voice_id for row in CloneAttempt.objects.all()})
    assert ledger() == bill(standin)
