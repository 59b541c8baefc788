"""Drafts: forms that were sent after the sign-in had expired, kept until the person is back.

django-formtools was looked at: it keeps the steps of one wizard in the session, while a draft can
be of any form and has to outlive the session in which it was sent.
"""

import json
import logging
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

logger = logging.getLogger(__name__)

# Longer than a long weekend.
LIFETIME: Final = timedelta(days=3)
# A form can be sent so long after the sign-in of its page: three days after the page was loaded,
# with a cookie that was a day old then.
ACCEPTED_FOR: Final = LIFETIME + timedelta(days=1)
# For one person; the oldest drafts are deleted first.
MAX_DRAFTS: Final = 3
MAX_FILES: Final = 20
ANSWERS: Final = "answers.json"
# The suffix of a draft that was returned once, and is not returned again.
TAKEN: Final = ".taken"
# The suffix of an empty file that is named like a sign-in that was ended by signing out.
ENDED: Final = ".ended"


class KeptFile(NamedTuple):
    """An uploaded file of a draft, not checked yet."""

    field: str
    name: str
    path: Path


class Draft(NamedTuple):
    """A form as it was sent; `place` names the form, `too_large` means a file was left out."""

    place: str
    answers: dict[str, str]
    files: list[KeptFile]
    too_large: bool


def save_draft(
    owner: int,
    place: str,
    answers: dict[str, str],
    files: Iterable[tuple[str, str, TemporaryUploadedFile]],
    *,
    too_large: bool = False,
) -> None:
    """Save the form for the user with the id `owner` only; of each file its field and its name."""
    delete_old_drafts()
    home = _home(owner)
    folder = home / secrets.token_hex(8)
    folder.mkdir(mode=0o700, parents=True)
    kept = []
    for number, (field, name, file) in enumerate(files):
        if number == MAX_FILES:
            break
        shutil.move(file.temporary_file_path(), folder / str(number))
        kept.append([field, name])
    draft = {"place": place, "answers": answers, "files": kept, "too_large": too_large}
    # Written last, because a folder without answers is no draft.
    (folder / ANSWERS).write_text(json.dumps(draft), encoding="utf-8")
    earlier = [other for other in _newest_first(home) if other != folder]
    replaced = [other for other in earlier if _read(other).place == place]
    surplus = [other for other in earlier[MAX_DRAFTS - 1 :] if other not in replaced]
    for other in [*replaced, *surplus]:
        shutil.rmtree(other, ignore_errors=True)


def take_drafts(owner: int) -> Iterator[Draft]:
    """Yield each draft of this user once; its files are deleted when the next one is requested."""
    delete_old_drafts()
    for folder in _newest_first(_home(owner)):
        claimed = folder.with_name(folder.name + TAKEN)
        with suppress(FileNotFoundError):  # another request has just taken it
            folder.rename(claimed)
            try:
                yield _read(claimed)
            finally:
                shutil.rmtree(claimed, ignore_errors=True)


def end_sign_in(owner: int, sign_in: str) -> None:
    """Accept no draft of this sign-in any more; `sign_in` is safe as the name of a file.

    A full disk is only logged: the sign-out itself must not fail because of it.
    """
    home = _home(owner)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / f"{sign_in}{ENDED}").touch()
    except OSError:
        logger.exception("Late forms of a sign-in that has ended are still accepted.")


def has_ended(owner: int, sign_in: str) -> bool:
    """Whether this sign-in was ended by signing out."""
    return (_home(owner) / f"{sign_in}{ENDED}").exists()


def delete_old_drafts() -> None:
    """Delete the expired drafts of all users, and sign-ins whose drafts would be too old anyway."""
    for path in Path(settings.DATA_DIR).glob("drafts/*/*"):
        if path.suffix == ENDED:
            if not _is_fresh(_saved_at(path), ACCEPTED_FOR):
                path.unlink(missing_ok=True)
        elif not _is_fresh(_saved_at(path)):
            shutil.rmtree(path, ignore_errors=True)


def _home(owner: int) -> Path:
    return Path(settings.DATA_DIR) / "drafts" / str(owner)


def _read(folder: Path) -> Draft:
    draft: dict[str, Any] = json.loads((folder / ANSWERS).read_text(encoding="utf-8"))
    files = [
        KeptFile(field, name, folder / str(number))
        for number, (field, name) in enumerate(draft["files"])
    ]
    return Draft(draft["place"], draft["answers"], files, draft["too_large"])


def _newest_first(home: Path) -> list[Path]:
    """The complete drafts in this folder that have not expired."""
    folders = [
        (_saved_at(folder), folder)
        for folder in (home.iterdir() if home.is_dir() else ())
        if folder.suffix != TAKEN and (folder / ANSWERS).is_file()
    ]
    return [folder for saved_at, folder in sorted(folders, reverse=True) if _is_fresh(saved_at)]


def _saved_at(folder: Path) -> int:
    """When the draft was saved, in nanoseconds; 0 if it was deleted."""
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _is_fresh(saved_at: int, lifetime: timedelta = LIFETIME) -> bool:
    return time.time() - saved_at / 1e9 < lifetime.total_seconds()
