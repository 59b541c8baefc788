"""Speakers: renamed and merged, with all that refers to them."""

import pytest

from tests.factories import make_attempt, make_user
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
    assert list(CloneAttempt.objects.page(words="zołc lar").attempts) == [attempt]
    assert [voice.attempt for voice in Voice.objects.search("żółć larsen")] == [attempt]
    event = Event.objects.get(kind="renamed")
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
    assert Event.objects.get(kind="merged").note == "A. Larsen → Anna Larsen"


def test_name_of_another_speaker_is_not_taken() -> None:
    anna, other = (make_attempt(speaker_name=name).speaker for name in ("Anna", "Berta"))

    with pytest.raises(speakers.NameTaken) as taken:
        speakers.rename_speaker(other, "ANNA", by=make_user())

    assert taken.value.speaker == anna
    assert Speaker.objects.filter(name="Berta").exists()
