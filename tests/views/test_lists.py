"""Voices and recordings: what stands in the lists, at a fixed number of queries."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_attempt, make_recording, make_speaker, make_voice
from tests.views import message_levels
from tests.views.pages import text
from voicestudio.models import AttemptState, AudioFile, Project, Purpose, Tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def voice_ids(response: Any) -> list[str]:
    return re.findall(r'<span class="id soft" id="voice-id-\d+">([^<]+)</span>', text(response))


def recording_ids(response: Any) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="recording-(\d+)"', text(response))]


@pytest.mark.parametrize(
    ("path", "headline"), [("/voices/", "No voices yet"), ("/recordings/", "No recordings yet")]
)
def test_empty_list_explains_itself(browser: Client, path: str, headline: str) -> None:
    page = text(browser.get(path))

    assert page.count(headline) == 1
    assert page.count('<div class="empty">') == 1


def test_voice_shows_its_preview(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner, speaker_name="Anna Larsen", voice_id="AnnaLarsen-7k2p")

    page = browser.get("/voices/")

    assert voice_ids(page) == ["AnnaLarsen-7k2p"]
    assert text(page).count(f'src="/audio/previews/{attempt.pk}/"') == 1


def test_voice_without_an_attempt_is_shown_too(browser: Client) -> None:
    make_voice("Imported-01")

    assert voice_ids(browser.get("/voices/")) == ["Imported-01"]


@pytest.mark.parametrize("words", ["larsen", "LARSEN-7K"])
def test_voices_are_found_by_speaker_and_id(browser: Client, words: str) -> None:
    make_voice("AnnaLarsen-7k2p", speaker=make_speaker("Anna Larsen"))
    make_voice("Other-001")

    assert voice_ids(browser.get("/voices/", {"q": words})) == ["AnnaLarsen-7k2p"]


def test_voices_are_paged(browser: Client) -> None:
    made = [make_voice() for _ in range(27)][::-1]

    first = browser.get("/voices/")
    second = browser.get("/voices/", {"after": first.context["page"].after})
    back = browser.get("/voices/", {"before": second.context["page"].before})

    assert voice_ids(first) == [voice.voice_id for voice in made[:25]]
    assert voice_ids(second) == [voice.voice_id for voice in made[25:]]
    assert voice_ids(back) == voice_ids(first)


@pytest.mark.parametrize("cursor", ["abc", "1" + "0" * 30, "\0", "-5"])
@pytest.mark.parametrize("path", ["/voices/", "/recordings/"])
def test_invalid_cursor_is_ignored(browser: Client, path: str, cursor: str) -> None:
    for name in ("before", "after"):
        assert browser.get(path, {name: cursor}).status_code == 200


@pytest.mark.parametrize("rows", [1, 30])
def test_voices_need_a_fixed_number_of_queries(
    browser: Client, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        make_attempt(AttemptState.READY)
        make_voice()

    # Session, user, access, what died, the page's voices, their costs and tags.
    with django_assert_num_queries(6):
        browser.get("/voices/")


# Of each list: session, user and projects, of which an administrator needs no roles. Of voices also
# what died, the page's voices, their costs and tags. Of recordings also those of the page, their
# uses and those attempts.
@pytest.mark.parametrize(("path", "queries"), [("/voices/", 6), ("/recordings/", 6)])
def test_lists_of_several_projects_need_a_fixed_number_of_queries(
    browser: Client,
    owner: User,
    path: str,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    for name in ("Harbour", "Meadow"):
        Project.objects.create(name=name)
    make_attempt(AttemptState.READY)

    with django_assert_num_queries(queries):
        page = text(browser.get(path))

    assert page.count("Harbour") >= 1


@pytest.mark.parametrize("path", ["/history/", "/voices/", "/recordings/"])
def test_frame_of_a_list_is_drawn_once(browser: Client, path: str) -> None:
    make_attempt(AttemptState.READY)
    browser.get(path)

    drawn = {template.name for template in browser.get(path).templates}

    assert drawn.isdisjoint(
        {
            "_columns.html", "_filter_bar.html", "_footer.html", "_menu.html", "_page_files.html",
            "_pages.html", "_practice.html", "_views.html", "django/forms/widgets/input.html",
            "projects/_switcher.html",
        }
    )  # fmt: skip


def test_list_shows_the_new_name_of_a_project(browser: Client, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    project = Project.objects.create(name="Harbour")
    assert text(browser.get("/voices/")).count("<bdi>Harbour</bdi>") == 1

    Project.objects.filter(pk=project.pk).update(name="Meadow")
    page = text(browser.get("/voices/"))

    assert (page.count("<bdi>Harbour</bdi>"), page.count("<bdi>Meadow</bdi>")) == (0, 1)


def test_recordings_show_their_attempts(browser: Client, owner: User) -> None:
    recording = make_recording(by=owner)
    clip = make_recording(by=owner, purpose=Purpose.PROMPT)
    names = ["First", "Second", "Third"]
    made = [
        make_attempt(AttemptState.FAILED, by=owner, speaker_name=name, recording=recording)
        for name in names
    ]
    prompted = make_attempt(
        AttemptState.FAILED, by=owner, speaker_name="Fourth", recording=make_recording(by=owner),
        prompt_clip=clip, prompt_text="Hello.",
    )  # fmt: skip

    page = text(browser.get("/recordings/"))

    links = re.findall(r'<a href="/history/(\d+)/"><bdi>(\w+)</bdi></a>', page)
    assert links == [
        (str(prompted.pk), "Fourth"),
        (str(prompted.pk), "Fourth"),
        (str(made[2].pk), "Third"),
        (str(made[1].pk), "Second"),
    ]
    assert page.count("and others") == 1


def test_recording_in_use_cannot_be_deleted(browser: Client, owner: User) -> None:
    attempt = make_attempt(by=owner, speaker_name="Anna Larsen")

    response = browser.post(f"/recordings/{attempt.recording_id}/delete/")

    assert response.status_code == 422
    assert text(response).count("is still in use.") == 1
    assert text(response).count(f"<bdi>Anna Larsen</bdi> · {attempt.voice_id}</a>") == 1
    assert AudioFile.objects.filter(pk=attempt.recording_id).count() == 1


def test_unused_recording_can_be_deleted(browser: Client, owner: User) -> None:
    recording = make_recording(by=owner, name="old.mp3", uploaded=False)
    offered = text(browser.get(f"/recordings/{recording.pk}/"))

    response = browser.post(f"/recordings/{recording.pk}/delete/", follow=True)

    assert offered.count('aria-label="Delete old.mp3"') == 1
    assert message_levels(response) == ["success"]
    assert AudioFile.objects.count() == 0


def test_recording_that_only_minimax_has_shows_its_file_id(browser: Client, owner: User) -> None:
    make_recording(by=owner, file_id=2**62 + 1, held=False)

    assert text(browser.get("/recordings/")).count(f">{2**62 + 1}</span>") == 1


@pytest.mark.parametrize("rows", [1, 30])
def test_recordings_need_a_fixed_number_of_queries(
    browser: Client, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        make_attempt(AttemptState.FAILED)
        make_recording()

    # session, user, access, recordings, their uses, those attempts
    with django_assert_num_queries(6):
        browser.get("/recordings/")


@pytest.mark.parametrize("tag", ["Żółć", "zolc"])
def test_voices_are_filtered_by_a_tag_in_any_spelling(browser: Client, tag: str) -> None:
    make_voice("Tagged-01").tags.add(Tag.objects.create(name="Żółć"))
    make_voice("Other-001")

    assert voice_ids(browser.get("/voices/", {"tag": tag})) == ["Tagged-01"]
