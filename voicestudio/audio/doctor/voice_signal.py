"""Audio, doctor: the signal that spectra are computed from, one channel at 16 kHz.

With one rate, spectral analysis costs the same for all files.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from ..voice_activity import RATE as RATE

_OPPOSITE: Final = -0.5  # correlation below which the sum of two channels would cancel out

# (samples,) at RATE, twice the telephone's: what matters in a voice is mostly below 4 kHz.
VoiceSignal = NDArray[np.float32]
# As in `decoding` and `downmix`, which import this module.
Block = NDArray[np.float32]
Mix = NDArray[np.float32]


class VoiceResampler:
    """Resamples one channel to RATE."""

    def __init__(self) -> None:
        self._rate = 0
        self._resampler: AudioResampler | None = None

    def add(self, mono: NDArray[np.float32], rate: int) -> Iterator[VoiceSignal]:
        """Add samples at `rate` Hz; yield those that are ready."""
        if rate != self._rate:
            yield from self.finish()
            self._rate = rate
            self._resampler = AudioResampler("fltp", "mono", RATE)
        assert self._resampler is not None
        frame = AudioFrame.from_ndarray(mono[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        for part in self._resampler.resample(frame):
            yield part.to_ndarray()[0]

    def finish(self) -> Iterator[VoiceSignal]:
        """Yield the samples that the resampler still holds."""
        if self._resampler is not None:
            for part in self._resampler.resample(None):
                yield part.to_ndarray()[0]
            self._resampler = None
            self._rate = 0


def mix_to_mono(block: Block, mix: Mix | None = None) -> NDArray[np.float32]:
    """All channels as one, by `mix` if it fits.

    Of two opposite channels, one is subtracted instead of added.
    """
    if len(block) == 1:
        return np.ascontiguousarray(block[0])
    if len(block) == 2:
        left, right = block
        product = float(np.dot(left, right))
        opposite = product < 0 and product < _OPPOSITE * float(
            np.sqrt(float(np.dot(left, left)) * float(np.dot(right, right)))
        )
        mono: NDArray[np.float32] = left - right if opposite else left + right
        mono *= np.float32(0.5)
        return mono
    if mix is not None and mix.shape[1] == len(block):
        mixed: NDArray[np.float32] = (mix @ block)[0]
        return mixed
    mean: NDArray[np.float32] = block.mean(axis=0, dtype=np.float32)
    return mean
