"""Recordings and previews in an S3 bucket, at a server on loopback."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from tests.factories import MP3, make_recording
from tests.services.conftest import wav
from voicestudio.models import AttemptState, AudioFile, Project, Purpose
from voicestudio.practice.server import StandIn
from voicestudio.services import clones, recordings, storage, stored_files
from voicestudio.services.clones import Order
from voicestudio.services.recordings import checks
from voicestudio.services.storage import cache
from voicestudio.services.storage.bucket import Bucket
from voicestudio.settings.storage import parse_storage_url

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
ROOT = Path(__file__).parent.parent.parent
MB = 1024**2


@pytest.fixture
def browser(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


def names(bucket: Any) -> list[str]:
    return sorted(found.key for found in bucket.objects.all())


def cached(settings: Settings) -> int:
    return len(list(settings.STORAGE_CACHE_DIR.glob("*.*")))


def test_recording_is_checked_served_and_deleted_in_the_bucket(
    bucket: Any, person: User, browser: Client, tone: bytes, tmp_path: Path, settings: Settings
) -> None:
    path = tmp_path / "anna.wav"
    path.write_bytes(tone)

    recording = recordings.store_local_file(
        path, project=Project.first(), purpose=Purpose.SAMPLE, by=person
    )
    checks.run_check(recording.pk)
    recording.refresh_from_db()

    assert recording.verdict != ""
    assert names(bucket) == sorted(f"voices/{file}" for file in recording.files if file)
    assert not any(settings.MEDIA_ROOT.rglob("*.*"))
    assert max(recordings.waveform_bars(recording, 0, 5_000)) > 0
    url = reverse("recording_audio", args=[recording.pk])
    assert b"".join(browser.get(f"{url}?download=1")) == tone
    part = browser.get(f"{url}?download=1", headers={"range": "bytes=100-199"})
    assert (part.status_code, b"".join(part)) == (206, tone[100:200])
    assert list(stored_files.check_rows()) == []

    recordings.delete_recording(recording, by=person)

    assert (names(bucket), cached(settings)) == ([], 0)


def test_link_leads_to_the_audio_for_an_hour(
    bucket: Any, person: User, browser: Client, settings: Settings, s3_url: str
) -> None:
    settings.STORAGE_ORIGIN = s3_url
    recording = make_recording(by=person, name="Anna’s interview.mp3")
    url = reverse("recording_audio", args=[recording.pk])

    response = browser.get(f"{url}?download=1")

    assert (response.status_code, response["Cache-Control"]) == (302, "private, no-store")
    assert "X-Amz-Expires=3600" in response["Location"]
    answer = requests.get(response["Location"], headers={"Range": "bytes=0-9"}, timeout=10)
    assert (answer.status_code, answer.content) == (206, MP3[:10])
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''Anna")
    client = Client()
    assert client.get(url)["Location"].startswith("/sign-in/")  # no link for a stranger


def test_voice_is_cloned_from_the_bucket_and_its_preview_stored_there(
    bucket: Any, order: Callable[..., Order], person: User, standin: StandIn
) -> None:
    attempt = clones.submit(order(), by=person)

    clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.audio_peaks != []) == (AttemptState.READY, True)
    assert f"voices/{attempt.audio}" in names(bucket)


def test_file_is_downloaded_once_for_all_who_need_it(
    bucket: Any, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = make_recording(by=person)
    fetched = []
    download = Bucket.download

    def count(self: Bucket, name: str, path: Path) -> None:
        fetched.append(name)
        time.sleep(0.1)
        download(self, name, path)

    monkeypatch.setattr(Bucket, "download", count)

    def read(_number: int) -> bytes:
        with storage.local_file(recording.file) as path:
            return path.read_bytes()

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(read, range(8))) == {MP3}
    assert fetched == [str(recording.file)]


def test_recording_that_is_checked_and_cut_is_downloaded_once(
    bucket: Any, person: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(wav(40, rate=8_000))
    recording = recordings.store_local_file(
        path, project=Project.first(), purpose=Purpose.SAMPLE, by=person
    )
    fetched: list[str] = []

    def count(name: str) -> None:
        method = getattr(Bucket, name)

        def fetch(self: Bucket, file: str, *args: Any) -> Any:
            fetched.append(file)
            return method(self, file, *args)

        monkeypatch.setattr(Bucket, name, fetch)

    for name in ("download", "chunks", "_open"):
        count(name)

    checks.run_check(recording.pk)
    recording.refresh_from_db()
    for start_ms in (0, 15_000):
        recordings.waveform_bars(recording, start_ms, start_ms + 12_000)
        recordings.cut_recording(
            recording, start_ms=start_ms, end_ms=start_ms + 12_000, purpose=Purpose.SAMPLE,
            by=person,
        )  # fmt: skip
    recordings.clean_recording(
        recording, trim=False, level=True, dc_and_hum=False, mono=False, by=person
    )

    assert sorted(fetched) == sorted([str(recording.file), str(recording.envelope)])


def test_cache_keeps_what_is_used_and_the_newest(
    bucket: Any, person: User, settings: Settings
) -> None:
    settings.STORAGE_CACHE_BYTES = 2 * len(MP3)
    held, old, new = (make_recording(by=person).file for _ in range(3))

    with storage.local_file(held) as path:
        for file in (old, new):
            with storage.local_file(file):
                pass
        assert (path.exists(), cached(settings)) == (True, 2)

    settings.STORAGE_CACHE_SECONDS = 0
    storage.clean_cache()
    assert cached(settings) == 0


def test_copy_that_was_deleted_before_it_was_locked_is_fetched_again(
    bucket: Any, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_recording(by=person).file
    with storage.local_file(file) as path:
        pass
    flock, calls = fcntl.flock, list[int]()

    def delete_first(handle: Any, kind: int) -> None:
        if kind == fcntl.LOCK_SH and not calls:
            calls.append(kind)
            path.unlink()
        flock(handle, kind)

    monkeypatch.setattr(fcntl, "flock", delete_first)

    with storage.local_file(file) as again:
        assert again.read_bytes() == MP3


def test_missing_file_is_not_found(bucket: Any, person: User, browser: Client) -> None:
    recording = make_recording(by=person)
    bucket.objects.all().delete()

    response = browser.get(reverse("recording_audio", args=[recording.pk]))

    assert response.status_code == 404
    with pytest.raises(FileNotFoundError), storage.local_file(recording.file):
        pass
    with pytest.raises(FileNotFoundError):
        recording.file.open("rb")
    assert [finding.problem.name for finding in stored_files.check_rows()] == ["MISSING"]


def test_bucket_that_does_not_answer_means_later(
    bucket: Any, person: User, browser: Client, settings: Settings
) -> None:
    recording = make_recording(by=person)
    default = settings.STORAGES["default"]
    options = default["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = {**settings.STORAGES, "default": {**default, "OPTIONS": options}}

    response = browser.get(reverse("recording_audio", args=[recording.pk]))

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    with pytest.raises(OSError, match="did not answer"), storage.local_file(recording.file):
        pass


def test_large_file_goes_up_in_parts(bucket: Any) -> None:
    content = os.urandom(1024) * 20 * 1024

    name = default_storage.save("recordings/large.wav", ContentFile(content))

    facts = bucket.Object(f"voices/{name}")
    assert (facts.content_length, facts.e_tag.strip('"')[-2:]) == (len(content), "-3")


UPLOAD_AND_DOWNLOAD = """
import django; django.setup()
from pathlib import Path
from django.core.files import File
from django.core.files.storage import default_storage
from voicestudio.services import storage

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024

