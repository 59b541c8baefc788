"""Clean copies: which options are ticked, what is made, and which of the two is recommended."""

import math
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.factories import make_checked_recording, make_finding, make_recording
from tests.practice.recordings import hum
from tests.views import HTMX
from voicestudio.models import AudioFile, Origin

pytestmark = pytest.mark.django_db
STEPS = ("trim", "level", "dc_and_hum", "mono")


def ticked(html: str) -> list[str]:
    return re.findall(r'<input type="checkbox" name="(\w+)"[^>]*checked', html)


def get_page(client: Client, original: AudioFile, copy: AudioFile | None = None) -> str:
    query = {"copy": copy.pk} if copy else {}
    return client.get(f"/recordings/{original.pk}/clean-copy/", query).content.decode()


def recommendation(client: Client, original: AudioFile, copy: AudioFile) -> str:
    page = client.get(f"/recordings/{original.pk}/recommendation/?copy={copy.pk}", headers=HTMX)
    return re.sub(r"<[^>]+>", "", page.content.decode())


def copy_of(original: AudioFile, verdict: str, *found: dict[str, Any], **fields: Any) -> AudioFile:
    return make_checked_recording(verdict, *found, parent=original, origin=Origin.CLEANED, **fields)


@pytest.mark.parametrize(
    ("found", "figures", "expected"),
    [
        ([make_finding("hum", clean_copy_helps=True)], {}, ["dc_and_hum"]),
        ([make_finding("hum", clean_copy_helps=False)], {}, ["level"]),
        ([make_finding("hum")], {}, ["level"]),  # no copy was tried
        ([make_finding("silence")], {}, ["trim"]),
        ([make_finding("too_quiet")], {}, ["level"]),
        ([make_finding("too_loud")], {}, ["level"]),
        ([make_finding("dead_channel")], {}, ["mono"]),
        (
            [make_finding("out_of_phase"), make_finding("hum", clean_copy_helps=True)],
            {},
            ["dc_and_hum", "mono"],
        ),
        ([], {"silence_end_s": 1.4}, ["trim"]),
        ([], {"loudness_lufs": -29.0}, ["level"]),
        ([], {"loudness_lufs": -21.0, "dc_offset": 0.02}, ["dc_and_hum"]),
        ([], {"loudness_lufs": None, "dc_offset": None}, ["level"]),
    ],
)
def test_recommended_steps_are_ticked(
    client: Client,
    user: User,
    found: list[dict[str, Any]],
    figures: dict[str, Any],
    expected: list[str],
) -> None:
    recording = make_checked_recording("usable", *found, figures=figures)

    assert ticked(get_page(client, recording)) == expected


def test_copy_is_made_and_shown_beside_its_original(client: Client, user: User) -> None:
    original = make_checked_recording(
        "usable", make_finding("too_quiet"), content=hum(12), name="anna.wav"
    )

    made = client.post(f"/recordings/{original.pk}/clean-copy/", {"level": "on"})
    copy = AudioFile.objects.get(parent=original)
    html = client.get(made["Location"]).content.decode()

    assert made["Location"] == f"/recordings/{original.pk}/clean-copy/?copy={copy.pk}"
    assert (copy.origin, copy.name, copy.created_by) == ("cleaned", "anna, clean copy.wav", user)
    assert html.count(f'src="/audio/recordings/{original.pk}/"') == 1
    assert html.count(f'src="/audio/recordings/{copy.pk}/"') == 1
    assert html.count(f'href="/new/?recording={copy.pk}"') == 1
    assert html.count(f'href="/new/?recording={original.pk}"') == 1
    assert html.count(f"/recommendation/?copy={copy.pk}") == 1


def test_empty_choice_makes_no_copy(client: Client, user: User) -> None:
    original = make_checked_recording("usable", content=hum(12))

    response = client.post(f"/recordings/{original.pk}/clean-copy/", {})

    assert response.status_code == 422
    assert response.context["form"].has_error("__all__", "nothing")
    assert AudioFile.objects.count() == 1


def test_unreadable_original_shows_an_alert(client: Client, user: User) -> None:
    original = make_checked_recording("usable", content=b"Dear diary, " * 99)

    response = client.post(f"/recordings/{original.pk}/clean-copy/", {"mono": "on"})

    assert response.status_code == 422
    assert response.content.decode().partition("</main>")[0].count('role="alert"') == 1
    assert AudioFile.objects.count() == 1


@pytest.mark.parametrize("facts", [{"held": False}, {"needs_cutting": True}])
def test_recording_without_a_file_cannot_be_cleaned(
    client: Client, user: User, facts: dict[str, Any]
) -> None:
    assert client.get(f"/recordings/{make_recording(**facts).pk}/clean-copy/").status_code == 404


@pytest.mark.parametrize("named", ["0", "x", "9" * 30, "own"])
def test_copy_of_another_recording_is_not_found(client: Client, user: User, named: str) -> None:
    original, other = make_checked_recording("good"), make_checked_recording("good")
    named = str(other.pk) if named == "own" else named

    assert client.get(f"/recordings/{original.pk}/clean-copy/?copy={named}").status_code == 404


