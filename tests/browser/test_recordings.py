"""Recordings in a browser: checked, uploaded several at once, cleaned up, deleted."""

import errno
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from playwright.sync_api import Locator, expect

from tests.audio.recordings import sine, write
from tests.browser.conftest import Studio
from tests.browser.steps import (
    bounding_box,
    drop_files,
    tab_to,
    throttle_uploads,
    wait_for_position,
)
from tests.factories import ADVICE, make_checked_recording, make_finding, make_recording
from tests.practice.recordings import hum
from voicestudio.audio import CHECK_VERSION
from voicestudio.models import AudioFile, Origin
from voicestudio.services import recordings
from voicestudio.words.server_errors import DISK_FULL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIGURES = {"speech_s": 16.0, "average_dbfs": -21.0, "peak_dbfs": -4.0, "snr_db": 48.0}


def make_checked(studio: Studio, *findings: dict[str, Any], **fields: Any) -> AudioFile:
    """A recording of 20 s that can be played and has been checked."""
    values: dict[str, Any] = {"content": b"x", "duration_ms": 20_000, "name": "anna.wav"} | fields
    recording = make_checked_recording("disappointing", *findings, by=studio.user, **values)
    recording.file.save("hum.wav", ContentFile(hum(20)))
    return recording


def make_being_checked(studio: Studio) -> AudioFile:
    recording = make_recording(by=studio.user, check_started_at=timezone.now(), name="anna.wav")
    recording.file.save("hum.wav", ContentFile(hum(20)))
    return recording


def finish_check(
    recording: AudioFile, verdict: str, *findings: dict[str, Any], **fields: Any
) -> None:
    """Store the result of the check, as the worker does."""
    fields["figures"] = {"check_version": CHECK_VERSION} | fields.get("figures", {})
    AudioFile.objects.filter(pk=recording.pk).update(
        verdict=verdict, findings=list(findings), checked_at=timezone.now(), **fields
    )


def expect_playing(element: Locator, playing: bool = True) -> None:
    """Expect a player, or the link of a finding, to show whether it plays."""
    if playing:
        expect(element).to_have_attribute("data-playing", "")
    else:
        expect(element).not_to_have_attribute("data-playing", "")


# Findings -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("press", ["click", "Enter", "Space"])
def test_finding_plays_its_seconds_and_stops(studio: Studio, press: str) -> None:
    recording = make_checked(studio, make_finding("hum", at=12.0))
    page = studio.page(path=f"/recordings/{recording.pk}/")
    audio = page.locator(".player audio")
    # At a quarter of the speed a busy machine has time to see both ends.
    audio.evaluate("audio => { audio.defaultPlaybackRate = audio.playbackRate = 0.25 }")
    link = page.locator("[data-code=hum]").get_by_role("link")

    if press == "click":
        link.click()
    else:
        link.press(press)

    expect_playing(link)
    expect_playing(page.locator(".player"))
    assert 11.9 <= audio.evaluate("audio => audio.currentTime") < 15
    audio.evaluate("audio => { audio.currentTime = 14.8 }")
    expect_playing(link, False)
    paused, position = audio.evaluate("audio => [audio.paused, audio.currentTime]")
    assert paused
    assert 15.0 <= position < 15.5


def test_finding_stops_when_pressed_again_or_replaced(studio: Studio) -> None:
    recording = make_checked(studio, make_finding("hum", at=12.0), make_finding("noisy", at=3.0))
    page = studio.page(path=f"/recordings/{recording.pk}/")
    audio = page.locator(".player audio")
    audio.evaluate("audio => { audio.defaultPlaybackRate = audio.playbackRate = 0.25 }")
    first = page.locator("[data-code=hum]").get_by_role("link")
    second = page.locator("[data-code=noisy]").get_by_role("link")

    first.click()
    expect_playing(first)
    second.click()
    expect_playing(second)
    expect_playing(first, False)
    second.click()

    expect_playing(second, False)
    expect_playing(page.locator(".player"), False)


