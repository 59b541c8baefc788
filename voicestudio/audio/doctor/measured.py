"""Audio, doctor: the figures of a recording, from all that was heard of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..envelope import decibels
from ..rules import SILENCE_DB
from . import frames, pitch, table
from .examination import Measure
from .frames import Frames
from .hearing import Heard
from .hum import Mains
from .levels import STEP_S
from .speech import ROOM_BIAS_DB, band_sum, room, runs

_MARGIN: Final = 1  # step beside a word that may still hold some of it
_STRETCH: Final = 200  # steps: ten seconds
_ENOUGH: Final = 6  # steps of pause that tell the noise of a stretch
_QUIET: Final = 30.0  # per cent: breaths are part of a pause, but not of the room
_HUM_ROWS: Final = 3  # windows of 8 s, half over each other: 16 s
_ONE_GAP: Final = 2  # fewer are no finding
_ONE_CLICK: Final = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures by their names, and where in the recording they lie."""

    figures: dict[str, Measure]
    frames: Frames
    pauses: list[tuple[int, int]]  # steps [start, end), the ends of the recording included
    gaps_s: list[float]  # where each drop-out or click is
    other_voice: list[tuple[int, int]]  # steps in which the rarer of two voices speaks
    notes: NDArray[np.bool_]  # every 1/8 s

    def number(self, name: str) -> float | None:
        """One figure, where it is a number."""
        value = self.figures.get(name)
        return float(value) if isinstance(value, (int, float)) else None


def measured(heard: Heard) -> Measured:
    """All figures of what was heard."""
    seen = frames.joined(heard.levels, heard.bands, heard.hum)
    figures: dict[str, Measure] = {"duration_s": round(seen.duration_s, 3)}
    pauses = runs(~seen.speech)
    figures |= _times(seen, pauses)
    figures |= _levels(heard, seen)
    figures |= _noise(heard, seen, _number(figures["average_dbfs"]))
    figures |= _channels(heard)
    digital = _number(figures["noise_floor_dbfs"]) < table.DIGITAL_SILENCE_DBFS
    gaps = heard.gaps.dropouts if digital else heard.gaps.dropouts + heard.gaps.stops
    minutes = max(seen.duration_s, 1.0) / 60
    figures |= {
        "dropouts": len(gaps),
        "dropouts_a_minute": round(len(gaps) / minutes, 2) if len(gaps) >= _ONE_GAP else 0.0,
        "clicks": len(heard.gaps.clicks),
        "clicks_a_minute": round(len(heard.gaps.clicks) / minutes, 2)
        if len(heard.gaps.clicks) >= _ONE_CLICK
        else 0.0,
    }
    figures |= _room(heard)
    share, notes = heard.tones.found()
    figures["music_share"] = round(share, 3)
    heights = heard.pitch.heights
    count = min(len(heights), len(seen.speech))
    voices = pitch.phrases(heights[:count], seen.speech[:count], seen.bands[:count])
    apart, colour, rarer = pitch.two_voices(*voices[:3])
    two = colour >= table.VOICES_COLOUR_DB
    hertz = pitch.hertz_of(heights)
    figures |= {
        "pitch_hz": round(hertz, 1) if hertz else None,
        "voices_apart_semitones": round(apart, 1) if two else 0.0,
    }
    others = [place for place, rare in zip(voices[3], rarer, strict=True) if rare and two]
    times = [start for start, _ in gaps] + heard.gaps.clicks
    return Measured(figures, seen, pauses, sorted(times), others, notes)


def _times(seen: Frames, pauses: list[tuple[int, int]]) -> dict[str, Measure]:
    """Seconds of speech and of silence."""
    count = len(seen.speech)
    speech = int(seen.speech.sum())
    inner = [end - start for start, end in pauses if start > 0 and end < count]
    start_s = pauses[0][1] * STEP_S if pauses and pauses[0][0] == 0 else 0.0
    end_s = (count - pauses[-1][0]) * STEP_S if pauses and pauses[-1][1] == count else 0.0
    sound = float((seen.rms_db > SILENCE_DB).sum()) * STEP_S
    return {
        "sound_s": round(sound, 2),
        "speech_s": round(speech * STEP_S, 2),
        "silence_share": round(1 - speech / max(1, count), 4),
        "longest_pause_s": round(max(inner, default=0) * STEP_S, 2),
        "silence_start_s": round(start_s, 2),
        "silence_end_s": round(end_s, 2),
        "silence_end_max_s": round(max(start_s, end_s) if speech else 0.0, 2),
    }


def _levels(heard: Heard, seen: Frames) -> dict[str, Measure]:
    """Peaks and means. The average is that of speech, or of all sound where nobody speaks."""
    levels = heard.levels
    samples = max(1, levels.samples)
    means = levels.sums / samples
    live = _live(levels.energies / samples)
    wanted = seen.speech if seen.speech.sum() * STEP_S >= 1 else seen.rms_db > SILENCE_DB
    power = levels.power[wanted].astype(np.float64)
    power *= levels.channels / max(1, int(live.sum()))
    power -= float((means**2).sum()) / max(1, int(live.sum()))
    np.maximum(power, 0, out=power)
    average = decibels(float(power.mean())) if len(power) else -120.0
    loudness = heard.meter.result()
    return {
        "peak_dbfs": round(decibels(float(levels.peaks.max(initial=0)) ** 2), 2),
        "true_peak_dbtp": round(decibels(heard.true_peak.highest**2), 2),
        "clipped_share": round(levels.clipped / samples / max(1, levels.channels), 6),
        "loudness_lufs": loudness.integrated,
        "loudness_range_lu": loudness.range,
        "average_dbfs": round(average, 2),
        "dc_offset": round(float(np.abs(means).max(initial=0)), 5),
    }


