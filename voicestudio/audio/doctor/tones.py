"""Audio, doctor: notes, which stay where they are; a voice never does."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .growing import Growing
from .voice import RATE, Voice, Windows

_HALF: Final = RATE // 2
_SIZE: Final = 2048  # 0.26 s: bins of 4 Hz
_STEP: Final = 1024
_LOW: Final = round(110 * _SIZE / _HALF)
_HIGH: Final = round(2600 * _SIZE / _HALF)
_OUT_DB: Final = 14.0  # a note stands out above what is beside it
_BESIDE: Final = 6  # bins
_NEAR_DB: Final = 45.0  # below the loudest bin of the second it is no part of the sound
_HELD: Final = 4  # windows: half a second
_KEPT: Final = 8  # notes of a window; more tell nothing more
_ALWAYS: Final = 0.7  # of the time: a whistle of the machine, not a tune
_QUIETEST_DB: Final = -75.0
_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
_SCALE: Final = np.float32(2.0 / (_SIZE * float((_WINDOW.astype(np.float64) ** 2).sum())))


class Tones:
    """Which bins hold a steady tone, eight times a second."""

    def __init__(self) -> None:
        self._windows = Windows(_SIZE, _STEP)
        self._odd: Voice = np.empty(0, np.float32)
        self._before: NDArray[np.bool_] = np.zeros((_HELD - 1, _HIGH - _LOW), np.bool_)
        self._often: NDArray[np.int64] = np.zeros(_HIGH - _LOW, np.int64)
        self._held = Growing(_KEPT, np.int16)  # the first held bins of each window

    def add(self, voice: Voice) -> None:
        """Take in samples at 16 kHz."""
        joined = np.concatenate([self._odd, voice])
        whole = len(joined) // 2 * 2
        self._odd = joined[whole:].copy()
        # The mean of two keeps the lower half clean enough: what folds down holds no notes.
        windows = self._windows.add(np.float32(0.5) * (joined[:whole:2] + joined[1:whole:2]))
        if not len(windows):
            return
        spectra = np.fft.rfft(windows * _WINDOW, axis=1)[:, : _HIGH + _BESIDE + 1]
        power = (spectra.real**2 + spectra.imag**2) * _SCALE
        levels = 10 * np.log10(power + np.float32(1e-13))
        here = levels[:, _LOW:_HIGH]
        peak = (here > levels[:, _LOW - 1 : _HIGH - 1]) & (here >= levels[:, _LOW + 1 : _HIGH + 1])
        beside = np.minimum(
            levels[:, _LOW - _BESIDE : _HIGH - _BESIDE], levels[:, _LOW + _BESIDE : _HIGH + _BESIDE]
        )
        peak &= here > np.maximum(beside + np.float32(_OUT_DB), np.float32(_QUIETEST_DB))
        peak &= here > here.max(axis=1, keepdims=True) - np.float32(_NEAR_DB)
        held = self._chains(peak)
        self._often += held.sum(axis=0)
        places, bins = np.nonzero(held)
        rank = np.arange(len(places)) - np.searchsorted(places, places)
        rows = np.zeros((len(peak), _KEPT), np.int16)
        rows[places[rank < _KEPT], rank[rank < _KEPT]] = bins[rank < _KEPT] + 1
        self._held.append(rows)

    def _chains(self, peak: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where a tone has been held for `_HELD` windows; from one to the next it may move by one
        bin, since between two bins it may be highest in either of them."""
        marks = np.concatenate([self._before, peak])
        self._before = marks[-_HELD + 1 :].copy()
        chain = marks
        for _ in range(_HELD - 1):
            near = np.zeros_like(chain)
            near[1:] = chain[:-1]
            near[1:, 1:] |= chain[:-1, :-1]
            near[1:, :-1] |= chain[:-1, 1:]
            chain = marks & near
        held: NDArray[np.bool_] = chain[_HELD - 1 :]
        return held

    def found(self) -> tuple[float, NDArray[np.bool_]]:
        """Share (0..1) of the time in which several notes are held, and where (1/8 s a row)."""
        rows = self._held.rows
        if not len(rows):
            return 0.0, np.zeros(0, np.bool_)
        wide = self._often + np.roll(self._often, 1) + np.roll(self._often, -1)
        whistle = np.concatenate([[True], wide > _ALWAYS * len(rows)])  # 0 means no bin
        notes = (~whistle[rows]).sum(axis=1)
        several = notes >= 2
        return float(several.mean()), several


STEP_S: Final = _STEP / _HALF