def test_finding_replaces_another_that_has_not_started(studio: Studio) -> None:
    recording = make_checked(studio, make_finding("hum", at=12.0), make_finding("noisy", at=3.0))
    page = studio.page(path=f"/recordings/{recording.pk}/")
    audio = page.locator(".player audio")
    audio.evaluate(
        """audio => new Promise((resolve) => {
          audio.defaultPlaybackRate = audio.playbackRate = 0.25;
          audio.addEventListener("loadedmetadata", resolve);
          audio.load();
        })"""
    )

    page.locator("[data-code]").get_by_role("link").evaluate_all(
        "links => { for (const link of links) link.click(); }"
    )

    expect_playing(page.locator(".player"))
    wait_for_position(audio, 3.1)
    expect_playing(page.locator("[data-code=noisy]").get_by_role("link"))


def test_finding_without_javascript_links_to_its_seconds(studio: Studio) -> None:
    recording = make_checked(studio, make_finding("hum", at=12.0))
    page = studio.page(path=f"/recordings/{recording.pk}/", java_script_enabled=False)

    link = page.locator("[data-code=hum]").get_by_role("link")

    expect(link).to_have_attribute("href", f"/audio/recordings/{recording.pk}/#t=12,15")
    expect(page.locator(".player audio")).to_be_visible()


def test_findings_and_details_work_by_keyboard_alone(studio: Studio) -> None:
    recording = make_checked(studio, make_finding("hum", at=12.0), figures={"hum_hz": 50})
    page = studio.page(path=f"/recordings/{recording.pk}/")

    tab_to(page.locator("[data-code=hum]").get_by_role("link"))
    page.keyboard.press("Enter")
    expect_playing(page.locator(".player"))
    tab_to(page.locator(".verdict summary"))
    page.keyboard.press("Enter")

    expect(page.get_by_text("50\u00a0Hz")).to_be_visible()


# The check ----------------------------------------------------------------------------------------


def test_finished_check_sets_the_suggested_options(studio: Studio) -> None:
    recording = make_being_checked(studio)
    page = studio.page(path=f"/new/?recording={recording.pk}")
    check = page.locator("#recording .verdict")
    expect(check.locator("[data-state=busy]")).to_be_visible()
    noise = page.locator("#id_noise_reduction")
    expect(noise).not_to_be_checked()

    AudioFile.objects.filter(pk=recording.pk).update(duration_ms=7_200_000, checked_ms=2_080_000)
    expect(check.locator(".figure")).to_have_text("34 of 120 minutes")
    expect(page.locator("#announcer")).to_be_empty()  # progress is not announced
    finish_check(recording, "disappointing", make_finding("hum"), advice=ADVICE)

    expect(check).to_have_attribute("data-verdict", "disappointing")
    expect(noise).to_be_checked()
    expect(noise).to_be_visible()
    expect(page.locator("[data-suggested=noise_reduction]")).to_be_visible()
    expect(page.locator("#id_volume_normalization")).not_to_be_checked()
    expect(page.locator(".recording-warning:visible")).to_have_count(1)
    expect(page.locator("#announcer")).to_contain_text("anna.wav")


def test_finished_check_leaves_changed_options_alone(studio: Studio) -> None:
    recording = make_being_checked(studio)
    page = studio.page(path=f"/new/?recording={recording.pk}")
    page.locator("summary", has_text="Sound options").click()
    noise = page.get_by_label("Reduce noise")
    noise.check()
    noise.uncheck()

    finish_check(recording, "disappointing", make_finding("hum"), advice=ADVICE)

    expect(page.locator("#recording .finding")).to_have_count(1)
    expect(noise).not_to_be_checked()
    expect(page.locator("[data-suggested=noise_reduction]")).to_be_hidden()


