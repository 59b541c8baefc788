"""Backup places: the folder or bucket that a command is given."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage
from django.core.management.base import CommandError

from voicestudio.services import backups
from voicestudio.settings.storage import bucket_options, parse_storage_url


def open_place(text: str, name: str) -> Storage:
    """The place of backups that was given as the argument `name`. Raises CommandError."""
    if "://" not in text:
        return backups.open_folder(Path(text))
    try:
        return backups.open_bucket(bucket_options(parse_storage_url(text, name)))
    except ImproperlyConfigured as error:
        raise CommandError(str(error).replace("empty, or", "a folder, or")) from error


@contextmanager
def os_errors_explained(advice: str) -> Iterator[None]:
    """End the command with one sentence if a disk or a bucket fails."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        place = f" ({error.filename})" if error.filename else ""
        raise CommandError(f"{reason}{place}. {advice}") from error
