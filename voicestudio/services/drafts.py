"""Drafts: what a person sent after the sign-in had expired, kept aside until they are back."""

import json
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile

# Whoever does not come back within a long weekend has started anew.
KEPT_FOR: Final = timedelta(days=3)
# One person may keep this many, each with this many files; of more the oldest goes.
MOST: Final = 3
MOST_FILES: Final = 20
ANSWERS: Final = "answers.json"
# What has been handed out is not handed out again.
TAKEN: Final = ".taken"


class KeptFile(NamedTuple):
    """A file that came with the form, not looked at yet."""

    field: str
    name: str
    path: Path


class Draft(NamedTuple):
    """One form as it was sent; `place` names it, `too_large`: a file was left out."""

    place: str
    answers: dict[str, str]
    files: list[KeptFile]
    too_large: bool


def keep(
    owner: int,
    place: str,
    answers: dict[str, str],
    files: Iterable[tuple[str, TemporaryUploadedFile]],
    *,
    too_large: bool = False,
) -> None:
    """Put the form aside for the person with the id `owner`, and nobody else."""
    forget_old()
    home = _home(owner)
    folder = home / secrets.token_hex(8)
    folder.mkdir(mode=0o700, parents=True)
    kept = []
    for number, (field, file) in enumerate(files):
        if number == MOST_FILES:
            break
        shutil.move(file.temporary_file_path(), folder / str(number))
        kept.append([field, file.name or ""])
    told = {"place": place, "answers": answers, "files": kept, "too_large": too_large}
    # Complete from here on: a folder without its answers is no draft.
    (folder / ANSWERS).write_text(json.dumps(told), encoding="utf-8")
    earlier = [one for one in _newest_first(home) if one != folder]
    same = [one for one in earlier if _read(one).place == place]
    for one in [*same, *(left for left in earlier[MOST - 1 :] if left not in same)]:
        shutil.rmtree(one, ignore_errors=True)


def take(owner: int) -> Iterator[Draft]:
    """Each draft of this person, once; its files are gone when the next one is asked for."""
    forget_old()
    for folder in _newest_first(_home(owner)):
        claimed = folder.with_name(folder.name + TAKEN)
        with suppress(FileNotFoundError):  # taken by somebody else at this moment
            folder.rename(claimed)
            try:
                yield _read(claimed)
            finally:
                shutil.rmtree(claimed, ignore_errors=True)


def _home(owner: int) -> Path:
    return Path(settings.DATA_DIR) / "drafts" / str(owner)


def _read(folder: Path) -> Draft:
    told: dict[str, Any] = json.loads((folder / ANSWERS).read_text(encoding="utf-8"))
    files = [
        KeptFile(field, name, folder / str(number))
        for number, (field, name) in enumerate(told["files"])
    ]
    return Draft(told["place"], told["answers"], files, told["too_large"])


def _newest_first(home: Path) -> list[Path]:
    """The complete drafts in this folder that are not too old."""
    found = [
        (_kept_at(one), one)
        for one in (home.iterdir() if home.is_dir() else ())
        if one.suffix != TAKEN and (one / ANSWERS).is_file()
    ]
    return [one for kept_at, one in sorted(found, reverse=True) if _is_fresh(kept_at)]


def _kept_at(folder: Path) -> int:
    """When the last of it came, in nanoseconds; 0 if it is gone."""
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _is_fresh(kept_at: int) -> bool:
    return time.time() - kept_at / 1e9 < KEPT_FOR.total_seconds()


def forget_old() -> None:
    """Of everybody: nothing waits for people who do not come back."""
    for folder in Path(settings.DATA_DIR).glob("drafts/*/*"):
        if not _is_fresh(_kept_at(folder)):
            shutil.rmtree(folder, ignore_errors=True)
