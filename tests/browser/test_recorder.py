"""The recorder in a real browser, whose microphone hears a spoken recording."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from tests import factories
from tests.browser.conftest import Contexts, Studio
from tests.browser.test_form import ATTEMPT, answer, press
from voicestudio import audio
from voicestudio.audio import intake
from voicestudio.models import AudioFile, CloneAttempt, Origin, Purpose

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NAME = re.compile(r"^Recorded \d{1,2} \w{3} \d{4}, \d{2}:\d{2}\.webm$")
# What was said to a screen reader, in order.
LISTEN = """() => {
  window.announced = [];
  const announcer = document.getElementById("announcer");
  new MutationObserver(() => window.announced.push(announcer.textContent))
    .observe(announcer, { childList: true });
}"""


# A microphone whose loudness can be changed while it runs.
AMPLIFIER = """
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const context = new AudioContext();
    const heard = context.createMediaStreamSource(await open(wanted));
    const louder = context.createMediaStreamDestination();
    window.amplifier = context.createGain();
    heard.connect(window.amplifier).connect(louder);
    return louder.stream;
  };
"""


@pytest.fixture(scope="session")
def asking(launch: Callable[..., Browser]) -> Browser:
    """A browser that lets a page use its microphone only where that was permitted."""
    return launch("--use-fake-device-for-media-stream", asks=True)


def recorder(studio: Studio, *, before: str = "", **data: Any) -> Page:
    """The form with its recorder opened; `before` runs in the page before anything of ours.

    `data` replaces attributes of the recorder, such as its limit in seconds.
    """
    page = studio.page(permissions=["microphone"], before=before)
    unfold(page, "[data-step=recording]", **data)
    return page


def clip_recorder(studio: Studio, **options: Any) -> Page:
    """The form with the recorder for a prompt clip opened."""
    page = studio.page(permissions=["microphone"])
    page.get_by_text("Improve likeness").click()
    unfold(page, "section:has(#prompt_clip)", **options)
    return page


def unfold(page: Page, card: str, **data: Any) -> None:
    page.evaluate(LISTEN)
    page.locator(card).get_by_text("Record here").click()
    expect(page.get_by_role("group", name="Recorder")).to_be_visible()
    expect(button(page, "Record")).to_be_visible()
    for name, value in data.items():
        page.locator(".recorder").evaluate(
            "(element, [name, value]) => { element.dataset[name] = value; }", [name, str(value)]
        )


def button(page: Page, name: str) -> Locator:
    return page.locator(".recorder").get_by_role("button", name=name, exact=True)


def wait_for(page: Page, seconds: int) -> None:
    """Until the recorder's clock shows that or more."""
    page.wait_for_function(
        """seconds => {
          const [minutes, rest] = document.querySelector("[data-elapsed]").textContent.split(":");
          return 60 * Number(minutes) + Number(rest) >= seconds;
        }""",
        arg=seconds,
        timeout=30_000,
        polling=100,
    )


def record(page: Page, seconds: int) -> int:
    """Record that long or a little longer; how long it says it is, in milliseconds."""
    button(page, "Record").click()
    wait_for(page, seconds)
    button(page, "Stop").click()
    expect(button(page, "Use this recording")).to_be_visible()
    return length(page)


def length(page: Page) -> int:
    """What the take's player says, in milliseconds."""
    return int(page.locator(".recorder time").get_attribute("data-length") or 0)


def said(page: Page) -> list[str]:
    """What the announcer has said since the fold was opened."""
    announced: list[str] = page.evaluate("window.announced")
    return announced


# The whole way ------------------------------------------------------------------------------------


def test_take_is_recorded_heard_and_used(studio: Studio) -> None:
    page = recorder(studio)
    time = page.locator("[data-elapsed]")

    button(page, "Record").click()
    expect(page.get_by_text("Recording", exact=True).last).to_be_visible()
    wait_for(page, 3)
    button(page, "Pause").click()
    paused = time.inner_text()
    so_far = page.locator(".recorder .player")
    expect(so_far.locator("time")).to_have_text(paused)
    so_far.get_by_role("button").click()
    expect(so_far).to_have_attribute("data-playing", "")
    button(page, "Resume").click()
    wait_for(page, 11)
    expect(time).to_have_attribute("data-enough", "")
    button(page, "Stop").click()

    take = page.locator(".recorder .player")
    expect(take.get_by_role("button")).to_be_focused()
    shown = length(page)
    take.get_by_role("button").click()
    page.wait_for_function("() => document.querySelector('.recorder audio').currentTime > 1")
    button(page, "Use this recording").click()
    expect(page.locator("#recording .recording")).to_be_visible()

    expect(page.locator("#recording .player button")).to_be_focused()
    expect(page.get_by_role("group", name="Recorder")).to_be_hidden()
    page.locator("#recording").get_by_role("button", name="Record again").click()
    expect(button(page, "Record")).to_be_visible()
    expect(page.locator("summary", has_text="Record here").first).to_be_focused()
    kept = AudioFile.objects.get()
    assert NAME.match(kept.name)
    assert kept.origin == Origin.RECORDED
    assert kept.created_by == studio.user
    assert kept.duration_ms == pytest.approx(shown, abs=300)
    assert kept.loudness_db == pytest.approx(-20, abs=4)
    assert said(page) == [
        "Recording.",
        "Paused. You can listen, resume or stop.",
        "Recording.",
        "Long enough.",
        "Recorded. Listen to it, then use it.",
        "Checking the recording…",
        "Recording uploaded.",
    ]


