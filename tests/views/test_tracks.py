"""The audio tracks on a recording's page, and the button that uses another one."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client

from tests import factories
from tests.audio import recordings as sounds
from voicestudio.audio import Track
from voicestudio.models import AudioFile, Origin

pytestmark = pytest.mark.django_db

TRACKS = [
    Track(1, "", "", readable=False),
    Track(2, "Desktop <1>", "deu", readable=True, duration_ms=720_000, judged_ms=600_000),
    Track(3, "Mic", "", readable=True, duration_ms=12_000, speech_ms=9_000, judged_ms=12_000),
]


def make_source(user: User, content: bytes = b"tracks", **fields: Any) -> AudioFile:
    recording = factories.make_recording(
        by=user, name="talk.mkv", tracks=[asdict(track) for track in TRACKS], uploaded=False,
        notes=[{"code": "track", "track": 3, "count": 3}], **fields,
    )  # fmt: skip
    recording.tracks_file.save("x.mka", ContentFile(content))
    return recording


def make_child(user: User, source: AudioFile, number: int) -> AudioFile:
    note = {"code": "chosen_track", "track": number, "count": 3}
    return factories.make_recording(
        by=user, parent=source, origin=Origin.TRACK, recipe=f"track {number}", notes=[note]
    )


def lines_of(client: Client, recording: AudioFile) -> list[str]:
    html = client.get(f"/recordings/{recording.pk}/").content.decode()
    section = re.findall(r'<section[^>]*"tracks-title".*?</section>', html, re.DOTALL)
    items = re.findall(r"<li.*?</li>", "".join(section), re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in items]


def test_tracks_are_listed_with_their_button(client: Client, user: User) -> None:
    source = make_source(user)

    assert lines_of(client, source) == [
        "Track 1 can't be read",
        "Track 2 · Desktop &lt;1&gt; 12:00 · no speech in the first 10:00 · language: deu"
        " Use track 2 instead",
        "Track 3 · Mic 0:12 · about 0:09 of speech This recording",
    ]


def test_track_in_use_links_to_its_recording(client: Client, user: User) -> None:
    source = make_source(user)
    child = make_child(user, source, 2)

    assert [line.rpartition(" ·")[2] for line in lines_of(client, source)][1:] == [
        " language: deu Open track 2", " about 0:09 of speech This recording",
    ]  # fmt: skip
    assert [line.rpartition(" ·")[2] for line in lines_of(client, child)][1:] == [
        " language: deu This recording", " about 0:09 of speech Open track 3",
    ]  # fmt: skip


def test_recording_of_one_track_lists_none(client: Client, user: User) -> None:
    assert lines_of(client, factories.make_recording(by=user)) == []


def test_button_opens_the_recording_of_that_track(
    client: Client, user: User, tmp_path: Path
) -> None:
    voice = sounds.speech(12)
    path = sounds.film(tmp_path / "x", voice, voice, muxer="matroska", picture="")
    source = make_source(user, path.read_bytes())

    response = client.post(f"/recordings/{source.pk}/use-track/", {"track": "2"})

    made = source.children.get()
    assert (response.status_code, response["Location"]) == (302, f"/recordings/{made.pk}/")
    assert made.track_number == 2


@pytest.mark.parametrize("track", ["", "1", "4", "x", "9" * 30])
def test_track_that_is_not_stored_is_not_found(track: str, client: Client, user: User) -> None:
    source = make_source(user)

    response = client.post(f"/recordings/{source.pk}/use-track/", {"track": track})

    assert (response.status_code, AudioFile.objects.count()) == (404, 1)


def test_track_that_cannot_be_used_says_why(client: Client, user: User) -> None:
    source = make_source(user, b"no audio at all")

    page = client.post(f"/recordings/{source.pk}/use-track/", {"track": "2"}, follow=True)

    assert [str(message) for message in page.context["messages"]] == [
        "This isn't an audio file we can read. "
        "Export the recording as mp3, m4a or wav and upload that."
    ]
    assert AudioFile.objects.count() == 1


def test_all_tracks_are_downloaded_as_one_file(client: Client, user: User) -> None:
    source = make_source(user)

    response = client.get(f"/audio/recordings/{source.pk}/tracks/")

    assert b"".join(response) == b"tracks"
    assert response["Content-Disposition"] == 'attachment; filename="talk.mka"'


def test_clone_form_leads_to_the_tracks(client: Client, user: User) -> None:
    source = make_source(user)

    fragment = client.get(f"/recordings/{source.pk}/", headers={"HX-Request": "true"})
    response = client.post("/clone-form/tracks/recording/", {"recording": source.pk})

    assert fragment.content.decode().count('formaction="/clone-form/tracks/recording/"') == 1
    assert (response.status_code, response["Location"]) == (303, f"/recordings/{source.pk}/")


def test_file_pickers_offer_sound_and_video(client: Client, user: User) -> None:
    pickers = [
        re.findall(r'<input type="file"[^>]*accept="([^"]*)"', client.get(url).content.decode())
        for url in ("/new/", "/recordings/")
    ]

    accepted = {types for found in pickers for types in found}
    assert ([len(found) for found in pickers], len(accepted)) == ([2, 1], 1)
    types = set(accepted.pop().split(","))
    assert types >= {"audio/*", "video/*", ".m4a", ".mp3", ".wav", ".opus", ".mkv", ".mov", ".mp4"}
