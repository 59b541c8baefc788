"""Audio, doctor: runs all analyzers in one pass through a recording."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from ..decoding import Block, Decoder
from ..downmix import Mix
from ..envelope import Envelope
from ..voice_activity import VoiceActivity, load_network
from .echo import DecayMeter, EchoDetector
from .gaps import GapDetector
from .hum import HumDetector
from .levels import Levels, split_into_steps
from .loudness import LoudnessMeter
from .pitch import PitchTracker
from .spectrum import BandLevels
from .tones import ToneDetector
from .true_peak import TruePeakMeter
from .voice_signal import RATE, VoiceResampler, VoiceSignal, mix_to_mono

Progress = Callable[[float], None]  # gets the seconds of the recording that are analyzed

_CONSTANT_MAX_S: Final = 600.0  # after so much constant signal, the analysis is given up
_BATCH: Final = 4 * RATE  # more samples at a time are faster but need more memory


class Analyzers:
    """All analyzers. Memory grows by some 40 bytes for each 50 ms, and not otherwise."""

    def __init__(self, mix: Mix | None = None) -> None:
        self._mix = mix
        self.levels = Levels()
        self.loudness = LoudnessMeter()
        self.true_peak = TruePeakMeter()
        self.gaps = GapDetector()
        self.bands = BandLevels()
        self.activity = VoiceActivity(load_network())
        self.pitch = PitchTracker()
        self.hum = HumDetector()
        self.echo = EchoDetector()
        self.decay = DecayMeter()
        self.tones = ToneDetector()
        self.gave_up = False
        self._resampler = VoiceResampler()
        self._batch: list[VoiceSignal] = []

    def run(
        self,
        decoder: Decoder,
        *,
        longest_s: float,
        envelope: Envelope | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Analyze at most `longest_s` of a recording, less if it is constant for ten minutes.

        `envelope` gets the same blocks; `progress` is called after each of them.

        Raises AudioProblem damaged.
        """
        blocks = _copy_to(envelope, decoder.blocks(stop_after_s=longest_s))
        for block, rate in split_into_steps(blocks):
            self._add(block, rate)
            if progress is not None:
                progress(decoder.seconds)
            if self.levels.seconds > _CONSTANT_MAX_S and self.levels.is_constant:
                self.gave_up = True  # a small file can hold hours of silence
                break
        self._batch += self._resampler.finish()
        self._analyze_batch()
        self.pitch.add(self.bands.finish())
        self.hum.finish()
        self.gaps.finish()

    def _add(self, block: Block, rate: int) -> None:
        self.levels.add(block, rate)
        self.loudness.add(block, rate)
        self.true_peak.add(block, self.levels.step_peaks)
        mono = mix_to_mono(block, self._mix)
        self.gaps.add(mono, rate)
        self._batch += self._resampler.add(mono, rate)
        if sum(map(len, self._batch)) >= _BATCH:
            self._analyze_batch()

    def _analyze_batch(self) -> None:
        signal = np.concatenate([np.empty(0, np.float32), *self._batch])
        self._batch = []
        self.pitch.add(self.bands.add(signal))
        self.activity.add(signal)
        self.hum.add(signal)
        self.echo.add(signal)
        self.decay.add(signal)
        self.tones.add(signal)


def _copy_to(
    envelope: Envelope | None, blocks: Iterator[tuple[Block, int]]
) -> Iterator[tuple[Block, int]]:
    for block, rate in blocks:
        if envelope is not None:
            envelope.add(block, rate)
        yield block, rate
