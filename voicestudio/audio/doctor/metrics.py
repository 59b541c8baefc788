"""Audio, doctor: the metrics of a recording, from the results of all analyzers."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..envelope import decibels
from ..results import CHECK_VERSION, Metric
from ..rules import SILENCE_DB
from . import pitch, thresholds
from .analyzers import Analyzers
from .automatic_gain import find_rises
from .echo import Decay
from .frames import Frames, build_frames
from .hum import STEP_S as HUM_STEP_S
from .hum import Hum
from .levels import STEP_S
from .spectrum import HIGHS, SPEECH, VOWELS, a_weighted_db, to_db
from .speech import ROOM_BIAS_DB, find_runs, noise_power, power_in_bands, room_levels
from .tones import Notes
from .wind import find_gusts

_MARGIN: Final = 1  # steps beside a word that may still contain part of it
_STRETCH: Final = 200  # steps: ten seconds
_PAUSE_STEPS_MIN: Final = 6  # from which the noise of a stretch is measured
_LEFT_OUT_MAX_DB: Final = 12.0  # hiss above 7.3 kHz and a silent channel together
_HUM_ROWS: Final = 3  # windows of 8 s that overlap by half: 16 s
_QUIETEST: Final = 10.0  # percentile of levels: in pauses
_HUM_VARIES_DB: Final = 4.0  # by which a hum may seem louder than all that sounds in pauses
_LEAST_BESIDE_HUM: Final = 0.03  # share of noise in what sounds like hum, for what is inaccurate
_LATE_S: Final = 0.2  # in which the later decay is measured
_GAPS_MIN: Final = 2  # fewer are no finding
_CLICKS_MIN: Final = 3
_MASKED_MIN: Final = 0.1  # share of the high band that is voice, if noise hides more of it


@dataclass(frozen=True, slots=True)
class Measurements:
    """The metrics by name (see `results.Report`), and their places in the recording."""

    metrics: dict[str, Metric]
    frames: Frames
    pauses: list[tuple[int, int]]  # steps [start, end), including the ends of the recording
    gaps_s: list[float]  # of each drop-out
    clicks_s: list[float]
    other_voice: tuple[int, int] | None  # steps [start, end) of the longest turn of a second voice
    notes: Notes
    gusts: NDArray[np.bool_]  # every step: is wind louder than the voice?
    rising: list[tuple[int, int]]  # steps [start, end) of pauses in which the noise rises

    def number(self, name: str) -> float | None:
        """A metric, if it is a number."""
        value = self.metrics.get(name)
        return float(value) if isinstance(value, (int, float)) else None


def compute_metrics(analyzers: Analyzers) -> Measurements:
    """All metrics, after `analyzers` have run."""
    frames = build_frames(analyzers.levels, analyzers.bands, analyzers.hum, analyzers.activity)
    metrics: dict[str, Metric] = {
        "check_version": CHECK_VERSION,
        "duration_s": round(frames.duration_s, 3),
        "speech_model": int(analyzers.activity.network is not None),
    }
    pauses = find_runs(~frames.speech)
    metrics |= _times(frames, pauses)
    metrics |= _levels(analyzers, frames)
    hum = _find_hum(analyzers, frames)
    metrics |= _noise(analyzers, frames, hum, _number(metrics["average_dbfs"]))
    metrics |= _hum(frames, hum)
    metrics |= _channels(analyzers)
    digital = _number(metrics["noise_floor_dbfs"]) < thresholds.DIGITAL_SILENCE_DBFS
    gaps, clicks = analyzers.gaps.dropouts, _loud_clicks(analyzers, metrics)
    if not digital:
        gaps = gaps + analyzers.gaps.stops
    minutes = max(frames.duration_s, 1.0) / 60
    metrics |= {
        "dropouts": len(gaps),
        "dropouts_a_minute": round(len(gaps) / minutes, 2) if len(gaps) >= _GAPS_MIN else 0.0,
        "clicks": len(clicks),
        "clicks_a_minute": round(len(clicks) / minutes, 2) if len(clicks) >= _CLICKS_MIN else 0.0,
    }
    metrics |= _room(analyzers)
    metrics["highs_below_voice_db"] = _highs_below_voice_db(frames)
    voice_power = power_in_bands(frames.bands, SPEECH)
    rings = metrics["decay_60_s"] is not None
    notes = analyzers.tones.result(frames.speech, voice_power, rings=rings)
    metrics["music_share"] = round(notes.share, 3)
    gusts = find_gusts(frames.bands, frames.speech)
    rise, rising = find_rises(frames.bands, pauses)
    metrics |= {
        "wind_share": round(float(gusts.mean()), 3),
        "noise_rise_db_a_second": round(rise, 1),
    }
    pitches = analyzers.pitch.pitches
    count = min(len(pitches), len(frames.speech))
    apart, other_voice = pitch.find_second_voice(
        pitches[:count], frames.speech[:count], frames.bands[:count]
    )
    hertz = pitch.median_pitch_hz(pitches)
    metrics |= {
        "pitch_hz": round(hertz, 1) if hertz else None,
        "voices_apart_semitones": round(apart, 1),
    }
    gaps_s = [start for start, _ in gaps]
    return Measurements(metrics, frames, pauses, gaps_s, clicks, other_voice, notes, gusts, rising)


def _loud_clicks(analyzers: Analyzers, metrics: dict[str, Metric]) -> list[float]:
    """When (s) there are clicks that the voice does not cover."""
    least = _number(metrics["average_dbfs"]) - thresholds.CLICK_BELOW_SPEECH_DB
    return [click.at_s for click in analyzers.gaps.clicks if click.height_db > least]


def _times(frames: Frames, pauses: list[tuple[int, int]]) -> dict[str, Metric]:
    """Seconds of speech and of silence."""
    count = len(frames.speech)
    speech = int(frames.speech.sum())
    inner = [end - start for start, end in pauses if start > 0 and end < count]
    lengths = [end - start for start, end in pauses]
    silence = sum(length for length in lengths if length * STEP_S >= thresholds.SILENCE_S)
    start_s = pauses[0][1] * STEP_S if pauses and pauses[0][0] == 0 else 0.0
    end_s = (count - pauses[-1][0]) * STEP_S if pauses and pauses[-1][1] == count else 0.0
    sound = float((frames.rms_db > SILENCE_DB).sum()) * STEP_S
    return {
        "sound_s": round(sound, 2),
        "speech_s": round(speech * STEP_S, 2),
        "silence_share": round(silence / max(1, count), 4),
        "longest_pause_s": round(max(inner, default=0) * STEP_S, 2),
        "silence_start_s": round(start_s, 2),
        "silence_end_s": round(end_s, 2),
        "silence_end_max_s": round(max(start_s, end_s) if speech else 0.0, 2),
    }


def _levels(analyzers: Analyzers, frames: Frames) -> dict[str, Metric]:
    """Peaks and means. The average is that of speech, or of all sound without speech."""
    levels = analyzers.levels
    samples = max(1, levels.samples)
    means = levels.sums / samples
    live = _live(levels.energies / samples)
    included = frames.speech if frames.speech.sum() * STEP_S >= 1 else frames.rms_db > SILENCE_DB
    power = levels.power[included].astype(np.float64)
    power *= levels.channels / max(1, int(live.sum()))
    power -= float((means**2).sum()) / max(1, int(live.sum()))
    np.maximum(power, 0, out=power)
    average = decibels(float(power.mean())) if len(power) else -120.0
    loudness = analyzers.loudness.result()
    return {
        "peak_dbfs": round(decibels(float(levels.peaks.max(initial=0)) ** 2), 2),
        "true_peak_dbtp": round(decibels(analyzers.true_peak.highest**2), 2),
        "clipped_share": round(levels.clipped / samples / max(1, levels.channels), 6),
        "loudness_lufs": loudness.integrated,
        "loudness_range_lu": loudness.range,
        "average_dbfs": round(average, 2),
        "dc_offset": round(float(np.abs(means).max(initial=0)), 5),
    }


def _find_hum(analyzers: Analyzers, frames: Frames) -> Hum:
    """The hum where it is loudest: in 16 s, so that it is steady.

    It sounds on in pauses. What is softer there is a voice that stays on one pitch.
    """
    heard_db = a_weighted_db(frames.bands)
    steps = round(HUM_STEP_S / STEP_S)
    loudest = Hum()
    for start in range(max(1, analyzers.hum.count - _HUM_ROWS + 1)):
        hum = analyzers.hum.result(start, start + _HUM_ROWS)
        part = heard_db[start * steps : (start + _HUM_ROWS + 1) * steps]
        is_steady = hum.level_db < np.percentile(part, _QUIETEST) + _HUM_VARIES_DB
        if is_steady and hum.level_db > loudest.level_db:
            loudest = hum
    return loudest


def _hum(frames: Frames, hum: Hum) -> dict[str, Metric]:
    """The hum as it is heard, A-weighted, and relative to the voice."""
    metrics: dict[str, Metric] = {"hum_hz": None, "hum_db": None, "hum_below_speech_db": None}
    if not hum.mains_hz:
        return metrics
    metrics |= {"hum_hz": hum.mains_hz, "hum_db": round(hum.level_db, 1)}
    if frames.speech.any():
        power = np.mean(10 ** (a_weighted_db(frames.bands[frames.speech]) / 10))
        metrics["hum_below_speech_db"] = round(decibels(float(power)) - hum.level_db, 1)
    return metrics


def _noise(analyzers: Analyzers, frames: Frames, hum: Hum, average: float) -> dict[str, Metric]:
    """The noise between the words, without hum, and relative to the voice."""
    above_hum = bool(hum.mains_hz)
    noise_db = _noise_db(analyzers, frames, hum)
    quiet = ~_widened(frames.speech)
    overall = _room_db(noise_db, quiet)
    worst = overall
    for start in range(0, len(noise_db), _STRETCH):
        part = slice(max(0, start - _STRETCH // 2), start + _STRETCH + _STRETCH // 2)
        worst = max(worst, _room_db(noise_db[part], quiet[part]))
    if overall < -200:  # there are no pauses: take the levels of the bands when they are lowest
        segments = room_levels(frames.bands)
        quiet_bands = np.concatenate([rows for _, rows in segments])
        lowest = np.repeat(
            noise_power(quiet_bands, above_hum=above_hum),
            [part.stop - part.start for part, _ in segments],
        )
        overall = worst = float(10 * np.log10(np.percentile(lowest, 10) + 1e-13)) + ROOM_BIAS_DB
    has_speech = frames.speech.any()
    snr, snr_worst = (_snr_db(average, level) for level in (overall, worst))
    return {
        "noise_floor_dbfs": round(overall, 1),
        "snr_db": round(snr, 1) if has_speech else None,
        "snr_worst_db": round(snr_worst, 1) if has_speech else None,
    }


def _widened(speech: NDArray[np.bool_]) -> NDArray[np.bool_]:
    wide = speech.copy()
    for shift in range(1, _MARGIN + 1):
        wide[shift:] |= speech[:-shift]
        wide[:-shift] |= speech[shift:]
    return wide


def _noise_db(analyzers: Analyzers, frames: Frames, hum: Hum) -> NDArray[np.float32]:
    """Level (dBFS) of each step without hum and what lies below 95 Hz.

    The bands end at 7.3 kHz and are those of a mix. What they leave out follows from the level of
    the recording.
    """
    levels = analyzers.levels
    live = _live(levels.energies / max(1, levels.samples))
    whole = levels.power * np.float32(levels.channels / max(1, int(live.sum())))
    whole -= np.float32(float(((levels.sums / max(1, levels.samples)) ** 2).sum()))
    left_out_db = to_db(np.maximum(whole, 0, out=whole))
    left_out_db -= analyzers.bands.total_db(len(whole))
    np.clip(left_out_db, 0, _LEFT_OUT_MAX_DB, out=left_out_db)
    power = noise_power(frames.bands, above_hum=bool(hum.mains_hz))
    if hum.mains_hz:  # its lines above those bands are no noise either
        least = np.float32(_LEAST_BESIDE_HUM) * power
        power -= np.float32(10 ** (hum.high_db / 10))
        np.maximum(power, least, out=power)
    left_out_db += to_db(power)
    return left_out_db


def _room_db(noise_db: NDArray[np.float32], quiet: NDArray[np.bool_]) -> float:
    """Noise level of the pauses, or -999 if there are too few.

    The median: breaths are part of a pause, but not noise.
    """
    if quiet.sum() < _PAUSE_STEPS_MIN:
        return -999.0
    return float(np.median(noise_db[quiet]))


def _snr_db(average: float, noise_db: float) -> float:
    """Level of the voice alone above the noise that is in the `average` as well."""
    voice = 10 ** (average / 10) - 10 ** (noise_db / 10)
    return min(thresholds.SNR_MAX_DB, decibels(max(voice, 0.0)) - noise_db)


def _live(powers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which channels contain the recording."""
    threshold = next(line.usable for line in thresholds.TABLE if line.code == "dead_channel")
    assert threshold is not None
    top = powers.max(initial=0)
    return powers >= top * 10 ** (-threshold / 10)


