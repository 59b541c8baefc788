"""Cloning: from a press of "Clone voice" to a demo that can play, provider without delay.

    python -m tests.benchmarks cloning

In Chromium on the whole real studio. The floor is a page that does it all at once while one waits:
no queue, no history, one request that uploads, clones, fetches the demo and answers with a player.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Final

import requests
from playwright.sync_api import BrowserContext, Page

from tests.benchmarks import browser, studio
from tests.benchmarks.studio import Site
from tests.benchmarks.table import Row, row

PRESSES: Final = 40
TEXT: Final = "A gentle breeze sweeps across the soft grass."
# Set when the button is pressed, read when the demo of the new attempt says that it can play.
TIME: Final = """() => {
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
        studio.folder() as folder, studio.folder() as other, studio.studio(folder) as site,
        studio.bare(other, f"sqlite:///{other / 'bare.sqlite3'}", site.practice_url) as floor,
        browser.chromium() as chromium,
    ):  # fmt: skip
        with browser.person(chromium, site) as context:
            taken = _presses(context)
        with browser.person(chromium, floor) as context:
            plain = _at_once(context, site)
    middle = statistics.median
    name = f"median of {len(taken)} presses"
    yield row(name, middle(taken), middle(plain), "ms", "220 ms")
    yield row("95th percentile", _worst(taken), _worst(plain), "ms", "500 ms")


def _worst(times: list[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]


def _presses(context: BrowserContext) -> list[float]:
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Use an example recording").click()
    page.locator("#recording .recording").wait_for()
    recording = page.locator("#recording [name=recording]").input_value()
    # The first one wakes everything up, and brings the recording to the provider.
    return [_press(page, recording, number) for number in range(PRESSES + 1)][1:]


def _press(page: Page, recording: str, number: int) -> float:
    page.goto(f"/?recording={recording}")
    page.get_by_label("Speaker").fill(f"Anna Larsen {number}")
    page.locator("[data-verdict=free]").wait_for()
    page.get_by_label("I have this person's permission to clone their voice").check()
    page.get_by_label("Preview text").fill(TEXT)
    page.evaluate(TIME)
    page.get_by_role("button", name="Clone voice").click()
    return float(page.evaluate("() => window.playable"))


def _at_once(context: BrowserContext, site: Site) -> list[float]:
    """The same on the bare site: one request that uploads, clones, and fetches the demo."""
    example = requests.get(f"{site.practice_url}/practice/example.wav", timeout=60).content
    page = context.new_page()
    taken = []
    for number in range(PRESSES + 1):
        page.goto("/")
        page.get_by_label("Speaker").fill(f"AnnaLarsen-plain{number}")
        page.get_by_label("Recording").set_input_files(
            {"name": "anna.wav", "mimeType": "audio/wav", "buffer": example}
        )
        page.get_by_label("Preview text").fill(TEXT)
        page.evaluate(TIME)
        page.get_by_role("button", name="Clone voice").click()
        taken.append(float(page.evaluate("() => window.playable")))
    return taken[1:]
