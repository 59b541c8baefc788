"""Static files: collected again only when one of them, or what packs them, has changed."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

# Pages name the .min.js beside the first ones, and no other version or extension of htmx; packing
# them takes a second.
NEEDLESS = [
    "jquery.js",
    "select2.full.js",
    "xregexp.js",
    "htmx-2.js",
    "htmx-4.*",
    "htmax-4.*",
    "hx-*.js",
]


def fingerprint() -> str:
    """One word that differs whenever any source file does (by name, size or time)."""
    digest = hashlib.sha256(f"{django.__version__} {version('whitenoise')}".encode())
    for finder in get_finders():
        for name, storage in finder.list(NEEDLESS):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_if_changed() -> bool:
    """Collect into STATIC_ROOT unless that was done from the very same files."""
    mark = Path(settings.STATIC_ROOT) / "collected"
    wanted = fingerprint()
    if mark.is_file() and mark.read_text() == wanted:
        return False
    mark.unlink(missing_ok=True)
    call_command(
        "collectstatic",
        interactive=False,
        clear=True,
        verbosity=0,
        ignore_patterns=NEEDLESS,
        skip_checks=True,
    )
    mark.write_text(wanted)
    return True
