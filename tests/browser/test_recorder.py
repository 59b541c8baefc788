"""The recorder in a browser whose microphone repeats a spoken sentence."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import (
    ATTEMPT_URL,
    assert_touch_targets,
    bounding_box,
    fill_in_form,
    sign_in,
    submit_form,
    tab_to,
    wait_for_position,
)
from voicestudio.audio import intake
from voicestudio.models import AudioFile, CloneAttempt, Origin, Purpose

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Chrome saves ":" as "_".
RECORDED_NAME = re.compile(r"^Recorded \d{1,2} \w{3} \d{4}, \d{2}[:_]\d{2}\.webm$")
RECORDING_CARD = "[data-step=recording]"
CLIP_CARD = "section:has(#prompt_clip)"
# Keeps the names of the recorder's announcements, in order.
COLLECT_ANNOUNCEMENTS = """recorder => {
  window.announcements = [];
  const names = new Map([...recorder.querySelectorAll("template[data-announce]")]
    .map((template) => [template.content.textContent.trim(), template.dataset.announce]));
  const announcer = document.getElementById("announcer");
  new MutationObserver(() => {
    const name = names.get(announcer.textContent);
    if (name) window.announcements.push(name);
  }).observe(announcer, { childList: true });
}"""


def open_recorder(studio: Studio, *, card: str = RECORDING_CARD, **options: Any) -> Page:
    """The form with the recorder of a card open."""
    page = studio.page(**{"permissions": ["microphone"], **options})
    if card == CLIP_CARD:
        page.get_by_text("Improve likeness").click()
    page.locator(card).get_by_text("Record here").click()
    expect(button(page, "Record")).to_be_visible()
    return page


def recorder(page: Page) -> Locator:
    return page.get_by_role("group", name="Recorder")


def button(page: Page, name: str) -> Locator:
    return recorder(page).get_by_role("button", name=name, exact=True)


def player_button(page: Page) -> Locator:
    return recorder(page).get_by_role("button", name="Play: your recording")


def expect_message(page: Page, name: str) -> None:
    """Expect the note that the recorder's template of this name holds, and no other."""
    text = (
        recorder(page)
        .locator(f"template[data-message={name}]")
        .evaluate("template => template.content.querySelector('b').textContent")
    )
    expect(recorder(page).locator("[data-message-area] b")).to_have_text(text)


def wait_for_seconds(page: Page, seconds: int) -> None:
    """Wait until the recorder's clock has reached `seconds`."""
    page.wait_for_function(
        """seconds => {
          const [minutes, rest] = document.querySelector("[data-elapsed]").textContent.split(":");
          return 60 * Number(minutes) + Number(rest) >= seconds;
        }""",
        arg=seconds,
        polling=100,
    )


def record(page: Page, seconds: int) -> int:
    """Record at least `seconds`. Returns the length that the page shows, in milliseconds."""
    button(page, "Record").click()
    wait_for_seconds(page, seconds)
    button(page, "Stop").click()
    expect(button(page, "Use this recording")).to_be_visible()
    return shown_length_ms(page)


def shown_length_ms(page: Page) -> int:
    return int(recorder(page).locator("time").get_attribute("data-length") or 0)


# Whole workflows ----------------------------------------------------------------------------------


def test_recording_is_made_played_and_used(studio: Studio) -> None:
    page = open_recorder(studio)
    recorder(page).evaluate(COLLECT_ANNOUNCEMENTS)
    clock = page.locator("[data-elapsed]")
    player = recorder(page).locator(".player")

    button(page, "Record").click()
    expect(recorder(page)).to_have_attribute("data-stage", "recording")
    wait_for_seconds(page, 3)
    button(page, "Pause").click()
    expect(recorder(page)).to_have_attribute("data-stage", "paused")
    expect(player.locator("time")).to_have_text(clock.inner_text())
    player_button(page).click()
    expect(player).to_have_attribute("data-playing", "")
    button(page, "Resume").click()
    wait_for_seconds(page, 11)
    expect(clock).to_have_attribute("data-enough", "")
    button(page, "Stop").click()

    expect(player_button(page)).to_be_focused()
    length = shown_length_ms(page)
    player_button(page).click()
    wait_for_position(player.locator("audio"), 1)
    button(page, "Use this recording").click()
    expect(page.locator("#recording .player button")).to_be_focused()
    expect(recorder(page)).to_be_hidden()
    page.locator("#recording").get_by_role("button", name="Record again").click()
    expect(button(page, "Record")).to_be_visible()
    expect(page.locator("summary", has_text="Record here").first).to_be_focused()
    kept = AudioFile.objects.get()
    assert RECORDED_NAME.match(kept.name)
    assert kept.origin == Origin.RECORDED
    assert kept.created_by == studio.user
    assert kept.duration_ms == pytest.approx(length, abs=1_000)
    assert kept.loudness_db == pytest.approx(-20, abs=4)
    announcements = page.evaluate("window.announcements")
    assert announcements == ["recording", "paused", "recording", "enough", "recorded"]


