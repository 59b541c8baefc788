"""Every page with long names, on a phone and on a desk: it fits and its controls have names."""

import itertools
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Studio
from tests.browser.steps import assert_touch_targets, bounding_box
from tests.practice.recordings import hum
from voicestudio.models import (
    AttemptState,
    Charge,
    ChargeKind,
    CloneAttempt,
    Origin,
    Project,
    Verb,
    Voice,
    Way,
    Worker,
)
from voicestudio.services import audit, example_team
from voicestudio.services.design_tokens import contrast, read_schemes
from voicestudio.services.voices.notes import save_notes, set_tags

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def assert_fits_and_is_named(page: Page) -> None:
    """The page does not scroll sideways, and every control has an accessible name."""
    width, visible = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= visible, page.url
    unnamed = page.locator(
        "button:not([aria-hidden]), a, input:not([type=hidden]), select, summary, textarea"
    ).evaluate_all(
        """controls => controls
          .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.labels?.length))
          .map((one) => one.outerHTML)"""
    )
    assert unnamed == [], page.url


@pytest.mark.parametrize("width", [375, 1280])
def test_voice_pages_fit_and_name_their_controls(studio: Studio, width: int) -> None:
    name = "Wolfeschlegelsteinhausenbergerdorff " * 3
    attempt = None
    paths = ["/history/", "/voices/"]
    for state in AttemptState:
        attempt = factories.make_attempt(
            state, by=studio.user, speaker_name=name, parent=attempt, voice_id=f"{state}-" * 20
        )
        paths.append(f"/history/{attempt.pk}/")
    voice = Voice.objects.latest("pk")
    paths += [f"/speakers/{voice.speaker_id}/", f"/voices/{voice.pk}/"]
    page = studio.page(path="/history/", viewport={"width": width, "height": 800})

    for path in paths:
        page.goto(path)
        assert_fits_and_is_named(page)


@pytest.mark.parametrize("width", [375, 1280])
def test_recording_pages_fit_and_have_touch_targets(studio: Studio, width: int) -> None:
    findings = [factories.make_finding(code) for code in ("clipped", "noisy", "hum")]
    passages = {"prompt": {"start_ms": 40_000, "end_ms": 46_500, "reasons": ["in_pauses"]}}
    recording = factories.make_checked_recording(
        "disappointing", *findings, by=studio.user, name=f"{'very-long-name-' * 12}.wav",
        duration_ms=60_000, passages=passages,
    )  # fmt: skip
    recording.file.save("hum.wav", ContentFile(hum(60)))
    factories.make_checked_recording(
        "good", by=studio.user, parent=recording, origin=Origin.CLEANED,
        name=f"{'copy-of-' * 20}.wav",
    )  # fmt: skip
    detail = f"/recordings/{recording.pk}/"
    page = studio.page(path="/recordings/", viewport={"width": width, "height": 740})

    for path in ("/recordings/", detail, f"{detail}clean-copy/", f"{detail}cut/?suggest=prompt"):
        page.goto(path)
        assert_fits_and_is_named(page)
        if width == 375:
            assert_touch_targets(page.locator("#main"))
    expect(page.locator(".overview")).to_be_visible()  # the cut page shows the suggested part
    knobs = page.locator(".handle").evaluate_all(
        """handles => handles.map((one) => parseFloat(getComputedStyle(one, "::after").height))"""
    )
    assert knobs == [44, 44]


def test_long_recording_name_is_read_whole_in_the_list(studio: Studio) -> None:
    factories.make_recording(by=studio.user, name="Ada Finch, session 12, scene 4, take 3b.wav")
    page = studio.page(path="/recordings/", viewport={"width": 1280, "height": 800})

    cut = page.locator(".rows .name > a").evaluate(
        "a => [a.scrollWidth > a.clientWidth, a.scrollHeight > a.clientHeight]"
    )

    assert cut == [False, False]


# What is cut off at the end of its line.
CUT_TEXTS = """rows => rows.flatMap((row) => [...row.querySelectorAll(
    ".name > *, .copied > .id, .failure, .verdict > p, .state > *, .facts > *, .project > bdi"
  )].filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.innerText))"""


@pytest.mark.parametrize("width", [375, 900, 1280])
def test_rows_of_several_projects_are_read_whole(studio: Studio, width: int) -> None:
    studio.user.is_staff = studio.user.is_superuser = True
    studio.user.save()
    example_team.show_team(by=studio.user)
    finding = factories.make_finding("noisy")
    recording = factories.make_checked_recording("disappointing", finding, by=studio.user)
    recording.file.save("hum.wav", ContentFile(hum(12)))
    page = studio.page(path="/account/", viewport={"width": width, "height": 800})

    for path in ("/", "/history/", "/voices/", "/recordings/"):
        page.goto(f"{path}?project=all")
        rows = page.locator(".rows > li")
        expect(rows.first.locator(".facts .project").first).to_be_visible()
        assert (path, rows.evaluate_all(CUT_TEXTS)) == (path, [])


