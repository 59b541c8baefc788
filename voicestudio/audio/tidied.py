"""Audio: the tidied copy itself, written in a few hearings of the source.

This module imports PyAV and numpy: the rest of the house reaches it only through `tidying`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import rules
from .decoding import Block, hop, opened
from .doctor.frames import Frames, frames
from .doctor.loudness import Meter
from .doctor.truepeak import TruePeak
from .encoding import Kind, shape, writing
from .folding import Channels
from .limiting import Curve, Peaks, applied, reduction
from .mains import Ear, Hum, settle
from .piece import fade, kind_of
from .problems import AudioProblem
from .stretches import in_hops, reshaped
from .tidying import CEILING_DBTP, LOUDNESS_LUFS, Tidied

_AIR_S: Final = 0.2  # of silence left at both ends
_FADE_MS: Final = 5
_TRIM_LEAST_S: Final = 0.05  # less is not worth a step
_MP3_GAIN: Final = 10 ** (0.27 / 20)  # the encoder takes 0.27 dB off: see `encoding`
_DC_LEAST: Final = 0.002  # -54 dBFS; voices are not quite symmetrical themselves
_NEAR_DB: Final = 0.15  # of the wanted loudness: then it is good
_ROUNDS: Final = 3
# What a peak may grow by once it is written; an encoder leaves out what is not heard.
_SPARE_DB: Final[dict[Kind, float]] = {"wav": 0.05, "mp3": 0.3}
_SOUND_BELOW_DB: Final = 40.0  # where nobody speaks, what is so far below the loudest is silence
_FULL: Final = 0.99  # where the level stays as it is, nothing may clip


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to hear the source: all that is done before the level is set."""

    source: Path
    kind: Kind
    channels: int  # that are decoded
    rate: int
    weights: NDArray[np.float32] | None  # of a fold-down
    hums: tuple[Hum, ...]  # one for each channel that is written
    start: int  # samples
    end: int
    total: int

    def blocks(self) -> Iterator[Block]:
        """What is to be made louder or softer."""
        place = 0
        fade_length = round(_FADE_MS * self.rate / 1000)
        for block in _hops(self.source, self.channels, self.rate):
            sound = block.copy() if self.weights is None else self.weights @ block
            for channel, hum in enumerate(self.hums):
                hum.subtract(sound[channel : channel + 1], place // hop(self.rate))
            first = max(0, self.start - place)
            last = min(sound.shape[1], self.end - place)
            if self.start and 0 <= self.start - place < sound.shape[1]:
                fade(sound[:, first : first + fade_length])
            if self.end < self.total and place < self.end <= place + sound.shape[1]:
                fade(sound[:, first:last][:, ::-1][:, :fade_length])
            place += sound.shape[1]
            if first < last:
                yield sound[:, first:last]


def write_tidied(
    source: Path, target: Path, *, trim: bool, level: bool, dc_and_hum: bool, mono: bool
) -> Tidied:
    """See `tidying.tidy`."""
    plan, steps = _planned(source, trim=trim, dc_and_hum=dc_and_hum, mono=mono)
    meter, peaks = Meter(), Peaks(plan.rate)
    for block in plan.blocks():
        meter.add(block, plan.rate)
        peaks.add(block)
    before, curves = meter.result().integrated, peaks.curves()
    if level and before is None:
        raise AudioProblem("silent", duration_ms=round(plan.end * 1000 / plan.rate))
    gain, ceiling = 1.0, _FULL
    if level and before is not None:
        gain, ceiling = _factor(LOUDNESS_LUFS - before), _factor(CEILING_DBTP)
    aim, limit = gain, ceiling * _factor(-_SPARE_DB[plan.kind])
    for _ in range(_ROUNDS):
        limits, gain = _limited(curves, aim, limit, made_up=level)
        _write(plan, target, limits, gain)
        after, highest = _measured(target)
        off_db = LOUDNESS_LUFS - after if level and after is not None else 0.0
        if highest <= ceiling and abs(off_db) <= _NEAR_DB:
            break
        aim *= _factor(off_db)
        limit *= min(1.0, ceiling / highest * _factor(-_SPARE_DB["wav"]))
    if level and abs(20 * math.log10(gain)) > 0.05:
        steps.append("level")
    if limits.min(initial=1.0) < _factor(-0.1):
        steps.append("limit")
    return Tidied(
        steps=steps,
        start_ms=round(plan.start * 1000 / plan.rate),
        end_ms=round(plan.end * 1000 / plan.rate),
        gain_db=round(20 * math.log10(gain), 2),
        hum_hz=round(max((hum.mains_hz for hum in plan.hums), default=0.0), 2),
        loudness_before=before,
        loudness_after=after,
        extension=plan.kind,
    )


def _planned(source: Path, *, trim: bool, dc_and_hum: bool, mono: bool) -> tuple[_Plan, list[str]]:
    """What is to be done with this source, and which steps that makes."""
    heard = frames(source, longest_s=rules.PIECE_MAX_MS / 1000 + 1)
    duration_ms = round(heard.duration_s * 1000)
    if duration_ms > rules.PIECE_MAX_MS:
        raise AudioProblem("too_long", duration_ms=duration_ms, limit_ms=rules.PIECE_MAX_MS)
    start_s, end_s = _sounding(heard) if trim else (0.0, heard.duration_s)
    with opened(source) as decoder:
        first, rate = next(decoder.blocks(stop_after_s=0.0))
        count = shape("wav", len(first), rate)[0]
        kind = kind_of((end_s - start_s) * 1000, first[: 1 if mono else count], rate)
        channels, rate = shape(kind, len(first), rate)
    ear, both, total = Ear(rate), Channels(channels, hop(rate)), 0
    for block in _hops(source, channels, rate):
        total += block.shape[1]
        both.add(block)
        if dc_and_hum:
            ear.add(block)
    start = round(start_s * rate)
    end = total if end_s >= heard.duration_s else min(total, round(end_s * rate))
    weights = both.weights() if mono and channels > 1 else None
    steps = ["mono"] if mono and len(first) > 1 else []
    hums: list[Hum] = []
    if dc_and_hum and total >= hop(rate):
        lines, powers = ear.lines(), both.powers()
        if weights is not None:
            lines = np.tensordot(weights, lines, axes=1).astype(np.complex64)
            powers = powers.mean(axis=0, keepdims=True)
        hums = [settle(own, power, rate) for own, power in zip(lines, powers, strict=True)]
        if any(hum.dc > _DC_LEAST for hum in hums):
            steps.append("dc")
        if any(hum.mains_hz for hum in hums):
            steps.append("hum")
    if start or end < total:
        steps.append("trim")
    return _Plan(source, kind, channels, rate, weights, tuple(hums), start, end, total), steps


def _sounding(heard: Frames) -> tuple[float, float]:
    """From when to when (s) there is more than silence, with some air on both sides.

    A recording that the provider would take is not made too short for it.
    """
    sounds = heard.speech
    if not sounds.any():
        loudest = float(heard.rms_db.max(initial=-120.0))
        sounds = heard.rms_db > max(rules.SILENCE_DB, loudest - _SOUND_BELOW_DB)
    places = np.flatnonzero(sounds)
    if not len(places):
        return 0.0, heard.duration_s
    first, last = heard.times(np.array([places[0], places[-1] + 1]))
    start = max(0.0, float(first) - _AIR_S)
    end = min(heard.duration_s, float(last) + _AIR_S)
    least = rules.same_side(round(heard.duration_s * 1000))[0] / 1000
    end = min(heard.duration_s, max(end, start + least))
    start = max(0.0, min(start, end - least))
    if start < _TRIM_LEAST_S:
        start = 0.0
    return start, end if end < heard.duration_s - _TRIM_LEAST_S else heard.duration_s


def _limited(
    curves: tuple[Curve, Curve], aim: float, ceiling: float, *, made_up: bool
) -> tuple[Curve, float]:
    """The reduction, and the gain that makes up for what it takes from the loudness."""
    peaks, power = curves
    gain = aim
    limits = reduction(peaks, gain, ceiling)
    energy = float(power.sum(dtype=np.float64))
    for _ in range(3 if made_up and energy else 0):
        left = float((power * limits**2).sum(dtype=np.float64)) / energy
        gain = aim / math.sqrt(left)
        limits = reduction(peaks, gain, ceiling)
    return limits, gain


def _write(plan: _Plan, target: Path, limits: Curve, gain: float) -> None:
    gain *= _MP3_GAIN if plan.kind == "mp3" else 1.0
    place = 0
    with writing(
        target, plan.kind, 1 if plan.weights is not None else plan.channels, plan.rate
    ) as w:
        for block in plan.blocks():
            w.write(applied(block, limits, place, plan.rate, gain), plan.rate)
            place += block.shape[1]


def _measured(path: Path) -> tuple[float | None, float]:
    """Loudness (LUFS) and true peak (1.0 is full scale) of what was written."""
    meter, peak = Meter(), TruePeak()
    with opened(path) as decoder:
        for block, rate in decoder.blocks(stop_after_s=math.inf):
            meter.add(block, rate)
            peak.add(block)
    return meter.result().integrated, peak.highest


def _hops(source: Path, channels: int, rate: int) -> Iterator[Block]:
    """All of the source in one shape, in blocks of whole hops of 10 ms."""
    with opened(source) as decoder:
        blocks = decoder.blocks(stop_after_s=rules.PIECE_MAX_MS / 1000 + 1)
        yield from in_hops(reshaped(blocks, channels, rate), rate)


def _factor(db: float) -> float:
    return float(10 ** (db / 20))
