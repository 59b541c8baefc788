"""The clone form in a real browser: typed, uploaded, sent once, without script, by keyboard."""

from __future__ import annotations

import base64
import re
from functools import partial
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.practice.recordings import hum
from voicestudio.models import AudioFile, CloneAttempt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ATTEMPT = re.compile(r"/history/\d+/$")
CLONE = "Clone voice"


def answer(page: Page, name: str = "Anna Larsen") -> None:
    """Fill in all that is needed, but the recording."""
    page.get_by_label("Speaker").fill(name)
    expect(page.get_by_text("Free to use")).to_be_visible()
    page.get_by_label("I have this person's permission to clone their voice").check()


def bring(page: Page, file: str) -> None:
    """Choose a file, and wait until it is here."""
    page.locator("#id_file").set_input_files(file)
    expect(page.locator("#recording .recording")).to_be_visible()


def press(page: Page) -> None:
    page.get_by_role("button", name=CLONE).click()


def sign_in(page: Page) -> None:
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


# The whole way ------------------------------------------------------------------------------------


def test_from_a_name_to_a_voice(studio: Studio) -> None:
    page = studio.page()

    answer(page)
    bring(page, studio.wav())
    press(page)

    expect(page).to_have_url(ATTEMPT)
    expect(page.get_by_text("Ready", exact=True).first).to_be_visible()
    attempt = CloneAttempt.objects.get()
    assert re.fullmatch(r"AnnaLarsen-[0-9][a-z0-9]{3}", attempt.voice_id)
    assert attempt.recording.name == "anna.wav"


def test_without_script_the_whole_way_goes_too(studio: Studio) -> None:
    page = studio.page(java_script_enabled=False)

    page.get_by_label("Speaker").fill("王芳")
    page.get_by_label("I have this person's permission to clone their voice").check()
    page.locator("#id_file").set_input_files(studio.wav())
    press(page)

    expect(page).to_have_url(ATTEMPT)
    assert CloneAttempt.objects.get().voice_id.startswith("WangFang-")


def test_without_script_upload_keeps_what_is_typed(studio: Studio) -> None:
    page = studio.page(java_script_enabled=False)

    page.get_by_label("Speaker").fill("Anna Larsen")
    page.get_by_label("Preview text").fill("Good morning.")
    page.locator("#id_file").set_input_files(studio.wav())
    page.get_by_role("button", name="Upload").first.click()

    expect(page.locator("#recording")).to_contain_text("anna.wav")
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
    expect(page.get_by_label("Preview text")).to_have_value("Good morning.")
    assert CloneAttempt.objects.count() == 0


def test_by_keyboard_alone(studio: Studio) -> None:
    factories.make_recording(by=studio.user, name="here.mp3")
    page = studio.page()

    def tab_to(selector: str) -> None:
        for _turn in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"Tab never reaches {selector}")

    tab_to("#id_speaker")
    page.keyboard.type("Anna Larsen")
    expect(page.get_by_text("Free to use")).to_be_visible()
    tab_to("#id_permission")
    page.keyboard.press("Space")
    tab_to("#id_file")
    tab_to("details:has(.search-results) > summary")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="here.mp3")).to_be_visible()
    tab_to(".already-here button")
    page.keyboard.press("Enter")
    expect(page.locator("#recording .recording")).to_be_visible()
    page.locator("#id_preview_text").focus()
    tab_to("#clone-voice")
    page.keyboard.press("Enter")

    expect(page).to_have_url(ATTEMPT)
    assert CloneAttempt.objects.get().recording.name == "here.mp3"