def test_finished_check_does_not_move_the_focused_field(studio: Studio) -> None:
    recording = make_being_checked(studio)
    page = studio.page(
        path=f"/new/?recording={recording.pk}", viewport={"width": 1280, "height": 700}
    )
    text = page.get_by_label("Preview text")
    text.focus()
    text.scroll_into_view_if_needed()
    top = bounding_box(text)["y"]

    finish_check(recording, "disappointing", *map(make_finding, ("clipped", "noisy", "hum")))

    expect(page.locator("#recording .finding")).to_have_count(3)
    expect(text).to_be_focused()
    assert abs(bounding_box(text)["y"] - top) <= 1


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("findings", [[], [make_finding("hum", severity=1)]])
def test_finished_check_fills_the_reserved_space(
    studio: Studio, findings: list[dict[str, Any]], width: int
) -> None:
    recording = make_being_checked(studio)
    page = studio.page(
        path=f"/recordings/{recording.pk}/", viewport={"width": width, "height": 740}
    )
    check, below = page.locator(".verdict"), page.get_by_role("link", name="Cut", exact=True)
    before = bounding_box(below)

    finish_check(recording, "usable" if findings else "good", *findings, figures=FIGURES)

    state = "remark" if findings else "good"
    expect(check.locator(".note")).to_have_attribute("data-state", state)
    assert bounding_box(below) == before
    expect(page.locator("[hx-trigger^=every]")).to_have_count(0)  # it polls no more
    unused, inside = check.evaluate(
        """check => {
          const [first, details] = check.children;
          const gap = parseFloat(getComputedStyle(check).rowGap);
          const inside = first.getBoundingClientRect().bottom
            - first.querySelector(".button, .key-figures").getBoundingClientRect().bottom;
          return [check.getBoundingClientRect().height - first.getBoundingClientRect().height
            - gap - details.getBoundingClientRect().height, inside];
        }"""
    )
    assert abs(unused) <= 1
    assert inside <= 56  # two lines of text and the padding


def test_repeated_check_keeps_the_form(studio: Studio) -> None:
    recording = make_recording(by=studio.user, checked_at=timezone.now())
    page = studio.page(path=f"/new/?recording={recording.pk}")
    page.get_by_label("Speaker").fill("Anna Larsen")

    page.get_by_role("button", name="Check again").click()

    expect(page.locator("#recording .verdict [data-state=busy]")).to_be_visible()
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")


@pytest.mark.parametrize("kind", ["aiff", "alac", "wavlaw"])
def test_recording_of_any_format_is_played_and_sought(
    studio: Studio, tmp_path: Path, kind: str
) -> None:
    """It is loud for a second at 0:15, and silent elsewhere."""
    sound = 0.001 * sine(20, 16_000)
    sound[:, 15 * 16_000 : 16 * 16_000] = sine(1, 16_000)
    content = write(tmp_path / "x", sound, 16_000, kind=kind).read_bytes()
    recording = make_recording(by=studio.user, duration_ms=20_000, name=f"talk.{kind}")
    recording.file.save("talk.audio", ContentFile(content))
    recordings.run_check(recording.pk)
    page = studio.page(path=f"/recordings/{recording.pk}/")

    page.get_by_role("button", name="Play:").click()
    audio = page.locator(".player audio")
    wait_for_position(audio, 0.1)
    # Where the browser itself finds the loud second.
    loudest = page.evaluate(
        """async (url) => {
          const content = await (await fetch(url)).arrayBuffer();
          const sound = await new OfflineAudioContext(1, 1, 16000).decodeAudioData(content);
          const samples = sound.getChannelData(0);
          return [samples.findIndex((sample) => Math.abs(sample) > 0.25) / 16000, sound.duration];
        }""",
        f"/audio/recordings/{recording.pk}/",
    )
    audio.evaluate("audio => { audio.currentTime = 15.2; }")
    wait_for_position(audio, 15.3)

    assert loudest == pytest.approx([15, 20], abs=0.15)


# Several uploads ----------------------------------------------------------------------------------


def test_several_files_get_one_line_each(studio: Studio) -> None:
    page = studio.page(path="/recordings/")
    files = [studio.wav("one.wav"), studio.wav("short.wav", seconds=3), studio.wav("two.wav")]

    page.locator("#id_files").set_input_files(files)

    lines = page.locator(".line")
    expect(lines).to_have_count(3)
    expect(page.locator(".line[data-uploaded]")).to_have_count(2)
    refused = lines.nth(1)
    expect(refused).to_have_attribute("data-state", "refused")
    expect(refused).to_contain_text("short.wav")
    expect(page.locator("#announcer")).to_contain_text(re.compile(r"\b2\b.*\b1\b"))
    first = AudioFile.objects.get(name="one.wav")
    recordings.run_check(first.pk)
    first.refresh_from_db()
    verdict = page.locator(f"#results #verdict-{first.pk}")
    expect(verdict).to_have_attribute("data-verdict", first.verdict)
    refused.get_by_role("button").click()
    expect(lines).to_have_count(2)
    lines.first.get_by_role("link", name="one.wav").click()
    expect(page).to_have_url(re.compile(rf"/recordings/{first.pk}/$"))