def _channels(analyzers: Analyzers) -> dict[str, Metric]:
    """Differences between two channels."""
    levels = analyzers.levels
    samples = max(1, levels.samples)
    powers = levels.energies / samples - (levels.sums / samples) ** 2
    metrics: dict[str, Metric] = {
        "channels": levels.channels,
        "dead_channel": None,
        "channel_difference_db": None,
        "phase_correlation": None,
    }
    if levels.channels != 2 or powers.max() <= 1e-10:
        return metrics
    difference = decibels(float(powers.max())) - decibels(float(max(0, powers.min())))
    metrics["channel_difference_db"] = round(difference, 1)
    if not _live(powers).all():
        metrics["dead_channel"] = int(powers.argmin()) + 1
        return metrics
    covariance = levels.product / samples - float(np.prod(levels.sums / samples))
    metrics["phase_correlation"] = round(covariance / math.sqrt(float(np.prod(powers))), 3)
    return metrics


def _room(analyzers: Analyzers) -> dict[str, Metric]:
    """Echo and reverberation."""
    score, delay = analyzers.echo.result()
    decay = analyzers.decay.result()
    return {
        "echo_score": round(score, 3),
        "echo_delay_s": round(delay, 3) if score else None,
        "decay_60_s": round(60 * _LATE_S / decay.late_db, 2) if _reverberates(decay) else None,
    }


