"""Layout in other languages: texts that are 40 % longer, and from right to left."""

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
from tests.practice.recordings import hum
from voicestudio.models import AttemptState, CloneAttempt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Labels whose text does not fit in their box; what is hidden from sight has no size.
CUT_OFF: Final = """() => [...document.querySelectorAll(".button, .chip, .badge, .menu a, .link")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.clientWidth > 1)
  .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 2)
  .map((one) => one.innerText.trim() || one.outerHTML)"""


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
    faults = []
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            faults.append(f"{path} {width}: needs {needed} pixels")
        faults += [f"{path} {width}: cut off: {text}" for text in page.evaluate(CUT_OFF)]
    return faults


def test_longer_texts_fit(studio: Studio) -> None:
    paths = make_rows(studio)
    page = studio.page(path="/account/", locale=LONG)
    assert page.locator("html").get_attribute("lang") == LONG

    faults = [fault for path in paths for fault in find_faults(page, path)]

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
