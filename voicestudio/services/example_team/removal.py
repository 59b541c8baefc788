"""Removal of the example team, with everything that was made in its projects since.

First the projects become read-only, so that nothing new is made in them. Then the files are
deleted, then the rows in one transaction. A removal that was interrupted can be repeated: what is
gone is no failure. The entries of the audit trail stay.
"""

import logging
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import ProtectedError, Q

from voicestudio.minimax import MiniMaxError, Refused
from voicestudio.models import (
    AudioFile,
    Charge,
    CloneAttempt,
    Event,
    Membership,
    Note,
    PaidCall,
    Project,
    ProviderFile,
    Speaker,
    Speech,
    Studio,
    Verb,
    Voice,
    clock,
)
from voicestudio.services import storage
from voicestudio.services.audit import record
from voicestudio.services.paid_calls import provider, provider_files
from voicestudio.services.people import roles
from voicestudio.services.voices import bookkeeping
from voicestudio.words import Message
from voicestudio.words.example_team import CALL_UNDER_WAY, FILES_NOT_DELETED, NO_OTHER_PROJECT

from .access import example_people, require_practice

logger = logging.getLogger(__name__)

# Rows that belong to a project, those first to which no other one refers; by the names under which
# the audit trail lists them.
IN_PROJECTS: Final[dict[str, Any]] = {
    "notes": Note,
    "charges": Charge,
    "speeches": Speech,
    "attempts": CloneAttempt,
    "voices": Voice,
    "recordings": AudioFile,
    "speakers": Speaker,
}


class TeamRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """The team can't be removed now; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def remove_team(*, by: User) -> None:
    """Remove the team with its projects and all that is in them; nothing happens without one.

    A speaker who was moved to another project stays, with all that belongs to it. An example
    person who is named by something that stays is deactivated instead. Raises `TeamRefused`,
    `PracticeOnly` and `NotAllowed`.
    """
    require_practice(by)
    bookkeeping.settle_lapsed()  # so that a call whose worker has died stops nothing
    pks = _close_projects()
    _delete_at_provider(pks)
    _delete_files(_list_files(pks))
    with transaction.atomic():
        Studio.lock()
        _require_idle(pks)
        # A worker may have added one since, such as the waveform of a check.
        files = _list_files(pks)
        _record_removal(pks, by)
        _delete_rows(pks, by)
        _delete_people()
    with suppress(TeamRefused):  # logged; without its row `check_files` finds such a file
        _delete_files(files)


def _close_projects() -> list[int]:
    """Make the example projects read-only, and return their ids."""
    with transaction.atomic():
        Studio.lock()
        pks = list(Project.objects.examples().order_by("pk").values_list("pk", flat=True))
        if pks and not Project.objects.open().exclude(pk__in=pks).exists():
            raise TeamRefused(NO_OTHER_PROJECT)
        _require_idle(pks)
        _hand_over_recordings(pks)
        Project.objects.open().filter(pk__in=pks).update(archived_at=clock.now())
    return pks


def _require_idle(pks: list[int]) -> None:
    for kind in PaidCall.kinds():
        rows: Any = kind._default_manager
        if rows.under_way().filter(project__in=pks).exists():
            raise TeamRefused(CALL_UNDER_WAY)


def _hand_over_recordings(pks: list[int]) -> None:
    """Give the recordings that attempts elsewhere name to the projects of those.

    A deleted recording that two speakers shared stays behind when one of them is moved.
    """
    inside = Q(recording__project__in=pks) | Q(prompt_clip__project__in=pks)
    for attempt in CloneAttempt.objects.filter(inside).exclude(project__in=pks):
        used = Q(pk=attempt.recording_id) | Q(pk=attempt.prompt_clip_id)
        AudioFile.objects.filter(used, project__in=pks).update(project=attempt.project_id)


def _delete_at_provider(pks: list[int]) -> None:
    """Delete voices and uploads at the stand-in; what it does not answer stays there."""
    account = settings.MINIMAX_PROVIDER
    voices = Voice.objects.living().filter(project__in=pks, provider=account)
    uploads = ProviderFile.objects.living().filter(account=account)
    inside = uploads.filter(recording__project__in=pks).select_related("recording")
    shared = uploads.exclude(recording__project__in=pks).values("file_id")
    client = provider.quick_client()
    try:
        for voice in voices:
            with suppress(Refused):  # not known there
                client.delete_voice(voice.voice_id)
        for file in inside.exclude(file_id__in=shared):
            with suppress(Refused):
                provider_files.delete_file(client, file.file_id, file.recording.purpose)
    except MiniMaxError:
        logger.warning("The stand-in has kept something of the example team.", exc_info=True)


def _list_files(pks: list[int]) -> list[str]:
    """The names of all stored files in these projects."""
    names = [
        str(file)
        for recording in AudioFile.objects.filter(project__in=pks)
        for file in recording.files
    ]
    for kind in PaidCall.kinds():
        rows = kind._default_manager.filter(project__in=pks).values_list("audio", "answer_file")
        names += [name for pair in rows for name in pair if name]
    return names


def _delete_files(names: list[str]) -> None:
    try:
        for name in names:
            storage.delete(name)
    except OSError as error:
        logger.exception("A file of the example team cannot be deleted.")
        raise TeamRefused(FILES_NOT_DELETED) from error


def _record_removal(pks: list[int], by: User) -> None:
    """Say for each project what is removed, by its ids."""
    for project in Project.objects.filter(pk__in=pks):
        facts: dict[str, Any] = {}
        for name, model in IN_PROJECTS.items():
            rows = model.objects.filter(project=project).order_by("pk")
            facts[name] = list(rows.values_list("pk", flat=True))
        record(Verb.TEAM_REMOVED, by=by, on=project, project=project.pk, **facts)


def _delete_rows(pks: list[int], by: User) -> None:
    real = Membership.objects.filter(project__in=pks).exclude(person__person__is_example=True)
    for member in real.select_related("person", "project"):
        roles.set_role(member.person, member.project, None, by=by)
    objects = Q()
    for name in ("attempt", "speech", "voice", "speaker"):
        objects |= Q(**{f"{name}__project__in": pks})
    Event.objects.filter(objects).delete()
    CloneAttempt.objects.filter(parent__project__in=pks).forget_parents()
    for model in IN_PROJECTS.values():
        model.objects.filter(project__in=pks).delete()
    Project.objects.filter(pk__in=pks).delete()


def _delete_people() -> None:
    for person in example_people():
        Membership.objects.filter(person=person).delete()
        try:
            with transaction.atomic():
                person.delete()
        except ProtectedError:
            # Named by something that stays, such as a speaker who was moved to another project.
            User.objects.filter(pk=person.pk).update(is_active=False)
