"""Audio, doctor: detects music by notes that are held in pauses and soft moments.

No voice covers them there.
"""

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
_CHORD_OVER_VOICE: Final = 4  # where words are heard or ring on, a voice seems to hold three
_SPEECH_MAX: Final = 0.2  # of a window in a pause
_PAUSES_MIN: Final = 5  # windows
_HELD_MIN: Final = 3  # windows; in fewer it may be one vowel of somebody behind the speaker
_LOUD: Final = 85.0  # percentile of the levels: in words
_SOFT_DB: Final = 14.0  # below them: between words, even where music is taken for a voice
_WHISTLE: Final = 0.7  # of all pauses: a tone that sounds longer is no music
_LINES: Final = 0.6  # share of the notes at multiples of the mains frequency, in a buzz
_QUIETEST_DB: Final = -75.0
_WINDOW: Final[NDArray[np.float32]] = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
_SCALE: Final = np.float32(2.0 / (_SIZE * float((_WINDOW.astype(np.float64) ** 2).sum())))


@dataclass(frozen=True, slots=True)
class Notes:
    """Rows of 1/8 s: which of them are quiet, and in which of these several notes are held."""

    quiet: NDArray[np.bool_]
    held: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Share (0..1) of the quiet rows; 0 for very few notes."""
        held = int(self.held.sum())
        return held / int(self.quiet.sum()) if held >= _HELD_MIN else 0.0


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

    def result(
        self, speech: NDArray[np.bool_], power: NDArray[np.float32], *, rings: bool
    ) -> Notes:
        """The notes of the pauses, or those of all soft moments if more are held there.

        `speech` and the `power` of the voice have a value for every 50 ms. `rings`: words ring on
        in a room, which fills the soft moments. Without pauses, the notes under the words count.
        """
        chord = _CHORD_OVER_VOICE if rings else _CHORD
        count = len(self._notes.rows)
        pauses = _windows_without(speech, count)
        if pauses.sum() >= _PAUSES_MIN:
            in_pauses = self._held_in(pauses, chord)
        else:  # music may fill all of them
            in_pauses = self._held_in(np.ones(count, np.bool_), _CHORD_OVER_VOICE)
        soft = _windows_without(_is_loud(power), count)
        if rings or soft.sum() < _PAUSES_MIN:
            return in_pauses
        return max(in_pauses, self._held_in(soft, chord), key=lambda notes: notes.share)

    def _held_in(self, quiet: NDArray[np.bool_], chord: int) -> Notes:
        """In which of the quiet windows a chord of so many notes is held."""
        rows = self._notes.rows
        ignored = _constant_tones(rows[quiet])
        several = (~ignored[rows]).sum(axis=1) >= chord
        return Notes(quiet, several & quiet)


def _is_loud(power: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which steps are about as loud as words."""
    if not len(power):
        return np.zeros(0, np.bool_)
    loud: NDArray[np.bool_] = power > np.percentile(power, _LOUD) * 10 ** (-_SOFT_DB / 10)
    return loud


def _windows_without(marked: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """Which windows hold hardly any of the marked steps."""
    before = np.concatenate([[0], np.cumsum(marked)])
    start_s = np.arange(count) * STEP_S
    first, last = (
        np.minimum((at_s / LEVEL_STEP_S).astype(np.intp), len(marked))
        for at_s in (start_s, start_s + _SIZE / _HALF + LEVEL_STEP_S)
    )
    quiet: NDArray[np.bool_] = before[last] - before[first] <= _SPEECH_MAX * (last - first)
    return quiet & (last > first)


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
