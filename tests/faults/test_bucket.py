"""The bucket is gone, refuses, hangs or breaks off: pages say so, and the same works later."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.config import Config
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils.http import http_date
from pytest_django.fixtures import Settings

from tests.factories import make_recording
from tests.faults.conftest import bill, heading, ledger, read
from tests.faults.proxy import Proxy
from tests.services.conftest import wav
from voicestudio.models import AudioFile
from voicestudio.practice.server import StandIn
from voicestudio.services import clones, storage
from voicestudio.services.clones import Order
from voicestudio.services.paid_calls import audio_download
from voicestudio.services.recordings import checks
from voicestudio.services.storage import StorageAway
from voicestudio.services.storage import bucket as bucket_module
from voicestudio.views import audio
from voicestudio.words import AUDIO_TROUBLES, TROUBLES, Trouble
from voicestudio.words.server_errors import STORAGE_AWAY

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

type Endpoint = Callable[[], Any]


@contextmanager
def closed() -> Iterator[str]:
    """A port on which nothing listens."""
    yield "http://127.0.0.1:9"


@contextmanager
def half_open() -> Iterator[str]:
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


class Answers(BaseHTTPRequestHandler):
    """Answers each request with `status`; a body breaks off before its end."""

    status = 503

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        assert body is not None
        self.send_response(self.status)
        self.send_header("Content-Length", "1000")
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Sat, 28 Nov 2026 12:00:00 GMT")
        self.end_headers()
        self.close_connection = True

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_args: object) -> None:
        """Keep the output of the tests clean."""


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that answers everything with this status and half a body."""
    with serving(type("Handler", (Answers,), {"status": status})) as url:
        yield url


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server with this handler."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


ENDPOINTS: dict[str, Endpoint] = {
    "closed": closed,
    "half open": half_open,
    "refuses": lambda: answering(403),
    "overloaded": lambda: answering(503),
}


@contextmanager
def leading_to(settings: Settings, endpoint: str) -> Iterator[None]:
    """Let the bucket lie at another address for the block."""
    storages = settings.STORAGES
    default = storages["default"]
    options = default["OPTIONS"] | {"endpoint_url": endpoint}
    settings.STORAGES = {**storages, "default": {**default, "OPTIONS": options}}
    yield
    settings.STORAGES = storages


@pytest.fixture
def _impatient(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to the bucket are given up after a moment."""
    short = Config(connect_timeout=0.3, read_timeout=0.3, retries={"total_max_attempts": 1})
    monkeypatch.setattr(bucket_module, "CLIENT", bucket_module.CLIENT.merge(short))


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.usefixtures("data_dir", "_impatient")
def test_bucket_that_is_away_is_named_on_the_page(
    name: str,
    recording: AudioFile,
    browser: Client,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent = {"file": SimpleUploadedFile("a.wav", wav(12))}
    with ENDPOINTS[name]() as endpoint, leading_to(settings, endpoint):
        uploaded = browser.post("/recordings/", sent)
        played = browser.get(f"/audio/recordings/{recording.pk}/")

    for response in (uploaded, played):
        assert (response.status_code, response["Retry-After"]) == (503, "30")
        assert read(response).count(heading(STORAGE_AWAY)) == 1
    assert any(line.startswith("The storage fails: StorageAway: ") for line in caplog.messages)
    assert any(f"{recording.file} cannot be read: the bucket" in line for line in caplog.messages)
    assert AudioFile.objects.count() == 1
    sent["file"].seek(0)
    assert browser.post("/recordings/", sent).status_code == 302


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(("hours", "side"), [(-1, "behind"), (1, "ahead of")])
def test_bucket_that_refuses_a_wrong_clock_is_logged_with_the_clock(
    hours: int, side: str, recording: AudioFile, settings: Settings
) -> None:
    """S3 refuses what is signed by a clock that is a quarter of an hour wrong."""
    date = http_date(time.time() - hours * 3600)
    handler = {"status": 403, "date_time_string": lambda _self: date}
    with (
        serving(type("Handler", (Answers,), handler)) as endpoint,
        leading_to(settings, endpoint),
        pytest.raises(StorageAway, match=rf"403 \(the clock of this machine is 3[56]\d\d s {side}"),
    ):
        storage.size_and_time(recording.file)


@pytest.mark.usefixtures("_impatient")
def test_download_that_breaks_off_means_later(settings: Settings, recording: AudioFile) -> None:
    with answering(200) as endpoint, leading_to(settings, endpoint), pytest.raises(StorageAway):
        list(storage.chunks(recording.file, 0, 1000))
    with answering(200) as endpoint, leading_to(settings, endpoint), pytest.raises(StorageAway):
        recording.file.open("rb")
    with (
        answering(200) as endpoint,
        leading_to(settings, endpoint),
        pytest.raises(StorageAway),
        storage.local_file(recording.file),
    ):
        pass


@pytest.mark.usefixtures("_impatient")
def test_attempt_whose_recording_cannot_be_read_is_not_sent(
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    browser: Client,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempt = clones.submit(order(), by=person)
    with closed() as endpoint, leading_to(settings, endpoint):
        clones.run_clone.call(attempt.pk)

    attempt.refresh_from_db()
    message = TROUBLES[Trouble.STORAGE_AWAY]
    page = read(browser.get(f"/history/{attempt.pk}/"))
    assert (page.count(str(message.headline)), page.count(str(message.next_step))) == (1, 1)
    assert (attempt.trouble, standin.calls_of("voice_clone")) == ("storage_away", [])
    beginning = f"voice_clone {attempt.pk} is not sent: storage_away: the bucket did not answer"
    assert any(line.startswith(beginning) for line in caplog.messages)
    assert (ledger(), bill(standin)) == ({}, {})


@pytest.mark.usefixtures("_impatient")
def test_audio_that_the_bucket_does_not_take_is_stored_later(
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    browser: Client,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    recording = order().recording
    recording.provider_files.create(account="practice", file_id=standin_file(standin, recording))
    attempt = clones.submit(order(), by=person)
    with answering(503) as endpoint, leading_to(settings, endpoint):
        clones.run_clone.call(attempt.pk)

    page = read(browser.get(f"/history/{attempt.pk}/"))
    assert page.count(str(AUDIO_TROUBLES["not_stored"].headline)) == 1
    assert f"The audio of cloneattempt {attempt.pk} could not be stored." in caplog.messages
    attempt.refresh_from_db()
    audio_download.fetch_now(attempt, by=person)

    attempt.refresh_from_db()
    assert (bool(attempt.audio), len(standin.calls_of("voice_clone"))) == (True, 1)
    assert ledger() == bill(standin)


@pytest.mark.usefixtures("_impatient")
def test_check_waits_for_a_bucket_that_is_away(
    recording: AudioFile, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with closed() as endpoint, leading_to(settings, endpoint):
        checks._run_handed_over(recording.pk)
    recording.refresh_from_db()
    assert (recording.checked_at, recording.verdict) == (None, "")
    assert f"The check of recording {recording.pk} failed." in caplog.messages

    checks.run_check(recording.pk)
    recording.refresh_from_db()
    assert recording.verdict != ""


@pytest.mark.usefixtures("data_dir", "bucket")
def test_bucket_that_trickles_is_waited_for(
    recording: AudioFile,
    order: Callable[..., Order],
    person: User,
    browser: Client,
    standin: StandIn,
    settings: Settings,
    s3_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each pause is shorter than the time-out, the whole is longer."""
    patient = bucket_module.CLIENT.merge(Config(read_timeout=2))
    monkeypatch.setattr(bucket_module, "CLIENT", patient)
    began = time.monotonic()
    host, _colon, port = s3_url.rpartition("/")[2].partition(":")
    proxy = Proxy(host, int(port), pause=0.1)
    with proxy, leading_to(settings, f"http://127.0.0.1:{proxy.port}"):
        played = browser.get(f"/audio/recordings/{recording.pk}/?download=1")
        content = b"".join(played.streaming_content)  # type: ignore[attr-defined]
        assert time.monotonic() - began > 2
        uploaded = browser.post("/recordings/", {"file": SimpleUploadedFile("a.wav", wav(12))})
        attempt = clones.submit(order(), by=person)
        clones.run_clone.call(attempt.pk)

    assert content == b"".join(storage.chunks(recording.file, 0, recording.bytes or 0))
    assert (played.status_code, uploaded.status_code) == (200, 302)
    stored = storage.chunks(AudioFile.objects.latest("pk").file, 0, 10**6)
    assert b"".join(stored) == wav(12)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.audio_problem, bool(attempt.audio)) == ("ready", "", True)
    assert ledger() == bill(standin)


