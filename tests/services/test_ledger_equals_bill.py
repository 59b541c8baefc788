"""The ledger equals the bill, whatever is lost, doubled, late or cut off on the way.

Seeded random runs against the stand-in, whose bill is the truth. `LEDGER_SEED=` tries another
seed.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from voicestudio.minimax import MiniMaxError
from voicestudio.models import (
    AttemptState,
    Charge,
    ChargeKind,
    CloneAttempt,
    Event,
    EventKind,
    Speech,
    SpeechState,
    Voice,
)
from voicestudio.practice.server import Call, Fault, StandIn
from voicestudio.services import clones, speeches
from voicestudio.services.clones import Order, reconcile, steps
from voicestudio.services.paid_calls import runner
from voicestudio.services.speeches import keep
from voicestudio.services.voices import bookkeeping

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_waiting")]

SEED = int(os.environ.get("LEDGER_SEED", "20261122"))
PATIENCE = 0.8  # read time-out in seconds

# The provider asks to slow down and has done nothing.
SLOW_DOWNS = [Fault(status_code=1002), Fault(http_status=429, headers={"Retry-After": "0.1"})]
# Weight and fault of a call. After "work" the provider has done and billed it.
OUTCOMES: list[tuple[int, Fault | None]] = [
    (30, None),
    (6, Fault(action="drop")),
    (8, Fault(action="drop", after="work")),
    (6, Fault(action="truncate", after="work")),
    (6, Fault(status_code=1001)),
    (6, Fault(status_code=1001, after="work")),
    (6, Fault(status_code=1013)),
    (6, Fault(status_code=1013, after="work")),
    (6, Fault(status_code=1000)),
    (4, Fault(status_code=1026)),
    *((4, fault) for fault in SLOW_DOWNS),
    (2, Fault(http_status=429, after="work")),  # a gateway contradicts the provider's success
    (4, Fault(http_status=502, body="<html>bad gateway</html>")),
    (4, Fault(body=b'{"base_resp": {"status_code": 0}}' * 2, after="work")),  # doubled
    (1, Fault(delay=PATIENCE + 0.3)),  # late: done after our time-out
]
KILLED = 5


class Runs:
    """A studio with random orders and random faults, whose unknown outcomes are reconciled."""

    def __init__(self, seed: int, standin: StandIn, person: User) -> None:
        self.dice = random.Random(seed)
        self.standin = standin
        self.person = person
        self.sent = Counter[str]()

    def fault(self, name: str) -> None:
        weights = [weight for weight, _fault in OUTCOMES]
        [(_weight, fault)] = self.dice.choices(OUTCOMES, weights)
        if fault is not None:
            self.standin.script(name, fault)

    def clone(self, order: Order) -> None:
        attempt = clones.submit(order, by=self.person)
        if self.dice.randrange(100) < KILLED:
            self.die(attempt)
        else:
            self.fault("voice_clone")
            self.work(attempt)
        if self.dice.random() < 0.2:
            clones.run_clone.call(attempt.pk)  # a job that is delivered twice
        for _turn in range(50):
            attempt = CloneAttempt.objects.get(pk=attempt.pk)
            if attempt.state == AttemptState.WAITING:  # waits for its slot
                self.work(attempt)
            elif attempt.state == AttemptState.UNKNOWN:
                self.find_out(attempt)
            else:
                break
        assert attempt.state in (AttemptState.READY, AttemptState.FAILED, AttemptState.STOPPED)

    def work(self, attempt: CloneAttempt) -> None:
        for _turn in range(50):
            clones.run_clone.call(attempt.pk)
            attempt.refresh_from_db()
            if attempt.status != AttemptState.WAITING:
                return
            assert attempt.retry_at is not None
            time.sleep(max(0, (attempt.retry_at - timezone.now()).total_seconds()))
        pytest.fail("the attempt waits for ever")

    def die(self, attempt: CloneAttempt) -> None:
        """The worker is killed after it has marked the attempt as sent, or after it has sent it."""
        claimed = CloneAttempt.objects.claim(attempt.pk, uuid4())
        assert claimed is not None
        request = steps.upload_recordings(claimed)
        if self.dice.random() < 0.5:
            turn = {"slot_at": timezone.now(), "sent_at": timezone.now()}
            claimed.advance(
                held_as=(AttemptState.SENDING,),
                status=AttemptState.CLONING,
                sent=request.body(),
                **turn,
            )
        else:
            try:
                waits = runner._send_once(steps.STEPS, claimed, request) is None
            except MiniMaxError:
                waits = False  # refused, but the worker died before it recorded that
            if waits:
                self.work(attempt)  # it has to wait for its turn, and outlives the worker
                return
            self.sent[attempt.voice_id] += 1
        CloneAttempt.objects.filter(pk=attempt.pk).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
        bookkeeping.settle_lapsed()

    def find_out(self, attempt: CloneAttempt) -> None:
        """Somebody asks MiniMax, or looks into the bill and says what stands there."""
        if self.dice.random() < 0.7:
            self.fault("voice_clone")
            assert reconcile.request_check(attempt, by=self.person)
            reconcile.check_with_provider.call(attempt.pk)
            while (current := CloneAttempt.objects.get(pk=attempt.pk)).is_being_reconciled:
                assert current.retry_at is not None  # it has its turn later
                time.sleep(max(0, (current.retry_at - timezone.now()).total_seconds()))
                reconcile.check_with_provider.call(attempt.pk)
            return
        # The bill is complete only when late calls have ended.
        time.sleep(0.4 if any(call.at > time.time() - 2 for call in self.standin.calls[-1:]) else 0)
        worked = attempt.voice_id in self.standin.voices
        reconcile.settle_by_hand(attempt, worked=worked, note="the bill", by=self.person)

    def keep(self, voice: Voice) -> None:
        before = len(self.standin.bill)
        self.fault("t2a_v2")
        try:
            speech = keep.keep_voice(voice, by=self.person)
        except speeches.OrderRefused:
            return
        for _turn in range(50):
            speeches.run_speech.call(speech.pk)
            speech.refresh_from_db()
            if speech.status != SpeechState.WAITING:
                break
            assert speech.retry_at is not None
            time.sleep(max(0, (speech.retry_at - timezone.now()).total_seconds()))
        if speech.status == SpeechState.UNKNOWN:
            time.sleep(0.4)
            spoken = [line.kind for line in self.standin.bill[before:]]
            speeches.settle_by_hand(
                speech, worked="speech" in spoken, note="the bill", by=self.person
            )


def count_unsure_repeats(calls: Iterable[Call]) -> Counter[str]:
    """How often a voice's request was sent again although it may have been carried out before."""
    earlier: dict[str, Call] = {}
    repeats = Counter[str]()
    for call in calls:
        voice_id = call.json.get("voice_id") or call.json["voice_setting"]["voice_id"]
        before = earlier.get(voice_id)
        if before is not None:
            assert call.json == before.json
            repeats[voice_id] += before.fault not in SLOW_DOWNS
        earlier[voice_id] = call
    return repeats


