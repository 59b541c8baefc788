"""Every catalogue of the repository is up to date, complete and without faults."""

import re
from typing import Final

import pytest
from babel.messages import Catalog
from django.conf import settings

from voicestudio.management import catalogues


@pytest.fixture(scope="module")
def texts() -> Catalog:
    """All texts of sources and templates."""
    return catalogues.extract_texts()


@pytest.mark.parametrize("language", catalogues.find_catalogues())
def test_catalogue_has_no_fault(language: str) -> None:
    assert [*catalogues.find_faults(catalogues.read_catalogue(language))] == []


@pytest.mark.parametrize("language", catalogues.find_catalogues())
def test_catalogue_has_all_texts(language: str, texts: Catalog) -> None:
    def keys(catalogue: Catalog) -> set[tuple[object, str | None]]:
        return {(message.id, message.context) for message in catalogue if message.id}

    assert keys(catalogues.read_catalogue(language)) == keys(texts)


@pytest.mark.parametrize("language", catalogues.find_catalogues())
def test_catalogue_is_as_the_command_writes_it(language: str, texts: Catalog) -> None:
    """A merge may leave texts at another place, which the next run would move."""
    written = catalogues.po_file(language).read_bytes()
    assert written == catalogues.updated_content(language, texts), "run `make catalogues`"


# Glossary -----------------------------------------------------------------------------------------

COLUMNS: Final = ("en", "de", "es", "fr", "ja", "zh-hans")
# Texts that say a noun in another way, by language, with the reason.
SAID_OTHERWISE: Final[dict[str, dict[str, str]]] = {
    "ja": {
        "Hello, this is my new voice. I hope you like the way I sound: I have a lot to tell you.": (
            "the person speaks of their own voice, which is 声"
        )
    }
}


# The name of the product, and the values that a text waits for.
NO_NOUN: Final = re.compile(rf"Voice Studio|{catalogues.PLACEHOLDER.pattern}")


def read_glossary() -> dict[str, dict[str, list[str]]]:
    """For each noun the stems of its translations, by language."""
    lines = (settings.BASE_DIR / "docs" / "glossary.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return {
        row[0]: {
            language: [stem.strip().removesuffix("-") for stem in cell.split(" / ")]
            for language, cell in zip(COLUMNS[1:], row[1:], strict=True)
        }
        for row in rows[2:]
    }


def find_other_nouns(catalogue: Catalog, language: str) -> list[str]:
    """Texts whose translation lacks the stem of a noun; the longest noun of a place counts."""
    glossary = {noun.lower(): words for noun, words in read_glossary().items()}
    nouns = re.compile(rf"\b({'|'.join(sorted(glossary, key=len)[::-1])})s?\b", re.IGNORECASE)
    found = []
    for message in catalogue:
        text = NO_NOUN.sub("", catalogues.list_forms(message.id)[-1])
        # Without the places where a long word may break.
        translated = catalogues.list_forms(message.string)[-1].casefold().replace("\u00ad", "")
        for noun in {match[1].lower() for match in nouns.finditer(text)}:
            stems = [stem.casefold() for stem in glossary[noun][language]]
            if not any(stem in translated for stem in stems):
                found.append(f"{noun}: {catalogues.list_forms(message.id)[-1]}")
    return found


@pytest.mark.parametrize("language", catalogues.find_catalogues())
def test_catalogue_uses_the_glossary(language: str) -> None:
    found = find_other_nouns(catalogues.read_catalogue(language), language)
    exceptions = SAID_OTHERWISE.get(language, {})
    assert [text for text in found if text.partition(": ")[2] not in exceptions] == []


def test_glossary_has_a_word_in_every_language() -> None:
    glossary = read_glossary()
    assert [*glossary] == [
        "speaker", "recording", "prompt clip", "voice", "voice ID", "clone attempt", "preview",
        "generated speech", "check", "clean copy",
    ]  # fmt: skip
    assert all(all(stems) for words in glossary.values() for stems in words.values())


@pytest.mark.parametrize(
    ("text", "translation", "found"),
    [
        ("Delete this recording", "Diese Aufnahme löschen", []),
        ("The recording", "Der Mitschnitt", ["recording: The recording"]),
        ("%(n)s voices", "%(n)s Stimmen", []),
        ("Prompt clip", "Beispielclip", []),
        ("Voice Studio of %(speaker)s", "Voice Studio von %(speaker)s", []),
    ],
)
def test_other_noun_is_found(text: str, translation: str, found: list[str]) -> None:
    catalogue = Catalog(locale="de", fuzzy=False)
    catalogue.add(text, translation)
    assert find_other_nouns(catalogue, "de") == found
