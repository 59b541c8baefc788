"""Audio: the sound between two moments of a recording, in one shape all through.

This module imports PyAV and numpy: the rest of the house reaches it only through `cutting` and
`tidying`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from .decoding import Block, Decoder, hop, opened
from .encoding import mixed
from .seeking import Unseekable


def stretch(path: Path, from_s: float, to_s: float) -> Iterator[tuple[Decoder, Block, int]]:
    """Blocks from `from_s` on, with the decoder they come from and their rate (Hz).

    The last block reaches beyond `to_s`. Raises AudioProblem like `opened`.
    """
    try:
        with opened(path) as decoder:
            for block, rate in decoder.blocks(from_s=from_s, stop_after_s=to_s):
                yield decoder, block, rate
        return
    except Unseekable:  # comes before any block
        pass
    with opened(path) as decoder:
        passed_s = 0.0
        for block, rate in decoder.blocks(stop_after_s=to_s):
            skip = max(0, round((from_s - passed_s) * rate))
            passed_s += block.shape[1] / rate
            if skip < block.shape[1]:
                yield decoder, block[:, skip:], rate


def reshaped(blocks: Iterable[tuple[Block, int]], channels: int, to_rate: int) -> Iterator[Block]:
    """The same sound with so many channels (1 or 2: see `mixed`) at `to_rate` Hz, not delayed."""
    layout = "stereo" if channels == 2 else "mono"
    resampler: AudioResampler | None = None
    rate_before = 0
    for block, rate in blocks:
        if rate != rate_before and resampler is not None:
            yield from _resampled(resampler, None)
            resampler = None
        rate_before = rate
        whole = mixed(block, channels)
        if rate == to_rate:
            yield whole
            continue
        resampler = resampler or AudioResampler("fltp", layout, to_rate)
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(whole), format="fltp", layout=layout)
        frame.sample_rate = rate
        yield from _resampled(resampler, frame)
    if resampler is not None:
        yield from _resampled(resampler, None)


def in_hops(blocks: Iterable[Block], rate: int) -> Iterator[Block]:
    """The same sound in blocks of whole hops of 10 ms; only the last may hold a part of one."""
    length = hop(rate)
    kept: Block | None = None
    for block in blocks:
        joined = block if kept is None else np.concatenate([kept, block], axis=1)
        whole = joined.shape[1] // length * length
        kept = joined[:, whole:].copy()
        if whole:
            yield joined[:, :whole]
    if kept is not None and kept.shape[1]:
        yield kept


def _resampled(resampler: AudioResampler, frame: AudioFrame | None) -> Iterator[Block]:
    for part in resampler.resample(frame):
        if part.samples:
            block: Block = part.to_ndarray().astype(np.float32, copy=False)
            yield block
