"""Audio, doctor: loudness as broadcasters measure it, by FFmpeg's own meter.

The meter is the filter `ebur128`: ITU-R BS.1770 with both gates, loudness range by EBU Tech 3342.
It streams, which no meter in Python does, and comes with PyAV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph
from av.filter.context import FilterContext

from ..decoding import Block

# Front channels count alike, those behind 1.5 dB more, as the meter knows them by their places.
_LAYOUTS: Final = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0(side)", 6: "5.1(side)",
                   7: "6.1", 8: "7.1"}  # fmt: skip
_NOTHING_LUFS: Final = -69.9  # what the meter shows when nothing has passed its gate is -70
_RANGE_WANTS_S: Final = 10.0  # a range of less than a few windows of 3 s means nothing


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness (LUFS) and loudness range (LU); None where nothing can be told."""

    integrated: float | None
    range: float | None


class Meter:
    """Feed it with blocks, then ask."""

    def __init__(self) -> None:
        self._shape = (0, 0)
        self._graph: Graph | None = None
        self._source: FilterContext | None = None
        self._sink: FilterContext | None = None
        self._heard = 0.0
        self._past = (0.0, Loudness(None, None))  # of another rate: its length and loudness
        self._last: dict[str, str] = {}

    def add(self, block: Block, rate: int) -> None:
        """Take in (channels, frames) at `rate` Hz."""
        if len(block) not in _LAYOUTS:
            block = block.mean(axis=0, keepdims=True, dtype=np.float32)
        if (len(block), rate) != self._shape:
            self._begin(len(block), rate)
        assert self._source is not None
        kind, layout = _kind(len(block)), _LAYOUTS[len(block)]
        samples = block if kind == "fltp" else np.ascontiguousarray(block.T).reshape(1, -1)
        frame = AudioFrame.from_ndarray(samples, format=kind, layout=layout)
        frame.sample_rate = rate
        self._source.push(frame)
        self._drain()
        self._heard += block.shape[1] / rate

    def result(self) -> Loudness:
        """What was measured; of the longer part where the rate changes within a file."""
        self._finish()
        return self._past[1]

    def _begin(self, channels: int, rate: int) -> None:
        self._finish()
        self._shape = (channels, rate)
        self._graph = Graph()
        self._source = self._graph.add_abuffer(
            sample_rate=rate, format=_kind(channels), layout=_LAYOUTS[channels]
        )
        meter = self._graph.add("ebur128", "metadata=1:framelog=quiet")
        self._sink = self._graph.add("abuffersink")
        self._source.link_to(meter)
        meter.link_to(self._sink)
        self._graph.configure()

    def _finish(self) -> None:
        if self._source is not None:
            self._source.push(None)
            self._drain()
            if self._heard >= self._past[0]:
                self._past = (self._heard, self._read())
        self._graph = self._source = self._sink = None
        self._heard, self._last = 0.0, {}

    def _drain(self) -> None:
        assert self._sink is not None
        while True:
            try:
                frame = self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            found = frame.metadata
            if "lavfi.r128.I" in found:
                self._last = dict(found)

    def _read(self) -> Loudness:
        integrated = float(self._last.get("lavfi.r128.I", -70.0))
        if integrated <= _NOTHING_LUFS:
            return Loudness(None, None)
        spread = float(self._last["lavfi.r128.LRA"]) if self._heard >= _RANGE_WANTS_S else None
        return Loudness(integrated, spread)


def _kind(channels: int) -> str:
    """In planes, as the blocks are; packed where PyAV 19 counts a ninth of eight planes."""
    return "fltp" if channels <= 2 else "flt"