recording = Path({path!r})
default_storage.exists("large.wav")  # boto3 is loaded
before = peak()
with recording.open("rb") as file:
    name = default_storage.save("large.wav", File(file))
with storage.local_file(name) as copy:
    size = copy.stat().st_size
assert size == sum(map(len, storage.chunks(name, 0, size)))
print(size, peak() - before)
"""


def test_memory_does_not_grow_with_the_size_of_a_file(
    bucket: Any, s3_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "large.wav"
    with path.open("wb") as file:
        file.truncate(100 * MB)
    done = subprocess.run(
        [sys.executable, "-c", UPLOAD_AND_DOWNLOAD.format(path=str(path))],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
        env={
            "PATH": os.environ["PATH"], "VOICESTUDIO_ENV_FILE": "",
            "VOICESTUDIO_DATA_DIR": str(tmp_path / "data"),
            "DJANGO_SETTINGS_MODULE": "voicestudio.settings", "STORAGE_KEY_ID": "key",
            "STORAGE_SECRET_KEY": "secret",
            "STORAGE_URL": f"s3://{bucket.name}/voices?endpoint={s3_url}&region=us-east-1",
        },
    )  # fmt: skip
    size, grown = map(int, done.stdout.split())

    assert size == 100 * MB
    assert grown < 60 * MB


def test_orphans_in_the_bucket_are_found(
    bucket: Any, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = make_recording(by=person)
    name = default_storage.save("recordings/2026/01/left.wav", ContentFile(b"RIFF"))
    monkeypatch.setattr(stored_files, "_is_young", lambda _name: False)

    assert [finding.name for finding in stored_files.find_orphans()] == [name]
    assert AudioFile.objects.get(pk=kept.pk).file.name != name


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://studio", ("studio", "", "", "")),
        ("s3://studio/a/b/?region=eu-north-1", ("studio", "a/b", "", "eu-north-1")),
        (
            "s3://studio?endpoint=https://s3.example.com&region=x",
            ("studio", "", "https://s3.example.com", "x"),
        ),
    ],
)
def test_address_of_a_bucket_has_these_parts(url: str, expected: tuple[str, ...]) -> None:
    assert parse_storage_url(url) == expected


def test_file_of_another_name_has_a_copy_of_its_own(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE_CACHE_DIR = tmp_path / "cache"

    def write(content: bytes) -> Callable[[Path], None]:
        return lambda path: (path.write_bytes(content), None)[1]

    with cache.hold("a.wav", 1, write(b"a")) as first, cache.hold("b", 1, write(b"b")) as second:
        assert (first.read_bytes(), first.suffix) == (b"a", ".wav")
        assert (second.read_bytes(), second.suffix) == (b"b", ".audio")
