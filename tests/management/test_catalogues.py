"""Catalogues: texts are extracted, updated, checked and compiled."""

import ast
import gettext
from io import StringIO
from pathlib import Path

import pytest
from babel.messages import Catalog
from django.core.management import call_command
from pytest_django.fixtures import Settings

from voicestudio.management import catalogues


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """An empty folder for the catalogues, and another one for the compiled ones."""
    settings.CATALOGUES = tmp_path / "sources"
    settings.COMPILED_CATALOGUES = tmp_path / "compiled"
    return tmp_path


def make_catalogue(*texts: catalogues.Text, language: str = "de") -> Catalog:
    """A catalogue with these texts."""
    catalogue = Catalog(locale=language, fuzzy=False)
    for text in texts:
        catalogue.add(text)
    return catalogue


def read_texts(file: Path) -> list[tuple[catalogues.Text, str | None]]:
    """The texts of a file, with their contexts."""
    return [(message, context) for message, _comments, context in catalogues.extract_file(file)]


def test_module_texts_are_extracted(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        '_("One")\n_now("Two " "words")\nngettext("%(n)s voice", "%(n)s voices", n)\n'
        'pgettext("month", "May")\nprint("no text")\n'
    )
    assert [
        (message, context) for message, _comments, context in catalogues.extract_file(file)
    ] == [
        ("One", None),
        ("Two words", None),
        (("%(n)s voice", "%(n)s voices"), None),
        ("May", "month"),
    ]


def test_template_texts_are_extracted(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(
        "<div>\n    <p>{# Translators: a greeting #}\n  {% translate 'Hello' %}</p>\n"
        "      {% blocktranslate count n=2 %}{{ n }} voice{% plural %}{{ n }} voices"
        "{% endblocktranslate %}\n  {% translate 'May' context 'month' %}\n"
        '{% include "a.html" with title=_("Title") %}\n{{ x|default:_("none") }}</div>'
    )
    assert [
        (message, context) for message, _comments, context in catalogues.extract_file(file)
    ] == [
        ("Hello", None),
        (("%(n)s voice", "%(n)s voices"), None),
        ("May", "month"),
        ("Title", None),
        ("none", None),
    ]


def test_update_writes_same_bytes_in_any_order_of_the_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogues.update("de", catalogues.extract_texts())
    first = catalogues.po_file("de").read_bytes()
    catalogues.update("de", catalogues.extract_texts())
    assert catalogues.po_file("de").read_bytes() == first
    find = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda path, glob: reversed([*find(path, glob)]))
    catalogues.po_file("de").unlink()
    catalogues.update("de", catalogues.extract_texts())
    assert catalogues.po_file("de").read_bytes() == first


def test_catalogue_has_no_headers_without_a_value(folder: Path) -> None:
    catalogues.update("de", make_catalogue("Voice"))
    assert catalogues.po_file("de").read_text().split("\n\n")[0].splitlines() == [
        catalogues.HEADER,
        'msgid ""',
        'msgstr ""',
        '"Language: de\\n"',
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
    ]


def test_update_adds_new_and_drops_obsolete_texts(folder: Path) -> None:
    catalogues.update("de", make_catalogue("Voice", "Speaker"))
    file = catalogues.po_file("de")
    file.write_text(
        file.read_text().replace('msgid "Voice"\nmsgstr ""', 'msgid "Voice"\nmsgstr "Stimme"')
    )
    assert catalogues.update("de", make_catalogue("Recording", "Voice")) == (2, 1)
    found = catalogues.read_catalogue("de")
    assert {message.id: message.string for message in found if message.id} == {
        "Recording": "",
        "Voice": "Stimme",
    }
    assert "Speaker" not in file.read_text()


def test_second_update_changes_nothing(folder: Path) -> None:
    texts = make_catalogue("Voice", ("%(n)s voice", "%(n)s voices"))
    catalogues.update("zh-hans", texts)
    before = catalogues.po_file("zh-hans").read_bytes()
    catalogues.update("zh-hans", texts)
    assert catalogues.po_file("zh-hans").read_bytes() == before


def test_changed_catalogue_is_compiled_once(folder: Path) -> None:
    catalogues.update("de", make_catalogue("Voice"))
    file = catalogues.po_file("de")
    assert catalogues.compile_if_changed()
    assert not catalogues.compile_if_changed()
    file.write_text(
        file.read_text().replace('msgid "Voice"\nmsgstr ""', 'msgid "Voice"\nmsgstr "Stimme"')
    )
    assert catalogues.compile_if_changed()
    with catalogues.mo_file("de").open("rb") as stream:
        assert gettext.GNUTranslations(stream).gettext("Voice") == "Stimme"


@pytest.mark.parametrize(
    ("text", "translation", "faults"),
    [
        ("Voice", "Stimme", []),
        ("Voice", "", ["missing"]),
        ("%(n)s of {total}", "{total}, davon %(n)s", []),
        ("%(n)s of {total}", "%(n)s von {alle}", ["other placeholders"]),
        ("<b>On</b>", "An", ["other tags"]),
        ("On ", "An", ["other space at the ends"]),
        (("%(n)s voice", "%(n)s voices"), ("eine Stimme", "%(n)s Stimmen"), ["other placeholders"]),
        (("one voice", "%(n)s voices"), ("eine Stimme", "%(n)s Stimmen"), []),
        (("one voice", "%(n)s voices"), ("%(n)s Stimme", "Stimmen"), ["other placeholders"]),
        (("one voice", "%(n)s voices"), ("eine Stimme", ""), ["missing"]),
        (("one voice", "%(n)s voices"), ("%(n)s Stimmen",), ["wrong number of plural forms"]),
    ],
)
def test_faults_of_a_translation_are_found(
    text: catalogues.Text, translation: catalogues.Text, faults: list[str]
) -> None:
    catalogue = Catalog(locale="de", fuzzy=False)
    catalogue.add(text, translation)
    found = [fault.partition(":")[0] for fault in catalogues.find_faults(catalogue)]
    assert found == faults


def test_guess_of_a_tool_is_a_fault() -> None:
    catalogue = Catalog(locale="de", fuzzy=False)
    catalogue.add("Voice", "Stimme", flags={"fuzzy"})
    assert [*catalogues.find_faults(catalogue)] == ["fuzzy: Voice"]


def test_command_says_what_is_missing(folder: Path) -> None:
    out = StringIO()
    call_command("catalogues", start="ja", stdout=out)
    total = len(catalogues.extract_texts())
    assert out.getvalue().splitlines() == [
        f"{total} texts in English",
        f"ja: 0 translated, {total} missing",
    ]
    assert catalogues.mo_file("ja").is_file()


def test_every_import_of_gettext_is_a_keyword() -> None:
    nodes = [
        node
        for file in catalogues.find_sources()
        for node in ast.walk(ast.parse(file.read_bytes()))
    ]
    imported = [
        alias
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    ]
    names = {alias.asname or alias.name for alias in imported if "gettext" in alias.name}
    assert names - {*catalogues.KEYWORDS} == set()
