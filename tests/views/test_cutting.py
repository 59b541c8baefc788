"""The cut page: what it shows, what it takes, and where it leads."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.practice.recordings import hum
from tests.views import HTMX
from voicestudio.models import AudioFile, CloneAttempt, Purpose
from voicestudio.services import recordings

pytestmark = pytest.mark.django_db
PASSAGES = {
    "best": {"start_ms": 12_040, "end_ms": 27_080, "reasons": ["least_noise", "in_pauses"]},
    "prompt": {"start_ms": 20_000, "end_ms": 26_500, "reasons": ["in_pauses", "unheard_of"]},
}


@pytest.fixture
def recording(user: User) -> AudioFile:
    """Thirty seconds that can be heard and cut."""
    return factories.make_recording(
        by=user, name="anna.wav", content=hum(30), duration_ms=30_000, codec="pcm_s16le"
    )


def page(content: bytes) -> str:
    return html.unescape(content.decode())


def value(content: bytes, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', content.decode())
    return html.unescape(found[1]) if found else ""


def errors(content: bytes) -> list[str]:
    return re.findall(r'<p class="error"[^>]*>(.*?)</p>', page(content))


def address(recording: AudioFile) -> str:
    return f"/recordings/{recording.pk}/cut/"


# The page ---------------------------------------------------------------------------------------


def test_page_has_two_sliders_and_one_drawn_path(client: Client, recording: AudioFile) -> None:
    response = client.get(address(recording))

    text = page(response.content)
    assert response.status_code == 200
    assert len(re.findall(r'role="slider"', text)) == 2
    assert (
        len(re.findall(r"<path d=\"M", text.partition('id="shape"')[2].partition("</ol>")[0])) == 1
    )
    assert (value(response.content, "start"), value(response.content, "end")) == (
        "0:00.0", "0:30.0",
    )  # fmt: skip
    assert "30\u00a0s — good length" in text
    assert "style=" not in text


def test_cut_page_has_a_fixed_number_of_queries(
    client: Client, recording: AudioFile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        factories.make_recording(by=recording.created_by, parent=recording, name=f"{number}.wav")

    with django_assert_num_queries(4):  # session, user, access, recording
        client.get(address(recording))


def test_long_recording_starts_with_two_minutes_selected(
    client: Client, recording: AudioFile
) -> None:
    AudioFile.objects.filter(pk=recording.pk).update(duration_ms=7_190_000, needs_cutting=True)

    response = client.get(address(recording))

    assert value(response.content, "end") == "2:00.0"
    assert "This recording is 1:59:50 long, and MiniMax accepts up to 5 minutes." in page(
        response.content
    )


def test_address_selects_a_part(client: Client, recording: AudioFile) -> None:
    query = {"start": "5", "end": "0:11,5", "purpose": "prompt_audio", "back": "form"}

    response = client.get(address(recording), query)

    assert 'aria-valuenow="5.0"' in page(response.content)
    assert 'aria-valuenow="11.5"' in page(response.content)
    assert "6.5\u00a0s — good length" in page(response.content)
    assert value(response.content, "back") == "form"


@pytest.mark.parametrize(
    "query",
    [
        {"start": "NaN", "end": "<b>"},
        {"start": "99", "end": "98"},
        {"purpose": "x", "back": "//evil.example/", "suggest": "x"},
        {"start": "9" * 5000},
    ],
)
def test_invalid_address_selects_a_valid_part(
    client: Client, recording: AudioFile, query: dict[str, str]
) -> None:
    response = client.get(address(recording), query)

    assert response.status_code == 200
    assert 'aria-valuenow="30.0"' in page(response.content)
    assert "evil" not in page(response.content)


def test_recording_without_a_copy_cannot_be_cut(client: Client, user: User) -> None:
    elsewhere = factories.make_recording(by=user, held=False)

    shown = client.get(address(elsewhere))
    sent = client.post(address(elsewhere), {"start": "0", "end": "12", "purpose": "voice_clone"})

    assert "The studio has no copy of this recording" in page(shown.content)
    assert (shown.status_code, sent.status_code) == (200, 422)


# The picture ------------------------------------------------------------------------------------


def test_waveform_of_a_window_is_drawn(client: Client, recording: AudioFile) -> None:
    response = client.get(f"/recordings/{recording.pk}/shape/", {"start": 5000, "end": 10_000})

    text = page(response.content)
    assert response.status_code == 200
    assert text.lstrip().startswith('<div class="shape"')
    assert 'data-start="5000"' in text.replace("\n", " ")
    assert re.findall(r"<li>(.*?)</li>", text) == ["0:05.0", "0:06.0", "0:07.0", "0:08.0", "0:09.0"]


@pytest.mark.parametrize(
    "query",
    [{}, {"start": "5"}, {"start": "9", "end": "5"}, {"start": "-1", "end": "5"},
     {"start": "NaN", "end": "inf"}, {"start": "40000", "end": "50000"},
     {"start": "٣", "end": "9" * 30}],
)  # fmt: skip
def test_waveform_of_an_invalid_window_is_refused(
    client: Client, recording: AudioFile, query: dict[str, str]
) -> None:
    response = client.get(f"/recordings/{recording.pk}/shape/", query)

    assert response.status_code == 422


# Suggestions ------------------------------------------------------------------------------------


def test_suggestions_say_why_in_words(client: Client, recording: AudioFile) -> None:
    AudioFile.objects.filter(pk=recording.pk).update(passages=PASSAGES, checked_at="2026-01-01T00Z")

    text = page(client.get(address(recording)).content)

    assert "Suggest the best part" in text
    assert "Suggest a prompt clip" in text
    whys = re.findall(r'class="note suggestion".*?</div>', text, re.DOTALL)
    assert [re.findall(r"<(?:b|span)>(.*?)</", why) for why in whys] == [
        [
            "0:12.0 to 0:27.1, 15.1\u00a0s",
            "Less noise than elsewhere.",
            "Starts and ends in a pause, so no word is cut.",
        ],
        ["0:20.0 to 0:26.5, 6.5\u00a0s", "Starts and ends in a pause, so no word is cut."],
    ]
    assert all("hidden" in why for why in whys)


def test_suggestion_without_script_fills_the_page(client: Client, recording: AudioFile) -> None:
    AudioFile.objects.filter(pk=recording.pk).update(passages=PASSAGES, checked_at="2026-01-01T00Z")

    response = client.get(address(recording), {"suggest": "prompt", "back": "form"})

    assert (value(response.content, "start"), value(response.content, "end")) == (
        "0:20.0", "0:26.5",
    )  # fmt: skip
    assert "6.5\u00a0s — good length" in page(response.content)
    assert recording.children.count() == 0


def test_suggestions_are_polled_until_the_check_ends(client: Client, recording: AudioFile) -> None:
    url = f"/recordings/{recording.pk}/suggestions/"
    AudioFile.objects.filter(pk=recording.pk).update(
        check_started_at=timezone.now(), checked_at=None
    )
    waiting = page(client.get(url).content)
    AudioFile.objects.filter(pk=recording.pk).update(checked_at="2026-01-01T00Z")

    html = page(client.get(url).content)

    assert "hx-get" in waiting
    assert "The recording is being checked." in waiting
    assert "hx-get" not in html


def test_early_suggestion_is_selected_later(client: Client, recording: AudioFile) -> None:
    """The suggestion was requested while the check runs: the page waits for it."""
    rows = AudioFile.objects.filter(pk=recording.pk)
    rows.update(check_started_at=timezone.now(), checked_at=None)
    url = f"/recordings/{recording.pk}/suggestions/?back=form&suggest=prompt"

    early = page(client.get(address(recording), {"suggest": "prompt", "back": "form"}).content)
    waiting = page(client.get(url).content)
    rows.update(checked_at="2026-01-01T00Z", verdict="good", passages=PASSAGES)
    html = page(client.get(url).content)

    for shown in (early, waiting):
        assert "The recording is still being checked." in shown
        assert f'hx-get="{url}"' in shown
        assert f'href="{address(recording)}?back=form&suggest=prompt"' in shown
    assert "data-preselect" not in early + waiting
    assert re.findall(r'value="(\w+)"\s+data-suggest\s+data-preselect', html) == ["prompt"]


@pytest.mark.parametrize(
    ("facts", "offered"),
    [
        ({}, True),  # the studio is still listening
        ({"verdict": "usable", "passages": PASSAGES}, True),
        ({"verdict": "good"}, False),
    ],
)
def test_best_part_is_offered_if_known_or_pending(
    client: Client, recording: AudioFile, facts: dict[str, Any], offered: bool
) -> None:
    moment = "checked_at" if facts else "check_started_at"
    AudioFile.objects.filter(pk=recording.pk).update(**facts, **{moment: timezone.now()})

    pages = [
        page(client.get(place).content)
        for place in (f"/new/?recording={recording.pk}", f"/recordings/{recording.pk}/")
    ]

    assert ["Suggest the best part" in html for html in pages] == [offered, offered]


@pytest.mark.parametrize(
    ("verdict", "suggestion", "text"),
    [
        ("good", "best", "No part stands out. One to two minutes of only"),
        ("good", "prompt", "No part stands out. 5 to 7.5 seconds that start and end in a pause"),
        ("", "best", "The recording couldn't be checked"),
    ],
)
def test_missing_suggestion_shows_its_reason(
    client: Client, recording: AudioFile, verdict: str, suggestion: str, text: str
) -> None:
    AudioFile.objects.filter(pk=recording.pk).update(checked_at="2026-01-01T00Z", verdict=verdict)

    assert text in page(client.get(address(recording), {"suggest": suggestion}).content)


# The cut ----------------------------------------------------------------------------------------


def test_cut_becomes_a_recording_of_its_own(
    client: Client, user: User, recording: AudioFile
) -> None:
    sent = {"start": "0:05.0", "end": "0:17.5", "purpose": "voice_clone"}

    response = client.post(address(recording), sent)

    made = recording.children.get()
    assert response.status_code == 303
    assert response["Location"] == f"/recordings/#recording-{made.pk}"
    assert (made.from_ms, made.to_ms, made.purpose, made.created_by) == (
        5_000, 17_500, Purpose.SAMPLE, user,
    )  # fmt: skip
    assert abs((made.duration_ms or 0) - 12_500) <= 50
    recording.refresh_from_db()
    assert recording.duration_ms == 30_000


@pytest.mark.parametrize(
    ("purpose", "end", "query"),
    [
        ("voice_clone", "15", "?recording={pk}"),
        ("prompt_audio", "6.2", "?prompt_clip={pk}#id_prompt_text"),
    ],
)
def test_cut_goes_back_to_the_form(
    client: Client, recording: AudioFile, purpose: str, end: str, query: str
) -> None:
    sent = {"start": "0", "end": end, "purpose": purpose, "back": "form"}

    plain = client.post(address(recording), sent)
    by_script = client.post(address(recording), sent, headers=HTMX)

    made = recording.children.get()  # the same part twice is the same recording
    assert plain["Location"] == by_script["HX-Redirect"] == "/new/" + query.format(pk=made.pk)


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"start": ""}, ["Type where the part begins, such as 0:05.0."]),
        ({"end": None}, ["Type where the part ends, such as 1:10.0."]),
        ({"start": "NaN"}, ["Enter a time like 1:02.5 (minutes, seconds, tenths)."]),
        ({"end": "1e9"}, ["Enter a time like 1:02.5 (minutes, seconds, tenths)."]),
        ({"start": "\x00"}, ["Enter a time like 1:02.5 (minutes, seconds, tenths)."]),
        ({"start": "20", "end": "10"}, ["The end must come after the start."]),
        ({"start": "10", "end": "10"}, ["The end must come after the start."]),
        ({"end": "0:30.2"}, ["The recording ends at 0:30.0. Choose an earlier time."]),
        ({"end": "99999"}, ["The recording ends at 0:30.0. Choose an earlier time."]),
        ({"end": "9"}, ["This part is 9\u00a0s long. MiniMax needs at least 10\u00a0s."]),
        (
            {"end": "8", "purpose": "prompt_audio"},
            ["This part is 8\u00a0s long. A prompt clip must be under 8\u00a0s."],
        ),
        ({"purpose": "x"}, ["Choose what the part is for: a recording or a prompt clip."]),
        ({"purpose": None}, ["Choose what the part is for: a recording or a prompt clip."]),
    ],
)
def test_invalid_times_are_kept_with_errors(
    client: Client, recording: AudioFile, changes: dict[str, Any], messages: list[str]
) -> None:
    sent = {"start": "0:00.0", "end": "0:15.0", "purpose": "voice_clone", "back": "form"} | changes
    given = {name: text for name, text in sent.items() if text is not None}

    response = client.post(address(recording), given)

    assert response.status_code == 422
    assert errors(response.content) == messages
    assert value(response.content, "start") == given.get("start", "").replace("\x00", "")
    assert value(response.content, "end") == given.get("end", "")
    assert value(response.content, "back") == "form"
    assert AudioFile.objects.count() == 1


@pytest.mark.parametrize(
    ("start", "end", "marked", "words"),
    [
        ("0:04.0", "soon", ("4.0", "30.0"), "Correct the times first."),
        ("", "0:20.0", ("0.0", "20.0"), "Correct the times first."),
        ("0:04.0", "0:09.0", ("4.0", "9.0"), "5\u00a0s — too short, at least 10\u00a0s"),
    ],
)
def test_valid_end_stays_selected(
    client: Client, recording: AudioFile, start: str, end: str, marked: tuple[str, str], words: str
) -> None:
    sent = {"start": start, "end": end, "purpose": "voice_clone"}

    response = client.post(address(recording), sent)

    text = page(response.content)
    assert tuple(re.findall(r'aria-valuenow="([^"]+)"', text)) == marked
    assert re.findall(r'id="length"[^>]*><b>(.*?)</b>', text) == [words]


def test_silent_part_is_refused(client: Client, user: User) -> None:
    quiet = factories.make_recording(
        by=user, name="quiet.wav", content=hum(12)[:44] + bytes(240_000), duration_ms=15_000
    )
    sent = {"start": "0", "end": "12", "purpose": "voice_clone"}

    response = client.post(address(quiet), sent)

    assert response.status_code == 422
    assert errors(response.content)[0].startswith("This recording is silent.")


def test_missing_file_is_refused(client: Client, recording: AudioFile) -> None:
    Path(recording.file.path).unlink()

    response = client.post(
        address(recording), {"start": "0", "end": "12", "purpose": "voice_clone"}
    )

    assert response.status_code == 422
    assert errors(response.content)[0].startswith("Our copy of the recording can't be read.")


# From the form, and back ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "query"),
    [
        ("cut/recording", "back=form&purpose=voice_clone"),
        ("suggest-best-part", "back=form&suggest=best"),
        ("cut-prompt-clip", "back=form&purpose=prompt_audio&suggest=prompt"),
    ],
)
def test_clone_form_buttons_open_the_page_and_keep_answers(
    client: Client, recording: AudioFile, button: str, query: str
) -> None:
    answers = {
        "speaker": "Anna Larsen", "permission": "on", "recording": recording.pk,
        "preview_text": "Good morning.",
    }  # fmt: skip

    gone = client.post(f"/clone-form/{button}/", answers)
    back = client.get("/new/", {"prompt_clip": "1"})

    assert gone.status_code == 303
    assert gone["Location"] == f"{address(recording)}?{query}"
    assert value(back.content, "speaker") == "Anna Larsen"
    assert value(back.content, "recording") == str(recording.pk)
    assert "Good morning." in back.content.decode()
    assert CloneAttempt.objects.count() == 0


def test_prompt_clip_cannot_be_cut_without_a_recording(client: Client, user: User) -> None:
    response = client.post("/clone-form/cut-prompt-clip/", {"speaker": "Anna"})

    assert response.status_code == 422
    assert "recording" in response.context["form"].errors


def test_too_long_recording_links_to_the_cut_page(client: Client, recording: AudioFile) -> None:
    AudioFile.objects.filter(pk=recording.pk).update(duration_ms=600_000, needs_cutting=True)

    form = page(client.get("/new/", {"recording": recording.pk}).content)
    listed = page(client.get("/recordings/").content)

    assert "<b>This recording is too long.</b>" in form
    assert 'formaction="/clone-form/cut/recording/"' in form
    assert "Too long: MiniMax accepts up to 5 minutes." in listed
    assert f'<a class="cut-link" href="{address(recording)}">Cut out a part</a>' in listed


def test_too_long_recording_has_one_message(client: Client, recording: AudioFile) -> None:
    """By the studio at first, then by its verdict."""
    rows = AudioFile.objects.filter(pk=recording.pk)
    rows.update(duration_ms=600_000, needs_cutting=True)
    places = (f"/new/?recording={recording.pk}", f"/recordings/{recording.pk}/", "/recordings/")

    def count_notes() -> list[int]:
        pages = (page(client.get(place).content) for place in places)
        return [len(re.findall("<b>This recording is too long|>Too long:", html)) for html in pages]

    rows.update(check_started_at=timezone.now(), checked_at=None)
    waiting = count_notes()
    found = [factories.make_finding("too_long"), factories.make_finding("hum")]
    rows.update(verdict="unusable", findings=found, checked_at=timezone.now())

    assert (waiting, count_notes()) == ([1, 1, 1], [1, 1, 1])


def test_clip_on_the_form_counts_its_seconds(
    client: Client, user: User, recording: AudioFile
) -> None:
    clip = recordings.cut_recording(
        recording, start_ms=1_000, end_ms=7_000, purpose=Purpose.PROMPT, by=user
    )

    text = page(client.get("/new/", {"prompt_clip": clip.pk}).content)

    assert re.search(r'<p class="help" data-state="good">(6|5\.9)\u00a0s — good length</p>', text)
    assert "Play the clip in a loop" in text
    assert "Exactly what is said in the clip, word for word, ending in punctuation." in text


def test_breadcrumbs_lead_to_the_recording(client: Client, recording: AudioFile) -> None:
    page = client.get(f"/recordings/{recording.pk}/cut/").content.decode()

    assert f'<a href="/recordings/{recording.pk}/" dir="auto">{recording.name}</a>' in page