@pytest.mark.parametrize("width", [375, 320])
@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_voice_ids_are_read_whole_on_a_phone(studio: Studio, width: int, language: str) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    factories.make_project("Audiobook")
    for voice_id in ("NoraValdez-7k2p", "NoraValdez-9a4x", "NoraValdez-audition-" + 20 * "x"):
        started = timezone.now() - timedelta(hours=9)
        factories.make_attempt(by=studio.user, voice_id=voice_id, created_at=started)
    factories.make_attempt(AttemptState.UNKNOWN, by=studio.user, voice_id="NoraValdez-28hf")
    page = studio.page(path="/account/", viewport={"width": width, "height": 812}, locale=language)

    for path in ("/history/", "/voices/"):
        page.goto(path)
        rows = page.locator(".rows > li")
        assert (path, rows.evaluate_all(CUT_TEXTS)) == (path, [])
        page.locator("#selects-rows").check(force=True)
        assert (path, rows.evaluate_all(CUT_TEXTS)) == (path, [])


@pytest.mark.parametrize(
    ("path", "fact"),
    [("/voices/", ".state > :nth-child(2)"), ("/history/", ".facts > :first-child")],
)
def test_time_stands_beside_the_voice_id_on_a_phone(studio: Studio, path: str, fact: str) -> None:
    factories.make_attempt(by=studio.user)
    page = studio.page(path=path, viewport={"width": 375, "height": 812})

    time, voice_id = (bounding_box(page.locator(each)) for each in (fact, ".rows .id"))

    middles = [each["y"] + each["height"] / 2 for each in (time, voice_id)]
    assert abs(middles[0] - middles[1]) < 4
    assert time["x"] > voice_id["x"] + voice_id["width"]


@pytest.mark.parametrize("width", [1280, 1600])
def test_row_with_notes_and_tags_is_as_high_as_the_others(studio: Studio, width: int) -> None:
    for _row in range(2):
        factories.make_attempt(by=studio.user)
    voice = Voice.objects.latest("pk")
    save_notes(voice, "Warm and slow. " * 20, by=studio.user)
    set_tags(voice, ["audiobook"], by=studio.user)
    Voice.objects.filter(pk=voice.pk).update(last_used_at=timezone.now())
    page = studio.page(path="/voices/", viewport={"width": width, "height": 800})

    heights = {bounding_box(row)["height"] for row in page.locator(".rows > li").all()}

    expect(page.locator(".rows [data-column=tags]")).to_contain_text("audiobook")
    assert max(heights) - min(heights) <= 1


@pytest.mark.parametrize("language", ["en", "de", "fr", "ja"])
@pytest.mark.parametrize("width", [375, 320])
def test_next_step_of_a_failed_row_is_read_whole_on_a_phone(
    studio: Studio, width: int, language: str
) -> None:
    for state in (AttemptState.FAILED, AttemptState.UNKNOWN, AttemptState.STOPPED):
        factories.make_attempt(state, by=studio.user)
    page = studio.page(path="/history/", viewport={"width": width, "height": 812}, locale=language)
    page.locator("#selects-rows").check(force=True)

    links = page.locator(".failure > a")
    assert links.count() >= 2
    for link in links.all():
        shown, row = bounding_box(link), bounding_box(link.locator(".."))
        assert shown["x"] + shown["width"] <= row["x"] + row["width"] + 1
    assert page.locator(".rows > li").evaluate_all(CUT_TEXTS) == []


def test_next_step_of_a_failed_row_keeps_away_from_the_sentence_after_it(studio: Studio) -> None:
    factories.make_attempt(AttemptState.UNKNOWN, by=studio.user)
    page = studio.page(path="/history/", viewport={"width": 1600, "height": 800})

    gap = page.locator(".failure > a").evaluate(
        "link => parseFloat(getComputedStyle(link).marginInlineEnd)"
    )

    assert gap >= 6


# Links of rows whose middle belongs to something else.
COVERED_LINKS = """links => links.filter((link) => {
  link.scrollIntoView({ block: "center" });
  const { x, y, width, height } = link.getBoundingClientRect();
  return width && !link.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}).map((link) => link.outerHTML)"""


