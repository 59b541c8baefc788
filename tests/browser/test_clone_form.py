"""The clone form in a browser: filled in, sent once, and without JavaScript."""

import os
import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Page, Route, expect
from pytest_django.fixtures import Settings

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import (
    ATTEMPT_URL,
    PERMISSION,
    bounding_box,
    choose_file,
    drop_files,
    fill_in_form,
    sign_in,
    submit_form,
    throttle_uploads,
)
from tests.practice.recordings import hum
from voicestudio.models import AudioFile, Charge, ChargeKind, CloneAttempt, Project, Voice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Whole workflows ----------------------------------------------------------------------------------


def test_form_without_javascript_clones_a_voice(studio: Studio) -> None:
    page = studio.page(java_script_enabled=False)

    page.get_by_label("Speaker").fill("王芳")
    page.get_by_label(PERMISSION).check()
    page.locator("#id_file").set_input_files(studio.wav())
    submit_form(page)

    expect(page).to_have_url(ATTEMPT_URL)
    assert CloneAttempt.objects.get().voice_id.startswith("WangFang-")


def test_upload_without_javascript_keeps_the_form(studio: Studio) -> None:
    page = studio.page(java_script_enabled=False)

    page.get_by_label("Speaker").fill("Anna Larsen")
    page.get_by_label("Preview text").fill("Good morning.")
    page.locator("#id_file").set_input_files(studio.wav())
    page.get_by_role("button", name="Upload").first.click()

    expect(page.locator("#recording")).to_contain_text("anna.wav")
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
    expect(page.get_by_label("Preview text")).to_have_value("Good morning.")
    assert CloneAttempt.objects.count() == 0


def test_every_control_has_an_accessible_name(studio: Studio) -> None:
    page = studio.page()
    labels = (
        "Speaker", "Voice ID", PERMISSION, "Recording", "File ID", "Prompt clip", "Prompt text",
        "Preview text", "Model", "Language", "Reduce noise", "Even out volume",
        "Watermark the preview", "Rehearse an outcome",
    )  # fmt: skip

    controls = page.locator("input, select, textarea")
    found = {label: page.get_by_label(label).and_(controls).count() for label in labels}
    assert found == dict.fromkeys(labels, 1)


# While the form is filled in ----------------------------------------------------------------------


def test_voice_id_follows_the_name_until_it_is_edited(studio: Studio) -> None:
    page = studio.page()
    speaker, voice_id = page.get_by_label("Speaker"), page.get_by_label("Voice ID")

    speaker.press_sequentially("Anna", delay=20)
    expect(voice_id).to_have_value(re.compile(r"^Anna-"))
    speaker.press_sequentially(" Larsen", delay=20)
    expect(voice_id).to_have_value(re.compile(r"^AnnaLarsen-"))
    voice_id.fill("MyOwn-Id-1")
    expect(page.locator("#voice-id [data-verdict=free]")).to_be_visible()
    with page.expect_response("**/voice-id/**"):
        speaker.fill("Somebody Else")

    expect(voice_id).to_have_value("MyOwn-Id-1")


def test_taken_voice_id_is_replaced_by_a_suggestion(studio: Studio) -> None:
    factories.make_attempt(voice_id="AnnaLarsen-7k2p")
    page = studio.page()
    voice_id = page.get_by_label("Voice ID")

    voice_id.fill("AnnaLarsen-7k2p")
    expect(page.locator("#voice-id [data-verdict=taken]")).to_be_visible()
    expect(voice_id).to_have_attribute("aria-invalid", "true")
    suggestion = page.locator("#voice-id").get_by_role("button").first
    suggested = suggestion.inner_text()
    suggestion.click()

    expect(voice_id).to_have_value(suggested)
    expect(page.locator("#voice-id [data-verdict=free]")).to_be_visible()
    assert CloneAttempt.objects.count() == 1


