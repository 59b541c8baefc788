"""Arrays of samples: reading, resampling, levels, mixing. Independent of `voicestudio.audio`."""

from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

Voice = NDArray[np.float32]  # (samples,), full scale 1.0
FRAME_S: Final = 0.02
_ACTIVE_DB: Final = 25.0  # frames so far below the loud ones still count as speech


def read_voice(path: Path) -> tuple[Voice, int]:
    """The mean of all channels of a file, and its sample rate."""
    blocks = []
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        rate = stream.rate
        resampler = AudioResampler("fltp")
        for frame in container.decode(stream):
            blocks += [part.to_ndarray().mean(axis=0) for part in resampler.resample(frame)]
    return np.concatenate([np.empty(0, np.float32), *blocks]).astype(np.float32), rate


def resample(voice: Voice, rate: int, target: int) -> Voice:
    """The same sound at another sample rate, by cutting or padding its spectrum."""
    if rate == target or not len(voice):
        return voice
    count = round(len(voice) * target / rate)
    spectrum = np.fft.rfft(voice)[: count // 2 + 1]
    spectrum = np.pad(spectrum, (0, count // 2 + 1 - len(spectrum)))
    resampled: Voice = (np.fft.irfft(spectrum, count) * (count / len(voice))).astype(np.float32)
    return resampled


def to_db(power: float) -> float:
    """Decibels of a power; -200 for none."""
    return float(10 * np.log10(max(power, 1e-20)))


def frame_powers(voice: Voice, rate: int, frame_s: float = FRAME_S) -> NDArray[np.float64]:
    """The mean power of each whole frame."""
    size = round(frame_s * rate)
    frames = voice[: len(voice) // size * size].reshape(-1, size).astype(np.float64)
    return np.asarray((frames**2).mean(axis=1))


def active_frames(voice: Voice, rate: int) -> NDArray[np.bool_]:
    """Which frames contain speech: those at most 25 dB below the loud ones."""
    powers = frame_powers(voice, rate)
    loud = float(np.percentile(powers, 95)) if len(powers) else 0.0
    return powers > loud * 10 ** (-_ACTIVE_DB / 10)


def speech_db(voice: Voice, rate: int) -> float:
    """The mean level of the frames with speech (dBFS)."""
    active = frame_powers(voice, rate)[active_frames(voice, rate)]
    return to_db(float(active.mean())) if len(active) else -200.0


def mean_db(voice: Voice) -> float:
    """The mean level of all samples (dBFS)."""
    return to_db(float((voice.astype(np.float64) ** 2).mean())) if len(voice) else -200.0


def amplified(voice: Voice, gain_db: float) -> Voice:
    """The sound with its level changed."""
    return voice * np.float32(10 ** (gain_db / 20))


def add_below_speech(voice: Voice, rate: int, other: Voice, below_db: float) -> Voice:
    """Add another sound whose mean level is `below_db` under that of the speech."""
    wanted = speech_db(voice, rate) - below_db
    return voice + amplified(other, wanted - mean_db(other))


def a_weights(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """The A-weighting of powers (IEC 61672) at these frequencies; 1.0 at 1 kHz."""
    square = hertz**2
    response = (12194.0**2 * square**2) / (
        (square + 20.6**2)
        * np.sqrt((square + 107.7**2) * (square + 737.9**2))
        * (square + 12194.0**2)
    )
    return np.asarray((response * 10 ** (2.0 / 20)) ** 2)


def filtered(voice: Voice, rate: int, gains: NDArray[np.float64]) -> Voice:
    """The sound with each bin of its spectrum multiplied by a gain (len // 2 + 1 of them)."""
    return np.fft.irfft(np.fft.rfft(voice) * gains, len(voice)).astype(np.float32)


def bins_hz(count: int, rate: int) -> NDArray[np.float64]:
    """The frequencies of the spectrum of so many samples."""
    return np.asarray(np.fft.rfftfreq(count, 1 / rate))


def a_weighted(voice: Voice, rate: int) -> Voice:
    """The sound as an A-weighted meter hears it."""
    return filtered(voice, rate, np.sqrt(a_weights(bins_hz(len(voice), rate))))


def band_passed(voice: Voice, rate: int, low_hz: float, high_hz: float) -> Voice:
    """What lies between two frequencies, with slopes of 120 dB an octave, as a codec has."""
    hertz = np.maximum(bins_hz(len(voice), rate), 1e-3)
    low = 1 / np.sqrt(1 + np.minimum(low_hz / hertz, 1e6) ** 40)
    return filtered(voice, rate, low / np.sqrt(1 + (hertz / high_hz) ** 40))


def fitted(voice: Voice, count: int, start: int = 0) -> Voice:
    """So many samples from `start`, from the beginning again at the end."""
    return np.take(voice, np.arange(start, start + count), mode="wrap")


def level_voice(voice: Voice, rate: int, level_db: float = -20.0, peak: float = 0.7) -> Voice:
    """The voice at a level of its speech, less if its peak would be above `peak`."""
    gain_db = level_db - speech_db(voice, rate)
    top = float(np.abs(voice).max(initial=1e-9))
    return amplified(voice, min(gain_db, 20 * float(np.log10(peak / top))))


def within_full_scale(voice: Voice) -> Voice:
    """The same, softer if a sample is above full scale."""
    top = float(np.abs(voice).max(initial=0))
    return voice / np.float32(top / 0.98) if top > 0.98 else voice
