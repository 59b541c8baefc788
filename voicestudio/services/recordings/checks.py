"""Checks: the worker checks a recording as soon as it is stored."""

import logging
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.core.files import File
from django.db import connection, transaction
from django.db.models import Q
from django.tasks import task

from voicestudio.audio import TRIED_CODE, AudioProblem, is_outdated, isolated
from voicestudio.models import Action, AudioFile, clock
from voicestudio.services import storage
from voicestudio.services.permissions import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from voicestudio.audio import VerdictCode

logger = logging.getLogger(__name__)

# From this length on a better passage is suggested even if nothing was found wrong.
LONG_MS: Final = 120_000
# A running check reports its progress every second; without a report its job is lost. A second
# check of a recording does no harm.
LOST_AFTER: Final = timedelta(seconds=90)
# Checks have threads of their own, because one may take minutes, and a paid call must not wait for
# it. What they have not started when the worker ends is queued again as a lost check.
THREADS: Final = 2
TRIALS: Final = 2  # of a clean copy: its process may lack memory or time once
_threads: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="check")
_handed_over: Final[set[int]] = set()
_lock: Final = threading.Lock()


@task()
def check_recording(pk: int) -> None:
    """The worker's job: hand one recording over to the threads of the checks."""
    with _lock:
        if pk in _handed_over:  # it still waits for a thread and was taken for lost
            return
        _handed_over.add(pk)
    _threads.submit(_run_handed_over, pk)


def _run_handed_over(pk: int) -> None:
    try:
        run_check(pk)
    except Exception:
        # `submit` would keep the error to itself.
        logger.exception("The check of recording %s failed.", pk)
    finally:
        connection.close()
        with _lock:
            _handed_over.discard(pk)


def run_check(pk: int) -> None:
    """Check the recording, try a clean copy if needed and make its playable copy.

    Each step is saved on its own and left out if it was done before. Raises StorageAway if the
    bucket does not answer: the check is then lost, and the worker queues it again.
    """
    _check(pk)
    _try_cleanup(pk)
    _make_playable(pk)


def ensure_playable(recording: AudioFile) -> None:
    """Have a playable copy made if a recording that was checked long ago needs one.

    A player asks for many ranges of one file; only the first request enqueues the job.
    """
    if recording.playable_at is not None or recording.checked_at is None or not recording.has_file:
        return
    now = clock.now()
    idle = Q(check_started_at=None) | Q(check_started_at__lt=now - LOST_AFTER)
    undecided = AudioFile.objects.filter(idle, pk=recording.pk, playable_at=None)
    if undecided.update(check_started_at=now):
        check_recording.enqueue(recording.pk)


def _make_playable(pk: int) -> None:
    """Store the copy for players, if one is needed."""
    undecided = AudioFile.objects.filter(pk=pk, playable_at=None).exclude(file="")
    recording = undecided.first()
    if recording is None:
        return
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        copy = Path(folder) / "playable"
        try:
            with storage.local_file(recording.file) as path:
                made = isolated.make_playable(path, copy, duration_ms=recording.duration_ms or 0)
            if made.written:
                with copy.open("rb") as content:
                    recording.playable.save(f"{_stem(recording)}.mp3", File(content), save=False)
        except storage.StorageAway:
            raise
        except (AudioProblem, OSError, RuntimeError):
            # Players use the recording itself, as most browsers play most formats.
            logger.exception("Recording %s has no playable copy.", pk)
    name = recording.playable.name or ""
    if not undecided.update(playable=name, playable_at=clock.now()) and name:
        storage.delete(name)


def _check(pk: int) -> None:
    """Check the recording and save the report; does nothing if it was deleted meanwhile."""
    unchecked = AudioFile.objects.filter(pk=pk, checked_at=None, trying_cleanup=False)
    recording = unchecked.exclude(file="").first()
    if recording is None:
        return
    earlier_envelope = recording.envelope.name or ""
    try:
        report = _analyze(recording)
    except storage.StorageAway:
        raise
    except (AudioProblem, OSError, RuntimeError):
        # It was accepted at upload, so it can be played and sent; it only has no new verdict.
        logger.exception("Recording %s could not be checked.", pk)
        unchecked.update(checked_at=clock.now())
        return
    saved = unchecked.exclude(file="").update(**report)
    unused_envelope = earlier_envelope if saved else report["envelope"]
    if unused_envelope:
        storage.delete(unused_envelope)


def _try_cleanup(pk: int) -> None:
    """Save whether a clean copy helps against the finding of the check, which ends with that."""
    untried = AudioFile.objects.filter(pk=pk, checked_at=None, trying_cleanup=True)
    recording = untried.exclude(file="").first()
    if recording is None:
        return
    # Every report has an envelope of its own. So the result of this trial is not written to what
    # was deleted or checked again meanwhile.
    tried = untried.filter(envelope=recording.envelope.name)
    findings = _with_trial(recording.findings, _cleanup_helps(recording))
    tried.update(findings=findings, trying_cleanup=False, checked_at=clock.now())


