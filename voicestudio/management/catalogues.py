"""Catalogues: texts are extracted from sources and templates, and .po files compiled to .mo files.

Babel does both in Python. `makemessages` and `compilemessages` of Django need GNU gettext on the
machine; django-babel, which adds templates to Babel, has no release for Django 5 or newer, and
Django's own `templatize` is all that it takes.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import __version__ as babel_version
from babel.messages import Catalog, Message, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

SOURCES: Final = settings.BASE_DIR / "voicestudio"
TEMPLATES: Final = settings.BASE_DIR / "templates"
# Their texts are read in a terminal, which is English, or never.
UNTRANSLATED: Final = frozenset({"management", "migrations", "practice", "processes", "settings"})
# The functions of django.utils.translation, and the names under which our modules import them.
PLURAL: Final = (1, 2)
KEYWORDS: Final = {
    **dict.fromkeys(("_", "_now", "_lazy", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), PLURAL),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER: Final = re.compile(r"%(?:\(\w+\))?[a-z]|%%|\{\w*\}")
TAG: Final = re.compile(r"</?\w+")
# A text, or its singular and its plural.
type Text = str | tuple[str, ...]
# Headers that Babel fills with placeholders, the time of the run or its own version.
LEFT_OUT: Final = tuple(
    f'"{name}:'.encode()
    for name in (
        "Project-Id-Version", "Report-Msgid-Bugs-To", "POT-Creation-Date", "PO-Revision-Date",
        "Last-Translator", "Language-Team", "Generated-By",
    )
)  # fmt: skip
HEADER: Final = "# Texts of Voice Studio. `manage.py catalogues` updates this file."


def find_catalogues() -> dict[str, Path]:
    """The .po file of each language that has one, by the language's code."""
    files = {code: po_file(code) for code in settings.TRANSLATIONS}
    return {code: file for code, file in files.items() if file.is_file()}


