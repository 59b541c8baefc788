"""Audio: joins decoded frames to blocks of samples."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.plane import AudioPlane
from numpy.typing import NDArray

from .. import rules
from ..problems import AudioProblem

Block = NDArray[np.float32]  # (channels, frames), full scale is 1.0

# Sample formats of FFmpeg: numpy type, and the factor to full scale 1.0. 24 bits come as s32.
_SAMPLES: Final[dict[str, tuple[type[np.generic], float]]] = {
    "u8": (np.uint8, 1 / 128),
    "s16": (np.int16, 1 / 2**15),
    "s32": (np.int32, 1 / 2**31),
    "s64": (np.int64, 1 / 2**63),
    "flt": (np.float32, 1.0),
    "dbl": (np.float64, 1.0),
}
# In a block, which holds 1.25 s, or less if that is many samples: whole steps of 50 ms, which need
# no further copy, and so many that calls cost little beside the work itself.
_HOPS: Final = 125
_BLOCK_SAMPLES: Final = 400_000
_LOUDEST: Final = 16.0  # +24 dBFS; higher values in a float file are errors, not sound


class BlockCollector:
    """Joins frames of one sample format, channel count and rate to blocks."""

    def __init__(self, sample_format: str, channels: int, rate: int) -> None:
        kind, self._scale = _SAMPLES.get(sample_format.removesuffix("p"), (None, 0.0))
        if kind is None or rate < 1000 or channels < 1:
            raise AudioProblem("damaged")
        rules.check_shape(channels, rate)
        self.shape = (sample_format, channels, rate)
        self.channels = channels
        self.rate = rate
        self._planar = sample_format.endswith("p")
        self._kind = np.dtype(kind)
        hops = max(1, min(_HOPS, _BLOCK_SAMPLES // (hop(rate) * channels)))
        room = hop(rate) * hops
        # Samples in the format of the file: (channels, room) if planar, else (room, channels).
        self._native = np.empty((channels, room) if self._planar else (room, channels), self._kind)
        is_float = self._planar and self._kind == np.float32
        self._block: Block = self._native if is_float else np.empty((channels, room), np.float32)
        self._filled = 0

    def add(self, frame: AudioFrame, skip: int) -> Iterator[tuple[Block, int]]:
        """Add a frame without its first `skip` samples; yield every block that becomes full."""
        if self._planar:
            # Not `frame.planes`: PyAV 19 counts nine planes for eight channels and fails.
            planes = [
                np.frombuffer(AudioPlane(frame, channel), self._kind, frame.samples)
                for channel in range(self.channels)
            ]
        else:
            flat = np.frombuffer(frame.planes[0], self._kind, frame.samples * self.channels)
            packed = flat.reshape(frame.samples, self.channels)
        room = self._native.shape[1 if self._planar else 0]
        start = skip
        while start < frame.samples:
            count = min(frame.samples - start, room - self._filled)
            into = slice(self._filled, self._filled + count)
            samples = slice(start, start + count)
            if self._planar:
                for channel, plane in enumerate(planes):
                    self._native[channel, into] = plane[samples]
            else:
                self._native[into] = packed[samples]
            self._filled += count
            start += count
            if self._filled == room:
                yield from self.flush()

    def flush(self) -> Iterator[tuple[Block, int]]:
        """Yield the collected samples, if any, as a block."""
        count, self._filled = self._filled, 0
        if not count:
            return
        block = self._block[:, :count]
        if self._block is not self._native:
            native = self._native[:, :count] if self._planar else self._native[:count].T
            with np.errstate(all="ignore"):  # a double may exceed the range of a float
                np.multiply(
                    native, np.float32(self._scale), out=block, dtype=np.float32, casting="unsafe"
                )
            if self._kind == np.uint8:
                block -= 1.0
        if self._kind.kind == "f":
            _repair(block)
        yield block, self.rate


def hop(rate: int) -> int:
    """Samples in 10 ms at this rate (Hz)."""
    return max(1, round(rate / 100))


def _repair(block: Block) -> None:
    """Replace NaN by silence and limit absurd values, in place."""
    with np.errstate(all="ignore"):
        energy = sum(float(np.dot(channel, channel)) for channel in block)
        # Both comparisons are false if there is a NaN. Normal audio may exceed the first one.
        if energy <= _LOUDEST**2 or (block.max() <= _LOUDEST and block.min() >= -_LOUDEST):
            return
    np.nan_to_num(block, copy=False, nan=0.0, posinf=_LOUDEST, neginf=-_LOUDEST)
    np.clip(block, -_LOUDEST, _LOUDEST, out=block)