@pytest.mark.parametrize("width", [320, 375, 800, 1280])
def test_slider_of_a_row_covers_no_link(studio: Studio, width: int) -> None:
    recording = factories.make_recording(by=studio.user, content=hum(3))
    for state in (AttemptState.READY, AttemptState.FLAGGED, AttemptState.FAILED):
        factories.make_attempt(state, by=studio.user, recording=recording)
    page = studio.page(path="/account/", viewport={"width": width, "height": 740})

    for path in ("/", "/history/", "/voices/", "/recordings/"):
        page.goto(path)
        links = page.locator(".rows a:visible")
        assert links.count() > 0
        assert (path, links.evaluate_all(COVERED_LINKS)) == (path, [])


@pytest.mark.parametrize("width", [375, 1280])
def test_text_of_a_row_keeps_away_from_its_border(studio: Studio, width: int) -> None:
    factories.make_recording(by=studio.user)
    page = studio.page(path="/recordings/", viewport={"width": width, "height": 800})

    row = page.locator(".rows > li").first

    assert row.evaluate("row => parseFloat(getComputedStyle(row).paddingBlockStart)") >= 3


def test_list_of_a_card_stands_close_to_its_heading(studio: Studio) -> None:
    factories.make_recording(by=studio.user, name="take.wav")
    page = studio.page(path="/search/?q=take", viewport={"width": 1280, "height": 800})

    heading = bounding_box(page.locator(".card > h2"))
    link = bounding_box(page.locator(".items a"))

    assert link["y"] - heading["y"] - heading["height"] < 24


def test_voice_id_in_a_label_is_not_broken(studio: Studio) -> None:
    voice = factories.make_voice("D-W-e-a-v-e-r-audition-28hf")
    page = studio.page(path=f"/voices/{voice.pk}/delete/", viewport={"width": 375, "height": 800})

    lines = page.locator("label > .id").evaluate("id => id.getClientRects().length")
    height = bounding_box(page.locator("label > .id"))["height"]

    assert (lines, height < 30) == (1, True)


def test_waves_of_a_phone_have_the_same_length(studio: Studio) -> None:
    for state in (AttemptState.READY, AttemptState.FLAGGED):
        factories.make_attempt(state, by=studio.user)
    page = studio.page(path="/history/", viewport={"width": 375, "height": 800})

    widths = page.locator(".track").evaluate_all("all => all.map((one) => one.clientWidth)")

    assert len(widths) == 2
    assert len(set(widths)) == 1


def test_rows_of_a_phone_have_room_for_the_players_of_the_browser(studio: Studio) -> None:
    factories.make_attempt(by=studio.user)
    page = studio.page(
        path="/history/", viewport={"width": 375, "height": 800}, java_script_enabled=False
    )

    assert bounding_box(page.locator(".rows audio"))["width"] > 200


def test_voice_id_is_copied_beside_it_and_names_begin_at_the_edge(studio: Studio) -> None:
    factories.make_attempt(by=studio.user, audio=None)
    factories.make_attempt(by=studio.user)
    page = studio.page(path="/voices/", viewport={"width": 375, "height": 800})

    with_player, without = page.locator(".rows > li").all()
    for row in (with_player, without):
        text, button = bounding_box(row.locator(".id")), bounding_box(row.locator(".copied button"))
        assert 0 <= button["x"] - text["x"] - text["width"] < 12
        assert abs(button["y"] - text["y"]) < 8
    edge = bounding_box(without)["x"]
    assert bounding_box(without.locator(".name > a"))["x"] - edge < 24
    assert bounding_box(with_player.locator(".name > a"))["x"] - edge > 50
    page.set_viewport_size({"width": 320, "height": 800})
    assert bounding_box(with_player.locator(".id"))["width"] > 60


def test_facts_of_home_are_read_whole_on_a_phone(studio: Studio) -> None:
    factories.make_attempt(AttemptState.FLAGGED, by=studio.user)
    factories.make_attempt(AttemptState.FAILED, by=studio.user)
    page = studio.page(path="/", viewport={"width": 375, "height": 800}, locale="de")

    rows = page.locator(".needs .rows > li")

    expect(rows).to_have_count(2)
    assert rows.evaluate_all(CUT_TEXTS) == []


def test_member_stands_close_to_the_heading_of_a_tall_card(studio: Studio) -> None:
    User.objects.filter(pk=studio.user.pk).update(is_staff=True)
    project = Project.first()
    factories.make_user("rosa", project=project)
    Project.objects.update(notes="A long note. " * 60)
    page = studio.page(path=f"/projects/{project.pk}/", viewport={"width": 1280, "height": 800})

    heading, member = page.locator("#members-title"), page.locator(".uses > li").first

    assert bounding_box(member)["y"] - bounding_box(heading)["y"] < 48