def test_every_control_is_found_by_its_words(studio: Studio) -> None:
    page = studio.page()
    words = (
        "Speaker", "Voice ID", "I have this person's permission to clone their voice",
        "Recording", "File ID", "Prompt clip", "Prompt text", "Preview text", "Model", "Language",
        "Reduce noise", "Even out volume", "Watermark the preview", "Rehearse an outcome",
    )  # fmt: skip

    assert {word: page.get_by_label(word).count() for word in words} == dict.fromkeys(words, 1)
    for name in ("Clone voice", "Use an example recording"):
        expect(page.get_by_role("button", name=name)).to_have_count(1)
    for name in ("Improve likeness", "Sound options"):
        expect(page.locator("summary", has_text=name)).to_have_count(1)
    unnamed = page.evaluate(
        "[...document.querySelectorAll('#clone :is(input, select, textarea)')]"
        ".filter((one) => one.type !== 'hidden' && !one.labels.length && !one.ariaLabel)"
        ".map((one) => one.outerHTML)"
    )
    assert unnamed == []


# While one types ----------------------------------------------------------------------------------


def test_voice_id_follows_the_name_until_it_is_edited(studio: Studio) -> None:
    page = studio.page()
    speaker, voice_id = page.get_by_label("Speaker"), page.get_by_label("Voice ID")

    speaker.press_sequentially("Anna", delay=20)
    expect(voice_id).to_have_value(re.compile(r"^Anna-"))
    speaker.press_sequentially(" Larsen", delay=20)
    expect(voice_id).to_have_value(re.compile(r"^AnnaLarsen-"))
    voice_id.fill("MyOwn-Id-1")
    expect(page.get_by_text("Free to use")).to_be_visible()
    with page.expect_response("**/voice-id/**"):
        speaker.fill("Somebody Else")

    expect(voice_id).to_have_value("MyOwn-Id-1")


def test_taken_voice_id_is_changed_with_one_press(studio: Studio) -> None:
    factories.make_attempt(voice_id="AnnaLarsen-7k2p")
    page = studio.page()
    voice_id = page.get_by_label("Voice ID")

    voice_id.fill("AnnaLarsen-7k2p")
    expect(page.get_by_text("This voice ID is taken.")).to_be_visible()
    expect(voice_id).to_have_attribute("aria-invalid", "true")
    free = page.locator("#voice-id button").first
    wanted = free.inner_text()
    free.click()

    expect(voice_id).to_have_value(wanted)
    expect(page.get_by_text("Free to use")).to_be_visible()
    assert CloneAttempt.objects.count() == 1


def test_sounds_are_offered_where_the_model_speaks_them(studio: Studio) -> None:
    page = studio.page()
    text = page.get_by_label("Preview text")

    text.fill("Hello you")
    text.evaluate("element => element.setSelectionRange(5, 5)")
    page.get_by_role("button", name="+ breath").click()
    expect(text).to_have_value("Hello(breath) you")
    page.get_by_role("button", name="+ pause").click()
    expect(text).to_have_value("Hello(breath) <#0.5#> you")
    expect(page.locator("#count")).to_have_text("25 of 1,000")
    page.get_by_label("Model").select_option("speech-2.6-hd")

    expect(page.get_by_role("button", name="+ breath")).to_be_hidden()
    expect(page.get_by_role("button", name="+ pause")).to_be_visible()
    expect(page.get_by_text("may read (breath) out as words")).to_be_visible()


def test_price_follows_the_text_as_the_server_counts(studio: Studio) -> None:
    page = studio.page()
    cost = page.locator("#cost")

    expect(cost).to_have_text("less than $0.01, now")
    page.get_by_label("Preview text").fill("x" * 1000)
    expect(cost).to_have_text("about $0.10, now")
    page.get_by_label("Model").select_option("speech-2.8-turbo")
    expect(cost).to_have_text("about $0.06, now")
    page.get_by_label("Preview text").fill("")
    expect(cost).to_have_text("free, no text")


def test_numbers_become_ticks(studio: Studio) -> None:
    page = studio.page()
    done = page.locator(".step-number[data-done]")

    expect(done).to_have_count(1)
    answer(page)
    expect(done).to_have_count(2)
    bring(page, studio.wav())
    expect(done).to_have_count(3)
    page.get_by_role("button", name="Remove").click()
    expect(done).to_have_count(2)


