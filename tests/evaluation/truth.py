"""What a professional would say about a clip, from measures that share no code with our check.

Noise: the A-weighted level of the speech above that of the quietest twentieth of the frames.
Bandwidth: the highest frequency at which loud frames rise 10 dB above quiet ones. Clipping: runs of
samples at the highest value, and samples at full scale. Level: the mean of the frames with speech.
Hum: the lines of 50 or 60 Hz that rise 6 dB above the sound beside them in the joined pauses.
Pitch: autocorrelation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tests.evaluation.sounds import (
    Voice,
    a_weighted,
    a_weights,
    active_frames,
    bins_hz,
    frame_powers,
    speech_db,
    to_db,
)

Acceptance = Literal["good", "usable", "disappointing"]
_HUM_WINDOW_S: Final = 0.2  # fits into a pause, and its bins are 5 Hz apart
GOOD_SNR_DB: Final = 30.0
USABLE_SNR_DB: Final = 18.0
GOOD_BANDWIDTH_HZ: Final = 5500.0
USABLE_BANDWIDTH_HZ: Final = 4300.0
USABLE_CLIPPED_SHARE: Final = 0.0005
DISAPPOINTING_CLIPPED_SHARE: Final = 0.005
USABLE_HUM_DB: Final = 48.0  # with headphones, the softest hum that is heard in pauses
# Broadcasters aim at -23 LUFS and streaming services at -14; louder speech was limited hard.
USABLE_LEVEL_DBFS: Final = -12.0


@dataclass(frozen=True, slots=True)
class Truth:
    """The measures of a clean clip and what a professional would call it."""

    acceptance: Acceptance
    snr_a_db: float
    bandwidth_hz: float
    clipped_share: float
    level_dbfs: float
    pitch_hz: float
    hum_below_db: float  # A-weighted; 99 for none

    @property
    def sex(self) -> str:
        """By the pitch: "f", "m", or "" between them."""
        if self.pitch_hz > 175:
            return "f"
        return "m" if 0 < self.pitch_hz < 145 else ""


def measure_truth(voice: Voice, rate: int, pauses_s: Sequence[Sequence[float]] = ()) -> Truth:
    """All measures of a clip, and the verdict that follows from the worst of them.

    `pauses_s`: places that certainly have no speech, in which hum is measured.
    """
    snr, bandwidth, clipped = snr_a_db(voice, rate), bandwidth_hz(voice, rate), clipped_share(voice)
    level, hum = speech_db(voice, rate), hum_below_db(voice, rate, pauses_s)
    acceptance: Acceptance = "good"
    if (
        snr < GOOD_SNR_DB
        or bandwidth < GOOD_BANDWIDTH_HZ
        or clipped > USABLE_CLIPPED_SHARE
        or level > USABLE_LEVEL_DBFS
        or hum < USABLE_HUM_DB
    ):
        acceptance = "usable"
    if (
        snr < USABLE_SNR_DB
        or bandwidth < USABLE_BANDWIDTH_HZ
        or clipped > DISAPPOINTING_CLIPPED_SHARE
    ):
        acceptance = "disappointing"
    return Truth(
        acceptance,
        round(snr, 1),
        round(bandwidth),
        round(clipped, 6),
        round(level, 1),
        round(pitch_hz(voice, rate), 1),
        round(hum, 1),
    )


def snr_a_db(voice: Voice, rate: int) -> float:
    """Speech above the quietest moments, both A-weighted (dB); at most 90."""
    heard = a_weighted(voice, rate)
    quiet = float(np.percentile(frame_powers(heard, rate), 5))
    return min(90.0, speech_db(heard, rate) - to_db(quiet))


def bandwidth_hz(voice: Voice, rate: int) -> float:
    """The highest frequency that rises and falls with the speech."""
    levels = _spectrogram_db(voice)
    loud, quiet = np.percentile(levels, 98, axis=1), np.percentile(levels, 10, axis=1)
    heard = np.flatnonzero((loud - quiet > 10) & (loud > loud.max() - 60))
    hertz = bins_hz(1024, rate)
    return float(hertz[heard[-1]]) if len(heard) else 0.0


def _spectrogram_db(voice: Voice) -> NDArray[np.float64]:
    frames = voice[: len(voice) // 1024 * 1024].reshape(-1, 1024) * np.hanning(1024)
    powers = np.abs(np.fft.rfft(frames, axis=1)).T ** 2
    smooth = np.apply_along_axis(np.convolve, 0, powers, np.ones(5) / 5, "same")
    return np.asarray(10 * np.log10(smooth + 1e-12))


def clipped_share(voice: Voice) -> float:
    """The share of samples in runs of three or more at the highest value, or at full scale.

    An encoder blurs the runs; then only the many samples near full scale are left of them.
    """
    top = float(np.abs(voice).max(initial=0))
    if top < 0.05:
        return 0.0
    flat = np.abs(voice) >= top * 0.9995
    runs = flat[2:] & flat[1:-1] & flat[:-2]
    at_full_scale = float((np.abs(voice) >= 0.99).mean())
    return max(float(runs.mean()) if runs.sum() >= 3 else 0.0, at_full_scale)


def hum_below_db(voice: Voice, rate: int, pauses_s: Sequence[Sequence[float]]) -> float:
    """How far the hum is below the speech, both A-weighted; 99 for fewer than two lines."""
    size = round(_HUM_WINDOW_S * rate)
    window = np.hanning(size)
    starts = [
        start
        for first, last in pauses_s
        for start in range(round(first * rate), round(last * rate) - size + 1, size // 2)
    ]
    if len(starts) < 3:
        return 99.0
    powers = np.mean(
        [np.abs(np.fft.rfft(voice[start : start + size] * window)) ** 2 for start in starts], axis=0
    ) * (2 / (size * float((window**2).sum())))
    weights = a_weights(bins_hz(size, rate))
    found = max((_line_power(powers, weights, mains) for mains in (50, 60)), default=0.0)
    if not found:
        return 99.0
    return min(99.0, speech_db(a_weighted(voice, rate), rate) - to_db(found))


def _line_power(powers: NDArray[np.float64], weights: NDArray[np.float64], mains: int) -> float:
    """The A-weighted power of all lines of this mains frequency; 0 for fewer than two lines."""
    lines = []
    for number in range(1, 1500 // mains):
        place = round(number * mains * _HUM_WINDOW_S)
        beside = np.r_[powers[max(0, place - 4) : place - 2], powers[place + 3 : place + 5]]
        if powers[place] > 4 * np.median(beside):
            lines.append(float(powers[place - 1 : place + 2].sum() * weights[place]))
    return sum(lines) if len(lines) >= 2 else 0.0


def pitch_hz(voice: Voice, rate: int) -> float:
    """The median pitch of the voiced frames, by autocorrelation; 0 for none."""
    size = round(0.04 * rate)
    starts = np.flatnonzero(active_frames(voice, rate))[::3] * round(0.02 * rate)
    low, high = round(rate / 400), round(rate / 70)
    pitches = []
    for start in starts[:400]:
        frame = voice[start : start + size]
        if len(frame) < size:
            continue
        spectrum = np.abs(np.fft.rfft(frame * np.hanning(size), 2 * size)) ** 2
        hertz = bins_hz(2 * size, rate)
        spectrum[(hertz < 60) | (hertz > 1000)] = 0
        correlation = np.fft.irfft(spectrum)
        rises = np.diff(correlation[low - 1 : high + 1]) > 0
        peaks = np.flatnonzero(rises[:-1] & ~rises[1:]) + low
        if not len(peaks):
            continue
        lag = int(peaks[np.argmax(correlation[peaks])])
        if correlation[lag] > 0.5 * correlation[0] > 0:
            pitches.append(rate / lag)
    return float(np.median(pitches)) if len(pitches) > 10 else 0.0