def test_footer_of_a_phone_has_no_gaps(studio: Studio) -> None:
    page = studio.page(path="/help/", viewport={"width": 320, "height": 800}, locale="de")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")

    last = bounding_box(page.locator(".account").locator("form button"))

    assert 0 <= bounding_box(page.locator(".side"))["y"] - last["y"] - last["height"] < 16
    tops = page.locator(".account :is(a, button)").evaluate_all(
        "all => all.map((link) => Math.round(link.getBoundingClientRect().top))"
    )
    assert {lower - upper for upper, lower in itertools.pairwise(tops)} <= {0, 44, 45}


def test_long_label_leaves_its_value_room(studio: Studio) -> None:
    User.objects.filter(pk=studio.user.pk).update(is_staff=True)
    page = studio.page(path="/system/", viewport={"width": 375, "height": 800}, locale="de")

    values = page.locator(".facts-list dd:visible").all()

    assert len(values) > 5
    assert min(bounding_box(value)["width"] for value in values) > 120


def test_long_name_shows_two_lines_on_a_phone(studio: Studio) -> None:
    factories.make_recording(by=studio.user, name=f"{'long-name-' * 12}.wav")
    page = studio.page(path="/recordings/", viewport={"width": 375, "height": 800})
    name = page.locator(".rows .name > a")

    lines = name.evaluate("a => a.clientHeight / parseFloat(getComputedStyle(a).lineHeight)")

    assert round(lines) == 2