# Uploads ------------------------------------------------------------------------------------------


def test_dropped_file_is_uploaded(studio: Studio) -> None:
    page = studio.page()
    content = base64.b64encode(hum(12)).decode()

    data = page.evaluate_handle(
        """content => {
          const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], "dropped.wav", { type: "audio/wav" }));
          return data;
        }""",
        content,
    )
    page.locator(".drop").first.dispatch_event("drop", {"dataTransfer": data})

    expect(page.locator("#recording")).to_contain_text("dropped.wav")
    assert AudioFile.objects.get().name == "dropped.wav"


def test_progress_is_true_and_can_be_cancelled(studio: Studio) -> None:
    page = studio.page()
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000},
    )

    page.locator("#id_file").set_input_files(studio.wav("long.wav", seconds=120))
    figure = page.locator(".meter .figure").first
    expect(figure).to_have_text(re.compile(r"^[1-9]\d? % · [\d.]+ of 1.9 MB$"))
    share = page.locator("progress").first.evaluate("bar => bar.value")
    page.get_by_role("button", name="Cancel").first.click()

    assert 0 < share < 100
    expect(page.locator(".meter").first).to_be_hidden()
    expect(page.locator("#id_file")).to_be_focused()
    assert AudioFile.objects.count() == 0


def test_refused_file_is_told_where_it_was_dropped(studio: Studio) -> None:
    page = studio.page()

    page.locator("#id_file").set_input_files(studio.wav("short.wav", seconds=3))

    expect(page.get_by_text("MiniMax needs at least 10 seconds.")).to_be_visible()
    expect(page.locator(".upload-message .note").first).to_contain_text("short.wav")
    expect(page.locator(".meter").first).to_be_hidden()
    bring(page, studio.wav())
    expect(page.get_by_text("MiniMax needs at least 10 seconds.")).to_be_hidden()


def test_broken_connection_keeps_the_file(studio: Studio) -> None:
    page = studio.page()

    studio.expects("ERR_FAILED")
    page.route("**/recordings/", lambda route: route.abort(), times=1)
    page.locator("#id_file").set_input_files(studio.wav())
    expect(page.get_by_text("The file wasn't uploaded.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()

    expect(page.locator("#recording")).to_contain_text("anna.wav")


def test_last_of_several_files_wins(studio: Studio) -> None:
    page = studio.page()

    for name in ("one.wav", "two.wav", "three.wav"):
        page.locator("#id_file").set_input_files(studio.wav(name))

    expect(page.locator("#recording")).to_contain_text("three.wav")
    expect(page.locator("[name=recording]")).to_have_count(1)


def test_form_waits_for_the_upload(studio: Studio) -> None:
    page = studio.page()
    answer(page)
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 150_000},
    )

    page.locator("#id_file").set_input_files(studio.wav())
    press(page)
    expect(page.get_by_text("Uploading first…")).to_be_visible()

    expect(page).to_have_url(ATTEMPT)
    assert CloneAttempt.objects.get().recording.name == "anna.wav"


def test_prompt_clip_is_uploaded_beside_the_recording(studio: Studio) -> None:
    page = studio.page()
    answer(page)
    bring(page, studio.wav())

    page.get_by_text("Improve likeness").click()
    page.get_by_label("Prompt clip").set_input_files(studio.wav("clip.wav", seconds=6))
    expect(page.locator("#prompt_clip")).to_contain_text("clip.wav")
    page.get_by_label("Prompt text").fill("Well, then")
    press(page)

    expect(page).to_have_url(ATTEMPT)
    clip = CloneAttempt.objects.get().prompt_clip
    assert clip is not None
    assert clip.name == "clip.wav"


