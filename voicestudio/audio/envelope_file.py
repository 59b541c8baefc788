"""Audio: the envelope file of a recording, from which any window of it is drawn quickly.

It holds one byte for every 20 ms, and coarser levels, each 8 times coarser than the one before:
whatever the window, about a thousand bytes are read. Reading needs neither PyAV nor numpy.
"""

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

PER_SECOND: Final = 50  # entries in the finest level
COARSER: Final = 8  # from level to level
FEWEST: Final = 200  # entries in the coarsest level; a shorter one would save nothing
_MAGIC: Final = b"VSE1"
_HEADER: Final = struct.Struct("<4sBxHIQ")  # magic, levels, entries a second, entries, length (ms)
_BARS_MAX: Final = 2000
_PEAK_SHARE: Final = 0.4  # of a bar, as in `envelope`


def write_envelope(levels: list[bytes], duration_ms: int, target: Path) -> None:
    """Write the `levels` of a recording, finest first; `target` does not exist after an error."""
    header = _HEADER.pack(_MAGIC, len(levels), PER_SECOND, len(levels[0]), duration_ms)
    try:
        target.write_bytes(header + b"".join(levels))
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def read_bars(envelope_file: Path, start_ms: int, end_ms: int, bars: int = 220) -> list[int]:
    """Bars 0..100 of equal length for `start_ms`..`end_ms`; 100 is the loudest of the recording.

    Bars outside of the recording are 0. Raises ValueError for an empty window, for more than 2,000
    bars, and for a file that is no envelope; OSError if there is no file.
    """
    if not start_ms < end_ms or not 0 < bars <= _BARS_MAX:
        raise ValueError(f"{bars} bars from {start_ms} to {end_ms} ms cannot be drawn")
    with envelope_file.open("rb") as file:
        level = _find_level(file, (end_ms - start_ms) / 1000 / bars)
        per_ms = level.per_second / 1000
        first = max(0, min(level.count, int(start_ms * per_ms)))
        last = max(first, min(level.count, int(end_ms * per_ms) + 1))
        file.seek(level.offset + first)
        values = file.read(last - first)
    edges = [
        (start_ms + (end_ms - start_ms) * bar / bars) * per_ms - first for bar in range(bars + 1)
    ]
    return [_bar(values, edges[bar], edges[bar + 1]) for bar in range(bars)]


@dataclass(frozen=True, slots=True)
class _Level:
    offset: int  # of its first byte
    count: int
    per_second: float


def _find_level(file: BinaryIO, bar_s: float) -> _Level:
    """The coarsest level that has at least two entries in a bar of this length."""
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size or not header.startswith(_MAGIC):
        raise ValueError("this is no envelope")
    _, levels, header_per_second, count, _duration_ms = _HEADER.unpack(header)
    if header_per_second != PER_SECOND:
        raise ValueError("this is no envelope of this version")
    offset, per_second = _HEADER.size, float(PER_SECOND)
    for _ in range(levels - 1):
        if per_second / COARSER * bar_s < 2:
            break
        offset += count
        count = -(-count // COARSER)
        per_second /= COARSER
    return _Level(offset, count, per_second)


def _bar(values: bytes, start: float, end: float) -> int:
    """One bar from all entries that it touches, so that a short sound remains visible."""
    first = max(0, int(start + 1e-6))
    touched = values[first : max(first + 1, int(end - 1e-6) + 1)]
    if not touched or end <= 0:
        return 0
    mean = math.sqrt(sum(value * value for value in touched) / len(touched))
    return round(((1 - _PEAK_SHARE) * mean + _PEAK_SHARE * max(touched)) / 2.55)
