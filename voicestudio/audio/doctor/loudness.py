"""Audio, doctor: loudness, measured by FFmpeg's filter `ebur128`.

It implements ITU-R BS.1770 with both gates and the loudness range of EBU Tech 3342, comes with PyAV
and works on streams; pyloudnorm needs the whole recording in memory.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from av.audio.frame import AudioFrame

from ..decoding import Block
from ..filter_chain import CHANNELS_MAX, FilterChain

_SILENCE_LUFS: Final = -69.9  # the filter returns -70 if nothing has passed its gate
_RANGE_MIN_S: Final = 10.0  # the range of a few windows of 3 s is meaningless


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness (LUFS) and loudness range (LU); None if it cannot be measured."""

    integrated: float | None
    range: float | None


class LoudnessMeter:
    """Measures the loudness of a stream of blocks."""

    def __init__(self) -> None:
        self._shape = (0, 0)
        self._chain: FilterChain | None = None
        self._seconds = 0.0
        self._last: deque[AudioFrame] = deque(maxlen=2)  # the last one may be without figures
        self._longest = (0.0, Loudness(None, None))  # length and loudness of the longest part

    def add(self, block: Block, rate: int) -> None:
        """Add (channels, frames) at `rate` Hz."""
        if len(block) > CHANNELS_MAX:
            block = block.mean(axis=0, keepdims=True, dtype=np.float32)
        if (len(block), rate) != self._shape or self._chain is None:
            self._end_part()
            self._shape = (len(block), rate)
            self._chain = FilterChain(len(block), rate, ("ebur128", "metadata=1:framelog=quiet"))
        self._read(self._chain.push(block))
        self._seconds += block.shape[1] / rate

    def result(self) -> Loudness:
        """The loudness; of the longest part if the rate changes within a file."""
        self._end_part()
        return self._longest[1]

    def _end_part(self) -> None:
        if self._chain is not None:
            self._read(self._chain.finish())
            if self._seconds >= self._longest[0]:
                self._longest = (self._seconds, self._part_loudness())
        self._chain = None
        self._seconds = 0.0
        self._last.clear()

    def _read(self, frames: Iterator[AudioFrame]) -> None:
        self._last.extend(frames)

    def _part_loudness(self) -> Loudness:
        metadata: dict[str, str] = {}
        for frame in self._last:  # each has the figures of all that came before
            metadata |= frame.metadata
        integrated = float(metadata.get("lavfi.r128.I", -70.0))
        if integrated <= _SILENCE_LUFS:
            return Loudness(None, None)
        has_range = self._seconds >= _RANGE_MIN_S
        return Loudness(integrated, float(metadata["lavfi.r128.LRA"]) if has_range else None)