def _noise(heard: Heard, seen: Frames, average: float) -> dict[str, Measure]:
    """The room between the words, the hum in it, and how far both lie below the voice."""
    hum = max(
        (
            heard.hum.found(start, start + _HUM_ROWS)
            for start in range(max(1, heard.hum.count - _HUM_ROWS + 1))
        ),
        key=lambda mains: mains.level_db,
    )
    combed = heard.echo.found()[0] > table.ECHO_COMBS and hum.stands_out_db < table.NO_COMB_DB
    if combed or hum.level_db < table.HUM_HEARD_DBFS:
        hum = Mains()
    inside = band_sum(seen.bands, above_hum=bool(hum.mains_hz))
    inside += np.float32(1e-13)
    np.log10(inside, out=inside)
    inside *= np.float32(10)
    quiet = ~_widened(seen.speech)
    overall = _room_db(inside, quiet)
    worst = overall
    for start in range(0, len(inside), _STRETCH):
        part = slice(start, start + _STRETCH)
        here = _room_db(inside[part], quiet[part])
        worst = max(worst, here) if here > -200 else worst
    if overall < -200:  # no pause at all: what the bands hold when they are emptiest
        stretches = room(seen.bands)
        quiet_bands = np.concatenate([rows for _, rows in stretches])
        empty = np.repeat(
            band_sum(quiet_bands, above_hum=bool(hum.mains_hz)),
            [part.stop - part.start for part, _ in stretches],
        )
        overall = worst = float(10 * np.log10(np.percentile(empty, 10) + 1e-13)) + ROOM_BIAS_DB
    speaks = seen.speech.any()
    return {
        "noise_floor_dbfs": round(overall, 1),
        "snr_db": round(min(table.SNR_SHOWN_DB, average - overall), 1) if speaks else None,
        "snr_worst_db": round(min(table.SNR_SHOWN_DB, average - worst), 1) if speaks else None,
        "hum_hz": hum.mains_hz or None,
        "hum_db": round(hum.level_db, 1) if hum.mains_hz else None,
        "hum_below_speech_db": round(average - hum.level_db, 1) if hum.mains_hz else None,
    }


def _widened(speech: NDArray[np.bool_]) -> NDArray[np.bool_]:
    wide = speech.copy()
    for shift in range(1, _MARGIN + 1):
        wide[shift:] |= speech[:-shift]
        wide[:-shift] |= speech[shift:]
    return wide


def _room_db(inside: NDArray[np.float32], quiet: NDArray[np.bool_]) -> float:
    """Level of the pauses, or -999 where there are too few."""
    if quiet.sum() < _ENOUGH:
        return -999.0
    return float(np.percentile(inside[quiet], _QUIET)) + 1.0


def _live(powers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which channels carry the recording."""
    threshold = next(line.usable for line in table.TABLE if line.code == "dead_channel")
    assert threshold is not None
    top = powers.max(initial=0)
    return powers >= top * 10 ** (-threshold / 10)


def _channels(heard: Heard) -> dict[str, Measure]:
    """What two channels have to do with each other."""
    levels = heard.levels
    samples = max(1, levels.samples)
    powers = levels.energies / samples - (levels.sums / samples) ** 2
    figures: dict[str, Measure] = {
        "channels": levels.channels,
        "dead_channel": None,
        "channel_difference_db": None,
        "phase_correlation": None,
    }
    if levels.channels != 2 or powers.max() <= 1e-10:
        return figures
    difference = decibels(float(powers.max())) - decibels(float(max(0, powers.min())))
    figures["channel_difference_db"] = round(difference, 1)
    if not _live(powers).all():
        figures["dead_channel"] = int(powers.argmin()) + 1
        return figures
    covariance = levels.product / samples - float(np.prod(levels.sums / samples))
    figures["phase_correlation"] = round(covariance / math.sqrt(float(np.prod(powers))), 3)
    return figures


def _room(heard: Heard) -> dict[str, Measure]:
    """What the room answers, and how high the sound reaches."""
    score, delay = heard.echo.found()
    fall, reach = heard.tail.found()
    rings = (
        0 < fall <= table.TAIL_FALL_DB
        and reach >= table.TAIL_RANGE_DB
        and fall <= table.TAIL_SHARE * reach
    )
    return {
        "bandwidth_hz": heard.bandwidth.found(),
        "echo_score": round(score, 3),
        "echo_delay_s": round(delay, 3) if score else None,
        "decay_60_s": round(6 / fall, 2) if rings else None,
    }


def _number(value: Measure) -> float:
    assert isinstance(value, (int, float))
    return float(value)
