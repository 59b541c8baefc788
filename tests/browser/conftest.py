"""A real browser, a real server and a worker, for the tests of the whole way."""

from __future__ import annotations

import os
import re
import shutil
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.signals import request_finished
from django.db import connections
from django.templatetags.static import static
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.practice.recordings import hum
from voicestudio.models import AttemptState, CloneAttempt, Speech
from voicestudio.practice.server import StandIn
from voicestudio.practice.sound import Sound, encode_wav, normalize_level
from voicestudio.practice.speech import speak
from voicestudio.services import clones, speeches
from voicestudio.services.clones import reconcile

# What the browser gets ready for people, at half of the cost of a short test: processes in reserve
# and its own bars. The switch replaces Playwright's, of which only the last two matter here.
LEAN = (
    "--disable-features=SpareRendererForSitePerProcess,PreloadTopChromeWebUI,WebUIOmniboxPopup,"
    "WebUIOmniboxAimPopup,AimEnabled,OptimizationHints,MediaRouter,PaintHolding,HttpsUpgrades"
)
# A renderer less for each page.
ONE_RENDERER = ("--process-per-site", "--renderer-process-limit=1")
# Chromium without its windows, where Debian's package of it is installed: the same pages at half
# of the cost. It cannot ask for permission: `asks` is for tests in which a microphone is refused.
SHELL = None if "CHROMIUM" in os.environ else shutil.which("chromium-headless-shell")
# What the microphone hears.
TEXT = "Hello and welcome. I read this in a quiet room, at the speed at which I usually talk."
# A form that is not right answers 422 and an expired sign-in 401: the browser notes every 4xx.
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of 4(01|22) ")


@pytest.fixture(scope="session")
def launch(browser_path: str) -> Iterator[Callable[..., Browser]]:
    """Starts browsers, each with its switches; those that ask for permission as people see it."""
    # Playwright keeps an event loop in this thread, where Django would then refuse to ask the
    # database; no coroutine of ours runs in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            started: list[Browser] = []

            def start(*switches: str, asks: bool = False) -> Browser:
                one = playwright.chromium.launch(
                    executable_path=browser_path if asks else SHELL or browser_path,
                    args=[LEAN, *ONE_RENDERER, *switches],
                )
                started.append(one)
                return one

            yield start
            for one in started:
                one.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def speech() -> Sound:
    """A sentence as the practice room speaks it, averaging -20 dBFS, at 48 kHz."""
    said = normalize_level(speak(TEXT, voice_id="anna", pitch_hz=200, language_boost="English"))
    samples = said.samples()
    step = said.rate / 48_000
    fine = array("h", (samples[int(at * step)] for at in range(int(len(samples) / step))))
    return Sound(fine.tobytes(), 48_000)


@pytest.fixture(scope="session")
def browser(
    launch: Callable[..., Browser], speech: Sound, tmp_path_factory: pytest.TempPathFactory
) -> Browser:
    """One browser for nearly all tests: a second one costs as much as two of them.

    Its microphone hears the sentence, over and over.
    """
    path = tmp_path_factory.mktemp("microphone") / "heard.wav"
    path.write_bytes(encode_wav(speech).data)
    return launch(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",  # without it, a browser without windows never allows
        f"--use-file-for-fake-audio-capture={path}",
    )


class WorkerThread(threading.Thread):
    """Runs whatever is waiting, as the background worker does."""

    def __init__(self) -> None:
        super().__init__(name="worker", daemon=True)
        self.stopped = False
        self.awake = threading.Event()

    def wake(self, **_signal: object) -> None:
        """There may be something to do: a request has been answered."""
        self.awake.set()

    def run(self) -> None:
        request_finished.connect(self.wake)
        try:
            while not self.stopped:
                # What a request asks for is begun at once; what comes due by itself, soon.
                self.awake.wait(0.25)
                self.awake.clear()
                waiting = CloneAttempt.objects.claimable()
                for pk in waiting.order_by("pk").values_list("pk", flat=True)[:5]:
                    clones.run_clone.call(pk)
                for pk in Speech.objects.claimable().values_list("pk", flat=True)[:5]:
                    speeches.run_speech.call(pk)
                asked = CloneAttempt.objects.filter(status=AttemptState.UNKNOWN, claim=None)
                for pk in asked.exclude(lease_until=None).values_list("pk", flat=True)[:5]:
                    reconcile.check_with_provider.call(pk)
        finally:
            request_finished.disconnect(self.wake)
            connections.close_all()

    def stop(self) -> None:
        self.stopped = True
        self.wake()
        self.join(timeout=30)
        assert not self.is_alive()


