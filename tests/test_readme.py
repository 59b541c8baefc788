"""The README agrees with the code: settings, folders, commands, links."""

import re
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands

from voicestudio.settings import KNOWN

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_readme_lists_every_setting_and_no_other() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE)

    assert sorted(documented) == sorted(KNOWN)


def test_readme_gives_the_default_numbers() -> None:
    number = r"^\| `([A-Z_]+)` \| `([0-9]+(?:\.[0-9]+)?)` \|"
    documented = {name: float(value) for name, value in re.findall(number, README, re.MULTILINE)}

    assert documented == {name: float(getattr(settings, name)) for name in documented}


def test_readme_names_rooms_that_exist() -> None:
    rooms = re.findall(r"^\| `([a-z]+)/`(?:, `([a-z]+)/`)? \|", README, re.MULTILINE)
    names = {name for pair in rooms for name in pair if name}

    assert [name for name in names if not _exists(name)] == []


def _exists(room: str) -> bool:
    places = (ROOT / room, ROOT / "voicestudio" / room, ROOT / "voicestudio" / f"{room}.py")
    return any(place.exists() for place in places)


def test_readme_names_commands_and_files_that_exist() -> None:
    commands = set(re.findall(r"manage\.py ([a-z_]+)", README))
    files = set(re.findall(r"\]\((?!http)([^)]+)\)", README))

    assert commands - set(get_commands()) == set()
    assert [name for name in files if not (ROOT / name).exists()] == []
