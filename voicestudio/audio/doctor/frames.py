"""Audio, doctor: what each 50 ms of a recording are like; the cutter's eyes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..decoding import opened
from ..problems import AudioProblem
from . import speech
from .hum import STEP_S as HUM_STEP_S
from .hum import Hum
from .levels import STEP_S, Clock, Levels, in_steps
from .spectrum import Bands
from .voice import Resampled, mixed

LONGEST_S: Final = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Frames:
    """One value for every step of a recording (`step_s` seconds), all arrays of one length.

    `rms_db`: level over all channels (dBFS, at least -120). `flat`: samples on a flat top, all
    channels together. `speech`: somebody speaks. `noise_db`: level (dBFS) of the room around,
    between the words, 95 Hz to 7.3 kHz. `hum_db`: level (dBFS) of a steady hum of the mains, -127
    where there is none.
    `bands`: level of the bands of `spectrum.EDGES`, packed (see `growing.level`): (steps, BANDS).
    """

    step_s: float
    clock: Clock
    rms_db: NDArray[np.float32]
    flat: NDArray[np.uint16]
    speech: NDArray[np.bool_]
    noise_db: NDArray[np.float32]
    hum_db: NDArray[np.float32]
    bands: NDArray[np.uint8]
    duration_s: float

    def times(self, places: NDArray[np.intp]) -> NDArray[np.float64]:
        """When (s) these steps begin; the one after the last begins at the end."""
        return np.where(places < len(self.rms_db), self.clock.at(places), self.duration_s)


def frames(
    path: Path,
    *,
    longest_s: float = LONGEST_S,
    beside: Callable[[NDArray[np.float32], int], None] | None = None,
) -> Frames:
    """Hear a file once, at most `longest_s` of it; some 50 bytes are kept a step.

    `beside` hears the same, one channel (their mean) at a time with its rate (Hz).

    Raises AudioProblem not_audio, damaged, video, no_audio, empty.
    """
    levels, bands, hum, resampled = Levels(), Bands(), Hum(), Resampled()
    with opened(path) as decoder:
        for block, rate in in_steps(decoder.blocks(stop_after_s=longest_s)):
            levels.add(block, rate)
            mono = mixed(block)
            if beside is not None:
                beside(mono, rate)
            for voice in resampled.add(mono, rate):
                bands.add(voice)
                hum.add(voice)
        for voice in resampled.rest():
            bands.add(voice)
            hum.add(voice)
        bands.rest()
        hum.rest()
    if not levels.samples:
        raise AudioProblem("empty")
    return joined(levels, bands, hum)


def joined(levels: Levels, bands: Bands, hum: Hum) -> Frames:
    """What the three have heard, step by step."""
    count = len(levels.power)
    rows = bands.fitted(count)
    quiet = speech.room(rows)
    rms_db = levels.power + np.float32(1e-20)
    np.log10(rms_db, out=rms_db)
    rms_db *= np.float32(10)
    noise_db = np.empty(count, np.float32)
    for part, room in quiet:
        noise_db[part] = speech.room_db(room)
    return Frames(
        step_s=STEP_S,
        clock=levels.clock,
        rms_db=np.maximum(rms_db, np.float32(-120), out=rms_db),
        flat=levels.flat,
        speech=speech.heard(rows, quiet),
        noise_db=noise_db,
        hum_db=_hum(hum, count),
        bands=rows,
        duration_s=levels.seconds,
    )


def _hum(hum: Hum, count: int) -> NDArray[np.float32]:
    result = np.full(count, -127.0, np.float32)
    steps = round(HUM_STEP_S / STEP_S)
    for row in range(hum.count):
        found = hum.found(max(0, row - 1), row + 2)
        if found.mains_hz:
            # A row's window reaches over two rows of time; the last one to the end.
            last = row == hum.count - 1
            result[row * steps : count if last else (row + 1) * steps] = found.level_db
    return result
