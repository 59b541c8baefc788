"""Steps and checks that several browser tests share."""

import base64
import re
import time
from collections.abc import Callable

from playwright.sync_api import FloatRect, Locator, Page, expect

from tests import factories
from tests.browser.conftest import TIMEOUT_MS, Studio
from tests.practice.recordings import hum

ATTEMPT_URL = re.compile(r"/history/\d+/$")
PERMISSION = "I have this person's permission to clone their voice"


# The clone form -----------------------------------------------------------------------------------


def fill_in_form(page: Page, speaker: str = "Anna Larsen") -> None:
    """Fill in all required fields but the recording."""
    page.get_by_label("Speaker").fill(speaker)
    expect(page.locator("#voice-id [data-verdict=free]")).to_be_visible()
    page.get_by_label(PERMISSION).check()


def choose_file(page: Page, path: str) -> None:
    """Choose a recording and wait until it has been uploaded."""
    page.locator("#id_file").set_input_files(path)
    expect(page.locator("#recording .recording")).to_be_visible()


def submit_form(page: Page) -> None:
    page.get_by_role("button", name="Clone voice").click()


def clone_voice(studio: Studio) -> Page:
    """The page of an attempt that has just been requested."""
    page = studio.page()
    fill_in_form(page)
    choose_file(page, studio.wav())
    submit_form(page)
    expect(page).to_have_url(ATTEMPT_URL)
    return page


def sign_in(page: Page, username: str = "anna") -> None:
    """Sign in, on the sign-in page or in the dialog."""
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


# Mouse, keyboard and network ----------------------------------------------------------------------


def tab_to(target: Locator) -> None:
    """Press Tab until `target` has the focus."""
    for _press in range(60):
        target.page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"The Tab key does not reach {target}.")


def drop_files(target: Locator, *names: str) -> None:
    """Drop files from another program, 12 s of audio each."""
    data = target.page.evaluate_handle(
        """([content, names]) => {
          const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
          const data = new DataTransfer();
          for (const name of names) data.items.add(new File([bytes], name, { type: "audio/wav" }));
          return data;
        }""",
        [base64.b64encode(hum(12)).decode(), names],
    )
    target.dispatch_event("drop", {"dataTransfer": data})


def throttle_uploads(page: Page, bytes_per_second: int) -> None:
    """Slow down uploads, so that their progress can be seen."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False, "latency": 0, "downloadThroughput": -1,
            "uploadThroughput": bytes_per_second,
        },
    )  # fmt: skip


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for a state of the database. Do not use it for a state of the page."""
    deadline = time.monotonic() + TIMEOUT_MS / 1000
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# Audio and layout ---------------------------------------------------------------------------------


def wait_for_position(audio: Locator, seconds: float) -> None:
    """Wait until `audio` has played past `seconds`."""
    audio.page.wait_for_function(
        "([audio, seconds]) => audio.currentTime > seconds",
        arg=[audio.element_handle(), seconds],
        polling=50,
    )


def bounding_box(locator: Locator) -> FloatRect:
    """`x`, `y`, `width` and `height` of a visible element."""
    box = locator.bounding_box()
    assert box is not None
    return box


# A checkbox and its label are one target, as high as the label's ::before.
SMALL_TARGETS = """area => [...area.querySelectorAll(
    "a, button, select, summary, textarea, input:not([type=checkbox], [type=radio]), .check, .chip"
  )].filter((target) => target.checkVisibility({ visibilityProperty: true })
    && !target.matches(".visually-hidden, [type=file]")
  ).filter((target) => {
    const label = target.matches(".check") && target.querySelector("label");
    const height = label
      ? parseFloat(getComputedStyle(label, "::before").height)
      : target.getBoundingClientRect().height;
    return !(Math.round(height) >= 44);
  }).map((target) => target.innerText || target.ariaLabel || target.outerHTML)"""


def assert_touch_targets(area: Locator) -> None:
    """All controls in `area` are at least 44 pixels high, as fingers need."""
    assert area.evaluate(SMALL_TARGETS) == []
