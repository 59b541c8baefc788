"""Backup places: what the commands that make, verify and restore backups have in common."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage
from django.core.management.base import CommandError, CommandParser

from voicestudio.services import backups
from voicestudio.services.backups import Step
from voicestudio.settings.storage import backup_options, parse_storage_url

SECONDS_BETWEEN_LINES: Final = 5.0
STEPS: Final = {
    Step.READ_ROWS: "Tables read",
    Step.READ_FILES: "Files read",
    Step.WRITE_FILES: "Files written",
    Step.WRITE_ROWS: "Rows written",
    Step.COMPARE_ROWS: "Tables compared",
    Step.COMPARE_FILES: "Files compared",
}


def add_place_argument(parser: CommandParser, name: str) -> None:
    """Add the folder or bucket, an argument called `name` in small letters."""
    text = "a folder, or s3://bucket/prefix?endpoint=…&region=…"
    parser.add_argument(name.lower(), metavar=name, help=text)


def add_source_arguments(parser: CommandParser) -> None:
    """Add SOURCE, a place, and `--backup`, which names one of its backups."""
    add_place_argument(parser, "SOURCE")
    parser.add_argument("--backup", default="", metavar="NAME", help="instead of the newest")


def open_place(text: str, name: str) -> Storage:
    """The place of backups that was given as the argument `name`. Raises CommandError."""
    if "://" not in text:
        return backups.open_folder(Path(text))
    try:
        return backups.open_bucket(backup_options(parse_storage_url(text, name)))
    except ImproperlyConfigured as error:
        raise CommandError(str(error).replace("empty, or", "a folder, or")) from error


@contextmanager
def faults_explained(advice: str) -> Iterator[None]:
    """End the command with one sentence if there is a fault, or if a disk or a bucket fails."""
    try:
        yield
    except backups.BackupFault as fault:
        raise CommandError(str(fault)) from fault
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        place = f" ({error.filename})" if error.filename else ""
        raise CommandError(f"{reason}{place}. {advice}") from error


class ProgressLines:
    """Writes how far each step is: a line every few seconds, and one at its end."""

    def __init__(self, write: Callable[[str], Any]) -> None:
        self._write = write
        self._written_at = time.monotonic()

    def __call__(self, step: Step, done: int, total: int) -> None:
        """Write a line if one is due."""
        now = time.monotonic()
        if done == total or now - self._written_at > SECONDS_BETWEEN_LINES:
            self._written_at = now
            self._write(f"{STEPS[step]}: {done} of {total}")


def say_restored(done: backups.Restored, write: Callable[[str], Any]) -> None:
    """Say what was under way in the studio, and that it is held now."""
    write(
        f"Stopped before they were sent: {done.stopped} paid calls. "
        f"Sent, with an unknown outcome: {done.unknown}."
    )
    write(
        "The studio is held: it sends no paid call until an administrator has decided what goes"
        " on, on the page System, Restored studio."
    )