def test_sound_tags_are_offered_if_the_model_speaks_them(studio: Studio) -> None:
    page = studio.page()
    text, note = page.get_by_label("Preview text"), page.locator("#tags-note")

    text.fill("Hello you")
    text.evaluate("element => element.setSelectionRange(5, 5)")
    page.get_by_role("button", name="+ breath").click()
    expect(text).to_have_value("Hello(breath) you")
    page.get_by_role("button", name="+ pause").click()
    expect(text).to_have_value("Hello(breath) <#0.5#> you")
    expect(page.locator("#count")).to_have_text("25 of 1,000")
    expect(note).to_be_hidden()
    page.get_by_label("Model").select_option("speech-2.6-hd")

    expect(page.get_by_role("button", name="+ breath")).to_be_hidden()
    expect(page.get_by_role("button", name="+ pause")).to_be_visible()
    expect(note).to_contain_text("(breath)")
    text.fill("Hello (unknown) you")
    expect(note).to_be_hidden()


def test_price_follows_the_text(studio: Studio) -> None:
    page = studio.page()
    cost, text = page.locator("#cost"), page.get_by_label("Preview text")

    expect(cost).to_contain_text("less than $0.01")
    text.fill("x" * 1000)
    expect(cost).to_contain_text("about $0.10")
    page.get_by_label("Model").select_option("speech-2.8-turbo")
    expect(cost).to_contain_text("about $0.06")
    text.fill("")
    expect(cost).not_to_contain_text("$")


def test_step_numbers_become_ticks(studio: Studio) -> None:
    page = studio.page()
    complete = page.locator(".step-number[data-done]")

    expect(complete).to_have_count(1)
    fill_in_form(page)
    expect(complete).to_have_count(2)
    choose_file(page, studio.wav())
    expect(complete).to_have_count(3)


def test_name_typed_before_the_scripts_come_gets_its_voice_id(studio: Studio) -> None:
    page, held = studio.page(path="/help/"), list[Route]()
    page.route("**/htmx*.js", lambda route: held.append(route))  # Playwright takes no built-in
    page.goto("/new/", wait_until="commit")
    page.get_by_label("Speaker").fill("Anna Larsen")

    for route in held:
        route.continue_()

    expect(page.locator("#voice-id [data-verdict=free]")).to_be_visible()
    expect(page.get_by_label("Voice ID")).not_to_have_value("")


TEXT_WIDTH = """element => {
  const text = document.createRange();
  text.selectNodeContents(element);
  return text.getBoundingClientRect().width;
}"""


def test_answered_steps_fold_behind_the_person(studio: Studio) -> None:
    chosen = factories.make_checked_recording("good", by=studio.user, name="anna.wav")
    page = studio.page(path=f"/new/?recording={chosen.pk}")
    speaker, recording = (page.locator(f"[data-step={name}]") for name in ("speaker", "recording"))
    fill_in_form(page)
    expect(speaker).not_to_have_attribute("data-folded", "")
    voice_id = page.get_by_label("Voice ID").input_value()

    page.locator("summary", has_text="Change: Recording").focus()
    expect(page.get_by_label("Speaker")).to_be_hidden()
    expect(speaker.locator(".given-answer")).to_have_text(f"Anna Larsen · {voice_id}")
    assert speaker.locator(".step-number").evaluate(TEXT_WIDTH) == 0  # a tick in its place
    expect(recording).not_to_have_attribute("data-folded", "")
    page.get_by_label("Preview text").focus()

    expect(recording.locator(".given-answer")).to_contain_text("anna.wav · ")
    speaker.get_by_role("button", name="Change").press("Enter")
    expect(page.get_by_label("Speaker")).to_be_focused()
    page.get_by_label("Voice ID").fill("1")
    page.get_by_label("Preview text").focus()
    expect(page.get_by_label("Voice ID")).to_be_visible()
    submit_form(page)
    expect(page.locator(".error-summary")).to_be_visible()


# Uploads ------------------------------------------------------------------------------------------


def test_dropped_file_is_uploaded(studio: Studio) -> None:
    page = studio.page()

    drop_files(page.locator(".drop").first, "dropped.wav")

    expect(page.locator("#recording")).to_contain_text("dropped.wav")
    assert AudioFile.objects.get().name == "dropped.wav"