def test_form_takes_an_unsent_take_along(studio: Studio) -> None:
    page = recorder(studio)
    answer(page)

    button(page, "Record").click()
    press(page)
    expect(page.get_by_text("You're still recording.")).to_be_visible()
    wait_for(page, 11)
    button(page, "Stop").click()
    press(page)

    expect(page).to_have_url(ATTEMPT, timeout=20_000)
    assert CloneAttempt.objects.get().recording.origin == Origin.RECORDED


def test_form_asks_what_to_do_with_a_second_take(studio: Studio) -> None:
    chosen = factories.make_recording(by=studio.user)
    page = studio.page(path=f"/?recording={chosen.pk}", permissions=["microphone"])
    unfold(page, "[data-step=recording]")
    answer(page)
    record(page, 1)

    press(page)
    expect(page.get_by_text("Your recording hasn't been uploaded yet.")).to_be_visible()
    assert CloneAttempt.objects.count() == 0
    button(page, "Discard").click()
    press(page)

    expect(page).to_have_url(ATTEMPT)
    assert CloneAttempt.objects.get().recording == chosen


def test_clip_is_recorded_for_the_prompt(studio: Studio) -> None:
    page = clip_recorder(studio)

    expect(page.get_by_text("of at least 0:05, at most 0:07")).to_be_visible()
    expect(page.locator(".reading-text p:visible")).to_have_count(1)
    button(page, "Record").click()
    expect(page.get_by_text("Stopped by itself")).to_be_visible(timeout=15_000)
    button(page, "Use this recording").click()
    expect(page.locator("#prompt_clip .recording")).to_be_visible()

    clip = AudioFile.objects.get()
    assert clip.purpose == Purpose.PROMPT
    assert clip.origin == Origin.RECORDED
    assert clip.duration_ms == pytest.approx(7_500, abs=300)


def test_by_keyboard_alone(studio: Studio) -> None:
    page = clip_recorder(studio)
    focused = "() => document.activeElement.textContent.trim()"

    page.locator(".recorder-fold:has(.recorder) summary").focus()
    page.keyboard.press("Tab")
    assert page.evaluate(focused).startswith("Record")
    page.keyboard.press("Enter")
    expect(button(page, "Pause")).to_be_focused()
    page.keyboard.press("Space")
    expect(button(page, "Resume")).to_be_focused()
    page.keyboard.press("Space")
    wait_for(page, 2)
    page.keyboard.press("Tab")
    expect(button(page, "Stop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".recorder .player button")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(button(page, "Use this recording")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#prompt_clip .player button")).to_be_focused(timeout=15_000)
    assert AudioFile.objects.count() == 1


# Limits and levels --------------------------------------------------------------------------------


def test_stops_by_itself_before_the_limit_and_keeps_the_take(studio: Studio) -> None:
    page = recorder(studio, limit=2)

    button(page, "Record").click()

    expect(page.get_by_text("Stopped at the longest length MiniMax accepts.")).to_be_visible()
    expect(page.locator("[data-elapsed]")).to_have_text("0:02")
    expect(button(page, "Use this recording")).to_be_visible()
    expect(page.locator(".recorder time")).to_have_text("0:02")


def test_limits_lie_within_what_the_provider_takes(studio: Studio) -> None:
    page = recorder(studio)
    shown = page.locator(".recorder")

    expect(page.get_by_text("of at least 0:10, best 1:30")).to_be_visible()
    assert float(shown.get_attribute("data-limit") or 0) < audio.rules.SPANS["voice_clone"].limit


# Does the bar of the level reach so far, from 0 (-60 dBFS) to 1, as it is drawn?
BAR = """([least, most]) => {
  const scale = document.querySelector("[data-step=recording] .scale");
  const reach = new DOMMatrix(getComputedStyle(scale, "::before").transform).a;
  return least <= reach && reach <= most;
}"""


