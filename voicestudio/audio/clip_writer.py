"""Audio: writes clips as mp3 or wav files that the provider accepts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer

from . import rules
from .decoding import Block
from .results import FileFormat

BIT_RATE: Final = 192_000  # constant: 5 minutes are 7.2 MB, and no loss can be heard
COMPRESSION_LEVEL: Final = "7"  # 0 (slow) to 9: half the time of the default 5, as good at 192k
WAV_MAX_BYTES: Final = 8_000_000  # a wav is lossless; a larger clip becomes an mp3
FADE_MS: Final = 5


class ClipWriter:
    """An open mp3 or wav. `channels` and `rate` (Hz) of the file follow from the source's."""

    def __init__(
        self,
        container: OutputContainer,
        file_format: FileFormat,
        channels: int,
        rate: int,
        bit_rate: int = BIT_RATE,
    ) -> None:
        self._container = container
        self.channels, self.rate = output_shape(file_format, channels, rate)
        self._layout = "stereo" if self.channels == 2 else "mono"
        is_mp3 = file_format == "mp3"
        self._format, self._frame_size = ("fltp", 1152) if is_mp3 else ("s16", 4096)
        stream = container.add_stream(
            "libmp3lame" if is_mp3 else "pcm_s16le",
            rate=self.rate,
            layout=self._layout,
            options={"compression_level": COMPRESSION_LEVEL} if is_mp3 else None,
        )
        assert isinstance(stream, AudioStream)
        if is_mp3:
            stream.bit_rate = bit_rate
        stream.format = self._format
        self._stream = stream
        self._source_rate = 0
        self._resampler: AudioResampler | None = None

    def write(self, block: Block, rate: int) -> None:
        """Append (channels, frames) at `rate` Hz."""
        if not block.shape[1]:
            return
        if rate != self._source_rate:
            self._encode(None)
            self._source_rate = rate
            self._resampler = AudioResampler(
                self._format, self._layout, self.rate, frame_size=self._frame_size
            )
        samples = np.ascontiguousarray(mix_channels(block, self.channels))
        frame = AudioFrame.from_ndarray(samples, format="fltp", layout=self._layout)
        frame.sample_rate = rate
        self._encode(frame)

    def close(self) -> None:
        """Write what the resampler and the encoder still hold."""
        self._encode(None)
        for packet in self._stream.encode(None):
            self._container.mux(packet)

    def _encode(self, frame: AudioFrame | None) -> None:
        """Encode a frame; None flushes the resampler."""
        for part in self._resampler.resample(frame) if self._resampler else ():
            part.pts = None  # counted by the encoder; a new resampler would start at 0 again
            for packet in self._stream.encode(part):
                self._container.mux(packet)


@contextmanager
def open_clip(
    target: Path, file_format: FileFormat, channels: int, rate: int, *, bit_rate: int = BIT_RATE
) -> Iterator[ClipWriter]:
    """A clip that is complete when the context ends; the file contains no metadata."""
    # Leave out the ID3 tag and the wav chunk that would name the software.
    options = {"id3v2_version": "0"} if file_format == "mp3" else {"fflags": "+bitexact"}
    with (
        target.open("wb") as file,
        av.open(file, "w", format=file_format, options=options) as container,
    ):
        writer = ClipWriter(container, file_format, channels, rate, bit_rate)
        yield writer
        writer.close()


def choose_format(length_ms: float, channels: int, rate: int) -> FileFormat:
    """A wav up to 8 MB, else an mp3; for a clip of this length from a source of this shape."""
    channels, rate = output_shape("wav", channels, rate)
    return "wav" if length_ms / 1000 * rate * channels * 2 <= WAV_MAX_BYTES else "mp3"


def output_shape(file_format: FileFormat, channels: int, rate: int) -> tuple[int, int]:
    """Channels and rate (Hz) of a file made from such a source.

    One channel stays one and two stay two; more become one. An mp3 gets 32 or 44.1 kHz, because
    192 kbit/s is not allowed below 32 kHz. A wav keeps its rate if the provider's decoder surely
    knows it.
    """
    if file_format == "mp3":
        rate = 32_000 if rate <= 32_000 else 44_100
    elif rate not in rules.RATES:
        rate = 48_000 if rate > 48_000 and rate % 44_100 else 44_100
    return (2 if channels == 2 else 1), rate


def mix_channels(block: Block, channels: int) -> Block:
    """The block with one or two channels; a change of their number makes each the mean of all."""
    if len(block) == channels:
        return block
    mean: Block = block.mean(axis=0, keepdims=True, dtype=np.float32)
    return mean if channels == 1 else np.repeat(mean, channels, axis=0)


def fade_in(block: Block) -> None:
    """Raise the level from silence over all of this block, in place."""
    count = block.shape[1]
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / max(1, count))
    block *= ramp.astype(np.float32)
