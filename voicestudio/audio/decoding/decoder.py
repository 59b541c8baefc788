"""Audio: decodes a recording to blocks of samples, in one pass and in constant memory."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from .. import headers, rules, seeking
from ..problems import AudioProblem
from . import amr
from .blocks import Block, BlockCollector
from .containers import header_length_s

_WITH_CLOCK: Final = frozenset({"matroska", "mov"})  # that state a time for each packet
_ERRORS_MAX: Final = 500


class Decoder:
    """An open recording. Read `blocks` once; the other attributes are complete afterwards.

    `estimated_s` is FFmpeg's estimate of the length (s), `header_s` the length that the header
    really states (None if it states none), `seconds` what was decoded so far, `lost_s` what could
    not be decoded, `start_s` and `end_s` when the sound starts and ends on the clock of a container
    that has one: it may start late, and pause. `repair` is what was wrong with the header of a wav.
    """

    def __init__(
        self,
        path: Path,
        container: InputContainer,
        stream: AudioStream,
        repair: headers.WavRepair | None = None,
    ) -> None:
        codec = stream.codec_context
        codec.thread_count = 1
        self.container = container.format.name.split(",")[0]
        self.codec: str = codec.codec.canonical_name
        self.stated_rate = codec.sample_rate
        self.stated_channels = codec.layout.nb_channels
        self.profile = codec.profile or ""
        self.brand = container.metadata.get("major_brand", "")
        self.estimated_s = container.duration / 1e6 if container.duration else None
        self.repair = repair
        self.track_count = len(container.streams.audio)
        self.header_s = header_length_s(path, container, stream, self.container)
        self.sample_rate = 0
        self.channels = 0
        self.channel_places: tuple[str, ...] = ()  # FFmpeg's names of the channels
        self.packets = 0
        self.bytes = 0  # of all packets, without the container and headers of ADTS
        self.errors = 0
        self.ends_within_frame = False  # of an mp3
        self.lost_s = 0.0
        self.start_s: float | None = None
        self.end_s = 0.0
        self.seconds = 0.0
        self._samples = 0  # decoded, of all channels
        self._frame_s = 0.0  # length of the last frame
        self._container = container
        self._stream = stream

    def blocks(self, *, stop_after_s: float, from_s: float = 0.0) -> Iterator[tuple[Block, int]]:
        """Samples with their rate (Hz), at most 1.25 s at a time, until `stop_after_s` or the end.

        A block is valid until the next one is requested. Its length is a multiple of `hop(rate)`
        except for the last block before the end or a change of rate. Undecodable packets are
        counted in `errors` and skipped. The first sample is the one at `from_s`; `seconds` counts
        from the start of the recording. Raises Unseekable, before any block, if the container
        cannot seek and a new decoder must start from the beginning.
        """
        collector: BlockCollector | None = None
        self.seconds = from_s
        for frame, skip in seeking.frames_from(self._container, self._stream, self._frames, from_s):
            shape = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
            if collector is None or collector.shape != shape:
                if collector is not None:
                    yield from collector.flush()
                collector = BlockCollector(*shape)
                self.channels = self.channels or collector.channels
                self.channel_places = tuple(channel.name for channel in frame.layout.channels)
                self.sample_rate = self.sample_rate or collector.rate
            self.seconds += (frame.samples - skip) / frame.sample_rate
            self._read_clock(frame)
            self._count_samples(frame)
            yield from collector.add(frame, skip)
            if self.seconds > stop_after_s:
                break
        if collector is not None:
            yield from collector.flush()

    def packet_heads(self) -> Iterator[bytes]:
        """The first bytes of each packet, without decoding. Read either this or `blocks`."""
        with suppress(av.error.FFmpegError):
            for packet in self._container.demux(self._stream):
                if packet.size:
                    yield bytes(packet)[: headers.HEAD_BYTES]

    @property
    def bit_rate_kbps(self) -> float:
        """The mean bit rate of what was decoded; one that varies is low in silence."""
        return self.bytes * 8 / 1000 / self.seconds if self.seconds else 0.0

    def _count_samples(self, frame: AudioFrame) -> None:
        """Raise AudioProblem too_many_samples once the file has given more than we decode."""
        channels = frame.layout.nb_channels
        self._samples += frame.samples * channels
        if self._samples > rules.SAMPLES_MAX:
            raise AudioProblem("too_many_samples", channels=channels, sample_rate=frame.sample_rate)

    def _read_clock(self, frame: AudioFrame) -> None:
        self._frame_s = frame.samples / frame.sample_rate
        has_clock = self.container in _WITH_CLOCK
        if has_clock and frame.pts is not None and frame.time_base is not None:
            start_s = float(frame.pts * frame.time_base)
            self.start_s = start_s if self.start_s is None else self.start_s
            self.end_s = max(self.seconds, start_s + self._frame_s)
        else:
            self.end_s = self.seconds

    def _frames(self) -> Iterator[AudioFrame]:
        packets = self._container.demux(self._stream)
        while self.errors < _ERRORS_MAX or self.errors < self.packets / 2:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:
                self.errors += 1
                return
            if packet is None:
                return
            self.packets += 1
            self.bytes += packet.size
            if self.codec == "aac":
                self.bytes -= headers.adts_header_bytes(bytes(packet))
            if self.codec == "mp3" and packet.size:
                self.ends_within_frame = headers.mp3_frame_bytes(bytes(packet)) > packet.size
            try:
                if silence := amr.silence_in_packet(self._stream, packet):
                    yield silence
                else:
                    yield from self._stream.decode(packet)
            except av.error.EOFError:
                return
            except (av.error.FFmpegError, ValueError):  # ValueError: the decoder cannot be opened
                self.errors += 1
                if packet.duration and packet.time_base:
                    self.lost_s += float(packet.duration * packet.time_base)
                else:
                    self.lost_s += self._frame_s