def _cleanup_helps(recording: AudioFile) -> bool | None:
    """Whether a clean copy helps; None if none could be made."""
    for number in range(1, TRIALS + 1):
        try:
            return _try_copy(recording)
        except storage.StorageAway:
            raise
        except (AudioProblem, OSError, RuntimeError):
            logger.exception(
                "Trial %s of a clean copy of recording %s failed.", number, recording.pk
            )
    return None


def _try_copy(recording: AudioFile) -> bool:
    with (
        tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder,
        storage.local_file(recording.file) as path,
    ):
        copy = Path(folder) / "copy"
        verdict = cast("VerdictCode", recording.verdict)
        trial = isolated.try_cleanup(path, copy, purpose=recording.purpose, verdict=verdict)
    return trial.helps


def _with_trial(findings: list[dict[str, Any]], helps: bool | None) -> list[dict[str, Any]]:
    """The findings with the result of the trial."""
    return [
        finding | {"clean_copy_helps": helps} if finding["code"] == TRIED_CODE else finding
        for finding in findings
    ]


def check_again(recording: AudioFile, *, by: "User") -> bool:
    """Queue a check of a recording; False if it has a verdict of this version, or no file.

    A verdict of an earlier version stays until the new one is there.
    """
    require(by, Action.UPLOAD, recording.project_id)
    waiting = AudioFile.objects.filter(pk=recording.pk).exclude(file="")
    if not is_outdated(recording.figures):
        waiting = waiting.filter(verdict="")
    with transaction.atomic():
        queued = waiting.update(
            check_started_at=clock.now(), checked_at=None, checked_ms=None, trying_cleanup=False
        )
        if queued:
            check_recording.enqueue(recording.pk)
    return bool(queued)


def requeue_lost_checks() -> int:
    """Queue the checks whose job was lost again; return how many."""
    now = clock.now()
    # A clock that was ahead may have written when it started.
    is_lost = Q(check_started_at__lt=now - LOST_AFTER) | Q(check_started_at__gt=now + LOST_AFTER)
    lost = AudioFile.objects.filter(is_lost, checked_at=None)
    # In the order of the index: in that of the ids, SQLite would read all recordings.
    rows = lost.exclude(file="").order_by("check_started_at")
    pks = list(rows.values_list("pk", flat=True)[:50])
    AudioFile.objects.filter(pk__in=pks).update(check_started_at=now, checked_ms=None)
    for pk in pks:
        check_recording.enqueue(pk)
    return len(pks)


def _record_progress(pk: int, position_s: float) -> None:
    """Save how far the check is, which also shows that it is running."""
    unchecked = AudioFile.objects.filter(pk=pk, checked_at__isnull=True)
    unchecked.update(checked_ms=round(position_s * 1000), check_started_at=clock.now())


def _stem(recording: AudioFile) -> str:
    """The name of the recording's file without its extension, for what is made of it."""
    return PurePosixPath(str(recording.file)).stem


def _analyze(recording: AudioFile) -> dict[str, Any]:
    """The columns of the report; the envelope, for waveforms of any zoom, is stored already."""
    no_note: dict[str, Any] = {}
    notes = (note for note in recording.notes if note["code"] == "low_bit_rate")
    compression = next(notes, no_note)
    with (
        tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder,
        storage.local_file(recording.file) as path,
    ):
        envelope = Path(folder) / "envelope"
        analysis = isolated.analyze(
            path,
            envelope,
            purpose=recording.purpose,
            suggest_from_ms=LONG_MS,
            source_codec=compression.get("codec", ""),
            source_kbps=compression.get("kbps", 0),
            progress=partial(_record_progress, recording.pk),
        )
        with envelope.open("rb") as content:
            recording.envelope.save(f"{_stem(recording)}.envelope", File(content), save=False)
    columns = asdict(analysis.report)
    columns["figures"] = columns.pop("metrics")
    passages = {"best": analysis.suggestion.best, "prompt": analysis.suggestion.prompt}
    columns["passages"] = {
        name: {"start_ms": passage.start_ms, "end_ms": passage.end_ms, "reasons": passage.reasons}
        for name, passage in passages.items()
        if passage is not None
    }
    is_tried = analysis.report.needs_cleanup_trial
    return columns | {
        "envelope": recording.envelope.name or "",
        "trying_cleanup": is_tried,
        "check_started_at": clock.now(),
        "checked_at": None if is_tried else clock.now(),
    }
