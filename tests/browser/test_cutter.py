"""The cut page in a real browser: by mouse, by touch, by keyboard alone, and without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.fingers import too_small
from tests.practice.recordings import hum
from voicestudio.models import AudioFile, Purpose

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECONDS = 60
PASSAGES = {
    "best": {"start_ms": 12_000, "end_ms": 27_000, "reasons": ["least_noise", "in_pauses"]},
    "prompt": {"start_ms": 40_000, "end_ms": 46_500, "reasons": ["in_pauses"]},
}


@pytest.fixture
def recording(studio: Studio) -> AudioFile:
    """A minute of sound that can be heard and cut."""
    made = factories.make_recording(
        by=studio.user, name="talk.wav", duration_ms=SECONDS * 1000, passages=PASSAGES,
        checked_at="2026-01-01T00:00Z",
    )  # fmt: skip
    made.file.save("talk.wav", ContentFile(hum(SECONDS)))
    return made


def opened(studio: Studio, recording: AudioFile, query: str = "", **options: Any) -> Page:
    return studio.page(path=f"/recordings/{recording.pk}/cut/{query}", **options)


def handle(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=f"{name} of the part")


def places(page: Page) -> tuple[str, str]:
    """What stands in the two fields."""
    return (page.locator("#id_start").input_value(), page.locator("#id_end").input_value())


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def x_of(page: Page, seconds: float) -> float:
    """Where a second lies on the screen while all is shown."""
    box = page.locator(".selection-area").bounding_box()
    assert box is not None
    return box["x"] + box["width"] * seconds / SECONDS


def knob(page: Page, name: str) -> tuple[float, float]:
    """Where a finger takes the handle: above or below the picture."""
    box = handle(page, name).bounding_box()
    assert box is not None
    y = box["y"] - 6 if name == "Start" else box["y"] + box["height"] + 6
    return box["x"] + box["width"] / 2, y


def seconds(text: str) -> float:
    minutes, rest = text.split(":")
    return int(minutes) * 60 + float(rest)


# By mouse ---------------------------------------------------------------------------------------


def drag(page: Page, start: tuple[float, float], x: float) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + x) / 2, start[1])
    page.mouse.move(x, start[1], steps=4)
    page.mouse.up()


def test_by_mouse_from_handles_to_a_new_recording(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording)
    judged = page.locator("#judged")

    expect(judged).to_have_text("1:00 — fine")
    drag(page, knob(page, "Start"), x_of(page, 20))
    drag(page, knob(page, "End"), x_of(page, 25))
    expect(judged).to_have_text(re.compile("too short, at least 10"))
    drag(page, middle(handle(page, "End")), x_of(page, 45))
    start, end = (seconds(text) for text in places(page))
    expect(judged).to_have_text(re.compile(r"^2[45](\.\d)?\u00a0s — fine$"))
    page.get_by_role("button", name="Save this part").click()

    expect(page).to_have_url(re.compile(r"/recordings/#recording-\d+$"))
    made = recording.children.get()
    assert [start, end] == pytest.approx([20, 45], abs=0.3)
    assert (made.from_ms, made.to_ms) == (round(start * 1000), round(end * 1000))


def test_marked_part_is_dragged_as_a_whole(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording, "?start=10&end=22")
    line = middle(page.locator(".selection-area"))[1]

    drag(page, (x_of(page, 15), line), x_of(page, 35))
    moved = [seconds(text) for text in places(page)]
    drag(page, (x_of(page, 35), line), x_of(page, 80))

    assert moved == pytest.approx([30, 42], abs=0.3)
    assert places(page) == ("0:48.0", "1:00.0")


# By touch ---------------------------------------------------------------------------------------


def test_by_touch(studio: Studio, recording: AudioFile) -> None:
    page = opened(
        studio, recording, viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True
    )
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y} for x, y in points]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    def pull(x: float, y: float, by: float) -> None:
        touch("touchStart", (x, y))
        for step in range(1, 6):
            touch("touchMove", (x + by * step / 5, y))
        touch("touchEnd")

    x, y = knob(page, "Start")
    pull(x + 15, y - 10, x_of(page, 30) - x)  # within 44 pixels
    assert seconds(places(page)[0]) == pytest.approx(30, abs=0.5)
    assert places(page)[1] == "1:00.0"
    # What it comes to is read without scrolling.
    expect(page.locator("#judged")).to_be_in_viewport()
    expect(page.locator("#judged")).to_have_text(re.compile(r"^(30|29\.\d)\u00a0s — fine$"))
    x, y = knob(page, "End")
    pull(x - 15, y + 10, x_of(page, 38) - x)
    expect(page.locator("#judged")).to_have_text(re.compile("too short, at least 10"))
    line = middle(page.locator(".selection-area"))[1]
    pull(x_of(page, 34), line, x_of(page, 10) - x_of(page, 30))
    page.touchscreen.tap(x_of(page, 14), line)

    assert [seconds(text) for text in places(page)] == pytest.approx([10, 18], abs=1)
    assert at(page) == pytest.approx(14, abs=0.5)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_what_a_finger_takes_is_large_enough(studio: Studio, recording: AudioFile) -> None:
    page = opened(
        studio, recording, "?suggest=best", viewport={"width": 375, "height": 740},
        has_touch=True, is_mobile=True,
    )  # fmt: skip

    expect(page.get_by_role("slider", name="Visible part of the recording")).to_be_visible()
    knobs = page.locator(".handle").evaluate_all(
        """handles => handles.map((one) => parseFloat(getComputedStyle(one, "::after").height))"""
    )

    assert too_small(page) == []
    assert knobs == [44, 44]


# By keyboard ------------------------------------------------------------------------------------


def test_sliders_follow_the_keys(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording)
    start = handle(page, "Start")
    said = []

    start.focus()
    for key in ("ArrowRight", "ArrowUp", "PageUp", "ArrowLeft", "PageDown", "End", "Home"):
        page.keyboard.press(key)
        said.append(start.get_attribute("aria-valuenow"))

    assert said == ["0.1", "0.2", "1.2", "1.1", "0.1", "59.9", "0"]
    assert start.get_attribute("aria-valuetext") == "0 seconds"
    handle(page, "End").focus()
    page.keyboard.press("ArrowDown")
    assert handle(page, "End").get_attribute("aria-valuetext") == "59.9 seconds"
    assert start.get_attribute("aria-valuemax") == "59.8"
    assert handle(page, "End").get_attribute("aria-valuemin") == "0.1"
    page.keyboard.press("Home")
    assert places(page) == ("0:00.0", "0:00.1")


def test_by_keyboard_alone(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording, "?back=form")

    def tab_to(selector: str) -> None:
        for _turn in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"Tab never reaches {selector}")

    tab_to(".handle[data-edge=start]")
    for _times in range(7):
        page.keyboard.press("PageUp")
    tab_to(".handle[data-edge=end]")
    for _times in range(30):
        page.keyboard.press("PageDown")
    page.keyboard.press("ArrowLeft")
    tab_to("[data-zoom=part]")
    page.keyboard.press("Enter")
    expect(page.locator("#shape")).not_to_have_attribute("data-start", "0")
    tab_to("#id_end")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("0:25,5")
    expect(page.locator("#judged")).to_have_text("18.5\u00a0s — fine")
    tab_to("#make-cut")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/\?recording=\d+$"))
    made = recording.children.get()
    assert (made.from_ms, made.to_ms) == (7_000, 25_500)
    expect(page.locator("#recording")).to_contain_text("talk (0:07–0:26).wav")


# Typed ------------------------------------------------------------------------------------------


def test_typed_times_move_the_handles_or_say_why_not(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording)
    start, end = page.locator("#id_start"), page.locator("#id_end")
    error = page.locator(".cut-times .error")

    start.fill("5")
    expect(handle(page, "Start")).to_have_attribute("aria-valuenow", "5")
    end.fill("half past")
    end.blur()
    expect(error).to_have_text(re.compile("^Type a time such as 1:02.5"))
    expect(end).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#judged")).to_have_text("Correct the times first.")
    end.fill("2:00")
    end.blur()
    expect(error).to_have_text(re.compile("^The recording ends at 1:00.0."))
    end.fill("4")
    end.blur()
    expect(error).to_have_text("The end must come after the start.")
    end.fill("35")
    end.blur()

    expect(error).to_have_count(0)
    assert places(page) == ("0:05.0", "0:35.0")


def test_wrong_times_come_back_as_they_were_typed(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording)
    error = page.locator(".cut-times .error")

    page.locator("#id_end").fill("later")
    page.get_by_role("button", name="Save this part").click()

    expect(page).to_have_title(re.compile("Something to correct"))
    expect(error).to_have_text(re.compile("Type a time such as"))
    assert places(page) == ("0:00.0", "later")
    handle(page, "End").press("ArrowLeft")
    expect(error).to_have_count(0)
    assert places(page) == ("0:00.0", "0:59.9")


# Heard ------------------------------------------------------------------------------------------


def at(page: Page) -> float:
    place: float = page.locator(".cutter audio").evaluate("sound => sound.currentTime")
    return place


def test_part_is_played_and_looped(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording, "?start=30&end=30.6&purpose=prompt_audio")
    play = page.get_by_role("button", name="Play the part")
    heard = page.locator(".cutter audio").evaluate_handle(
        """sound => {
          const seen = { least: Infinity, most: 0, turns: 0 };
          sound.addEventListener("timeupdate", () => {
            if (sound.paused) return;
            seen.least = Math.min(seen.least, sound.currentTime);
            seen.most = Math.max(seen.most, sound.currentTime);
          });
          sound.addEventListener("seeked", () => { seen.turns += 1; });
          return seen;
        }"""
    )

    page.get_by_role("button", name="Loop").click()
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")
    play.click()
    page.wait_for_function("seen => seen.turns >= 3", arg=heard)
    page.get_by_role("button", name="Loop").click()
    expect(play).to_be_visible()  # it is over

    seen = heard.json_value()
    assert (seen["least"] >= 29.8, seen["most"] < 31) == (True, True)
    assert at(page) == pytest.approx(30, abs=0.2)


def test_nothing_moves_while_a_part_is_played(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording, "?start=30&end=42")
    zoom = page.get_by_role("button", name="Zoom in")
    before = zoom.bounding_box()
    position = page.get_by_label("Position")
    expect(position).to_have_text("0:30.0")

    page.get_by_role("button", name="Play the part").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(position).not_to_have_text("0:30.0")

    assert zoom.bounding_box() == before


# Zoom -------------------------------------------------------------------------------------------


def test_zoom_draws_the_window_anew(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording, "?start=30&end=42")
    shape = page.locator("#shape")
    overview = page.get_by_role("slider", name="Visible part of the recording")

    expect(overview).to_be_hidden()
    page.get_by_role("button", name="Zoom to part").click()
    expect(shape).to_have_attribute("data-start", "28200")
    expect(shape).to_have_attribute("data-end", "43800")
    expect(overview).to_be_visible()
    page.get_by_role("button", name="Zoom in").click()
    expect(shape).to_have_attribute("data-start", "33400")
    page.get_by_role("button", name="Zoom out").click()
    expect(shape).to_have_attribute("data-end", "43800")
    overview.fill("10000")
    expect(shape).to_have_attribute("data-start", "10000")
    handle(page, "Start").press("ArrowRight")
    expect(shape).to_have_attribute("data-start", "22300")
    page.get_by_role("button", name="Show all").click()

    expect(shape).to_have_attribute("data-end", "60000")
    expect(overview).to_be_hidden()
    assert places(page) == ("0:30.1", "0:42.0")


# Suggested --------------------------------------------------------------------------------------


def test_suggestion_is_taken_moved_or_left(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording, "?start=3&end=20")

    page.get_by_role("button", name="Suggest a prompt clip").click()
    expect(page.locator("#why-prompt")).to_contain_text("0:40.0 to 0:46.5, 6.5\u00a0s")
    expect(page.locator("#judged")).to_have_text("6.5\u00a0s — good")
    assert places(page) == ("0:40.0", "0:46.5")
    page.get_by_role("button", name="Suggest the best part").click()
    expect(page.locator("#why-best")).to_contain_text("Less noise than elsewhere.")
    expect(page.locator("#why-prompt")).to_be_hidden()
    expect(page.get_by_label("Recording", exact=True)).to_be_checked()
    assert places(page) == ("0:12.0", "0:27.0")
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#why-best").get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_function(
        "() => document.querySelector('.cutter audio').currentTime > 12", polling=50
    )
    page.get_by_role("button", name="Back to my selection").click()
    assert places(page) == ("0:03.0", "0:20.0")
    page.get_by_role("button", name="Suggest a prompt clip").click()
    handle(page, "End").press("ArrowLeft")
    page.get_by_role("button", name="Save this part").click()

    expect(page).to_have_url(re.compile(r"/recordings/#recording-"))
    made = recording.children.get()
    assert (made.purpose, made.from_ms, made.to_ms) == (Purpose.PROMPT, 40_000, 46_400)


# There and back ---------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", [False, True])
def test_suggestion_comes_by_itself_when_it_is_known(
    studio: Studio, recording: AudioFile, begun: bool
) -> None:
    """It is marked then, but not over what somebody has chosen meanwhile."""
    these = AudioFile.objects.filter(pk=recording.pk)
    these.update(check_started_at=timezone.now(), checked_at=None, passages={})
    page = opened(studio, recording, "?suggest=best")
    expect(page.get_by_text("The recording is still being checked.")).to_be_visible()
    if begun:
        handle(page, "Start").press("ArrowRight")

    these.update(checked_at="2026-01-01T00:00Z", verdict="good", passages=PASSAGES)

    expect(page.get_by_role("button", name="Suggest the best part")).to_be_visible(timeout=10_000)
    expect(page.locator("#why-best")).to_be_visible(visible=not begun)
    assert places(page) == (("0:00.1", "1:00.0") if begun else ("0:12.0", "0:27.0"))


def test_clip_is_cut_out_and_its_words_are_typed(studio: Studio, recording: AudioFile) -> None:
    page = studio.page(path=f"/?recording={recording.pk}")
    page.get_by_label("Speaker").fill("Anna Larsen")
    page.get_by_text("Improve likeness").click()

    page.get_by_role("button", name="Cut a clip from the recording").click()
    expect(page.locator("#judged")).to_have_text("6.5\u00a0s — good")
    page.get_by_role("button", name="Save this part").click()
    expect(page).to_have_url(re.compile(r"/\?prompt_clip=\d+#id_prompt_text$"))
    loop = page.get_by_role("button", name="Play the clip in a loop")
    loop.click()
    expect(loop).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Prompt text").fill("Well, then.")
    expect(page.locator(".clip-loop [data-count]")).to_have_text(re.compile(r"^\d\.\d of 6\.\d s$"))
    loop.click()

    expect(loop).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
    expect(page.locator("#recording")).to_contain_text("talk.wav")
    expect(page.locator("#prompt_clip")).to_contain_text("talk (0:40–0:46).wav")


def test_expired_sign_in_loses_no_cut(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording, "?start=3&end=20")
    studio.sign_everybody_out()

    studio.expects("401")
    page.get_by_role("button", name="Save this part").click()
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()

    expect(page).to_have_url(re.compile(r"/recordings/#recording-"))
    assert recording.children.get().from_ms == 3_000


# Without script ---------------------------------------------------------------------------------


def test_without_script_a_part_is_typed_heard_and_cut(studio: Studio, recording: AudioFile) -> None:
    page = opened(studio, recording, "?back=form", java_script_enabled=False)
    page.reload()  # the first visit set a cookie that signing in would have set

    expect(page.locator(".cutter audio")).to_be_visible()
    expect(page.get_by_role("slider")).to_have_count(0)
    page.get_by_role("button", name="Suggest the best part").click()
    expect(page.get_by_text("Less noise than elsewhere.")).to_be_visible()
    assert places(page) == ("0:12.0", "0:27.0")
    page.locator("#id_end").fill("0:05")
    page.get_by_role("button", name="Save this part").click()
    expect(page.get_by_text("The end must come after the start.")).to_be_visible()
    page.locator("#id_end").fill("0:25")
    page.get_by_role("button", name="Save this part").click()

    expect(page).to_have_url(re.compile(r"/\?recording=\d+$"))
    made = recording.children.get()
    assert (made.from_ms, made.to_ms) == (12_000, 25_000)


@pytest.mark.parametrize("width", [375, 1280])
def test_page_fits_its_width(studio: Studio, recording: AudioFile, width: int) -> None:
    AudioFile.objects.filter(pk=recording.pk).update(name=f"{'very-long-name-' * 12}.wav")
    page = opened(studio, recording, "?suggest=prompt", viewport={"width": width, "height": 740})

    assert page.evaluate("document.documentElement.scrollWidth") <= width
