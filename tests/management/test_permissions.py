"""Every command as every role: what it answers, by the one table.

A new command or subcommand without a line here fails the test.
"""

from argparse import _SubParsersAction
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from tests.factories import MP3, make_project, make_user
from tests.services.conftest import make_provider_voice, wav
from voicestudio.management import script_output
from voicestudio.models import (
    Action,
    AudioFile,
    CloneAttempt,
    Invitation,
    Person,
    Project,
    Role,
    Speech,
    Voice,
)
from voicestudio.models.permissions import ALLOWED
from voicestudio.practice.server import StandIn
from voicestudio.words.permissions import message_for_action

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

PROJECT: Final = ("--project", "Here")


class House(NamedTuple):
    """A project with a voice and a speech, people of every role, and a folder with a recording."""

    project: Project
    voice: Voice
    speech: Speech
    people: dict[str, User]
    folder: Path

    @property
    def sample(self) -> str:
        """A recording to clone."""
        return str(self.folder / "zoe.wav")

    @property
    def out(self) -> str:
        """Where audio is saved."""
        return str(self.folder / "out.mp3")


@pytest.fixture
def house(standin: StandIn, tmp_path: Path) -> House:
    project, other = make_project("Here"), make_project("There")
    people = {
        "manager": make_user("manager", project=project),
        "reviewer": make_user("reviewer", project=project, role=Role.REVIEWER),
        "viewer": make_user("viewer", project=project, role=Role.VIEWER),
        "administrator": make_user("administrator", is_staff=True),
        "auditor": make_user("auditor", role=None),
        "stranger": make_user("stranger", project=other),
        "gone": make_user("gone", project=project, is_active=False),
    }
    Person.objects.create(user=people["auditor"], is_auditor=True)
    voice = make_provider_voice(standin, by=people["manager"], project=project)
    speech = Speech.objects.create(
        project=project, voice=voice, token=uuid4(), provider="practice", status="ready",
        created_by=people["manager"], text="Hello.", model="speech-2.8-hd",
        sent={}, sent_at=timezone.now(),
        audio=ContentFile(MP3, "hello.mp3"), audio_bytes=len(MP3),
    )  # fmt: skip
    (tmp_path / "zoe.wav").write_bytes(wav(11, rate=8_000))
    return House(project, voice, speech, people, tmp_path)


type Arguments = Callable[[House], tuple[str, ...]]
# What each command in a project asks for, and its arguments besides `--project` and `--as`.
IN_PROJECT: Final[dict[str, tuple[Action, Arguments]]] = {
    "clone_voice": (
        Action.CLONE, lambda h: (h.sample, "--speaker", "Zoe", "--i-have-permission")),
    "delete_voice": (Action.DELETE, lambda h: (h.voice.voice_id,)),
    "keep_voice": (Action.KEEP, lambda h: (h.voice.voice_id,)),
    "speak": (Action.SPEAK, lambda h: (h.voice.voice_id, "Hello.", "--out", h.out)),
    "speak --again": (Action.DOWNLOAD, lambda h: ("--again", str(h.speech.pk), "--out", h.out)),
    "voices": (Action.SEE, lambda _h: ()),
}  # fmt: skip
# The same for commands about the whole studio, which take `--as` alone.
IN_STUDIO: Final[dict[str, tuple[Action, Arguments]]] = {
    "person deactivate": (Action.MANAGE_PEOPLE, lambda _h: ("viewer",)),
    "person invite": (
        Action.MANAGE_PEOPLE,
        lambda _h: (
            "zoe@example.com", "--url", "https://example.com",
            "--project", "Here", "--role", "viewer")),
    "person list": (Action.MANAGE_PEOPLE, lambda _h: ()),
    "person reactivate": (Action.MANAGE_PEOPLE, lambda _h: ("gone",)),
    "person role": (
        Action.MANAGE_PEOPLE, lambda _h: ("viewer", "--project", "Here", "none", "--auditor")),
    "project archive": (Action.MANAGE_PROJECTS, lambda _h: ("Here",)),
    "project change": (Action.MANAGE_PROJECTS, lambda _h: ("Here", "--client", "Tove")),
    "project create": (Action.MANAGE_PROJECTS, lambda _h: ("New",)),
    "project list": (Action.SEE, lambda _h: ()),
    "project reopen": (Action.MANAGE_PROJECTS, lambda _h: ("Here",)),
    "retention": (Action.MANAGE_RETENTION, lambda _h: ()),
}  # fmt: skip
# For the operator of the machine, who may read and write the data folder anyway.
NO_PERSON: Final = {
    "backup": "reads the whole data folder, whose reader may do so anyway",
    "catalogues": "writes files of the source code",
    "check_files": "compares the whole data folder, whose orphans belong to no project",
    "check_recording": "reads a file of the caller, nothing of the studio",
    "end_sign_in_pauses": "helps where no administrator can sign in",
    "move_in": "fills an empty studio, in which nobody has a role yet",
    "practice": "runs the stand-in",
    "remind": "sends the daily mail to everyone it is for",
    "restore": "fills an empty studio, in which nobody has a role yet",
    "run_web": "runs a part of the studio",
    "run_worker": "runs a part of the studio",
    "studio": "runs the studio",
    "verify_backup": "reads a backup of the caller, nothing of the studio",
    "verify_audit": "runs with each backup and prints no entry",
}
ASKS: Final = IN_PROJECT | IN_STUDIO


