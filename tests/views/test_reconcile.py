"""Reconcile: only a person starts it, and its result is recorded."""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from voicestudio.models import AttemptState, CloneAttempt, Event, Voice
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services.clones import reconcile

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost(clone_voice: Callable[..., CloneAttempt], standin: StandIn) -> CloneAttempt:
    """An attempt that MiniMax has served, and whose answer was lost on the way."""
    standin.script("voice_clone", Fault(action="drop", after="work"))
    return clone_voice(preview_text="Hello.", model="speech-2.8-hd")


def test_unknown_attempt_offers_to_find_out(client: Client, lost: CloneAttempt) -> None:
    page = client.get(f"/history/{lost.pk}/").content.decode()

    assert "Check with MiniMax" in page
    assert "It worked" in page
    assert page.count("This may charge one more preview: less than $0.01.") == 1


def test_another_account_cannot_be_asked(
    client: Client, lost: CloneAttempt, standin: StandIn, settings: Settings
) -> None:
    settings.MINIMAX_PROVIDER = "api.example.com"

    answer = client.post(f"/history/{lost.pk}/check/", follow=True)

    page = answer.content.decode()
    assert "so the current account can't say what happened" in unescape(page)
    assert "Check with MiniMax" not in page
    assert "I know what happened" in page
    assert list(answer.context["messages"]) == []
    assert len(standin.calls_of("voice_clone")) == 1


def test_check_finds_the_existing_voice_once(
    client: Client, lost: CloneAttempt, standin: StandIn
) -> None:
    for _press in range(2):
        client.post(f"/history/{lost.pk}/check/")
    busy = client.get(f"/history/{lost.pk}/").content.decode()
    reconcile.check_with_provider.call(lost.pk)

    attempt = CloneAttempt.objects.get(pk=lost.pk)
    assert "Asking MiniMax" in busy
    assert attempt.state == AttemptState.READY
    assert Voice.objects.get(voice_id="Anna-7k2pp").preview_lost
    assert len(standin.calls_of("voice_clone")) == 2
    assert Event.objects.filter(kind="checked").count() == 1


@pytest.mark.parametrize(
    ("worked", "state"), [("yes", AttemptState.READY), ("no", AttemptState.FAILED)]
)
def test_settle_records_outcome_and_note(
    worked: str, state: AttemptState, client: Client, lost: CloneAttempt
) -> None:
    client.post(f"/history/{lost.pk}/settle/", {"worked": worked, "note": "their support said so"})

    assert CloneAttempt.objects.get(pk=lost.pk).state == state
    assert Event.objects.get(kind="settled").note == "their support said so"


def test_settle_without_an_outcome_changes_nothing(client: Client, lost: CloneAttempt) -> None:
    client.post(f"/history/{lost.pk}/settle/", {"worked": "perhaps"})

    assert CloneAttempt.objects.get(pk=lost.pk).state == AttemptState.UNKNOWN
