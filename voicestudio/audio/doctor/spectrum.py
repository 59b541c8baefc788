"""Audio, doctor: levels in frequency bands, every 50 ms."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..growable_array import GrowableArray, pack_db, unpack_db
from .a_weights import a_weights
from .voice_signal import RATE, VoiceSignal
from .windows import SlidingWindows

STEP: Final = RATE // 20  # 50 ms
SIZE: Final = 1024
# Hz. About as wide as the critical bands of hearing; the lowest holds only hum and rumble.
EDGES: Final = (
    31, 95, 200, 300, 400, 520, 660, 820, 1000, 1250, 1550, 1900, 2350, 2900, 3600, 4500, 5700,
    7300,
)  # fmt: skip
BANDS: Final = len(EDGES) - 1
SPEECH: Final = slice(2, 15)  # 200 to 4500 Hz: where a voice differs from room noise
VOICE: Final = slice(1, BANDS)  # 95 Hz and up: where noise between words is measured
VOWELS: Final = slice(2, 12)  # 200 to 2350 Hz, which a telephone transmits
HIGHS: Final = slice(16, 17)  # 5.7 to 7.3 kHz, where s, f and th are; a telephone omits them
ABOVE_HUM: Final = 5  # the band from 520 Hz: eight harmonics of 60 Hz end below it
_FLOOR: Final = 1e-13  # -130 dB; avoids the logarithm of 0
_CHUNK: Final = 4096  # rows processed at a time

_WINDOW: Final[NDArray[np.float32]] = np.hanning(SIZE + 1)[:-1].astype(np.float32)
# Scales the power of a bin so that the sum over all bins is the mean square of the signal.
_SCALE: Final = np.float32(2.0 / (SIZE * float((_WINDOW.astype(np.float64) ** 2).sum())))
_FIRST: Final = np.array([round(edge * SIZE / RATE) for edge in EDGES])


def power_spectra(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power in each bin: (count, SIZE / 2 + 1), full scale 1.0 squared."""
    # float64, because numpy transforms it in a third of the time of float32.
    spectra = np.fft.rfft(np.multiply(windows, _WINDOW, dtype=np.float64), axis=1)
    result: NDArray[np.float32] = (spectra.real**2 + spectra.imag**2).astype(np.float32)
    result *= _SCALE
    return result


def a_weighted_db(rows: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The A-weighted level (dB) of each row of `BandLevels`."""
    weights = a_weights(np.sqrt(np.multiply(EDGES[:-1], EDGES[1:]))).astype(np.float32)
    levels = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        levels[chunk] = (np.float32(10) ** (unpack_db(rows[chunk]) / np.float32(10))) @ weights
    return to_db(levels)


def to_db(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Decibels, -130 at least; in place, to save memory for two hours."""
    power += np.float32(_FLOOR)
    np.log10(power, out=power)
    power *= np.float32(10)
    return power


class BandLevels:
    """Measures the level of every band, 50 ms a row, in bytes (see `pack_db`)."""

    def __init__(self) -> None:
        self._windows = SlidingWindows(SIZE, STEP)
        self._windows.add(np.zeros((SIZE - STEP) // 2, np.float32))  # centres the windows
        self._rows = GrowableArray(BANDS, np.uint8)
        self._total = GrowableArray(1, np.uint8)

    def add(self, signal: VoiceSignal) -> NDArray[np.float32]:
        """Add samples at 16 kHz; returns the spectra that are now complete: (count, bins)."""
        return self._add_windows(self._windows.add(signal))

    def finish(self) -> NDArray[np.float32]:
        """End the recording; returns the last spectrum, if there is one."""
        return self._add_windows(self._windows.finish())

    def _add_windows(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        spectra = power_spectra(windows)
        if len(spectra):
            total = spectra.sum(axis=1, keepdims=True)
            self._total.append(pack_db(10 * np.log10(total + np.float32(_FLOOR))))
            banded = np.add.reduceat(spectra, _FIRST, axis=1)[:, :-1]
            self._rows.append(pack_db(10 * np.log10(banded + np.float32(_FLOOR))))
        return spectra

    def rows(self, count: int) -> NDArray[np.uint8]:
        """The first `count` rows, (count, BANDS), for as many steps; call it once, at the end.

        The resampler may be a step short or long there.
        """
        missing = count - len(self._rows.rows)
        if missing > 0:
            self._rows.append(np.zeros((missing, BANDS), np.uint8))
        rows: NDArray[np.uint8] = self._rows.rows[:count]
        return rows

    def total_db(self, count: int) -> NDArray[np.float32]:
        """Level (dBFS) of the whole signal at 16 kHz in the first `count` steps."""
        packed = np.zeros(count, np.uint8)
        known = self._total.rows[:count, 0]
        packed[: len(known)] = known
        return unpack_db(packed)
