"""Attempt tree and changes: which attempt repeats which, and how they differ."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.factories import make_attempt, make_recording, make_voice
from voicestudio.models import AttemptState, EventKind, Speaker
from voicestudio.services.clones import attempt_tree, changes
from voicestudio.services.clones.changes import Change
from voicestudio.services.voices import notes
from voicestudio.words import voices as words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

SENT = {"file_id": 1, "voice_id": "Anna-7k2pp", "text": "Hi.", "model": "speech-2.8-turbo"}


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ({}, []),
        ({"voice_id": "Anna-8k2pp"}, []),
        ({"need_noise_reduction": True}, [Change("noise_reduction", "on")]),
        (
            {"model": "speech-2.8-hd"},
            [Change("model", "changed", "speech-2.8-turbo", "speech-2.8-hd")],
        ),
        (
            {"text": "", "model": ""},
            [
                Change("preview_text", "removed", "Hi."),
                Change("model", "removed", "speech-2.8-turbo"),
            ],
        ),
        ({"language_boost": "English"}, [Change("language", "added", None, "English")]),
        ({"accuracy": 0.8}, [Change("accuracy", "added", None, 0.8)]),
    ],
)
def test_changes_compare_what_was_sent(
    later: dict[str, Any], expected: list[Change], person: User
) -> None:
    parent = make_attempt(AttemptState.FAILED, sent=SENT, noise_reduction=True)
    child = make_attempt(
        AttemptState.FAILED, sent=SENT | later, parent=parent, recording=parent.recording
    )

    assert list(changes.compare(parent, child)) == expected


@pytest.mark.parametrize(
    ("fields", "kind"),
    [({"origin": "cut"}, "cut"), ({"origin": "cleaned"}, "cleaned"), ({"parent": None}, "other")],
)
def test_change_of_recording_names_its_origin(fields: dict[str, Any], kind: str) -> None:
    whole = make_recording(duration_ms=190_000)
    part = make_recording(duration_ms=80_000, **({"parent": whole} | fields))
    parent = make_attempt(AttemptState.FAILED, recording=whole)
    child = make_attempt(AttemptState.FAILED, recording=part, parent=parent, sent=parent.sent)

    [change] = changes.compare(parent, child)

    assert (change.field, change.kind) == ("recording", kind)
    if kind == "cut":
        assert (change.before, change.after) == (190_000, 80_000)
    if kind != "other":
        [back] = changes.compare(child, parent)
        assert back.kind == "original"


def test_changes_of_waiting_attempts_compare_their_orders() -> None:
    parent = make_attempt(AttemptState.WAITING)
    child = make_attempt(
        AttemptState.WAITING, parent=parent, recording=parent.recording, watermark=True
    )

    assert changes.changes_by_attempt([parent, child]) == {child.pk: [Change("watermark", "on")]}


def test_tree_page_shows_newest_tree_first_and_children_after_their_parent(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    first = make_attempt(speaker_name="Anna")
    second, third = (make_attempt(speaker_name="Anna", parent=first) for _ in range(2))
    grandchild = make_attempt(speaker_name="Anna", parent=third)
    alone = make_attempt(speaker_name="Anna")

    with django_assert_num_queries(2):
        page = attempt_tree.tree_page(first.speaker)

    assert page.rows == [(alone, 0), (first, 0), (second, 1), (third, 1), (grandchild, 2)]
    assert (page.number, page.pages, page.size) == (1, 1, 5)


def test_pin_marks_one_best_attempt(person: User) -> None:
    first = make_attempt(speaker_name="Anna")
    second = make_attempt(speaker_name="Anna")

    attempt_tree.pin(first, by=person)
    attempt_tree.pin(second, by=person)
    attempt_tree.pin(second, by=person)

    speaker = Speaker.objects.get(name="Anna")
    assert speaker.best_attempt == second
    assert [event.kind for event in second.events.all()] == [EventKind.PINNED]
    attempt_tree.unpin(speaker, by=speaker.created_by)
    speaker.refresh_from_db()
    assert speaker.best_attempt is None


def test_notes_and_tags_are_kept_and_found(person: User) -> None:
    voice, other = make_voice(), make_voice()

    notes.save_notes(voice, "  for the fair ", by=person)
    notes.save_notes(voice, "for the fair", by=person)
    assert notes.set_tags(voice, ["Warm", " warm ", "", "radio"], by=voice.speaker.created_by) == [
        "Warm",
        "radio",
    ]
    assert notes.set_tags(other, ["WARM"], by=other.speaker.created_by) == ["Warm"]

    voice.refresh_from_db()
    assert voice.notes == "for the fair"
    shelf = type(voice).objects
    assert list(shelf.search("fair")) == [voice]
    assert set(shelf.tagged("warm")) == {voice, other}
    assert [entry.kind for entry in notes.voice_timeline(voice)] == [EventKind.NOTED]


def test_heard_once_is_heard() -> None:
    voice = make_attempt().cloned_voice
    assert voice is not None
    rows = type(voice).objects

    assert list(rows.unheard()) == [voice]
    notes.mark_heard(voice, by=voice.speaker.created_by)

    assert list(rows.unheard()) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (Change("noise_reduction", "on"), "reduce noise: on"),
        (Change("recording", "cut", 190_000, 80_000), "recording: cut from 3:10 to 1:20"),
        (
            Change("model", "changed", "speech-2.8-turbo", "speech-2.8-hd"),
            "model: 2.8 turbo → 2.8 hd",
        ),
        (Change("preview_text", "changed", "Hi.", "Ho."), "preview text: changed"),
        (Change("language", "added", None, "English"), "language: English"),
        (
            Change("language", "changed", "English", "auto"),
            "language: English → detected automatically",
        ),
        (Change("recording", "original", 80_000, 190_000), "recording: original again"),
        (Change("prompt_clip", "removed"), "prompt clip: removed"),
        (Change("recording", "other", "a.mp3", "b.mp3"), "recording: now b.mp3"),
    ],
)
def test_change_is_described_in_words(change: Change, sentence: str) -> None:
    described = words.describe_change(change.field, change.kind, change.before, change.after)

    assert described == sentence
