"""Judging: the sample doctor listens to a recording, in the worker, as soon as it is here."""

import logging
import tempfile
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from voicestudio.audio import AudioProblem, isolated
from voicestudio.models import AudioFile

logger = logging.getLogger(__name__)

# From here on a better part may be proposed even though nothing was found wrong.
LONG_MS: Final = 120_000
# A recording of which nothing was heard for this long has lost its job: who listens says every
# second how far it is. Judging twice would do no harm.
LOST_AFTER: Final = timedelta(seconds=90)


@task()
def judge_recording(pk: int) -> None:
    """The worker's job: a verdict for one recording."""
    judge(pk)


def judge(pk: int) -> None:
    """Listen to the recording and write down what is found; nothing if it is gone meanwhile."""
    recording = AudioFile.objects.filter(pk=pk, checked_at__isnull=True).exclude(file="").first()
    if recording is None:
        return
    try:
        found = _listen(recording)
    except (AudioProblem, OSError, RuntimeError):
        # It was taken in, so it can be heard and sent; there is only no opinion about it.
        logger.exception("Recording %s could not be judged.", pk)
        found = {}
    envelope = found.pop("envelope", "")
    kept = AudioFile.objects.filter(pk=pk, checked_at__isnull=True).update(
        checked_at=timezone.now(), envelope=envelope, **found
    )
    if not kept and envelope:
        recording.envelope.storage.delete(envelope)


def check_again(recording: AudioFile) -> bool:
    """Have a recording listened to that has no verdict yet; False if it has one, or no copy."""
    waiting = AudioFile.objects.filter(pk=recording.pk, verdict="").exclude(file="")
    with transaction.atomic():
        asked = waiting.update(check_started_at=timezone.now(), checked_at=None, checked_ms=None)
        if asked:
            judge_recording.enqueue(recording.pk)
    return bool(asked)


def take_up() -> int:
    """Hand out again the recordings whose job was lost; how many."""
    now = timezone.now()
    lost = AudioFile.objects.filter(checked_at=None, check_started_at__lt=now - LOST_AFTER)
    pks = list(lost.exclude(file="").values_list("pk", flat=True)[:50])
    AudioFile.objects.filter(pk__in=pks).update(check_started_at=now, checked_ms=None)
    for pk in pks:
        judge_recording.enqueue(pk)
    return len(pks)


def _goes_on(pk: int, heard_s: float) -> None:
    """Write down how far the hearing is; it is a sign of life, too."""
    unjudged = AudioFile.objects.filter(pk=pk, checked_at__isnull=True)
    unjudged.update(checked_ms=round(heard_s * 1000), check_started_at=timezone.now())


def _listen(recording: AudioFile) -> dict[str, Any]:
    """Verdict, findings, figures, advice, passages and the envelope's place in our storage.

    Any window of the recording is shown at once from the envelope.
    """
    path = Path(recording.file.path)
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        drawn = Path(folder) / "envelope"
        analysis = isolated.analyze(
            path,
            drawn,
            purpose=recording.purpose,
            suggest_from_ms=LONG_MS,
            progress=partial(_goes_on, recording.pk),
        )
        with drawn.open("rb") as content:
            recording.envelope.save(f"{path.stem}.envelope", File(content), save=False)
    told = asdict(analysis.report)
    told["figures"] = told.pop("metrics")
    parts = {"best": analysis.suggestion.best, "prompt": analysis.suggestion.prompt}
    told["passages"] = {
        name: {"start_ms": part.start_ms, "end_ms": part.end_ms, "reasons": part.reasons}
        for name, part in parts.items()
        if part is not None
    }
    return told | {"envelope": recording.envelope.name or ""}
