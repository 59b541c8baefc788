"""The verdict in a real browser: heard, heeded, mended; several files at once."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Studio
from tests.browser.fingers import too_small
from tests.factories import make_checked_recording, make_finding, make_recording
from tests.practice.recordings import hum
from voicestudio.models import AudioFile, Origin
from voicestudio.services import recordings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADVICE = {
    "noise_reduction": True, "noise_reduction_because": "hum",
    "volume_normalization": False, "volume_normalization_because": "",
}  # fmt: skip

FIGURES = {"speech_s": 16.0, "average_dbfs": -21.0, "peak_dbfs": -4.0, "snr_db": 48.0}


def judged(studio: Studio, *found: dict[str, Any], **fields: Any) -> AudioFile:
    """A recording of 20 s that can be heard."""
    values: dict[str, Any] = {"content": b"x", "duration_ms": 20_000, "name": "anna.wav"} | fields
    recording = make_checked_recording("disappointing", *found, by=studio.user, **values)
    recording.file.save("hum.wav", ContentFile(hum(20)))
    return recording


def being_judged(studio: Studio) -> AudioFile:
    recording = make_recording(by=studio.user, check_started_at=timezone.now(), name="anna.wav")
    recording.file.save("hum.wav", ContentFile(hum(20)))
    return recording


def give_verdict(recording: AudioFile, verdict: str, *found: dict[str, Any], **more: Any) -> None:
    """As the worker does."""
    AudioFile.objects.filter(pk=recording.pk).update(
        verdict=verdict, findings=list(found), checked_at=timezone.now(), **more
    )


def played(sound: Locator) -> tuple[bool, float]:
    """Does it play, and where is it?"""
    paused, at = sound.evaluate("sound => [sound.paused, sound.currentTime]")
    return not paused, at


# Heard -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("press", ["click", "Enter", "Space"])
def test_finding_plays_its_three_seconds_and_stops(studio: Studio, press: str) -> None:
    recording = judged(studio, make_finding("hum", at=12.0))
    page = studio.page(path=f"/recordings/{recording.pk}/")
    sound = page.locator(".player audio")
    link = page.get_by_role("link", name=re.compile("Hear it at 0:12"))

    if press == "click":
        link.click()
    else:
        link.press(press)

    stop = page.get_by_role("link", name=re.compile("^Stop"))
    expect(stop).to_be_visible()
    expect(page.locator(".player")).to_have_attribute("data-playing", "")
    assert 11.9 <= played(sound)[1] < 15
    sound.evaluate("sound => { sound.currentTime = 14.8 }")
    expect(link).to_be_visible()
    plays, at = played(sound)
    assert not plays
    assert 15.0 <= at < 15.5


def test_finding_is_stopped_by_its_own_button_and_by_other_sounds(studio: Studio) -> None:
    recording = judged(studio, make_finding("hum", at=12.0), make_finding("noisy", at=3.0))
    page = studio.page(path=f"/recordings/{recording.pk}/")
    first = page.locator("[data-code=hum] [data-finding-audio]")
    second = page.locator("[data-code=noisy] [data-finding-audio]")

    first.click()
    expect(first).to_have_attribute("data-playing", "")
    second.click()
    expect(second).to_have_attribute("data-playing", "")
    expect(first).not_to_have_attribute("data-playing", "")
    second.click()

    expect(second).not_to_have_attribute("data-playing", "")
    expect(page.locator(".player")).not_to_have_attribute("data-playing", "")


def test_finding_that_is_pressed_before_another_has_begun_plays(studio: Studio) -> None:
    recording = judged(studio, make_finding("hum", at=12.0), make_finding("noisy", at=3.0))
    page = studio.page(path=f"/recordings/{recording.pk}/")
    page.locator(".player audio").evaluate(
        """sound => new Promise(known => {
          sound.addEventListener("loadedmetadata", known);
          sound.load();
        })"""
    )

    page.evaluate(
        """() => {
          for (const link of document.querySelectorAll("[data-finding-audio]")) link.click();
        }"""
    )

    expect(page.locator(".player")).to_have_attribute("data-playing", "")
    page.wait_for_function(
        "() => document.querySelector('.player audio').currentTime > 3.1", polling=50
    )
    noisy = page.locator("[data-code=noisy] [data-finding-audio]")
    expect(noisy).to_have_attribute("data-playing", "")


def test_without_script_finding_is_a_link_to_its_place(studio: Studio) -> None:
    recording = judged(studio, make_finding("hum", at=12.0))
    page = studio.page(path=f"/recordings/{recording.pk}/", java_script_enabled=False)

    link = page.get_by_role("link", name=re.compile("Hear it at 0:12"))

    expect(link).to_have_attribute("href", f"/audio/recordings/{recording.pk}/#t=12,15")
    expect(page.locator(".player audio")).to_be_visible()


# It arrives --------------------------------------------------------------------------------------


def test_verdict_arrives_and_sets_the_options(studio: Studio) -> None:
    recording = being_judged(studio)
    page = studio.page(path=f"/?recording={recording.pk}")
    expect(page.get_by_text("Checking the recording…")).to_be_visible()
    noise = page.locator("#id_noise_reduction")
    expect(noise).not_to_be_checked()

    AudioFile.objects.filter(pk=recording.pk).update(duration_ms=7_200_000, checked_ms=2_080_000)
    expect(page.get_by_text("Checking the recording… 34 of 120 minutes")).to_be_visible()
    expect(page.locator("#announcer")).to_be_empty()  # nobody wants to be told every minute
    give_verdict(recording, "disappointing", make_finding("hum"), advice=ADVICE)

    expect(page.locator("#recording .badge")).to_have_text("Poor")
    expect(noise).to_be_checked()
    expect(noise).to_be_visible()
    expect(page.get_by_text("Recommended for this recording").first).to_be_visible()
    expect(page.locator("#id_volume_normalization")).not_to_be_checked()
    expect(page.get_by_text("This recording will probably give a poor voice.")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("anna.wav: Poor")


def test_person_s_own_choice_is_left_alone(studio: Studio) -> None:
    recording = being_judged(studio)
    page = studio.page(path=f"/?recording={recording.pk}")
    page.locator("#sound-options > summary").click()
    noise = page.get_by_label("Reduce noise")
    noise.check()
    noise.uncheck()

    give_verdict(recording, "disappointing", make_finding("hum"), advice=ADVICE)

    expect(page.locator("#recording .findings")).to_be_visible()
    expect(noise).not_to_be_checked()
    expect(page.get_by_text("Recommended for this recording").first).to_be_hidden()


def test_nothing_that_one_looks_at_moves_when_it_arrives(studio: Studio) -> None:
    recording = being_judged(studio)
    page = studio.page(path=f"/?recording={recording.pk}", viewport={"width": 1280, "height": 700})
    text = page.get_by_label("Preview text")
    text.focus()
    text.scroll_into_view_if_needed()
    before = text.bounding_box()

    found = [make_finding(code) for code in ("clipped", "noisy", "hum")]
    give_verdict(recording, "disappointing", *found)

    expect(page.locator("#recording .finding")).to_have_count(3)
    expect(text).to_be_focused()
    after = text.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) <= 1


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("found", [[], [make_finding("hum", severity=1)]])
def test_verdict_fills_the_room_that_was_kept(
    studio: Studio, found: list[dict[str, Any]], width: int
) -> None:
    """What stands below stays where it is, and nothing is left empty above it."""
    recording = being_judged(studio)
    page = studio.page(
        path=f"/recordings/{recording.pk}/", viewport={"width": width, "height": 740}
    )
    below = page.get_by_role("link", name="Cut", exact=True)
    before = below.bounding_box()

    give_verdict(recording, "usable" if found else "good", *found, figures=FIGURES)

    expect(page.locator(".verdict .note")).to_have_attribute(
        "data-state", "remark" if found else "good"
    )
    assert below.bounding_box() == before
    empty = page.locator(".verdict").evaluate(
        """verdict => {
          const [first, details] = verdict.children;
          const gap = parseFloat(getComputedStyle(verdict).rowGap);
          const inside = first.getBoundingClientRect().bottom
            - first.querySelector(".button, .key-figures").getBoundingClientRect().bottom;
          return [verdict.getBoundingClientRect().height - first.getBoundingClientRect().height
            - gap - details.getBoundingClientRect().height, inside];
        }"""
    )
    assert abs(empty[0]) <= 1
    assert empty[1] <= 48


def test_it_stops_asking_when_it_has_an_answer(studio: Studio) -> None:
    recording = being_judged(studio)
    page = studio.page(path=f"/recordings/{recording.pk}/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    give_verdict(recording, "good")
    expect(page.get_by_text("This recording is ready to clone.")).to_be_visible()
    count = len(asked)

    page.wait_for_timeout(2500)

    assert len(asked) == count


def test_check_again_in_the_form_keeps_what_is_typed(studio: Studio) -> None:
    recording = make_recording(by=studio.user, checked_at=timezone.now())
    page = studio.page(path=f"/?recording={recording.pk}")
    page.get_by_label("Speaker").fill("Anna Larsen")

    page.get_by_role("button", name="Check again").click()

    expect(page.get_by_text("Checking the recording…")).to_be_visible()
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")


# Several at once ---------------------------------------------------------------------------------


def test_several_files_get_one_line_each(studio: Studio) -> None:
    page = studio.page(path="/recordings/")
    files = [studio.wav("one.wav"), studio.wav("short.wav", seconds=3), studio.wav("two.wav")]

    page.locator("#id_files").set_input_files(files)

    lines = page.locator(".line")
    expect(lines).to_have_count(3)
    expect(page.locator(".line[data-uploaded]")).to_have_count(2)
    refused = lines.nth(1)
    expect(refused).to_contain_text("short.wav")
    expect(refused).to_contain_text("MiniMax needs at least 10 seconds.")
    expect(page.locator("#announcer")).to_have_text("Finished: 2 uploaded, 1 failed.")
    first = AudioFile.objects.get(name="one.wav")
    recordings.run_check(first.pk)
    first.refresh_from_db()
    expect(lines.first.locator(".badge")).to_have_text(first.get_verdict_display())
    refused.get_by_role("button", name="Put away short.wav").click()
    expect(lines).to_have_count(2)
    lines.first.get_by_role("link", name="one.wav").click()
    expect(page).to_have_url(re.compile(rf"/recordings/{first.pk}/$"))


def test_progress_of_each_is_true_and_two_go_at_a_time(studio: Studio) -> None:
    page = studio.page(path="/recordings/")
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000},
    )

    page.locator("#id_files").set_input_files(
        [studio.wav(f"{name}.wav", seconds=120) for name in ("one", "two", "three")]
    )

    share = re.compile(r"^[1-9]\d? % · [\d.]+ of 1.9 MB$")
    expect(page.locator(".line .figure").nth(0)).to_have_text(share)
    expect(page.locator(".line .figure").nth(1)).to_have_text(share)
    expect(page.locator(".line .figure").nth(2)).to_have_text("waiting")
    page.get_by_role("button", name="Cancel one.wav").click()
    expect(page.locator(".line")).to_have_count(2)
    expect(page.locator(".line .figure").nth(1)).to_have_text(share)
    for name in ("two.wav", "three.wav"):
        page.get_by_role("button", name=f"Cancel {name}").click()
    expect(page.locator(".lines")).to_be_hidden()
    expect(page.locator("#id_files")).to_be_focused()
    assert AudioFile.objects.count() == 0


def test_dropped_files_go_to_the_list(studio: Studio) -> None:
    page = studio.page(path="/recordings/")

    data = page.evaluate_handle(
        """content => {
          const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
          const data = new DataTransfer();
          for (const name of ["a.wav", "b.wav"]) data.items.add(new File([bytes], name));
          return data;
        }""",
        base64.b64encode(hum(12)).decode(),
    )
    page.get_by_label("They are").select_option("Recordings")
    page.locator(".drop").dispatch_event("drop", {"dataTransfer": data})

    expect(page.locator(".line[data-uploaded]")).to_have_count(2)
    assert set(AudioFile.objects.values_list("name", flat=True)) == {"a.wav", "b.wav"}


def test_lost_connection_keeps_the_file_in_its_line(studio: Studio) -> None:
    page = studio.page(path="/recordings/")
    studio.expects("ERR_FAILED")
    page.route("**/recordings/", lambda route: route.abort(), times=1)

    page.locator("#id_files").set_input_files(studio.wav())
    expect(page.locator(".line")).to_contain_text("The connection broke")
    page.get_by_role("button", name="Try again anna.wav").click()

    expect(page.locator(".line[data-uploaded]")).to_have_count(1)


def test_without_script_several_files_go_with_the_form(studio: Studio) -> None:
    page = studio.page(path="/recordings/", java_script_enabled=False)

    page.locator("#id_files").set_input_files([studio.wav("one.wav"), studio.wav("two.wav")])
    page.get_by_role("button", name="Upload").click()

    expect(page.get_by_text("one.wav is here.")).to_be_visible()
    expect(page.get_by_text("two.wav is here.")).to_be_visible()


# Mended ------------------------------------------------------------------------------------------


def test_from_the_form_to_a_tidied_copy_and_back(studio: Studio) -> None:
    recording = judged(studio, make_finding("too_quiet"), figures={"loudness_lufs": -30.0})
    page = studio.page(path=f"/?recording={recording.pk}")
    page.get_by_label("Speaker").fill("Anna Larsen")

    page.get_by_role("button", name="Make a clean copy").click()
    expect(page.get_by_label("Even the level")).to_be_checked()
    page.get_by_role("button", name="Make a clean copy").click()
    expect(page.get_by_text("Listening to the copy.")).to_be_visible()
    copy = AudioFile.objects.get(origin=Origin.CLEANED)
    give_verdict(copy, "good", figures={"loudness_lufs": -20.0})

    expect(page.get_by_role("heading", name="Use the clean copy: it's better.")).to_be_visible()
    expect(page.get_by_text("The copy is 10.0 dB louder.")).to_be_visible()
    volumes = [
        page.locator(f"{place} audio").evaluate("sound => sound.volume")
        for place in ("#original", "#copy")
    ]
    assert volumes[0] == 1
    assert volumes[1] == pytest.approx(10**-0.5, abs=0.001)
    accent = page.get_by_role("link", name="Use the copy").evaluate(
        "link => getComputedStyle(link).backgroundColor"
    )
    assert accent == page.locator(".brand span").evaluate(
        "brand => getComputedStyle(brand).backgroundColor"
    )
    page.get_by_role("link", name="Use the copy").click()
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
    expect(page.locator("[name=recording]")).to_have_value(str(copy.pk))


def test_before_and_after_play_one_at_a_time(studio: Studio) -> None:
    original = judged(studio, make_finding("hum"))
    judged(studio, parent=original, origin=Origin.CLEANED)
    page = studio.page(path=f"/recordings/{original.pk}/tidy/")
    before, after = page.locator("#original .player"), page.locator("#copy .player")

    before.get_by_role("button").click()
    expect(before).to_have_attribute("data-playing", "")
    after.get_by_role("button").press("Enter")

    expect(after).to_have_attribute("data-playing", "")
    expect(before).not_to_have_attribute("data-playing", "")


def test_without_script_a_copy_is_tidied_too(studio: Studio) -> None:
    recording = judged(studio, make_finding("too_quiet"))
    page = studio.page(path=f"/recordings/{recording.pk}/tidy/", java_script_enabled=False)

    page.get_by_role("button", name="Make a clean copy").click()

    expect(page.get_by_role("link", name="Use the copy")).to_be_visible()


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("path", ["/recordings/", "/recordings/{pk}/", "/recordings/{pk}/tidy/"])
def test_pages_fit_their_width(studio: Studio, path: str, width: int, tmp_path: Path) -> None:
    found = [make_finding(code) for code in ("clipped", "noisy", "hum")]
    recording = judged(studio, *found, name=f"{'very-long-name-' * 12}.wav")
    judged(studio, parent=recording, origin=Origin.CLEANED, name=f"{'copy-of-' * 20}.wav")
    page = studio.page(path=path.format(pk=recording.pk), viewport={"width": width, "height": 740})

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 375:
        assert too_small(page) == []


def tab_to(page: Page, selector: str) -> None:
    for _turn in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by keyboard")


def test_findings_and_details_by_keyboard_alone(studio: Studio) -> None:
    recording = judged(studio, make_finding("hum", at=12.0), figures={"hum_hz": 50})
    page = studio.page(path=f"/recordings/{recording.pk}/")

    tab_to(page, "[data-finding-audio]")
    page.keyboard.press("Enter")
    expect(page.locator(".player")).to_have_attribute("data-playing", "")
    tab_to(page, ".verdict summary")
    page.keyboard.press("Enter")

    expect(page.get_by_text("50\u00a0Hz")).to_be_visible()
