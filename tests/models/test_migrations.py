"""Migrations that change rows: old rows become what the studio reads now."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations import RunPython, SeparateDatabaseAndState
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from tests.factories import make_attempt
from voicestudio.models import AudioFile, CloneAttempt, Note, Project, Speaker, Voice
from voicestudio.models.search import index_text, install_index

NOW = timezone.now()


def migrate(name: str) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate([("voicestudio", name)])
    install_index(connection)  # as after every `migrate`
    return MigrationExecutor(connection).loader.project_state([("voicestudio", name)]).apps


@pytest.fixture
def _newest_afterwards(transactional_db: None) -> Iterator[None]:
    yield
    migrate_to_newest()


def migrate_to_newest() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    install_index(connection)


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
def test_no_clean_copy_is_being_tried_on_older_recordings() -> None:
    apps = migrate("0031_notes_in_search_texts")
    user = apps.get_model("auth", "User").objects.create(username="lea")
    project = apps.get_model("voicestudio", "Project").objects.create(name="A", folded_name="a")
    apps.get_model("voicestudio", "AudioFile").objects.create(
        name="a", purpose="voice_clone", file="a.wav", created_by=user, project=project
    )

    recording = migrate("0032_trying_cleanup").get_model("voicestudio", "AudioFile").objects.get()

    assert (recording.name, recording.trying_cleanup) == ("a", False)


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


@pytest.mark.usefixtures("_newest_afterwards")
def test_older_rows_belong_to_the_first_project() -> None:
    apps = migrate("0015_fold_search_texts")
    users = apps.get_model("auth", "User").objects
    lea = users.create(username="lea")
    users.create(username="root", is_staff=True)
    users.create(username="gone", is_active=False)
    model = partial(apps.get_model, "voicestudio")
    rows = 3_000
    speakers = model("Speaker").objects.bulk_create(
        model("Speaker")(name=f"S {number}", created_by=lea) for number in range(rows)
    )
    recording = model("AudioFile").objects.create(
        name="a", purpose="voice_clone", file="a.wav", created_by=lea
    )
    voices = model("Voice").objects.bulk_create(
        model("Voice")(
            voice_id=f"Voice-{number}", provider="practice", speaker=speaker, created_at=NOW
        )
        for number, speaker in enumerate(speakers)
    )
    attempts = model("CloneAttempt").objects.bulk_create(
        model("CloneAttempt")(
            token=uuid4(), speaker=voice.speaker, speaker_name="S", recording=recording,
            created_by=lea, provider="practice", voice_id=voice.voice_id,
            search_text=index_text(voice.voice_id),
            permission_by=lea, permission_wording="yes", permission_at=NOW, cloned_voice=voice,
            status="ready", sent={}, sent_at=NOW,
        )
        for voice in voices
    )  # fmt: skip
    speech = model("Speech").objects.create(
        token=uuid4(), voice=voices[0], text="Hi.", model="m", created_by=lea, provider="practice"
    )
    model("Charge").objects.bulk_create(
        model("Charge")(
            kind="preview", units=1, unit_price=1, amount=1, currency="$", provider="practice",
            attempt=attempt, voice=attempt.cloned_voice, voice_name=attempt.voice_id,
            speaker=attempt.speaker, person=lea, at=NOW, month=NOW.date().replace(day=1),
        )
        for attempt in attempts
    )  # fmt: skip
    assert speech.pk

    apps = migrate("0018_project_columns")

    project = apps.get_model("voicestudio", "Project").objects.get()
    names = ("Speaker", "AudioFile", "Voice", "CloneAttempt", "Speech", "Charge")
    counts = [
        apps.get_model("voicestudio", name).objects.filter(project=project).count()
        for name in names
    ]
    assert (project.name, counts) == ("Studio", [rows, 1, rows, rows, 1, rows])
    members = apps.get_model("voicestudio", "Membership").objects
    assert list(members.values_list("person__username", "role")) == [("lea", "manager")]
    migrate_to_newest()
    assert Project.first().pk == project.pk
    # The search index is whole although SQLite has rebuilt its table.
    assert len(CloneAttempt.objects.page(words="VOICE-29").attempts) == 25


@pytest.mark.usefixtures("_newest_afterwards")
def test_known_networks_are_taken_over_from_axes() -> None:
    migrate("0018_project_columns")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE axes_accesslog"
            " (username varchar(255), ip_address varchar(39),"
            " attempt_time timestamp with time zone)"
        )
        for username, days in (("lea", 1), ("old", 40)):
            at = connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(days=days))
            cursor.execute(
                "INSERT INTO axes_accesslog VALUES (%s, '192.0.2.0', %s)", [username, at]
            )
    Session.objects.create(session_key="k", session_data="", expire_date=timezone.now())

    rows = migrate("0019_sign_ins").get_model("voicestudio", "SignIn").objects
    assert list(rows.values_list("account", "network", "failed")) == [("lea", "192.0.2.0", False)]
    assert not Session.objects.exists()
    assert "axes_accesslog" not in connection.introspection.table_names()


@pytest.mark.usefixtures("_newest_afterwards")
def test_people_and_projects_of_before_are_no_examples() -> None:
    apps = migrate("0029_events_of_moves")
    user = apps.get_model("auth", "User").objects.create(username="lea")
    apps.get_model("voicestudio", "Person").objects.create(user=user, is_auditor=True)
    apps.get_model("voicestudio", "Project").objects.create(name="Old", folded_name="old")

    apps = migrate("0030_example_team")

    project = apps.get_model("voicestudio", "Project").objects.get(name="Old")
    person = apps.get_model("voicestudio", "Person").objects.get()
    assert (project.is_example, person.is_example, person.is_auditor) == (False, False, True)


@pytest.mark.usefixtures("_newest_afterwards")
def test_older_notes_are_found_by_the_history() -> None:
    attempt = make_attempt()
    make_attempt()
    migrate("0030_example_team")
    Note.objects.create(
        project=attempt.project, by=attempt.created_by, recording=attempt.recording, text="Breathy."
    )

    migrate_to_newest()

    assert CloneAttempt.objects.page(words="breathy").attempts == [attempt]


@pytest.mark.usefixtures("_newest_afterwards")
def test_people_of_before_have_saved_no_filters() -> None:
    apps = migrate("0035_drafts")
    user = apps.get_model("auth", "User").objects.create(username="lea")
    apps.get_model("voicestudio", "Person").objects.create(user=user)

    apps = migrate("0036_saved_filters")

    assert apps.get_model("voicestudio", "Person").objects.get().saved_filters == {}


def test_readers_of_attempts_wait_for_no_index_of_searches() -> None:
    """Dropping an index keeps them away until the end of the migration."""
    module = import_module("voicestudio.migrations.0046_indexes_of_lists")
    kinds = [type(operation) for operation in module.Migration.operations]

    assert (kinds[0], kinds[-1]) == (RunPython, SeparateDatabaseAndState)
