"""The example team of practice mode: made in one step, removed with all that is in its projects."""

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import connection
from pytest_django.fixtures import Settings

from tests.factories import make_attempt, make_project, make_recording, make_user
from voicestudio.models import (
    Action,
    AttemptState,
    AudioFile,
    AuditEntry,
    Charge,
    CloneAttempt,
    Event,
    Membership,
    Note,
    Person,
    Project,
    ProviderFile,
    Role,
    RoleName,
    Speaker,
    Speech,
    Verb,
    Voice,
    VoiceState,
    access_of,
)
from voicestudio.practice.examples import SPEAKERS, example
from voicestudio.practice.server import StandIn
from voicestudio.services import example_team, storage
from voicestudio.services.example_team import PracticeOnly, TeamRefused, remove_team, show_team
from voicestudio.services.money.budgets import get_project_budgets
from voicestudio.services.people import accounts, activation, roles
from voicestudio.services.people.administrators import PersonRefused
from voicestudio.services.people.second_factor import is_missing
from voicestudio.services.permissions import NotAllowed, may
from voicestudio.services.recordings.uploads import ExampleUnavailable
from voicestudio.services.voices.moves import NotMoved, list_targets, move_speaker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

MODELS = (
    AudioFile, Charge, CloneAttempt, Event, Membership, Note, Person, Project, ProviderFile,
    Speaker, Speech, User, Voice,
)  # fmt: skip


def count_rows() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in MODELS}