@pytest.fixture
def runs(order: Callable[..., Order], person: User, standin: StandIn, settings: Settings) -> Runs:
    settings.MINIMAX_READ_TIMEOUT = PATIENCE
    return Runs(SEED, standin, person)


@pytest.mark.parametrize("count", [25, pytest.param(300, marks=pytest.mark.slow)])
def test_ledger_equals_the_bill_after_random_runs(
    count: int, runs: Runs, order: Callable[..., Order], standin: StandIn
) -> None:
    for number in range(count):
        preview = "Hi." if runs.dice.random() < 0.7 else ""
        voice_id = f"Anna-{number:04d}-7k2p"
        runs.clone(
            order(token=uuid4(), voice_id=voice_id, preview_text=preview, is_new_speaker=True)
        )
    for voice in Voice.objects.order_by("pk"):
        if runs.dice.random() < 0.4:
            runs.keep(voice)

    # The same voices, none unaccounted for.
    assert set(Voice.objects.values_list("voice_id", flat=True)) == set(standin.voices)
    assert not Voice.objects.filter(uncertain=True).exists()
    assert {voice.voice_id for voice in Voice.objects.filter(kept_at__isnull=False)} == {
        voice.voice_id for voice in standin.voices.values() if voice.used_at is not None
    }
    # The same number of clone calls as were sent, attempt by attempt.
    for attempt in CloneAttempt.objects.all():
        runs.sent[attempt.voice_id] += sum(call["call"] == "voice_clone" for call in attempt.calls)
    assert runs.sent == Counter(call.json["voice_id"] for call in standin.calls_of("voice_clone"))
    # Sent again only after a sure no, or because a person asked MiniMax about an unknown outcome.
    checks = Event.objects.filter(kind=EventKind.CHECKED)
    asked = Counter(checks.values_list("attempt__voice_id", flat=True))
    assert count_unsure_repeats(standin.calls_of("voice_clone")) <= asked
    assert count_unsure_repeats(standin.calls_of("t2a_v2")).total() == 0
    # The same money, line by line.
    lines = Charge.objects.counted()
    assert not lines.filter(certain=False).exists()
    assert Counter((line.kind, line.voice_name, line.units, line.amount) for line in lines) == (
        Counter((line.kind, line.voice_id, line.units, line.amount) for line in standin.bill)
    )
    assert {line.kind for line in lines} == set(ChargeKind.values)
    assert Speech.objects.exclude(status__in=("ready", "failed", "stopped")).count() == 0
