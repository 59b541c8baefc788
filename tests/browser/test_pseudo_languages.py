"""Layout in other languages: texts that are 40 % longer, and from right to left."""

import re
from pathlib import Path
from typing import Final

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page
from pytest_django.fixtures import Settings

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.pseudo_languages import LONG, MIRRORED, make_longer, offer_pseudo_languages
from tests.browser.steps import bounding_box
from tests.browser.test_accessibility import OPEN_ALL, list_paths_before_sign_in
from tests.browser.test_languages import MAKE_PATHS
from tests.practice.recordings import hum
from voicestudio.models import AttemptState, CloneAttempt
from voicestudio.services import example_team

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Those that push down what follows; menus open on top of it.
FOLDS: Final = "main details:not(.switcher *, .rows *, .opens-below)"
# Texts that do not fit in their box; what is hidden from sight has no size. An ellipsis is meant,
# and so is what scrolls.
CUT_OFF: Final = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.clientWidth > 1)
  .filter((one) => {
    const { overflowX, textOverflow } = getComputedStyle(one);
    const isLabel = one.matches(".button, .chip, .badge, .menu a, .link");
    if (!one.innerText?.trim() || one.matches("select, textarea, .skip")) return false;
    const isCut = ["hidden", "clip"].includes(overflowX) && textOverflow !== "ellipsis";
    if (!isLabel && !isCut) return false;
    return one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 2;
  })
  .map((one) => one.innerText.trim().slice(0, 80))"""
# Controls of the page whose text or frame lies on that of another; the area around a link that a
# finger can touch may. Not those that stay in view while the page scrolls under them.
OVERLAPPING: Final = """() => {
  const paint = (one) => {
    const { borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(one);
    const colours = [backgroundColor, parseFloat(borderTopWidth) ? borderTopColor : "transparent"];
    const isFramed = colours.some((one) => !["transparent", "rgba(0, 0, 0, 0)"].includes(one));
    if (isFramed) return [one.getBoundingClientRect()];
    const texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
      if (texts.currentNode.parentElement.closest(".visually-hidden")) continue;
      const range = document.createRange();
      range.selectNodeContents(texts.currentNode);
      found.push(...range.getClientRects());
    }
    return found;
  };
  const clips = (one) => {
    const found = [];
    for (let each = one; each; each = each.parentElement) {
      const { overflow, position } = getComputedStyle(each);
      if (["fixed", "sticky"].includes(position)) return null;
      if (overflow !== "visible") found.push(each.getBoundingClientRect());
    }
    return found;
  };
  const boxes = [...document.querySelectorAll(
    "main :is(a, button, select, summary, textarea, input:not([type=hidden], [type=range]), .badge)"
  )].filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && one.clientWidth !== 1 && !one.closest("[popover]")
  ).flatMap((one) => {
    const frames = clips(one);
    if (!frames) return [];
    return paint(one).map((box) => [box, ...frames].reduce((all, frame) => ({
      left: Math.max(all.left, frame.left), right: Math.min(all.right, frame.right),
      top: Math.max(all.top, frame.top), bottom: Math.min(all.bottom, frame.bottom),
    }))).map((box) => ({ one, box }));
  });
  const name = (one) => one.innerText?.trim().slice(0, 40) || one.outerHTML.slice(0, 60);
  const overlap = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  return boxes.flatMap((a, at) => boxes.slice(at + 1)
    .filter((b) => !a.one.contains(b.one) && !b.one.contains(a.one) && overlap(a.box, b.box))
    .map((b) => `${name(a.one)} | ${name(b.one)}`));
}"""


@pytest.fixture(autouse=True)
def pseudo_languages(settings: Settings, tmp_path: Path) -> None:
    offer_pseudo_languages(settings, tmp_path / "pseudo")


def make_rows(studio: Studio) -> list[str]:
    """One attempt of each state, a recording with findings; the addresses of the main pages."""
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    studio.expect_message("404 (Not Found)")
    for state in AttemptState:
        factories.make_attempt(state, by=studio.user)
    findings = [factories.make_finding(code) for code in ("clipped", "noisy", "hum")]
    recording = factories.make_checked_recording("disappointing", *findings, by=studio.user)
    recording.file.save("hum.wav", ContentFile(hum(60)))
    flagged = CloneAttempt.objects.get(input_sensitive=True)
    return [
        "/", "/new/", "/history/", f"/history/{flagged.pk}/", "/recordings/",
        f"/recordings/{recording.pk}/", "/voices/", f"/voices/{flagged.cloned_voice_id}/",
        "/account/", "/styleguide/?components", f"/speakers/{flagged.speaker_id}/", "/people/",
        f"/people/{studio.user.pk}/", "/costs/", "/system/", "/system/hold/",
        "/system/retention/", f"/projects/{flagged.project_id}/",
        "/audit/", "/voices/compare/", "/no-such-page/",
    ]  # fmt: skip


def find_faults(page: Page, path: str) -> list[str]:
    """What does not fit on this page, at both widths."""
    page.goto(path)
    page.locator(FOLDS).evaluate_all(OPEN_ALL)
    faults = []
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            faults.append(f"{path} {width}: needs {needed} pixels")
        faults += [f"{path} {width}: cut off: {text}" for text in page.evaluate(CUT_OFF)]
        faults += [f"{path} {width}: overlapping: {pair}" for pair in page.evaluate(OVERLAPPING)]
    return faults


def test_longer_texts_fit(studio: Studio) -> None:
    studio.user.is_staff = studio.user.is_superuser = True
    studio.user.save()
    for message in ("404 (Not Found)", "410 (Gone)"):
        studio.expect_message(message)
    example_team.show_team(by=studio.user)
    every = [path for make_paths in MAKE_PATHS for path in make_paths(studio.user)]
    # The first of each kind: the list with rows, not the one without.
    paths = {re.sub(r"\d+|\?.*", "", path): path for path in reversed(every)}.values()
    page = studio.page(path="/account/", locale=LONG)
    assert page.locator("html").get_attribute("lang") == LONG

    faults = [
        fault for path in [*paths, "/styleguide/?components"] for fault in find_faults(page, path)
    ]
    visitor = studio.page(signed_in=False, path="/sign-in/", locale=LONG)
    for path in list_paths_before_sign_in():
        faults += find_faults(visitor, path)

    assert faults == [], "\n".join(faults)


def test_pages_are_mirrored_but_sound_is_not(studio: Studio) -> None:
    paths = make_rows(studio)
    page = studio.page(path="/account/", locale=MIRRORED)

    mirrored = [*paths[10:], *paths[2:5], paths[9]]
    faults = [fault for path in mirrored for fault in find_faults(page, path)]

    assert faults == [], "\n".join(faults)
    assert page.locator("html").get_attribute("dir") == "rtl"
    page.set_viewport_size({"width": 1280, "height": 900})
    assert bounding_box(page.locator(".side"))["x"] > bounding_box(page.locator("#main"))["x"]
    start, end = (
        bounding_box(page.locator(f".handle[data-edge={edge}]")) for edge in ("start", "end")
    )
    assert start["x"] < end["x"]
    for sound in (".player .track", ".waveform-editor"):
        assert page.locator(sound).first.evaluate("one => getComputedStyle(one).direction") == "ltr"


def test_longer_text_keeps_its_placeholders() -> None:
    text = make_longer("<b>%(name)s</b> has {count} recordings left.")

    assert text == "[<b>%(name)s</b> håš {count} réçördîñğš léft.œüöå œü]"
