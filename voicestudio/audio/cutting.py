"""Audio: a piece of a recording, cut at quiet places so that no click is heard.

PyAV and numpy are imported through `piece` only when something is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import rules
from .problems import AudioProblem


@dataclass(frozen=True, slots=True)
class Cut:
    """What was cut: from where to where in the source (ms), and the extension of what it is."""

    start_ms: int
    end_ms: int
    extension: Literal["wav", "mp3"]


def cut(source: Path, target: Path, start_ms: int, end_ms: int) -> Cut:
    """Write `start_ms`..`end_ms` of `source` to `target`, as a file that the provider takes.

    Each end moves by up to 50 ms to the quietest place and fades over 5 ms; the length stays
    within 50 ms of what was asked, and on the same side of the provider's limits (10 s stay 10 s).
    An end behind the end of the recording is its end. The file is a wav of 16 bits up to 8 MB,
    else an mp3 of 192 kbit/s, whatever `target` is called; channels and rate as in
    `encoding.shape`. Works from any place of a source of 2 hours without decoding what lies
    before, where the container can seek, and in memory that does not grow.

    Raises ValueError for an empty stretch, AudioProblem like `inspect`: too_large (source beyond
    1 GiB), too_short (it begins behind the end of the recording), too_long (more than 800 s).
    `target` does not exist then.
    """
    if not 0 <= start_ms < end_ms:
        raise ValueError(f"nothing lies between {start_ms} and {end_ms} ms")
    rules.check_file(source, rules.LONG_MAX_BYTES)
    if end_ms - start_ms > rules.PIECE_MAX_MS:
        raise AudioProblem("too_long", duration_ms=end_ms - start_ms, limit_ms=rules.PIECE_MAX_MS)
    from .piece import write_piece  # heavy, see above

    try:
        start, end, extension = write_piece(source, target, start_ms, end_ms)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return Cut(start, end, extension)
