"""Static files: collected again only when a source file or a library has changed."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

# Files that no page uses: unminified copies, other versions and extensions of htmx. Compressing
# them takes a second.
UNUSED = [
    "jquery.js",
    "select2.full.js",
    "xregexp.js",
    "htmx-2.js",
    "htmx-4.*",
    "htmax-4.*",
    "hx-*.js",
]


def fingerprint() -> str:
    """Return a hash of the names, sizes and times of all source files."""
    digest = hashlib.sha256(f"{django.__version__} {version('whitenoise')}".encode())
    for finder in get_finders():
        for name, storage in finder.list(UNUSED):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_if_changed() -> bool:
    """Collect into STATIC_ROOT unless the sources are unchanged; return whether it was done."""
    marker = Path(settings.STATIC_ROOT) / "collected"
    current = fingerprint()
    if marker.is_file() and marker.read_text() == current:
        return False
    marker.unlink(missing_ok=True)
    call_command(
        "collectstatic",
        interactive=False,
        clear=True,
        verbosity=0,
        ignore_patterns=UNUSED,
        skip_checks=True,
    )
    marker.write_text(current)
    return True