class Contexts:
    """Browsers of their own within one browser; a new one costs as much as a short test.

    What a test has left goes to the next one that wants the same options, without pages, sign-in,
    permissions and what was in the way of requests. Files that it has fetched stay, and a page
    that does nothing: whose process the next pages use, instead of starting another.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.free: dict[str, list[BrowserContext]] = {}
        self.taken: list[tuple[str, BrowserContext]] = []

    def take(self, *, permissions: Sequence[str] = (), **options: Any) -> BrowserContext:
        """One that nobody else has."""
        # What turns and blinks costs more than all the rest of a page that waits.
        options = {"reduced_motion": "reduce", **options}
        kind = repr(sorted(options.items()))
        free = self.free.setdefault(kind, [])
        if free:
            context = free.pop()
        else:
            context = self.browser.new_context(**options)
            context.new_page().goto(static("img/icon.svg"))
        context.set_default_timeout(10_000)
        context.grant_permissions(permissions)
        self.taken.append((kind, context))
        return context

    def give_back(self) -> None:
        """All that were taken."""
        while self.taken:
            kind, context = self.taken.pop()
            for page in context.pages[1:]:
                page.close()
            context.unroute_all()
            context.set_offline(False)
            context.clear_cookies()
            context.clear_permissions()
            self.free[kind].append(context)


@pytest.fixture(scope="session")
def pools() -> dict[Browser, Contexts]:
    """What tests have left in each browser."""
    return {}


@dataclass
class Studio:
    """The running studio, and whoever sits before it."""

    url: str
    contexts: Contexts
    user: User
    folder: Path
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def page(
        self, *, current_user: bool = True, path: str = "/", before: str = "", **options: Any
    ) -> Page:
        """A page of a browser of its own, at `path`; `before` runs in it before all of ours."""
        viewport = options.pop("viewport", None)
        context = self.contexts.take(base_url=self.url, **options)
        if current_user:
            client = Client()
            client.force_login(self.user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": self.url}]
            )
        page = context.new_page()
        if viewport is not None:
            page.set_viewport_size(viewport)
        if before:
            page.add_init_script(before)
        self.watch(page)
        page.goto(path)
        return page

    def watch(self, page: Page) -> None:
        """Note what the browser complains about."""
        page.on("console", self.heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def expects(self, words: str) -> None:
        """A complaint with these words belongs to what the test does."""
        self.expected.append(words)

    def heard(self, message: ConsoleMessage) -> None:
        """Errors and violations of the Content-Security-Policy; both are written as errors."""
        if message.type == "error" and not EXPECTED.match(message.text):
            self.complaints.append(message.text)

    def sign_everybody_out(self) -> None:
        """As if every sign-in had expired."""
        Session.objects.all().delete()

    def wav(self, name: str = "anna.wav", seconds: float = 12) -> str:
        """A recording on this machine's disk."""
        path = self.folder / name
        path.write_bytes(hum(seconds))
        return str(path)


@pytest.fixture
def studio(
    browser: Browser,
    pools: dict[Browser, Contexts],
    live_server: LiveServer,
    standin: StandIn,
    data_dir: Path,
    tmp_path: Path,
) -> Iterator[Studio]:
    """The studio with a worker; ends with a look at what the browser complained about."""
    worker = WorkerThread()
    worker.start()
    folder = tmp_path / "here"
    folder.mkdir()
    contexts = pools.setdefault(browser, Contexts(browser))
    running = Studio(live_server.url, contexts, factories.make_user("anna"), folder)
    try:
        yield running
    finally:
        contexts.give_back()
        running.contexts.give_back()  # of another browser, where a test wanted one
        worker.stop()
    unexpected = [
        words for words in running.complaints if not any(part in words for part in running.expected)
    ]
    assert unexpected == []
