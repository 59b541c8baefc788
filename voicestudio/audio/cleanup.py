"""Audio: writes a clean copy of a recording: silent ends, level, hum, channels."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import rules
from .clip_writer import FADE_MS, choose_format, fade_in, open_clip, output_shape
from .decoding import Block, hop, open_recording
from .doctor.frames import Frames, read_frames
from .doctor.loudness import LoudnessMeter
from .doctor.true_peak import TruePeakMeter
from .downmix import Downmix, Mix
from .hum_removal import HumModel, LineAnalyzer
from .limiter import limit_peaks
from .problems import AudioProblem
from .results import Cleanup, FileFormat
from .segments import mix_down, read_mix, regroup, resample

LOUDNESS_LUFS: Final = -20.0  # between the -23 and -18 that professionals use
CEILING_DBTP: Final = -3.0
_MARGIN_S: Final = 0.2  # of silence left at both ends
_TRIM_MIN_S: Final = 0.05  # less is not trimmed
_MP3_GAIN: Final = 10 ** (0.27 / 20)  # compensates the level that the encoder takes off
_DC_MIN: Final = 0.002  # -54 dBFS; the waveform of a voice is not quite symmetrical itself
_LOUDNESS_TOLERANCE_DB: Final = 0.1
_ROUNDS_MAX: Final = 6
# By which a peak may grow in the file; an encoder omits what is inaudible.
_HEADROOM_DB: Final[dict[FileFormat, float]] = {"wav": 0.05, "mp3": 0.3}
_SILENCE_BELOW_DB: Final = 40.0  # without speech, what is so far below the loudest is silence
_FULL_SCALE: Final = 0.99  # ceiling if the level is kept


def clean_up(
    source: Path,
    target: Path,
    *,
    trim: bool = True,
    level: bool = True,
    dc_and_hum: bool = True,
    mono: bool = True,
) -> Cleanup:
    """Write a clean copy of `source` to `target`, as a file that the provider accepts.

    `mono`: one channel; a dead channel is left out and an inverted one is turned round.
    `dc_and_hum`: remove the constant offset, and lines of 50 or 60 Hz and their harmonics if they
    are clear. `trim`: remove silence at both ends but for 0.2 s. `level`: -20 LUFS (ITU-R BS.1770)
    with peaks limited to -3 dBTP. The file is a wav of 16 bits up to 8 MB, else an mp3 of 192
    kbit/s, whatever `target` is called.

    Raises AudioProblem like `intake.inspect`: too_large beyond 200 MB, too_long beyond 800 s,
    silent (nothing is left). `target` does not exist then.
    """
    rules.check_file(source, rules.SOURCE_MAX_BYTES)
    try:
        plan, steps = _make_plan(source, trim=trim, dc_and_hum=dc_and_hum, mono=mono)
        return _write_copy(plan, steps, target, level=level)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the source is read: all that is done before the level is set."""

    source: Path
    mix: Mix | None  # of more than two channels
    file_format: FileFormat
    channels: int  # that are decoded, after `mix`
    rate: int
    weights: NDArray[np.float32] | None  # of a downmix
    hums: tuple[HumModel, ...]  # one for each channel that is written
    start: int  # samples
    end: int
    total: int

    @property
    def channels_written(self) -> int:
        return self.channels if self.weights is None else 1

    def blocks(self) -> Iterator[Block]:
        """The blocks whose level is to be set."""
        place = 0
        fade_length = round(FADE_MS * self.rate / 1000)
        for source_block in _read_hops(self.source, self.mix, self.channels, self.rate):
            block = source_block.copy() if self.weights is None else self.weights @ source_block
            length = block.shape[1]
            for channel, hum in enumerate(self.hums):
                hum.subtract(block[channel : channel + 1], place // hop(self.rate))
            first = max(0, self.start - place)
            last = min(length, self.end - place)
            if self.start and 0 <= self.start - place < length:
                fade_in(block[:, first : first + fade_length])
            if self.end < self.total and place < self.end <= place + length:
                fade_in(block[:, first:last][:, ::-1][:, :fade_length])
            place += length
            if first < last:
                yield block[:, first:last]


def _make_plan(
    source: Path, *, trim: bool, dc_and_hum: bool, mono: bool
) -> tuple[_Plan, list[str]]:
    """What is to be done with this source, and the steps that are needed for it."""
    frames = read_frames(source, longest_s=rules.CLIP_MAX_MS / 1000 + 1)
    duration_ms = round(frames.duration_s * 1000)
    if duration_ms > rules.CLIP_MAX_MS:
        raise AudioProblem("too_long", duration_ms=duration_ms, limit_ms=rules.CLIP_MAX_MS)
    start_s, end_s = _trimmed_range(frames) if trim else (0.0, frames.duration_s)
    with open_recording(source) as decoder:
        first_block, source_rate = next(decoder.blocks(stop_after_s=0.0))
    source_channels = len(first_block)
    mix = read_mix(source, to_s=rules.CLIP_MAX_MS / 1000 + 1)
    written = 1 if mono or source_channels != 2 else 2
    file_format = choose_format((end_s - start_s) * 1000, written, source_rate)
    channels, rate = output_shape(file_format, source_channels, source_rate)
    downmix, total = Downmix(channels, hop(rate)), 0
    for block in _read_hops(source, mix, channels, rate):
        total += block.shape[1]
        downmix.add(block)
    start = round(start_s * rate)
    end = total if end_s >= frames.duration_s else min(total, round(end_s * rate))
    weights = downmix.weights() if mono and channels > 1 else None
    steps = ["mono"] if mono and source_channels > 1 else []
    hums: list[HumModel] = []
    if dc_and_hum and total >= hop(rate):
        hums = _fit_hums(_read_hops(source, mix, channels, rate), channels, weights, rate)
        if any(hum.dc > _DC_MIN for hum in hums):
            steps.append("dc")
        if any(hum.mains_hz for hum in hums):
            steps.append("hum")
    if start or end < total:
        steps.append("trim")
    plan = _Plan(source, mix, file_format, channels, rate, weights, tuple(hums), start, end, total)
    return plan, steps


def _fit_hums(
    blocks: Iterator[Block], channels: int, weights: Mix | None, rate: int
) -> list[HumModel]:
    """The hum of each channel, or of their downmix."""
    analyzers = [LineAnalyzer(rate) for _ in range(channels if weights is None else 1)]
    for block in blocks:
        written = block if weights is None else weights @ block
        for channel, analyzer in enumerate(analyzers):
            analyzer.add(written[channel : channel + 1])
    return [analyzer.fit() for analyzer in analyzers]


def _trimmed_range(frames: Frames) -> tuple[float, float]:
    """From when to when (s) the recording is not silent, with a margin on both sides.

    A recording that the provider would accept does not become too short for it.
    """
    has_sound = frames.speech
    if not has_sound.any():
        loudest = float(frames.rms_db.max(initial=-120.0))
        has_sound = frames.rms_db > max(rules.SILENCE_DB, loudest - _SILENCE_BELOW_DB)
    places = np.flatnonzero(has_sound)
    if not len(places):
        return 0.0, frames.duration_s
    first, last = frames.times(np.array([places[0], places[-1] + 1]))
    start = max(0.0, float(first) - _MARGIN_S)
    end = min(frames.duration_s, float(last) + _MARGIN_S)
    shortest = rules.length_range(round(frames.duration_s * 1000))[0] / 1000
    end = min(frames.duration_s, max(end, start + shortest))
    start = max(0.0, min(start, end - shortest))
    if start < _TRIM_MIN_S:
        start = 0.0
    return start, end if end < frames.duration_s - _TRIM_MIN_S else frames.duration_s


def _write_copy(plan: _Plan, steps: list[str], target: Path, *, level: bool) -> Cleanup:
    """Write the copy; again if its loudness or true peak turns out to be wrong."""
    before, peak = _measure(plan.blocks(), plan.rate)
    if level and before is None:
        raise AudioProblem("silent", duration_ms=round(plan.end * 1000 / plan.rate))
    gain, ceiling = 1.0, _FULL_SCALE
    if level and before is not None:
        gain, ceiling = _factor(LOUDNESS_LUFS - before), _factor(CEILING_DBTP)
    limit = ceiling * _factor(-_HEADROOM_DB[plan.file_format])
    for round_number in range(1, _ROUNDS_MAX + 1):
        is_limited = peak * gain > limit
        _write(plan, target, gain, limit if is_limited else None)
        with open_recording(target) as decoder:
            written = (block for block, _ in decoder.blocks(stop_after_s=math.inf))
            after, peak_after = _measure(written, plan.rate)
        error_db = LOUDNESS_LUFS - after if level and after is not None else 0.0
        is_good = peak_after <= ceiling and abs(error_db) <= _LOUDNESS_TOLERANCE_DB
        if is_good or round_number == _ROUNDS_MAX:
            break
        peak = max(peak, peak_after / gain)  # an encoder may have raised it
        gain *= _factor(error_db)
        limit *= min(1.0, ceiling / peak_after * _factor(-_HEADROOM_DB["wav"]))
    gain_db = 20 * math.log10(gain)
    if level and abs(gain_db) > 0.05:
        steps.append("level")
    if peak * gain > limit * _factor(0.1):
        steps.append("limit")
    return Cleanup(
        steps=steps,
        start_ms=round(plan.start * 1000 / plan.rate),
        end_ms=round(plan.end * 1000 / plan.rate),
        gain_db=round(gain_db, 2),
        hum_hz=round(max((hum.mains_hz for hum in plan.hums), default=0.0), 2),
        loudness_before=before,
        loudness_after=after,
        extension=plan.file_format,
    )


def _write(plan: _Plan, target: Path, gain: float, limit: float | None) -> None:
    blocks: Iterator[Block] = (block * np.float32(gain) for block in plan.blocks())
    if limit is not None:
        blocks = limit_peaks(blocks, plan.channels_written, plan.rate, limit)
    encoder_gain = np.float32(_MP3_GAIN if plan.file_format == "mp3" else 1.0)
    with open_clip(target, plan.file_format, plan.channels_written, plan.rate) as writer:
        for block in blocks:
            writer.write(block * encoder_gain, plan.rate)


def _measure(blocks: Iterator[Block], rate: int) -> tuple[float | None, float]:
    """Integrated loudness (LUFS) and true peak (1.0 is full scale)."""
    loudness, true_peak = LoudnessMeter(), TruePeakMeter()
    for block in blocks:
        loudness.add(block, rate)
        true_peak.add(block)
    return loudness.result().integrated, true_peak.highest


def _read_hops(source: Path, mix: Mix | None, channels: int, rate: int) -> Iterator[Block]:
    """All of the source with this channel count and rate, in blocks of whole hops of 10 ms."""
    with open_recording(source) as decoder:
        blocks = mix_down(decoder.blocks(stop_after_s=rules.CLIP_MAX_MS / 1000 + 1), mix)
        resampled = ((block, rate) for block in resample(blocks, channels, rate))
        for block, _ in regroup(resampled, hop):
            yield block


def _factor(db: float) -> float:
    return float(10 ** (db / 20))
