"""Rolling upgrades: the release before works beside this one, on the schema of this one."""

import html
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.faults.conftest import bill, ledger
from tests.management.running_studio import RunningStudio
from tests.services.conftest import wav
from tests.services.release_before import CHANGELOG, NoRelease, find_release_before, unpack
from tests.services.running_worker import LEASE, ROOT, database_url, running_worker, wait_until
from voicestudio.models import AttemptState, AudioFile, CloneAttempt, Person, Speech, Voice
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import clones
from voicestudio.services.clones import Order

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is missing")
LISTS = ("/", "/history/", "/voices/", "/recordings/", "/costs/", "/audit/", "/system/")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the release before."""
    try:
        _version, commit = find_release_before(ROOT)
    except NoRelease as reason:
        pytest.skip(str(reason))
    return unpack(ROOT, commit, tmp_path_factory.mktemp("release") / "before")


@dataclass
class Deploy:
    """Parts of the studio in two versions, on one database and one data folder."""

    data_dir: Path
    standin: StandIn

    @contextmanager
    def running(self, code: Path, part: str) -> Iterator[RunningStudio]:
        """`studio --web` or `--worker` of one version, until the end of the block."""
        variables = {
            "DATABASE_URL": database_url(), "SECRET_KEY": settings.SECRET_KEY,
            "MINIMAX_API_KEY": "practice", "MINIMAX_BASE_URL": self.standin.url,
            "LEASE_SECONDS": str(LEASE), "HEARTBEAT_SECONDS": "0.2", "WORKER_THREADS": "2",
        }  # fmt: skip
        studio = RunningStudio(self.data_dir, variables, (f"--{part}",), code)
        try:
            if part == "web":
                studio.wait_until_ready()
            yield studio
        finally:
            studio.stop()


@pytest.fixture
def deploy(db: None, data_dir: Path, standin: StandIn) -> Deploy:
    return Deploy(data_dir, standin)


class Browser:
    """A browser that is signed in at every web server, since sessions lie in the database."""

    def __init__(self, user: User) -> None:
        client = Client()
        client.force_login(user)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.cookies["sessionid"] = client.cookies["sessionid"].value
        self.url = ""

    def get(self, path: str) -> requests.Response:
        response = self.session.get(f"{self.url}{path}", timeout=20)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        return response

    def post(self, path: str, page: str, *, files: object = None, **values: str) -> None:
        """Send a form of this page, which has to be accepted."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(page).text)
        assert token is not None
        response = self.session.post(
            f"{self.url}{path}", data={"csrfmiddlewaretoken": token[1], **values},
            files=files, timeout=20, allow_redirects=False,  # type: ignore[arg-type]
        )  # fmt: skip
        assert response.is_redirect, f"{path}: {response.status_code} {response.text}"
        assert "/sign-in/" not in response.headers["Location"]

    def upload(self) -> AudioFile:
        file = ("anna.wav", wav(12, rate=8_000), "audio/wav")
        self.post("/recordings/", "/recordings/", files={"file": file})
        return AudioFile.objects.get()

    def clone(self, recording: AudioFile) -> CloneAttempt:
        self.post(
            "/new/", "/new/", token=str(uuid4()), speaker="Anna", speaker_choice="new Anna",
            voice_id="Anna-7k2p", permission="on", recording=str(recording.pk),
            preview_text="Hello there.", model="speech-2.8-hd", language="auto",
        )  # fmt: skip
        return CloneAttempt.objects.get()

    def speak(self, voice: Voice) -> Speech:
        self.post(
            f"/voices/{voice.pk}/speak/", f"/voices/{voice.pk}/", token=str(uuid4()),
            text="Good morning.", model="speech-2.8-hd", language="auto", speed="1", volume="1",
            pitch="0", format="mp3",
        )  # fmt: skip
        return Speech.objects.get()

    def read(self, path: str) -> str:
        return html.unescape(self.get(path).text)


@pytest.fixture
def browser(deploy: Deploy) -> Browser:
    user = User.objects.create_superuser("lea")
    Person.of(user)
    return Browser(user)


def is_settled(call: CloneAttempt | Speech) -> bool:
    call.refresh_from_db()
    return not call.is_running and call.lease_until is None


def has_audio(call: CloneAttempt | Speech) -> bool:
    return is_settled(call) and bool(call.audio)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("old_part", ["worker", "web"])
