"""System: what an administrator wants to know of the installation, and a check of its key."""

import platform
import shutil
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.db import connection

from voicestudio import __version__
from voicestudio.minimax import MiniMaxError, Reason, Refused
from voicestudio.models import Action, AttemptState, Machine, Studio, Worker, clock
from voicestudio.words import Message, Trouble
from voicestudio.words.codes import NO_CREDIT_CODES
from voicestudio.words.system import (
    KEY_WORKS,
    LITTLE_ROOM,
    MISMATCH_CODES,
    NO_BACKUP,
    NO_LIST,
    NO_QUEUE,
    NO_WORKER,
    PRACTICE,
    message_for_clock,
    message_for_mismatch,
)

from . import machines, queue, queue_storage
from .metrics import KINDS, get_waiting
from .paid_calls import call_log, provider
from .permissions import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# A refusal for lack of credit is looked for in so many of the newest failed calls of each kind.
NEWEST: Final = 200
LONGEST_LICENCE: Final = 60
# Below this part of the data folder, room is short.
LEAST_FREE: Final = 0.1
# Parts that are no packages.
OWN_PARTS: Final = (
    ("Figtree (typeface)", "", "OFL-1.1"),
    ("Silero VAD (speech detector)", "", "MIT"),
)


@dataclass(frozen=True)
class KeyCheck:
    """The result of a free call; `ok` is None if it says nothing about the key."""

    ok: bool | None
    message: Message


@dataclass(frozen=True)
class Part:
    """A package that the studio uses."""

    name: str
    version: str
    licence: str


@dataclass(frozen=True)
class SystemReport:
    """The installation at this moment; times are None for never, `jobs` for an unread queue."""

    host: str
    balance_error_at: datetime | None
    workers: list[Worker]
    # The living machines by their secret key, if there are several keys.
    different_keys: list[list[Machine]]
    # By how much the clock of this machine is ahead of the database's.
    clock_ahead: timedelta
    disk_total: int
    disk_free: int
    has_bucket: bool
    queue_kind: str
    jobs: int | None
    waiting: int
    oldest_waiting_at: datetime | None
    queue_replaced_at: datetime | None
    versions: dict[str, str]
    last_backup_at: datetime | None
    parts: tuple[Part, ...]

    @property
    def failures(self) -> list[Message]:
        """What stops the studio's work."""
        found = {NO_WORKER: not self.workers, NO_QUEUE: self.jobs is None}
        return [message for message, holds in found.items() if holds]

    @property
    def needs_backup(self) -> bool:
        """Whether a backup is needed: data of practice mode is worth none."""
        return not settings.PRACTICE_MODE

    @property
    def warnings(self) -> list[Message]:
        """What will do harm later."""
        found = {
            LITTLE_ROOM: self.disk_free < self.disk_total * LEAST_FREE,
            NO_BACKUP: self.needs_backup and not self.last_backup_at,
        }
        messages = [message for message, holds in found.items() if holds]
        if abs(self.clock_ahead) >= clock.LARGEST_DIFFERENCE:
            messages.append(message_for_clock(socket.gethostname(), clock.now(), self.clock_ahead))
        return messages


def get_report(*, by: "User") -> SystemReport:
    """What is known without asking MiniMax. Raises `NotAllowed` unless `by` may see it."""
    require(by, Action.SEE_SYSTEM)
    disk = shutil.disk_usage(settings.DATA_DIR)
    waiting = [get_waiting(model) for model in KINDS.values()]
    return SystemReport(
        host=_host(),
        balance_error_at=_last_balance_error(),
        workers=list(Worker.objects.alive().order_by("host", "pid")),
        different_keys=machines.find_different_keys(),
        clock_ahead=clock.machine_ahead(),
        disk_total=disk.total,
        disk_free=disk.free,
        has_bucket=bool(settings.STORAGE_URL),
        queue_kind=_queue_kind(),
        jobs=queue.count_jobs(),
        waiting=sum(each.count for each in waiting),
        oldest_waiting_at=min((each.oldest for each in waiting if each.oldest), default=None),
        queue_replaced_at=queue_storage.last_replaced_at(Path(settings.SQLITE_QUEUE["filename"])),
        versions=_versions(),
        last_backup_at=Studio.current().last_backup_at,
        parts=list_parts(),
    )


def check_key(*, by: "User") -> KeyCheck:
    """Make a free call, and say whether MiniMax accepts the key at this address."""
    require(by, Action.CHECK_KEY)
    if settings.PRACTICE_MODE:
        return KeyCheck(None, PRACTICE)
    try:
        provider.quick_client().list_voices("voice_cloning")
    except Refused as error:
        if error.reason is Reason.UNSUPPORTED:
            return KeyCheck(None, NO_LIST)
        if error.status_code in MISMATCH_CODES or error.http_status in (401, 403):
            return KeyCheck(False, message_for_mismatch(_host()))
        return KeyCheck(None, call_log.message_for_free_call(error))
    except MiniMaxError as error:
        return KeyCheck(None, call_log.message_for_free_call(error))
    return KeyCheck(True, KEY_WORKS)


def _host() -> str:
    return urlsplit(settings.MINIMAX_BASE_URL).hostname or ""


def _last_balance_error() -> datetime | None:
    """When a paid call was last refused for lack of credit, among the newest failed ones."""
    times = list[datetime]()
    for model in KINDS.values():
        calls: Any = model._default_manager
        failed = calls.filter(status=AttemptState.FAILED).order_by("-pk")[:NEWEST]
        columns = ("finished_at", "status_code", "http_status", "trouble")
        for finished_at, code, http_status, trouble in failed.values_list(*columns):
            lacks_credit = code in NO_CREDIT_CODES or trouble == Trouble.NO_CREDIT
            if finished_at and (lacks_credit or http_status == 402):
                times.append(finished_at)
    return max(times, default=None)


def _queue_kind() -> str:
    if not settings.QUEUE_URL:
        return "SQLite"
    return "PostgreSQL" if settings.QUEUE_URL == "postgres" else "Redis"


def _versions() -> dict[str, str]:
    database = ".".join(map(str, connection.get_database_version()))
    return {
        "Voice Studio": __version__,
        "Python": platform.python_version(),
        "Django": django.get_version(),
        connection.display_name: database,
    }


@lru_cache(maxsize=1)
def list_parts() -> tuple[Part, ...]:
    """Every installed package with its licence, by name; read once."""
    installed = {
        str(each.metadata["Name"]): Part(str(each.metadata["Name"]), each.version, _licence(each))
        for each in distributions()
        if each.metadata["Name"]
    }
    parts = [*installed.values(), *(Part(*own) for own in OWN_PARTS)]
    return tuple(sorted(parts, key=lambda part: part.name.lower()))


def _licence(package: Distribution) -> str:
    """The licence that the package states; some put its whole text there."""
    metadata = package.metadata
    classifiers = [each.rpartition(" :: ")[2] for each in metadata.get_all("Classifier") or []
                   if each.startswith("License :: ")]  # fmt: skip
    stated = str(metadata.get("License-Expression") or "")
    short = str(metadata.get("License") or "").strip().partition("\n")[0]
    own = short if len(short) <= LONGEST_LICENCE else ""
    return stated or ", ".join(classifiers) or own
