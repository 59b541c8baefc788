"""Drafts: forms that were sent after the sign-in had expired, kept until the person is back.

django-formtools was looked at: it keeps the steps of one wizard in the session, while a draft can
be of any form and has to outlive the session in which it was sent.
"""

import logging
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import Error, transaction
from django.db.models import QuerySet

from voicestudio.models import Draft, DraftFile, clock

from . import storage
from .people import ended_sign_ins

logger = logging.getLogger(__name__)

# A form can be sent so long after the sign-in of its page: three days after the page was loaded,
# longer than a long weekend, with a cookie that was a day old then.
ACCEPTED_FOR: Final = timedelta(days=4)
# What was handed back is deleted at once, or after this if that was interrupted.
TAKEN_FOR: Final = timedelta(hours=1)
# For one person; the oldest drafts are deleted first.
MAX_DRAFTS: Final = 3
MAX_FILES: Final = 20
# The forms have no field with a longer name.
LONGEST_FIELD: Final = 100


class KeptFile(NamedTuple):
    """An uploaded file of a draft, not checked yet."""

    field: str
    name: str
    path: Path


class ReturnedDraft(NamedTuple):
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
    too_large: bool,
) -> bool:
    """Save the form for the user with the id `owner` only; of each file its field and its name.

    False if the files could not be stored: the text is saved without them.
    """
    delete_old_drafts()
    # PostgreSQL stores no null characters.
    answers = {name: value.replace("\0", "") for name, value in answers.items()}
    draft = Draft(owner_id=owner, place=place, answers=answers, too_large=too_large)
    has_files = True
    try:
        _save_with_files(draft, files)
    except OSError:
        logger.exception("A draft is saved without its files, which cannot be stored.")
        has_files = False
        _save_with_files(draft, ())
    # By id, so that of two forms that arrive at once the later one stays.
    earlier = Draft.objects.filter(owner=owner, taken_at=None, pk__lt=draft.pk)
    replaced = [*earlier.filter(place=place)]
    surplus = earlier.exclude(place=place).order_by("-saved_at", "-pk")[MAX_DRAFTS - 1 :]
    for other in (*replaced, *surplus):
        delete_draft(other, earlier)
    return has_files


def take_drafts(owner: int) -> Iterator[ReturnedDraft]:
    """Yield each draft of this user once; its files are deleted when the next one is requested.

    A draft whose files cannot be read now waits for the next time.
    """
    delete_old_drafts()
    waiting = Draft.objects.filter(owner=owner, taken_at=None)
    for draft in waiting.order_by("-saved_at", "-pk"):
        if not waiting.filter(pk=draft.pk).update(taken_at=clock.now()):
            continue  # another request has just taken it
        with ExitStack() as opened:
            try:
                returned = _read(draft, opened)
            except OSError:
                logger.exception("A draft waits, because its files cannot be read now.")
                Draft.objects.filter(pk=draft.pk).update(taken_at=None)
                continue
            yield returned
        _delete(draft)


def delete_old_drafts() -> None:
    """Delete drafts that were handed back, and sign-ins whose drafts would be too old anyway.

    How long other drafts wait is a rule of the retention.
    """
    now = clock.now()
    for draft in Draft.objects.filter(taken_at__lte=now - TAKEN_FOR):
        _delete(draft)
    ended_sign_ins.forget_ended(now - ACCEPTED_FOR)


def delete_draft(draft: Draft, due: "QuerySet[Draft]") -> bool:
    """Delete the draft unless it has left `due`; return whether it was still among them.

    Taken first, so that it is not handed back while its files are deleted.
    """
    rows = Draft.objects.filter(pk__in=due.filter(pk=draft.pk).values("pk"), taken_at=None)
    if not rows.update(taken_at=clock.now()):
        return False
    _delete(draft)
    return True


def _save_with_files(draft: Draft, files: Iterable[tuple[str, str, TemporaryUploadedFile]]) -> None:
    """Store the files, then write the rows; after an error neither is left."""
    kept: list[DraftFile] = []
    try:
        for field, name, upload in islice(files, MAX_FILES):
            file = DraftFile(
                draft=draft, field=field[:LONGEST_FIELD], name=name.replace("\0", ""),
                bytes=upload.size or 0,
            )  # fmt: skip
            file.content.save(secrets.token_hex(16), upload, save=False)
            kept.append(file)
        with transaction.atomic():
            draft.save()
            DraftFile.objects.bulk_create(kept)
    except (Error, OSError):
        for file in kept:
            with suppress(OSError):
                storage.delete(file.content)
        raise


def _read(draft: Draft, opened: ExitStack) -> ReturnedDraft:
    """The draft with its files, which are on this machine until `opened` is closed."""
    files = []
    for file in draft.files.order_by("pk"):
        try:
            path = opened.enter_context(storage.local_file(file.content))
        except FileNotFoundError:
            logger.warning("%s of a draft is missing.", file.content)
            continue
        files.append(KeptFile(file.field, file.name, path))
    answers: dict[str, Any] = draft.answers
    return ReturnedDraft(draft.place, answers, files, draft.too_large)


def _delete(draft: Draft) -> None:
    """Delete a draft and its files; if the files cannot be deleted now, a later round does it."""
    try:
        for file in draft.files.all():
            storage.delete(file.content)
    except OSError:
        logger.exception("The files of a draft are deleted later.")
        Draft.objects.filter(pk=draft.pk, taken_at=None).update(taken_at=clock.now())
        return
    draft.delete()
