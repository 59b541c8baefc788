"""A speaker's page: the tree of attempts, the best of them, and a thousand of them."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import (
    make_attempt,
    make_project,
    make_recording,
    make_speaker,
    make_user,
    make_voice,
)
from tests.views.pages import text, undo_of
from voicestudio.models import (
    AttemptState,
    CloneAttempt,
    Event,
    EventKind,
    Membership,
    Role,
    Speaker,
)
from voicestudio.services.voices.moves import move_speaker

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client: Client, data_dir: Path) -> User:
    person = make_user("owner")
    client.force_login(person)
    return person


def page(client: Client, speaker: Speaker, **query: Any) -> str:
    return client.get(reverse("speaker", args=[speaker.pk]), query).content.decode()


def rows(html: str) -> list[tuple[int, int]]:
    """(attempt, depth) of each row of the tree."""
    found = re.findall(r'<li class="attempt" id="attempt-(\d+)" data-depth="(\d+)"', html)
    return [(int(pk), int(depth)) for pk, depth in found]


def tree(owner: User) -> list[CloneAttempt]:
    """An attempt, what was made from it, what was made from that, and one beside them."""
    shared: dict[str, Any] = {
        "by": owner, "speaker_name": "Anna", "recording": make_recording(by=owner)
    }  # fmt: skip
    first = make_attempt(model="speech-2.8-turbo", **shared)
    second = make_attempt(parent=first, noise_reduction=True, **shared)
    third = make_attempt(AttemptState.FAILED, parent=second, **shared)
    return [first, second, third, make_attempt(**shared)]


def test_children_follow_their_parent_newest_tree_first(client: Client, owner: User) -> None:
    first, second, third, alone = tree(owner)
    make_attempt(by=owner, speaker_name="Somebody else")

    html = page(client, first.speaker)

    assert rows(html) == [(alone.pk, 0), (first.pk, 0), (second.pk, 1), (third.pk, 2)]
    assert html.count(f'href="/history/{first.pk}/">since attempt {first.pk}</a>') == 1


def test_row_shows_changes_of_the_request(client: Client, owner: User) -> None:
    first = make_attempt(by=owner, speaker_name="Anna", sent={"model": "speech-2.8-turbo"})
    make_attempt(
        by=owner, speaker_name="Anna", parent=first, recording=first.recording,
        sent={"model": "speech-2.8-hd", "need_noise_reduction": True},
    )  # fmt: skip

    assert page(client, first.speaker).count("Model: 2.8 turbo → 2.8 hd; reduce noise: on") == 1


def test_best_attempt_can_be_pinned_changed_and_unpinned(client: Client, owner: User) -> None:
    first, second, *_others = tree(owner)

    answers = [
        client.post(f"/history/{pk}/pin/", {"page": "3"})["Location"]
        for pk in (first.pk, second.pk)
    ]

    speaker = Speaker.objects.get(name="Anna")
    assert answers[1] == f"/speakers/{speaker.pk}/?page=3#attempt-{second.pk}"
    assert speaker.best_attempt == second
    assert page(client, speaker).count('aria-pressed="true"') == 1
    client.post(f"/history/{second.pk}/pin/")
    assert Speaker.objects.get(name="Anna").best_attempt is None
    assert Event.objects.filter(kind=EventKind.PINNED).count() == 2


@pytest.mark.parametrize("wanted", ["yes", "no"])
def test_pressing_pin_twice_pins_once(client: Client, owner: User, wanted: str) -> None:
    attempt = make_attempt(by=owner)

    for _press in range(2):
        client.post(f"/history/{attempt.pk}/pin/", {"pinned": wanted})

    attempt.speaker.refresh_from_db()
    assert (attempt.speaker.best_attempt == attempt) == (wanted == "yes")


def test_speaker_without_attempts_has_a_page(client: Client, owner: User) -> None:
    voice = make_voice(speaker=make_speaker("Tom", by=owner))

    html = page(client, voice.speaker)

    assert html.count("was imported from MiniMax") == 1
    assert html.count(f'href="/voices/{voice.pk}/">{voice.voice_id}') == 1


def test_name_is_isolated_and_escaped(client: Client, owner: User) -> None:
    attempt = make_attempt(by=owner, speaker_name="<b>محمد</b>")

    assert page(client, attempt.speaker).count("<h1><bdi>&lt;b&gt;محمد&lt;/b&gt;</bdi></h1>") == 1


def test_speaker_has_a_fixed_number_of_queries(client: Client, owner: User) -> None:
    first = make_attempt(AttemptState.FAILED, by=owner, speaker_name="Anna")
    second = make_attempt(AttemptState.FAILED, by=owner, speaker_name="Anna", parent=first)

    def get_list(**query: Any) -> tuple[int, str]:
        with CaptureQueriesContext(connection) as counted:
            html = page(client, first.speaker, **query)
        return len(counted), html

    few, _html = get_list()
    chain = [_copy(second, second.pk + number, second.pk + number - 1) for number in range(1, 500)]
    alone = [_copy(second, second.pk + 499 + number, None) for number in range(1, 500)]
    CloneAttempt.objects.bulk_create(chain + alone)

    newest = get_list()
    # One fewer: nothing on this page has changed since a parent.
    assert (newest[0], len(rows(newest[1]))) == (few - 1, 25)
    assert rows(newest[1])[0] == (alone[-1].pk, 0)
    last = get_list(page=999)
    assert (last[0], len(rows(last[1]))) == (few, 25)
    assert rows(last[1])[-1] == (chain[-1].pk, 500)
    assert last[1].count("Page 40 of 40") == 1
    assert last[1].count('rel="next"') == 0


@pytest.mark.parametrize("number", ["0", "-1", "abc", "٣", "9" * 30, "\0"])
def test_invalid_page_number_is_ignored(client: Client, owner: User, number: str) -> None:
    attempt = make_attempt(by=owner)

    assert rows(page(client, attempt.speaker, page=number)) == [(attempt.pk, 0)]


def test_running_tree_row_polls_and_keeps_its_depth(client: Client, owner: User) -> None:
    first = make_attempt(AttemptState.FAILED, by=owner, speaker_name="Anna")
    second = make_attempt(AttemptState.CLONING, by=owner, speaker_name="Anna", parent=first)

    asks = re.findall(
        r'hx-get="(/history/[^"]+)" hx-select-oob="unset"', page(client, first.speaker)
    )
    row = client.get(asks[0]).content.decode()

    assert asks == [f"/history/{second.pk}/tree-row/?level=2"]
    assert rows(row) == [(second.pk, 1)]


def _copy(attempt: CloneAttempt, pk: int, parent: int | None) -> CloneAttempt:
    """The same as a further row."""
    values = {
        field.attname: getattr(attempt, field.attname) for field in attempt._meta.concrete_fields
    }
    return CloneAttempt(**(values | {"id": pk, "token": uuid4(), "parent_id": parent}))


def test_speaker_with_a_known_name_is_merged_after_a_question(client: Client, owner: User) -> None:
    target = make_attempt(by=owner, speaker_name="Anna Larsen").speaker
    source = make_attempt(by=owner, speaker_name="A. Larsen").speaker

    asked = client.post(reverse("rename_speaker", args=[source.pk]), {"name": "anna larsen"})
    merged = client.post(reverse("merge_speaker", args=[source.pk]), {"into": target.pk})

    assert (asked.status_code, asked.content.count(b'name="into"')) == (422, 1)
    assert asked.content.count(b'name="is_other"') == 1
    assert merged["Location"] == reverse("speaker", args=[target.pk])
    assert list(Speaker.objects.all()) == [target]


def test_forms_of_a_speaker_are_folded_until_they_ask(client: Client, data_dir: Path) -> None:
    client.force_login(make_user("root", is_staff=True))
    make_attempt(speaker_name="Anna Larsen")
    speaker = make_attempt(speaker_name="A. Larsen").speaker
    rename, move = (reverse(f"{verb}_speaker", args=[speaker.pk]) for verb in ("rename", "move"))
    make_attempt(AttemptState.WAITING, speaker_name="A. Larsen", voice_id="Anna-0009")
    refused = client.post(move, {"project": make_project().pk})

    pages = [
        page(client, speaker),
        client.post(rename, {"name": "anna larsen"}).content.decode(),
        refused.content.decode(),
    ]

    folds = [re.findall(r'<details class="card fold" (open)?>', html) for html in pages]
    assert folds == [[""], ["open"], ["open"]]


def test_speaker_is_cloned_again_and_says_how_long_voices_stay(client: Client, owner: User) -> None:
    first = make_attempt(by=owner, speaker_name="Anna")
    make_attempt(by=owner, speaker_name="Anna")
    newest = make_attempt(by=owner, speaker_name="Anna", parent=first)  # below the first one

    html = page(client, first.speaker)

    assert re.findall(rf'href="{reverse("new")}\?from=(\d+)"', html) == [str(newest.pk)]
    assert html.count("6 days 23 hours left") == 3


def test_speaker_without_a_pinned_attempt_shows_no_best(client: Client, owner: User) -> None:
    attempt = make_attempt(by=owner)
    best = '<section class="card" id="best" aria-labelledby="best-title" {}>'

    before = page(client, attempt.speaker)
    client.post(reverse("pin_attempt", args=[attempt.pk]))
    after = page(client, attempt.speaker)

    assert (before.count(best.format("hidden")), after.count(best.format(""))) == (1, 1)


def test_speaker_is_renamed(client: Client, owner: User) -> None:
    speaker = make_attempt(by=owner).speaker

    client.post(reverse("rename_speaker", args=[speaker.pk]), {"name": "Anna Larsen"})

    assert "<bdi>Anna Larsen</bdi>" in page(client, speaker)


def test_two_speakers_may_have_one_name_on_purpose(client: Client, owner: User) -> None:
    make_speaker("Anna Larsen")
    second = make_voice(speaker=make_speaker("Bea"), voice_id="Second-01").speaker

    form = {"name": "Anna Larsen", "is_other": "yes"}
    client.post(reverse("rename_speaker", args=[second.pk]), form)

    second.refresh_from_db()
    assert (second.name, Speaker.objects.count()) == ("Anna Larsen", 2)
    assert page(client, second).count("Bea → Anna Larsen") == 1


def test_options_hold_known_speakers_and_a_new_one(client: Client, owner: User) -> None:
    first, second = make_speaker("Müller Łucja"), make_speaker("Müller Łucja")
    make_speaker("Omar")

    html = client.get(reverse("speaker_options"), {"name": "muller"}).content.decode()

    assert re.findall(r'data-choice="([^"]+)"', html) == [
        f"{second.pk} Müller Łucja", f"{first.pk} Müller Łucja", "new muller",
    ]  # fmt: skip


def test_voices_of_one_of_two_speakers_of_a_name_are_listed(client: Client, owner: User) -> None:
    first, second = (make_voice(speaker=make_speaker("Anna")) for _number in range(2))

    response = client.get("/voices/", {"speaker": str(first.speaker_id), "q": "anna"})

    assert (first.voice_id in response.content.decode()) is True
    assert (second.voice_id in response.content.decode()) is False


def test_speaker_is_moved_at_once_and_moved_back(client: Client, data_dir: Path) -> None:
    client.force_login(make_user("root", is_staff=True))
    speaker = make_attempt(speaker_name="Anna").speaker
    source, target = speaker.project, make_project("Audiobook")
    url = reverse("move_speaker", args=[speaker.pk])

    moved = client.post(url, {"project": target.pk}, follow=True).content.decode()
    speaker.refresh_from_db()
    assert (moved.count("Anna belongs to Audiobook now."), speaker.project) == (1, target)
    undo = undo_of(moved)
    back = client.post(*undo, follow=True).content.decode()

    speaker.refresh_from_db()
    assert (back.count("Anna belongs to Studio now."), speaker.project) == (1, source)
    again = client.post(*undo, follow=True).content.decode()
    speaker.refresh_from_db()
    assert (again.count("Anna belongs"), speaker.project) == (0, source)
    client.post(*undo_of(back))
    speaker.refresh_from_db()
    assert speaker.project == target


def test_undo_takes_back_only_the_newest_move(client: Client, data_dir: Path) -> None:
    client.force_login(make_user("root", is_staff=True))
    speaker = make_attempt(speaker_name="Anna").speaker
    first, second = make_project("First"), make_project("Second")
    url = reverse("move_speaker", args=[speaker.pk])
    older, newer = [
        undo_of(client.post(url, {"project": each.pk}, follow=True).content.decode())
        for each in (first, second)
    ]

    old, new = [client.post(*undo, follow=True).content.decode() for undo in (older, newer)]

    speaker.refresh_from_db()
    assert (old.count("This move can&#x27;t be undone"), speaker.project) == (1, first)
    assert new.count("Anna belongs to First now.") == 1


def test_undo_of_a_move_is_refused_on_a_page_that_the_person_sees(
    client: Client, data_dir: Path
) -> None:
    root = make_user("root", is_staff=True)
    client.force_login(root)
    speaker, target = make_attempt(speaker_name="Anna").speaker, make_project("Audiobook")
    url = reverse("move_speaker", args=[speaker.pk])
    undo = undo_of(client.post(url, {"project": target.pk}, follow=True).content.decode())
    root.is_staff = False
    root.save()

    pages = [client.post(*undo, follow=True)]
    Membership.objects.create(project=target, person=root, role=Role.MANAGER)
    pages.append(client.post(*undo, follow=True))

    assert [page.redirect_chain[-1] for page in pages] == [
        ("/history/", 302), (f"/speakers/{speaker.pk}/", 302),
    ]  # fmt: skip
    found = [page.content.decode().count("This can&#x27;t be undone any more.") for page in pages]
    assert found == [1, 1]


def test_move_that_is_pressed_twice_is_made_once(client: Client, data_dir: Path) -> None:
    client.force_login(make_user("root", is_staff=True))
    speaker, target = make_attempt().speaker, make_project("Audiobook")
    url = reverse("move_speaker", args=[speaker.pk])

    answers = [client.post(url, {"project": target.pk}) for _ in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {f"/speakers/{speaker.pk}/"}


def test_move_out_of_the_examples_offers_no_way_back(client: Client, data_dir: Path) -> None:
    """No list of targets has it."""
    client.force_login(make_user("root", is_staff=True))
    examples, target = make_project("Examples", is_example=True), make_project("Audiobook")
    speaker = make_attempt(project=examples, speaker_name="Anna").speaker
    url = reverse("move_speaker", args=[speaker.pk])

    before = text(client.get(f"/speakers/{speaker.pk}/"))
    html = text(client.post(url, {"project": target.pk}, follow=True))

    said = "A move from an example project to another kind of project can't be undone."
    assert (said in before, said in html) == (True, False)
    assert ("Anna belongs to Audiobook now." in html, "Undo" in html) == (True, False)


def test_move_is_on_the_timelines_with_the_projects_that_the_reader_sees(
    client: Client, data_dir: Path
) -> None:
    secret, target = make_project("Secret"), make_project("Audiobook")
    attempt = make_attempt(project=secret, speaker_name="Anna")
    move_speaker(attempt.speaker, target, by=make_user("root", is_staff=True))
    member = make_user(project=target)
    Membership.objects.create(project=make_project(), person=member, role=Role.MANAGER)
    paths = (f"/speakers/{attempt.speaker_id}/", f"/voices/{attempt.cloned_voice_id}/")

    seen = {}
    for person in (User.objects.get(username="root"), member):
        client.force_login(person)
        pages = [client.get(path).content.decode() for path in paths]
        seen[person] = (
            {html.count("from Secret to Audiobook") for html in pages},
            {html.count("from another project to Audiobook") for html in pages},
        )

    assert list(seen.values()) == [({1}, {0}), ({0}, {1})]


def test_move_that_is_refused_says_what_to_do(client: Client, data_dir: Path) -> None:
    client.force_login(make_user("root", is_staff=True))
    speaker = make_attempt(AttemptState.WAITING).speaker

    answer = client.post(reverse("move_speaker", args=[speaker.pk]), {"project": make_project().pk})

    assert answer.status_code == 422
    assert answer.content.decode().count("A paid call of this speaker is under way.") == 1


@pytest.mark.parametrize("project", ["", "0"])
def test_move_starts_without_a_project_and_asks_for_one(
    project: str, client: Client, data_dir: Path
) -> None:
    client.force_login(make_user("root", is_staff=True))
    speaker = make_speaker("Anna")
    make_project("Audiobook")

    first = page(client, speaker)
    answer = client.post(reverse("move_speaker", args=[speaker.pk]), {"project": project})

    assert first.index('<option value="">Choose a project') < first.index("Audiobook</option>")
    assert answer.status_code == 422
    assert answer.content.decode().count("Nothing was moved: no project was chosen.") == 1


def test_move_is_offered_to_administrators_with_another_project(
    client: Client, owner: User
) -> None:
    speaker, root = make_speaker(by=owner), make_user("root", is_staff=True)

    def is_offered(person: User) -> bool:
        client.force_login(person)
        return "Move to" in page(client, speaker)

    alone = is_offered(root)
    make_project()
    assert (alone, is_offered(root), is_offered(owner)) == (False, True, False)
