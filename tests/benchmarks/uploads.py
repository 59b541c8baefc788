"""Uploads: big files from Chromium into the studio, and on to the provider.

    python -m tests.benchmarks uploads

Time until the last byte is there and until the answer is, and how much the web server and the
worker grow. The floor: the same file into the bare site; and requests' own multipart.
"""

from __future__ import annotations

import array
import json
import math
import socketserver
import statistics
import subprocess
import sys
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Final

import psutil
from playwright.sync_api import BrowserContext, Page

from tests.benchmarks import browser, studio
from tests.benchmarks.databases import HOUSE
from tests.benchmarks.studio import Site
from tests.benchmarks.table import Row, row

ROUNDS: Final = 3
WATCH_EVERY: Final = 0.01
# Name, sample rate, channels, bytes a sample, seconds.
SIZES: Final = (("20 MB", 44_100, 2, 2, 112), ("200 MB", 96_000, 2, 4, 260))
# Notes when the last byte has gone and when the answer has come.
TIME: Final = """() => {
  window.took = {};
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (body) {
    if (!(body instanceof FormData)) return send.call(this, body);
    const start = performance.now();
    this.upload.addEventListener("load", () => { window.took.sent = performance.now() - start; });
    this.addEventListener("load", () => { window.took.answered = performance.now() - start; });
    return send.call(this, body);
  };
}"""


def measure() -> Iterator[Row]:
    """The rows of the table."""
    with (
        studio.folder() as one, studio.folder() as other, studio.studio(one) as ours,
        studio.bare(other, f"sqlite:///{other / 'bare.sqlite3'}") as floor,
        browser.chromium() as chromium,
    ):  # fmt: skip
        for name, rate, channels, width, seconds in SIZES:
            path = tone(other / f"{rate}.wav", rate, channels, width, seconds)
            with browser.person(chromium, ours) as context, growth(ours) as grown:
                mine = [_into_ours(context, path) for _round in range(ROUNDS)]
            with browser.person(chromium, floor) as context:
                bare = [_into_bare(context, path) for _round in range(ROUNDS)]
            for number, what in ((0, "last byte there"), (1, "answered")):
                asked = "0.25 s" if (name, number) == ("20 MB", 0) else ""
                times, floors = (
                    statistics.median(one[number] for one in each) for each in (mine, bare)
                )
                yield row(f"{name}: {what}", times, floors, "s", asked)
            yield row(f"{name}: the web server grows by", grown["web server"], None, "MB", "25 MB")
        sample = other / f"{SIZES[0][1]}.wav"
        with browser.person(chromium, ours) as context, growth(ours) as first:
            _on_to_the_provider(context, sample)
        with browser.person(chromium, ours) as context, growth(ours) as grown:
            for _round in range(ROUNDS):
                _on_to_the_provider(context, sample)
        yield row("first job: the worker grows by (loads PyAV)", first["worker"], None, "MB", "")
        yield row("20 MB on: the worker grows by", grown["worker"], None, "MB", "25 MB")
        path = other / f"{SIZES[1][1]}.wav"
        alone, theirs = sending("ours", path), sending("requests", path)
        yield row("200 MB by the client alone: grows by", alone, theirs, "MB", "25 MB")


def tone(path: Path, rate: int, channels: int, width: int, seconds: int) -> Path:
    """A wav that sounds; one second of it, again and again."""
    high = 2 ** (8 * width - 3)
    kind = "h" if width == 2 else "i"
    second = array.array(kind)
    for place in range(rate):
        swell = 0.4 + 0.6 * abs(math.sin(place / rate * 9))
        second.extend([int(high * swell * math.sin(place / rate * 1382))] * channels)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        for _second in range(seconds):
            file.writeframes(second.tobytes())
    return path


def _into_ours(context: BrowserContext, path: Path) -> tuple[float, float]:
    page = context.new_page()
    page.goto("/")
    page.evaluate(TIME)
    page.locator("#id_file").set_input_files(path)
    page.locator("#recording .recording").wait_for()
    return _took(page)


def _into_bare(context: BrowserContext, path: Path) -> tuple[float, float]:
    page = context.new_page()
    page.goto("/")
    page.evaluate(TIME)
    page.get_by_label("Recording").set_input_files(path)
    page.get_by_role("button", name="Clone voice").click()
    page.locator("#result p").wait_for()
    return _took(page)


def _took(page: Page) -> tuple[float, float]:
    took = page.evaluate("() => window.took")
    page.close()
    return took["sent"] / 1000, took["answered"] / 1000


def _on_to_the_provider(context: BrowserContext, path: Path) -> None:
    page = context.new_page()
    page.goto("/")
    page.locator("#id_file").set_input_files(path)
    page.locator("#recording .recording").wait_for()
    page.get_by_label("Speaker").fill("Anna Larsen")
    page.locator("[data-verdict=free]").wait_for()
    page.get_by_label("I have this person's permission to clone their voice").check()
    page.get_by_role("button", name="Clone voice").click()
    page.locator("#attempt[data-phase=ready], #attempt .player[data-kind=voice]").first.wait_for()
    page.close()


# Memory ------------------------------------------------------------------------------------------


@contextmanager
def growth(site: Site) -> Iterator[dict[str, float]]:
    """By how many MB each kind of process was larger than at the start, at its largest."""
    grown: dict[str, float] = {}
    processes = {name: site.named(name) for name in ("web server", "worker")}
    before = {name: _megabytes(ones) for name, ones in processes.items()}
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(WATCH_EVERY):
            for name, ones in processes.items():
                grown[name] = max(grown.get(name, 0), _megabytes(ones) - before[name])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        stop.set()
        watcher.join()


def _megabytes(processes: list[psutil.Process]) -> float:
    return sum(one.memory_info().rss for one in processes) / 1024**2


# The client alone ---------------------------------------------------------------------------------

SENDING: Final = """
import re, sys
from pathlib import Path
import requests
from voicestudio.minimax import Client
kind, url, path = sys.argv[1:]
def highest():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before = highest()
if kind == "ours":
    Client(api_key="practice", base_url=url).upload(
        Path(path), purpose="voice_clone", filename="a.wav")
else:
    with open(path, "rb") as file:
        requests.post(url, data={"purpose": "voice_clone"}, files={"file": file}, timeout=120)
print(highest() - before)
"""


class _Receiver(BaseHTTPRequestHandler):
    """Reads what comes, keeps nothing, and answers as the provider does."""

    def do_POST(self) -> None:
        left = int(self.headers["Content-Length"])
        while left > 0:
            left -= len(self.rfile.read(min(left, 65_536)))
        file = {
            "file_id": 1,
            "bytes": 1,
            "created_at": 1,
            "filename": "a",
            "purpose": "voice_clone",
        }
        answer = {"file": file, "base_resp": {"status_code": 0, "status_msg": "success"}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        pass


def sending(kind: str, path: Path) -> float:
    """By how many MB a process grows that sends a file."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        command = [sys.executable, "-c", SENDING, kind, url, str(path)]
        told = subprocess.run(command, cwd=HOUSE, text=True, check=True, stdout=subprocess.PIPE)
        server.shutdown()
    return float(told.stdout)