def list_files(data_dir: Path) -> list[Path]:
    return sorted(path for path in data_dir.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example recordings of the stand-in, spoken once."""
    folder = tmp_path_factory.mktemp("examples")
    for voice in SPEAKERS:
        example(voice, folder)
    return folder


@pytest.fixture
def standin(standin: StandIn, examples: Path) -> StandIn:
    """The stand-in, which has its example recordings already."""
    shutil.copytree(examples, standin.store.folder, dirs_exist_ok=True)
    return standin


@pytest.fixture
def by() -> User:
    """The administrator, in a studio with something of its own."""
    administrator = make_user("boss", is_staff=True)
    make_attempt(by=administrator, speaker_name="Real")
    return administrator


@pytest.fixture
def team(by: User, standin: StandIn) -> dict[str, User]:
    """The example people by their usernames."""
    assert show_team(by=by)
    return {user.username: user for user in User.objects.filter(person__is_example=True)}


def test_team_has_each_role_and_voices_in_several_states(
    team: dict[str, User], standin: StandIn
) -> None:
    game, book = Project.objects.examples().order_by("pk")

    found = {
        name: (
            access_of(user).studio_role,
            {pk: g.role for pk, g in access_of(user).grants.items()},
        )
        for name, user in team.items()
    }
    assert found == {
        "mara": (None, {game.pk: RoleName.MANAGER, book.pk: RoleName.MANAGER}),
        "rosa": (None, {game.pk: RoleName.REVIEWER, book.pk: RoleName.REVIEWER}),
        "vito": (None, {book.pk: RoleName.VIEWER}),
        "aino": (RoleName.AUDITOR, {}),
    }
    examples = CloneAttempt.objects.filter(project__is_example=True)
    assert Counter(attempt.state for attempt in examples) == {
        AttemptState.READY: 4, AttemptState.FLAGGED: 1, AttemptState.FAILED: 1,
        AttemptState.UNKNOWN: 1,
    }  # fmt: skip
    voices = Voice.objects.filter(project__is_example=True)
    assert Counter(voice.state for voice in voices) == {
        VoiceState.KEPT: 2, VoiceState.TEMPORARY: 3, VoiceState.UNKNOWN: 1,
    }  # fmt: skip
    assert voices.expiring_within(24).count() == 1
    assert {note.by for note in Note.objects.all()} == {team["rosa"]}
    requests = AuditEntry.objects.filter(verb=Verb.CLONE_REQUESTED).values_list("person", flat=True)
    assert list(requests) == ["mara"] * 7
    assert standin.store.voices.keys() == {
        voice.voice_id for voice in voices if not voice.uncertain
    }
    for call in (*examples.filter(status="ready"), *Speech.objects.all()):
        assert (storage.exists(call.audio), len(call.audio_peaks) > 50) == (True, True)
        assert call.audio_bytes == default_storage.size(str(call.audio))
    assert all(recording.peaks for recording in AudioFile.objects.filter(origin="example"))


def test_budget_of_one_project_is_nearly_used(team: dict[str, User]) -> None:
    budget = get_project_budgets(Project.objects.all())[0]

    assert (budget.warns, budget.stops) == (True, False)
    assert budget.share is not None
    assert budget.share < Decimal("0.9")


def test_button_pressed_twice_makes_one_team(by: User, team: dict[str, User]) -> None:
    before = count_rows()

    assert not show_team(by=by)
    assert count_rows() == before


@pytest.mark.django_db(transaction=True)
def test_button_pressed_twice_at_once_makes_one_team(by: User, standin: StandIn) -> None:
    def press(_turn: int) -> bool:
        try:
            return show_team(by=User.objects.get(pk=by.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        made = sorted(threads.map(press, range(2)))

    assert made == [False, True]
    assert Project.objects.examples().count() == 2


def test_names_of_real_people_and_projects_are_left_alone(by: User, standin: StandIn) -> None:
    make_user("rosa")
    make_project("emberfall")

    show_team(by=by)

    examples = User.objects.filter(person__is_example=True)
    names = set(examples.values_list("username", flat=True))
    assert names == {"mara", "rosa-2", "vito", "aino"}
    assert Project.objects.filter(name="Emberfall-2", is_example=True).exists()


def test_nothing_is_left_of_a_team_that_failed(
    by: User, standin: StandIn, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, files = count_rows(), list_files(data_dir)

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(default_storage, "_save", fail)
    with pytest.raises(OSError, match="no space"):
        show_team(by=by)
    monkeypatch.undo()
    standin.stop()
    with pytest.raises(ExampleUnavailable):
        show_team(by=by)

    assert (count_rows(), list_files(data_dir)) == (before, files)


def test_removal_leaves_everything_else(by: User, standin: StandIn, data_dir: Path) -> None:
    Person.of(by)
    before, files = count_rows(), list_files(data_dir)

    for _turn in range(2):
        assert show_team(by=by)
        game = Project.objects.examples().order_by("pk")[0]
        lea = User.objects.filter(username="lea").first() or make_user("lea", role=None)
        Membership.objects.create(project=game, person=lea, role=Role.MANAGER)
        made_later = make_attempt(by=lea, project=game)
        parent = make_attempt(by=lea, project=game)
        make_attempt(by=lea, project=game, parent=parent)
        Person.objects.filter(user=by).update(project=game)
        assert made_later.audio
        remove_team(by=by)
        remove_team(by=by)

    after = count_rows()
    assert after.pop("User") == before.pop("User") + 1
    assert after == before
    assert list_files(data_dir) == files
    assert (standin.store.voices, standin.store.files) == ({}, {})
    assert Person.objects.get(user=by).project is None
    ended = AuditEntry.objects.filter(verb=Verb.ROLE_CHANGED, object_id=lea.pk)
    assert [entry.facts["after"] for entry in ended] == ["none", "none"]
    removed = AuditEntry.objects.filter(verb=Verb.TEAM_REMOVED)
    assert [len(entry.facts["attempts"]) for entry in removed.order_by("pk")] == [7, 3, 7, 3]


def test_speaker_who_was_moved_away_stays(by: User, team: dict[str, User]) -> None:
    ada = Speaker.objects.get(name="Ada Finch")
    other = make_attempt(by=by, project=ada.project, speaker_name="Eve")
    attempt = make_attempt(
        by=by, project=ada.project, speaker_name="Ada Finch", parent=other, recording=None
    )
    move_speaker(ada, Project.first(), by=by)

    remove_team(by=by)

    kept = CloneAttempt.objects.filter(speaker=ada)
    assert (kept.count(), kept.get(pk=attempt.pk).parent) == (3, None)
    assert kept.first().audio  # type: ignore[union-attr]
    assert Speech.objects.filter(project=Project.first()).count() == 2
    assert all(storage.exists(speech.audio) for speech in Speech.objects.all())
    left = User.objects.filter(person__is_example=True).values_list("username", "is_active")
    assert sorted(left) == [("mara", False), ("rosa", False)]
    assert not example_team.is_shown()
    assert show_team(by=by)
    remove_team(by=by)
    assert kept.count() == 3


def test_deleted_recording_of_a_moved_speaker_stays_with_it(
    by: User, team: dict[str, User]
) -> None:
    game = Project.objects.examples().order_by("pk")[0]
    shared = make_recording(by=by, project=game)
    for name in ("Eve", "Adam"):
        make_attempt("failed", by=by, project=game, speaker_name=name, recording=shared)
    AudioFile.objects.filter(pk=shared.pk).clear_audio(deleted_at=shared.created_at)
    move_speaker(Speaker.objects.get(name="Eve"), Project.first(), by=by)

    remove_team(by=by)

    assert CloneAttempt.objects.get(speaker_name="Eve").recording.project == Project.first()


def test_real_speaker_is_not_moved_into_an_example_project(by: User, team: dict[str, User]) -> None:
    game, book = Project.objects.examples().order_by("pk")
    real, example = Speaker.objects.get(name="Real"), Speaker.objects.get(name="Ada Finch")

    assert list(list_targets([real.project], by=by)) == []
    assert book in list_targets([example.project], by=by)
    with pytest.raises(NotMoved):
        move_speaker(real, game, by=by)


def test_removal_that_died_halfway_is_finished_by_the_next_one(
    by: User, standin: StandIn, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, files = count_rows(), list_files(data_dir)
    show_team(by=by)
    deleted: list[str] = []

    def die_after_three(name: str) -> None:
        if len(deleted) == 3:
            raise KeyboardInterrupt
        deleted.append(name)
        (Path(default_storage.path(name))).unlink()

    monkeypatch.setattr(default_storage, "delete", die_after_three)
    with pytest.raises(KeyboardInterrupt):
        remove_team(by=by)
    monkeypatch.undo()
    assert example_team.is_shown()
    assert not may(User.objects.get(username="mara"), Action.CLONE)

    remove_team(by=by)

    assert (count_rows(), list_files(data_dir)) == (before, files)


def test_removal_waits_for_a_call_under_way(by: User, team: dict[str, User]) -> None:
    project = Project.objects.examples().order_by("pk")[0]
    make_attempt(AttemptState.WAITING, by=by, project=project)
    before = count_rows()

    with pytest.raises(TeamRefused):
        remove_team(by=by)
    assert count_rows() == before
    assert not Project.objects.get(pk=project.pk).is_archived


def test_removal_needs_another_open_project(by: User, team: dict[str, User]) -> None:
    Project.objects.filter(is_example=False).update(archived_at=Note.objects.all()[0].at)

    with pytest.raises(TeamRefused):
        remove_team(by=by)


def test_files_that_cannot_be_deleted_are_said(
    by: User, team: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_name: str) -> None:
        raise PermissionError

    before = count_rows()
    monkeypatch.setattr(default_storage, "delete", refuse)
    with pytest.raises(TeamRefused):
        remove_team(by=by)
    assert count_rows() == before


def test_nothing_of_it_works_outside_practice_mode(
    by: User, team: dict[str, User], settings: Settings
) -> None:
    mara, game = team["mara"], Project.objects.examples().order_by("pk")[0]
    settings.PRACTICE_MODE = False

    for refused in (show_team, remove_team):
        with pytest.raises(PracticeOnly):
            refused(by=by)
    with pytest.raises(PracticeOnly):
        example_team.start_look(mara, by=by)
    assert example_team.find_person(mara.pk, looker=by) is None
    # Nothing real can be paid for in what may be removed later.
    assert (may(by, Action.CLONE, game.pk), may(by, Action.SEE, game.pk)) == (False, True)
    mara = User.objects.get(pk=mara.pk)
    assert (may(mara, Action.CLONE), game.is_archived) == (False, True)
    assert game not in Project.objects.open()


def test_look_is_for_administrators_at_example_people(by: User, team: dict[str, User]) -> None:
    real, rosa = make_user(), team["rosa"]

    for person, looker in ((real, by), (rosa, real), (rosa, team["mara"]), (rosa, team["aino"])):
        with pytest.raises(NotAllowed):
            example_team.start_look(person, by=looker)
        assert example_team.find_person(person.pk, looker=looker) is None
    User.objects.filter(pk=rosa.pk).update(is_active=False)
    assert example_team.find_person(rosa.pk, looker=by) is None


def test_example_person_gets_no_password_and_no_more_rights(
    by: User, team: dict[str, User], settings: Settings
) -> None:
    mara = team["mara"]

    with pytest.raises(PersonRefused):
        activation.reset(mara, by=by)
    with pytest.raises(PersonRefused):
        accounts.set_address(mara, "mara@example.com", by=by)
    with pytest.raises(PersonRefused):
        roles.set_studio_role(mara, RoleName.ADMINISTRATOR, by=by)
    settings.REQUIRE_SECOND_FACTOR = True
    assert (mara.has_usable_password(), is_missing(mara), is_missing(by)) == (False, False, True)
