"""Audio, doctor: levels, noise, hum and speech of every 50 ms of a recording."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..decoding import open_recording
from ..problems import AudioProblem
from ..segments import read_mix
from ..voice_activity import VoiceActivity, load_network
from . import speech
from .hum import STEP_S as HUM_STEP_S
from .hum import HumDetector
from .levels import STEP_S, Levels, StepTimes, split_into_steps
from .spectrum import BandLevels
from .voice_signal import VoiceResampler, mix_to_mono


@dataclass(frozen=True, slots=True)
class Frames:
    """One value for every step of a recording (`step_s` seconds), all arrays of one length.

    `rms_db`: level over all channels (dBFS, at least -120). `flat`: clipped samples of all
    channels. `speech`: somebody speaks. `voice`: log odds of that by the network, if it is there
    and needed. `noise_db`: level (dBFS) of the room noise between the words, 95 Hz to 7.3 kHz.
    `hum_db`: A-weighted level (dBFS) of a steady mains hum, -127 where there is none. `bands`:
    levels of the bands of `spectrum.EDGES`, packed (see `unpack_db`): (steps, BANDS).
    """

    step_s: float
    step_times: StepTimes
    rms_db: NDArray[np.float32]
    flat: NDArray[np.uint16]
    speech: NDArray[np.bool_]
    voice: NDArray[np.float32] | None
    noise_db: NDArray[np.float32]
    hum_db: NDArray[np.float32]
    bands: NDArray[np.uint8]
    duration_s: float

    def times(self, steps: NDArray[np.intp]) -> NDArray[np.float64]:
        """When (s) these steps start; the step after the last one starts at the end."""
        return np.where(steps < len(self.rms_db), self.step_times.at(steps), self.duration_s)


def read_frames(path: Path, *, longest_s: float) -> Frames:
    """The frames of at most `longest_s` of a file; they take some 50 bytes a step.

    Raises AudioProblem not_audio, damaged, video, no_audio, empty.
    """
    levels, bands, hum, resampler = Levels(), BandLevels(), HumDetector(), VoiceResampler()
    activity = VoiceActivity(load_network())
    mix = read_mix(path, to_s=longest_s)
    with open_recording(path) as decoder:
        for block, rate in split_into_steps(decoder.blocks(stop_after_s=longest_s)):
            levels.add(block, rate)
            for signal in resampler.add(mix_to_mono(block, mix), rate):
                bands.add(signal)
                hum.add(signal)
                activity.add(signal)
        for signal in resampler.finish():
            bands.add(signal)
            hum.add(signal)
            activity.add(signal)
        bands.finish()
        hum.finish()
    if not levels.samples:
        raise AudioProblem("empty")
    return build_frames(levels, bands, hum, activity)


def build_frames(
    levels: Levels, bands: BandLevels, hum: HumDetector, activity: VoiceActivity
) -> Frames:
    """The frames from the results of four analyzers."""
    count = len(levels.power)
    rows = bands.rows(count)
    room = speech.room_levels(rows)
    rms_db = levels.power + np.float32(1e-20)
    np.log10(rms_db, out=rms_db)
    rms_db *= np.float32(10)
    noise_db = np.empty(count, np.float32)
    for part, quiet in room:
        noise_db[part] = speech.room_db(quiet)
    voice = activity.log_odds(count, STEP_S) if speech.needs_voice(rows) else None
    return Frames(
        step_s=STEP_S,
        step_times=levels.step_times,
        rms_db=np.maximum(rms_db, np.float32(-120), out=rms_db),
        flat=levels.flat,
        speech=speech.detect_speech(rows, room, voice),
        voice=voice,
        noise_db=noise_db,
        hum_db=_hum_db(hum, count),
        bands=rows,
        duration_s=levels.seconds,
    )


def _hum_db(hum: HumDetector, count: int) -> NDArray[np.float32]:
    result = np.full(count, -127.0, np.float32)
    steps = round(HUM_STEP_S / STEP_S)
    for row in range(hum.count):
        found = hum.result(max(0, row - 1), row + 2)
        if found.mains_hz:
            # The window of a row covers two rows of time; the last one lasts to the end.
            last = row == hum.count - 1
            result[row * steps : count if last else (row + 1) * steps] = found.level_db
    return result