def test_uploaded_recording_joins_the_list(studio: Studio) -> None:
    known = [make_checked(studio, name=name) for name in ("old.wav", "older.wav")]
    page = studio.page(path="/recordings/?purpose=voice_clone")
    rows, search = page.locator("#results .rows > li"), page.get_by_role("searchbox")
    rows.last.get_by_role("checkbox").check()
    page.locator(".opens-below > summary").first.click()
    search.focus()
    page.evaluate("""() => {
      window.said = [];
      new MutationObserver(() => said.push(document.getElementById("announcer").textContent))
        .observe(document.getElementById("announcer"), { childList: true });
    }""")

    page.locator("#id_files").set_input_files([studio.wav("new.wav")])

    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("new.wav")
    new = AudioFile.objects.get(name="new.wav")
    assert [row.get_attribute("id") for row in rows.all()] == [
        f"recording-{each.pk}" for each in (new, *reversed(known))
    ]
    expect(rows.last.get_by_role("checkbox")).to_be_checked()
    expect(search).to_be_focused()
    expect(page.locator("#total")).to_contain_text("3")
    assert page.locator(f"#badge-{new.pk}").count() == 1
    assert page.url.endswith("/recordings/?purpose=voice_clone")
    assert len([text for text in page.evaluate("said") if "Uploaded" in text]) == 1
    assert not any("3 recordings" in text for text in page.evaluate("said"))
    # What the filters leave out does not appear.
    page.locator("#id_many_purpose").select_option("prompt_audio")
    page.locator("#id_files").set_input_files([studio.wav("clip.wav", seconds=6)])
    expect(page.locator(".line[data-uploaded]")).to_have_count(2)
    expect(page.locator(".line .badge")).to_have_count(1)
    expect(rows).to_have_count(3)


def test_two_files_are_uploaded_at_a_time(studio: Studio) -> None:
    page = studio.page(path="/recordings/")
    throttle_uploads(page, 100_000)
    lines = page.locator(".line")

    page.locator("#id_files").set_input_files(
        [studio.wav(f"{name}.wav", seconds=120) for name in ("one", "two", "three")]
    )

    for line in (0, 1):
        figure = lines.nth(line).locator(".figure")
        expect(figure).to_have_text(re.compile(r"^[1-9]\d? % · [\d.]+ of 1.8 MB$"))
    expect(lines.nth(2)).to_have_attribute("data-state", "waiting")
    page.get_by_role("button", name="Cancel one.wav").click()
    expect(lines).to_have_count(2)
    expect(lines.nth(1)).to_have_attribute("data-state", "sending")
    for name in ("two.wav", "three.wav"):
        page.get_by_role("button", name=f"Cancel {name}").click()
    expect(page.locator(".lines")).to_be_hidden()
    expect(page.locator("#id_files")).to_be_focused()
    assert AudioFile.objects.count() == 0


def test_dropped_files_are_uploaded(studio: Studio) -> None:
    page = studio.page(path="/recordings/")

    drop_files(page.locator(".drop"), "a.wav", "b.wav")

    expect(page.locator(".line[data-uploaded]")).to_have_count(2)
    assert set(AudioFile.objects.values_list("name", flat=True)) == {"a.wav", "b.wav"}


def test_lost_upload_can_be_sent_again(studio: Studio) -> None:
    page = studio.page(path="/recordings/")
    studio.expect_message("ERR_FAILED")
    page.route("**/recordings/", lambda route: route.abort(), times=1)

    page.locator("#id_files").set_input_files(studio.wav())
    expect(page.locator(".line")).to_have_attribute("data-state", "lost")
    page.get_by_role("button", name="Try again anna.wav").click()

    expect(page.locator(".line[data-uploaded]")).to_have_count(1)


