"""Waveforms: draws the audio of a paid call once it is stored and can be played.

A child process decodes the audio, which takes longer than everything else after the answer. The
call is ready before that, and it stays ready if its audio cannot be decoded.
"""

import logging
from typing import Any, Final
from uuid import uuid4

from voicestudio.audio import AudioProblem, isolated
from voicestudio.models import CallStatus, PaidCall
from voicestudio.services import storage

from . import leases

logger = logging.getLogger(__name__)

# A worker's thread waits for this.
TIMEOUT_S: Final = 20.0
# At most so many are drawn in one round.
BATCH: Final = 100


def draw_waveform(call: PaidCall) -> None:
    """Write waveform, length and loudness of the stored audio; without them it can still be played.

    The lease of the call says that this is under way, and ends with it.
    """
    columns: dict[str, Any] = {"lease_until": None}
    try:
        with storage.local_file(call.audio) as path:
            waveform = isolated.read_waveform(path, timeout=TIMEOUT_S)
    except (AudioProblem, OSError, RuntimeError, ValueError):  # ValueError: deleted meanwhile
        name = call._meta.model_name
        logger.warning("The audio of %s %s has no waveform.", name, call.pk, exc_info=True)
    else:
        columns |= {
            "audio_peaks": waveform.peaks,
            "audio_duration_ms": waveform.duration_ms,
            "audio_lufs": waveform.loudness_lufs,
        }
    call.advance(held_as=(CallStatus.READY,), **columns)


def draw_lost_waveforms() -> None:
    """Draw once more what a worker was drawing when it died.

    This try holds no lease: if this worker dies as well, there is no third one.
    """
    for kind in PaidCall.kinds():
        calls: Any = kind._default_manager
        lost = calls.lapsed().filter(status=CallStatus.READY).exclude(audio="")
        for pk in list(lost.values_list("pk", flat=True)[:BATCH]):
            if lost.filter(pk=pk).update(claim=uuid4(), worker=leases.worker, lease_until=None):
                draw_waveform(calls.get(pk=pk))
