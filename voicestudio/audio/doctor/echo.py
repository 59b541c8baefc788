"""Audio, doctor: reflections of the room, as a single echo or as reverberation."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .voice_signal import RATE, VoiceSignal
from .windows import SlidingWindows

_SIZE: Final = 16_384  # 1 s, much longer than the delay of an echo
_STEP: Final = 12_288
_EARLIEST: Final = int(0.045 * RATE)  # an earlier one is the timbre of a small room, or a pitch
_LATEST: Final = int(0.45 * RATE)
_FLOOR_DB: Final = 30.0  # below the mean power of a window
_VOICED: Final = 4e-6  # -54 dBFS: power from which a window contains a voice
_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)

_HOP: Final = RATE // 100
_LATER: Final = (10, 20)  # hops: levels are compared with those 0.1 and 0.2 s later
_LEVELS: Final = 120  # dB
_DROPS: Final = 61  # dB
_LOUD_DB: Final = 12  # below the loudest level: levels from which a word may end
_FASTEST: Final = 95.0  # percentile of the falls from loud levels: the ends of words


class EchoDetector:
    """Averages the cepstrum, in which an echo is a peak at its delay, whatever the words."""

    def __init__(self) -> None:
        self._windows = SlidingWindows(_SIZE, _STEP)
        self._logs: NDArray[np.float64] = np.zeros(_SIZE // 2 + 1)
        self._count = 0

    def add(self, signal: VoiceSignal) -> None:
        """Add samples at 16 kHz."""
        windows = self._windows.add(signal)
        if not len(windows):
            return
        # float64, because numpy transforms it in a third of the time of float32.
        spectra = np.fft.rfft(np.multiply(windows, _WINDOW, dtype=np.float64), axis=1)
        power = (spectra.real**2 + spectra.imag**2).astype(np.float32)
        mean = power.mean(axis=1, keepdims=True)
        voiced = mean[:, 0] > _VOICED * _SIZE
        # Without a floor, noise between the harmonics would dominate the mean logarithm.
        power += mean * np.float32(10 ** (-_FLOOR_DB / 10))
        self._logs += np.log(power[voiced]).sum(axis=0, dtype=np.float64)
        self._count += int(voiced.sum())

    def result(self) -> tuple[float, float]:
        """Strength of the strongest echo and its delay (s).

        1 is an echo as loud as the voice. Values below 0.05 are random.
        """
        if self._count < 4:
            return 0.0, 0.0
        cepstrum = np.abs(np.fft.irfft(self._logs / self._count))[:_LATEST]
        place = _EARLIEST + int(cepstrum[_EARLIEST:].argmax())
        # The random peaks differ from voice to voice; an echo is much stronger than they are.
        noise = float(np.sqrt(np.mean(cepstrum[_EARLIEST:] ** 2)))
        strength = float(cepstrum[place])
        return (strength if strength > 7 * noise else 0.0), place / RATE


@dataclass(frozen=True, slots=True)
class Decay:
    """The decay (dB) within 0.1 and 0.2 s at the ends of words, and the range of all levels (dB).

    Near a microphone, only the later one shows a large room: the voice ends at once, and what
    follows is soft but long.
    """

    early_db: float = 0.0
    late_db: float = 0.0
    range_db: float = 0.0


class DecayMeter:
    """Measures the fastest decay of the level: nothing decays faster than the room."""

    def __init__(self) -> None:
        self._windows = SlidingWindows(_HOP, _HOP)
        self._previous: NDArray[np.float32] = np.empty(0, np.float32)
        self._counts: NDArray[np.int64] = np.zeros((len(_LATER), _LEVELS * _DROPS), np.int64)
        self._last = np.float32(0)

    def add(self, signal: VoiceSignal) -> None:
        """Add samples at 16 kHz."""
        if not len(signal):
            return
        # The difference of samples removes hum and rumble, which never decay.
        differences = np.diff(signal, prepend=self._last)
        self._last = signal[-1]
        rows = self._windows.add(differences)
        if not len(rows):
            return
        power = np.einsum("ij,ij->i", rows, rows) / np.float32(_HOP)
        levels = np.concatenate([self._previous, 10 * np.log10(power + np.float32(1e-12))])
        count = len(levels) - max(_LATER)
        self._previous = levels[-max(_LATER) :]
        if count <= 0:
            return
        places = np.clip(levels[:count] + _LEVELS, 0, _LEVELS - 1).astype(np.int64) * _DROPS
        for counts, later in zip(self._counts, _LATER, strict=True):
            fallen = levels[:count] - levels[later : later + count]
            drops = np.clip(fallen, 0, _DROPS - 1).astype(np.int64)
            counts += np.bincount(places + drops, minlength=len(counts))

    def result(self) -> Decay:
        """The decay of all that was added; zeros for less than a second."""
        counts = self._counts.reshape(len(_LATER), _LEVELS, _DROPS)
        levels = counts[0].sum(axis=1)
        if levels.sum() < 100:
            return Decay()
        top, bottom = _percentile(levels, 95.0), _percentile(levels, 2.0)
        ends = counts[:, max(0, top - _LOUD_DB) :].sum(axis=1)
        early, late = (float(_percentile(drops, _FASTEST)) for drops in ends)
        return Decay(early, late, float(top - bottom))


def _percentile(counts: NDArray[np.int64], share: float) -> int:
    """The row below which `share` per cent of all counts lie."""
    return int(np.searchsorted(np.cumsum(counts), counts.sum() * share / 100))
