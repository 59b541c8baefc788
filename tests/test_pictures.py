"""The pictures of README, documents and help: `make screenshots` makes all, and all are shown."""

import json
import re
from itertools import chain
from pathlib import Path

import pytest
from django.conf import settings

from tests.screenshots.__main__ import find_languages_without_font
from tests.screenshots.pictures import DOCS, HELP, PICTURES, ROOT, SIZES, list_files
from voicestudio.words.help import SECTIONS

# As Markdown and as HTML, which can have a variant for dark pages.
SHOWN = re.compile(r"!\[[^]]*\]\(([^)]+)\)|\bsrc(?:set)?=\"([^\"]+)\"")
DRAWING = ".svg"  # made by other programs, or by hand


def shown_in_documents() -> set[str]:
    """The paths of all pictures that README and documents show, from the root."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    return {
        str((page.parent / (markdown or html)).resolve().relative_to(ROOT))
        for page in pages
        for markdown, html in SHOWN.findall(page.read_text())
    }


def shown_in_help() -> set[str]:
    """The names of all pictures of the help page."""
    return {section.picture for section in SECTIONS.values() if section.picture}


def test_documents_show_the_pictures_of_the_list_and_no_others() -> None:
    made = {
        str(file.relative_to(ROOT))
        for picture in PICTURES
        if picture.folder == DOCS
        for file in picture.files()
    }

    assert {path for path in shown_in_documents() if not path.endswith(DRAWING)} == made


def test_help_shows_the_pictures_of_the_list_and_no_others() -> None:
    assert shown_in_help() == {picture.name for picture in PICTURES if picture.folder == HELP}


def test_folders_hold_the_files_of_the_list_and_no_others() -> None:
    assert set(chain(DOCS.iterdir(), HELP.iterdir())) == set(list_files())


def test_help_has_pictures_in_each_language_and_documents_in_english() -> None:
    languages = {picture.folder: picture.languages for picture in PICTURES}

    assert languages == {DOCS: ["en"], HELP: ["en", *settings.TRANSLATIONS]}


def test_languages_without_a_font_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "fc-list"
    program.write_text('#!/bin/sh\ntest "$1" = :lang=ja && echo Noto\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    assert find_languages_without_font() == ["zh-hans"]


def test_help_knows_the_size_of_each_of_its_pictures() -> None:
    made = {
        picture.size_name(window, language)
        for picture in PICTURES
        if picture.folder == HELP
        for window in picture.windows
        for language in picture.languages
    }

    assert set(json.loads(SIZES.read_text())) == made
