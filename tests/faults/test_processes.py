"""Processes are killed, all at one moment or the web server in the middle of a request."""

import html
import http.client
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from signal import SIGKILL
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings
from urllib3.filepost import encode_multipart_formdata

from tests.faults.conftest import bill, ledger
from tests.management.conftest import prepared_folder, start_studio
from tests.management.running_studio import (
    PASSWORD,
    RunningStudio,
    StartStudio,
    kill_at_once,
    still_running,
    wait_until,
)
from tests.management.test_studio import sign_in
from tests.services.conftest import wav
from tests.services.running_worker import database_url, running_worker
from voicestudio.models import AttemptState, CloneAttempt, Worker
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order, reconcile

__all__ = ["prepared_folder", "start_studio"]

pytestmark = pytest.mark.faults

NOWHERE = "postgres://studio@127.0.0.1:9/studio"
KILLED = "The web server was killed by signal 9"
DIED = re.compile(r"The worker (\d+) died; what it held is settled now\.")
THREADS = 2
HANGS = (Fault(action="hang"), Fault(action="hang", after="work"))


@pytest.fixture
def machine(
    tmp_path: Path, data_dir: Path, prepared_folder: Path, standin: StandIn, settings: Settings
) -> Iterator[Callable[[str], RunningStudio]]:
    """Starts a studio with supervisor, web server and worker on the database of the test.

    Each name has a data folder of its own; the files lie on a disk that all share.
    """
    started: list[RunningStudio] = []
    variables = {
        "DATABASE_URL": database_url(), "SECRET_KEY": settings.SECRET_KEY,
        "MINIMAX_API_KEY": "practice", "MINIMAX_ACCOUNT": "practice",
        "MINIMAX_BASE_URL": standin.url, "MINIMAX_READ_TIMEOUT": "300",
        "WORKER_THREADS": str(THREADS),
    }  # fmt: skip

    def start(name: str) -> RunningStudio:
        folder = tmp_path / name
        if not folder.exists():
            shutil.copytree(prepared_folder / "static", folder / "static")
            (folder / "media").symlink_to(data_dir / "media")
        started.append(RunningStudio(folder, variables))
        return started[-1]

    yield start
    for studio in started:
        studio.stop()


@pytest.mark.django_db(transaction=True)
def test_everything_killed_at_once_loses_nothing_and_pays_nothing_twice(
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    browser: Client,
    machine: Callable[[str], RunningStudio],
) -> None:
    """Two machines die in one moment, each with as many calls at the provider as it can have.

    Half of those calls are done and billed; none of their answers ever arrives.
    """
    at_provider, names = 2 * THREADS, ("one", "two")
    for number in range(2 * at_provider):
        named = order(token=uuid4(), voice_id=f"Anna-{number}-7k2p", is_new_speaker=True)
        clones.submit(named, by=person)
    for fault in HANGS * (at_provider // 2):
        standin.script("voice_clone", fault)
    machines = [machine(name).wait_until_ready() for name in names]
    # A worker that hangs in a call takes no other one, so these are calls of both.
    assert wait_until(lambda: len(standin.calls_of("voice_clone")) == at_provider)
    assert wait_until(lambda: len(standin.voices) == at_provider // 2)
    dead = set(Worker.objects.values_list("pid", flat=True))
    web_servers = [each.find_part("run_web") for each in machines]

    kill_at_once(*(each.process.pid for each in machines))

    assert [each.process.wait(10) for each in machines] == [-SIGKILL] * 2
    assert wait_until(lambda: still_running(web_servers) == [])
    assert CloneAttempt.objects.filter(status=AttemptState.CLONING).count() == at_provider
    assert CloneAttempt.objects.filter(status=AttemptState.WAITING).count() == at_provider

    machines = [machine(name).wait_until_ready() for name in names]
    assert wait_until(lambda: not any(row.is_running for row in CloneAttempt.objects.all()))

    logs = "".join(each.output for each in machines)
    assert {int(pid) for pid in DIED.findall(logs)} == dead
    unknown = [row for row in CloneAttempt.objects.all() if row.state == AttemptState.UNKNOWN]
    ready = CloneAttempt.objects.filter(status=AttemptState.READY)
    assert (len(unknown), ready.count()) == (at_provider, at_provider)
    cookies = {"sessionid": browser.cookies["sessionid"].value}
    for row, studio in zip(unknown, cycle(machines)):
        message = clones.message_for(row)
        assert message is not None
        page = requests.get(f"{studio.url}/history/{row.pk}/", cookies=cookies, timeout=20)
        assert str(message.headline) in html.unescape(page.text)
        worked = row.voice_id in standin.voices
        reconcile.settle_by_hand(row, worked=worked, note="the bill", by=person)
    sent = [call.json["voice_id"] for call in standin.calls_of("voice_clone") if call.json]
    assert sorted(sent) == sorted(row.voice_id for row in CloneAttempt.objects.all())
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
