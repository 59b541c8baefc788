"""Audio: FFmpeg filters, one after the other, for a stream of blocks."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph

from .decoding import Block

# BS.1770 weighs surround channels by +1.5 dB, so filters need to know the layout.
_LAYOUTS: Final = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0(side)", 6: "5.1(side)",
                   7: "6.1", 8: "7.1"}  # fmt: skip
CHANNELS_MAX: Final = max(_LAYOUTS)


class FilterChain:
    """Filters with their arguments, for blocks of 1 to 8 channels at `rate` Hz."""

    def __init__(self, channels: int, rate: int, *filters: tuple[str, str]) -> None:
        self._rate = rate
        self._layout = _LAYOUTS[channels]
        # Planar like the blocks; packed for more channels, of which PyAV 19 miscounts the planes.
        self._format = "fltp" if channels <= 2 else "flt"
        self._graph = Graph()
        self._source = self._graph.add_abuffer(
            sample_rate=rate, format=self._format, layout=self._layout
        )
        self._sink = self._graph.add("abuffersink")
        chain = [self._graph.add(name, arguments) for name, arguments in filters]
        for first, second in pairwise([self._source, *chain, self._sink]):
            first.link_to(second)
        self._graph.configure()

    def push(self, block: Block) -> Iterator[AudioFrame]:
        """Filter (channels, frames); yield the frames that are ready."""
        planar = self._format == "fltp"
        samples = block if planar else np.ascontiguousarray(block.T).reshape(1, -1)
        frame = AudioFrame.from_ndarray(samples, format=self._format, layout=self._layout)
        frame.sample_rate = self._rate
        self._source.push(frame)
        return self._pull()

    def finish(self) -> Iterator[AudioFrame]:
        """End the stream; yield the frames that the filters still hold."""
        self._source.push(None)
        return self._pull()

    def _pull(self) -> Iterator[AudioFrame]:
        while True:
            try:
                frame = self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, AudioFrame)
            yield frame
