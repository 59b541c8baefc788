"""Audio, doctor: the voice in bands, every 50 ms."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .growing import Growing, loud
from .voice import RATE, Voice, Windows

STEP: Final = RATE // 20  # 50 ms
SIZE: Final = 1024
# Hz. About as wide as the ear's own bands; the lowest holds hum and rumble only.
EDGES: Final = (
    31, 95, 200, 300, 400, 520, 660, 820, 1000, 1250, 1550, 1900, 2350, 2900, 3600, 4500, 5700,
    7300,
)  # fmt: skip
BANDS: Final = len(EDGES) - 1
SPEECH: Final = slice(2, 15)  # 200 to 4500 Hz: where a voice is told from its room
VOICE: Final = slice(1, BANDS)  # 95 Hz and up: what counts as noise between words
ABOVE_HUM: Final = 5  # the band from 520 Hz: eight harmonics of 60 Hz end below it
_FLOOR: Final = 1e-13  # -130 dB; a logarithm wants more than nothing

_WINDOW: Final[NDArray[np.float32]] = np.hanning(SIZE + 1)[:-1].astype(np.float32)
# Power of a window in one of its bins, so that the sum over bins is the mean square of the sound.
_SCALE: Final = np.float32(2.0 / (SIZE * float((_WINDOW.astype(np.float64) ** 2).sum())))
_FIRST: Final = np.array([round(edge * SIZE / RATE) for edge in EDGES])


def powers(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power in each bin: (count, SIZE / 2 + 1), full scale 1.0 squared."""
    # In doubles: numpy transforms them in a third of the time that floats take.
    spectra = np.fft.rfft(np.multiply(windows, _WINDOW, dtype=np.float64), axis=1)
    result: NDArray[np.float32] = (spectra.real**2 + spectra.imag**2).astype(np.float32)
    result *= _SCALE
    return result


class Bands:
    """Level of every band, 50 ms a row, in bytes (see `growing.loud`)."""

    def __init__(self) -> None:
        self._windows = Windows(SIZE, STEP)
        self._windows.add(np.zeros((SIZE - STEP) // 2, np.float32))  # windows stand centred
        self._rows = Growing(BANDS, np.uint8)

    def add(self, voice: Voice) -> NDArray[np.float32]:
        """Take in samples; gives the spectra that became complete: (count, bins)."""
        return self._take(self._windows.add(voice))

    def rest(self) -> NDArray[np.float32]:
        """The end of the recording."""
        return self._take(self._windows.rest())

    def _take(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        spectra = powers(windows)
        if len(spectra):
            banded = np.add.reduceat(spectra, _FIRST, axis=1)[:, :-1]
            self._rows.append(loud(10 * np.log10(banded + np.float32(_FLOOR))))
        return spectra

    def fitted(self, count: int) -> NDArray[np.uint8]:
        """As many rows as there are steps, (count, BANDS); call it once, at the end.

        The resampler may be a step short or long there.
        """
        missing = count - len(self._rows.rows)
        if missing > 0:
            self._rows.append(np.zeros((missing, BANDS), np.uint8))
        rows: NDArray[np.uint8] = self._rows.rows[:count]
        return rows