def test_file_id_and_example_are_chosen_in_place(studio: Studio) -> None:
    page = studio.page()

    page.get_by_role("button", name="Use an example recording").click()
    expect(page.locator("#recording")).to_contain_text("Example recording 1.wav")
    page.get_by_text("Use a MiniMax file ID").click()
    page.get_by_label("File ID").fill("abc")
    page.get_by_role("button", name="Use this file").click()
    expect(page.get_by_text("A File ID is a whole number")).to_be_visible()
    expect(page.locator("#recording")).to_contain_text("Example recording 1.wav")
    page.get_by_label("File ID").fill("362067136000001")
    page.get_by_label("File ID").press("Enter")

    expect(page.locator("#recording")).to_contain_text("362067136000001")
    expect(page.get_by_text("A File ID is a whole number")).to_be_hidden()


# Sent once ----------------------------------------------------------------------------------------


@pytest.fixture
def ready(studio: Studio) -> Page:
    """A form that only waits for its button."""
    recording = factories.make_recording(by=studio.user)
    recording.file.save("hum.wav", ContentFile(hum(12)))
    page = studio.page(path=f"/?recording={recording.pk}")
    answer(page)
    return page


def test_double_click_makes_one_attempt(ready: Page) -> None:
    ready.get_by_role("button", name=CLONE).dblclick()

    expect(ready).to_have_url(ATTEMPT)
    assert CloneAttempt.objects.count() == 1


def test_way_back_and_again_makes_one_attempt(ready: Page) -> None:
    press(ready)
    expect(ready).to_have_url(ATTEMPT)
    first = ready.url

    ready.go_back()
    expect(ready.get_by_text("You've already requested this voice.")).to_be_visible()
    expect(ready.get_by_label("Speaker")).to_have_value("Anna Larsen")
    press(ready)

    expect(ready).to_have_url(first)
    assert CloneAttempt.objects.count() == 1


def test_way_back_without_script_makes_one_attempt(studio: Studio) -> None:
    recording = factories.make_recording(by=studio.user)
    page = studio.page(path=f"/?recording={recording.pk}", java_script_enabled=False)
    page.reload()  # the first visit set a cookie that signing in would have set
    page.get_by_label("Speaker").fill("Anna Larsen")
    page.get_by_label("I have this person's permission to clone their voice").check()
    press(page)
    expect(page).to_have_url(ATTEMPT)

    page.go_back()
    press(page)

    expect(page.get_by_text("You've already requested this voice.")).to_be_visible()
    assert CloneAttempt.objects.count() == 1


def test_reload_makes_one_attempt(ready: Page) -> None:
    press(ready)
    expect(ready).to_have_url(ATTEMPT)

    ready.reload()

    expect(ready).to_have_url(ATTEMPT)
    assert CloneAttempt.objects.count() == 1


def test_second_tab_with_the_same_form_makes_one_attempt(studio: Studio, ready: Page) -> None:
    second = ready.context.new_page()
    studio.watch(second)
    second.goto(ready.url)
    answer(second)
    token = ready.locator("#id_token").input_value()
    second.locator("#id_token").evaluate("(element, token) => { element.value = token }", token)

    press(ready)
    expect(ready).to_have_url(ATTEMPT)
    press(second)

    expect(second).to_have_url(ready.url)
    assert CloneAttempt.objects.count() == 1


# What went wrong ----------------------------------------------------------------------------------


def test_mistakes_get_the_focus_and_lead_to_their_fields(studio: Studio) -> None:
    page = studio.page()
    page.get_by_label("Preview text").fill("Good morning.")

    press(page)

    expect(page.locator(".error-summary")).to_be_focused()
    expect(page).to_have_title(re.compile("Something to correct"))
    expect(page.get_by_label("Preview text")).to_have_value("Good morning.")
    page.get_by_role("link", name="Whose voice is it? Type the person's name.").click()
    expect(page.get_by_label("Speaker")).to_be_focused()
    expect(page.get_by_label("Speaker")).to_have_attribute("aria-invalid", "true")


