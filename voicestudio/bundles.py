"""Bundles: what is written for people to read goes over the wire in fewer pieces and bytes."""

import builtins
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage
from django.template import Origin
from django.template.loaders.filesystem import Loader
from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLES: Final = ("tokens", "base", "layout", "components", "pages")
SCRIPTS: Final = (
    "htmx-config",
    "player",
    "clip-loop",
    "copy-button",
    "local-times",
    "live-rows",
    "sign-in-dialog",
    "clone-form",
    "upload",
    "insert-tag",
    "panels",
    "play-finding",
    "suggested-options",
)


class CollectedFiles(CompressedManifestStaticFilesStorage):
    """Collected files by their hashed names, in the imports of scripts too.

    What only few people need stays out of the bundle: modules, fetched when they are wanted.
    """

    support_js_module_import_aggregation = True

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Pack what people fetch; the admin pages are for few, and theirs took most of the time."""
        yield from super().compress_files([path for path in paths if not path.startswith("admin/")])


class BundleFinder(BaseFinder):
    """Finds `css/studio.css` and `js/studio.js`, made from the files named above.

    Every script stands in a block of its own, so that each stays usable without the others.
    """

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.sources = settings.BASE_DIR / "static"
        self.storage = FileSystemStorage(location=settings.DATA_DIR / "bundles")

    def check(self, **_kwargs: Any) -> builtins.list[CheckMessage]:
        """Nothing can be set wrong."""
        return []

    def find(self, path: str, find_all: bool = False) -> Any:
        """The absolute path of a bundle, built anew if one of its parts has changed."""
        parts = self.parts().get(str(path))
        if parts is None:
            return [] if find_all else None
        found = str(self.built(str(path), parts))
        return [found] if find_all else found

    def list(self, _ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        """Every bundle, for collectstatic."""
        for path, parts in self.parts().items():
            self.built(path, parts)
            yield path, self.storage

    def parts(self) -> dict[str, Sequence[Path]]:
        """What each bundle is made of, in order."""
        return {
            "css/studio.css": [self.sources / "css" / f"{name}.css" for name in STYLES],
            "js/studio.js": [self.sources / "js" / f"{name}.js" for name in SCRIPTS],
        }

    def built(self, path: str, parts: Sequence[Path]) -> Path:
        """The file of a bundle, made anew if a part is newer."""
        target = Path(self.storage.path(path))
        newest = max(part.stat().st_mtime for part in parts)
        if not target.exists() or target.stat().st_mtime <= newest:
            wrap = "{{\n{}}}\n" if path.endswith(".js") else "{}"
            text = "".join(wrap.format(part.read_text(encoding="utf-8")) for part in parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            # Written aside: two processes may build at once, and a third one read.
            draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
            draft.write_text(text, encoding="utf-8")
            draft.replace(target)
        return target


COMMENT: Final = re.compile(r"{% comment %}.*?{% endcomment %}|{#[^\n]*?#}", re.DOTALL)
# Tags that print nothing of their own, alone on their line.
SILENT: Final = re.compile(
    r"(?:{% (?:(?:if|elif|for|with|load|extends|block|partialdef) [^%]*|\w+ (?:[^%]* )?as \w+|"
    r"else|empty|end(?:if|for|with|block|partialdef)(?: \w+)?) %})+"
)


# A whole line that is there or not, as one piece.
PERHAPS: Final = re.compile(r"({% if [^%]* %}(?:(?!{% (?:if|endif)).)*)({% endif %})")


class TightTemplates(Loader):
    """Our templates without what only their readers need: a tenth of every page."""

    def get_contents(self, origin: Origin) -> str:
        """The template without indentation, comments, and the lines that would be empty."""
        text = COMMENT.sub("", super().get_contents(origin))
        return "".join(_tight(line) for line in map(str.strip, text.splitlines()) if line)


def _tight(line: str) -> str:
    """A line with its end, unless nothing would stand on it."""
    if SILENT.fullmatch(line):
        return line
    perhaps = PERHAPS.fullmatch(line)
    return f"{perhaps[1]}\n{perhaps[2]}" if perhaps else f"{line}\n"
