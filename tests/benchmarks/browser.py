"""Chromium, and what it fetches over the network."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.benchmarks.sites import Site
from tests.conftest import find_browser

TIMEOUT_MS: Final = 30_000


class NoBrowser(Exception):  # noqa: N818 - an expected state of the machine
    """This machine has neither Chromium nor Chrome."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium or Chrome. Raises NoBrowser."""
    program = find_browser()
    if program is None:
        raise NoBrowser("No Chromium or Chrome on this machine: this table is left out.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program)
        try:
            yield started
        finally:
            started.close()


@contextmanager
def signed_in_context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A browser profile of its own with the cookies of the site's user."""
    context = browser.new_context(base_url=site.url)
    context.set_default_timeout(TIMEOUT_MS)
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


def measure_load(page: Page, path: str) -> Load:
    """Open a page and measure it; requests that the cache answers do not count."""
    measured = Load()
    addresses: dict[str, str] = {}
    cached: set[str] = set()
    session = page.context.new_cdp_session(page)

    def record_address(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def record_size(event: dict[str, Any]) -> None:
        address = addresses.get(event["requestId"], "")
        if address.startswith("http") and event["requestId"] not in cached:
            measured.requests.append(address)
            measured.bytes += int(event["encodedDataLength"])

    def record_cache(event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            cached.add(event["requestId"])

    session.on("Network.requestWillBeSent", record_address)
    session.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    session.on("Network.responseReceived", record_cache)
    session.on("Network.loadingFinished", record_size)
    session.send("Network.enable")
    page.goto(path, wait_until="load")
    page.wait_for_load_state("networkidle")
    measured.paint_ms = float(page.evaluate(LARGEST_PAINT))
    session.detach()
    return measured


LARGEST_PAINT: Final = """() => new Promise((resolve) => {
  const last = (entries) => entries.length && entries[entries.length - 1].startTime;
  new PerformanceObserver((list) => resolve(last(list.getEntries()))).observe(
    { type: "largest-contentful-paint", buffered: true });
  setTimeout(() => resolve(-1), 2000);
})"""
