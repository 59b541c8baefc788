"""Browser: Chromium as a person has it, and what it fetches over the wire."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.benchmarks.studio import Site

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC: Final = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
PATIENCE_MS: Final = 30_000


class NoBrowser(Exception):  # noqa: N818 - says what there is not
    """This machine has neither Chromium nor Chrome."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium or Chrome; `NoBrowser` if there is none."""
    places = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), MAC]
    place = next((place for place in places if place and Path(place).exists()), None)
    if place is None:
        raise NoBrowser("No Chromium or Chrome on this machine: this part is left out.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=place)
        try:
            yield started
        finally:
            started.close()


@contextmanager
def person(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser profile of its own, signed in where the site has a door."""
    context = browser.new_context(base_url=site.url)
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies(
        [{"name": name, "value": value, "url": site.url} for name, value in site.cookies.items()]
    )
    try:
        yield context
    finally:
        context.close()


@dataclass
class Load:
    """One load of a page: requests that reached the network, bytes on the wire, largest paint."""

    requests: list[str] = field(default_factory=list)
    bytes: int = 0
    paint_ms: float = 0


def load(page: Page, path: str) -> Load:
    """Go there and see what it takes; a request that the cache answers is none."""
    seen = Load()
    addresses: dict[str, str] = {}
    cached: set[str] = set()
    session = page.context.new_cdp_session(page)

    def sent(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def finished(event: dict[str, Any]) -> None:
        address = addresses.get(event["requestId"], "")
        if address.startswith("http") and event["requestId"] not in cached:
            seen.requests.append(address)
            seen.bytes += int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", sent)

    def answered(event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            cached.add(event["requestId"])

    session.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    page.goto(path, wait_until="load")
    page.wait_for_load_state("networkidle")
    seen.paint_ms = float(page.evaluate(LARGEST_PAINT))
    session.detach()
    return seen


LARGEST_PAINT: Final = """() => new Promise((resolve) => {
  const last = (entries) => entries.length && entries[entries.length - 1].startTime;
  new PerformanceObserver((list) => resolve(last(list.getEntries()))).observe(
    { type: "largest-contentful-paint", buffered: true });
  setTimeout(() => resolve(-1), 2000);
})"""
