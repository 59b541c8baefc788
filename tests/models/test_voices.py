"""States, pages and search of voices, and the states of speeches."""
# ruff: noqa: DTZ001 - the zone comes afterwards

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.factories import make_attempt, make_speaker, make_voice
from voicestudio.models import (
    AttemptState,
    Source,
    Speech,
    SpeechState,
    Tag,
    Voice,
    VoiceState,
    voice_queryset,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

HOUR = timedelta(hours=1)


def _pks(voices: object) -> list[int]:
    return [voice.pk for voice in voices]  # type: ignore[attr-defined]


def test_voice_expires_after_168_hours() -> None:
    made = datetime(2026, 3, 1, 12, tzinfo=UTC)
    voice = make_voice(created_at=made)
    end = made + 168 * HOUR

    assert voice.expires_at == end
    assert voice.state_at(end - timedelta(microseconds=1)) == VoiceState.TEMPORARY
    assert voice.state_at(end) == VoiceState.EXPIRED
    assert _pks(Voice.objects.in_state("expired", at=end)) == [voice.pk]
    assert _pks(Voice.objects.in_state("temporary", at=end)) == []


@pytest.mark.parametrize(
    ("zone", "made"),
    [
        # Clocks go forward, or back, within the week after each of these.
        ("Europe/Berlin", datetime(2026, 3, 26, 9, 30)),
        ("Europe/Berlin", datetime(2026, 10, 22, 9, 30)),
        ("America/New_York", datetime(2026, 3, 5, 23, 59)),
        ("Australia/Lord_Howe", datetime(2026, 4, 2, 1, 30)),
        ("Asia/Kathmandu", datetime(2026, 6, 1, 0, 0)),
        ("Pacific/Apia", datetime(2026, 12, 28, 12, 0)),
        # A leap day lies in between, and a year's end.
        ("Europe/Berlin", datetime(2028, 2, 26, 18, 0)),
        ("UTC", datetime(2027, 12, 30, 18, 0)),
    ],
)
def test_expiry_is_the_same_in_every_time_zone(zone: str, made: datetime) -> None:
    local = made.replace(tzinfo=ZoneInfo(zone))
    voice = Voice.objects.get(pk=make_voice(created_at=local).pk)

    assert voice.expires_at is not None
    assert voice.expires_at.astimezone(UTC) - local.astimezone(UTC) == 168 * HOUR
    assert (voice.expires_at - timedelta(seconds=1)).timestamp() - local.timestamp() == 604_799
    for moment in (voice.expires_at, voice.expires_at.astimezone(ZoneInfo(zone))):
        assert voice.state_at(moment) == VoiceState.EXPIRED
        assert voice.state_at(moment - timedelta(seconds=1)) == VoiceState.TEMPORARY


def test_preview_does_not_keep_a_voice() -> None:
    old = timezone.now() - 169 * HOUR
    attempt = make_attempt(AttemptState.READY, created_at=old)
    assert attempt.cloned_voice is not None

    assert attempt.audio
    assert attempt.cloned_voice.state == VoiceState.EXPIRED


def test_imported_and_kept_voices_do_not_expire() -> None:
    old = timezone.now() - 1000 * HOUR
    kept = make_voice(created_at=old, kept_at=old)
    imported = make_voice(created_at=old, kept_at=old, source=Source.IMPORTED)

    assert (kept.state, kept.expires_at) == (VoiceState.KEPT, None)
    assert imported.state == VoiceState.FROM_MINIMAX


moments = st.one_of(
    st.none(), st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
)


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    created=st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC)),
    kept=moments, missing=moments, deleted=moments, uncertain=st.booleans(),
    imported=st.booleans(), later=st.timedeltas(timedelta(0), timedelta(days=14)),
)  # fmt: skip
def test_states_by_query_and_property_agree(
    created: datetime, kept: datetime | None, missing: datetime | None, deleted: datetime | None,
    uncertain: bool, imported: bool, later: timedelta,
) -> None:  # fmt: skip
    if imported:
        kept = kept or created
    speaker = make_speaker()
    voice = make_voice(
        speaker=speaker, created_at=created, kept_at=kept, missing_at=missing, deleted_at=deleted,
        uncertain=uncertain and kept is None,
        source=Source.IMPORTED if imported else Source.CLONED,
    )  # fmt: skip
    at = created + later

    states = [
        state for state in VoiceState if Voice.objects.in_state(state, at=at).filter(pk=voice.pk)
    ]

    assert states == [voice.state_at(at)]