def test_expired_sign_in_loses_nothing(studio: Studio, ready: Page) -> None:
    studio.sign_everybody_out()

    press(ready)
    studio.expects("401")
    ready.get_by_label("Username").fill("anna")
    ready.get_by_label("Password").fill(factories.PASSWORD)
    ready.get_by_role("dialog").get_by_role("button", name="Sign in").click()

    expect(ready).to_have_url(ATTEMPT)
    assert CloneAttempt.objects.get().speaker_name == "Anna Larsen"


def test_form_that_does_not_get_through_says_so(studio: Studio, ready: Page) -> None:
    for status in (400, 500):
        studio.expects(f" {status} ")
        ready.route(re.compile(r"/$"), partial(Route.fulfill, status=status), times=1)
        press(ready)
        expect(ready.get_by_text("The form wasn't sent.")).to_be_visible()
        assert CloneAttempt.objects.count() == 0

    press(ready)
    expect(ready).to_have_url(ATTEMPT)
    assert CloneAttempt.objects.get().speaker_name == "Anna Larsen"


def test_upload_goes_on_after_signing_in_again(studio: Studio) -> None:
    page = studio.page()
    page.get_by_label("Preview text").fill("Good morning.")
    studio.sign_everybody_out()

    page.locator("#id_file").set_input_files(studio.wav())
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Sign in").click()

    expect(page.locator("#recording")).to_contain_text("anna.wav")
    expect(page.get_by_label("Preview text")).to_have_value("Good morning.")


def test_expired_sign_in_without_script_loses_nothing(studio: Studio) -> None:
    voice = factories.make_attempt().cloned_voice
    assert voice is not None
    page = studio.page(java_script_enabled=False)
    page.get_by_label("Speaker").fill("Anna Larsen")
    page.locator("#id_file").set_input_files(studio.wav())
    studio.sign_everybody_out()

    press(page)
    expect(page.get_by_text("the files that you sent are kept")).to_be_visible()
    sign_in(page)
    expect(page.locator("#recording")).to_contain_text("anna.wav")
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")

    page.goto(f"/voices/{voice.pk}/")
    page.get_by_label("Text", exact=True).fill("Nothing of this is lost.")
    studio.sign_everybody_out()
    page.get_by_role("button", name="Generate", exact=True).click()
    sign_in(page)
    expect(page.get_by_label("Text", exact=True)).to_have_value("Nothing of this is lost.")


def test_page_older_than_the_sign_in_loses_nothing_without_script(studio: Studio) -> None:
    page = studio.page(java_script_enabled=False)
    page.get_by_label("Speaker").fill("Anna Larsen")
    page.locator("#id_file").set_input_files(studio.wav())
    studio.sign_everybody_out()
    other = page.context.new_page()
    other.goto("/")
    sign_in(other)

    studio.expects("403")
    press(page)

    expect(page.get_by_text("so nothing was done yet")).to_be_visible()
    expect(page.locator("#recording")).to_contain_text("anna.wav")
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")


def test_page_without_script_fits_a_phone(studio: Studio) -> None:
    recording = factories.make_recording(by=studio.user)
    page = studio.page(
        path=f"/?recording={recording.pk}",
        viewport={"width": 375, "height": 740},
        java_script_enabled=False,
    )
    page.get_by_text("Improve likeness").click()

    wide = page.locator("main").evaluate("main => main.scrollWidth")

    assert wide <= 375


@pytest.mark.parametrize("width", [375, 1280])
def test_page_fits_its_width(studio: Studio, width: int, tmp_path: Path) -> None:
    page = studio.page(viewport={"width": width, "height": 740})
    page.get_by_text("Improve likeness").click()
    page.get_by_text("Sound options").click()
    page.get_by_text("Advanced").click()
    bring(page, studio.wav(f"{'very-long-name-' * 12}.wav"))

    wide = page.evaluate("document.documentElement.scrollWidth")

    assert wide <= width
