"""Sounds: who may hear them, and in which ranges."""

import math
import re
from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import MP3, make_attempt, make_recording, make_user
from voicestudio.models import AudioFile, AuditEntry, CloneAttempt, Verb

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
SIZE = len(MP3)


@pytest.fixture
def recording(owner: User) -> AudioFile:
    return make_recording(by=owner, name="Anna’s interview.m4a")


@pytest.fixture
def url(recording: AudioFile) -> str:
    return reverse("recording_audio", args=[recording.pk])


def body(response: Iterable[bytes]) -> bytes:
    return b"".join(response)


def test_recording_is_served_whole(browser: Client, url: str) -> None:
    response = browser.get(url)

    assert response.status_code == 200
    assert body(response) == MP3
    assert response["Content-Length"] == str(SIZE)
    assert response["Content-Type"] == "audio/mpeg"
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "Content-Range" not in response


@pytest.mark.parametrize(
    ("byte_range", "first", "end"),
    [
        ("bytes=0-", 0, SIZE),  # Chromium's first request
        ("bytes=1000-", 1000, SIZE),  # Chromium after a seek
        ("bytes=0-1", 0, 2),  # Safari's first request
        ("bytes=5-5", 5, 6),
        ("bytes=-10", SIZE - 10, SIZE),
        ("bytes=-999999", 0, SIZE),
        ("bytes=100-999999", 100, SIZE),
        ("bytes= 3 - 4 ", 3, 5),
    ],
)
def test_range_returns_its_bytes(
    browser: Client, url: str, byte_range: str, first: int, end: int
) -> None:
    response = browser.get(url, headers={"range": byte_range})

    assert response.status_code == 206
    assert body(response) == MP3[first:end]
    assert response["Content-Range"] == f"bytes {first}-{end - 1}/{SIZE}"
    assert response["Content-Length"] == str(end - first)


@pytest.mark.parametrize("byte_range", [f"bytes={SIZE}-", "bytes=999999999999999999-", "bytes=-0"])
def test_range_beyond_the_end_answers_416(browser: Client, url: str, byte_range: str) -> None:
    response = browser.get(url, headers={"range": byte_range})

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"
    assert response.content == b""


@pytest.mark.parametrize(
    "byte_range",
    [
        "bytes=0-1,5-9",
        "bytes=9-3",
        "bytes=-",
        "bytes=a-b",
        "lines=0-5",
        "",
        "bytes=" + "9" * 40 + "-",
    ],
)
def test_invalid_range_returns_the_whole_file(browser: Client, url: str, byte_range: str) -> None:
    response = browser.get(url, headers={"range": byte_range})

    assert response.status_code == 200
    assert body(response) == MP3


def test_if_range_with_the_current_etag_gives_the_range(browser: Client, url: str) -> None:
    etag = browser.head(url)["ETag"]

    response = browser.get(url, headers={"range": "bytes=2-3", "if-range": etag})

    assert response.status_code == 206
    assert body(response) == MP3[2:4]


def test_if_range_with_the_current_date_gives_the_range(browser: Client, url: str) -> None:
    date = browser.head(url)["Last-Modified"]

    response = browser.get(url, headers={"range": "bytes=2-3", "if-range": date})

    assert response.status_code == 206
    assert body(response) == MP3[2:4]


@pytest.mark.parametrize("old", ['"other"', "Mon, 01 Jan 2001 00:00:00 GMT", "nonsense"])
def test_if_range_with_another_version_returns_all(browser: Client, url: str, old: str) -> None:
    response = browser.get(url, headers={"range": "bytes=2-3", "if-range": old})

    assert response.status_code == 200
    assert body(response) == MP3


def test_unchanged_audio_answers_304(browser: Client, url: str) -> None:
    etag = browser.head(url)["ETag"]

    response = browser.get(url, headers={"if-none-match": etag})

    assert response.status_code == 304
    assert response["ETag"] == etag


def test_head_returns_the_size_without_a_body(browser: Client, url: str) -> None:
    response = browser.head(url, headers={"range": "bytes=10-19"})

    assert response.status_code == 206
    assert response["Content-Length"] == "10"
    assert response.content == b""


def test_audio_is_never_compressed(browser: Client, url: str) -> None:
    response = browser.get(url, headers={"accept-encoding": "gzip, br"})

    assert response["Content-Encoding"] == "identity"
    assert body(response) == MP3


def test_download_has_the_name_of_the_recording(browser: Client, url: str) -> None:
    response = browser.head(url, {"download": "1"})

    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''Anna%E2%80%99s%20interview.mp3"
    )


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("a\r\nSet-Cookie: x=1.mp3", 'attachment; filename="a Set-Cookie x=1.mp3"'),
        ("../../etc/passwd", 'attachment; filename="etc passwd.mp3"'),
        ('say "hi".wav', 'attachment; filename="say hi.mp3"'),
        ("...", 'attachment; filename="audio.mp3"'),
        ("con .mp3", 'attachment; filename="con_.mp3"'),
        ("nul.take 2.mp3", 'attachment; filename="nul_.take 2.mp3"'),
        (f"aux{'.' * 120}x", 'attachment; filename="aux_.mp3"'),
        ("声" * 120, f"attachment; filename*=utf-8''{'%E5%A3%B0' * 80}.mp3"),
    ],
)
def test_download_name_is_escaped(browser: Client, owner: User, name: str, saved: str) -> None:
    recording = make_recording(by=owner, name=name)

    response = browser.head(reverse("recording_audio", args=[recording.pk]), {"download": "1"})

    assert response["Content-Disposition"] == saved


