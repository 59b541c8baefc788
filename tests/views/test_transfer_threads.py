"""Threads: audio and uploads leave some for the pages."""

import threading

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import make_recording, make_user
from tests.services.conftest import wav
from voicestudio.views import audio, uploads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def test_both_kinds_of_transfers_leave_a_thread_for_pages() -> None:
    assert 0 < 2 * settings.TRANSFER_THREADS < settings.WEB_THREADS


def test_audio_is_put_off_while_all_its_threads_are_taken(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user()
    recording = make_recording(by=user, content=wav(1))
    client.force_login(user)
    monkeypatch.setattr(audio, "TRANSFERS", threading.BoundedSemaphore(1))
    monkeypatch.setattr(audio, "WAIT_FOR_THREAD_S", 0.01)
    url = f"/audio/recordings/{recording.pk}/"

    first = client.get(url)
    busy = client.get(url)
    head = client.head(url)
    assert b"".join(first.streaming_content)[:4] == b"RIFF"  # type: ignore[attr-defined]
    later = client.get(url)
    assert b"".join(later.streaming_content)[:4] == b"RIFF"  # type: ignore[attr-defined]

    statuses = [response.status_code for response in (first, busy, head, later)]
    assert statuses == [200, 503, 503, 200]
    assert busy["Retry-After"] == "5"


def test_upload_is_put_off_while_all_its_threads_are_taken(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(make_user())
    monkeypatch.setattr(uploads, "UPLOADS", threading.BoundedSemaphore(1))
    monkeypatch.setattr(uploads, "WAIT_FOR_THREAD_S", 0.01)

    with uploads.UPLOADS:
        busy = client.post("/recordings/", {})
        page = client.get("/recordings/")

    assert (busy.status_code, page.status_code) == (503, 200)
    assert client.post("/recordings/", {}).status_code == 422
