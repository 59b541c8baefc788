"""The cut page in a browser: by mouse, touch and keyboard, and without JavaScript."""

import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import bounding_box, sign_in, tab_to, wait_for_position
from tests.practice.recordings import hum
from voicestudio.models import AudioFile, Purpose

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LENGTH_S = 60
PASSAGES = {
    "best": {"start_ms": 12_000, "end_ms": 27_000, "reasons": ["least_noise", "in_pauses"]},
    "prompt": {"start_ms": 40_000, "end_ms": 46_500, "reasons": ["in_pauses"]},
}
CUT_URL = re.compile(r"/recordings/#recording-\d+$")


@pytest.fixture
def recording(studio: Studio) -> AudioFile:
    """A minute of audio that can be played and cut."""
    recording = factories.make_recording(
        by=studio.user, name="talk.wav", duration_ms=LENGTH_S * 1000, passages=PASSAGES,
        checked_at="2026-01-01T00:00Z",
    )  # fmt: skip
    recording.file.save("talk.wav", ContentFile(hum(LENGTH_S)))
    return recording


def open_cutter(studio: Studio, recording: AudioFile, query: str = "", **options: Any) -> Page:
    return studio.page(path=f"/recordings/{recording.pk}/cut/{query}", **options)


def handle(page: Page, edge: str) -> Locator:
    return page.get_by_role("slider", name=f"{edge} of the part")


def play_button(page: Page) -> Locator:
    """The button that plays the part; its name changes to Pause."""
    return page.locator(".cutter [data-play]")


def cut(page: Page) -> None:
    page.get_by_role("button", name="Save this part").click()


def times(page: Page) -> tuple[str, str]:
    """The texts of the two time fields."""
    return (
        page.get_by_label("Start", exact=True).input_value(),
        page.get_by_label("End", exact=True).input_value(),
    )


def to_seconds(text: str) -> float:
    minutes, rest = text.split(":")
    return int(minutes) * 60 + float(rest)


def seconds(page: Page) -> list[float]:
    """The times of the two fields, in seconds."""
    return [to_seconds(text) for text in times(page)]


def expect_length(page: Page, state: str, text: str = ".") -> None:
    """Expect what the page says of the part's length; `text` is a regular expression."""
    length = page.locator("#length")
    expect(length).to_have_attribute("data-state", state)
    expect(length).to_have_text(re.compile(text))


def position(page: Page) -> float:
    value: float = page.locator(".cutter audio").evaluate("audio => audio.currentTime")
    return value


def x_at(page: Page, second: float) -> float:
    """The horizontal position of a second while the whole recording is visible."""
    box = bounding_box(page.locator(".selection-area"))
    return box["x"] + box["width"] * second / LENGTH_S


def middle_y(page: Page) -> float:
    box = bounding_box(page.locator(".selection-area"))
    return box["y"] + box["height"] / 2


def knob(page: Page, edge: str) -> tuple[float, float]:
    """The point at which a handle is taken, above or below the waveform."""
    box = bounding_box(handle(page, edge))
    y = box["y"] - 6 if edge == "Start" else box["y"] + box["height"] + 6
    return box["x"] + box["width"] / 2, y


def drag(page: Page, start: tuple[float, float], x: float) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + x) / 2, start[1])
    page.mouse.move(x, start[1], steps=4)
    page.mouse.up()


# Mouse and touch ----------------------------------------------------------------------------------


def test_part_is_selected_by_mouse_and_cut(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording)

    expect_length(page, "good", "1:00")
    drag(page, knob(page, "Start"), x_at(page, 20))
    drag(page, knob(page, "End"), x_at(page, 25))
    expect_length(page, "bad")
    drag(page, knob(page, "End"), x_at(page, 45))
    expect_length(page, "good", r"^2[45]")
    start, end = seconds(page)
    cut(page)

    expect(page).to_have_url(CUT_URL)
    child = recording.children.get()
    assert [start, end] == pytest.approx([20, 45], abs=0.3)
    assert (child.from_ms, child.to_ms) == (round(start * 1000), round(end * 1000))


