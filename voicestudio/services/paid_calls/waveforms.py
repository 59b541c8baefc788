"""Waveforms: draws the audio of a paid call once it is stored and can be played.

A child process decodes the audio, which takes longer than everything else after the answer. The
call is ready before that, and it stays ready if its audio cannot be decoded.
"""

import logging
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from voicestudio.audio import AudioProblem, isolated
from voicestudio.models import CallStatus, PaidCall, clock
from voicestudio.services import storage

from . import leases

logger = logging.getLogger(__name__)

# A worker's thread waits for this.
TIMEOUT_S: Final = 20.0
# At most so many are drawn in one round.
BATCH: Final = 100
# Audio that cannot be read is tried again for so long after it was stored.
TRIED_FOR: Final = timedelta(days=1)


def draw_waveform(call: PaidCall) -> bool:
    """Write waveform, length and loudness of the stored audio; without them it can still be played.

    The lease of the call says that this is under way, and ends with it. False if the file could not
    be read now: the lease then goes on without a worker, and when it has run out, the audio is
    drawn again.
    """
    columns: dict[str, Any] = {"lease_until": None}
    name = call._meta.model_name
    is_put_off = False
    try:
        with storage.local_file(call.audio) as path:
            waveform = isolated.read_waveform(path, timeout=TIMEOUT_S)
    except (AudioProblem, ValueError):  # ValueError: deleted meanwhile
        logger.warning("The audio of %s %s has no waveform.", name, call.pk, exc_info=True)
    except (OSError, RuntimeError) as error:  # of the storage or of this machine, not of the audio
        is_put_off = _may_be_read_later(call, error)
        yet = " yet" if is_put_off else ""
        logger.warning("The audio of %s %s has no waveform%s: %r", name, call.pk, yet, error)
        columns["lease_until"] = leases.lease_end() if is_put_off else None
    else:
        columns |= {
            "audio_peaks": waveform.peaks,
            "audio_duration_ms": waveform.duration_ms,
            "audio_lufs": waveform.loudness_lufs,
        }
    call.advance(held_as=(CallStatus.READY,), **columns)
    return not is_put_off


def _may_be_read_later(call: PaidCall, error: Exception) -> bool:
    if isinstance(error, FileNotFoundError) and not storage.is_away(call.audio):
        return False
    return clock.now() - (call.audio_saved_at or call.created_at) < TRIED_FOR


def draw_lost_waveforms() -> None:
    """Draw once more what a worker was drawing when it died, and what could not be read then.

    This try holds no lease: if this worker dies as well, there is no third one. A file that cannot
    be read ends the round, since others most likely cannot either; it is the last of the next one.
    """
    for kind in PaidCall.kinds():
        calls: Any = kind._default_manager
        lost = calls.lapsed().filter(status=CallStatus.READY).exclude(audio="")
        for pk in list(lost.order_by("lease_until").values_list("pk", flat=True)[:BATCH]):
            taken = lost.filter(pk=pk).update(claim=uuid4(), worker=leases.worker, lease_until=None)
            if taken and not draw_waveform(calls.get(pk=pk)):
                break
