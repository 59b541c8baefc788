"""Speakers: renamed and merged, with all that refers to them."""

import pytest
from django.utils import timezone

from tests.factories import make_attempt, make_speaker, make_user, make_voice
from voicestudio.models import Charge, CloneAttempt, Event, Speaker, Voice
from voicestudio.services.voices import speakers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def names_shown() -> set[tuple[str, str, str]]:
    """The speaker's names in every row that refers to one."""
    attempts = CloneAttempt.objects.values_list("speaker__name", "speaker_name")
    voices = set(Voice.objects.values_list("speaker__name", flat=True))
    charges = set(Charge.objects.values_list("speaker__name", flat=True))
    return {(name, shown, other) for name, shown in attempts for other in voices | charges}


def test_renamed_speaker_is_shown_and_found_by_the_new_name() -> None:
    attempt = make_attempt(speaker_name="anna")
    by = make_user()

    speakers.rename_speaker(attempt.speaker, "Żółć  Larsen", by=by)

    assert names_shown() == {("Żółć Larsen",) * 3}
    assert list(CloneAttempt.objects.page(words="zolc lar").attempts) == [attempt]
    assert [voice.attempt for voice in Voice.objects.search("ZOLC larsen")] == [attempt]
    event = Event.objects.get(kind="renamed", speaker=None)
    assert (event.voice, event.person, event.note) == (
        attempt.cloned_voice, by, "anna → Żółć Larsen",
    )  # fmt: skip


def test_merged_speaker_leaves_all_its_rows_to_the_other() -> None:
    target, source = (make_attempt(speaker_name=name) for name in ("Anna Larsen", "A. Larsen"))
    Speaker.objects.filter(pk=source.speaker_id).update(best_attempt=source)

    speakers.merge_speakers(source.speaker, target.speaker, by=make_user())

    (speaker,) = Speaker.objects.all()
    assert (speaker.name, speaker.best_attempt) == ("Anna Larsen", source)
    assert names_shown() == {("Anna Larsen",) * 3}
    assert Event.objects.get(kind="merged", speaker=None).note == "A. Larsen → Anna Larsen"


def test_merge_of_speakers_without_voices_is_recorded() -> None:
    by = make_user()
    target, source, last = (make_speaker(name) for name in ("Anna Larsen", "A. Larsen", "Bea"))
    speakers.rename_speaker(source, "Annie", by=by)

    speakers.merge_speakers(source, target, by=by)
    speakers.merge_speakers(target, last, by=by)

    changes = [(event.kind, event.note, event.person) for event in speakers.list_changes(last)]
    assert changes == [
        ("merged", "Anna Larsen → Bea", by),
        ("merged", "Annie → Anna Larsen", by),
        ("renamed", "A. Larsen → Annie", by),
    ]
    assert speakers.former_names(last.pk) == {"Anna Larsen", "Annie", "A. Larsen"}


def test_name_of_another_speaker_is_given_only_on_purpose() -> None:
    anna, other = make_speaker("Anna"), make_speaker("Berta")

    with pytest.raises(speakers.SpeakerUnclear) as unclear:
        speakers.rename_speaker(other, "ANNA", by=make_user())
    speakers.rename_speaker(other, "Anna", by=make_user(), is_other=True)

    assert [known.pk for known in unclear.value.similar] == [anna.pk]
    assert Speaker.objects.filter(name="Anna").count() == 2


def test_speakers_of_one_name_are_told_apart_by_their_facts() -> None:
    first, second = (make_speaker("Anna Larsen") for _number in range(2))
    make_voice(speaker=first)
    make_voice(speaker=first, deleted_at=timezone.now())

    found = speakers.list_options("LARSÉN", Speaker.objects.all())
    facts = [(known.pk, known.voices, known.added_at) for known in found]

    assert facts == [(second.pk, 0, second.created_at), (first.pk, 1, first.created_at)]


def test_rename_writes_nothing_but_the_name() -> None:
    attempt = make_attempt(speaker_name="anna")
    read_before = Speaker.objects.get(pk=attempt.speaker_id)
    Speaker.objects.update(best_attempt=attempt)

    speakers.rename_speaker(read_before, "Anna Larsen", by=make_user())

    assert Speaker.objects.get().best_attempt == attempt


def test_speaker_that_was_merged_meanwhile_is_not_renamed() -> None:
    source, target = make_speaker("Anna"), make_speaker("Berta")
    speakers.merge_speakers(source, target, by=make_user())

    with pytest.raises(speakers.SpeakerGone):
        speakers.rename_speaker(source, "Anna Larsen", by=make_user())

    assert list(Speaker.objects.all()) == [target]


@pytest.mark.parametrize("name", ["", "Bea", "Wang Fang"])
def test_other_name_is_like_none(name: str) -> None:
    make_speaker("Anna Larsen")

    assert speakers.find_similar(name, Speaker.objects.all()) == []