@pytest.mark.parametrize(
    ("path", "field", "message"),
    [("/recordings/", "#id_files", ".upload-error"), ("/new/", "#id_file", ".upload-message")],
)
def test_upload_on_a_full_disk_says_so_and_can_be_repeated(
    path: str, field: str, message: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    page = studio.page(path=path)
    studio.expect_message(" 507 ")
    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", refuse)
        page.locator(field).set_input_files(studio.wav())
        shown = page.locator(message).filter(has_text=str(DISK_FULL.headline))
        expect(shown).to_contain_text(str(DISK_FULL.next_step))
    with page.expect_response(lambda response: response.request.method == "POST") as repeated:
        page.get_by_role("button", name="Try again").click()

    assert (repeated.value.ok, AudioFile.objects.count()) == (True, 1)
    expect(shown).to_have_count(0)


def test_several_files_are_uploaded_without_javascript(studio: Studio) -> None:
    page = studio.page(path="/recordings/", java_script_enabled=False)

    page.locator("#id_files").set_input_files([studio.wav("one.wav"), studio.wav("two.wav")])
    page.get_by_role("button", name="Upload").click()

    for name in ("one.wav", "two.wav"):
        expect(page.get_by_role("status").filter(has_text=name)).to_be_visible()
        assert AudioFile.objects.filter(name=name).count() == 1


# Clean copies -------------------------------------------------------------------------------------


def test_copy_is_cleaned_up_compared_and_used(studio: Studio) -> None:
    recording = make_checked(studio, make_finding("too_quiet"), figures={"loudness_lufs": -30.0})
    page = studio.page(path=f"/new/?recording={recording.pk}")
    page.get_by_label("Speaker").fill("Anna Larsen")

    page.get_by_role("button", name="Make a clean copy").click()
    expect(page.get_by_label("Even out the level")).to_be_checked()
    page.get_by_role("button", name="Make a clean copy").click()
    comparison = page.locator("#recommendation")
    expect(comparison).to_be_visible()
    copy = AudioFile.objects.get(origin=Origin.CLEANED)
    finish_check(copy, "good", figures={"loudness_lufs": -20.0})

    expect(comparison).to_have_attribute("data-for", "copy")
    expect(comparison).to_contain_text("10.0 dB")
    volumes = page.locator("#original audio, #copy audio").evaluate_all(
        "all => all.map((audio) => audio.volume)"
    )
    assert volumes == pytest.approx([1, 10**-0.5], abs=0.001)
    quieter = page.locator("#copy audio")
    page.locator("#copy .player > button").click()
    wait_for_position(quieter, 0)
    assert quieter.evaluate("audio => audio.volume") == pytest.approx(10**-0.5, abs=0.001)
    use = page.locator("#copy > .button")
    colour = "element => getComputedStyle(element).backgroundColor"
    assert use.evaluate(colour) == page.locator(".brand span").evaluate(colour)
    use.click()
    expect(page.get_by_label("Speaker")).to_have_value("Anna Larsen")
    expect(page.locator("[name=recording]")).to_have_value(str(copy.pk))


def test_copy_is_cleaned_up_without_javascript(studio: Studio) -> None:
    recording = make_checked(studio, make_finding("too_quiet"))
    page = studio.page(path=f"/recordings/{recording.pk}/clean-copy/", java_script_enabled=False)

    page.get_by_role("button", name="Make a clean copy").click()

    expect(page.locator("#copy")).to_be_visible()


# Deletion -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("javascript", [True, False])
def test_recording_is_deleted_after_confirmation(studio: Studio, javascript: bool) -> None:
    recording = make_recording(by=studio.user, name="anna.wav")
    page = studio.page(path=f"/recordings/{recording.pk}/", java_script_enabled=javascript)
    delete = page.get_by_role("button", name="Delete anna.wav")
    dialog = page.get_by_role("dialog")

    delete.press("Enter")
    expect(dialog).to_be_visible()
    expect(dialog.locator("[autofocus]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert AudioFile.objects.filter(pk=recording.pk).exists()

    delete.click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile("/recordings/$"))
    expect(page.locator(f"#recording-{recording.pk}")).to_have_count(0)
    assert not AudioFile.objects.filter(pk=recording.pk).exists()


def test_name_with_quotation_marks_survives_a_form_without_javascript(studio: Studio) -> None:
    page = studio.page(path="/recordings/", java_script_enabled=False)

    page.locator("input[type=file]").first.set_input_files(studio.wav('say "hello" 100%.wav'))
    page.get_by_role("button", name="Upload").first.click()

    expect(page.locator("#main")).to_contain_text('say "hello" 100%.wav')
    assert AudioFile.objects.get().name == 'say "hello" 100%.wav'
