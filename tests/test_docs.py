"""The documents agree with the code: settings, folders, commands, links."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from voicestudio.audio.doctor.thresholds import TABLE, Threshold
from voicestudio.audio.results import FINDING_CODES
from voicestudio.settings import KNOWN
from voicestudio.settings.environment import SECRETS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
RECORDING_CHECK = (ROOT / "docs" / "recording-check.md").read_text()
README_MAX_LINES = 120
DECISION_MAX_LINES = 40


def name_of(page: Path) -> str:
    """The path of a page from the root, for the name of a test."""
    return str(page.relative_to(ROOT))


def heading_anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """The relative links of a page that lead to no file, or to no heading of it."""
    broken = []
    for link in re.findall(r"\]\((?!https?://)([^)]+)\)", page.read_text()):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in heading_anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_lead_to_files_and_headings(page: Path) -> None:
    assert broken_links(page) == []


def test_every_drawing_is_shown_on_a_page() -> None:
    """Screenshots have tests of their own, in `test_pictures.py`."""
    shown = {
        (page.parent / path).resolve()
        for page in PAGES
        for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page.read_text())
    }

    assert {*(ROOT / "docs").rglob("*.svg")} - shown == set()


def test_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Set-up\n[a](page.md#set-up) [b](#set-up) [c](none.md) [d](#none)\n")

    assert broken_links(page) == ["none.md", "#none"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_on_a_page_exist(page: Path) -> None:
    commands = set(re.findall(r"manage\.py ([a-z_]+)", page.read_text()))

    assert commands - set(get_commands()) == set()


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= README_MAX_LINES


def test_decisions_are_short_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(folder.glob("[0-9]*.md"))

    assert [page.name for page in pages if line_count(page) > DECISION_MAX_LINES] == []
    listed = re.findall(r"\]\(([0-9]{4}-[^)]+)\)", (folder / "README.md").read_text())
    assert listed == [page.name for page in pages]


def line_count(page: Path) -> int:
    """How many lines a page has."""
    return len(page.read_text().splitlines())


def test_settings_page_lists_every_setting_and_no_other() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS, re.MULTILINE)

    assert sorted(documented) == sorted(KNOWN)


def test_settings_page_lists_every_secret_that_a_file_may_hold() -> None:
    documented = re.findall(r"`([A-Z_]+)_FILE`", SETTINGS)

    assert sorted({*documented} - {"VOICESTUDIO_ENV"}) == sorted(SECRETS)


def test_settings_page_gives_the_default_numbers() -> None:
    number = r"^\| `([A-Z_]+)` \| `([0-9]+(?:\.[0-9]+)?)` \|"
    documented = {name: float(value) for name, value in re.findall(number, SETTINGS, re.MULTILINE)}

    assert len(documented) > 10
    assert documented == {name: float(getattr(settings, name)) for name in documented}


def test_architecture_page_names_paths_that_exist() -> None:
    # `minimax/client.py`, `services/clones/`: paths in the package or in the project.
    paths = re.findall(r"`([a-z_]+/[a-z_/]*(?:\.[a-z]+)?)`", ARCHITECTURE)
    bases = (ROOT, ROOT / "voicestudio")

    assert len(paths) > 20
    assert [path for path in paths if not any((base / path).exists() for base in bases)] == []


def threshold_row(line: Threshold) -> str:
    """A threshold as a row of the table on the page about the recording check."""
    bounds = (line.hint, line.usable, line.disappointing, line.unusable)
    cells = [f"`{line.code}`", f"`{line.metric}`", line.when]
    cells += ["-" if bound is None else f"{bound:g}" for bound in bounds]
    return f"| {' | '.join(cells)} |"


def test_recording_check_page_has_the_thresholds_of_the_code() -> None:
    documented = re.findall(r"^\| `[a-z_]+` \| `[a-z0-9_]+` .*$", RECORDING_CHECK, re.MULTILINE)

    assert documented == [threshold_row(line) for line in TABLE]


def test_recording_check_page_describes_every_finding() -> None:
    described = set(re.findall(r"^### .*\(`([a-z_]+)`\)$", RECORDING_CHECK, re.MULTILINE))

    assert described == FINDING_CODES


def test_faults_name_every_test_of_their_kind_and_no_other() -> None:
    tests = ROOT / "tests"
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "faults.md").read_text()))
    defined = {
        path: set(re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE))
        for path in tests.rglob("test_*.py")
    }
    of_kind = [names for path, names in defined.items() if path.parent.name == "faults"]

    assert named - set.union(*defined.values()) == set()
    assert set.union(*of_kind) - named == set()
