"""Verdicts: shown where a recording is shown, asked for until they come, heeded by the form."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.factories import ADVICE, make_checked_recording, make_finding, make_recording
from tests.views import HTMX
from voicestudio.models import AudioFile, CloneAttempt, Origin, Purpose

pytestmark = pytest.mark.django_db


def badges(html: str) -> list[str]:
    found = re.findall(r'<span class="badge"[^>]*>(.*?)</span>', html, re.DOTALL)
    return [re.sub(r"<[^>]+>|\s+", " ", badge).strip() for badge in found]


def how_far(html: str) -> list[str]:
    """The sentences in a verdict that end in how much is heard."""
    found = re.findall(
        r'<(?:p class="small soft"|b)>(?:<svg.*?</svg>)?([^<]+<span class="figure">[^<]+)<', html
    )
    return [" ".join(re.sub(r"<[^>]+>", " ", sentence).split()) for sentence in found]


def codes(html: str) -> list[str]:
    return re.findall(r'data-code="(\w+)"', html)


def asks_again(html: str) -> int:
    return html.count('hx-trigger="every 1s"')


def waiting(**fields: Any) -> AudioFile:
    return make_recording(**({"check_started_at": timezone.now()} | fields))


# What is shown -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "label"),
    [("good", "Good"), ("usable", "Usable"), ("disappointing", "Poor"), ("unusable", "Unusable")],
)
def test_verdict_has_a_label_and_an_icon(
    client: Client, user: User, verdict: str, label: str
) -> None:
    recording = make_checked_recording(verdict)

    html = client.get(f"/recordings/{recording.pk}/", headers=HTMX).content.decode()

    assert badges(html) == [label]
    assert re.search(r'class="badge"[^>]*><svg', html)
    assert asks_again(html) == 0


@pytest.mark.parametrize(
    ("checked_ms", "duration_ms", "progress"),
    [
        (None, 7_200_000, ""),
        (2_080_000, 7_200_000, "34 of 120 minutes"),
        (59_000, 600_000, "0 of 10 minutes"),
        (84_000, 250_000, "1:24 of 4:10"),
        (251_000, 250_000, "4:10 of 4:10"),
    ],
)
def test_running_check_shows_its_progress(
    client: Client, user: User, checked_ms: int | None, duration_ms: int, progress: str
) -> None:
    recording = waiting(checked_ms=checked_ms, duration_ms=duration_ms)

    page = client.get(f"/recordings/{recording.pk}/").content.decode()
    row = client.get("/recordings/").content.decode()

    assert how_far(page) == ([f"Checking the recording… {progress}"] if progress else [])
    assert how_far(row) == ([f"Checking… {progress}"] if progress else [])
    # The announcement leaves out the minute, and the poll names the progress shown.
    announced = re.findall('data-verdict=[^>]* data-announcement="([^"]*)"', row)
    assert announced == [f"{recording.name}: Checking…"]
    assert re.findall('hx-get="([^"]+verdict[^"]+)"', row) == [
        f"/recordings/{recording.pk}/verdict/?place=row&amp;checked_ms={checked_ms or 0}"
    ]


def test_row_polls_progress_only_when_it_changed(client: Client, user: User) -> None:
    recording = waiting(checked_ms=2_080_000, duration_ms=7_200_000)
    address = f"/recordings/{recording.pk}/verdict/?place=row&checked_ms="

    same = client.get(f"{address}2080000", headers=HTMX)
    more = client.get(f"{address}0", headers=HTMX)

    assert (same.status_code, more.status_code) == (204, 200)
    assert how_far(more.content.decode()) == ["Checking… 34 of 120 minutes"]
    assert asks_again(more.content.decode()) == 1


def test_three_findings_at_most_most_serious_first(client: Client, user: User) -> None:
    found = [make_finding(code) for code in ("clipped", "noisy", "hum", "echo")]
    recording = make_checked_recording("disappointing", *found)

    html = client.get(f"/recordings/{recording.pk}/").content.decode()

    assert codes(html) == ["clipped", "noisy", "hum"]
    assert html.count("Loud words crackle.") == 2  # and unseen, to name
    assert html.count("It can&#x27;t be repaired") == 1
    assert html.count("Turn the input level down or move back a little") == 1


def test_hint_stands_below_the_good_verdict(client: Client, user: User) -> None:
    recording = make_checked_recording("good", make_finding("too_quiet", severity=0, value=-35.0))

    html = client.get(f"/recordings/{recording.pk}/").content.decode()

    assert codes(html) == ["too_quiet"]
    assert html.count("This recording is ready to clone.") == 1
    assert html.count("<b>The voice is a little quiet.</b>") == 1


def test_finding_links_to_its_worst_seconds(client: Client, user: User) -> None:
    recording = make_checked_recording("usable", make_finding("hum", at=71.25))

    html = client.get(f"/recordings/{recording.pk}/").content.decode()

    assert re.findall(r'href="([^"]+#t=[^"]+)"', html) == [
        f"/audio/recordings/{recording.pk}/#t=71.25,74.25"
    ]
    assert re.findall(r'data-from="([\d.]+)" data-to="([\d.]+)"', html) == [("71.25", "74.25")]
    assert html.count("Play at 1:11") == 1


def test_finding_without_a_place_has_nothing_to_play(client: Client, user: User) -> None:
    recording = make_checked_recording(
        "unusable", make_finding("damaged") | {"from_s": 0.0, "to_s": 0.0}
    )

    assert "data-finding-audio" not in client.get(f"/recordings/{recording.pk}/").content.decode()


def test_details_hold_every_figure_with_its_unit(client: Client, user: User) -> None:
    figures = {
        "duration_s": 84.25, "silence_share": 0.123, "clipped_share": 0.00021,
        "peak_dbfs": -3.1, "loudness_lufs": -20.34, "hum_hz": 50, "hum_db": None,
        "noise_floor_dbfs": -120.0, "channels": 2, "bandwidth_hz": 11_025, "something_new": 1.5,
    }  # fmt: skip
    recording = make_checked_recording("good", figures=figures)

    html = client.get(f"/recordings/{recording.pk}/").content.decode()

    shown = html.partition('class="facts-list figures"')[2].partition("</dl>")[0]
    assert re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", shown) == [
        ("Length", "84.2\u00a0s"),
        ("Share of silence", "12\u00a0%"),
        ("Peak level", "−3.1\u00a0dBFS"),
        ("Clipped samples", "0.021\u00a0%"),
        ("Loudness", "−20.3\u00a0LUFS"),
        ("Mains hum", "50\u00a0Hz"),
        ("Highest frequency", "11,025\u00a0Hz"),
        ("Channels", "2 channels"),
        ("something new", "1.50"),
    ]


@pytest.mark.parametrize(
    ("purpose", "names"),
    [
        (Purpose.SAMPLE, ["Speech", "Average level", "Peak level", "Above the noise"]),
        (Purpose.PROMPT, ["Average level", "Peak level", "Above the noise"]),
    ],
)
def test_good_recording_shows_its_figures(
    client: Client, user: User, purpose: Purpose, names: list[str]
) -> None:
    figures = {"speech_s": 71.6, "average_dbfs": -21.4, "peak_dbfs": -4.0, "snr_db": 48.2}
    values = {"Speech": "1:12", "Average level": "−21\u00a0dB", "Peak level": "−4\u00a0dB",
              "Above the noise": "48\u00a0dB"}  # fmt: skip
    waits = make_recording(by=user, purpose=purpose, check_started_at=timezone.now())
    good = make_checked_recording("good", by=user, purpose=purpose, figures=figures)

    key_figures = [
        re.findall(
            r"<dt[^>]*>([^<]+)</dt>\s*<dd><b>([^<]+)</b>",
            client.get(f"/recordings/{recording.pk}/")
            .content.decode()
            .partition('class="key-figures"')[2],
        )
        for recording in (waits, good)
    ]

    assert key_figures == [
        [(name, "–") for name in names],
        [(name, values[name]) for name in names],
    ]


def test_missing_figures_are_left_out(client: Client, user: User) -> None:
    good = make_checked_recording("good", by=user, figures={"speech_s": None, "peak_dbfs": -4.0})
    none = make_checked_recording("good", by=user, figures={})

    pages = [
        client.get(f"/recordings/{recording.pk}/").content.decode() for recording in (good, none)
    ]

    assert [page.count('<dt class="small">') for page in pages] == [1, 0]


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (0.0001, "0.010\u00a0%"),
        (0.02, "2.0\u00a0% of full scale, large: “Make a clean copy” removes it"),
        (-0.12, "12\u00a0% of full scale, large: “Make a clean copy” removes it"),
    ],
)
def test_large_offset_is_called_large(client: Client, user: User, offset: float, text: str) -> None:
    recording = make_checked_recording("good", figures={"dc_offset": offset})

    html = client.get(f"/recordings/{recording.pk}/").content.decode()

    found = re.findall(r"<dt>Constant offset \(DC\)</dt>\s*<dd>(.*?)</dd>", html)
    assert found == [text]


# While the studio listens ------------------------------------------------------------------------


def test_running_check_is_polled(client: Client, user: User) -> None:
    recording = waiting()

    html = client.get(f"/recordings/{recording.pk}/", headers=HTMX).content.decode()

    assert html.count("Checking the recording…") == 1
    assert badges(html) == ["Checking…"]
    assert asks_again(html) == 1
    assert (
        html.count(f'hx-get="/recordings/{recording.pk}/verdict/?place=form&amp;checked_ms=0"') == 1
    )


def test_unchanged_check_answers_204(client: Client, user: User) -> None:
    recording = waiting()

    response = client.get(f"/recordings/{recording.pk}/verdict/?place=form", headers=HTMX)

    assert (response.status_code, response.content) == (204, b"")


def test_finished_check_updates_the_badge_and_stops_polling(client: Client, user: User) -> None:
    recording = make_checked_recording("usable", make_finding("noisy"))

    html = client.get(f"/recordings/{recording.pk}/verdict/", headers=HTMX).content.decode()

    assert codes(html) == ["noisy"]
    assert badges(html) == ["Usable"]
    assert re.findall(r'id="badge-(\d+)"[^>]*hx-swap-oob="true"', html) == [str(recording.pk)]
    assert asks_again(html) == 0


def test_trial_of_a_clean_copy_is_shown_until_it_ends(client: Client, user: User) -> None:
    """The verdict is there before; only the advice is replaced."""
    recording = make_checked_recording(
        "usable", make_finding("hum"), trying_cleanup=True, checked_at=None,
        check_started_at=timezone.now(),
    )  # fmt: skip
    checking = f"/recordings/{recording.pk}/verdict/"
    trying = f"{checking}?place=&trying_cleanup=1"

    page = client.get(f"/recordings/{recording.pk}/").content.decode()
    answers = [client.get(url, headers=HTMX).status_code for url in (checking, trying)]
    AudioFile.objects.update(
        trying_cleanup=False, checked_at=timezone.now(),
        findings=[make_finding("hum", clean_copy_helps=True)],
    )  # fmt: skip
    done = client.get(trying, headers=HTMX).content.decode()

    assert badges(page) == ["Usable"]
    assert page.count("Trying whether a clean copy removes it…") == 1
    assert page.count(f'hx-get="{trying.replace("&", "&amp;")}"') == asks_again(page) == 1
    assert page.count(f'hx-select="#advice-{recording.pk}-hum"') == 1
    assert answers == [200, 204]
    assert done.count(f'id="advice-{recording.pk}-hum"') == 1
    assert done.count("Make a clean copy: it removes the hum.") == 1
    assert asks_again(done) == 0


@pytest.mark.parametrize("place", ["form", "", "row", "nonsense"])
def test_verdict_has_one_label_everywhere(client: Client, user: User, place: str) -> None:
    recording = make_checked_recording("usable", make_finding("noisy"))

    html = client.get(f"/recordings/{recording.pk}/verdict/?place={place}").content.decode()

    assert re.findall(r'id="verdict-(\d+)"', html) == [str(recording.pk)]


@pytest.mark.parametrize(
    "facts",
    [
        {"check_started_at": None},
        {"check_started_at": timezone.now() - timedelta(minutes=10)},
        {"check_started_at": timezone.now(), "checked_at": timezone.now()},
    ],
)
def test_unchecked_recording_can_be_checked(
    client: Client, user: User, facts: dict[str, Any]
) -> None:
    recording = make_recording(**facts)

    html = client.get(f"/recordings/{recording.pk}/").content.decode()

    assert html.count("This recording hasn't been checked.") == 1
    assert html.count(f'action="/recordings/{recording.pk}/check/"') == 1
    assert badges(html) == ["Not checked"]


def test_check_again_starts_a_check(client: Client, user: User) -> None:
    recording = make_recording(checked_at=timezone.now())

    response = client.post(f"/recordings/{recording.pk}/check/", headers=HTMX)
    plain = client.post(f"/recordings/{recording.pk}/check/")

    recording.refresh_from_db()
    assert asks_again(response.content.decode()) == 1
    assert plain["Location"] == f"/recordings/{recording.pk}/"
    assert recording.is_being_checked


def test_check_again_keeps_a_verdict(client: Client, user: User) -> None:
    recording = make_checked_recording("good")

    client.post(f"/recordings/{recording.pk}/check/")

    recording.refresh_from_db()
    assert (recording.verdict, recording.is_being_checked) == ("good", False)


@pytest.mark.parametrize(
    "finding",
    [
        make_finding("hum", severity=1) | {"clean_copy_helps": False},
        {"code": "hum", "from_s": 1.0, "to_s": 4.0, "value": -41.0, "severity": 1},
    ],
    ids=["false-stood-for-not-tried", "before-copies-were-tried"],
)
def test_old_report_is_shown_as_one_and_can_be_replaced(
    client: Client, user: User, finding: dict[str, Any]
) -> None:
    recording = make_checked_recording(
        "usable", finding, figures={"check_version": 1, "hum_db": -41.0, "peak_dbfs": -3.0}
    )
    page = f"/recordings/{recording.pk}/"

    html = client.get(page).content.decode()
    client.post(f"{page}check/")

    recording.refresh_from_db()
    assert html.count("An earlier version of the check gave this result.") == 1
    assert html.count(f'action="{page}check/"') == 1
    assert re.findall(r"<dt>(.*?)</dt>", html.partition('facts-list figures"')[2])[:1] == [
        "Peak level"
    ]
    assert "Record again on battery power and away from other devices." in html
    assert (recording.verdict, recording.is_being_checked) == ("usable", True)


def test_recording_without_a_file_is_not_checked(client: Client, user: User) -> None:
    recording = make_recording(held=False)

    html = client.get(f"/recordings/{recording.pk}/").content.decode()

    assert badges(html) == ["At MiniMax"]
    assert "Check again" not in html


# The form ----------------------------------------------------------------------------------------

HUM = "There is a steady hum or buzz under the words."


def ticked(html: str) -> list[str]:
    return re.findall(r'<input type="checkbox" name="(\w+_\w+)"[^>]*checked', html)


def suggested_options(html: str) -> list[str]:
    return re.findall(r'id="id_advised" value="([^"]*)"', html)


def test_recommended_option_is_ticked_with_its_reason(client: Client, user: User) -> None:
    recording = make_checked_recording("usable", make_finding("hum"), advice=ADVICE)

    html = client.get(f"/new/?recording={recording.pk}").content.decode()

    assert ticked(html) == ["noise_reduction"]
    assert suggested_options(html) == [f"{recording.pk} noise_reduction"]
    assert re.findall(r'data-suggested="(\w+)" hidden', html) == ["volume_normalization"]
    assert re.findall(r'<span class="help" data-suggestion-reason>(.*?)</span>', html) == [HUM, ""]
    assert re.search(r'<details class="fold" id="sound-options"\s+open', html)
    assert html.count('data-suggested-option="noise_reduction"') == 1


def test_unticked_option_stays_off(client: Client, user: User) -> None:
    recording = make_checked_recording("usable", make_finding("hum"), advice=ADVICE)
    other = make_checked_recording("usable", make_finding("hum"), advice=ADVICE)
    sent = {"recording": other.pk, "advised": f"{recording.pk} noise_reduction"}

    html = client.post("/clone-form/refresh/", sent).content.decode()

    assert ticked(html) == []
    assert suggested_options(html) == [f"{other.pk} noise_reduction"]


def test_option_of_the_previous_recording_is_unticked(client: Client, user: User) -> None:
    clean = make_checked_recording("good")
    sent = {
        "recording": clean.pk, "advised": "7 noise_reduction", "noise_reduction": "on",
        "volume_normalization": "on",
    }  # fmt: skip

    html = client.post("/clone-form/refresh/", sent).content.decode()

    assert ticked(html) == ["volume_normalization"]
    assert suggested_options(html) == [str(clean.pk)]


def test_options_of_an_earlier_attempt_are_kept(client: Client, user: User) -> None:
    recording = make_checked_recording("usable", make_finding("hum"), advice=ADVICE)
    earlier = factories.make_attempt(by=user, recording=recording)

    html = client.get(f"/new/?from={earlier.pk}").content.decode()

    assert ticked(html) == []


def order(recording: AudioFile) -> dict[str, Any]:
    return {
        "token": "6f2c1b1e-0000-4000-8000-000000000001", "speaker": "Anna Larsen",
        "voice_id": "AnnaLarsen-7k2p", "permission": "on", "recording": recording.pk,
        "preview_text": "Hello.", "model": "speech-2.8-hd", "language": "auto",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("too_short", "This recording is too short. Record a longer one"),
        ("too_long", "This recording is too long. Cut out the best"),
        ("damaged", "This file is damaged. Export it again"),
        ("not_audio", "This isn&#x27;t an audio file we can read. Export"),
    ],
)
def test_unusable_recording_is_refused(
    client: Client, user: User, code: str, sentence: str
) -> None:
    recording = make_checked_recording("unusable", make_finding(code, severity=3))

    response = client.post("/new/", order(recording))

    assert response.status_code == 422
    assert response.content.decode().count(sentence) == 2  # above the form, and at the recording
    assert CloneAttempt.objects.count() == 0


@pytest.mark.parametrize(
    ("verdict", "found"),
    [
        ("disappointing", make_finding("clipped")),
        ("unusable", make_finding("little_speech", severity=3)),
        ("usable", make_finding("too_short", severity=1)),
    ],
)
def test_poor_recording_can_be_cloned(
    client: Client, user: User, verdict: str, found: dict[str, Any]
) -> None:
    recording = make_checked_recording(verdict, found)

    assert client.post("/new/", order(recording)).status_code == 303
    assert CloneAttempt.objects.get().recording == recording


def test_form_warns_beside_its_button(client: Client, user: User) -> None:
    html = client.get("/new/").content.decode()

    warnings = re.findall(r'data-for-verdict="(\w+)"', html[: html.index('id="clone-voice"')])
    assert warnings == ["disappointing", "unusable"]


@pytest.mark.parametrize(
    ("field", "purpose"), [("recording", "voice_clone"), ("prompt_clip", "prompt_audio")]
)
def test_check_without_script_submits_nothing(
    client: Client, user: User, field: str, purpose: str
) -> None:
    chosen = make_recording(purpose=purpose, checked_at=timezone.now())
    typed = order(make_checked_recording("good")) | {field: chosen.pk}

    html = client.post(f"/clone-form/check/{chosen.pk}/", typed).content.decode()

    assert html.count('formaction="/clone-form/refresh/"') == 1
    assert re.findall(r'name="speaker" value="([^"]*)"', html) == ["Anna Larsen"]
    assert CloneAttempt.objects.count() == 0


@pytest.mark.parametrize("chosen", ["", "x", "0", "9" * 30, "-1"])
def test_button_ignores_an_invalid_recording_id(client: Client, user: User, chosen: str) -> None:
    sent = order(make_recording()) | {"recording": chosen}

    assert client.post("/clone-form/refresh/", sent).status_code == 200


def test_clean_up_button_keeps_what_is_typed(client: Client, user: User) -> None:
    recording = make_checked_recording("usable", make_finding("hum"))
    left = client.post("/clone-form/clean-up/recording/", order(recording))
    back = client.get(f"/new/?recording={recording.pk}").content.decode()

    assert (left.status_code, left["Location"]) == (303, f"/recordings/{recording.pk}/clean-copy/")
    assert re.findall(r'name="speaker" value="([^"]*)"', back) == ["Anna Larsen"]
    assert CloneAttempt.objects.count() == 0


# Families ----------------------------------------------------------------------------------------


def family_of(html: str) -> list[tuple[str, str]]:
    tree = html.partition('<ul class="family">')[2].partition("</ul>")[0]
    return re.findall(r'data-depth="(\d+)".*?<(?:a|b)[^>]*>(.*?)</', tree, re.DOTALL)


@pytest.mark.parametrize("width", [1, 6])
def test_page_shows_the_family_at_a_fixed_number_of_queries(
    client: Client, user: User, width: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    root = make_recording(name="anna.m4a", by=user)
    for number in range(width):
        cut = make_recording(
            name=f"cut {number}", parent=root, origin=Origin.CUT, from_ms=42_000, to_ms=90_000,
            by=user,
        )  # fmt: skip
        tidied = make_recording(
            name=f"tidied {number}", parent=cut, origin=Origin.CLEANED, steps=["hum", "level"],
            by=user,
        )  # fmt: skip
    make_recording(name="a stranger", by=user)
    client.get("/recordings/")

    # Session, user, the recording, its uploads, relatives, the family, its uses, notes.
    with django_assert_num_queries(9):
        html = client.get(f"/recordings/{tidied.pk}/").content.decode()

    expected = [("0", "anna.m4a")]
    for number in range(width):
        expected += [("1", f"cut {number}"), ("2", f"tidied {number}")]
    assert family_of(html) == expected
    assert html.count("cut, 0:42–1:30") == width
    assert html.count("clean copy: hum removed, level evened") == width


def test_family_survives_its_original(client: Client, user: User) -> None:
    root = make_recording(name="anna.m4a", uploaded=False)
    cut = make_recording(name="cut", parent=root, origin=Origin.CUT, from_ms=0, to_ms=9_000)
    make_recording(name="cleaned", parent=cut, origin=Origin.CLEANED)

    client.post(f"/recordings/{root.pk}/delete/")

    html = client.get(f"/recordings/{cut.pk}/").content.decode()
    assert family_of(html) == [("0", "cut"), ("1", "cleaned")]


def test_circle_in_a_family_ends(client: Client, user: User) -> None:
    first, second = make_recording(), make_recording()
    AudioFile.objects.filter(pk=first.pk).update(parent=second)
    AudioFile.objects.filter(pk=second.pk).update(parent=first)

    assert client.get(f"/recordings/{first.pk}/").status_code == 200