def test_part_is_dragged_as_a_whole(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording, "?start=10&end=22")
    y = middle_y(page)

    drag(page, (x_at(page, 15), y), x_at(page, 35))
    moved = seconds(page)
    drag(page, (x_at(page, 35), y), x_at(page, 80))

    assert moved == pytest.approx([30, 42], abs=0.3)
    assert times(page) == ("0:48.0", "1:00.0")


def test_part_is_selected_by_touch(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(
        studio, recording, viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True
    )
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def pull(x: float, y: float, distance: float) -> None:
        touch("touchStart", (x, y))
        for step in range(1, 6):
            touch("touchMove", (x + distance * step / 5, y))
        touch("touchEnd")

    x, y = knob(page, "Start")
    pull(x + 15, y - 10, x_at(page, 30) - x)  # beside the knob, but within 44 pixels
    expect_length(page, "good", r"^(30|29\.\d)")
    expect(page.locator("#length")).to_be_in_viewport()
    assert seconds(page) == pytest.approx([30, 60], abs=0.5)
    x, y = knob(page, "End")
    pull(x - 15, y + 10, x_at(page, 38) - x)
    expect_length(page, "bad")
    y = middle_y(page)
    pull(x_at(page, 34), y, x_at(page, 10) - x_at(page, 30))
    page.touchscreen.tap(x_at(page, 14), y)

    assert seconds(page) == pytest.approx([10, 18], abs=1)
    assert position(page) == pytest.approx(14, abs=0.5)


# Keyboard -----------------------------------------------------------------------------------------


def test_handles_follow_the_keys(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording)
    start, end = handle(page, "Start"), handle(page, "End")
    values = []

    for key in ("ArrowRight", "ArrowUp", "PageUp", "ArrowLeft", "PageDown", "End", "Home"):
        start.press(key)
        values.append(start.get_attribute("aria-valuenow"))

    assert values == ["0.1", "0.2", "1.2", "1.1", "0.1", "59.9", "0"]
    assert start.get_attribute("aria-valuetext") == "0 seconds"
    end.press("ArrowDown")
    assert end.get_attribute("aria-valuetext") == "59.9 seconds"
    assert start.get_attribute("aria-valuemax") == "59.8"
    assert end.get_attribute("aria-valuemin") == "0.1"
    end.press("Home")
    assert times(page) == ("0:00.0", "0:00.1")


def test_page_works_by_keyboard_alone(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording, "?back=form")

    tab_to(handle(page, "Start"))
    for _times in range(7):
        page.keyboard.press("PageUp")
    tab_to(handle(page, "End"))
    for _times in range(30):
        page.keyboard.press("PageDown")
    page.keyboard.press("ArrowLeft")
    tab_to(page.locator("[data-zoom=part]"))
    page.keyboard.press("Enter")
    expect(page.locator("#shape")).not_to_have_attribute("data-start", "0")
    tab_to(page.get_by_label("End", exact=True))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("0:25,5")
    expect_length(page, "good", r"^18\.5")
    tab_to(page.locator("#make-cut"))
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/\?recording=\d+$"))
    child = recording.children.get()
    assert (child.from_ms, child.to_ms) == (7_000, 25_500)
    expect(page.locator("#recording")).to_contain_text("talk (0:07–0:26).wav")


def test_typed_times_move_the_handles_or_show_an_error(
    studio: Studio, recording: AudioFile
) -> None:
    page = open_cutter(studio, recording)
    start, end = page.get_by_label("Start", exact=True), page.get_by_label("End", exact=True)
    error = page.locator(".cut-times .error")

    start.fill("5")
    expect(handle(page, "Start")).to_have_attribute("aria-valuenow", "5")
    for text, message in (
        ("half past", "data-no-time"),
        ("2:00", "data-beyond"),
        ("4", "data-backwards"),
    ):
        end.fill(text)
        end.blur()
        expect(error).to_have_text(page.locator("#cut").get_attribute(message) or "")
        expect(end).to_have_attribute("aria-invalid", "true")
        expect_length(page, "bad")
    end.fill("35")
    end.blur()

    expect(error).to_have_count(0)
    assert times(page) == ("0:05.0", "0:35.0")


def test_invalid_times_come_back_as_typed(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording)
    error = page.locator(".cut-times .error")

    page.get_by_label("End", exact=True).fill("later")
    cut(page)

    # The error is shown before the answer comes; the new page is ready when it has a selection.
    expect(page).to_have_title(re.compile("Needs correcting"))
    expect(page.locator(".selected")).to_have_count(1)
    expect(error).to_have_count(1)
    assert times(page) == ("0:00.0", "later")
    handle(page, "End").press("ArrowLeft")
    expect(error).to_have_count(0)
    assert times(page) == ("0:00.0", "0:59.9")


# Playback and zoom --------------------------------------------------------------------------------


def test_part_is_played_and_looped(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording, "?start=30&end=30.6&purpose=prompt_audio")
    play, loop = play_button(page), page.get_by_role("button", name="Loop")
    heard = page.locator(".cutter audio").evaluate_handle(
        """audio => {
          audio.playbackRate = 0.25;  // so that a busy machine does not play far beyond the end
          const heard = { lowest: Infinity, highest: 0, seeks: 0 };
          audio.addEventListener("timeupdate", () => {
            if (audio.paused) return;
            heard.lowest = Math.min(heard.lowest, audio.currentTime);
            heard.highest = Math.max(heard.highest, audio.currentTime);
          });
          audio.addEventListener("seeked", () => { heard.seeks += 1; });
          return heard;
        }"""
    )

    loop.click()
    expect(loop).to_have_attribute("aria-pressed", "true")
    play.click()
    page.wait_for_function("heard => heard.seeks >= 3", arg=heard)
    loop.click()
    expect(play).not_to_have_attribute("data-playing", "")

    values = heard.json_value()
    assert (values["lowest"] >= 29.8, values["highest"] < 31) == (True, True)
    assert position(page) == pytest.approx(30, abs=0.2)


def test_playback_does_not_move_the_controls(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording, "?start=30&end=42")
    zoom = page.get_by_role("button", name="Zoom in")
    before = bounding_box(zoom)
    shown = page.get_by_label("Position")
    expect(shown).to_have_text("0:30.0")

    play_button(page).click()
    expect(play_button(page)).to_have_attribute("data-playing", "")
    expect(shown).not_to_have_text("0:30.0")

    assert bounding_box(zoom) == before


def test_zoom_draws_the_visible_range(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording, "?start=30&end=42")
    shape, overview = page.locator("#shape"), page.locator(".overview input")

    expect(overview).to_be_hidden()
    page.locator("[data-zoom=part]").click()
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
    page.locator("[data-zoom=all]").click()

    expect(shape).to_have_attribute("data-end", "60000")
    expect(overview).to_be_hidden()
    assert times(page) == ("0:30.1", "0:42.0")


# Suggestions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("colours", ["none", "active"])
def test_icon_of_the_play_button_is_seen_also_in_forced_colours(
    studio: Studio, recording: AudioFile, colours: Any
) -> None:
    page = open_cutter(studio, recording, "?start=3&end=20", forced_colors=colours)
    button = play_button(page).first

    with_icon = button.screenshot()
    button.locator(".play-icon").evaluate("icon => icon.style.visibility = 'hidden'")

    assert with_icon != button.screenshot()


def test_suggestion_is_applied_undone_and_changed(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording, "?start=3&end=20")
    suggest_clip = page.locator("[data-suggest][value=prompt]")
    best, clip = page.locator("#why-best"), page.locator("#why-prompt")

    suggest_clip.click()
    expect(clip).to_contain_text("0:40.0")
    expect_length(page, "good", r"^6\.5")
    assert times(page) == ("0:40.0", "0:46.5")
    page.locator("[data-suggest][value=best]").click()
    expect(best).to_be_visible()
    expect(clip).to_be_hidden()
    expect(page.locator("[name=purpose]:checked")).to_have_value("voice_clone")
    assert times(page) == ("0:12.0", "0:27.0")
    best.locator("[data-play]").click()
    expect(best.locator("[data-play]")).to_have_attribute("data-playing", "")
    wait_for_position(page.locator(".cutter audio"), 12)
    best.locator("[data-undo]").click()
    assert times(page) == ("0:03.0", "0:20.0")
    suggest_clip.click()
    handle(page, "End").press("ArrowLeft")
    cut(page)

    expect(page).to_have_url(CUT_URL)
    child = recording.children.get()
    assert (child.purpose, child.from_ms, child.to_ms) == (Purpose.PROMPT, 40_000, 46_400)


@pytest.mark.parametrize("is_changed", [False, True])
def test_late_suggestion_is_applied_unless_the_part_was_changed(
    studio: Studio, recording: AudioFile, is_changed: bool
) -> None:
    recordings = AudioFile.objects.filter(pk=recording.pk)
    recordings.update(check_started_at=timezone.now(), checked_at=None, passages={})
    page = open_cutter(studio, recording, "?suggest=best")
    expect(page.locator("#suggestions [role=status]")).to_be_visible()
    if is_changed:
        handle(page, "Start").press("ArrowRight")

    recordings.update(checked_at="2026-01-01T00:00Z", verdict="good", passages=PASSAGES)

    expect(page.locator("[data-suggest][value=best]")).to_be_visible()
    expect(page.locator("#why-best")).to_be_visible(visible=not is_changed)
    assert times(page) == (("0:00.1", "1:00.0") if is_changed else ("0:12.0", "0:27.0"))


# Workflows ----------------------------------------------------------------------------------------


def test_prompt_clip_is_cut_and_looped_on_the_form(studio: Studio, recording: AudioFile) -> None:
    page = studio.page(path=f"/new/?recording={recording.pk}")
    page.get_by_label("Speaker").fill("Anna Larsen")
    page.get_by_text("Improve likeness").click()

    page.get_by_role("button", name="Cut a clip from the recording").click()
    expect_length(page, "good", r"^6\.5")
    cut(page)
    expect(page).to_have_url(re.compile(r"/\?prompt_clip=\d+#id_prompt_text$"))
    loop = page.locator("[data-loop-of]")
    loop.click()
    expect(loop).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Prompt text").fill("Well, then.")
    expect(page.locator(".clip-loop [data-count]")).to_have_text(re.compile(r"^\d\.\d of 6\.\d s$"))
    loop.click()

    expect(loop).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
    expect(page.locator("#recording")).to_contain_text("talk.wav")
    expect(page.locator("#prompt_clip")).to_contain_text("talk (0:40–0:46).wav")


def test_part_is_cut_after_a_new_sign_in(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording, "?start=3&end=20")
    studio.expire_sessions()

    cut(page)
    sign_in(page)

    expect(page).to_have_url(CUT_URL)
    assert recording.children.get().from_ms == 3_000


def test_part_is_cut_without_javascript(studio: Studio, recording: AudioFile) -> None:
    page = open_cutter(studio, recording, "?back=form", java_script_enabled=False)
    page.reload()  # the first visit sets a cookie that a real sign-in sets earlier

    expect(page.locator(".cutter audio")).to_be_visible()
    expect(page.get_by_role("slider")).to_have_count(0)
    page.locator("[data-suggest][value=best]").click()
    expect(page.locator("#why-best")).to_be_visible()
    assert times(page) == ("0:12.0", "0:27.0")
    page.get_by_label("End", exact=True).fill("0:05")
    cut(page)
    expect(page.locator(".cut-times .error")).to_be_visible()
    page.get_by_label("End", exact=True).fill("0:25")
    cut(page)

    expect(page).to_have_url(re.compile(r"/\?recording=\d+$"))
    child = recording.children.get()
    assert (child.from_ms, child.to_ms) == (12_000, 25_000)
