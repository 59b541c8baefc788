"""Audio: the waveform of a long recording, drawn from any window of it at once.

An envelope file holds one byte for every 20 ms, and the same coarser by 8 and by 64 and so on:
whatever the window, some thousand bytes are read. Reading needs no library.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from . import rules
from .measures import Measures

if TYPE_CHECKING:
    from .envelope import Envelope

_MARK: Final = b"VSE1"
_HEAD: Final = struct.Struct("<4sBxHIQ")  # mark, levels, bytes a second, entries, duration in ms
PER_SECOND: Final = 50
COARSER: Final = 8  # from level to level
_FEWEST: Final = 200  # entries in the coarsest level, or it would not be worth its bytes
_BARS_MAX: Final = 2000
_PEAK_SHARE: Final = 0.4  # of a bar, as in `envelope`


def write_envelope(path: Path, target: Path, *, longest_ms: int = rules.LONG_MAX_MS) -> Measures:
    """Hear a long recording once; write its envelope to `target` and give its measures.

    About 200 KB an hour. Raises AudioProblem too_large (beyond 1 GiB), too_long (beyond
    `longest_ms`), empty, not_audio, damaged, video, no_audio; `target` does not exist then.
    """
    rules.check_file(path, rules.LONG_MAX_BYTES)
    from .envelope import Envelope  # heavy: numpy and PyAV
    from .measuring import measure

    envelope = Envelope()
    measures = measure(path, limit_ms=longest_ms, envelope=envelope)
    write(envelope, measures.duration_ms, target)
    return measures


def write(envelope: Envelope, duration_ms: int, target: Path) -> None:
    """Write what was gathered of a recording; `target` does not exist after a problem."""
    levels = envelope.levels(PER_SECOND, coarser=COARSER, fewest=_FEWEST)
    head = _HEAD.pack(_MARK, len(levels), PER_SECOND, len(levels[0]), duration_ms)
    try:
        target.write_bytes(head + b"".join(levels))
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def shape_of(envelope_file: Path, start_ms: int, end_ms: int, bars: int = 220) -> list[int]:
    """So many bars 0..100 of equal time for `start_ms`..`end_ms`; 100 is the loudest of the file.

    Bars behind the end of the recording are 0. Raises ValueError for an empty window, for more
    than 2,000 bars, and for a file that is no envelope; OSError if there is none.
    """
    if not start_ms < end_ms or not 0 < bars <= _BARS_MAX:
        raise ValueError(f"{bars} bars from {start_ms} to {end_ms} ms cannot be drawn")
    with envelope_file.open("rb") as file:
        level = _level(file, (end_ms - start_ms) / 1000 / bars)
        per_ms = level.per_second / 1000
        first = max(0, min(level.count, int(start_ms * per_ms)))
        last = max(first, min(level.count, int(end_ms * per_ms) + 1))
        file.seek(level.offset + first)
        values = file.read(last - first)
    edges = [
        (start_ms + (end_ms - start_ms) * bar / bars) * per_ms - first for bar in range(bars + 1)
    ]
    return [_bar(values, edges[bar], edges[bar + 1]) for bar in range(bars)]


def duration_of(envelope_file: Path) -> int:
    """The length (ms) of the recording. Raises ValueError, OSError like `shape_of`."""
    with envelope_file.open("rb") as file:
        return _head(file)[2]


@dataclass(frozen=True, slots=True)
class _Level:
    offset: int  # of its first byte
    count: int
    per_second: float


def _head(file: BinaryIO) -> tuple[int, int, int]:
    """Levels, entries of the finest one, and length in ms."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or not head.startswith(_MARK):
        raise ValueError("this is no envelope")
    _, levels, per_second, count, duration_ms = _HEAD.unpack(head)
    if per_second != PER_SECOND:
        raise ValueError("this is no envelope of ours")
    return levels, count, duration_ms


def _level(file: BinaryIO, bar_s: float) -> _Level:
    """The coarsest level of which a bar of so many seconds has at least two entries."""
    levels, count, _ = _head(file)
    offset, per_second = _HEAD.size, float(PER_SECOND)
    for _ in range(levels - 1):
        if per_second / COARSER * bar_s < 2:
            break
        offset += count
        count = -(-count // COARSER)
        per_second /= COARSER
    return _Level(offset, count, per_second)


def _bar(values: bytes, start: float, end: float) -> int:
    """What a bar touches, as 0..100; a short sound does not vanish among silence."""
    first = max(0, int(start + 1e-6))
    touched = values[first : max(first + 1, int(end - 1e-6) + 1)]
    if not touched or end <= 0:
        return 0
    mean = math.sqrt(sum(value * value for value in touched) / len(touched))
    return round(((1 - _PEAK_SHARE) * mean + _PEAK_SHARE * max(touched)) / 2.55)
