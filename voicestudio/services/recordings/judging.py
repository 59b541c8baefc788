"""Judging: the sample doctor listens to a recording, in the worker, as soon as it is here."""

import logging
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files import File
from django.tasks import task
from django.utils import timezone

from voicestudio.audio import AudioProblem, isolated
from voicestudio.models import AudioFile, Purpose

logger = logging.getLogger(__name__)

# From here on a better part may be proposed even though nothing was found wrong.
LONG_MS: Final = 120_000
# A recording that is not judged after this long has lost its job.
LOST_AFTER: Final = timedelta(seconds=30)
LOST_FOR_GOOD: Final = timedelta(days=1)


@task()
def judge_recording(pk: int) -> None:
    """The worker's job: a verdict for one recording."""
    judge(pk)


def judge(pk: int) -> None:
    """Listen to the recording and write down what is found; nothing if it is gone meanwhile."""
    recording = AudioFile.objects.filter(pk=pk, judged_at__isnull=True).exclude(file="").first()
    if recording is None:
        return
    try:
        found = _listen(recording)
    except (AudioProblem, OSError, RuntimeError):
        # It was taken in, so it can be heard and sent; there is only no opinion about it.
        logger.exception("Recording %s could not be judged.", pk)
        found = {}
    envelope = found.pop("envelope", "")
    kept = AudioFile.objects.filter(pk=pk, judged_at__isnull=True).update(
        judged_at=timezone.now(), envelope=envelope, **found
    )
    if not kept and envelope:
        recording.envelope.storage.delete(envelope)


def take_up() -> int:
    """Hand out again the recordings whose job was lost; how many."""
    now = timezone.now()
    lost = AudioFile.objects.filter(
        judged_at__isnull=True,
        created_at__lt=now - LOST_AFTER,
        created_at__gt=now - LOST_FOR_GOOD,
    ).exclude(file="")
    pks = list(lost.values_list("pk", flat=True)[:50])
    for pk in pks:
        judge_recording.enqueue(pk)
    return len(pks)


def _listen(recording: AudioFile) -> dict[str, Any]:
    """Verdict, findings, figures, advice, passages and the envelope's place in our storage."""
    path = Path(recording.file.path)
    clip = recording.purpose == Purpose.PROMPT
    examination = isolated.examine(path, purpose="prompt_audio" if clip else "voice_clone")
    found: dict[str, Any] = {
        "verdict": examination.verdict,
        "findings": [finding.as_dict() for finding in examination.findings],
        "figures": examination.measures,
        "advice": examination.advice,
        "envelope": _envelope(recording, path),
    }
    worth_it = (recording.duration_ms or 0) > LONG_MS or bool(examination.findings)
    if worth_it and not clip:
        suggestion = isolated.suggest(path)
        parts = {"best": suggestion.best, "prompt": suggestion.prompt}
        found["passages"] = {
            name: {"start_ms": part.start_ms, "end_ms": part.end_ms, "reasons": part.reasons}
            for name, part in parts.items()
            if part is not None
        }
    return found


def _envelope(recording: AudioFile, path: Path) -> str:
    """Draw the recording once, so that any window of it can be shown at once."""
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        drawn = Path(folder) / "envelope"
        isolated.write_envelope(path, drawn)
        with drawn.open("rb") as content:
            recording.envelope.save(f"{path.stem}.envelope", File(content), save=False)
    return recording.envelope.name or ""
