"""Processes are killed, all at one moment or the web server in the middle of a request."""

import http.client
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from urllib3.filepost import encode_multipart_formdata

from tests.faults.conftest import bill, ledger, read
from tests.management.conftest import prepared_folder, start_studio
from tests.management.running_studio import PASSWORD, RunningStudio, StartStudio, wait_until
from tests.management.test_studio import sign_in
from tests.services.conftest import wav
from tests.services.running_worker import running_worker
from voicestudio.models import AttemptState, CloneAttempt, Worker
from voicestudio.practice.server import StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order, reconcile

__all__ = ["prepared_folder", "start_studio"]

pytestmark = pytest.mark.faults

ATTEMPTS = 8
NOWHERE = "postgres://studio@127.0.0.1:9/studio"
KILLED = "The web server was killed by signal 9"


@pytest.mark.django_db(transaction=True)
def test_everything_killed_at_once_loses_nothing_and_pays_nothing_twice(
    order: Callable[..., Order], person: User, standin: StandIn, data_dir: Path, browser: Client
) -> None:
    """Two workers, each with calls in flight; their answers never arrive."""
    standin.delay = 8  # longer than any machine takes from the look below to both kills
    for number in range(ATTEMPTS):
        named = order(token=uuid4(), voice_id=f"Anna-{number}-7k2p", is_new_speaker=True)
        clones.submit(named, by=person)
    with running_worker(data_dir, standin), running_worker(data_dir, standin):
        assert wait_until(lambda: Worker.objects.count() == 2)
        assert wait_until(lambda: len(standin.calls_of("voice_clone")) >= 2)
    standin.delay = 0.1
    with running_worker(data_dir, standin) as worker:
        assert wait_until(lambda: not any(row.is_running for row in CloneAttempt.objects.all())), (
            worker.log
        )
    # What was under way at the provider ends, too.
    assert wait_until(lambda: len(standin.voices) == len(standin.calls_of("voice_clone")))

    assert worker.log.count("died; what it held is settled now.") == 2
    unknown = [row for row in CloneAttempt.objects.all() if row.state == AttemptState.UNKNOWN]
    assert unknown
    for row in unknown:
        message = clones.message_for(row)
        assert message is not None
        assert str(message.headline) in read(browser.get(f"/history/{row.pk}/"))
        worked = row.voice_id in standin.voices
        reconcile.settle_by_hand(row, worked=worked, note="the bill", by=person)
    sent = [call.json["voice_id"] for call in standin.calls_of("voice_clone") if call.json]
    assert sorted(sent) == sorted(set(sent))
    assert len(sent) >= ATTEMPTS - len(unknown)
    assert ledger() == bill(standin)


class Visitor:
    """A signed-in manager whose requests may break off."""

    def __init__(self, studio: RunningStudio) -> None:
        self.studio = studio
        self.session = requests.Session()
        found = PASSWORD.search(studio.output)
        assert found is not None
        assert sign_in(studio, found[1], self.session) == 200

    def get(self, path: str) -> str:
        return self.session.get(f"{self.studio.url}{path}", timeout=10).text

    def find(self, name: str, path: str = "/new/") -> str:
        """The value of a hidden field of a page."""
        value = re.search(rf'name="{name}"[^>]* value="([^"]+)"', self.get(path))
        assert value is not None
        return value[1]

    def post_until_killed(self, path: str, body: bytes, kind: str, *, share: float) -> None:
        """Send this share of a request, then kill the web server."""
        connection = http.client.HTTPConnection("127.0.0.1", self.studio.port, timeout=10)
        connection.putrequest("POST", path)
        cookies = "; ".join(f"{each.name}={each.value}" for each in self.session.cookies)
        for name, value in [
            ("Cookie", cookies),
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
        ]:
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(body[: int(len(body) * share)])
        before = self.studio.output.count(KILLED)
        self.studio.find_part("run_web").kill()
        connection.close()
        assert wait_until(lambda: self.studio.output.count(KILLED) > before)
        assert wait_until(lambda: self.studio.health() == 200)


def test_web_server_killed_in_a_request_lets_it_be_sent_again(start_studio: StartStudio) -> None:
    visitor = Visitor(start_studio().wait_until_ready())
    token = visitor.find("csrfmiddlewaretoken")
    fields: dict[str, str | tuple[str, bytes, str]]
    fields = {"csrfmiddlewaretoken": token, "file": ("anna.wav", wav(12), "audio/wav")}
    upload, kind = encode_multipart_formdata(fields)

    visitor.post_until_killed("/recordings/", upload, kind, share=0.5)
    assert visitor.get("/recordings/").count("anna.wav</span></a>") == 0
    answer = visitor.session.post(
        f"{visitor.studio.url}/recordings/", upload, headers={"Content-Type": kind}, timeout=20
    )
    assert answer.status_code == 200
    recording = re.findall(r"recording=(\d+)", answer.url)[0]

    form = {
        "csrfmiddlewaretoken": token,
        "token": visitor.find("token"),
        "speaker": "Anna Larsen",
        "voice_id": "AnnaLarsen-7k2p",
        "permission": "on",
        "recording": recording,
        "preview_text": "Hello there.",
        "model": "speech-2.8-hd",
        "language": "auto",
    }
    plain = "application/x-www-form-urlencoded"
    visitor.post_until_killed("/new/", urlencode(form).encode(), plain, share=1)
    visitor.session.post(f"{visitor.studio.url}/new/", form, timeout=20)

    assert wait_until(lambda: "/audio/previews/1/" in visitor.get("/history/1/"))
    assert visitor.session.get(f"{visitor.studio.url}/history/2/", timeout=10).status_code == 404


def test_studio_without_its_database_says_so_and_ends(start_studio: StartStudio) -> None:
    studio = start_studio(DATABASE_URL=NOWHERE)

    assert studio.process.wait(60) == 1
    assert studio.output.startswith("CommandError: The database cannot be used, so nothing was ")


@pytest.mark.django_db(transaction=True)
def test_worker_without_its_database_waits(standin: StandIn, data_dir: Path) -> None:
    with running_worker(data_dir, standin, DATABASE_URL=NOWHERE) as worker:
        assert wait_until(lambda: "The database does not answer: waiting for it." in worker.log)
        assert worker.process.poll() is None
