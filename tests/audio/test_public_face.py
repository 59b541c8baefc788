"""Audio: the rest of the project imports only the public names of the room."""

from tests.test_house import HOUSE, imports_of

PUBLIC = {"voicestudio.audio", "voicestudio.audio.isolated"}


def test_other_rooms_import_only_public_names() -> None:
    imports = {
        (str(path.relative_to(HOUSE)), name)
        for path in HOUSE.rglob("*.py")
        for _, name in imports_of(path)
        if name.startswith("voicestudio.audio") and not path.is_relative_to(HOUSE / "audio")
    }

    assert {name for _, name in imports} <= PUBLIC, imports
