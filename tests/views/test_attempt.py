"""One attempt: everything sent and answered, and what can still be done for it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_attempt, make_recording
from tests.views import message_levels
from tests.views.pages import text
from voicestudio.models import AttemptState, CloneAttempt, Purpose, Voice
from voicestudio.templatetags.attempt import support_details

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
PART = {"hx-request": "true", "hx-target": "progress"}


def page(browser: Client, attempt: CloneAttempt) -> str:
    return text(browser.get(reverse("attempt", args=[attempt.pk])))


def facts(html: str) -> dict[str, str]:
    """The list of what was sent: its terms and descriptions as plain text."""
    pairs = re.findall(r"<dt>([^<]+)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.DOTALL)
    return {term: re.sub(r"<[^>]+>", "", value).strip() for term, value in pairs}


@pytest.mark.parametrize("state", list(AttemptState))
def test_every_state_has_its_page(browser: Client, owner: User, state: AttemptState) -> None:
    attempt = make_attempt(state, by=owner, speaker_name="Anna Larsen")

    html = page(browser, attempt)

    titles = re.findall(r"<title>\s*(.*?)\s*</title>", html, re.DOTALL)
    assert titles == [f"Anna Larsen: {state.label} · Voice Studio"]
    assert html.count(f"{state.label}</span>") == 1
    assert html.count("data-main") <= 1
    assert html.count("<h1") == 1


def test_page_shows_the_request(browser: Client, owner: User) -> None:
    clip = make_recording(by=owner, purpose=Purpose.PROMPT, name="clip.wav", file_id=2**62)
    attempt = make_attempt(
        by=owner,
        recording=make_recording(by=owner, name="anna.m4a", file_id=362_067_136_205_243),
        prompt_clip=clip,
        prompt_text="Good morning.",
        language="auto",
        noise_reduction=True,
        watermark=True,
        text_validation="Hello there",
        rehearsal="slow",
    )

    values = facts(page(browser, attempt))

    assert values["Recording"] == "anna.m4a, 1:24, file 362067136205243"
    assert values["Prompt clip"] == f"clip.wav, 0:06, file {2**62}"
    assert values["Prompt text"] == "Good morning."
    assert values["Preview text"] == "A gentle breeze sweeps across the soft grass(breath)."
    assert values["Model"] == "2.8 hd"
    assert values["Language"] == "detected automatically"
    assert values["Sound options"] == "reduce noise, watermark the preview"
    assert values["Words that must be heard"] == "Hello there"
    assert values["Rehearsal"] == "MiniMax is slow"


def test_permission_shows_person_time_and_wording(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner)

    permission = facts(page(browser, attempt))["Permission"]

    assert permission.startswith("confirmed by owner, ")
    assert permission.endswith("I have this person&#x27;s permission to clone their voice")


def test_flagged_attempt_shows_preview_and_flag(browser: Client, owner: User) -> None:
    html = page(browser, make_attempt(AttemptState.FLAGGED, by=owner))

    preview, flag, recording = (
        'data-kind="voice"', "MiniMax flagged the input: insults or abuse", 'data-kind="recording"'
    )  # fmt: skip
    assert [html.count(part) for part in (preview, flag, recording)] == [1, 1, 1]
    assert html.index(flag) < html.index(preview) < html.index(recording)


def test_category_is_not_shown_unless_flagged(browser: Client, owner: User) -> None:
    html = page(browser, make_attempt(AttemptState.READY, by=owner, input_sensitive_type=5))

    assert html.count("flagged the input") == 0


def test_failure_message_has_no_codes(browser: Client, owner: User) -> None:
    html = page(browser, make_attempt(AttemptState.FAILED, by=owner))

    assert html.count("<b>This voice ID is taken.</b>") == 1
    assert html.count("Choose another voice ID</a>") == 1


def test_support_details_are_complete(browser: Client, owner: User) -> None:
    attempt = make_attempt(
        AttemptState.FAILED,
        by=owner,
        answer_text='{"base_resp": {"status_code": 2039, "status_msg": "<b>duplicate</b>"}}',
        calls=[
            {
                "call": "voice_clone", "at": "2026-11-22T09:31:06+00:00", "ms": 8400,
                "http_status": 200, "status_code": 2039, "trace_id": "abc", "trouble": "refused",
            }
        ],
    )  # fmt: skip

    html = page(browser, attempt)
    support = re.findall(r'<pre class="sunken" id="support"[^>]*>(.*?)</pre>', html, re.DOTALL)[0]

    assert support.split("\n")[:2] == [f"Clone attempt: {attempt.pk}", "State: failed"]
    assert support.split("\n")[5:] == [
        "HTTP status: 200",
        "Status code: 2039",
        "Trace ID: 04ede0ab069fb1ba8be5156a24b1e081",
        "MiniMax&#x27;s message: voice clone voice id duplicate",
        "Problem: refused",
        "voice_clone 2026-11-22T09:31:06+00:00, 8400 ms, HTTP status: 200, Status code: 2039, "
        "Trace ID: abc, refused",
    ]
    assert html.count(escape(attempt.answer_text)) == 1


def test_support_details_have_translated_labels(owner: User) -> None:
    attempt = make_attempt(AttemptState.FAILED, by=owner)
    with override("ja"):
        lines = support_details(attempt).split("\n")
    assert lines[:2] == [f"クローン試行：{attempt.pk}", "状態：failed"]


def test_clone_again_links_to_the_filled_form(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner)

    assert page(browser, attempt).count(f'href="/new/?from={attempt.pk}"') == 1


@pytest.mark.parametrize("state", list(AttemptState))
def test_ready_attempt_links_to_its_voice(
    browser: Client, owner: User, state: AttemptState
) -> None:
    attempt = make_attempt(state, by=owner)

    html = page(browser, attempt)

    link = f'href="{reverse("voice", args=[attempt.cloned_voice_id or 0])}"'
    assert (link in html) is attempt.is_ready


def story(html: str) -> list[str]:
    sentences = re.findall(r"</time></dt>\s*<dd>(.*?)</dd>", html)
    return [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in sentences]


def test_timeline_shows_the_stages_with_times(browser: Client, owner: User) -> None:
    assert story(page(browser, make_attempt(by=owner))) == [
        "Requested by owner",
        "Started, 0.1 s",
        "Recording uploaded, 1.2 s",
        "Request sent to MiniMax",
        "MiniMax answered, 8.4 s",
        "Preview saved, 0.3 s",
    ]


def test_timeline_has_no_upload_time_from_before_the_start(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner)
    assert attempt.uploaded_at is not None
    waited = attempt.uploaded_at + timedelta(milliseconds=1)
    CloneAttempt.objects.filter(pk=attempt.pk).update(claimed_at=waited)

    assert "Recording uploaded" in story(page(browser, attempt))


def test_timeline_ends_after_the_answer(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.STOPPED, by=owner)
    assert attempt.answered_at is not None
    just_before = attempt.answered_at - timedelta(milliseconds=1)
    CloneAttempt.objects.filter(pk=attempt.pk).update(finished_at=just_before)

    assert story(page(browser, attempt))[-2:] == ["MiniMax answered, 8.4 s", "Stopped by MiniMax"]


def test_page_escapes_foreign_text(browser: Client, owner: User) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    attempt = make_attempt(
        AttemptState.FAILED, by=owner, status_msg=hostile, answer_text=hostile, trace_id=hostile,
        speaker_name=hostile, recording=make_recording(by=owner, name=hostile),
        calls=[{"call": hostile, "trace_id": hostile}], preview_text=hostile,
    )  # fmt: skip

    html = page(browser, attempt)

    assert html.count("<img") == 0
    assert html.count(escape(hostile)) == 15


# While it runs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "offered"),
    [
        (1000, "Check the recording"),
        (1008, "Try again"),
        (1026, "Change the text"),
        (20132, "Try again"),
        (2037, "Trim the recording"),
        (2039, "Choose another voice ID"),
        (2048, "Trim the clip"),
    ],
)
def test_failure_offers_next_steps(browser: Client, owner: User, code: int, offered: str) -> None:
    attempt = make_attempt(AttemptState.FAILED, by=owner, status_code=code)

    html = page(browser, attempt)

    link = re.search(r'id="clone-again"[^>]*href="([^"]*)">.*?</svg>([^<]*)</a>', html, re.DOTALL)
    assert link is not None
    assert (link[1], link[2].strip()) == (f"/new/?from={attempt.pk}", offered)


def test_taken_voice_id_comes_with_three_free_ones(browser: Client, owner: User) -> None:
    attempt = make_attempt(
        AttemptState.FAILED, by=owner, status_code=2039, speaker_name="Anna Larsen"
    )

    free = re.findall(r'class="chip id" href="([^"]*)">([^<]*)</a>', page(browser, attempt))
    form = text(browser.get(free[2][0].replace("&amp;", "&")))

    assert len({voice_id for _address, voice_id in free}) == 3
    assert form.count(f'value="{free[2][1]}"') == 1


def test_running_page_polls_its_progress(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.CLONING, by=owner)

    html = page(browser, attempt)

    assert html.count(f'hx-get="/history/{attempt.pk}/?phase=cloning"') == 1


def test_same_phase_replaces_only_the_progress(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.CLONING, by=owner)

    response = browser.get(f"/history/{attempt.pk}/?phase=cloning", headers=PART)

    assert text(response).lstrip().startswith('<div id="progress"')
    assert "HX-Retarget" not in response
    assert text(response).count("aria-current") == 1


def test_next_phase_replaces_the_attempt_and_title(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.READY, by=owner, speaker_name="Anna Larsen")

    response = browser.get(f"/history/{attempt.pk}/?phase=cloning", headers=PART)

    assert response["HX-Retarget"] == "#attempt"
    assert text(response).count("<title>Anna Larsen: Ready · Voice Studio</title>") == 1
    assert text(response).count('id="progress"') == 0
    assert text(response).count("<html") == 0


def test_htmx_navigation_gets_the_whole_page(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.WAITING, by=owner)

    response = browser.get(
        f"/history/{attempt.pk}/", headers={"hx-request": "true", "hx-target": "main"}
    )

    assert text(response).count("<html") == 1


def test_page_needs_a_fixed_number_of_queries(
    browser: Client, owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    attempt = make_attempt(by=owner)

    # Session, user, attempt, charges of its voice; speeches under way, and whether it is kept now;
    # notes.
    with django_assert_num_queries(8):
        browser.get(reverse("attempt", args=[attempt.pk]))


# What can still be done -----------------------------------------------------------------------


def test_missing_preview_is_downloaded_again(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner, audio=None, audio_trouble="unreachable")
    html = page(browser, attempt)

    response = browser.post(reverse("fetch_preview", args=[attempt.pk]))

    assert html.count("we couldn&#x27;t download its preview") == 1
    assert html.count("Fetch again</button>") == 1
    assert response["Location"] == f"/history/{attempt.pk}/"
    assert CloneAttempt.objects.get(pk=attempt.pk).audio_trouble == ""


def test_interrupted_attempt_can_be_started_again(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.INTERRUPTED, by=owner)
    html = page(browser, attempt)

    response = browser.post(reverse("try_again", args=[attempt.pk]), follow=True)

    assert html.count('id="try-again"') == 1
    assert CloneAttempt.objects.get(pk=attempt.pk).state == AttemptState.WAITING
    assert message_levels(response) == []


@pytest.mark.parametrize(
    ("preview", "model", "price"),
    [
        (
            "Hello.",
            "speech-2.8-hd",
            "The preview costs less than $0.01. Nothing has been charged so far.",
        ),
        ("", "", "This is free."),
    ],
)
def test_try_again_button_shows_its_price(
    browser: Client, owner: User, preview: str, model: str, price: str
) -> None:
    attempt = make_attempt(AttemptState.INTERRUPTED, by=owner, preview_text=preview, model=model)

    html = page(browser, attempt)

    assert html.count(f'id="try-again-price">{price}</span>') == 1


def test_finished_attempt_cannot_be_started_again(browser: Client, owner: User) -> None:
    attempt = make_attempt(AttemptState.UNKNOWN, by=owner)

    response = browser.post(reverse("try_again", args=[attempt.pk]), follow=True)

    assert CloneAttempt.objects.get(pk=attempt.pk).state == AttemptState.UNKNOWN
    assert message_levels(response) == ["warning"]


@pytest.mark.parametrize("name", ["fetch_preview", "try_again"])
def test_buttons_require_post_and_sign_in(client: Client, owner: User, name: str) -> None:
    attempt = make_attempt(AttemptState.INTERRUPTED, by=owner)
    url = reverse(name, args=[attempt.pk])

    stranger = client.post(url, headers={"referer": "http://testserver/history/5/"})
    client.force_login(owner)
    read = client.get(url)

    assert stranger["Location"] == "/sign-in/?next=/history/5/"
    assert read.status_code == 405
    assert CloneAttempt.objects.get(pk=attempt.pk).state == AttemptState.INTERRUPTED


def test_temporary_voice_can_be_kept_and_its_preview_downloaded(
    browser: Client, owner: User
) -> None:
    attempt = make_attempt(by=owner)

    html = page(browser, attempt)

    assert "6 days 23 hours left" in html
    assert html.count(f'action="{reverse("keep_voice", args=[attempt.cloned_voice_id])}"') == 1
    assert html.count(f'href="{reverse("preview_audio", args=[attempt.pk])}?download=1"') == 1


def test_kept_voice_is_not_offered_to_be_kept(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner)
    Voice.objects.filter(attempt=attempt).update(kept_at=timezone.now())

    html = page(browser, attempt)

    assert "Keep this voice" not in html
    assert f'href="{reverse("voice", args=[attempt.cloned_voice_id])}"' in html
