"""Large files from Chromium into the studio, and on to the provider.

    python -m tests.benchmarks uploads

Time until the last byte is sent and until the response arrives, and by how much the web server and
the worker grow. The baselines: the same file into the bare site, and the multipart of requests.
"""

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

from tests.benchmarks import browser, sites
from tests.benchmarks.databases import ROOT
from tests.benchmarks.sites import Site
from tests.benchmarks.table import Row

ROUNDS: Final = 3
SAMPLE_SECONDS: Final = 0.01
# Name, sample rate, channels, bytes a sample, seconds.
SIZES: Final = (("20 MB", 44_100, 2, 2, 112), ("200 MB", 96_000, 2, 4, 260))
# Records when the last byte was sent and when the response arrived.
TIMER: Final = """() => {
  window.times = {};
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (body) {
    if (!(body instanceof FormData)) return send.call(this, body);
    const start = performance.now();
    this.upload.addEventListener("load", () => { window.times.sent = performance.now() - start; });
    this.addEventListener("load", () => { window.times.answered = performance.now() - start; });
    return send.call(this, body);
  };
}"""


def measure() -> Iterator[Row]:
    """The rows of the table."""
    with (
        sites.temporary_folder() as folder, sites.temporary_folder() as bare_folder,
        sites.studio(folder) as studio, sites.bare_site(bare_folder) as bare,
        browser.chromium() as chromium,
    ):  # fmt: skip
        for name, rate, channels, width, seconds in SIZES:
            path = write_tone(bare_folder / f"{rate}.wav", rate, channels, width, seconds)
            with browser.signed_in_context(chromium, studio) as context, growth(studio) as grown:
                ours = [_upload_to_studio(context, path) for _round in range(ROUNDS)]
            with browser.signed_in_context(chromium, bare) as context:
                baseline = [_upload_to_bare_site(context, path) for _round in range(ROUNDS)]
            for number, moment in ((0, "last byte there"), (1, "answered")):
                target = "0.25 s" if (name, number) == ("20 MB", 0) else ""
                median, bare_median = (
                    statistics.median(times[number] for times in each) for each in (ours, baseline)
                )
                yield Row(f"{name}: {moment}", median, bare_median, "s", target)
            yield Row(f"{name}: the web server grows by", grown["web server"], None, "MB", "25 MB")
        sample = bare_folder / f"{SIZES[0][1]}.wav"
        with browser.signed_in_context(chromium, studio) as context, growth(studio) as first:
            _clone(context, sample)
        with browser.signed_in_context(chromium, studio) as context, growth(studio) as grown:
            for _round in range(ROUNDS):
                _clone(context, sample)
        yield Row("first job: the worker grows by (loads PyAV)", first["worker"], None, "MB")
        yield Row("20 MB on: the worker grows by", grown["worker"], None, "MB", "25 MB")
        path = bare_folder / f"{SIZES[1][1]}.wav"
        alone, baseline_growth = client_growth("ours", path), client_growth("requests", path)
        yield Row("200 MB by the client alone: grows by", alone, baseline_growth, "MB", "25 MB")


def write_tone(path: Path, rate: int, channels: int, width: int, seconds: int) -> Path:
    """Write a WAV that repeats one second of a tone."""
    peak = 2 ** (8 * width - 3)
    kind = "h" if width == 2 else "i"
    second = array.array(kind)
    for frame in range(rate):
        swell = 0.4 + 0.6 * abs(math.sin(frame / rate * 9))
        second.extend([int(peak * swell * math.sin(frame / rate * 1382))] * channels)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        for _second in range(seconds):
            file.writeframes(second.tobytes())
    return path


def _upload_to_studio(context: BrowserContext, path: Path) -> tuple[float, float]:
    page = context.new_page()
    page.goto("/new/")
    page.evaluate(TIMER)
    page.locator("#id_file").set_input_files(path)
    page.locator("#recording .recording").wait_for()
    return _read_times(page)


def _upload_to_bare_site(context: BrowserContext, path: Path) -> tuple[float, float]:
    page = context.new_page()
    page.goto("/new/")
    page.evaluate(TIMER)
    page.get_by_label("Recording").set_input_files(path)
    page.get_by_role("button", name="Clone voice").click()
    page.locator("#result p").wait_for()
    return _read_times(page)


def _read_times(page: Page) -> tuple[float, float]:
    times = page.evaluate("() => window.times")
    page.close()
    return times["sent"] / 1000, times["answered"] / 1000


def _clone(context: BrowserContext, path: Path) -> None:
    page = context.new_page()
    page.goto("/new/")
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
    """By how many MB each kind of process grew at most during the block."""
    grown: dict[str, float] = {}
    processes = {name: site.processes_named(name) for name in ("web server", "worker")}
    before = {name: _rss_megabytes(each) for name, each in processes.items()}
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            for name, each in processes.items():
                grown[name] = max(grown.get(name, 0), _rss_megabytes(each) - before[name])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        stop.set()
        watcher.join()


def _rss_megabytes(processes: list[psutil.Process]) -> float:
    return sum(process.memory_info().rss for process in processes) / 1024**2


# The client alone ---------------------------------------------------------------------------------

SEND: Final = """
import re, sys
from pathlib import Path
import requests
from voicestudio.minimax import Client
kind, url, path = sys.argv[1:]
def highest():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before = highest()
if kind == "ours":
    Client(api_key="practice", base_url=url).upload_file(
        Path(path), purpose="voice_clone", filename="a.wav")
else:
    with open(path, "rb") as file:
        requests.post(url, data={"purpose": "voice_clone"}, files={"file": file}, timeout=120)
print(highest() - before)
"""


class _Receiver(BaseHTTPRequestHandler):
    """Reads a request, discards it, and answers as the provider does."""

    def do_POST(self) -> None:
        left = int(self.headers["Content-Length"])
        while left > 0:
            left -= len(self.rfile.read(min(left, 65_536)))
        file = {
            "file_id": 1, "bytes": 1, "created_at": 1, "filename": "a", "purpose": "voice_clone",
        }  # fmt: skip
        answer = {"file": file, "base_resp": {"status_code": 0, "status_msg": "success"}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - overridden
        pass


def client_growth(kind: str, path: Path) -> float:
    """By how many MB a process grows while it sends a file."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        command = [sys.executable, "-c", SEND, kind, url, str(path)]
        done = subprocess.run(command, cwd=ROOT, text=True, check=True, stdout=subprocess.PIPE)
        server.shutdown()
    return float(done.stdout)
