"""Audio, doctor: one pass through a recording, in which everything listens at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from ..decoding import Block, Decoder
from ..envelope import Envelope
from .bandwidth import Bandwidth
from .echo import Echo, Tail
from .gaps import Gaps
from .hum import Hum
from .levels import Levels, in_steps
from .loudness import Meter
from .pitch import Pitch
from .spectrum import Bands
from .tones import Tones
from .truepeak import TruePeak
from .voice import RATE, Resampled, Voice, mixed

Progress = Callable[[float], None]  # seconds of the recording that are heard

_PATIENCE_S: Final = 600.0
_BATCH: Final = 2 * RATE  # many windows at a time cost less than one by one, but take more memory


class Heard:
    """Everything that listens. Memory grows by some 40 bytes for each 50 ms, by nothing else."""

    def __init__(self) -> None:
        self.levels = Levels()
        self.meter = Meter()
        self.true_peak = TruePeak()
        self.gaps = Gaps()
        self.bandwidth = Bandwidth()
        self.bands = Bands()
        self.pitch = Pitch()
        self.hum = Hum()
        self.echo = Echo()
        self.tail = Tail()
        self.tones = Tones()
        self._resampled = Resampled()
        self._later: list[Voice] = []
        self.gave_up = False

    def listen(
        self,
        decoder: Decoder,
        *,
        longest_s: float,
        beside: Envelope | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Hear at most `longest_s` of a recording, less where nothing is to be heard.

        `beside` gets the same blocks; `progress` is called after each of them.

        Raises AudioProblem damaged.
        """
        for block, rate in in_steps(_with(beside, decoder.blocks(stop_after_s=longest_s))):
            self._hear(block, rate)
            if progress is not None:
                progress(decoder.seconds)
            if self.levels.seconds > _PATIENCE_S and not self.levels.moves:
                self.gave_up = True  # a small file can hold hours of nothing
                break
        for voice in self._resampled.rest():
            self._later.append(voice)
        self._voice()
        self.pitch.add(self.bands.rest())
        self.hum.rest()
        self.gaps.rest()

    def _hear(self, block: Block, rate: int) -> None:
        self.levels.add(block, rate)
        self.meter.add(block, rate)
        self.true_peak.add(block, self.levels.tops)
        mono = mixed(block)
        self.gaps.add(mono, rate)
        self.bandwidth.add(mono, rate)
        self._later += self._resampled.add(mono, rate)
        if sum(map(len, self._later)) >= _BATCH:
            self._voice()

    def _voice(self) -> None:
        voice = np.concatenate([np.empty(0, np.float32), *self._later])
        self._later = []
        self.pitch.add(self.bands.add(voice))
        self.hum.add(voice)
        self.echo.add(voice)
        self.tail.add(voice)
        self.tones.add(voice)


def _with(
    beside: Envelope | None, blocks: Iterator[tuple[Block, int]]
) -> Iterator[tuple[Block, int]]:
    for block, rate in blocks:
        if beside is not None:
            beside.add(block, rate)
        yield block, rate