def test_upload_shows_progress_and_can_be_cancelled(studio: Studio) -> None:
    page = studio.page()
    throttle_uploads(page, 200_000)
    meter = page.locator(".meter").first

    page.locator("#id_file").set_input_files(studio.wav("long.wav", seconds=120))
    expect(meter.locator(".figure")).to_have_text(re.compile(r"^[1-9]\d? % · [\d.]+ of 1.8 MB$"))
    percent = meter.get_by_role("progressbar").evaluate("bar => bar.value")
    meter.get_by_role("button", name="Cancel").click()

    assert 0 < percent < 100
    expect(meter).to_be_hidden()
    expect(page.locator("#id_file")).to_be_focused()
    assert AudioFile.objects.count() == 0


def test_refused_file_is_reported_until_another_is_chosen(studio: Studio) -> None:
    page = studio.page()
    note = page.locator(".upload-message .note")

    page.locator("#id_file").set_input_files(studio.wav("short.wav", seconds=3))

    expect(note).to_contain_text("short.wav")
    expect(note).to_contain_text("10 seconds")
    expect(page.locator(".meter").first).to_be_hidden()
    choose_file(page, studio.wav())
    expect(note).to_have_count(0)


def test_lost_upload_can_be_sent_again(studio: Studio) -> None:
    page = studio.page()

    studio.expect_message("ERR_FAILED")
    page.route("**/recordings/", lambda route: route.abort(), times=1)
    page.locator("#id_file").set_input_files(studio.wav())
    page.get_by_role("button", name="Try again").click()

    expect(page.locator("#recording")).to_contain_text("anna.wav")


def change_during_upload(page: Page, path: str) -> None:
    def change(route: Route) -> None:
        Path(path).write_bytes(b"something else")
        os.utime(path, (1, 1))
        route.abort()

    page.route("**/recordings/", change, times=1)


# What a browser tells about a dropped folder. A test cannot drop a real one.
DROPS_FOLDERS = "DataTransferItem.prototype.webkitGetAsEntry = () => ({ isDirectory: true });"


