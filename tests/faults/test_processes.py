"""Processes are killed, all at one moment or the web server in the middle of a request."""

import contextlib
import html
import http.client
import re
import shutil
import sqlite3
import time
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

from tests.factories import make_recording
from tests.faults.conftest import bill, ledger, read
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
from voicestudio.models import AttemptState, CloneAttempt, Worker, clock
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order, reconcile

__all__ = ["prepared_folder", "start_studio"]

pytestmark = pytest.mark.faults

# The stages of a call: the slow call to the provider and its fault, the state as soon as the lease
# has run out and the last one, the number of voices at the provider.
STAGES: dict[str, tuple[str, Fault, AttemptState, AttemptState, int]] = {
    "upload": (
        "upload", Fault(delay=10), AttemptState.INTERRUPTED, AttemptState.READY, 1,
    ),
    "upload answered": (
        "upload", Fault(after="work", action="hang"),
        AttemptState.INTERRUPTED, AttemptState.READY, 1,
    ),
    "clone": (
        "voice_clone", Fault(action="hang"), AttemptState.UNKNOWN, AttemptState.UNKNOWN, 0,
    ),
    "clone done": (
        "voice_clone", Fault(after="work", action="hang"),
        AttemptState.UNKNOWN, AttemptState.UNKNOWN, 1,
    ),
    "preview": (
        "audio", Fault(action="hang"), AttemptState.READY, AttemptState.READY, 1,
    ),
}  # fmt: skip
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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stage", STAGES)
def test_worker_killed_at_each_stage_leaves_true_state(
    stage: str,
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    data_dir: Path,
    browser: Client,
) -> None:
    call, fault, at_once, at_last, voices = STAGES[stage]
    standin.script(call, fault)
    attempt = clones.submit(order(), by=person)

    def look() -> CloneAttempt:
        """The attempt, whose page says what there is to say."""
        row = CloneAttempt.objects.get(pk=attempt.pk)
        page = read(browser.get(f"/history/{row.pk}/"))
        assert page.count(f'data-state="{row.state}"') >= 1
        if (message := clones.message_for(row)) is not None:
            assert str(message.headline) in page
        return row

    with running_worker(data_dir, standin) as killed:
        assert wait_until(lambda: len(standin.calls_of(call)) > 0)
        time.sleep(0.2)
    assert wait_until(lambda: CloneAttempt.objects.get(pk=attempt.pk).has_lapsed)
    assert look().state == at_once
    with running_worker(data_dir, standin) as worker:
        assert wait_until(lambda: _is_settled(CloneAttempt.objects.get(pk=attempt.pk)))
    row = look()

    assert {int(pid) for pid in DIED.findall(worker.log)} == {killed.process.pid}
    assert row.state == at_last
    assert len(standin.calls_of("voice_clone")) == 1
    assert (len(standin.voices), row.sent) == (voices, standin.calls_of("voice_clone")[0].json)
    if stage == "preview":
        assert (row.audio_problem, bool(row.audio)) == ("", True)
    if row.state == AttemptState.UNKNOWN:
        reconcile.settle_by_hand(row, worked=voices > 0, note="the bill", by=person)
    assert ledger() == bill(standin)


def _is_settled(row: CloneAttempt) -> bool:
    return not row.is_running and row.lease_until is None


def kill_web_server(studio: RunningStudio) -> None:
    """Kill it, and wait until another one answers in its place."""
    before = studio.output.count(KILLED)
    studio.find_part("run_web").kill()
    assert wait_until(lambda: studio.output.count(KILLED) > before)
    assert wait_until(lambda: studio.health() == 200)


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

    def count_attempts(self) -> int:
        """How many attempts there are, by the rows."""
        with contextlib.closing(sqlite3.connect(self.studio.folder / "studio.sqlite3")) as rows:
            [count] = rows.execute("SELECT count(*) FROM voicestudio_cloneattempt").fetchone()
        return int(count)

    def find(self, name: str, path: str = "/new/") -> str:
        """The value of a hidden field of a page."""
        value = re.search(rf'name="{name}"[^>]* value="([^"]+)"', self.get(path))
        assert value is not None
        return value[1]

    def post_until_killed(
        self,
        path: str,
        body: bytes,
        kind: str,
        *,
        share: float = 1,
        until: Callable[[], bool] = lambda: True,
    ) -> None:
        """Send this share of a request, then kill the web server as soon as `until` is true."""
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
        assert wait_until(until)
        kill_web_server(self.studio)
        connection.close()


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
    sent = urlencode(form).encode()
    visitor.post_until_killed("/new/", sent, plain)
    visitor.session.post(f"{visitor.studio.url}/new/", form, timeout=20)

    assert wait_until(lambda: "/audio/previews/1/" in visitor.get("/history/1/"))
    assert visitor.count_attempts() == 1

    # Killed after the commit, before anyone has read the answer.
    form |= {
        "token": visitor.find("token"), "speaker": "Berta Olsen", "voice_id": "BertaOlsen-8k2p",
    }  # fmt: skip
    sent = urlencode(form).encode()
    visitor.post_until_killed("/new/", sent, plain, until=lambda: visitor.count_attempts() == 2)
    answer = visitor.session.post(f"{visitor.studio.url}/new/", form, timeout=20)

    assert answer.url.endswith("/history/2/")
    assert wait_until(lambda: "/audio/previews/2/" in visitor.get("/history/2/"))
    assert visitor.count_attempts() == 2


@pytest.mark.django_db(transaction=True)
def test_web_server_killed_while_a_player_streams_lets_it_go_on(
    person: User, browser: Client, machine: Callable[[str], RunningStudio]
) -> None:
    content = wav(120, rate=48_000)  # more than a socket holds
    recording = make_recording(by=person, content=content, checked_at=clock.now())
    studio = machine("one").wait_until_ready()
    cookies = {"sessionid": browser.cookies["sessionid"].value}
    path = f"/audio/recordings/{recording.pk}/"
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=20)
    connection.request("GET", path, headers={"Cookie": f"sessionid={cookies['sessionid']}"})

    with contextlib.closing(connection), connection.getresponse() as response:
        heard = response.read(1000)
        kill_web_server(studio)
        with contextlib.suppress(ConnectionError):
            while block := response.read(1000):
                heard += block
    assert len(heard) < len(content)
    span = {"Range": f"bytes={len(heard)}-"}
    rest = requests.get(f"{studio.url}{path}", cookies=cookies, headers=span, timeout=20)

    assert rest.status_code == 206
    assert heard + rest.content == content


def test_studio_without_its_database_says_so_and_ends(start_studio: StartStudio) -> None:
    studio = start_studio(DATABASE_URL=NOWHERE)

    assert studio.process.wait(60) == 1
    assert studio.output.startswith("CommandError: The database cannot be used, so nothing was ")


@pytest.mark.django_db(transaction=True)
def test_worker_without_its_database_waits(standin: StandIn, data_dir: Path) -> None:
    with running_worker(data_dir, standin, DATABASE_URL=NOWHERE) as worker:
        assert wait_until(lambda: "The database does not answer: waiting for it." in worker.log)
        assert worker.process.poll() is None
