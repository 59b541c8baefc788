"""The provider is gone for an hour, or accepts and never answers."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.faults.conftest import bill, ledger, read
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order
from voicestudio.words import TROUBLES, Trouble

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def pass_time(attempt: CloneAttempt) -> timedelta:
    """Let the pause of a waiting attempt be over; how long it was."""
    attempt.refresh_from_db()
    assert attempt.retry_at is not None
    pause = attempt.retry_at - timezone.now()
    CloneAttempt.objects.filter(pk=attempt.pk).update(retry_at=timezone.now())
    return pause


def test_provider_that_is_gone_for_an_hour_is_given_up_and_asked_again_later(
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    settings: Settings,
    browser: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    there, settings.MINIMAX_BASE_URL = settings.MINIMAX_BASE_URL, "http://127.0.0.1:9"
    attempt = clones.submit(order(), by=person)
    page = f"/history/{attempt.pk}/"
    clones.run_clone.call(attempt.pk)
    assert read(browser.get(page)).count(str(TROUBLES[Trouble.NEVER_SENT].headline)) == 1
    waited = timedelta()
    while CloneAttempt.objects.get(pk=attempt.pk).state == AttemptState.WAITING:
        waited += pass_time(attempt)
        clones.run_clone.call(attempt.pk)

    assert timedelta(minutes=15) < waited < timedelta(hours=1)
    gave_up = TROUBLES[Trouble.GAVE_UP]
    text = read(browser.get(page))
    assert (text.count(str(gave_up.headline)), text.count(str(gave_up.next_step))) == (1, 1)
    beginning = "POST /v1/files/upload: no connection to the provider after"
    lines = [line for line in caplog.messages if line.startswith(beginning)]
    attempt.refresh_from_db()
    assert len(lines) == attempt.attempts_made
    assert (attempt.sent, ledger()) == (None, {})

    settings.MINIMAX_BASE_URL = there
    again = clones.submit(
        order(token=uuid4(), voice_id="AnnaLarsen-8k3q", speaker_id=attempt.speaker_id), by=person
    )
    clones.run_clone.call(again.pk)
    assert CloneAttempt.objects.get(pk=again.pk).is_ready
    assert (len(standin.calls_of("voice_clone")), ledger()) == (1, bill(standin))


@pytest.mark.parametrize("after", ["nothing", "work"])
def test_provider_that_never_answers_leaves_the_outcome_unknown(
    after: str,
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    settings: Settings,
    browser: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.MINIMAX_READ_TIMEOUT = 1.0
    standin.script("voice_clone", Fault(action="hang", after=after))  # type: ignore[arg-type]
    attempt = clones.submit(order(preview_text=""), by=person)
    clones.run_clone.call(attempt.pk)
    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    message = clones.message_for(attempt)
    assert (attempt.state, message is not None) == (AttemptState.UNKNOWN, True)
    assert read(browser.get(f"/history/{attempt.pk}/")).count(str(message.headline)) == 1  # type: ignore[union-attr]
    beginning = "POST /v1/voice_clone: no answer "
    assert [line.startswith(beginning) for line in caplog.messages].count(True) == 1
    assert len(standin.calls_of("voice_clone")) == 1
    assert (ledger(), bill(standin)) == ({}, {})
