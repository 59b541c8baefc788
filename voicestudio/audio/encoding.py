"""Audio: from any recording to an mp3 or wav that the provider takes.

This module imports PyAV and numpy: the rest of the house reaches it only through `intake`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Literal

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer

from . import rules
from .decoding import Block, opened
from .problems import AudioProblem

Kind = Literal["mp3", "wav"]

BIT_RATE: Final = 192_000  # constant: 5 minutes are 7.2 MB, and the ear hears no loss
EFFORT: Final = "7"  # of 0 (slow) to 9: half the time of the usual 5; at 192 kbit/s no worse
_LONGEST_S: Final = 800  # 19.2 MB


def encode(source: Path, target: Path, *, longest_ms: int | None = None) -> None:
    """Write `source` as mp3 to `target`: 192 kbit/s, 44.1 or 32 kHz, one or two channels.

    One channel stays one and two stay two, so that nothing cancels out; more become one, their
    mean. No metadata is taken over. The length is kept within 50 ms, but what lies behind
    `longest_ms` is cut off. The encoder takes 0.3 dB off the level, so that nothing clips.
    Raises AudioProblem like `measure`, and too_long beyond 800 s without `longest_ms`.
    """
    with opened(source) as decoder:
        writer: Writer | None = None
        longest_s = _LONGEST_S if longest_ms is None else longest_ms / 1000
        written_s = 0.0
        with ExitStack() as stack:
            for block, rate in decoder.blocks(stop_after_s=longest_s):
                if writer is None:
                    writer = stack.enter_context(writing(target, "mp3", len(block), rate))
                left = max(0, round((longest_s - written_s) * rate))
                writer.write(block[:, :left], rate)
                written_s += block.shape[1] / rate
            if writer is None:
                raise AudioProblem("damaged")
        if longest_ms is None and decoder.seconds > _LONGEST_S:
            raise AudioProblem(
                "too_long", duration_ms=round(decoder.seconds * 1000), limit_ms=_LONGEST_S * 1000
            )


@contextmanager
def writing(target: Path, kind: Kind, channels: int, rate: int) -> Iterator[Writer]:
    """A file that is complete when the context ends; no metadata is in it."""
    # The options leave out the ID3 tag, which would name the software, and the same of a wav.
    options = {"id3v2_version": "0"} if kind == "mp3" else {"fflags": "+bitexact"}
    with (
        target.open("wb") as file,
        av.open(file, "w", format=kind, options=options) as container,
    ):
        writer = Writer(container, kind, channels, rate)
        yield writer
        writer.close()


class Writer:
    """An mp3 or wav while it is written. Its shape follows the first block of the source.

    `rate` (Hz) and `channels` are those of the file: see `shape`.
    """

    def __init__(self, container: OutputContainer, kind: Kind, channels: int, rate: int) -> None:
        self._container = container
        self.channels, self.rate = shape(kind, channels, rate)
        self._layout = "stereo" if self.channels == 2 else "mono"
        if kind == "mp3":
            self._format, self._frame_size = "fltp", 1152
            stream = container.add_stream(
                "libmp3lame",
                rate=self.rate,
                layout=self._layout,
                options={"compression_level": EFFORT},
            )
            assert isinstance(stream, AudioStream)
            stream.bit_rate = BIT_RATE
        else:
            self._format, self._frame_size = "s16", 4096
            stream = container.add_stream("pcm_s16le", rate=self.rate, layout=self._layout)
            assert isinstance(stream, AudioStream)
        stream.format = self._format
        self._stream = stream
        self._source_rate = 0
        self._resampler: AudioResampler | None = None

    def write(self, block: Block, rate: int) -> None:
        """Append (channels, frames) at `rate` Hz."""
        if not block.shape[1]:
            return
        if rate != self._source_rate:
            self._flush()
            self._source_rate = rate
            self._resampler = AudioResampler(
                self._format, self._layout, self.rate, frame_size=self._frame_size
            )
        samples = np.ascontiguousarray(mixed(block, self.channels))
        frame = AudioFrame.from_ndarray(samples, format="fltp", layout=self._layout)
        frame.sample_rate = rate
        self._encode(frame)

    def close(self) -> None:
        """Write what the resampler and the encoder still hold."""
        self._flush()
        for packet in self._stream.encode(None):
            self._container.mux(packet)

    def _flush(self) -> None:
        if self._resampler is not None:
            self._encode(None)

    def _encode(self, frame: AudioFrame | None) -> None:
        for whole in self._resampled(frame):
            whole.pts = None  # counted by the encoder; a new resampler starts at 0 again
            for packet in self._stream.encode(whole):
                self._container.mux(packet)

    def _resampled(self, frame: AudioFrame | None) -> Iterator[AudioFrame]:
        assert self._resampler is not None
        yield from self._resampler.resample(frame)


def shape(kind: Kind, channels: int, rate: int) -> tuple[int, int]:
    """Channels and rate (Hz) of a file made from such a source.

    One channel stays one and two stay two; more become one. An mp3 has one of the stronger rates
    of the format, because 192 kbit/s is not allowed below 32 kHz. A wav keeps its rate if the
    provider's decoder surely knows it.
    """
    if kind == "mp3":
        rate = 32_000 if rate <= 32_000 else 44_100
    elif rate not in rules.RATES:
        rate = 48_000 if rate > 48_000 and rate % 44_100 else 44_100
    return (2 if channels == 2 else 1), rate


def mixed(block: Block, channels: int) -> Block:
    """The block with one or two channels."""
    if len(block) == channels:
        return block
    mean: Block = block.mean(axis=0, keepdims=True, dtype=np.float32)
    return mean if channels == 1 else np.repeat(mean, channels, axis=0)