@pytest.mark.parametrize("byte_range", ["", "bytes=0-", "bytes=1-", "bytes=-5"])
def test_every_part_of_a_download_is_recorded(browser: Client, url: str, byte_range: str) -> None:
    body(browser.get(url, headers={"range": byte_range}))
    assert not AuditEntry.objects.filter(verb=Verb.DOWNLOADED).exists()  # only played

    body(browser.get(url, {"download": "1"}, headers={"range": byte_range}))

    assert AuditEntry.objects.filter(verb=Verb.DOWNLOADED).count() == 1


def test_preview_is_served(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner)

    response = browser.get(reverse("preview_audio", args=[attempt.pk]))

    assert response.status_code == 200
    assert body(response) == MP3


def test_colleague_can_play_it(client: Client, url: str) -> None:
    client.force_login(make_user("colleague"))

    assert client.head(url).status_code == 200


def test_player_without_a_sign_in_gets_401(client: Client, url: str) -> None:
    response = client.get(url, headers={"sec-fetch-mode": "no-cors", "range": "bytes=0-"})

    assert response.status_code == 401


def test_inactive_user_gets_no_audio(client: Client, url: str) -> None:
    locked = make_user("locked")
    client.force_login(locked)
    locked.is_active = False
    locked.save()

    assert client.get(url).status_code == 302


def test_missing_audio_answers_404(browser: Client, owner: User) -> None:
    elsewhere = make_recording(by=owner, held=False)
    silent = make_attempt(by=owner, audio=None)
    lost = make_recording(by=owner)
    lost.file.storage.delete(str(lost.file.name))

    for name, pk in (
        ("recording_audio", elsewhere.pk),
        ("preview_audio", silent.pk),
        ("recording_audio", lost.pk),
    ):
        assert browser.get(reverse(name, args=[pk])).status_code == 404


def test_audio_rejects_post(browser: Client, url: str) -> None:
    assert browser.post(url).status_code == 405


def test_players_get_the_playable_copy_and_downloads_the_original(
    browser: Client, owner: User
) -> None:
    recording = make_recording(by=owner, name="talk.AIFF", content=b"FORM original")
    recording.file.save("talk.audio", ContentFile(b"FORM original"), save=False)
    recording.playable.save("talk.mp3", ContentFile(MP3))
    url = reverse("recording_audio", args=[recording.pk])

    played, downloaded = browser.get(url), browser.get(url, {"download": "1"})

    assert (played["Content-Type"], body(played)) == ("audio/mpeg", MP3)
    assert downloaded["Content-Disposition"] == 'attachment; filename="talk.aiff"'
    assert body(downloaded) == b"FORM original"


def test_whole_answer_is_a_download_for_support(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner)
    attempt.answer_file.save("answer.txt", ContentFile(b"<script>1</script>"), save=False)
    CloneAttempt.objects.filter(pk=attempt.pk).update(answer_file=attempt.answer_file.name)

    page = browser.get(f"/history/{attempt.pk}/")
    response = browser.get(f"/history/{attempt.pk}/answer/")

    assert page.content.decode().count(f'href="/history/{attempt.pk}/answer/"') == 1
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    assert b"".join(response.streaming_content) == b"<script>1</script>"  # type: ignore[attr-defined]


def test_waveform_replaces_a_flat_one_of_the_same_size(browser: Client, owner: User) -> None:
    """Until it is drawn, the player polls; the element has the same class and view box."""
    attempt = make_attempt(by=owner)
    rows = CloneAttempt.objects.filter(pk=attempt.pk)
    rows.update(audio_peaks=[], lease_until=timezone.now() + timedelta(minutes=1))
    url = reverse("preview_waveform", args=[attempt.pk])

    page = browser.get(reverse("attempt", args=[attempt.pk])).content.decode()
    flat = browser.get(url).content.decode()
    rows.update(audio_peaks=[0, 50, 100], audio_duration_ms=3_210, lease_until=None)
    drawn = browser.get(url).content.decode()

    [player] = re.findall(r'<div class="player" data-kind="voice".*?</svg>', page, re.DOTALL)
    assert [f'hx-get="{url}"' in text for text in (player, flat, drawn)] == [True, True, False]
    assert ['data-length="3210"' in text for text in (flat, drawn)] == [False, True]
    heads = [re.findall(r'<svg class="wave" viewBox="[0-9 ]+"', text) for text in (flat, drawn)]
    assert heads == [['<svg class="wave" viewBox="0 0 440 40"']] * 2


@pytest.mark.parametrize(
    ("preview", "recording", "softer"),
    [
        (-17.0, -23.0, [("#preview", "0.501")]),
        (-23.0, -17.0, [("#sample", "0.501")]),
        (-17.0, -17.2, []),
        (None, -17.0, []),
        (-17.0, None, []),
        (math.nan, -17.0, []),
        (-math.inf, -17.0, []),
    ],
)
def test_preview_and_recording_play_equally_loud(
    browser: Client,
    owner: User,
    preview: float | None,
    recording: float | None,
    softer: list[tuple[str, str]],
) -> None:
    attempt = make_attempt(by=owner)
    CloneAttempt.objects.update(audio_lufs=preview)
    AudioFile.objects.update(figures={"loudness_lufs": recording})
    voice = attempt.cloned_voice
    assert voice is not None

    for url in (
        reverse("attempt", args=[attempt.pk]),
        reverse("voice", args=[voice.pk]),
        reverse("preview_waveform", args=[attempt.pk]),
    ):
        page = browser.get(url).content.decode()
        assert re.findall(r'data-volume-of="(.+?)" data-volume="(.+?)"', page) == softer, url
