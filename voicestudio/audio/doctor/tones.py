"""Audio, doctor: detects music by steady tones; the pitch of a voice is never steady."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..growable_array import GrowableArray
from .voice_signal import RATE, VoiceSignal
from .windows import SlidingWindows

_HALF: Final = RATE // 2
_SIZE: Final = 2048  # 0.26 s: bins of 4 Hz
_STEP: Final = 1024
_LOW: Final = round(110 * _SIZE / _HALF)
_HIGH: Final = round(2600 * _SIZE / _HALF)
_STANDS_OUT_DB: Final = 14.0  # by which a tone exceeds the bins beside it
_BESIDE: Final = 6  # bins
_RANGE_DB: Final = 45.0  # softer bins, relative to the loudest one, are ignored
_HELD: Final = 4  # windows: half a second
_NOTES_MAX: Final = 8  # stored of a window
_CHORD: Final = 3  # notes; a sung or monotonous vowel holds two harmonics as long
_WHISTLE: Final = 0.7  # of the time: a tone that sounds longer is no music
_QUIETEST_DB: Final = -75.0
_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
_SCALE: Final = np.float32(2.0 / (_SIZE * float((_WINDOW.astype(np.float64) ** 2).sum())))


class ToneDetector:
    """Finds the bins with a steady tone, eight times a second."""

    def __init__(self) -> None:
        self._windows = SlidingWindows(_SIZE, _STEP)
        self._rest: VoiceSignal = np.empty(0, np.float32)
        self._previous: NDArray[np.bool_] = np.zeros((_HELD - 1, _HIGH - _LOW), np.bool_)
        self._counts: NDArray[np.int64] = np.zeros(_HIGH - _LOW, np.int64)
        self._notes = GrowableArray(_NOTES_MAX, np.int16)  # bins with a tone, plus one; 0 for none

    def add(self, signal: VoiceSignal) -> None:
        """Add samples at 16 kHz."""
        joined = np.concatenate([self._rest, signal])
        whole = len(joined) // 2 * 2
        self._rest = joined[whole:].copy()
        # The mean of two samples is a sufficient anti-aliasing filter: there are few notes above.
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
        peak &= here > np.maximum(beside + np.float32(_STANDS_OUT_DB), np.float32(_QUIETEST_DB))
        peak &= here > here.max(axis=1, keepdims=True) - np.float32(_RANGE_DB)
        held = self._find_held(peak)
        self._counts += held.sum(axis=0)
        places, bins = np.nonzero(held)
        rank = np.arange(len(places)) - np.searchsorted(places, places)
        rows = np.zeros((len(peak), _NOTES_MAX), np.int16)
        rows[places[rank < _NOTES_MAX], rank[rank < _NOTES_MAX]] = bins[rank < _NOTES_MAX] + 1
        self._notes.append(rows)

    def _find_held(self, peak: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where a tone has been held for `_HELD` windows.

        From one window to the next it may move by one bin, because a tone between two bins may
        have its peak in either of them.
        """
        marks = np.concatenate([self._previous, peak])
        self._previous = marks[-_HELD + 1 :].copy()
        chain = marks
        for _ in range(_HELD - 1):
            near = np.zeros_like(chain)
            near[1:] = chain[:-1]
            near[1:, 1:] |= chain[:-1, :-1]
            near[1:, :-1] |= chain[:-1, 1:]
            chain = marks & near
        held: NDArray[np.bool_] = chain[_HELD - 1 :]
        return held

    def result(self) -> tuple[float, NDArray[np.bool_]]:
        """Share (0..1) of the time in which a chord is held, and where (rows of 1/8 s)."""
        rows = self._notes.rows
        if not len(rows):
            return 0.0, np.zeros(0, np.bool_)
        wide = self._counts + np.roll(self._counts, 1) + np.roll(self._counts, -1)
        whistle = np.concatenate([[True], wide > _WHISTLE * len(rows)])  # 0 means no bin
        notes = (~whistle[rows]).sum(axis=1)
        several = notes >= _CHORD
        return float(several.mean()), several


STEP_S: Final = _STEP / _HALF
