"""Audio, doctor: how high the sound reaches; a telephone cuts it off at 3.4 kHz."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SIZE: Final = 2048
_EVERY: Final = 6  # windows: one of six is looked at
_REACH_DB: Final = 62.0  # below the strongest part nothing is heard beside it
_ABOVE_ROOM_DB: Final = 5.0
_COVERS_DB: Final = 52.0
_SOFTEST: Final = 1e-6  # -60 dBFS
_CALMER: Final = 0.5  # a moment with half of the energy shows the room better than all before
_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)


class Bandwidth:
    """Mean spectrum of loud and of quiet moments at the rate of the file."""

    def __init__(self) -> None:
        self._loud: NDArray[np.float64] = np.zeros(_SIZE // 2 + 1)
        self._quiet: NDArray[np.float64] = np.zeros(_SIZE // 2 + 1)
        self._least = math.inf
        self._calm = 0
        self._count = 0
        self._rate = 0

    def add(self, mono: NDArray[np.float32], rate: int) -> None:
        """Take in samples at `rate` Hz."""
        self._rate = self._rate or rate
        count = len(mono) // _SIZE
        if not count or rate != self._rate:
            return
        windows = mono[: count * _SIZE].reshape(count, _SIZE)[::_EVERY]
        spectra = np.fft.rfft(windows * _WINDOW, axis=1)
        power = spectra.real**2 + spectra.imag**2
        energy = power.sum(axis=1)
        loud = energy >= max(_median(energy), _SOFTEST * _SIZE * _SIZE / 2)
        if loud.any():
            self._loud += power[loud].sum(axis=0)
            self._count += int(loud.sum())
        lowest = int(energy.argmin())
        if energy[lowest] < self._least * _CALMER:
            self._least = float(energy[lowest])
            self._quiet[:] = power[lowest]
            self._calm = 1
        elif energy[lowest] < self._least / _CALMER:
            self._quiet += power[lowest]
            self._calm += 1

    def found(self) -> int | None:
        """The highest frequency (Hz) at which the voice is heard; None without any sound."""
        if not self._count:
            return None
        loud = _smooth(self._loud / self._count)
        bound = loud.max() * 10 ** (-_REACH_DB / 10)
        room = _smooth(self._quiet / max(1, self._calm)) * 10 ** (_ABOVE_ROOM_DB / 10)
        # Where noise covers the voice, nothing can be told from its absence.
        covered = room > loud.max() * 10 ** (-_COVERS_DB / 10)
        heard = np.flatnonzero((loud > bound) & ((loud > room) | covered))
        if not len(heard):
            return None
        return round(float(heard[-1]) * self._rate / _SIZE)


def _smooth(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over nine bins, some 200 Hz."""
    smooth: NDArray[np.float64] = np.convolve(power, np.ones(9) / 9, "same")
    return smooth


def _median(values: NDArray[np.float32]) -> float:
    """`np.median`, which takes longer than the spectra of the two or three windows of a block."""
    ordered = np.sort(values)
    upper = len(ordered) // 2
    lower = (len(ordered) - 1) // 2
    return float((ordered[lower] + ordered[upper]) / np.float32(2))