@pytest.mark.parametrize(("path", "field"), [("/new/", "#id_file"), ("/recordings/", "#id_files")])
def test_changed_file_does_not_blame_the_connection(studio: Studio, path: str, field: str) -> None:
    page = studio.page(path=path)
    studio.expect_message("ERR_FAILED")
    file = studio.wav()
    change_during_upload(page, file)

    page.locator(field).set_input_files(file)

    expect(page.get_by_text("changed, moved or deleted on this device")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()


@pytest.mark.parametrize("path", ["/new/", "/recordings/"])
def test_dropped_folder_is_named(studio: Studio, path: str) -> None:
    page = studio.page(path=path, init_script=DROPS_FOLDERS)

    drop_files(page.locator(".drop").first, "folder")

    expect(page.get_by_text("This is a folder.")).to_be_visible()


@pytest.mark.parametrize(("path", "field"), [("/new/", "#id_file"), ("/recordings/", "#id_files")])
def test_file_picker_names_the_usual_extensions(studio: Studio, path: str, field: str) -> None:
    """Phones grey out what they do not take for audio, such as voice memos."""
    accepted = str(studio.page(path=path).locator(field).get_attribute("accept")).split(",")

    assert {".m4a", ".mp3", ".wav", ".opus", "audio/*"} <= set(accepted)


def test_last_of_several_files_is_kept(studio: Studio) -> None:
    page = studio.page()

    for name in ("one.wav", "two.wav", "three.wav"):
        page.locator("#id_file").set_input_files(studio.wav(name))

    expect(page.locator("#recording")).to_contain_text("three.wav")
    expect(page.locator("[name=recording]")).to_have_count(1)


def test_form_waits_for_the_upload(studio: Studio) -> None:
    page = studio.page()
    fill_in_form(page)
    throttle_uploads(page, 50_000)

    page.locator("#id_file").set_input_files(studio.wav())
    submit_form(page)
    expect(page.locator("#clone-voice .waiting-label")).to_be_visible()

    expect(page).to_have_url(ATTEMPT_URL)
    assert CloneAttempt.objects.get().recording.name == "anna.wav"


def test_prompt_clip_is_sent_with_the_recording(studio: Studio) -> None:
    page = studio.page()
    fill_in_form(page)
    choose_file(page, studio.wav())

    page.get_by_text("Improve likeness").click()
    page.get_by_label("Prompt clip").set_input_files(studio.wav("clip.wav", seconds=6))
    expect(page.locator("#prompt_clip")).to_contain_text("clip.wav")
    page.get_by_label("Prompt text").fill("Well, then")
    submit_form(page)

    expect(page).to_have_url(ATTEMPT_URL)
    clip = CloneAttempt.objects.get().prompt_clip
    assert clip is not None
    assert clip.name == "clip.wav"


def test_file_id_and_example_recording_are_chosen_in_place(studio: Studio) -> None:
    page = studio.page()
    file_id, recording = page.get_by_label("File ID"), page.locator("#recording")
    note = page.locator("#file-id-error .note")

    page.get_by_role("button", name="Use an example recording").click()
    expect(recording).to_contain_text("Example recording 1.wav")
    page.locator("summary", has_text="Change: Recording").click()
    page.locator("summary", has_text="File ID").click()
    file_id.fill("abc")
    page.locator(".file-id").get_by_role("button").click()
    expect(note).to_be_visible()
    expect(recording).to_contain_text("Example recording 1.wav")
    file_id.fill("362067136000001")
    file_id.press("Enter")

    expect(recording).to_contain_text("362067136000001")
    expect(note).to_have_count(0)


# Sent once ----------------------------------------------------------------------------------------


@pytest.fixture
def complete_form(studio: Studio) -> Page:
    """A form that is ready to be sent."""
    recording = factories.make_recording(by=studio.user)
    recording.file.save("hum.wav", ContentFile(hum(12)))
    page = studio.page(path=f"/new/?recording={recording.pk}")
    fill_in_form(page)
    return page


def test_double_click_makes_one_attempt(complete_form: Page) -> None:
    complete_form.get_by_role("button", name="Clone voice").dblclick()

    expect(complete_form).to_have_url(ATTEMPT_URL)
    assert CloneAttempt.objects.count() == 1


def test_form_sent_again_after_going_back_makes_one_attempt(complete_form: Page) -> None:
    page = complete_form
    submit_form(page)
    expect(page).to_have_url(ATTEMPT_URL)
    attempt_url = f"/history/{CloneAttempt.objects.get().pk}/"

    page.go_back()
    expect(
        page.locator(f"main a[href='/history/{CloneAttempt.objects.get().pk}/']").first
    ).to_be_visible()
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
    submit_form(page)
    expect(page).to_have_url(attempt_url)
    page.reload()
    expect(page).to_have_url(attempt_url)

    assert CloneAttempt.objects.count() == 1


def test_form_sent_again_without_javascript_makes_one_attempt(studio: Studio) -> None:
    recording = factories.make_recording(by=studio.user)
    page = studio.page(path=f"/new/?recording={recording.pk}", java_script_enabled=False)
    page.reload()  # the first visit sets a cookie that a real sign-in sets earlier
    page.get_by_label("Speaker").fill("Anna Larsen")
    page.get_by_label(PERMISSION).check()
    submit_form(page)
    expect(page).to_have_url(ATTEMPT_URL)

    page.go_back()
    submit_form(page)

    expect(page.get_by_role("main").get_by_role("status").first).to_be_visible()
    assert CloneAttempt.objects.count() == 1


def test_same_form_in_a_second_tab_asks_before_a_second_attempt(complete_form: Page) -> None:
    second = complete_form.context.new_page()
    second.goto(complete_form.url)
    fill_in_form(second)
    token = complete_form.locator("#id_token").input_value()
    second.locator("#id_token").evaluate("(element, token) => { element.value = token }", token)

    submit_form(complete_form)
    expect(complete_form).to_have_url(ATTEMPT_URL)
    submit_form(second)

    expect(second.get_by_role("heading", level=1)).to_have_text(
        "This form was already sent, with other content"
    )
    second.get_by_role("link", name="Keep only the first").click()
    expect(second).to_have_url(complete_form.url)
    assert CloneAttempt.objects.count() == 1


# Errors -------------------------------------------------------------------------------------------


def test_errors_get_the_focus_and_link_to_their_fields(studio: Studio) -> None:
    page = studio.page()
    page.get_by_label("Preview text").fill("Good morning.")

    submit_form(page)

    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(page.get_by_label("Preview text")).to_have_value("Good morning.")
    summary.locator("a[href='#id_speaker']").click()
    expect(page.get_by_label("Speaker")).to_be_focused()
    expect(page.get_by_label("Speaker")).to_have_attribute("aria-invalid", "true")


def test_failed_sending_is_reported_and_can_be_repeated(
    studio: Studio, complete_form: Page
) -> None:
    for status in (400, 500):
        studio.expect_message(f" {status} ")
        complete_form.route(re.compile(r"/$"), partial(Route.fulfill, status=status), times=1)
        submit_form(complete_form)
        expect(complete_form.locator("[data-request-failed]")).to_be_visible()
        assert CloneAttempt.objects.count() == 0

    submit_form(complete_form)
    expect(complete_form).to_have_url(ATTEMPT_URL)
    assert CloneAttempt.objects.get().speaker_name == "Anna Larsen"


def test_form_is_sent_after_a_new_sign_in(studio: Studio, complete_form: Page) -> None:
    studio.expire_sessions()

    submit_form(complete_form)
    sign_in(complete_form)

    expect(complete_form).to_have_url(ATTEMPT_URL)
    assert CloneAttempt.objects.get().speaker_name == "Anna Larsen"


def test_upload_is_sent_after_a_new_sign_in(studio: Studio) -> None:
    page = studio.page()
    page.get_by_label("Preview text").fill("Good morning.")
    studio.expire_sessions()

    page.locator("#id_file").set_input_files(studio.wav())
    sign_in(page)

    expect(page.locator("#recording")).to_contain_text("anna.wav")
    expect(page.get_by_label("Preview text")).to_have_value("Good morning.")


def test_sign_in_without_javascript_keeps_the_form(studio: Studio) -> None:
    voice = factories.make_attempt().cloned_voice
    assert voice is not None
    page = studio.page(java_script_enabled=False)
    page.get_by_label("Speaker").fill("Anna Larsen")
    page.locator("#id_file").set_input_files(studio.wav())
    studio.expire_sessions()

    submit_form(page)
    sign_in(page)
    expect(page.locator("#recording")).to_contain_text("anna.wav")
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")

    page.goto(f"/voices/{voice.pk}/")
    page.get_by_label("Text", exact=True).fill("Nothing of this is lost.")
    studio.expire_sessions()
    page.get_by_role("button", name="Generate").click()
    sign_in(page)
    expect(page.get_by_label("Text", exact=True)).to_have_value("Nothing of this is lost.")


def test_page_older_than_the_sign_in_keeps_the_form_without_javascript(studio: Studio) -> None:
    page = studio.page(java_script_enabled=False)
    page.get_by_label("Speaker").fill("Anna Larsen")
    page.locator("#id_file").set_input_files(studio.wav())
    studio.expire_sessions()
    other = page.context.new_page()
    other.goto("/new/")
    sign_in(other)
    expect(other.get_by_label("Speaker")).to_be_visible()

    studio.expect_message("403")
    submit_form(page)

    expect(page.locator("#recording")).to_contain_text("anna.wav")
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
    assert CloneAttempt.objects.count() == 0


# Focus, descriptions, and the bar of a phone ------------------------------------------------------


def test_chosen_recording_folds_the_other_choices_away(studio: Studio) -> None:
    factories.make_recording(by=studio.user, name="here.mp3")
    page = studio.page()
    change = page.locator("summary", has_text="Change: Recording")
    drop = page.get_by_text("Drop a file here, or choose a file")
    expect(change).to_be_hidden()

    page.get_by_role("button", name="Use an example recording").press("Enter")
    expect(page.locator("#recording .player")).to_be_visible()
    expect(drop).to_be_hidden()
    expect(change).to_be_focused()
    change.press("Enter")
    expect(drop).to_be_visible()
    page.locator("summary", has_text="Choose an earlier recording").first.click()
    expect(page.locator("#announcer")).to_have_text("2 recordings")
    page.get_by_role("button", name="here.mp3").click()

    expect(page.locator("#recording")).to_contain_text("here.mp3")
    expect(drop).to_be_hidden()
    page.get_by_text("Improve likeness").click()
    page.locator("#id_prompt_file").set_input_files(studio.wav("clip.wav", seconds=6))
    expect(page.get_by_text("Drop a clip here")).to_be_hidden()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Drop a clip here")).to_be_visible()


def test_change_without_javascript_shows_the_other_choices(studio: Studio) -> None:
    recording = factories.make_recording(by=studio.user)
    page = studio.page(path=f"/new/?recording={recording.pk}", java_script_enabled=False)
    choose = page.locator("#id_file")

    expect(choose).to_be_hidden()
    page.locator("summary", has_text="Change: Recording").click()
    expect(choose).to_be_visible()


def test_every_description_of_a_field_exists(studio: Studio) -> None:
    page = studio.page()
    page.get_by_label("Voice ID").fill("1")
    submit_form(page)
    expect(page.locator(".error-summary")).to_be_visible()

    missing = page.evaluate(
        """[...document.querySelectorAll("[aria-describedby]")].flatMap((element) =>
            element.getAttribute("aria-describedby").split(" "))
            .filter((id) => !document.getElementById(id))"""
    )

    assert missing == []


def test_no_step_is_ticked_beside_its_error(studio: Studio) -> None:
    page = studio.page()
    page.get_by_label("Speaker").fill("Anna Larsen")
    submit_form(page)
    expect(page.locator(".error-summary")).to_be_visible()

    ticked = page.locator("[data-step]:has(.error):has(.step-number[data-done])")
    expect(ticked).to_have_count(0)


def test_error_goes_when_its_answer_is_changed(studio: Studio) -> None:
    page = studio.page()
    submit_form(page)
    expect(page.locator(".error-summary")).to_be_visible()

    fill_in_form(page)
    expect(page.locator("#clone .error")).to_have_count(1)
    expect(page.locator(".error-summary li")).to_have_count(1)
    choose_file(page, studio.wav())

    expect(page.locator("#clone .error")).to_have_count(0)
    expect(page.locator(".error-summary")).to_have_count(0)
    expect(page).to_have_title("Clone a voice · Voice Studio")
    expect(page.locator("[aria-invalid]")).to_have_count(0)
    expect(page.locator(".step-number[data-done]")).to_have_count(3)


def test_first_card_is_in_view_whatever_there_is_to_say(studio: Studio, settings: Settings) -> None:
    settings.MONTHLY_LIMIT = Decimal(1)
    Project.objects.update(name="The Glass Orchard", monthly_budget=Decimal(1))
    attempt = factories.make_attempt(by=studio.user)
    Voice.objects.update(created_at=timezone.now() - timedelta(days=6))  # expires soon
    Charge.objects.create(
        project=attempt.project, kind=ChargeKind.PREVIEW, units=1, unit_price=Decimal(1),
        amount=Decimal(2), currency="$", provider="practice", voice=attempt.cloned_voice,
        attempt=attempt, voice_name=attempt.voice_id, speaker=attempt.speaker, model=attempt.model,
        person=studio.user,
    )  # fmt: skip
    page = studio.page(viewport={"width": 375, "height": 812})

    expect(page.locator("#expiring")).to_be_visible()
    expect(page.locator(".note[data-line][data-state=bad]")).to_have_count(2)
    field = bounding_box(page.locator("#id_speaker"))
    assert field["y"] + field["height"] < bounding_box(page.locator(".submit-bar"))["y"]
    notes = page.locator(".submit-panel .note[data-line]")
    expect(notes).to_have_count(2)  # the budget beside the price, and the reminder


def test_price_and_button_stay_in_view_on_a_phone(studio: Studio) -> None:
    page = studio.page(viewport={"width": 375, "height": 812})

    expect(page.get_by_role("button", name="Clone voice")).to_be_in_viewport()
    expect(page.locator("#price-in-view")).to_be_in_viewport()
    expect(page.locator("#price-in-view")).to_have_text("less than $0.01 now")


@pytest.mark.parametrize(
    ("locale", "price"), [("de", "jetzt etwa 0,02 $"), ("ja", "今回約$0.02"), ("es", "0,02 $")]
)
def test_price_follows_the_text_in_each_language(studio: Studio, locale: str, price: str) -> None:
    page = studio.page(locale=locale)

    page.locator("#id_preview_text").fill("a" * 200)

    expect(page.locator("#cost")).to_contain_text(price)
