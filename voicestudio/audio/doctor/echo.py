"""Audio, doctor: the room's answer, heard as an echo (once, later) or as a tail (it rings on)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .voice import RATE, Voice, Windows

_SIZE: Final = 16_384  # 1 s: an echo must lie well inside
_STEP: Final = 12_288
_EARLIEST: Final = int(0.045 * RATE)  # sooner it is the colour of a small room, or a pitch
_LATEST: Final = int(0.45 * RATE)
_BENDS_DB: Final = 30.0
_VOICED: Final = 4e-6  # -54 dBFS: there is a voice in this second
_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)

_HOP: Final = RATE // 100
_LATER: Final = 10  # hops: a sound is compared with what is left of it after 0.1 s
_LEVELS: Final = 120  # dB
_DROPS: Final = 61  # dB
_LOUD_DB: Final = 12  # below the loudest: where a word may end
_FASTEST: Final = 95.0  # per cent: the ends of words among all that is loud


class Echo:
    """The mean cepstrum, in which an echo is one line at its delay whatever was said."""

    def __init__(self) -> None:
        self._windows = Windows(_SIZE, _STEP)
        self._logs: NDArray[np.float64] = np.zeros(_SIZE // 2 + 1)
        self._count = 0

    def add(self, voice: Voice) -> None:
        """Take in samples at 16 kHz."""
        windows = self._windows.add(voice)
        if not len(windows):
            return
        # In doubles: numpy transforms them in a third of the time that floats take.
        spectra = np.fft.rfft(np.multiply(windows, _WINDOW, dtype=np.float64), axis=1)
        power = (spectra.real**2 + spectra.imag**2).astype(np.float32)
        mean = power.mean(axis=1, keepdims=True)
        voiced = mean[:, 0] > _VOICED * _SIZE
        # Between the harmonics a logarithm falls without end; noise would rule the mean.
        power += mean * np.float32(10 ** (-_BENDS_DB / 10))
        self._logs += np.log(power[voiced]).sum(axis=0, dtype=np.float64)
        self._count += int(voiced.sum())

    def found(self) -> tuple[float, float]:
        """Strength of the strongest echo and its delay (s).

        1 would be an echo as loud as the voice. Below 0.05 it is chance.
        """
        if self._count < 4:
            return 0.0, 0.0
        cepstrum = np.abs(np.fft.irfft(self._logs / self._count))[:_LATEST]
        place = _EARLIEST + int(cepstrum[_EARLIEST:].argmax())
        # What a voice leaves here by chance differs from voice to voice: stand out from it.
        noise = float(np.sqrt(np.mean(cepstrum[_EARLIEST:] ** 2)))
        strength = float(cepstrum[place])
        return (strength if strength > 7 * noise else 0.0), place / RATE


class Tail:
    """How fast the sound dies away where it does so fastest: a room lets nothing end sooner."""

    def __init__(self) -> None:
        self._windows = Windows(_HOP, _HOP)
        self._before: NDArray[np.float32] = np.empty(0, np.float32)
        self._counts: NDArray[np.int64] = np.zeros(_LEVELS * _DROPS, np.int64)
        self._last = np.float32(0)

    def add(self, voice: Voice) -> None:
        """Take in samples at 16 kHz."""
        if not len(voice):
            return
        # The difference of neighbours leaves out hum and rumble, which never die away.
        sharp = np.diff(voice, prepend=self._last)
        self._last = voice[-1]
        rows = self._windows.add(sharp)
        if not len(rows):
            return
        power = np.einsum("ij,ij->i", rows, rows) / np.float32(_HOP)
        levels = np.concatenate([self._before, 10 * np.log10(power + np.float32(1e-12))])
        self._before = levels[-_LATER:]
        if len(levels) <= _LATER:
            return
        drops = np.clip(levels[:-_LATER] - levels[_LATER:], 0, _DROPS - 1).astype(np.int64)
        places = np.clip(levels[:-_LATER] + _LEVELS, 0, _LEVELS - 1).astype(np.int64)
        self._counts += np.bincount(places * _DROPS + drops, minlength=len(self._counts))

    def found(self) -> tuple[float, float]:
        """The fall (dB in 0.1 s) at the ends of words, and how far the sound falls at all (dB)."""
        counts = self._counts.reshape(_LEVELS, _DROPS)
        levels = counts.sum(axis=1)
        if levels.sum() < 100:
            return 0.0, 0.0
        top, bottom = _percentile(levels, 95.0), _percentile(levels, 2.0)
        ends = counts[max(0, top - _LOUD_DB) :].sum(axis=0)
        return float(_percentile(ends, _FASTEST)), float(top - bottom)


def _percentile(counts: NDArray[np.int64], share: float) -> int:
    """Below which row `share` per cent of what was counted lies."""
    return int(np.searchsorted(np.cumsum(counts), counts.sum() * share / 100))