def test_level_is_told_in_words_and_by_a_bar(studio: Studio) -> None:
    page = recorder(studio, before=AMPLIFIER)
    told = page.locator("[data-level-message]:visible")
    colours = []

    button(page, "Record").click()
    expect(told).to_have_attribute("data-state", re.compile("."))  # the microphone is open

    for decibels, words, bar in (  # it speaks at -20 dBFS
        (0, "Good.", [0.6, 0.9]),
        (16, "Too loud. Move back a little.", [0.9, 1]),
        (-25, "Too quiet. Move closer.", [0.05, 0.5]),
        (-90, "No sound. Is this the right microphone?", [0, 0]),
    ):
        page.evaluate(
            "decibels => { window.amplifier.gain.value = 10 ** (decibels / 20); }", decibels
        )
        expect(told).to_have_text(words)
        page.wait_for_function(BAR, arg=bar)
        colours.append(told.evaluate("words => getComputedStyle(words).color"))

    assert len(set(colours)) == 3
    assert colours[2] == colours[3]


def test_take_that_is_too_short_is_told(studio: Studio) -> None:
    page = recorder(studio)

    record(page, 1)

    expect(page.get_by_text("This is too short for MiniMax.")).to_be_visible()


# The microphone -----------------------------------------------------------------------------------

ASKED = """
  window.asked = [];
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) => {
    window.asked.push(wanted.audio);
    return real(wanted);
  };
"""


def test_microphone_is_asked_for_once_recorded_and_raw(studio: Studio) -> None:
    page = recorder(studio, before=ASKED)

    assert page.evaluate("window.asked") == []
    record(page, 1)
    page.get_by_label("Browser noise reduction").check()
    microphone = page.get_by_label("Microphone")
    microphone.select_option(index=1)
    chosen = microphone.input_value()
    button(page, "Record again").click()
    expect(button(page, "Pause")).to_be_visible()

    filters = ("echoCancellation", "noiseSuppression", "autoGainControl")
    first, second = page.evaluate("window.asked")
    assert [first[name] for name in filters] == [False, False, False]
    assert [second[name] for name in filters] == [True, True, True]
    assert second["deviceId"] == {"exact": chosen}
    expect(microphone).to_be_disabled()


def strangers_recorder(studio: Studio, browser: Browser) -> Page:
    """The form with its recorder opened, in another browser that has not been permitted."""
    studio.contexts = Contexts(browser)
    page = studio.page()
    unfold(page, "[data-step=recording]")
    return page


def test_microphones_have_no_names_before_permission(studio: Studio, asking: Browser) -> None:
    page = strangers_recorder(studio, asking)

    expect(page.get_by_label("Microphone")).to_be_hidden()
    page.context.grant_permissions(["microphone"])
    button(page, "Record").click()

    expect(page.get_by_label("Microphone")).to_be_visible()
    expect(page.get_by_label("Microphone").locator("option").first).to_contain_text("Fake")


def test_denied_permission_is_told(studio: Studio, asking: Browser) -> None:
    page = strangers_recorder(studio, asking)

    button(page, "Record").click()

    expect(page.get_by_text("The browser isn't allowed to use the microphone.")).to_be_visible()
    expect(button(page, "Record")).to_be_focused()


def test_missing_microphone_is_told(studio: Studio, launch: Callable[..., Browser]) -> None:
    studio.contexts = Contexts(launch(asks=True))
    page = recorder(studio)

    button(page, "Record").click()

    expect(page.get_by_text("No microphone found.")).to_be_visible()


FAILS = """
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "%s"));
"""
UNDEFINED = "Object.defineProperty(window, '%s', { value: %s });"


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (FAILS % "NotReadableError", "Another app is using the microphone."),
        (FAILS % "OverconstrainedError", "The selected microphone is no longer connected."),
        (FAILS % "UnknownError", "The microphone couldn't be started."),
        (UNDEFINED % ("MediaRecorder", "undefined"), "This browser can't record."),
        (UNDEFINED % ("isSecureContext", "false"), "This page can't use the microphone."),
    ],
)
def test_each_trouble_has_its_sentence(studio: Studio, before: str, words: str) -> None:
    page = recorder(studio, before=before)

    button(page, "Record").click()

    expect(page.locator(".recorder .note b")).to_have_text(words)