@pytest.mark.usefixtures("data_dir", "bucket")
def test_pages_go_on_while_players_wait_for_the_bucket(
    recording: AudioFile, browser: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who wait hold threads for audio alone; the next one is told to come again."""
    monkeypatch.setattr(audio, "TRANSFERS", threading.BoundedSemaphore(1))
    monkeypatch.setattr(audio, "WAIT_FOR_THREAD_S", 0.01)
    address = f"/audio/recordings/{recording.pk}/"
    other = Client()
    other.cookies = browser.cookies
    began, go_on = threading.Event(), threading.Event()

    class Waits(Answers):
        """Says when it is asked, and answers at the end of the test."""

        def do_GET(self) -> None:
            began.set()
            go_on.wait()
            super().do_GET()

        do_HEAD = do_GET  # noqa: N815

    def play() -> None:
        with suppress(Exception):
            other.get(address)
        connection.close()

    with serving(Waits) as endpoint, leading_to(settings, endpoint):
        waiting = threading.Thread(target=play)
        waiting.start()
        assert began.wait(20)
        put_off, page = browser.get(address), browser.get("/recordings/")
        go_on.set()
        waiting.join()

    assert (put_off.status_code, put_off["Retry-After"], page.status_code) == (503, "5", 200)


@pytest.mark.usefixtures("data_dir", "_impatient")
def test_archive_asks_a_bucket_that_is_away_once(
    person: User, browser: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [make_recording(by=person).pk for _ in range(3)]
    asked: list[str] = []

    class Counts(Answers):
        """Refuses, and notes what was asked for."""

        status = 403

        def do_HEAD(self) -> None:
            asked.append(self.path)
            super().do_GET()

    with serving(Counts) as endpoint, leading_to(settings, endpoint):
        response = browser.post("/recordings/selected/download/", {"row": rows})

    assert (response.status_code, len(asked)) == (503, 1)
    assert read(response).count(heading(STORAGE_AWAY)) == 1
    assert any(line.startswith("The storage fails: StorageAway: ") for line in caplog.messages)


def standin_file(standin: StandIn, recording: AudioFile) -> int:
    """Give the stand-in the recording, as an earlier attempt has uploaded it."""
    from voicestudio.services.paid_calls import provider

    with storage.local_file(recording.file) as path:
        client = provider.client()
        return client.upload_file(path, purpose=recording.purpose, filename="a.wav").file_id
