"""Audio: cuts a part out of a recording, at quiet places so that no click is heard."""

import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import rules
from .clip_writer import FADE_MS, choose_format, fade_in, open_clip, output_shape
from .decoding import Block
from .problems import AudioProblem
from .results import Cut
from .segments import mix_down, read_mix, read_segment, resample

_TOLERANCE_MS: Final = 50  # by which an end may move
_ENERGY_MS: Final = 2.5  # on both sides of a place: where its energy is measured
_WARM_UP_MS: Final = 20  # decoded around the searched range, so that the resampler has settled
_EQUALLY_QUIET: Final = 1.26  # 1 dB: of places within it, the one nearest to the wanted one


def cut(source: Path, target: Path, start_ms: int, end_ms: int) -> Cut:
    """Write `start_ms`..`end_ms` of `source` to `target`, as a file that the provider accepts.

    Each end moves by up to 50 ms to the quietest place and is faded over 5 ms. The length stays
    within 50 ms of the request, and on the same side of the provider's limits (10 s stay 10 s). An
    end after the end of the recording means its end. The file is a wav of 16 bits up to 8 MB, else
    an mp3 of 192 kbit/s, whatever `target` is called; channels and rate as in
    `clip_writer.output_shape`. If the container can seek, nothing before the part is decoded.
    Memory does not grow with the length.

    Raises ValueError for an empty range, AudioProblem like `intake.inspect`: too_large (source
    beyond 1 GiB), too_short (it starts after the end of the recording), too_long (more than 800 s).
    `target` does not exist then.
    """
    if not 0 <= start_ms < end_ms:
        raise ValueError(f"there is nothing between {start_ms} and {end_ms} ms")
    rules.check_file(source, rules.LONG_MAX_BYTES)
    if end_ms - start_ms > rules.CLIP_MAX_MS:
        raise AudioProblem("too_long", duration_ms=end_ms - start_ms, limit_ms=rules.CLIP_MAX_MS)
    try:
        return _write_part(source, target, start_ms, end_ms)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _write_part(source: Path, target: Path, start_ms: int, end_ms: int) -> Cut:
    length_ms = end_ms - start_ms
    tolerance_ms = min(_TOLERANCE_MS, length_ms // 4)
    margin_ms = tolerance_ms + _WARM_UP_MS
    from_s = max(0, start_ms - margin_ms) / 1000
    to_s = (end_ms + margin_ms) / 1000
    mix = read_mix(source, from_s=from_s, to_s=to_s)
    parts = read_segment(source, from_s, to_s)
    first = next(parts, None)
    if first is None:
        raise AudioProblem("too_short", limit_ms=start_ms)
    decoder, first_block, source_rate = first
    left_ms = 1000 * (decoder.estimated_s or math.inf) - start_ms
    file_format = choose_format(min(length_ms, max(0, left_ms)), len(first_block), source_rate)
    channels, rate = output_shape(file_format, len(first_block), source_rate)
    blocks = ((block, block_rate) for _, block, block_rate in chain([first], parts))
    buffer = SampleBuffer(resample(mix_down(blocks, mix), channels, rate), round(from_s * rate))
    # From here on, places and lengths are samples.
    start, end = start_ms * rate // 1000, end_ms * rate // 1000
    tolerance, warm_up = _samples(tolerance_ms, rate), _samples(_WARM_UP_MS, rate)
    fade = _samples(FADE_MS, rate)

    buffer.read_until(start + tolerance + warm_up)
    if buffer.end <= start:
        duration_ms = round(buffer.end * 1000 / rate)
        raise AudioProblem("too_short", duration_ms=duration_ms, limit_ms=start_ms)
    # A part that starts at 0 starts with the first sample.
    cut_start = (
        buffer.quietest(start, max(0, start - tolerance), start + tolerance, rate) if start else 0
    )
    buffer.take_until(cut_start)
    fade_in(buffer.samples[:, :fade])

    least, most = (limit * rate / 1000 for limit in rules.length_range(length_ms))
    least = max(least, (length_ms - tolerance_ms) * rate / 1000)
    most = min(most, (length_ms + tolerance_ms) * rate / 1000)
    first_end = max(end - tolerance, cut_start + math.ceil(least))
    last_end = min(end + tolerance, cut_start + math.floor(most))
    with open_clip(target, file_format, channels, rate) as writer:
        while buffer.end < last_end + warm_up and buffer.read_until(buffer.end + 1):
            writer.write(buffer.take_until(first_end - warm_up), rate)
        cut_end = min(buffer.end, last_end)
        if end < buffer.end:
            cut_end = buffer.quietest(end, first_end, cut_end, rate)
        rest = buffer.take_until(cut_end)
        fade_in(rest[:, ::-1][:, :fade])
        writer.write(rest, rate)
    return Cut(round(cut_start * 1000 / rate), round(cut_end * 1000 / rate), file_format)


class SampleBuffer:
    """The decoded samples that are not yet written. Places count samples of the recording."""

    def __init__(self, blocks: Iterator[Block], position: int) -> None:
        self._blocks = blocks
        self._position = position  # of the first sample
        self.samples: Block = np.empty((0, 0), np.float32)

    @property
    def end(self) -> int:
        """The place after the last decoded sample."""
        end: int = self._position + self.samples.shape[1]
        return end

    def read_until(self, place: int) -> bool:
        """Decode up to `place`; False if the recording ends before it."""
        while self.end < place:
            block = next(self._blocks, None)
            if block is None:
                return False
            parts = [self.samples, block] if self.samples.shape[1] else [block]
            self.samples = np.concatenate(parts, axis=1)  # a copy: the block will be overwritten
        return True

    def take_until(self, place: int) -> Block:
        """Remove and return the samples before `place`."""
        count = min(max(0, place - self._position), self.samples.shape[1])
        taken, self.samples = self.samples[:, :count], self.samples[:, count:]
        self._position += count
        return taken

    def quietest(self, wanted: int, lowest: int, highest: int, rate: int) -> int:
        """`quietest_place` in this buffer."""
        offset = self._position
        places = (wanted - offset, lowest - offset, highest - offset)
        return quietest_place(self.samples, *places, rate) + offset


def quietest_place(samples: Block, wanted: int, lowest: int, highest: int, rate: int) -> int:
    """The sample from `lowest` to `highest`, near `wanted`, with the least energy around it.

    It is moved to a zero crossing nearby if there is one.
    """
    count: int = samples.shape[1]
    lowest, highest = max(0, lowest), min(count, highest)
    if highest <= lowest:
        return min(max(0, lowest), count)
    reach = _samples(_ENERGY_MS, rate)
    power = np.einsum("ij,ij->j", samples, samples, dtype=np.float64)
    energy_before = np.concatenate([[0.0], np.cumsum(power)])
    places = np.arange(lowest, highest + 1)
    left, right = np.maximum(0, places - reach), np.minimum(count, places + reach)
    energy = (energy_before[right] - energy_before[left]) / (right - left)
    quiet = places[energy <= energy.min() * _EQUALLY_QUIET + 1e-12]
    place = int(quiet[np.argmin(np.abs(quiet - wanted))])
    wave = samples.mean(axis=0)
    return _zero_crossing(wave, place, max(lowest, place - reach), min(highest, place + reach))


def _zero_crossing(wave: NDArray[np.float32], place: int, lowest: int, highest: int) -> int:
    """The place nearest to `place` at which the wave changes its sign, or `place`."""
    lowest = max(1, lowest)
    positive = wave[lowest - 1 : min(highest, len(wave) - 1) + 1] >= 0
    crossings = np.flatnonzero(np.diff(positive)) + lowest
    return int(crossings[np.argmin(np.abs(crossings - place))]) if len(crossings) else place


def _samples(ms: float, rate: int) -> int:
    return round(ms * rate / 1000)
