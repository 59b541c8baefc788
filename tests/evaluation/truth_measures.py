"""Measures of a clip that share no code with our check; see `truth` for what follows from them.

Noise: the A-weighted level of the speech above that of the quietest twentieth of the frames.
Bandwidth: the highest frequency at which loud frames rise 10 dB above quiet ones. Clipping: runs of
samples at the highest value, and samples at full scale. Level: the mean of the frames with speech.
Hum: the lines of 50 or 60 Hz that rise 6 dB above the sound beside them in the joined pauses.
Pitch: autocorrelation. Reverberation: the time of falls by 20 dB (T20). Pauses: the share of soft
frames. Clicks: pulses that a linear prediction of the voice does not expect.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.evaluation.sounds import (
    FRAME_S,
    Voice,
    a_weighted,
    a_weights,
    active_frames,
    band_passed,
    bins_hz,
    frame_powers,
    resample,
    speech_db,
    to_db,
)

_HUM_WINDOW_S: Final = 0.2  # fits into a pause, and its bins are 5 Hz apart
_PAUSE_BELOW_DB: Final = 30.0  # below the loud frames: softer than any sound of a word
_PAUSE_S: Final = 0.2  # longer than the closure of a stop, which is part of a word
_DECAY_HOP_S: Final = 0.01
# ISO 3382 measures a decay from 5 to 25 dB below its start. The start is the level of loud speech.
_DECAY_DB: Final = (5.0, 25.0)
_DECAYS_MIN: Final = 3
_CLICK_RATE: Final = 16_000
_PREDICTED_FROM: Final = 16  # samples: enough for the resonances of a voice up to 8 kHz
_CLICK_ABOVE: Final = 3.0  # times the other pulses around; those of the glottis are alike
_CLICK_BELOW_SPEECH_DB: Final = 40.0  # softer pulses are not heard


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
    """The share of samples in runs of three or more at the highest value, or at full scale."""
    top = float(np.abs(voice).max(initial=0))
    if top < 0.05:
        return 0.0
    flat = np.abs(voice) >= top * 0.9995
    runs = flat[2:] & flat[1:-1] & flat[:-2]
    return max(float(runs.mean()) if runs.sum() >= 3 else 0.0, full_scale_share(voice))


def full_scale_share(voice: Voice) -> float:
    """The share of samples at full scale or above it.

    An encoder blurs the runs of clipped samples; then only the many high samples are left of them.
    """
    return float((np.abs(voice) >= 0.99).mean()) if len(voice) else 0.0


def hum_below_db(voice: Voice, rate: int, pauses_s: Sequence[Sequence[float]]) -> float:
    """How far the hum is below the speech, both A-weighted; 99 for fewer than two lines.

    `pauses_s`: places that certainly have no speech. Without them, the quiet frames serve.
    """
    size = round(_HUM_WINDOW_S * rate)
    window = np.hanning(size)
    places = pauses_s or [
        (first * FRAME_S, last * FRAME_S) for first, last in _quiet_frames(voice, rate)
    ]
    starts = [
        start
        for first, last in places
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


def pause_share(voice: Voice, rate: int) -> float:
    """The share of the frames that lie in pauses, also before and after the speech."""
    frames = len(voice) // round(FRAME_S * rate)
    return sum(last - first for first, last in _quiet_frames(voice, rate)) / max(1, frames)


def _quiet_frames(voice: Voice, rate: int) -> list[tuple[int, int]]:
    """Frames [start, end) of each pause."""
    levels = 10 * np.log10(frame_powers(a_weighted(voice, rate), rate) + 1e-12)
    if not len(levels):
        return []
    soft, loud = np.percentile(levels, [5, 95])
    quiet = levels < max(loud - _PAUSE_BELOW_DB, soft + 6)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
    return [
        (int(first), int(last))
        for first, last in edges.reshape(-1, 2)
        if last - first >= _PAUSE_S / FRAME_S
    ]


def decay_60_s(voice: Voice, rate: int) -> float:
    """The time of a decay by 60 dB, from the fastest quarter of all falls by 20 dB.

    No sound falls faster than its room; a slow end of a word only looks like one. 0 where falls
    cannot be measured, because there are too few or the noise is too loud.
    """
    powers = frame_powers(band_passed(voice, rate, 300, 4000), rate, _DECAY_HOP_S)
    levels = 10 * np.log10(np.convolve(powers, [0.25, 0.5, 0.25], "same") + 1e-13)
    loud, noise = np.percentile(levels, [90, 3])
    high, low = (loud - below for below in _DECAY_DB)
    if low < noise + 3:
        return 0.0
    falls = []
    last_loud = None
    for number, level in enumerate(levels):
        if level >= high:
            last_loud = number
        elif level <= low and last_loud is not None:
            falls.append(number - last_loud)
            last_loud = None
    if len(falls) < _DECAYS_MIN:
        return 0.0
    fast = float(np.percentile(falls, 25))
    return float(fast * _DECAY_HOP_S * 60 / (high - low))


def clicks_a_minute(voice: Voice, rate: int) -> float:
    """Pulses that stand out of what a linear prediction leaves of the voice."""
    sound = resample(voice, rate, _CLICK_RATE)
    left = np.abs(_prediction_errors(sound))
    millisecond = _CLICK_RATE // 1000
    pulses = left[: len(left) // millisecond * millisecond].reshape(-1, millisecond).max(axis=1)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(pulses, 15, mode="edge"), 31)
    others = np.maximum(around[:, :13].max(axis=1), around[:, 18:].max(axis=1))
    least = 10 ** ((speech_db(sound, _CLICK_RATE) - _CLICK_BELOW_SPEECH_DB) / 20)
    clicks = np.flatnonzero(pulses > _CLICK_ABOVE * np.maximum(others, least))
    count = int((np.diff(clicks, prepend=-1000) > 10).sum())
    return float(count * 60 * rate / max(1, len(voice)))


def _prediction_errors(sound: Voice) -> NDArray[np.float64]:
    """What remains of each sample after the linear prediction from those before it."""
    order, size = _PREDICTED_FROM, round(0.03 * _CLICK_RATE)
    step = size // 2
    errors = np.zeros(len(sound))
    lags = np.abs(np.arange(order)[:, None] - np.arange(order)[None])
    for start in range(order, len(sound) - size, step):
        frame = sound[start : start + size] * np.hanning(size)
        likeness = np.fft.irfft(np.abs(np.fft.rfft(frame, 2 * size)) ** 2)[: order + 1]
        weights = likeness[lags] + np.eye(order) * (1e-4 * likeness[0] + 1e-9)
        predictor = np.concatenate([[1.0], -np.linalg.solve(weights, likeness[1:])])
        middle = start + size // 4
        part = sound[middle - order : middle + step]
        errors[middle : middle + step] = np.convolve(part, predictor, "valid")
    return errors