def test_recorder_works_by_keyboard_alone(studio: Studio) -> None:
    page = open_recorder(studio, card=CLIP_CARD)

    page.locator(".recorder-fold:has(.recorder) summary").focus()
    page.keyboard.press("Tab")
    expect(button(page, "Record")).to_be_focused()
    page.keyboard.press("Enter")
    expect(button(page, "Pause")).to_be_focused()
    page.keyboard.press("Space")
    expect(button(page, "Resume")).to_be_focused()
    page.keyboard.press("Space")
    wait_for_seconds(page, 2)
    page.keyboard.press("Tab")
    expect(button(page, "Stop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(player_button(page)).to_be_focused()
    tab_to(button(page, "Use this recording"))
    page.keyboard.press("Enter")

    expect(page.locator("#prompt_clip .player button")).to_be_focused()
    assert AudioFile.objects.count() == 1


def test_form_sends_a_finished_recording(studio: Studio) -> None:
    page = open_recorder(studio)
    fill_in_form(page)

    button(page, "Record").click()
    submit_form(page)
    expect_message(page, "unfinished")
    wait_for_seconds(page, 11)
    button(page, "Stop").click()
    submit_form(page)

    expect(page).to_have_url(ATTEMPT_URL)
    assert CloneAttempt.objects.get().recording.origin == Origin.RECORDED


def test_form_asks_about_a_second_recording(studio: Studio) -> None:
    chosen = factories.make_recording(by=studio.user, name="here.mp3")
    page = open_recorder(studio)
    fill_in_form(page)
    record(page, 1)
    page.locator("summary", has_text="Choose an earlier recording").first.click()
    page.get_by_role("button", name="here.mp3").click()
    expect(page.locator("#recording .recording")).to_be_visible()
    expect(button(page, "Use this recording")).to_be_visible()

    submit_form(page)
    expect_message(page, "unsent")
    assert CloneAttempt.objects.count() == 0
    button(page, "Discard").click()
    submit_form(page)

    expect(page).to_have_url(ATTEMPT_URL)
    assert CloneAttempt.objects.get().recording == chosen


def test_controls_stay_in_view_at_400_percent_zoom(studio: Studio) -> None:
    page = open_recorder(studio, viewport={"width": 320, "height": 256})
    button(page, "Record").click()
    expect(button(page, "Stop")).to_be_visible()

    for _scroll in range(2):
        for name in ("Pause", "Stop"):
            expect(button(page, name)).to_be_in_viewport(ratio=1)
            button(page, name).click(trial=True)
        page.locator(".reading-text").hover()
        page.mouse.wheel(0, 60)
    button(page, "Pause").click()

    for name in ("Resume", "Stop", "Start over"):
        expect(button(page, name)).to_be_in_viewport(ratio=1)


def test_prompt_clip_stops_at_its_limit(studio: Studio) -> None:
    page = open_recorder(studio, card=CLIP_CARD)

    expect(page.locator(".reading-text p:visible")).to_have_count(1)
    button(page, "Record").click()
    expect(recorder(page)).to_have_attribute("data-stage", "recorded")
    expect_message(page, "limit")
    button(page, "Use this recording").click()
    expect(page.locator("#prompt_clip .recording")).to_be_visible()

    clip = AudioFile.objects.get()
    assert (clip.purpose, clip.origin) == (Purpose.PROMPT, Origin.RECORDED)
    assert clip.duration_ms is not None
    assert 6_500 < clip.duration_ms < 8_000


# Levels and controls ------------------------------------------------------------------------------


# A microphone whose volume can be changed while it records.
AMPLIFIED = """
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const context = new AudioContext();
    const source = context.createMediaStreamSource(await open(constraints));
    const destination = context.createMediaStreamDestination();
    window.amplifier = context.createGain();
    source.connect(window.amplifier).connect(destination);
    return destination.stream;
  };
"""
# Whether the drawn level is between two values, from 0 (-60 dBFS) to 1 (0 dBFS).
LEVEL_IS_BETWEEN = """([lowest, highest]) => {
  const scale = document.querySelector("[data-step=recording] .scale");
  const level = new DOMMatrix(getComputedStyle(scale, "::before").transform).a;
  return lowest <= level && level <= highest;
}"""


def test_level_is_rated_and_drawn(studio: Studio) -> None:
    page = open_recorder(studio, init_script=AMPLIFIED)
    message = recorder(page).locator("[data-level-message]:visible")
    colours = []

    button(page, "Record").click()
    expect(recorder(page)).to_have_attribute("data-level", re.compile("."))

    for decibels, rating, drawn in (  # the microphone averages -20 dBFS
        (0, "good", [0.6, 0.9]),
        (16, "loud", [0.9, 1]),
        (-25, "quiet", [0.05, 0.5]),
        (-90, "silent", [0, 0]),
    ):
        page.evaluate(
            "decibels => { window.amplifier.gain.value = 10 ** (decibels / 20); }", decibels
        )
        expect(message).to_have_attribute("data-level-message", rating)
        page.wait_for_function(LEVEL_IS_BETWEEN, arg=drawn)
        colours.append(message.evaluate("message => getComputedStyle(message).color"))

    assert len(set(colours)) == 3
    assert colours[2] == colours[3]


def test_short_recording_is_refused_with_its_name(studio: Studio) -> None:
    page = open_recorder(studio)
    record(page, 1)
    expect_message(page, "short")
    restart, use = button(page, "Record again"), button(page, "Use this recording")
    assert bounding_box(restart)["x"] < bounding_box(use)["x"]

    use.click()

    note = recorder(page).locator("[data-message-area] .note")
    expect(note).to_contain_text(re.compile(r"Recorded .*\.webm"))
    expect(note).to_contain_text("10 seconds")
    expect(page.locator(".upload-message .note")).to_have_count(0)
    expect(player_button(page)).to_be_visible()
    assert AudioFile.objects.count() == 0


@pytest.mark.parametrize("width", [375, 1280])
def test_controls_stay_visible_beside_the_text(studio: Studio, width: int) -> None:
    page = open_recorder(studio, viewport={"width": width, "height": 740})
    label = recorder(page).locator("label.legend")
    top = bounding_box(label)["y"] + page.evaluate("scrollY")

    button(page, "Record").click()
    expect(recorder(page)).to_have_attribute("data-level", "good")

    assert abs(bounding_box(label)["y"] + page.evaluate("scrollY") - top) <= 1
    for part in (
        page.locator(".elapsed-time"),
        button(page, "Stop"),
        page.locator(".reading-text"),
    ):
        expect(part).to_be_in_viewport(ratio=1)
    # Stop is the one main button; the one that sends the form comes back afterwards.
    expect(button(page, "Stop")).to_have_attribute("data-main", "")
    colours = [
        page.locator(selector).evaluate("button => getComputedStyle(button).backgroundColor")
        for selector in ("#clone-voice", "[data-action=toggle]")
    ]
    assert len(set(colours)) == 1
    expect(page.locator("#clone-voice")).to_be_visible(visible=width == 1280)
    if width == 375:
        assert_touch_targets(recorder(page))
    page.mouse.wheel(0, 250)
    page.wait_for_function("() => scrollY > 250")
    expect(button(page, "Stop")).to_be_in_viewport(ratio=1)


# The microphone -----------------------------------------------------------------------------------


def test_microphone_is_requested_on_record_and_unfiltered(studio: Studio) -> None:
    note_constraints = """
      window.constraints = [];
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (constraints) => {
        window.constraints.push(constraints.audio);
        return open(constraints);
      };
    """
    page = open_recorder(studio, init_script=note_constraints)

    assert page.evaluate("window.constraints") == []
    record(page, 1)
    page.get_by_label("Browser noise reduction").check()
    microphone = page.get_by_label("Microphone")
    microphone.select_option(index=1)
    chosen = microphone.input_value()
    button(page, "Record again").click()
    expect(button(page, "Pause")).to_be_visible()

    filters = ("echoCancellation", "noiseSuppression", "autoGainControl")
    first, second = page.evaluate("window.constraints")
    assert [first[name] for name in filters] == [False, False, False]
    assert [second[name] for name in filters] == [True, True, True]
    assert second["deviceId"] == {"exact": chosen}
    expect(microphone).to_be_disabled()


def test_permission_is_needed_for_recording_and_names(
    studio: Studio, launch: Callable[..., Browser]
) -> None:
    studio.browser = launch("--use-fake-device-for-media-stream")  # asks for permission
    page = open_recorder(studio, permissions=[])
    expect(page.get_by_label("Microphone")).to_be_hidden()

    button(page, "Record").click()
    expect_message(page, "denied")
    expect(button(page, "Record")).to_be_focused()
    page.context.grant_permissions(["microphone"])
    button(page, "Record").click()

    expect(page.get_by_label("Microphone").locator("option").first).to_contain_text("Fake")
    expect(page.get_by_label("Microphone")).to_be_visible()


FAILING = """
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "%s"));
"""
REDEFINED = "Object.defineProperty(window, '%s', { value: %s });"


@pytest.mark.parametrize(
    ("init_script", "message"),
    [
        (FAILING % "NotFoundError", "no-microphone"),
        (FAILING % "NotReadableError", "busy"),
        (FAILING % "OverconstrainedError", "disconnected"),
        (FAILING % "UnknownError", "failed"),
        (REDEFINED % ("MediaRecorder", "undefined"), "unsupported"),
        (REDEFINED % ("isSecureContext", "false"), "insecure"),
    ],
)
def test_microphone_error_shows_its_message(studio: Studio, init_script: str, message: str) -> None:
    page = open_recorder(studio, init_script=init_script)

    button(page, "Record").click()

    expect_message(page, message)


def test_unplugged_microphone_keeps_the_recording(studio: Studio) -> None:
    keep_stream = """
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (constraints) =>
        (window.stream = await open(constraints));
    """
    page = open_recorder(studio, init_script=keep_stream)

    button(page, "Record").click()
    wait_for_seconds(page, 1)
    page.evaluate(
        """() => {
          const [track] = window.stream.getAudioTracks();
          track.stop();
          track.dispatchEvent(new Event("ended"));
        }"""
    )

    expect_message(page, "unplugged")
    expect(button(page, "Use this recording")).to_be_visible()


def test_failed_restart_keeps_the_previous_recording(studio: Studio) -> None:
    page = open_recorder(studio)
    record(page, 1)

    page.evaluate(f"() => {{ {FAILING % 'NotReadableError'} }}")
    button(page, "Record again").click()

    expect_message(page, "busy")
    expect(player_button(page)).to_be_visible()
    expect(button(page, "Use this recording")).to_be_visible()


def test_mp4_recording_is_accepted(studio: Studio) -> None:
    without_webm = """
      const isSupported = MediaRecorder.isTypeSupported;
      MediaRecorder.isTypeSupported = (type) => !type.includes("webm") && isSupported(type);
    """
    page = open_recorder(studio, card=CLIP_CARD, init_script=without_webm)
    length = record(page, 2)

    button(page, "Use this recording").click()
    expect(page.locator("#prompt_clip .recording")).to_be_visible()

    clip = AudioFile.objects.get()
    assert clip.name.endswith(".m4a")
    assert clip.duration_ms == pytest.approx(length, abs=1_000)


# Nothing is lost ----------------------------------------------------------------------------------


def test_cancelled_or_replaced_upload_keeps_the_recording(studio: Studio) -> None:
    page = open_recorder(studio, card=CLIP_CARD)
    use = button(page, "Use this recording")
    record(page, 1)
    page.route("**/recordings/", lambda _route: None, times=2)  # these uploads never arrive

    with page.expect_request("**/recordings/"):
        use.click()
    expect(recorder(page).get_by_role("progressbar")).to_be_visible()
    expect(recorder(page).get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(use).to_be_focused()
    expect(player_button(page)).to_be_visible()
    with page.expect_request("**/recordings/"):
        use.press("Enter")
    expect(recorder(page).get_by_role("progressbar")).to_be_visible()
    # Another file replaces the upload, but the recording stays in the recorder.
    page.get_by_label("Prompt clip").set_input_files(studio.wav(seconds=6))
    expect(page.locator("#prompt_clip .recording")).to_contain_text("anna.wav")
    use.click()

    expect(page.locator("#prompt_clip .recording")).to_contain_text(re.compile("^\\s*Recorded "))
    origins = AudioFile.objects.order_by("pk").values_list("origin", flat=True)
    assert list(origins) == [Origin.UPLOADED, Origin.RECORDED]


def test_lost_connection_keeps_the_recording(studio: Studio, tmp_path: Path) -> None:
    page = open_recorder(studio, card=CLIP_CARD)
    length = record(page, 2)

    studio.expect_message("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    button(page, "Use this recording").click()
    expect(button(page, "Upload again")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a file").click()
    path = tmp_path / "saved.webm"
    download.value.save_as(path)
    page.context.set_offline(False)
    button(page, "Upload again").click()

    expect(page.locator("#prompt_clip .recording")).to_be_visible()
    saved = intake.inspect(path, purpose="prompt_audio")
    assert saved.duration_ms == pytest.approx(length, abs=1_000)
    assert RECORDED_NAME.match(download.value.suggested_filename)
    assert AudioFile.objects.get().origin == Origin.RECORDED


def test_recording_is_sent_after_a_new_sign_in(studio: Studio) -> None:
    page = open_recorder(studio, card=CLIP_CARD)
    record(page, 2)

    studio.expire_sessions()
    button(page, "Use this recording").click()
    sign_in(page)

    expect(page.locator("#prompt_clip .recording")).to_be_visible()
    expect(recorder(page)).to_be_hidden()


def test_leaving_with_an_unsent_recording_warns(studio: Studio) -> None:
    page = open_recorder(studio)
    record(page, 1)
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", dismiss)
    with page.expect_event("dialog"):
        page.get_by_role("link", name="History").click(no_wait_after=True)
    expect(player_button(page)).to_be_visible()
    assert dialogs == ["beforeunload"]
    button(page, "Discard").click()
    page.get_by_role("link", name="History").click()

    expect(page).to_have_url(re.compile(r"/history/$"))
    assert dialogs == ["beforeunload"]


def test_recorder_that_fails_to_load_can_be_reopened(studio: Studio) -> None:
    page = studio.page(permissions=["microphone"])
    studio.expect_message("ERR_FAILED")
    page.route("**/recordings/recorder/**", lambda route: route.abort(), times=1)
    summary = page.locator(RECORDING_CARD).get_by_text("Record here")

    summary.click()
    expect(
        page.locator(RECORDING_CARD).locator("[data-panel-content] [role=alert]")
    ).to_be_visible()
    summary.click()
    summary.click()

    expect(recorder(page)).to_be_visible()


# The text -----------------------------------------------------------------------------------------


def test_text_follows_the_browser_and_the_form(studio: Studio) -> None:
    portuguese = "Object.defineProperty(navigator, 'language', { value: 'pt-BR' });"
    page = open_recorder(studio, init_script=portuguese)
    text = page.locator(".reading-text [data-text]:visible")
    choice = recorder(page).locator("[data-texts]")

    expect(text).to_have_attribute("lang", "pt")
    expect(choice).to_have_value("Portuguese")
    page.get_by_label("Language", exact=True).select_option("German")
    expect(text).to_have_attribute("lang", "de")
    choice.select_option("Japanese")
    expect(text).to_have_attribute("lang", "ja")
    choice.select_option("")
    expect(text).to_have_attribute("data-text", "")