def test_upload_opens_below_the_button_and_for_a_dragged_file(studio: Studio) -> None:
    factories.make_recording(by=studio.user)
    page = studio.page(path="/recordings/")
    drop = page.locator(".drop")
    expect(drop).to_be_hidden()

    page.locator("summary", has_text="Upload").click()
    expect(drop).to_be_visible()
    page.locator("summary", has_text="Upload").click()
    expect(drop).to_be_hidden()
    data = page.evaluate_handle(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File([""], "a.wav"));
          return data;
        }"""
    )
    page.locator(".rows").dispatch_event("dragenter", {"dataTransfer": data})

    expect(drop).to_be_visible()


@pytest.mark.parametrize(("width", "javascript"), [(375, True), (1280, True), (375, False)])
def test_clone_form_fits_and_names_its_controls(
    studio: Studio, width: int, javascript: bool
) -> None:
    recording = factories.make_recording(by=studio.user, name=f"{'very-long-name-' * 12}.wav")
    page = studio.page(
        path=f"/new/?recording={recording.pk}",
        viewport={"width": width, "height": 740},
        java_script_enabled=javascript,
    )
    for summary in ("Improve likeness", "Sound options", "Advanced"):
        page.locator("summary", has_text=summary).click()

    assert_fits_and_is_named(page)


@pytest.mark.parametrize("width", [375, 1280])
def test_pages_of_people_and_accounts_fit_and_have_touch_targets(
    studio: Studio, width: int
) -> None:
    User.objects.filter(pk=studio.user.pk).update(is_staff=True, is_superuser=True)
    factories.make_project("Northern Lights")
    viewport = {"width": width, "height": 740}
    page = studio.page(path="/people/", viewport=viewport)
    for path in (
        "/people/", f"/people/{studio.user.pk}/", "/projects/", "/account/",
        "/account/sessions/", "/account/second-factor/", "/help/",
    ):  # fmt: skip
        page.goto(path)
        assert_fits_and_is_named(page)
        if width == 375:
            for area in ("#main", ".account"):
                assert_touch_targets(page.locator(area))
    page = studio.page(signed_in=False, path="/sign-in/", viewport=viewport)
    assert_fits_and_is_named(page)
    if width == 375:
        assert_touch_targets(page.locator("main"))


def test_role_and_last_sign_in_stand_beside_each_other_at_400_percent(studio: Studio) -> None:
    User.objects.filter(pk=studio.user.pk).update(is_staff=True, last_login=timezone.now())
    page = studio.page(path="/people/", viewport={"width": 320, "height": 740})

    role = bounding_box(page.locator(".people .roles > b").first)
    facts = bounding_box(page.locator(".people .facts > span").first)

    assert role["x"] + role["width"] < facts["x"]


def test_roles_of_an_example_person_have_the_whole_width_on_a_phone(studio: Studio) -> None:
    User.objects.filter(pk=studio.user.pk).update(is_staff=True)
    example_team.show_team(by=User.objects.get(pk=studio.user.pk))
    page = studio.page(path="/people/", viewport={"width": 375, "height": 740}, locale="ja")

    row = page.locator(".people > li", has=page.locator("form")).last
    button, roles = bounding_box(row.locator("form")), bounding_box(row.locator(".roles"))

    assert roles["y"] >= button["y"] + button["height"]
    assert roles["width"] > 280


def test_person_and_time_of_an_entry_fit_one_line_on_a_phone(studio: Studio) -> None:
    User.objects.filter(pk=studio.user.pk).update(is_staff=True)
    page = studio.page(path="/audit/", viewport={"width": 375, "height": 740}, locale="de")
    address = "2001:db8:85a3:8d3:1319:8a2e:370:7348"
    with audit.acting_from(audit.Origin(Way.PAGE, address)):
        audit.record(Verb.NOTES_CHANGED, by=studio.user)
    page.reload()

    row = page.locator(".audit > li").first
    assert bounding_box(row.locator(".who"))["height"] < 24
    expect(row.get_by_text(address)).to_be_hidden()
    row.locator("summary").click()
    expect(row.get_by_text(address)).to_be_visible()


@pytest.mark.parametrize("width", [375, 1280])
def test_details_of_an_entry_open_and_close_at_one_place(studio: Studio, width: int) -> None:
    User.objects.filter(pk=studio.user.pk).update(is_staff=True)
    voice = factories.make_attempt(by=studio.user).cloned_voice
    audit.record(Verb.NOTES_CHANGED, by=studio.user, on=voice)
    page = studio.page(path="/audit/", viewport={"width": width, "height": 740})
    row = page.locator(".audit > li").first
    details, button = row.locator("dl"), row.locator("summary")
    before, closed = bounding_box(button), bounding_box(row)

    button.click()

    expect(details).to_be_visible()
    assert bounding_box(button) == before
    opened = bounding_box(details)
    assert opened["y"] >= before["y"] + before["height"]
    assert opened["width"] > closed["width"] - 1
    page.mouse.click(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    expect(details).to_be_hidden()
    assert bounding_box(row) == closed


def test_neutral_badge_has_a_shape_in_dark(studio: Studio) -> None:
    User.objects.filter(pk=studio.user.pk).update(is_staff=True)
    page = studio.page(path=f"/people/{studio.user.pk}/", color_scheme="dark")

    shadow = page.locator("h1 + .badge").evaluate("badge => getComputedStyle(badge).boxShadow")

    red, green, blue = (f"{value:02x}" for value in map(int, re.findall(r"\d+", shadow)[:3]))
    assert contrast(f"#{red}{green}{blue}", read_schemes()[0]["dark"]["paper"]) > 1.4


@pytest.mark.parametrize("width", [375, 1280])
def test_audit_page_fits_and_has_touch_targets(studio: Studio, width: int) -> None:
    User.objects.filter(pk=studio.user.pk).update(is_staff=True)
    voice = factories.make_attempt(by=studio.user).cloned_voice
    audit.record(Verb.NOTES_CHANGED, by=studio.user, on=voice)
    audit.record(Verb.DOWNLOADED, by=factories.make_user("x" * 150), on=voice, file="audio")
    audit.record(Verb.SETTING_CHANGED, name="ALLOWED_HOSTS", before="", after="studio." * 40)
    audit.seal_entries()
    page = studio.page(path="/audit/", viewport={"width": width, "height": 740})

    page.locator("summary").nth(0).click()

    assert_fits_and_is_named(page)
    if width == 375:
        assert_touch_targets(page.locator("#main"))


@pytest.mark.parametrize("width", [375, 1280])
def test_system_page_fits_and_has_touch_targets(studio: Studio, width: int) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    now = timezone.now()
    Worker.objects.create(host=f"{'long-host-' * 9}.local", pid=9, started_at=now, beat_at=now)
    page = studio.page(path="/system/", viewport={"width": width, "height": 800})

    page.get_by_role("button", name="Check key and address").click()

    expect(page.get_by_text("There is no key to check in practice mode.")).to_be_visible()
    page.locator("summary").click()
    assert_fits_and_is_named(page)
    if width == 375:
        assert_touch_targets(page.locator("#main"))


def _charge(attempt: CloneAttempt, amount: str, **fields: Any) -> None:
    """What the preview of an attempt has cost."""
    Charge.objects.create(
        project=attempt.project, kind=ChargeKind.PREVIEW, units=1, unit_price=Decimal(amount),
        amount=Decimal(amount), currency="$", provider="practice", voice=attempt.cloned_voice,
        attempt=attempt, voice_name=attempt.voice_id, speaker=attempt.speaker,
        model=attempt.model, person=attempt.created_by, **fields,
    )  # fmt: skip


def test_months_with_costs_are_lines_on_a_phone_and_no_amount_breaks(studio: Studio) -> None:
    attempt = factories.make_attempt(by=studio.user)
    _charge(attempt, "0.0001", certain=False)
    _charge(factories.make_attempt(by=studio.user), "1234.50")
    page = studio.page(path="/costs/", viewport={"width": 375, "height": 740})

    expect(page.locator(".months > li:visible")).to_have_count(1)
    bar = bounding_box(page.locator(".months > li:visible svg"))
    assert bar["width"] > 3 * bar["height"]
    for cell in page.locator(".sums td").all():
        assert bounding_box(cell)["height"] < 50, cell.inner_text()
    assert_touch_targets(page.locator("#main"))


def test_time_left_stands_before_the_request_on_a_phone(studio: Studio) -> None:
    attempt = factories.make_attempt(AttemptState.FLAGGED, by=studio.user)
    page = studio.page(path=f"/history/{attempt.pk}/", viewport={"width": 375, "height": 740})

    parts = (".note[data-state=flagged]", "#preview", "#sample", "#voice-term", "#sent-title")
    tops = [bounding_box(page.locator(part))["y"] for part in parts]

    assert tops == sorted(tops)


def test_budget_that_is_nearly_used_takes_two_lines_on_a_phone(studio: Studio) -> None:
    attempt = factories.make_attempt(by=studio.user)
    Project.objects.update(name="The Glass Orchard", monthly_budget=Decimal(10))
    _charge(attempt, "9")
    page = studio.page(path="/", viewport={"width": 375, "height": 740})
    page.wait_for_function("[...document.fonts].some((font) => font.status === 'loaded')")
    page.reload()  # the first page keeps the font that it was drawn in

    note = page.locator(".note", has_text="has used 90")
    assert bounding_box(note)["height"] < 16 + 2 * 21  # padding and two lines


def test_folded_card_is_one_line_and_opens_below_it(studio: Studio) -> None:
    page = studio.page(path="/new/", viewport={"width": 1280, "height": 900})
    summary = page.locator("summary", has_text="Improve likeness")
    card = page.locator(".card", has=summary)
    folded, before = bounding_box(card), bounding_box(summary)

    summary.click()

    assert folded["height"] < 52
    assert bounding_box(summary)["y"] - bounding_box(card)["y"] == before["y"] - folded["y"]


LAYOUT_SHIFT = """() => new Promise((resolve) => {
  new PerformanceObserver((list) =>
    resolve(list.getEntries().reduce((sum, shift) => sum + shift.value, 0))
  ).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(0), 300);
})"""


def test_typeface_loads_without_a_shift_and_leaves_east_asian_pages_to_the_system(
    studio: Studio,
) -> None:
    page = studio.page(path="/new/")
    page.wait_for_function("[...document.fonts].some((font) => font.status === 'loaded')")

    assert page.evaluate(LAYOUT_SHIFT) == 0
    families = {}
    for language in ("en", "de", "ja", "zh-hans"):
        page.evaluate("language => { document.documentElement.lang = language; }", language)
        family = page.evaluate("getComputedStyle(document.body).fontFamily")
        # What the system has instead of Figtree gets its x-height.
        size = page.evaluate("getComputedStyle(document.body).fontSizeAdjust")
        families[language] = (family.partition(",")[0], size)
    figtree, system = ("Figtree", "0.5"), ("ui-sans-serif", "none")
    assert families == {"en": figtree, "de": figtree, "ja": system, "zh-hans": system}


FONTS = """() => performance.getEntriesByType("resource")
  .filter((entry) => entry.name.includes(".woff2")).map((entry) => entry.initiatorType)"""


@pytest.mark.parametrize(("language", "fonts"), [("de", ["link"]), ("ja", []), ("zh-hans", [])])
def test_typeface_is_fetched_with_the_styles_and_once(
    studio: Studio, language: str, fonts: list[str]
) -> None:
    page = studio.page(path="/costs/", locale=language)

    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate(FONTS) == fonts


# Notes every format that is made and everything that is read of what the device remembers.
NOTE_SLOW_CALLS = """
window.slowCalls = [];
for (const name of ["DateTimeFormat", "NumberFormat", "RelativeTimeFormat"]) {
  Intl[name] = new Proxy(Intl[name], {
    construct: (made, options) => { slowCalls.push(name); return new made(...options); },
  });
}
const { getItem } = Storage.prototype;
Storage.prototype.getItem = function (key) { slowCalls.push(key); return getItem.call(this, key); };
"""


def test_page_without_times_is_drawn_without_slow_calls(studio: Studio) -> None:
    page = studio.page(path="/costs/", init_script=NOTE_SLOW_CALLS)
    page.wait_for_load_state("networkidle")
    drawn = page.evaluate("[...slowCalls]")
    page.keyboard.press("?")

    assert drawn == []
    assert set(page.evaluate("slowCalls")) == {"shortcuts"}


def test_times_of_the_same_day_are_drawn_without_a_format(studio: Studio) -> None:
    now = timezone.now()
    zone, hours = ("Etc/GMT-3", 3) if now.hour < 20 else ("Etc/GMT+3", -3)
    attempt = factories.make_attempt(by=studio.user, created_at=now)
    path = f"/history/{attempt.pk}/"
    page = studio.page(path=path, init_script=NOTE_SLOW_CALLS, timezone_id=zone)
    page.wait_for_load_state("networkidle")
    local = now + timedelta(hours=hours)
    moment = f"{local.day} {local:%b %Y, %H:%M}"

    assert [call for call in page.evaluate("slowCalls") if call.endswith("Format")] == []
    times = page.locator(f"time[datetime='{now.isoformat(timespec='seconds')}']")
    assert set(times.evaluate_all("times => times.map((time) => time.title)")) == {moment}
    expect(times.and_(page.locator("[data-style=clock]")).first).to_have_text(f"{local:%H:%M:%S}")


def test_time_of_another_day_in_utc_is_that_of_the_reader(studio: Studio) -> None:
    attempt = factories.make_attempt(
        by=studio.user, created_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    )
    page = studio.page(path=f"/history/{attempt.pk}/", timezone_id="Asia/Kathmandu")

    times = page.locator("time[datetime='2026-03-01T23:30:00+00:00']")
    titles = times.evaluate_all("times => times.map((time) => time.title)")
    assert set(titles) == {"2 Mar 2026, 05:15"}


@pytest.mark.parametrize(("width", "height", "least"), [(1280, 900, 12), (375, 812, 6)])
@pytest.mark.parametrize("path", ["/history/", "/voices/", "/recordings/"])
def test_a_screen_shows_many_rows(
    studio: Studio, path: str, width: int, height: int, least: int
) -> None:
    studio.user.is_staff = True  # with several projects, each row names its own
    studio.user.save(update_fields=["is_staff"])
    factories.make_project("The Glass Orchard")
    for number in range(14):
        state = AttemptState.READY if number % 2 or path == "/voices/" else AttemptState.FAILED
        recording = factories.make_checked_recording("good", by=studio.user)
        recording.file.save("hum.wav", ContentFile(hum(12)))
        factories.make_attempt(state, by=studio.user, recording=recording)
    page = studio.page(path=path, viewport={"width": width, "height": height})
    # A page keeps the wider font of the system if Figtree comes late; the next one has it.
    page.evaluate("document.fonts.load('1rem Figtree')")
    page.reload()

    bottom = bounding_box(page.locator(".side"))["y"] if width == 375 else height
    boxes = [bounding_box(row) for row in page.locator(".rows > li").all()]

    assert sum(box["y"] + box["height"] <= bottom for box in boxes) >= least


@pytest.mark.parametrize("width", [375, 320])
def test_choices_of_filters_have_the_width_of_a_phone(studio: Studio, width: int) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    factories.make_user("ben")
    factories.make_project("Audiobook")
    factories.make_attempt(by=studio.user)
    page = studio.page(path="/", viewport={"width": width, "height": 700}, locale="ja-JP")

    for path in ("/history/", "/voices/", "/recordings/", "/audit/", "/people/", "/projects/"):
        page.goto(f"{path}?filters=shown")
        assert page.locator("form.filters[data-bar]").count() == 1, path
        room = bounding_box(page.locator("form.filters[data-bar]"))["width"]
        choices = page.locator("#filters .field:has(select)")
        widths = choices.evaluate_all("all => all.map((one) => one.clientWidth)")
        assert widths, path
        assert {round(each - room) for each in widths} == {0}, path
        assert (
            page.locator("#filters label:visible").count()
            == page.locator("#filters :is(select, input)").count()
        ), path


def test_view_in_use_is_in_view_on_a_phone(studio: Studio) -> None:
    factories.make_attempt(AttemptState.FAILED, by=studio.user)
    page = studio.page(path="/account/", viewport={"width": 375, "height": 400})

    for path in ("/history/?state=failed", "/voices/?state=kept"):
        page.goto(path)
        current = page.locator("#views > [aria-current]")
        expect(page.locator("#views .count").last).to_have_text(re.compile(r"\d"))
        expect(current).to_be_in_viewport(ratio=1)
        assert page.evaluate("[scrollX, scrollY]") == [0, 0]
    page.goto("/history/")
    assert page.locator("#views").evaluate("views => views.scrollLeft") == 0


@pytest.mark.parametrize("language", ["de", "es", "fr", "ja", "zh-CN"])
def test_choices_of_the_audit_trail_fit_a_phone(studio: Studio, language: str) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    viewport = {"width": 375, "height": 700}
    page = studio.page(path="/audit/?filters=shown", viewport=viewport, locale=language)
    page.evaluate("document.fonts.load('1rem Figtree')")
    page.reload()  # the first page keeps the font that it was drawn in

    cut = page.locator("#filter-verb").evaluate(
        """select => [...select.options].filter((option) => {
          const alone = select.cloneNode();
          alone.append(option.cloneNode(true));
          alone.style.inlineSize = "max-content";
          document.body.append(alone);
          return alone.clientWidth > select.clientWidth;
        }).map((option) => option.text)"""
    )

    assert cut == []


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "ja", "zh-CN"])
def test_menu_of_a_small_phone_breaks_no_word(studio: Studio, language: str) -> None:
    page = studio.page(path="/help/", viewport={"width": 320, "height": 640}, locale=language)
    page.evaluate("document.fonts.load('1rem Figtree')")
    page.reload()

    lines = page.locator(".menu a").evaluate_all(
        """links => links.map((link) => {
          const range = document.createRange();
          range.selectNodeContents(link.lastChild);
          const tops = [...range.getClientRects()].filter(({ width }) => width > 1);
          return [new Set(tops.map(({ top }) => Math.round(top))).size,
                  link.textContent.trim().split(/[ \u00ad]/).length];
        })"""
    )

    assert [count for count, words in lines if count > words] == []
    assert page.evaluate("document.querySelector('.menu').scrollWidth <= innerWidth - 16")
    assert_touch_targets(page.locator(".menu"))


def test_pages_of_a_phone_begin_at_the_same_height(studio: Studio) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    factories.make_project("Audiobook")
    attempt = factories.make_attempt(by=studio.user)
    assert attempt.recording is not None
    attempt.recording.file.save("hum.wav", ContentFile(hum(12)))
    voice = Voice.objects.latest("pk")
    recording = f"/recordings/{attempt.recording_id}/"
    paths = [
        "/", "/new/", "/history/", f"/history/{attempt.pk}/", "/voices/", f"/voices/{voice.pk}/",
        f"/speakers/{voice.speaker_id}/", "/recordings/", recording, f"{recording}cut/", "/costs/",
        "/projects/", "/people/", "/audit/", "/system/", "/account/", "/search/", "/help/",
    ]  # fmt: skip
    page = studio.page(path="/help/", viewport={"width": 375, "height": 700})

    tops = {}
    for path in paths:
        page.goto(path)
        top = bounding_box(page.locator("h1"))["y"] - bounding_box(page.locator("#main"))["y"]
        tops[path] = round(top)

    assert tops == dict.fromkeys(paths, 8)


@pytest.mark.parametrize("height", [300, 400, 500, 640])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_menu_is_reached_in_a_low_window(studio: Studio, height: int, language: str) -> None:
    studio.user.is_staff = True
    studio.user.save(update_fields=["is_staff"])
    size = {"width": 1440, "height": height}
    page = studio.page(path="/system/", viewport=size, locale=language)

    for link in page.locator(".menu a").all():
        link.focus()
        box, end = bounding_box(link), bounding_box(page.locator(".account"))
        assert box["y"] + box["height"] <= end["y"] + 1
        link.click(trial=True)


def test_filters_on_a_phone_lead_to_the_results(studio: Studio) -> None:
    for state in (AttemptState.FAILED, AttemptState.READY, AttemptState.READY):
        factories.make_attempt(state, by=studio.user)
    page = studio.page(path="/history/", viewport={"width": 375, "height": 560})
    page.locator(".filters summary").click()
    button = page.locator("[data-shows-results]")

    expect(button).to_have_text("Show 3 results")
    expect(button).to_be_in_viewport(ratio=1)
    page.get_by_label("State").select_option("failed")
    expect(button).to_have_text("Show 1 result")
    button.click()

    expect(page.locator(".filters details")).not_to_have_attribute("open", "")
    expect(page.locator("#results")).to_be_focused()
    expect(page.locator(".rows > li")).to_be_in_viewport()
