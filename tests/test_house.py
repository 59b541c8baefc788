"""The house itself: imports run downwards only, from floor to floor."""

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "voicestudio"
FLOORS = {
    "urls": 4,
    "wsgi": 4,
    "apps": 4,
    "views": 3,
    "management": 3,
    "admin": 3,
    "services": 2,
    "forms": 2,
    "templatetags": 3,
    "models": 1,
    "minimax": 1,
    "audio": 1,
    "words": 1,
}
# Rooms beside the stairs: they know nobody of the house.
ALONE = {"settings", "bundles", "practice", "processes", "__init__", "minimax", "audio", "words"}
# Some are only started, by commands; and settings are read through django.conf.
OPEN_TO = {
    "settings": set[str](),
    "practice": {"management"},
    "processes": {"management"},
    "bundles": set[str](),
}


def room_of(module: str) -> str:
    """`voicestudio.services.attempts` is in the room `services`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports_of(path: Path) -> list[tuple[int, str]]:
    """Every module of the house that this file imports, anywhere in it: (line, dotted name)."""
    package = ["voicestudio", *path.relative_to(HOUSE).parent.parts]
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            if base == "voicestudio":  # `from voicestudio import words`
                found += [(node.lineno, f"voicestudio.{alias.name}") for alias in node.names]
            else:
                found.append((node.lineno, base))
    return [(line, name) for line, name in found if name.split(".")[0] == "voicestudio"]


def edge_allowed(here: str, there: str) -> bool:
    """May room `here` import from room `there`?"""
    if here == there or there == "__init__":
        return True
    if here in ALONE:
        return False
    if there in OPEN_TO:
        return here in OPEN_TO[there]
    return FLOORS[here] > FLOORS[there]


def wrong_edges(root: Path) -> list[str]:
    """Each import that does not run downwards."""
    wrong = []
    for path in sorted(root.rglob("*.py")):
        here = path.relative_to(root).parts[0].removesuffix(".py")
        if here == "migrations":
            continue  # Django writes them; they import the app's models by name
        for line, name in imports_of(path):
            there = "__init__" if name == "voicestudio.__version__" else room_of(name)
            if not edge_allowed(here, there):
                wrong.append(f"{path.relative_to(root.parent)}:{line} imports {name}")
    return wrong


def test_imports_run_downwards_only() -> None:
    assert wrong_edges(HOUSE) == []


def test_every_room_has_a_floor() -> None:
    rooms = {
        path.name.removesuffix(".py")
        for path in HOUSE.iterdir()
        if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))
    }
    assert rooms - set(FLOORS) - ALONE - {"migrations"} == set()


@pytest.mark.parametrize(
    ("here", "there", "allowed"),
    [
        ("views", "services", True),
        ("views", "models", True),
        ("services", "models", True),
        ("services", "views", False),
        ("services", "forms", False),
        ("models", "services", False),
        ("models", "minimax", False),
        ("minimax", "models", False),
        ("practice", "minimax", False),
        ("services", "settings", False),
        ("management", "practice", True),
        ("views", "practice", False),
        ("urls", "views", True),
    ],
)
def test_edge_between_rooms_follows_the_floors(here: str, there: str, allowed: bool) -> None:
    assert edge_allowed(here, there) is allowed


def test_relative_import_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = tmp_path / "voicestudio"
    (house / "models").mkdir(parents=True)
    (house / "models" / "voices.py").write_text("def f():\n    from ..services import attempts\n")
    monkeypatch.setattr("tests.test_house.HOUSE", house)

    found = wrong_edges(house)

    assert found == ["voicestudio/models/voices.py:2 imports voicestudio.services"]


def test_no_room_is_a_box_for_helpers() -> None:
    boxes = {"utils", "helpers", "core", "common", "constants", "mixins"}
    names = {path.stem for path in HOUSE.rglob("*.py")} | {
        path.name for path in HOUSE.rglob("*") if path.is_dir()
    }
    assert names & boxes == set()