def _highs_below_voice_db(frames: Frames) -> float | None:
    """Level of the vowels less that of the highs of a voice (dB); None without speech."""
    quiet = ~_widened(frames.speech)
    if not frames.speech.any():
        return None
    spoken = frames.bands[frames.speech]
    voice, highs = (
        float(power_in_bands(spoken, bands).mean(dtype=np.float64)) for bands in (VOWELS, HIGHS)
    )
    if quiet.sum() >= _PAUSE_STEPS_MIN:  # noise is no part of the voice
        noise = float(np.median(power_in_bands(frames.bands[quiet], HIGHS)))
        highs = max(highs - noise, _MASKED_MIN * highs)
    return round(decibels(voice) - decibels(highs), 1)


def _reverberates(decay: Decay) -> bool:
    """Do words end so slowly that it is the room, and not the noise into which they fall?"""
    if decay.range_db < thresholds.DECAY_RANGE_DB or not decay.late_db:
        return False
    return any(
        fall <= bound and fall <= share * decay.range_db
        for fall, bound, share in zip(
            (decay.early_db, decay.late_db),
            thresholds.DECAY_MAX_DB,
            thresholds.DECAY_SHARE,
            strict=True,
        )
    )


def _number(value: Metric) -> float:
    assert isinstance(value, (int, float))
    return float(value)
