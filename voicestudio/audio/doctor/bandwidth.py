"""Audio, doctor: the highest frequency of a voice; a telephone cuts it off at 3.4 kHz."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SIZE: Final = 2048
_EVERY: Final = 6  # one window of six is analyzed
_RANGE_DB: Final = 62.0  # what is softer relative to the strongest bin is inaudible
_ABOVE_NOISE_DB: Final = 5.0
_MASKED_DB: Final = 52.0
_POWER_MIN: Final = 1e-6  # -60 dBFS
_QUIETER: Final = 0.5  # a window with half of the energy replaces all noise spectra before it
_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)


class BandwidthMeter:
    """Averages spectra of loud and of quiet moments at the rate of the file."""

    def __init__(self) -> None:
        self._loud: NDArray[np.float64] = np.zeros(_SIZE // 2 + 1)
        self._quiet: NDArray[np.float64] = np.zeros(_SIZE // 2 + 1)
        self._least = math.inf
        self._quiet_count = 0
        self._loud_count = 0
        self._rate = 0

    def add(self, mono: NDArray[np.float32], rate: int) -> None:
        """Add samples at `rate` Hz."""
        self._rate = self._rate or rate
        count = len(mono) // _SIZE
        if not count or rate != self._rate:
            return
        windows = mono[: count * _SIZE].reshape(count, _SIZE)[::_EVERY]
        spectra = np.fft.rfft(windows * _WINDOW, axis=1)
        power = spectra.real**2 + spectra.imag**2
        energy = power.sum(axis=1)
        loud = energy >= max(_median(energy), _POWER_MIN * _SIZE * _SIZE / 2)
        if loud.any():
            self._loud += power[loud].sum(axis=0)
            self._loud_count += int(loud.sum())
        lowest = int(energy.argmin())
        if energy[lowest] < self._least * _QUIETER:
            self._least = float(energy[lowest])
            self._quiet[:] = power[lowest]
            self._quiet_count = 1
        elif energy[lowest] < self._least / _QUIETER:
            self._quiet += power[lowest]
            self._quiet_count += 1

    def result(self) -> int | None:
        """The highest frequency (Hz) of the voice; None if there is no sound."""
        if not self._loud_count:
            return None
        loud = _smooth(self._loud / self._loud_count)
        bound = loud.max() * 10 ** (-_RANGE_DB / 10)
        noise = _smooth(self._quiet / max(1, self._quiet_count)) * 10 ** (_ABOVE_NOISE_DB / 10)
        # Where noise masks the voice, its absence means nothing.
        masked = noise > loud.max() * 10 ** (-_MASKED_DB / 10)
        audible = np.flatnonzero((loud > bound) & ((loud > noise) | masked))
        if not len(audible):
            return None
        return round(float(audible[-1]) * self._rate / _SIZE)


def _smooth(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over nine bins, some 200 Hz."""
    smooth: NDArray[np.float64] = np.convolve(power, np.ones(9) / 9, "same")
    return smooth


def _median(values: NDArray[np.float32]) -> float:
    """Like `np.median`, which takes longer than the spectra of the few windows of a block."""
    ordered = np.sort(values)
    upper = len(ordered) // 2
    lower = (len(ordered) - 1) // 2
    return float((ordered[lower] + ordered[upper]) / np.float32(2))