def test_newest_copy_is_shown_where_none_is_named(client: Client, user: User) -> None:
    original = make_checked_recording("good")
    _older, newer = copy_of(original, "good"), copy_of(original, "good")

    html = get_page(client, original)

    assert re.findall(r'id="verdict-(\d+)"', html) == [str(original.pk), str(newer.pk)]


# Which is better ---------------------------------------------------------------------------------


def test_copy_with_a_better_verdict_is_recommended(client: Client, user: User) -> None:
    original = make_checked_recording(
        "disappointing", make_finding("hum"), make_finding("noisy", severity=1)
    )
    copy = copy_of(original, "usable", make_finding("noisy", severity=1))

    text = recommendation(client, original, copy)

    assert text.count("Use the clean copy: it&#x27;s better.") == 1
    assert text.count("It is rated “Usable” instead of “Poor”.") == 1
    assert text.count("Fixed: steady hum") == 1


def test_copy_with_fewer_findings_is_recommended(client: Client, user: User) -> None:
    original = make_checked_recording(
        "usable", make_finding("hum", severity=1), make_finding("noisy", severity=1)
    )
    copy = copy_of(original, "usable", make_finding("noisy", severity=1))

    assert (
        recommendation(client, original, copy).count("Both are rated “Usable”, but the copy has")
        == 1
    )


def test_worse_copy_is_not_recommended(client: Client, user: User) -> None:
    original = make_checked_recording("good")
    copy = copy_of(original, "usable", make_finding("too_loud", severity=1))

    assert recommendation(client, original, copy).count("Keep the original: it&#x27;s better.") == 1


def test_equal_copy_is_not_recommended(client: Client, user: User) -> None:
    original = make_checked_recording("good")

    assert (
        recommendation(client, original, copy_of(original, "good")).count("Both are equally good.")
        == 1
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("usable", "good", "copy"),
        ("good", "usable", "original"),
        ("good", "good", ""),
        ("", "good", ""),
    ],
)
def test_main_action_is_to_use_the_better_one(
    client: Client, user: User, before: str, after: str, expected: str
) -> None:
    original = make_checked_recording(before)
    copy = copy_of(original, after)

    html = client.get(f"/recordings/{original.pk}/recommendation/?copy={copy.pk}").content.decode()

    assert re.findall(r'data-for="(\w*)"', html) == [expected]


def test_unchecked_copy_is_not_recommended(client: Client, user: User) -> None:
    original = make_recording(checked_at=timezone.now())

    text = recommendation(client, original, copy_of(original, "good"))

    assert text.count("One of the two hasn&#x27;t been checked.") == 1


def test_recommendation_waits_for_the_verdict(client: Client, user: User) -> None:
    original = make_checked_recording("good")
    copy = make_recording(parent=original, origin=Origin.CLEANED, check_started_at=timezone.now())

    page = client.get(f"/recordings/{original.pk}/recommendation/?copy={copy.pk}", headers=HTMX)

    assert (page.status_code, page.content) == (204, b"")


@pytest.mark.parametrize(
    ("before", "after", "softer", "words"),
    [
        (-26.0, -20.0, "#copy", "The copy is 6.0 dB louder."),
        (-12.5, -20.0, "#original", "The original is 7.5 dB louder."),
    ],
)
def test_louder_recording_is_played_softer(
    client: Client, user: User, before: float, after: float, softer: str, words: str
) -> None:
    original = make_checked_recording("usable", figures={"loudness_lufs": before})
    copy = copy_of(original, "good", figures={"loudness_lufs": after})

    html = get_page(client, original, copy)

    [(place, volume)] = re.findall(r'data-volume-of="(.*?)" data-volume="(.*?)"', html)
    assert place == softer
    assert float(volume) == pytest.approx(10 ** (-abs(before - after) / 20), abs=0.001)
    assert math.isclose(20 * math.log10(float(volume)), -abs(before - after), abs_tol=0.02)
    assert html.count(words) == 1


@pytest.mark.parametrize("figures", [{}, {"loudness_lufs": None}, {"loudness_lufs": -20.1}])
def test_equal_loudness_keeps_the_volume(
    client: Client, user: User, figures: dict[str, Any]
) -> None:
    original = make_checked_recording("usable", figures=figures)
    copy = copy_of(original, "good", figures={"loudness_lufs": -20.0})

    html = get_page(client, original, copy)

    assert "data-volume-of" not in html


def test_missing_file_is_explained(client: Client, user: User) -> None:
    original = make_checked_recording("usable", content=hum(12))
    Path(original.file.path).unlink()

    response = client.post(f"/recordings/{original.pk}/clean-copy/", {"level": "on"})

    assert "Our copy of the recording can&#x27;t be read." in response.content.decode()
    assert AudioFile.objects.count() == 1