def test_unplugged_microphone_leaves_the_take(studio: Studio) -> None:
    keep = """
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => (window.stream = await real(wanted));
    """
    page = recorder(studio, before=keep)

    button(page, "Record").click()
    wait_for(page, 1)
    page.evaluate(
        """() => {
          const [track] = window.stream.getAudioTracks();
          track.stop();
          track.dispatchEvent(new Event("ended"));
        }"""
    )

    expect(page.get_by_text("The microphone was disconnected.")).to_be_visible()
    expect(button(page, "Use this recording")).to_be_visible()


def test_failing_again_keeps_the_take_before(studio: Studio) -> None:
    page = recorder(studio)
    record(page, 1)

    page.evaluate(f"() => {{ {FAILS % 'NotReadableError'} }}")
    button(page, "Record again").click()

    expect(page.get_by_text("Another app is using the microphone.")).to_be_visible()
    expect(page.locator(".recorder .player")).to_be_visible()
    expect(button(page, "Use this recording")).to_be_visible()


# What browsers write ------------------------------------------------------------------------------


def test_mp4_is_taken_as_well(studio: Studio) -> None:
    no_webm = """
      const knows = MediaRecorder.isTypeSupported;
      MediaRecorder.isTypeSupported = (type) => !type.includes("webm") && knows(type);
    """
    page = studio.page(permissions=["microphone"], before=no_webm)
    page.get_by_text("Improve likeness").click()
    unfold(page, "section:has(#prompt_clip)")
    shown = record(page, 2)

    button(page, "Use this recording").click()
    expect(page.locator("#prompt_clip .recording")).to_be_visible()

    clip = AudioFile.objects.get()
    assert clip.name.endswith(".m4a")
    assert clip.duration_ms == pytest.approx(shown, abs=300)


# Nothing is lost ----------------------------------------------------------------------------------


def test_lost_connection_keeps_the_take_to_be_sent_again_or_saved(
    studio: Studio, tmp_path: Path
) -> None:
    page = clip_recorder(studio)
    shown = record(page, 2)

    studio.expects("ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    button(page, "Use this recording").click()
    note = page.locator(".recorder .note")
    expect(note).to_contain_text("The file wasn't uploaded.")
    expect(note).to_contain_text("your recording stays in this page")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save as a file").click()
    file = tmp_path / "take.webm"
    saving.value.save_as(file)
    page.context.set_offline(False)
    button(page, "Send it again").click()

    expect(page.locator("#prompt_clip .recording")).to_be_visible()
    assert intake.inspect(file, purpose="prompt_audio").duration_ms == pytest.approx(shown, abs=300)
    assert saving.value.suggested_filename.startswith("Recorded ")
    assert AudioFile.objects.get().origin == Origin.RECORDED


def test_expired_sign_in_sends_the_take_afterwards(studio: Studio) -> None:
    page = clip_recorder(studio)
    record(page, 2)

    studio.sign_everybody_out()
    button(page, "Use this recording").click()
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()

    expect(page.locator("#prompt_clip .recording")).to_be_visible()
    expect(page.get_by_role("group", name="Recorder")).to_be_hidden()


def test_leaving_with_an_unsent_take_warns(studio: Studio) -> None:
    page = recorder(studio)
    record(page, 1)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    with page.expect_event("dialog"):
        page.get_by_role("link", name="History").click(no_wait_after=True)
    expect(page.locator(".recorder .player")).to_be_visible()
    assert asked == ["beforeunload"]
    button(page, "Discard").click()
    page.get_by_role("link", name="History").click()

    expect(page).to_have_url(re.compile(r"/history/$"))
    assert asked == ["beforeunload"]


def test_recorder_that_does_not_come_can_be_asked_for_again(studio: Studio) -> None:
    page = studio.page(permissions=["microphone"])
    studio.expects("ERR_FAILED")
    page.route("**/recordings/recorder/**", lambda route: route.abort(), times=1)
    fold = page.locator("[data-step=recording]").get_by_text("Record here")

    fold.click()
    expect(page.get_by_text("The recorder couldn't be loaded.")).to_be_visible()
    fold.click()
    fold.click()

    expect(page.get_by_role("group", name="Recorder")).to_be_visible()


# The text -----------------------------------------------------------------------------------------


def test_text_follows_the_language_of_the_form(studio: Studio) -> None:
    page = recorder(studio)
    text = page.locator(".reading-text [data-text]:visible")

    expect(text).to_have_attribute("lang", "en")
    page.get_by_label("Language", exact=True).select_option("German")
    expect(text).to_have_attribute("lang", "de")
    page.get_by_label("A text to read aloud").select_option("Japanese")
    expect(text).to_have_attribute("lang", "ja")
    page.get_by_label("A text to read aloud").select_option("None, I'll speak freely")

    expect(text).to_contain_text("Talk about something you like")
