"""Killing the worker at any moment: no clone call twice, no attempt lost, every state true.

The worker is the real process; it shares the test's database and talks to the test's stand-in.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from tests.services.running_worker import running_worker, wait_until
from voicestudio.models import AttemptState, CloneAttempt, Draft, Voice, clock
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

OrderMaker = Callable[..., Order]


def _has_called(standin: StandIn, calls: int) -> bool:
    return len(standin.calls) > calls


def _row(attempt: CloneAttempt) -> CloneAttempt:
    return CloneAttempt.objects.get(pk=attempt.pk)


def test_worker_killed_before_claim_loses_nothing(
    order: OrderMaker, person: User, standin: StandIn, data_dir: Path
) -> None:
    """The job was lost with the queue; the row alone is enough."""
    attempt = clones.submit(order(), by=person)
    # Old drafts and abandoned uploads, which a chore of the worker deletes.
    four_days_ago = clock.now() - timedelta(days=4)
    Draft.objects.create(owner=person, place="draft", saved_at=four_days_ago)
    half = data_dir / "incoming" / "half.upload"
    half.touch()
    os.utime(half, (four_days_ago.timestamp(),) * 2)

    with running_worker(data_dir, standin):
        assert wait_until(lambda: not _row(attempt).is_running)
        assert wait_until(lambda: not Draft.objects.exists() and not half.exists())

    assert _row(attempt).state == AttemptState.READY


def test_workers_killed_at_random_send_no_clone_twice(
    order: OrderMaker, person: User, standin: StandIn, data_dir: Path
) -> None:
    """Several attempts, several deaths: each attempt sent at most once, none lost."""
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    standin.delay = 0.15
    wanted = [
        clones.submit(
            order(token=uuid4(), voice_id=f"Anna-{number}-7k2p", is_new_speaker=True), by=person
        )
        for number in range(8)
    ]

    for _death in range(5):
        with running_worker(data_dir, standin):
            calls = len(standin.calls)
            wait_until(partial(_has_called, standin, calls), 10)
            time.sleep(dice.uniform(0, 0.5))
    with running_worker(data_dir, standin):
        settled = wait_until(
            lambda: all(
                not row.is_running and row.lease_until is None
                for row in CloneAttempt.objects.filter(pk__in=[a.pk for a in wanted])
            )
        )

    assert settled, f"seed {seed}"
    sent = [call.json["voice_id"] for call in standin.calls_of("voice_clone") if call.json]
    assert sorted(sent) == sorted(set(sent)), f"seed {seed}"
    rows = list(CloneAttempt.objects.all())
    # Marked as sent, but killed before the first byte: possible, and unknown all the same.
    assert set(sent) <= {row.voice_id for row in rows if row.sent}, f"seed {seed}"
    assert {row.state for row in rows} <= {AttemptState.READY, AttemptState.UNKNOWN}, f"seed {seed}"
    ours = set(Voice.objects.filter(uncertain=False).values_list("voice_id", flat=True))
    unknown = {row.voice_id for row in rows if row.state == AttemptState.UNKNOWN}
    assert ours <= set(standin.voices) <= ours | unknown, f"seed {seed}"


def test_stopped_worker_releases_its_leases(
    order: OrderMaker, person: User, standin: StandIn, data_dir: Path
) -> None:
    standin.script("voice_clone", Fault(action="hang"))
    attempt = clones.submit(order(), by=person)

    with running_worker(data_dir, standin) as worker:
        assert wait_until(lambda: standin.calls_of("voice_clone"))
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(6) == 0

    assert _row(attempt).state == AttemptState.UNKNOWN