def test_expiring_within_excludes_dismissed_kept_and_expired_voices() -> None:
    now = timezone.now()
    soon = make_voice(created_at=now - 121 * HOUR)
    make_voice(created_at=now - 119 * HOUR)
    make_voice(created_at=now - 169 * HOUR)
    make_voice(created_at=now - 130 * HOUR, kept_at=now)
    make_voice(created_at=now - 130 * HOUR, reminder_dismissed_at=now)
    make_voice(created_at=now - 130 * HOUR, uncertain=True)

    assert _pks(Voice.objects.expiring_within(48)) == [soon.pk]


@pytest.mark.parametrize("order", ["newest", "oldest", "expiring", "used", "speaker", "nonsense"])
def test_pages_lead_to_the_end_and_back(order: str) -> None:
    now = timezone.now()
    speakers = [make_speaker(f"Speaker {letter}") for letter in "CAB"]
    for number in range(11):
        make_voice(
            speaker=speakers[number % 3],
            created_at=now - (number % 4) * HOUR,
            last_used_at=now - (number % 3) * HOUR,
        )

    page = Voice.objects.page(order=order, size=4)
    down = [page]
    while page.after:
        page = Voice.objects.page(order=order, after=page.after, size=4)
        down.append(page)
    up = [page]
    while page.before:
        page = Voice.objects.page(order=order, before=page.before, size=4)
        up.append(page)

    assert [len(page.voices) for page in down] == [4, 4, 3]
    assert len({pk for page in down for pk in _pks(page.voices)}) == 11
    assert [_pks(page.voices) for page in reversed(up)] == [_pks(page.voices) for page in down]


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "1", "1~x", "~", "9" * 40, "1~2026-01-01", "é~\0",
        "1~0001-01-01T00:00:00+14:00", "1~9999-12-31T23:59:59-14:00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", ["newest", "used", "speaker"])
def test_invalid_cursor_is_ignored(cursor: str, order: str) -> None:
    make_voice()

    assert len(Voice.objects.page(order=order, after=cursor).voices) <= 1
    assert len(Voice.objects.page(order=order, before=cursor).voices) <= 1


@pytest.mark.parametrize("words", ["zoë", "ZOE", "-9k2", "studio b", "warm", ""])
def test_search_finds_by_speaker_id_notes_and_tags(words: str) -> None:
    from voicestudio.services.voices import notes

    wanted = make_voice("Zoe-9k2pp", speaker=make_speaker("Zoë Åberg"), notes="Studio B")
    wanted.tags.add(Tag.objects.create(name="Warm"))
    notes.update_search_text(wanted)
    other = make_voice("Karl-7k2pp")
    notes.update_search_text(other)

    found = _pks(Voice.objects.search(words))

    assert found == ([other.pk, wanted.pk] if not words else [wanted.pk])


@pytest.mark.parametrize("rare", [1, 3])
def test_search_finds_rare_and_frequent_words_alike(
    rare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_queryset, "RARE", rare)
    made = [make_voice(f"Common-{number}1") for number in range(3)]
    make_voice("Other-11")

    warm = Tag.objects.create(name="warm")
    for voice in made:
        voice.tags.add(warm)

    for found in (Voice.objects.search("common"), Voice.objects.tagged("Warm")):
        assert found.page(order="oldest").voices == made


def test_speech_states_by_query_and_property_agree() -> None:
    voice = make_voice()
    past, future = timezone.now() - HOUR, timezone.now() + HOUR
    person = voice.speaker.created_by
    for status in SpeechState.values:
        for lease in (None, past, future):
            speech = Speech.objects.create(
                project=voice.project, token=uuid4(),
                voice=voice, provider="practice", created_by=person, text="Hi.", model="m",
                status=status, lease_until=lease, sent={}, sent_at=past,
            )  # fmt: skip
            states = [s for s in SpeechState if Speech.objects.in_state(s).filter(pk=speech.pk)]
            assert states == [speech.state]


@pytest.mark.parametrize("name", ["żółć", "ZOŁC", "zolc"])
def test_tag_is_found_in_any_case_and_accent(name: str) -> None:
    voice, _other = make_voice(), make_voice()
    # Both spellings stay, and a voice with both is listed once.
    voice.tags.add(Tag.objects.create(name="Żółć"), Tag.objects.create(name="Zolc"))

    assert list(Voice.objects.tagged(name)) == [voice]
