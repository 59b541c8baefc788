"""What has to be true at the end of the scale test."""

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.scale.__main__ import Scale


def settle_unknown(scale: "Scale") -> int:
    """Say for each unknown call what stands in the bill, as a person would; how many."""
    from django.contrib.auth.models import User

    from voicestudio.models import AttemptState, CloneAttempt, Speech, SpeechState
    from voicestudio.services import speeches
    from voicestudio.services.clones import reconcile

    person = User.objects.get(username="scale")
    count = 0
    for attempt in CloneAttempt.objects.all():
        if attempt.state == AttemptState.UNKNOWN:
            worked = attempt.voice_id in scale.standin.voices
            reconcile.settle_by_hand(attempt, worked=worked, note="the bill", by=person)
            count += 1
    spoken = Counter(
        call.json["text"] for call in scale.standin.calls_of("t2a_v2") if is_done(call)
    )
    for speech in Speech.objects.all():
        if speech.state == SpeechState.UNKNOWN:
            worked = spoken[speech.text] > 0
            speeches.settle_by_hand(speech, worked=worked, note="the bill", by=person)
            count += 1
    return count


def is_done(call: object) -> bool:
    """Whether the stand-in has carried out this call."""
    fault = getattr(call, "fault", None)
    return fault is None or fault.does_work


# What has to happen in each run, besides killed machines of both roles.
PLANNED: Final = Counter({"Postgres restart": 2, "Redis restart": 2, "Redis empty": 1})
# 0 is a page without an answer, from a machine that was just killed; 503 one without a database.
PAGE_CODES: Final = frozenset({"0", "200", "302", "303", "503"})


def find_lost_audio() -> list[str]:
    """The ready calls whose audio is not in the bucket, or empty there."""
    from voicestudio.models import CloneAttempt, Speech
    from voicestudio.services import storage

    lost = []
    for kind in (CloneAttempt, Speech):
        for call in kind._default_manager.filter(status="ready"):
            try:
                size = storage.size_and_time(call.audio)[0] if call.audio else 0
            except FileNotFoundError:
                size = 0
            if not size:
                lost.append(f"{call}: {call.audio_trouble or 'no reason'}")
    return lost


def judge(scale: "Scale") -> bool:
    """Compare the ledger with the bill; print what was done and what is wrong."""
    from voicestudio.models import Charge, CloneAttempt, Speech, Voice
    from voicestudio.services.voices import bookkeeping

    time.sleep(2)  # late calls of the stand-in
    bookkeeping.settle_lapsed()
    states = Counter(attempt.state for attempt in CloneAttempt.objects.all())
    spoken = Counter(speech.state for speech in Speech.objects.all())
    failed = CloneAttempt.objects.filter(status="failed").values_list("voice_id", flat=True)
    failed_but_made = {*failed} & {*scale.standin.voices}
    # Before the unknown calls are settled: those have lost their audio with the answer.
    missing_audio = find_lost_audio()
    unknown = settle_unknown(scale)
    lines = Charge.objects.counted()
    ledger = Counter((line.kind, line.voice_name, line.units, line.amount) for line in lines)
    bill = Counter(
        (line.kind, line.voice_id, line.units, line.amount) for line in scale.standin.bill
    )
    calls = Counter(
        call.json["voice_id"] for call in scale.standin.calls_of("voice_clone") if is_done(call)
    )
    texts = Counter(call.json["text"] for call in scale.standin.calls_of("t2a_v2") if is_done(call))
    kills = Counter({role: scale.faults[f"{role} killed"] for role in ("web", "worker")})
    checks = {
        "every order is one attempt": CloneAttempt.objects.count() == scale.attempts,
        "every order is one speech": Speech.objects.count() == scale.speeches,
        "no form failed": not scale.crowd.errors,
        "no clone was made twice": not [name for name, count in calls.items() if count > 1],
        "no speech was generated twice": not [text for text, count in texts.items() if count > 1],
        "the ledger equals the bill": ledger == bill,
        "all voices are known": {*Voice.objects.values_list("voice_id", flat=True)}
        == {*scale.standin.voices},
        "every ready call has its audio": not missing_audio,
        "settled within two minutes": scale.settled_after < 120,
        "no attempt has failed whose voice was made": not failed_but_made,
        "every planned fault happened": scale.faults >= PLANNED and all(kills.values()),
        "every page answered": {*scale.crowd.seen} <= PAGE_CODES,
    }
    print(f"attempts: {dict(states)}; speeches: {dict(spoken)}; unknown: {unknown}")
    print(f"faults: {dict(scale.faults)}")
    print(f"machines killed: {dict(kills)}; pages looked at: {dict(scale.crowd.seen)}")
    print(f"settled {scale.settled_after:.0f} s after the last fault")
    for sentence, is_true in checks.items():
        print(f"{'yes' if is_true else 'NO '} {sentence}")
    for lost in missing_audio[:5]:
        print("no audio:", lost)
    for error in scale.crowd.errors[:3]:
        print(error)
    for line, count in list(((ledger - bill) + (bill - ledger)).items())[:10]:
        print("differs:", line, count)
    return all(checks.values())
