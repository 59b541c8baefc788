"""Every page in Chromium, beside its budget and a bare page in the same run.

    python -m tests.benchmarks.pages [/history/] [/voices/] ...

First load: requests that reach the network, and kilobytes on the wire with headers, with an
empty cache. Later: the same page with the cache of other pages. Paint: the largest paint, as a
multiple of a bare page's on the same web server; each page is loaded in turn with a bare one, and
the medians are compared, since one lucky load of the bare page would double the multiple. Answer:
the slowest of some interactions, one after the other, with the processor throttled four times; the
shortest of some rounds, since other programs only make it longer. What is over its budget has an
exclamation mark; nothing fails.
"""

import re
import statistics
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

import requests
from playwright.sync_api import Browser, Page

from tests.benchmarks import browser, sites
from tests.benchmarks.browser import NoBrowser
from tests.benchmarks.sites import Site

ROUNDS: Final = 7
TRIED_ROUNDS: Final = 3  # rounds in which the controls are tried, too
THROTTLE: Final = 4
WARM_UP: Final = "/account/"  # its styles and scripts are those of every page
BARE: Final = "/"
SIGN_IN: Final = "/sign-in/"
# Pages without a number in their address, and where links to the others are found.
FIXED: Final = (
    "/", "/new/", "/history/", "/voices/", "/voices/compare/", "/recordings/", "/costs/",
    "/projects/", "/people/", "/audit/", "/system/", "/system/retention/", "/account/", "/search/",
    "/help/", "/styleguide/",
)  # fmt: skip
LISTS: Final = ("/history/", "/voices/", "/recordings/", "/projects/", "/people/")
NUMBERED: Final = ("history", "voices", "speakers", "recordings", "projects", "people")
PARTS: Final = {"recordings": ("cut/", "clean-copy/"), "voices": ("delete/",)}

HEADS: Final = ("", "requests", "first KB", "later KB", "paint ×", "shift", "blocking", "answer ms")
WIDTHS: Final = (28, 10, 10, 10, 10, 10, 10, 10)

SHIFT: Final = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 100);
})"""
BLOCKING: Final = """() => performance.getEntriesByType("resource").filter((entry) =>
  entry.initiatorType === "script" && entry.renderBlockingStatus === "blocking").length"""
# The longest time from an input to the next frame; events that took less than 16 ms are left out.
WATCH_EVENTS: Final = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (entry.interactionId) window.longest = Math.max(window.longest, entry.duration);
  }).observe({ type: "event", durationThreshold: 16 });
}"""
# Two frames later: what answers an event is drawn, and its time is reported. A script is faster
# than a person, whose next event does not wait for the answer to this one.
ANSWERED: Final = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))"
KEY_MS: Final = 80  # between two keys of somebody who types fast


class PageCosts(NamedTuple):
    """What one page takes; the order is that of the columns."""

    requests: float
    first_kb: float
    later_kb: float
    paint: float
    shift: float
    blocking: float
    answer_ms: float


BUDGET: Final = PageCosts(
    requests=12, first_kb=80, later_kb=25, paint=3, shift=0, blocking=0, answer_ms=100
)


def main(paths: list[str]) -> None:
    """Print one line for each page, and how many are over a budget."""
    with (
        sites.temporary_folder() as folder, sites.temporary_folder() as bare_folder,
        sites.studio(folder) as studio, sites.bare_site(bare_folder) as bare,
        browser.chromium() as chromium,
    ):  # fmt: skip
        show_team(studio)
        print_line(HEADS)
        print_line(("budget", *(f"{limit:g}" for limit in BUDGET)))
        over = 0
        for path in paths or [SIGN_IN, *find_paths(studio)]:
            measured = measure_page(chromium, studio, bare, path)
            cells = [mark(*pair) for pair in zip(measured, BUDGET, strict=True)]
            over += any(cell.endswith("!") for cell in cells)
            print_line((path, *cells))
    print(f"{over} pages are over a budget." if over else "All pages are within their budgets.")


def show_team(studio: Site) -> None:
    """Fill the lists: the example team has attempts, voices and recordings of all kinds."""
    with requests.Session() as session:
        session.cookies.update(studio.cookies)
        page = session.get(f"{studio.url}/people/", timeout=sites.START_WITHIN)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token is not None
        session.post(
            f"{studio.url}/people/example-team/",
            data={"csrfmiddlewaretoken": token.group(1)},
            timeout=sites.START_WITHIN,
        ).raise_for_status()


def find_paths(studio: Site) -> Iterator[str]:
    """Every kind of page, once: those with a number from the first link to one."""
    yield from FIXED
    linked = "".join(studio.get(f"{path}?project=all").text for path in LISTS)
    for kind in NUMBERED:
        if found := re.search(rf'href="(/{kind}/\d+/)', linked):
            yield found[1]
            yield from (f"{found[1]}{part}" for part in PARTS.get(kind, ()))


def measure_page(chromium: Browser, studio: Site, bare: Site, path: str) -> PageCosts:
    """Load the page several times, each beside a bare page, and try its controls."""
    loads, paints, shifts, answers = [], [], [], []
    for number in range(ROUNDS):
        with browser.signed_in_context(chromium, bare) as context:
            paints.append(browser.measure_load(context.new_page(), BARE).paint_ms)
        with browser.signed_in_context(chromium, studio) as context:
            if path == SIGN_IN:
                context.clear_cookies()
            page = context.new_page()
            loads.append(browser.measure_load(page, path))
            shifts.append(float(page.evaluate(SHIFT)))
            blocking = float(page.evaluate(BLOCKING))
            if number < TRIED_ROUNDS:
                answers.append(try_controls(page))
    with browser.signed_in_context(chromium, studio) as context:
        page = context.new_page()
        browser.measure_load(page, WARM_UP)
        later = browser.measure_load(page, path)
    return PageCosts(
        requests=max(len(load.requests) for load in loads),
        first_kb=max(load.bytes for load in loads) / 1000,
        later_kb=later.bytes / 1000,
        paint=statistics.median(load.paint_ms for load in loads) / statistics.median(paints),
        shift=max(shifts),
        blocking=blocking,
        answer_ms=min(answers),
    )


def try_controls(page: Page) -> float:
    """Open and close a fold, type, and open the list of keys: the longest answer in ms."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    page.evaluate(WATCH_EVENTS)
    fold = page.locator("main summary:visible").first
    if fold.count():
        fold.click()
        page.evaluate(ANSWERED)
        fold.click()
        page.evaluate(ANSWERED)
    field = page.locator("main :is(input[type=search], input[type=text], textarea):visible").first
    if field.count():
        field.click()
        page.evaluate(ANSWERED)
        page.keyboard.type("anna", delay=KEY_MS)
        field.blur()
    for key in ("?", "Escape"):
        page.keyboard.press(key)
        page.evaluate(ANSWERED)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    return float(page.evaluate("window.longest"))


def mark(value: float, limit: float) -> str:
    """A value, with an exclamation mark if it is over its budget."""
    text = f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return f"{text} !" if value > limit else text


def print_line(cells: tuple[str, ...]) -> None:
    """Print one line; the first column is aligned left."""
    first, *others = zip(cells, WIDTHS, strict=True)
    padded = [f"{first[0]:<{first[1]}}", *(f"{cell:>{width}}" for cell, width in others)]
    print(" ".join(padded).rstrip(), flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except NoBrowser as missing:
        print(missing)
