"""Pseudo languages: made from the English texts, for tests of the layout only.

One makes each text about 40 % longer, one is written from right to left. They use codes that
Django knows and that the studio does not offer.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from babel.messages import Catalog
from pytest_django.fixtures import Settings

from voicestudio.management import catalogues

LONG: Final = "eo"
MIRRORED: Final = "ar"
# What stays as it is: placeholders, tags, entities.
_KEPT: Final = re.compile(rf"({catalogues.PLACEHOLDER.pattern}|<[^>]+>|&\w+;)")
_ACCENTED: Final = str.maketrans("aceginosuyzACEGINOSUYZ", "åçéğîñöšûýžÅÇÉĞÎÑÖŠÛÝŽ")
_ARABIC: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "ابتدهفغحيجكلمنوپقرستعفوخيز" * 2
)
_FILLING: Final = "œüöå "


def make_longer(text: str) -> str:
    """The text with accents, in brackets, and about 40 % longer; lines can break in it."""
    body = text.strip()
    if not body:
        return text
    extra = max(0, round(0.4 * len(_KEPT.sub("", body))) - 2)
    filling = (_FILLING * (extra // len(_FILLING) + 1))[:extra].rstrip()
    return text.replace(body, f"[{_translate(body, _ACCENTED)}{filling}]")


def write_in_arabic_letters(text: str) -> str:
    """The text in letters that are written from right to left."""
    return _translate(text, _ARABIC)


def _translate(text: str, letters: dict[int, int]) -> str:
    parts = _KEPT.split(text)
    return "".join(
        part if number % 2 else part.translate(letters) for number, part in enumerate(parts)
    )


def offer_pseudo_languages(settings: Settings, folder: Path) -> None:
    """Compile both into `folder`, and let the studio of this test offer them."""
    settings.COMPILED_CATALOGUES = folder
    settings.LOCALE_PATHS = [folder]
    texts = catalogues.extract_texts()
    changes: dict[str, Callable[[str], str]] = {
        LONG: make_longer, MIRRORED: write_in_arabic_letters,
    }  # fmt: skip
    for language, change in changes.items():
        catalogue = Catalog(locale=language, fuzzy=False)
        for message in texts:
            if message.id:
                forms = [change(form) for form in catalogues.list_forms(message.id)]
                forms += [forms[-1]] * (catalogue.num_plurals - len(forms))
                plural = tuple(forms) if message.pluralizable else forms[0]
                catalogue.add(message.id, plural, context=message.context)
        catalogues.compile_catalogue(catalogue, catalogues.mo_file(language))
    settings.LANGUAGES = [("en", "English"), (LONG, "Long"), (MIRRORED, "Mirrored")]
