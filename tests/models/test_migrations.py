"""Migrations that change rows: old rows become what the studio reads now."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from voicestudio.models import AudioFile, CloneAttempt, Speaker, Voice


def migrate(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([("voicestudio", name)])
    return MigrationExecutor(connection).loader.project_state([("voicestudio", name)]).apps


@pytest.fixture
def _newest_afterwards(transactional_db: None) -> Iterator[None]:
    yield
    migrate_to_newest()


def migrate_to_newest() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.mark.usefixtures("_newest_afterwards")
def test_hosts_become_the_names_of_their_accounts() -> None:
    apps = migrate("0004_clone_fee_of_an_attempt")
    user = apps.get_model("auth", "User").objects.create(username="lea")
    speaker = apps.get_model("voicestudio", "Speaker").objects.create(name="Anna", created_by=user)
    names = {
        "api.minimaxi.com": "api.minimax.cn",
        "api.minimax.chat/v1": "api.minimax.cn",
        "api-uw.minimax.io": "api.minimax.io",
        "gateway.example.com/minimax/v1": "gateway.example.com/minimax",
        "practice": "practice",
    }
    for host in names:
        apps.get_model("voicestudio", "Voice").objects.create(
            voice_id=f"Anna{len(host):04}",
            provider=host,
            speaker=speaker,
            created_at=timezone.now(),
        )

    twice = {"voice_id": "Anna2024", "speaker": speaker, "created_at": timezone.now()}
    for host in ("api.minimax.cn", "api.minimaxi.com"):
        apps.get_model("voicestudio", "Voice").objects.create(provider=host, **twice)

    voices = migrate("0005_account_names").get_model("voicestudio", "Voice").objects.order_by("pk")

    accounts = list(voices.values_list("provider", flat=True))
    assert accounts == [*names.values(), "api.minimax.cn", "api.minimaxi.com"]


@pytest.mark.usefixtures("_newest_afterwards")
def test_older_recordings_have_no_notes_and_get_a_playable_copy_later() -> None:
    apps = migrate("0005_account_names")
    user = apps.get_model("auth", "User").objects.create(username="lea")
    apps.get_model("voicestudio", "AudioFile").objects.create(
        name="a", purpose="voice_clone", file="a.wav", created_by=user
    )

    recording = migrate("0007_playable_copy").get_model("voicestudio", "AudioFile").objects.get()

    assert (recording.notes, recording.playable, recording.playable_at) == ([], "", None)


@pytest.mark.usefixtures("_newest_afterwards")
def test_names_of_older_rows_can_be_searched() -> None:
    apps = migrate("0008_uploading_for")
    user = apps.get_model("auth", "User").objects.create(username="lea")
    apps.get_model("voicestudio", "Speaker").objects.create(name="Żółć", created_by=user)
    apps.get_model("voicestudio", "AudioFile").objects.create(
        name="MÜLLER.mp3", purpose="voice_clone", file="a.wav", created_by=user
    )

    apps = migrate("0009_search_texts_of_names")

    found = [
        apps.get_model("voicestudio", model).objects.values_list("search_text", flat=True).get()
        for model in ("Speaker", "AudioFile")
    ]
    assert found == ["zolc", "muller.mp3"]


@pytest.mark.usefixtures("_newest_afterwards")
def test_older_recordings_have_no_checksum_yet() -> None:
    apps = migrate("0009_search_texts_of_names")
    user = apps.get_model("auth", "User").objects.create(username="lea")
    apps.get_model("voicestudio", "AudioFile").objects.create(
        name="a", purpose="voice_clone", file="a.wav", created_by=user
    )

    recording = migrate("0011_checksums").get_model("voicestudio", "AudioFile").objects.get()

    assert (recording.file, recording.sha256) == ("a.wav", "")


@pytest.mark.usefixtures("_newest_afterwards")
def test_older_events_belong_to_no_speaker() -> None:
    apps = migrate("0012_deleted_recordings")
    apps.get_model("voicestudio", "Event").objects.create(kind="merged", note="A → B")

    event = migrate("0013_event_speaker").get_model("voicestudio", "Event").objects.get()

    assert (event.note, event.speaker) == ("A → B", None)


@pytest.mark.usefixtures("_newest_afterwards")
def test_older_recordings_have_no_tracks_to_choose_from() -> None:
    apps = migrate("0013_event_speaker")
    user = apps.get_model("auth", "User").objects.create(username="lea")
    apps.get_model("voicestudio", "AudioFile").objects.create(
        name="a", purpose="voice_clone", file="a.mka", created_by=user
    )

    recording = migrate("0014_tracks").get_model("voicestudio", "AudioFile").objects.get()

    assert (recording.file, recording.origin) == ("a.mka", "uploaded")
    assert (recording.tracks, recording.tracks_file, recording.tracks_bytes) == ([], "", None)


@pytest.mark.usefixtures("_newest_afterwards")
def test_texts_that_were_folded_by_fewer_rules_are_found() -> None:
    apps = migrate("0014_tracks")
    user = apps.get_model("auth", "User").objects.create(username="lea")
    speaker = apps.get_model("voicestudio", "Speaker").objects.create(
        name="Łucja", search_text="łucja", created_by=user
    )
    recording = apps.get_model("voicestudio", "AudioFile").objects.create(
        name="Łucja\u200d.wav",
        file="a.wav",
        search_text="łucja\u200d.wav",
        purpose="voice_clone",
        created_by=user,
    )
    apps.get_model("voicestudio", "Voice").objects.create(
        voice_id="Lucja-01", speaker=speaker, search_text="ł" * 599 + "æ", created_at=timezone.now()
    )
    apps.get_model("voicestudio", "CloneAttempt").objects.create(
        token=uuid4(), speaker=speaker, speaker_name="Łucja", recording=recording, created_by=user,
        voice_id="Lucja-01", search_text="łucja lucja-01 søren  ", permission_by=user,
        permission_wording="yes",
        permission_at=timezone.now(),
    )  # fmt: skip

    migrate("0015_fold_search_texts")

    texts = [
        model.objects.values_list("search_text", flat=True).get()
        for model in (Speaker, AudioFile, Voice, CloneAttempt)
    ]
    assert texts == ["lucja", "lucja.wav", "l" * 599 + "a", "lucja lucja-01 soren  "]
    # Also in the index of SQLite, which triggers keep in sync.
    migrate_to_newest()
    assert CloneAttempt.objects.page(words="SØREN").attempts == [CloneAttempt.objects.get()]