def test_release_before_works_with_this_one(
    old_part: str, old: Path, deploy: Deploy, browser: Browser, standin: StandIn
) -> None:
    """One version takes the orders and shows what the other one has done."""
    code = {"web": ROOT, "worker": ROOT} | {old_part: old}
    with deploy.running(code["web"], "web") as web, deploy.running(code["worker"], "worker"):
        browser.url = web.url
        recording = browser.upload()
        attempt = browser.clone(recording)
        assert wait_until(lambda: has_audio(attempt), 60)
        voice = Voice.objects.get()
        speech = browser.speak(voice)
        assert wait_until(lambda: has_audio(speech), 60)
        assert wait_until(lambda: AudioFile.objects.exclude(verdict="").exists(), 60)
        pages = {path: browser.read(path) for path in LISTS}
        for call, place in ((attempt, "previews"), (speech, "speeches")):
            with call.audio.open("rb") as file:
                assert browser.get(f"/audio/{place}/{call.pk}/").content == file.read()
        assert "Ready" in browser.read(f"/history/{attempt.pk}/")
        assert "Good morning." in browser.read(f"/voices/{voice.pk}/")
        browser.get(f"/recordings/{recording.pk}/")

    assert (attempt.state, speech.state) == (AttemptState.READY, AttemptState.READY)
    assert (voice.voice_id, voice.attempt, voice.uncertain) == ("Anna-7k2p", attempt, False)
    assert [*standin.voices] == ["Anna-7k2p"]
    assert [len(standin.calls_of(name)) for name in ("upload", "voice_clone", "t2a_v2")] == [1] * 3
    assert ledger() == bill(standin)
    assert all("Anna-7k2p" in pages[path] for path in ("/history/", "/voices/"))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("old_is_killed", [True, False], ids=["upgrade", "roll back"])
@pytest.mark.parametrize(
    ("call", "state"), [("upload", AttemptState.READY), ("voice_clone", AttemptState.UNKNOWN)]
)
def test_killed_worker_leaves_its_call_to_the_other_version(
    call: str,
    state: AttemptState,
    old_is_killed: bool,
    old: Path,
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    data_dir: Path,
) -> None:
    first, second = (old, ROOT) if old_is_killed else (ROOT, old)
    standin.script(call, Fault(after="work", action="hang"))
    attempt = clones.submit(order(), by=person)

    with running_worker(data_dir, standin, first):
        assert wait_until(lambda: standin.calls_of(call))
    with running_worker(data_dir, standin, second):
        assert wait_until(lambda: is_settled(attempt))

    assert attempt.state == state
    assert len(standin.calls_of("voice_clone")) == 1
    assert len(standin.voices) == 1


CHANGELOGS = {
    "0.1.0": "## [0.1.0] - 2026-11-28\n\n- One.\n",
    "later": "## [Unreleased]\n\n- Two.\n\n## [0.1.0] - 2026-11-28\n\n- One.\n",
    "0.2.0": "## [Unreleased]\n\n## [0.2.0] - 2026-12-24\n\n- Two.\n\n"
    "## [0.1.0] - 2026-11-28\n\n- One.\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository without commits."""
    run_git(tmp_path, "init", "--quiet")
    return tmp_path


def run_git(repository: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Lea", "-c", "user.email=lea@example.com")
    done = subprocess.run(
        ["git", "-C", str(repository), *identity, *arguments],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


def commit(repository: Path, changelog: str) -> str:
    (repository / CHANGELOG).write_text(changelog)
    run_git(repository, "add", CHANGELOG)
    run_git(repository, "commit", "--quiet", "--message", "Change")
    return run_git(repository, "rev-parse", "HEAD")


@needs_git
def test_release_before_is_the_last_commit_without_later_changes(repository: Path) -> None:
    commit(repository, "## [0.1.0] - 2026-11-27\n")
    dated = commit(repository, CHANGELOGS["0.1.0"])
    with pytest.raises(NoRelease, match="No release came before"):
        find_release_before(repository)

    for later in (CHANGELOGS["later"], CHANGELOGS["later"].replace("[Unreleased]", "Unreleased")):
        commit(repository, later)
        assert find_release_before(repository) == ("0.1.0", dated)
    commit(repository, CHANGELOGS["0.2.0"])  # the next release itself
    assert find_release_before(repository) == ("0.1.0", dated)


@needs_git
def test_release_before_has_its_tag(repository: Path) -> None:
    tagged = commit(repository, CHANGELOGS["0.1.0"])
    run_git(repository, "tag", "--annotate", "v0.1.0", "--message", "Voice Studio 0.1.0")
    commit(repository, CHANGELOGS["0.1.0"] + "- A line that was forgotten.\n")
    commit(repository, CHANGELOGS["later"])

    assert find_release_before(repository) == ("0.1.0", tagged)


@needs_git
def test_copy_without_history_says_why_it_has_no_release(repository: Path) -> None:
    commit(repository, CHANGELOGS["later"])
    with pytest.raises(NoRelease, match="shallow clone"):
        find_release_before(repository)

    shutil.rmtree(repository / ".git")
    with pytest.raises(NoRelease, match="no clone of the repository"):
        find_release_before(repository)
