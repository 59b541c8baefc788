"""A browser, a live server and a worker for the tests of whole workflows."""

import os
import re
import threading
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.signals import request_finished
from django.db import connections
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.practice.recordings import hum
from voicestudio.models import AttemptState, CloneAttempt, Speech
from voicestudio.practice.server import StandIn
from voicestudio.practice.sound import Sound, encode_wav, normalize_level
from voicestudio.practice.speech import speak
from voicestudio.services import clones, speeches
from voicestudio.services.clones import reconcile

# The limit of every wait for a state of a page; enough for a machine at a quarter of the speed.
TIMEOUT_MS = 30_000
# An invalid form answers 422, a repeated one 409, an expired sign-in 401; Chrome and htmx report
# them in the console.
EXPECTED_MESSAGE = re.compile(
    r"(Failed to load resource: .* status of|Response Status Error Code) 4(01|09|22)\b"
)
MICROPHONE_TEXT = (
    "Hello and welcome. I read this in a quiet room, at the speed at which I usually talk."
)


@pytest.fixture(scope="session")
def launch(browser_path: str) -> Iterator[Callable[..., Browser]]:
    """Starts browsers with the given switches, and closes them at the end of the run."""
    # Playwright keeps an event loop in this thread, where Django would refuse database queries.
    # None of our coroutines run in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=TIMEOUT_MS)
    try:
        with sync_playwright() as playwright:
            browsers: list[Browser] = []

            def start(*switches: str) -> Browser:
                browsers.append(
                    playwright.chromium.launch(executable_path=browser_path, args=[*switches])
                )
                return browsers[-1]

            yield start
            for browser in browsers:
                browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def speak_at_48_khz(text: str) -> Sound:
    """A spoken text with an average of -20 dBFS, at the sample rate of Chrome's fake microphone."""
    speech = normalize_level(speak(text, voice_id="anna", pitch_hz=200, language_boost="English"))
    samples = speech.samples()
    step = speech.rate / 48_000
    resampled = array("h", (samples[int(at * step)] for at in range(int(len(samples) / step))))
    return Sound(resampled.tobytes(), 48_000)


@pytest.fixture(scope="session")
def browser(launch: Callable[..., Browser], tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """The browser of nearly all tests; its microphone repeats a spoken sentence."""
    path = tmp_path_factory.mktemp("microphone") / "speech.wav"
    path.write_bytes(encode_wav(speak_at_48_khz(MICROPHONE_TEXT)).data)
    return launch(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",  # grants the permission without asking
        f"--use-file-for-fake-audio-capture={path}",
    )


class WorkerThread(threading.Thread):
    """Runs waiting calls, as the background worker does."""

    def __init__(self) -> None:
        super().__init__(name="worker", daemon=True)
        self.stopped = False
        self.awake = threading.Event()

    def wake(self, **_signal: object) -> None:
        """Look for work now: a request has been answered."""
        self.awake.set()

    def run(self) -> None:
        request_finished.connect(self.wake)
        try:
            while not self.stopped:
                self.awake.wait(0.25)  # for calls that become due without a request
                self.awake.clear()
                self.run_waiting_calls()
        finally:
            request_finished.disconnect(self.wake)
            connections.close_all()

    def run_waiting_calls(self) -> None:
        """Run clones, speeches and reconciliations that are due."""
        attempts = CloneAttempt.objects.claimable().order_by("pk")
        for pk in attempts.values_list("pk", flat=True)[:5]:
            clones.run_clone.call(pk)
        for pk in Speech.objects.claimable().values_list("pk", flat=True)[:5]:
            speeches.run_speech.call(pk)
        unknown = CloneAttempt.objects.filter(status=AttemptState.UNKNOWN, claim=None)
        for pk in unknown.exclude(lease_until=None).values_list("pk", flat=True)[:5]:
            reconcile.check_with_provider.call(pk)

    def stop(self) -> None:
        self.stopped = True
        self.wake()
        self.join(timeout=60)
        assert not self.is_alive()


@dataclass
class Studio:
    """The running studio, and the user who opens its pages."""

    url: str
    browser: Browser
    user: User
    folder: Path
    contexts: list[BrowserContext] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def page(
        self, *, signed_in: bool = True, path: str = "/new/", init_script: str = "", **options: Any
    ) -> Page:
        """Open `path` in a new browser context; `init_script` runs before the page's scripts."""
        # Animations would keep the processors of the machine busy.
        options = {"base_url": self.url, "reduced_motion": "reduce", **options}
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        if signed_in:
            client = Client()
            client.force_login(self.user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": self.url}]
            )
        context.on("console", self.note_message)
        context.on("weberror", lambda error: self.messages.append(str(error.error)))
        page = context.new_page()
        if init_script:
            page.add_init_script(init_script)
        page.goto(path)
        return page

    def expect_message(self, text: str) -> None:
        """Allow console errors that contain `text`: the test causes them."""
        self.expected.append(text)

    def note_message(self, message: ConsoleMessage) -> None:
        """Note console errors; violations of the Content-Security-Policy are errors too."""
        if message.type == "error" and not EXPECTED_MESSAGE.match(message.text):
            self.messages.append(message.text)

    def expire_sessions(self) -> None:
        """End every sign-in."""
        Session.objects.all().delete()

    def wav(self, name: str = "anna.wav", seconds: float = 12) -> str:
        """The path of a recording that can be chosen in a file input."""
        path = self.folder / name
        path.write_bytes(hum(seconds))
        return str(path)


@pytest.fixture
def studio(
    browser: Browser, live_server: LiveServer, standin: StandIn, data_dir: Path, tmp_path: Path
) -> Iterator[Studio]:
    """The studio with a worker. Fails the test if the browser reported an unexpected error."""
    worker = WorkerThread()
    worker.start()
    folder = tmp_path / "uploads"
    folder.mkdir()
    studio = Studio(live_server.url, browser, factories.make_user("anna"), folder)
    try:
        yield studio
    finally:
        # Requests that closing cuts off are reported as errors, too.
        messages = [*studio.messages]
        for context in studio.contexts:
            context.close()
        worker.stop()
    unexpected = [
        message for message in messages if not any(text in message for text in studio.expected)
    ]
    assert unexpected == []
