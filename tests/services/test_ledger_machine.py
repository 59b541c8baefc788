"""The whole ledger as a state machine: whatever people and the provider do, it never lies.

The stand-in's memory is the truth. Time passes for both sides at once, by moving what is written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.factories import make_recording, make_user
from voicestudio.models import (
    AttemptState,
    AudioFile,
    Charge,
    CloneAttempt,
    Speech,
    SpeechState,
    Voice,
    VoiceState,
)
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones, speeches
from voicestudio.services.clones import reconcile
from voicestudio.services.money import costs
from voicestudio.services.speeches import keep
from voicestudio.services.voices import bookkeeping, deletion, sync

HOUR = timedelta(hours=1)
FAULTS = st.sampled_from(
    [
        None,
        None,
        Fault(action="drop"),
        Fault(action="drop", after="work"),
        Fault(status_code=1013, after="work"),
        Fault(status_code=1000),
        Fault(status_code=1008),
    ]
)


class LedgerMachine(RuleBasedStateMachine):
    """People order, keep, speak, ask, settle, delete; the provider answers well, badly or never."""

    standin: ClassVar[StandIn]
    tone: ClassVar[bytes]
    attempts_made = Bundle("attempts_made")
    voices = Bundle("voices")
    unknown_speeches = Bundle("unknown_speeches")

    @initialize()
    def open(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        here = self.standin
        here.voices.clear()
        here.bill.clear()
        here.calls.clear()
        here.store.deleted.clear()
        self.person: User = make_user()
        self.recording: AudioFile = make_recording(
            by=self.person, content=self.tone, uploaded=False
        )

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def _script(self, name: str, fault: Fault | None) -> None:
        if fault is not None:
            self.standin.script(name, fault)

    @contextmanager
    def _spoken(self) -> Iterator[list[str]]:
        """What the bill says was spoken in between."""
        before, spoken = len(self.standin.bill), list[str]()
        yield spoken
        spoken += [line.kind for line in self.standin.bill[before:]]

    @rule(target=attempts_made, fault=FAULTS, preview=st.sampled_from(["", "Hi."]))
    def clone(self, fault: Fault | None, preview: str) -> Any:
        self._script("voice_clone", fault)
        order = clones.Order(
            token=uuid4(), speaker_name="Anna", is_new_speaker=True,
            voice_id=f"Anna-{uuid4().hex[:12]}1",
            permission=True, recording=self.recording, preview_text=preview,
            model="speech-2.8-turbo",
        )  # fmt: skip
        attempt = clones.submit(order, by=self.person)
        clones.run_clone.call(attempt.pk)
        self.recording.refresh_from_db()
        return attempt.pk

    @rule(target=voices, pk=attempts_made)
    def look(self, pk: int) -> Any:
        voice = CloneAttempt.objects.get(pk=pk).cloned_voice
        return multiple() if voice is None else voice.pk

    @rule(pk=attempts_made, fault=FAULTS)
    def check(self, pk: int, fault: Fault | None) -> None:
        attempt = CloneAttempt.objects.get(pk=pk)
        if reconcile.request_check(attempt, by=self.person):
            self._script("voice_clone", fault)
            reconcile.check_with_provider.call(pk)

    @rule(pk=attempts_made)
    def settle(self, pk: int) -> None:
        """Within the 168 hours, in which the provider can be asked for the truth."""
        attempt = CloneAttempt.objects.get(pk=pk)
        voice = attempt.cloned_voice
        if voice is None or voice.state is VoiceState.UNKNOWN:
            worked = attempt.voice_id in self.standin.voices
            reconcile.settle_by_hand(attempt, worked=worked, note="", by=self.person)

    @rule(target=unknown_speeches, pk=voices, fault=FAULTS, to_keep=st.booleans())
    def speak(self, pk: int, fault: Fault | None, to_keep: bool) -> Any:
        voice = Voice.objects.filter(pk=pk).first()
        if voice is None:
            return multiple()
        try:
            if to_keep:
                speech = keep.keep_voice(voice, by=self.person)
            else:
                order = speeches.SpeechOrder(uuid4(), voice, "Good day.", "speech-2.8-hd")
                speech = speeches.submit(order, by=self.person)
        except speeches.OrderRefused:
            return multiple()
        self._script("t2a_v2", fault)
        with self._spoken() as spoken:
            speeches.run_speech.call(speech.pk)
        unknown = Speech.objects.get(pk=speech.pk).state is SpeechState.UNKNOWN
        return (speech.pk, "speech" in spoken) if unknown else multiple()

    @rule(known=consumes(unknown_speeches))
    def settle_speech(self, known: tuple[int, bool]) -> None:
        pk, worked = known
        speech = Speech.objects.get(pk=pk)
        speeches.settle_by_hand(speech, worked=worked, note="", by=self.person)

    @rule(pk=voices, answers=st.booleans())
    def delete(self, pk: int, answers: bool) -> None:
        voice = Voice.objects.filter(pk=pk).first()
        if voice is not None and voice.state is not VoiceState.UNKNOWN:
            self._script("delete_voice", None if answers else Fault(status_code=1013))
            deletion.delete_voice(voice, confirmation=voice.voice_id, by=self.person)

    @rule(hours=st.sampled_from([1, 47, 100, 168]))
    def wait(self, hours: int) -> None:
        past = hours * HOUR
        Voice.objects.update(
            created_at=F("created_at") - past,
            kept_at=F("kept_at") - past,
            deleted_at=F("deleted_at") - past,
            missing_at=F("missing_at") - past,
        )
        for voice in self.standin.voices.values():
            voice.created_at -= past.total_seconds()
        self.standin.store.expire_voices()

    @rule()
    def compare(self) -> None:
        found = sync.compare_voices(by=make_user(is_staff=True))
        assert found.only_there == [] or Speech.objects.in_state(SpeechState.UNKNOWN).exists()

    @invariant()
    def every_voice_there_is_known_here(self) -> None:
        ours = {
            voice.voice_id: voice.state
            for voice in Voice.objects.all()
            if voice.state in (VoiceState.TEMPORARY, VoiceState.KEPT, VoiceState.UNKNOWN)
        }
        there = set(self.standin.voices)
        open_speeches = Speech.objects.in_state(SpeechState.UNKNOWN)
        # A voice that may have spoken, unheard, may outlive its 168 hours.
        perhaps = set(open_speeches.values_list("voice__voice_id", flat=True))
        assert there - set(ours) <= perhaps
        certain = {name for name, state in ours.items() if state != VoiceState.UNKNOWN}
        assert certain <= there

    @invariant()
    def kept_here_is_used_there(self) -> None:
        kept = set(Voice.objects.in_state(VoiceState.KEPT).values_list("voice_id", flat=True))
        used = {v.voice_id for v in self.standin.voices.values() if v.used_at is not None}
        assert kept <= used

    @invariant()
    def money_is_between_what_is_certain_and_what_is_possible(self) -> None:
        lines = list(Charge.objects.counted())
        certain = sum((line.amount for line in lines if line.certain), Decimal(0))
        possible = sum((line.amount for line in lines), Decimal(0))
        bill = sum((line.amount for line in self.standin.bill), Decimal(0))
        assert certain <= bill <= possible
        assert possible == sum(
            (line.amount for line in costs.sum_charges("voice", among=Charge.objects.all())),
            Decimal(0),
        )

    @invariant()
    def unknown_is_said_and_nothing_runs_for_ever(self) -> None:
        for attempt in CloneAttempt.objects.filter(status=AttemptState.UNKNOWN):
            assert attempt.cloned_voice is not None
            assert not attempt.is_running
        assert bookkeeping.settle_lapsed() == 0

    @invariant()
    def states_by_query_are_those_of_the_rows(self) -> None:
        now = timezone.now()
        for state in VoiceState:
            found = {voice.pk for voice in Voice.objects.in_state(state, at=now)}
            assert found == {v.pk for v in Voice.objects.all() if v.state_at(now) is state}


@pytest.mark.django_db
@pytest.mark.usefixtures("data_dir", "no_waiting")
@pytest.mark.parametrize("count", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_ledger_never_lies(count: int, standin: StandIn, tone: bytes) -> None:
    LedgerMachine.standin, LedgerMachine.tone = standin, tone
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=count,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        ),
    )
