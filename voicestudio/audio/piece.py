"""Audio: a piece of a recording between two quiet places, written while it is decoded.

This module imports PyAV and numpy: the rest of the house reaches it only through `cutting`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import rules
from .decoding import Block
from .encoding import Kind, shape, writing
from .problems import AudioProblem
from .stretches import reshaped, stretch

WAV_MAX_BYTES: Final = 8_000_000  # up to here nothing is lost; above, 192 kbit/s is not heard
_NEAR_MS: Final = 50  # how far an end may move
_FADE_MS: Final = 5
_EAR_MS: Final = 2.5  # on both sides of a place: the stretch of which the energy is compared
_AHEAD_MS: Final = 20  # decoded around what is looked at, so that a resampler is in its stride
_AS_QUIET: Final = 1.26  # within 1 dB the place that is nearer to the wish is taken


def write_piece(source: Path, target: Path, start_ms: int, end_ms: int) -> tuple[int, int, Kind]:
    """Write what lies between; see `cutting.cut`. Gives both places (ms) and the kind of file."""
    asked_ms = end_ms - start_ms
    near_ms = min(_NEAR_MS, asked_ms // 4)
    from_s = max(0, start_ms - near_ms - _AHEAD_MS) / 1000
    parts = stretch(source, from_s, (end_ms + near_ms + _AHEAD_MS) / 1000)
    first = next(parts, None)
    if first is None:
        raise AudioProblem("too_short", limit_ms=start_ms)
    there_ms = 1000 * (first[0].announced_s or math.inf) - start_ms
    kind = kind_of(min(asked_ms, max(0, there_ms)), *first[1:])
    channels, rate = shape(kind, len(first[1]), first[2])
    every = ((block, its_rate) for _, block, its_rate in chain([first], parts))
    tape = _Tape(reshaped(every, channels, rate), round(from_s * rate))
    start, end = start_ms * rate // 1000, end_ms * rate // 1000
    near, ahead, edge = (_samples(ms, rate) for ms in (near_ms, _AHEAD_MS, _FADE_MS))

    tape.hear(start + near + ahead)
    if tape.end <= start:
        duration_ms = round(tape.end * 1000 / rate)
        raise AudioProblem("too_short", duration_ms=duration_ms, limit_ms=start_ms)
    # Whoever wants the beginning wants all of it.
    begin = tape.quietest(start, max(0, start - near), start + near, rate) if start else 0
    tape.take(begin)
    fade(tape.held[:, :edge])

    least, most = (ms * rate / 1000 for ms in rules.same_side(asked_ms))
    least = max(least, (asked_ms - near_ms) * rate / 1000)
    most = min(most, (asked_ms + near_ms) * rate / 1000)
    first_end = max(end - near, begin + math.ceil(least))
    last_end = min(end + near, begin + math.floor(most))
    with writing(target, kind, channels, rate) as writer:
        while tape.end < last_end + ahead and tape.hear(tape.end + 1):
            writer.write(tape.take(first_end - ahead), rate)
        stop = min(tape.end, last_end)
        if end < tape.end:
            stop = tape.quietest(end, first_end, stop, rate)
        last = tape.take(stop)
        fade(last[:, ::-1][:, :edge])
        writer.write(last, rate)
    return round(begin * 1000 / rate), round(stop * 1000 / rate), kind


def kind_of(length_ms: float, block: Block, rate: int) -> Kind:
    """A wav while that is small, else an mp3; of a source with such blocks at `rate` Hz."""
    channels, wav_rate = shape("wav", len(block), rate)
    return "wav" if length_ms / 1000 * wav_rate * channels * 2 <= WAV_MAX_BYTES else "mp3"


class _Tape:
    """The sound that is held at the moment. Places are samples, counted from the beginning."""

    def __init__(self, blocks: Iterator[Block], position: int) -> None:
        self._blocks = blocks
        self._position = position
        self.held: Block = np.empty((0, 0), np.float32)

    @property
    def end(self) -> int:
        """The place behind the last sample that was heard."""
        end: int = self._position + self.held.shape[1]
        return end

    def hear(self, until: int) -> bool:
        """Listen on until that place; False when the sound has ended before."""
        while self.end < until:
            block = next(self._blocks, None)
            if block is None:
                return False
            held = [self.held, block] if self.held.shape[1] else [block]
            self.held = np.concatenate(held, axis=1)  # a copy: the block will be written over
        return True

    def take(self, until: int) -> Block:
        """Give away what lies before that place."""
        count = min(max(0, until - self._position), self.held.shape[1])
        taken, self.held = self.held[:, :count], self.held[:, count:]
        self._position += count
        return taken

    def quietest(self, wish: int, lowest: int, highest: int, rate: int) -> int:
        """The place from `lowest` to `highest` where a cut is heard least."""
        offset = self._position
        place = quietest(self.held, wish - offset, lowest - offset, highest - offset, rate)
        return place + offset


def quietest(sound: Block, wish: int, lowest: int, highest: int, rate: int) -> int:
    """The sample from `lowest` to `highest`, near `wish`, with the least energy around it.

    Among neighbours it is one at which the sound passes zero.
    """
    count: int = sound.shape[1]
    lowest, highest = max(0, lowest), min(count, highest)
    if highest <= lowest:
        return min(max(0, lowest), count)
    ear = _samples(_EAR_MS, rate)
    power = np.einsum("ij,ij->j", sound, sound, dtype=np.float64)
    until = np.concatenate([[0.0], np.cumsum(power)])
    places = np.arange(lowest, highest + 1)
    left, right = np.maximum(0, places - ear), np.minimum(count, places + ear)
    energy = (until[right] - until[left]) / (right - left)
    quiet = places[energy <= energy.min() * _AS_QUIET + 1e-12]
    place = int(quiet[np.argmin(np.abs(quiet - wish))])
    return _crossing(sound.mean(axis=0), place, max(lowest, place - ear), min(highest, place + ear))


def _crossing(wave: NDArray[np.float32], place: int, lowest: int, highest: int) -> int:
    """The place nearest to `place` at which the wave changes its sign, or `place`."""
    lowest = max(1, lowest)
    high = wave[lowest - 1 : min(highest, len(wave) - 1) + 1] >= 0
    crossings = np.flatnonzero(np.diff(high)) + lowest
    return int(crossings[np.argmin(np.abs(crossings - place))]) if len(crossings) else place


def fade(edge: Block) -> None:
    """Let the sound rise from nothing, in place."""
    count = edge.shape[1]
    edge *= (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / max(1, count))).astype(
        np.float32
    )


def _samples(ms: float, rate: int) -> int:
    return round(ms * rate / 1000)