def list_parsers() -> dict[str, CommandParser]:
    """The parser of each command, or of each of its subcommands, by its name."""
    found: dict[str, CommandParser] = {}
    names = [name for name, app in get_commands().items() if app == "voicestudio"]
    for name in names:
        parser = load_command_class("voicestudio", name).create_parser("manage.py", name)
        groups = [each for each in parser._actions if isinstance(each, _SubParsersAction)]
        for group in groups:
            found |= {f"{name} {each}": choice for each, choice in group.choices.items()}
        if not groups:
            found[name] = parser
    return found


def list_options(parser: CommandParser) -> set[str]:
    """The options that choose a requester and a project."""
    options = {option for action in parser._actions for option in action.option_strings}
    return options & {"--as", "--project"}


def test_every_command_has_its_line() -> None:
    parsers = list_parsers()
    in_project = {name.partition(" --")[0] for name in IN_PROJECT}

    assert parsers.keys() == in_project | IN_STUDIO.keys() | NO_PERSON.keys()
    assert all(list_options(parsers[name]) == {"--as", "--project"} for name in in_project)
    assert {name for name, parser in parsers.items() if "--as" in list_options(parser)} == (
        in_project | IN_STUDIO.keys()
    )


class Undone(Exception):  # noqa: N818
    """Ends a transaction whose changes are not wanted."""


def answer(name: str, house: House, username: str) -> str:
    """Why the command refused this requester; "" if it didn't."""
    arguments = [*name.partition(" --")[0].split(), *ASKS[name][1](house)]
    options = PROJECT if name in IN_PROJECT else ()
    try:
        with transaction.atomic():
            call_command(*arguments, *options, "--as", username)
            raise Undone
    except CommandError as error:
        return str(error)
    except SystemExit as end:
        # A clone without `--wait` is left to the worker.
        return "" if end.code == script_output.EXIT_RUNNING else f"exit code {end.code}"
    except Undone:
        return ""


def expected_answer(name: str, role: str) -> str:
    """What the table says."""
    action = ASKS[name][0]
    if role == "gone":
        return "There is no active user called gone."
    if role == "stranger" and name in IN_PROJECT:
        return "There is no project called Here."
    in_its_project = "manager" if role == "stranger" else role
    return "" if in_its_project in ALLOWED[action] else str(message_for_action(action))


@pytest.mark.parametrize("name", sorted(ASKS))
def test_command_answers_by_the_table(name: str, house: House, standin: StandIn) -> None:
    refused = [role for role in house.people if expected_answer(name, role)]
    allowed = [role for role in house.people if role not in refused]
    stored = (AudioFile.objects.count(), CloneAttempt.objects.count(), Speech.objects.count())

    answers = {role: answer(name, house, role) for role in refused}

    # Before anyone who may do it: a refusal has changed nothing and called nothing.
    assert (standin.calls, Invitation.objects.count()) == ([], 0)
    assert stored == (
        AudioFile.objects.count(), CloneAttempt.objects.count(), Speech.objects.count(),
    )  # fmt: skip
    assert not Path(house.out).exists()
    answers |= {role: answer(name, house, role) for role in allowed}
    assert answers == {role: expected_answer(name, role) for role in house.people}


@pytest.mark.parametrize("name", ["clone_voice", "delete_voice", "keep_voice", "speak"])
def test_archived_project_is_read_only(name: str, house: House, standin: StandIn) -> None:
    call_command("project", "archive", "Here", "--as", "administrator")

    answers = {role: answer(name, house, role) for role in ("manager", "administrator")}

    sentence = "This project is archived, so nothing in it can be changed. Ask an administrator."
    assert answers == dict.fromkeys(answers, sentence)
    assert standin.calls == []
    assert [answer(each, house, "manager") for each in ("voices", "speak --again")] == ["", ""]


@pytest.mark.parametrize("name", ["delete_voice", "keep_voice", "speak", "speak --again"])
def test_voice_of_another_project_is_not_found(name: str, house: House, standin: StandIn) -> None:
    command = name.partition(" --")[0]
    arguments = (command, *ASKS[name][1](house), "--project", "There", "--as", "administrator")

    with pytest.raises(CommandError) as refused:
        call_command(*arguments)

    missing = f"speech {house.speech.pk}" if "--again" in name else f"voice called {house.voice}"
    assert (str(refused.value), standin.calls) == (f"There is no {missing}.", [])
