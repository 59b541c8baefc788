"""Backup places: the arguments of the commands that make, verify and restore backups."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage
from django.core.management.base import CommandError, CommandParser

from voicestudio.services import backups
from voicestudio.settings.storage import bucket_options, parse_storage_url


def add_place_argument(parser: CommandParser, name: str) -> None:
    """Add the folder or bucket, an argument called `name` in small letters."""
    text = "a folder, or s3://bucket/prefix?endpoint=…&region=…"
    parser.add_argument(name.lower(), metavar=name, help=text)


def add_backup_argument(parser: CommandParser) -> None:
    """Add `--backup`, which names one of several."""
    parser.add_argument("--backup", default="", metavar="NAME", help="instead of the newest")


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
