"""Audio, doctor: the voice of a recording, one channel at 16 kHz, whatever the file has.

Everything that is told from spectra is told from this, so that it costs the same at any rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from ..decoding import Block

RATE: Final = 16_000  # Hz; twice the telephone's, half of what matters in a voice is below 4 kHz
_OPPOSED: Final = -0.5  # correlation below which two channels would cancel each other

Voice = NDArray[np.float32]  # (samples,) at RATE, full scale 1.0


class Resampled:
    """Blocks of a recording as its voice; what a block makes ready comes out at once."""

    def __init__(self) -> None:
        self._rate = 0
        self._resampler: AudioResampler | None = None

    def add(self, mono: NDArray[np.float32], rate: int) -> Iterator[Voice]:
        """Take in samples at `rate` Hz."""
        if rate != self._rate:
            yield from self.rest()
            self._rate = rate
            self._resampler = AudioResampler("fltp", "mono", RATE)
        assert self._resampler is not None
        frame = AudioFrame.from_ndarray(mono[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        for part in self._resampler.resample(frame):
            yield part.to_ndarray()[0]

    def rest(self) -> Iterator[Voice]:
        """What the resampler still holds; call it once, at the end."""
        if self._resampler is not None:
            for part in self._resampler.resample(None):
                yield part.to_ndarray()[0]
            self._resampler = None
            self._rate = 0


def mixed(block: Block) -> NDArray[np.float32]:
    """All channels as one; two that are each other's opposite are not added but subtracted."""
    if len(block) == 1:
        return np.ascontiguousarray(block[0])
    if len(block) == 2:
        left, right = block
        both = float(np.dot(left, right))
        opposed = both < 0 and both < _OPPOSED * float(
            np.sqrt(float(np.dot(left, left)) * float(np.dot(right, right)))
        )
        mono: NDArray[np.float32] = left - right if opposed else left + right
        mono *= np.float32(0.5)
        return mono
    mean: NDArray[np.float32] = block.mean(axis=0, dtype=np.float32)
    return mean


class Windows:
    """A stream of samples cut into overlapping windows, several at a time."""

    def __init__(self, size: int, step: int) -> None:
        self.size = size
        self.step = step
        self._kept: Voice = np.empty(0, np.float32)

    def add(self, voice: Voice) -> NDArray[np.float32]:
        """The windows that are complete now: (count, size), a view that must not be written to."""
        joined = np.concatenate([self._kept, voice])
        count = max(0, (len(joined) - self.size) // self.step + 1)
        self._kept = joined[count * self.step :].copy()
        if not count:
            return np.empty((0, self.size), np.float32)
        return np.lib.stride_tricks.sliding_window_view(joined, self.size)[:: self.step][:count]

    def rest(self) -> NDArray[np.float32]:
        """One last window, filled up with silence, if at least half a step is left."""
        if len(self._kept) < self.step / 2:
            return np.empty((0, self.size), np.float32)
        last = np.zeros((1, self.size), np.float32)
        kept = self._kept[: self.size]
        last[0, : len(kept)] = kept
        self._kept = np.empty(0, np.float32)
        return last
