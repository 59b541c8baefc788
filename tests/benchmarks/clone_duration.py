"""From a press of "Clone voice" to a preview that can play; the provider answers at once.

    python -m tests.benchmarks clone_duration

In Chromium on the whole real studio. The baseline is a page without queue and history: one request
uploads, clones, downloads the preview and answers with a player.
"""

import secrets
import statistics
from collections.abc import Iterator
from typing import Final

import requests
from playwright.sync_api import BrowserContext, Page

from tests.benchmarks import browser, sites
from tests.benchmarks.sites import Site
from tests.benchmarks.table import Row

PRESSES: Final = 40
TEXT: Final = "A gentle breeze sweeps across the soft grass."
# Measures from the press of the button until the preview of the new attempt can play.
TIMER: Final = """() => {
  window.pressed = 0;
  window.playable = new Promise((resolve) => {
    document.addEventListener("click", (event) => {
      if (event.target.closest("#clone-voice")) window.pressed = performance.now();
    }, true);
    const look = () => {
      const audio = document.querySelector(
        "#attempt .player[data-kind=voice] audio, #result audio");
      if (!audio || !window.pressed) return requestAnimationFrame(look);
      audio.preload = "auto";
      if (audio.readyState >= 3) return resolve(performance.now() - window.pressed);
      audio.addEventListener("canplay",
        () => resolve(performance.now() - window.pressed), { once: true });
      audio.load();
    };
    look();
  });
}"""


def measure() -> Iterator[Row]:
    """The rows of the table."""
    with (
        sites.temporary_folder() as folder, sites.temporary_folder() as bare_folder,
        sites.studio(folder) as studio, sites.bare_site(bare_folder, studio.practice_url) as bare,
        browser.chromium() as chromium,
    ):  # fmt: skip
        with browser.signed_in_context(chromium, studio) as context:
            ours = _clone_in_studio(context)
        with browser.signed_in_context(chromium, bare) as context:
            baseline = _clone_in_bare_site(context, studio)
    median = statistics.median
    yield Row(f"median of {len(ours)} presses", median(ours), median(baseline), "ms", "220 ms")
    yield Row("95th percentile", _percentile95(ours), _percentile95(baseline), "ms", "500 ms")


def _percentile95(times: list[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]


def _clone_in_studio(context: BrowserContext) -> list[float]:
    page = context.new_page()
    page.goto("/new/")
    page.get_by_role("button", name="Use an example recording").click()
    page.locator("#recording .recording").wait_for()
    recording = page.locator("#recording [name=recording]").input_value()
    # The first press uploads the recording to the provider and fills caches.
    return [_press(page, recording, number) for number in range(PRESSES + 1)][1:]


def _press(page: Page, recording: str, number: int) -> float:
    page.goto(f"/new/?recording={recording}")
    # Unlike all names before, so that the page asks nothing about it.
    page.get_by_label("Speaker").fill(f"{number} {secrets.token_hex(8)}")
    page.locator("[data-verdict=free]").wait_for()
    page.get_by_label("I have this person's permission to clone their voice").check()
    page.get_by_label("Preview text").fill(TEXT)
    page.evaluate(TIMER)
    page.get_by_role("button", name="Clone voice").click()
    return float(page.evaluate("() => window.playable"))


def _clone_in_bare_site(context: BrowserContext, studio: Site) -> list[float]:
    example = requests.get(f"{studio.practice_url}/practice/example.wav", timeout=60).content
    page = context.new_page()
    times = []
    for number in range(PRESSES + 1):
        page.goto("/new/")
        page.get_by_label("Speaker").fill(f"AnnaLarsen-plain{number}")
        page.get_by_label("Recording").set_input_files(
            {"name": "anna.wav", "mimeType": "audio/wav", "buffer": example}
        )
        page.get_by_label("Preview text").fill(TEXT)
        page.evaluate(TIMER)
        page.get_by_role("button", name="Clone voice").click()
        times.append(float(page.evaluate("() => window.playable")))
    return times[1:]