def po_file(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return Path(settings.CATALOGUES / to_locale(language) / "LC_MESSAGES" / "django.po")


def mo_file(language: str) -> Path:
    """Where Django reads the compiled catalogue of a language."""
    return Path(settings.COMPILED_CATALOGUES / to_locale(language) / "LC_MESSAGES" / "django.mo")


def read_catalogue(language: str) -> Catalog:
    """The catalogue of a language; an empty one if there is no file yet."""
    file = po_file(language)
    if not file.is_file():
        return _new_catalogue(to_locale(language))
    with file.open("rb") as stream:
        return read_po(stream, locale=to_locale(language), abort_invalid=True)


def _new_catalogue(locale: str | None = None) -> Catalog:
    return Catalog(
        locale=locale, header_comment=HEADER, project="Voice Studio", version="", fuzzy=False,
        msgid_bugs_address="", last_translator="", language_team="",
    )  # fmt: skip


def extract_texts() -> Catalog:
    """All texts of sources and templates, in the order of the files."""
    texts = _new_catalogue()
    templates = [*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")]
    for file in sorted([*find_sources(), *templates]):
        name = file.relative_to(settings.BASE_DIR).as_posix()
        for message, comments, context in extract_file(file):
            texts.add(message, None, [(name, 1)], auto_comments=comments, context=context)
    return texts


def extract_file(file: Path) -> Iterator[tuple[Text, list[str], str | None]]:
    """The texts of one module or template, with comments for translators and contexts."""
    stream = BytesIO(_as_python(file).encode())
    for _line, message, comments, context in extract.extract(
        "python", stream, KEYWORDS, ["Translators"], strip_comment_tags=True
    ):
        yield message, comments, context


def find_sources() -> Iterator[Path]:
    """The modules whose texts are shown in the browser or sent by email."""
    for file in SOURCES.rglob("*.py"):
        if file.relative_to(SOURCES).parts[0] not in UNTRANSLATED:
            yield file


def _as_python(file: Path) -> str:
    """The source; a template as calls of gettext, which Django writes for xgettext."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        return text
    # Indented lines would be blocks to a Python tokenizer.
    return "\n".join(line.lstrip() for line in templatize(text).split("\n"))


def update(language: str, texts: Catalog) -> tuple[int, int]:
    """Bring the catalogue up to date: new texts come in, obsolete ones go.

    Returns how many texts it has and how many of them lack a translation.
    """
    catalogue = _updated_catalogue(language, texts)
    file = po_file(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_as_po(catalogue))
    return len(catalogue), sum(1 for message in catalogue if message.id and is_missing(message))


def updated_content(language: str, texts: Catalog) -> bytes:
    """What `update` would write; the same texts give the same bytes."""
    return _as_po(_updated_catalogue(language, texts))


def _updated_catalogue(language: str, texts: Catalog) -> Catalog:
    catalogue = read_catalogue(language)
    # A guess would have to be checked like a new translation.
    catalogue.update(texts, no_fuzzy_matching=True)
    return catalogue


def _as_po(catalogue: Catalog) -> bytes:
    content = BytesIO()
    write_po(content, catalogue, width=100, ignore_obsolete=True, include_lineno=False)
    head, blank, messages = content.getvalue().partition(b"\n\n")
    lines = head.splitlines()
    kept = [line for line in lines if not line.startswith(LEFT_OUT)]
    return b"\n".join(kept) + blank + messages


def find_faults(catalogue: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue: each fault with the text that has it."""
    for message in catalogue:
        if message.id:
            for fault in _faults_of(message, catalogue.num_plurals):
                yield f"{fault}: {message.id}"


def is_missing(message: Message) -> bool:
    """Whether a message lacks its translation or one of its plural forms."""
    return not all(list_forms(message.string))


def list_forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """The text, or its singular and its plural forms."""
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def _faults_of(message: Message, plurals: int) -> Iterator[str]:
    if is_missing(message):
        yield "missing"
        return
    if message.fuzzy:
        yield "fuzzy"
    ids, strings = list_forms(message.id), list_forms(message.string)
    if len(strings) != (plurals if message.pluralizable else 1):
        yield "wrong number of plural forms"
    # The form for one thing may leave out the number; the last form stands for many.
    if placeholders(strings[-1]) != placeholders(ids[-1]) or any(
        placeholders(string) not in [placeholders(text) for text in ids] for string in strings
    ):
        yield "other placeholders"
    if any(TAG.findall(string) != TAG.findall(ids[-1]) for string in strings):
        yield "other tags"
    has_words = any(character.isalnum() for character in ids[-1])  # else it is punctuation
    if has_words and any(_margins(string) != _margins(ids[-1]) for string in strings):
        yield "other space at the ends"


def placeholders(text: str) -> list[str]:
    """The values that a text waits for: `%(name)s`, `%d` and `{name}`."""
    return sorted(PLACEHOLDER.findall(text))


def _margins(text: str) -> tuple[bool, bool]:
    return text[:1].isspace(), text[-1:].isspace()


def compile_if_changed() -> bool:
    """Compile all catalogues unless they are unchanged; return whether it was done."""
    marker = Path(settings.COMPILED_CATALOGUES) / "compiled"
    current = fingerprint()
    if marker.is_file() and marker.read_text() == current:
        return False
    for language in find_catalogues():
        compile_catalogue(read_catalogue(language), mo_file(language))
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(current)
    return True


def fingerprint() -> str:
    """A hash of all catalogues."""
    digest = hashlib.sha256(babel_version.encode())
    for language, file in find_catalogues().items():
        digest.update(language.encode() + file.read_bytes())
    return digest.hexdigest()


def compile_catalogue(catalogue: Catalog, file: Path) -> None:
    """Write a .mo file; a process that starts meanwhile reads the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(f".{secrets.token_hex(4)}")  # web server and worker start together
    with new.open("wb") as stream:
        write_mo(stream, catalogue)
    new.replace(file)
