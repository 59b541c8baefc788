"""Asking: which orders are taken, and that one token makes one attempt."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.factories import make_attempt, make_recording, make_speaker, make_user
from voicestudio.models import AttemptState, AudioFile, CloneAttempt, Purpose, Speaker
from voicestudio.services import clones
from voicestudio.services.clones import Order, OrderRefused, PermissionMissing, VoiceIdTaken
from voicestudio.services.voices import speakers
from voicestudio.services.voices.speakers import SpeakerGone, SpeakerUnclear

OrderMaker = Callable[..., Order]


def test_submit_saves_the_order(order: OrderMaker, person: User) -> None:
    clip = make_recording(by=person, purpose=Purpose.PROMPT)
    wanted = order(
        speaker_name="  Anna   Larsen ",
        prompt_clip=clip,
        prompt_text="This is me.",
        noise_reduction=True,
        volume_normalization=True,
        watermark=True,
        text_validation="what I say",
        accuracy=Decimal("0.8"),
        rehearsal="flagged",
    )

    attempt = clones.submit(wanted, by=person)

    attempt.refresh_from_db()
    assert attempt.status == AttemptState.WAITING
    assert (attempt.speaker_name, attempt.speaker.name) == ("Anna Larsen", "Anna Larsen")
    assert attempt.provider == "practice"
    assert (attempt.prompt_clip, attempt.prompt_text) == (clip, "This is me.")
    assert (attempt.noise_reduction, attempt.volume_normalization, attempt.watermark) == (
        True, True, True,
    )  # fmt: skip
    assert (attempt.text_validation, attempt.accuracy) == ("what I say", Decimal("0.800"))
    assert attempt.rehearsal == "flagged"
    assert (attempt.permission_by, attempt.created_by) == (person, person)
    assert attempt.permission_wording == "I have this person's permission to clone their voice"
    assert attempt.permission_at is not None


def test_submit_without_permission_saves_nothing(order: OrderMaker, person: User) -> None:
    with pytest.raises(PermissionMissing) as refusal:
        clones.submit(order(permission=False), by=person)

    assert refusal.value.field == "permission"
    assert CloneAttempt.objects.count() == 0


def test_submit_with_same_token_returns_same_attempt(order: OrderMaker, person: User) -> None:
    first = clones.submit(order(token=(token := uuid4())), by=person)

    again = clones.submit(order(token=token), by=person)

    assert again == first
    assert CloneAttempt.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"preview_text": "Another text."}, {"voice_id": "Another-7k2p"}, {"language": "German"},
        {"watermark": True}, {"text_validation": "Hello."},
    ],
)  # fmt: skip
def test_submit_with_same_token_and_other_content_asks(
    changes: dict[str, object], order: OrderMaker, person: User
) -> None:
    first = clones.submit(order(token=(token := uuid4())), by=person)

    with pytest.raises(clones.OtherContent) as caught:
        clones.submit(order(token=token, **changes), by=person)

    assert (caught.value.earlier, CloneAttempt.objects.count()) == (first, 1)
    assert set(changes) <= set(caught.value.differences)


@pytest.mark.django_db(transaction=True)
def test_concurrent_submits_create_one_attempt(order: OrderMaker, person: User) -> None:
    wanted = order()
    barrier = Barrier(6)
    made: list[int] = []

    def press() -> None:
        barrier.wait(30)
        try:
            made.append(clones.submit(wanted, by=person).pk)
        finally:
            connection.close()

    threads = [Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(made) == 6
    assert set(made) == {CloneAttempt.objects.get().pk}


@pytest.mark.parametrize(
    "state",
    [
        AttemptState.WAITING,
        AttemptState.SENDING,
        AttemptState.CLONING,
        AttemptState.UNKNOWN,
        AttemptState.READY,
    ],
)
def test_submit_refuses_voice_id_in_use(
    state: AttemptState, order: OrderMaker, person: User
) -> None:
    make_attempt(state, voice_id="AnnaLarsen-7k2p")

    with pytest.raises(VoiceIdTaken) as refusal:
        clones.submit(order(), by=person)

    assert len(set(refusal.value.suggestions)) == 3


@pytest.mark.parametrize("state", [AttemptState.FAILED, AttemptState.STOPPED])
def test_submit_accepts_voice_id_of_failed_attempt(
    state: AttemptState, order: OrderMaker, person: User
) -> None:
    make_attempt(state, voice_id="AnnaLarsen-7k2p")

    assert clones.submit(order(), by=person).voice_id == "AnnaLarsen-7k2p"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"voice_id": "short"}, "voice_id"),
        ({"voice_id": "9Larsen-7k2p"}, "voice_id"),
        ({"speaker_name": "  "}, "speaker"),
        ({"prompt_text": "words without a clip"}, "prompt_text"),
        ({"preview_text": "x" * 1001}, "preview_text"),
        ({"model": "speech-9"}, "model"),
        ({"text_validation": "x" * 201}, "text_validation"),
        ({"accuracy": Decimal("1.1")}, "accuracy"),
    ],
)
def test_submit_names_refused_field(
    changes: dict[str, object], field: str, order: OrderMaker, person: User
) -> None:
    with pytest.raises(OrderRefused) as refusal:
        clones.submit(order(**changes), by=person)

    assert refusal.value.field == field
    assert CloneAttempt.objects.count() == 0


def test_submit_refuses_prompt_clip_as_recording(order: OrderMaker, person: User) -> None:
    clip = make_recording(by=person, purpose=Purpose.PROMPT)

    with pytest.raises(OrderRefused) as refusal:
        clones.submit(order(recording=clip), by=person)

    assert refusal.value.field == "recording"


def test_submit_without_preview_text_saves_no_model(order: OrderMaker, person: User) -> None:
    assert clones.submit(order(preview_text=""), by=person).model == ""


def test_retry_requeues_interrupted_attempt(
    recording: AudioFile, django_capture_on_commit_callbacks: object
) -> None:
    attempt = make_attempt(AttemptState.INTERRUPTED, recording=recording)

    assert clones.retry_interrupted(attempt, by=attempt.created_by) is True

    attempt.refresh_from_db()
    assert (attempt.state, attempt.attempts_made, attempt.claim) == (AttemptState.WAITING, 0, None)


@pytest.mark.parametrize(
    "state", [AttemptState.READY, AttemptState.UNKNOWN, AttemptState.CLONING, AttemptState.FAILED]
)
def test_retry_refuses_sent_attempt(state: AttemptState, db: None, data_dir: object) -> None:
    attempt = make_attempt(state)

    assert clones.retry_interrupted(attempt, by=attempt.created_by) is False

    attempt.refresh_from_db()
    assert attempt.state == state


def test_retry_yields_to_newer_attempt_with_voice_id(order: OrderMaker, person: User) -> None:
    old = make_attempt(AttemptState.INTERRUPTED, voice_id="AnnaLarsen-7k2p")
    CloneAttempt.objects.filter(pk=old.pk).update(status=AttemptState.INTERRUPTED, lease_until=None)
    clones.submit(order(), by=make_user())

    assert clones.retry_interrupted(old, by=old.created_by) is False


def test_chosen_speaker_keeps_apart_from_one_of_the_same_name(
    order: OrderMaker, person: User
) -> None:
    chosen, _namesake = make_speaker("Anna Larsen"), make_speaker("Anna Larsen")

    old = clones.submit(order(speaker_id=chosen.pk), by=person)
    new = clones.submit(order(voice_id="Another-7k2p", is_new_speaker=True), by=person)

    assert (old.speaker, new.speaker.name) == (chosen, "Anna Larsen")
    assert Speaker.objects.filter(name="Anna Larsen").count() == 3


@pytest.mark.parametrize("name", ["Anna Larsen", "anna  LARSÉN", "Ana Larsen"])
def test_known_name_is_not_submitted_unasked(name: str, order: OrderMaker, person: User) -> None:
    known = [make_speaker("Anna Larsen").pk, make_speaker("Anna Larsen").pk]

    with pytest.raises(SpeakerUnclear) as unclear:
        clones.submit(order(speaker_name=name), by=person)

    assert [speaker.pk for speaker in unclear.value.similar] == known[::-1]
    assert (CloneAttempt.objects.count(), Speaker.objects.count()) == (0, 2)


def test_speaker_who_does_not_exist_is_chosen_again(order: OrderMaker, person: User) -> None:
    with pytest.raises(SpeakerGone):
        clones.submit(order(speaker_id=404), by=person)


def test_resent_form_means_the_same_speaker_after_a_rename_and_a_merge(
    order: OrderMaker, person: User
) -> None:
    wanted = order(token=uuid4(), speaker_name="anna")
    attempt = clones.submit(wanted, by=person)
    zoe, omar = make_speaker("Zoe"), make_speaker("Omar")
    speakers.rename_speaker(attempt.speaker, "Anna Larsen", by=person)
    speakers.merge_speakers(attempt.speaker, zoe, by=person)
    speakers.merge_speakers(zoe, omar, by=person)

    assert clones.submit(wanted, by=person) == attempt
    # Chosen in another tab before the merges.
    chosen = replace(wanted, speaker_id=attempt.speaker_id)
    assert clones.submit(chosen, by=person) == attempt
    new = replace(chosen, token=uuid4(), voice_id="Another-7k2p")
    assert clones.submit(new, by=person).speaker == omar


@pytest.mark.parametrize("change", ["name", "id", "new"])
def test_resent_form_with_another_speaker_asks(
    change: str, order: OrderMaker, person: User
) -> None:
    known, namesake = make_attempt(speaker_name="Anna Larsen").speaker, make_speaker("Anna Larsen")
    wanted = order(token=uuid4(), speaker_id=known.pk)
    clones.submit(wanted, by=person)
    changes: dict[str, dict[str, Any]] = {
        "name": {"speaker_id": None, "speaker_name": "Anna Łarsen"},
        "id": {"speaker_id": namesake.pk},
        "new": {"speaker_id": None, "is_new_speaker": True},
    }

    with pytest.raises(clones.OtherContent) as caught:
        clones.submit(replace(wanted, **changes[change]), by=person)

    assert caught.value.differences == ["speaker"]
