"""Bundles: one CSS and one JavaScript file for all pages, and the scripts of the clone form.

django-compressor and django-pipeline were looked at: both bundle through template tags and a
storage or build step of their own beside WhiteNoise's manifest. Joining files needs neither.
Leaving out comments saves 5 KB a page. rjsmin and rcssmin leave out indentation too, which saves
0.4 KB more.
"""

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
from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLES: Final = ("tokens", "base", "layout", "components", "pages")
SCRIPTS: Final = (
    "htmx-config",
    "player",
    "clip-loop",
    "copy-button",
    "local-times",
    "live-rows",
    "keep-focus",
    "failed-requests",
    "sign-in-dialog",
    "sign-in-end",
    "passkeys",
    "combobox",
    "upload",
    "palette",
    "panels",
    "play-finding",
    "suggested-options",
    "selection",
    "shortcuts",
    "switcher",
)

# Only the clone form needs them.
CLONE_FORM_SCRIPTS: Final = ("clone-form", "step-folding", "insert-tag")

# Not sent to browsers. In scripts only those with lines of their own, since strings have slashes.
COMMENTS: Final = {
    ".css": re.compile(r"\s*/\*.*?\*/", re.DOTALL),
    ".js": re.compile(r"^[ \t]*//.*\n", re.MULTILINE),
}


class CollectedFiles(CompressedManifestStaticFilesStorage):
    """Static files with hashed names, also in the imports of JavaScript modules.

    Modules that few pages need are not in the bundle: the browser imports them on demand.
    """

    support_js_module_import_aggregation = True

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress all files but those of the admin: they take long and are rarely used."""
        yield from super().compress_files([path for path in paths if not path.startswith("admin/")])


class BundleFinder(BaseFinder):
    """Finds `css/studio.css`, `js/studio.js` and `js/clone.js`, built from the files named above.

    Every script is wrapped in a block, so that its names do not clash with the others.
    """

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.folder = settings.BASE_DIR / "static"
        self.storage = FileSystemStorage(location=settings.DATA_DIR / "bundles")

    def check(self, **_kwargs: Any) -> builtins.list[CheckMessage]:
        """Return no messages: the finder has no settings."""
        return []

    def find(self, path: str, find_all: bool = False) -> Any:
        """Return the absolute path of a bundle, rebuilt if a source has changed."""
        sources = self.sources_by_bundle().get(str(path))
        if sources is None:
            return [] if find_all else None
        bundle = str(self.build(str(path), sources))
        return [bundle] if find_all else bundle

    def list(self, _ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield every bundle, for collectstatic."""
        for path, sources in self.sources_by_bundle().items():
            self.build(path, sources)
            yield path, self.storage

    def sources_by_bundle(self) -> dict[str, Sequence[Path]]:
        """Return the source files of each bundle, in order."""
        bundles = {
            "css/studio.css": STYLES, "js/studio.js": SCRIPTS, "js/clone.js": CLONE_FORM_SCRIPTS
        }  # fmt: skip
        return {
            path: [self.folder / Path(path).parent / f"{name}{Path(path).suffix}" for name in names]
            for path, names in bundles.items()
        }

    def build(self, path: str, sources: Sequence[Path]) -> Path:
        """Return the file of a bundle, written again if its content has changed.

        Not by the times of the sources: those of a new version may be older than the bundle.
        """
        target = Path(self.storage.path(path))
        wrap = "{{\n{}}}\n" if path.endswith(".js") else "{}"
        text = "".join(wrap.format(source.read_text(encoding="utf-8")) for source in sources)
        text = COMMENTS[target.suffix].sub("", text)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            # Replaced atomically: several processes may build or read it at once.
            draft = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
            draft.write_text(text, encoding="utf-8")
            draft.replace(target)
        return target
