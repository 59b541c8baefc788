"""Audio, doctor: detects music by notes that are held in pauses, where no voice covers them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..growable_array import GrowableArray
from .hum import MAINS
from .levels import STEP_S as LEVEL_STEP_S
from .voice_signal import RATE, VoiceSignal
from .windows import SlidingWindows

_HALF: Final = RATE // 2
_SIZE: Final = 2048  # 0.26 s: bins of 4 Hz
_STEP: Final = 1024
_LOW: Final = round(110 * _SIZE / _HALF)
_HIGH: Final = round(2600 * _SIZE / _HALF)
_STANDS_OUT_DB: Final = 20.0  # by which a tone exceeds the bins beside it
_BESIDE: Final = 6  # bins
_RANGE_DB: Final = 45.0  # softer bins, relative to the loudest one, are ignored
_FADES_DB: Final = 2.0  # from one window to the next; the end of a word fades faster, in any room
_NO_TONE_DB: Final = np.float32(-200)
_NOTES_MAX: Final = 8  # stored of a window
_CHORD: Final = 2  # notes; a breath may whistle one
_CHORD_UNDER_WORDS: Final = 3  # a voice in a large room seems to hold two
_SPEECH_MAX: Final = 0.2  # of a window in a pause
_PAUSES_MIN: Final = 5  # windows
_WHISTLE: Final = 0.7  # of all pauses: a tone that sounds longer is no music
_LINES: Final = 0.6  # share of the notes at multiples of the mains frequency, in a buzz
_QUIETEST_DB: Final = -75.0
_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
_SCALE: Final = np.float32(2.0 / (_SIZE * float((_WINDOW.astype(np.float64) ** 2).sum())))


@dataclass(frozen=True, slots=True)
class Notes:
    """Rows of 1/8 s: which of them are pauses, and in which of these several notes are held."""

    pauses: NDArray[np.bool_]
    held: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Share (0..1) of the pauses."""
        return float(self.held.sum()) / max(1, int(self.pauses.sum()))


class ToneDetector:
    """Finds the bins with a steady tone, eight times a second."""

    def __init__(self) -> None:
        self._windows = SlidingWindows(_SIZE, _STEP)
        self._rest: VoiceSignal = np.empty(0, np.float32)
        self._previous = np.full((1, _HIGH - _LOW), _NO_TONE_DB)
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
        held = self._find_held(np.where(peak, here, _NO_TONE_DB))
        places, bins = np.nonzero(held)
        rank = np.arange(len(places)) - np.searchsorted(places, places)
        rows = np.zeros((len(peak), _NOTES_MAX), np.int16)
        rows[places[rank < _NOTES_MAX], rank[rank < _NOTES_MAX]] = bins[rank < _NOTES_MAX] + 1
        self._notes.append(rows)

    def _find_held(self, tones: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which tones (levels of bins) were as loud in the window before.

        They may move by one bin, because a tone between two bins may have its peak in either.
        """
        before = np.concatenate([self._previous, tones[:-1]])
        self._previous = tones[-1:].copy()
        near = before.copy()
        np.maximum(near[:, 1:], before[:, :-1], out=near[:, 1:])
        np.maximum(near[:, :-1], before[:, 1:], out=near[:, :-1])
        held: NDArray[np.bool_] = (tones > near - np.float32(_FADES_DB)) & (near > _NO_TONE_DB)
        return held

    def result(self, speech: NDArray[np.bool_]) -> Notes:
        """In which of the pauses notes are held; `speech` has a value for every 50 ms.

        Without pauses, the notes between and under the words count.
        """
        rows = self._notes.rows
        pauses = _find_pauses(speech, len(rows))
        chord = _CHORD
        if pauses.sum() < _PAUSES_MIN:  # music may fill all of them
            pauses[:] = True
            chord = _CHORD_UNDER_WORDS
        ignored = _constant_tones(rows[pauses])
        several = (~ignored[rows]).sum(axis=1) >= chord
        return Notes(pauses, several & pauses)


def _find_pauses(speech: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Which windows hold hardly any speech."""
    before = np.concatenate([[0], np.cumsum(speech)])
    start_s = np.arange(count) * STEP_S
    first, last = (
        np.minimum((at_s / LEVEL_STEP_S).astype(np.intp), len(speech))
        for at_s in (start_s, start_s + _SIZE / _HALF + LEVEL_STEP_S)
    )
    pauses: NDArray[np.bool_] = before[last] - before[first] <= _SPEECH_MAX * (last - first)
    return pauses & (last > first)


def _constant_tones(rows: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Which values in rows of notes are no notes: none, a whistle, or a line of a buzz."""
    counts = np.bincount(rows.ravel(), minlength=_HIGH - _LOW + 2)
    counts[0] = 0  # no tone
    wide = counts + np.roll(counts, 1) + np.roll(counts, -1)
    constant = wide > _WHISTLE * len(rows)
    hertz = (np.arange(len(counts)) - 1 + _LOW) * _HALF / _SIZE
    for mains in MAINS:
        lines = np.abs(hertz - np.rint(hertz / mains) * mains) <= 1.5 * _HALF / _SIZE
        if counts[lines].sum() > _LINES * counts.sum():
            constant |= lines
    constant[0] = True
    return constant


STEP_S: Final = _STEP / _HALF
