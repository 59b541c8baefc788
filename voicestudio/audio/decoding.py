"""Audio: decodes a file to blocks of samples, in one pass and in constant memory."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.plane import AudioPlane
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from numpy.typing import NDArray

from . import headers, rules, seeking
from .problems import AudioProblem
from .tracks import speech_seconds

Block = NDArray[np.float32]  # (channels, frames), full scale is 1.0

# Common audio containers. No format that refers to other files or addresses (playlists, concat,
# hls, dash), no images, no devices. avi, flv, mpeg and mpegts are listed so that videos are
# recognised as such.
_FORMATS: Final = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,"
    "tta,w64,wav,wv"
)
# Audio decoders only, so that no picture or subtitle parser opens a hostile file.
_CODECS: Final = (
    "aac,aac_fixed,aac_latm,ac3,ac3_fixed,alac,amrnb,amrwb,ape,dca,eac3,flac,g723_1,gsm,gsm_ms,"
    "libopencore_amrnb,libopencore_amrwb,libopus,libvorbis,mp1,mp1float,mp2,mp2float,mp3,mp3adu,"
    "mp3adufloat,mp3float,mp3on4,mp3on4float,opus,speex,libspeex,tta,vorbis,wavpack,wmalossless,"
    "wmapro,wmav1,wmav2,wmavoice,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,g722,g726,g726le,"
    "pcm_alaw,pcm_mulaw,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_s8,pcm_u8,"
    "pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32be,pcm_s32le,dsd_lsbf,dsd_msbf,"
    "dsd_lsbf_planar,dsd_msbf_planar"
)
_DECODERS: Final = frozenset(_CODECS.split(","))
_OPTIONS: Final = {
    "format_whitelist": _FORMATS,
    "codec_whitelist": _CODECS,
    "protocol_whitelist": "",  # none: we pass the bytes in, FFmpeg cannot open anything
    "max_streams": "32",
}
# A WAV may hold DTS declared as PCM. FFmpeg searches the first five seconds for it, which takes
# thirty times as long as the rest of opening; we let it search 0.2 s.
_OPTIONS_WAV: Final = {**_OPTIONS, "max_probe_packets": "2"}
# Sample formats of FFmpeg: numpy type, and the factor to full scale 1.0. 24 bits come as s32.
_SAMPLES: Final[dict[str, tuple[type[np.generic], float]]] = {
    "u8": (np.uint8, 1 / 128),
    "s16": (np.int16, 1 / 2**15),
    "s32": (np.int32, 1 / 2**31),
    "s64": (np.int64, 1 / 2**63),
    "flt": (np.float32, 1.0),
    "dbl": (np.float64, 1.0),
}
# Containers whose header states the length; for others FFmpeg guesses from the bit rate.
_WITH_LENGTH: Final = frozenset({"mov", "flac", "aiff", "caf", "w64", "au"})
_WITH_CLOCK: Final = frozenset({"matroska", "mov"})  # that state a time for each packet
_TRACKS_MAX: Final = 8  # that are compared
_TRACK_JUDGED_S: Final = 600.0  # of each
_HOPS: Final = 64  # in a block, which holds 0.64 s, or less if that is many samples
_BLOCK_SAMPLES: Final = 400_000
_ERRORS_MAX: Final = 500
_LOUDEST: Final = 16.0  # +24 dBFS; higher values in a float file are errors, not sound


# AMR frames from this type on hold no speech: background noise, or nothing. FFmpeg cannot decode
# them. Source: 3GPP TS 26.101 and 26.201, table 1a.
_AMR_FIRST_SILENT_TYPE: Final = {"amr_nb": 8, "amr_wb": 9}
_AMR_FRAME_S: Final = 0.02


class _NamelessFile:
    """A file without a name for FFmpeg, so that its name has no influence; its header repaired."""

    def __init__(self, file: io.FileIO, repair: headers.WavRepair | None = None) -> None:
        self._file = file
        self._head, self._start = (repair.head, repair.data_start) if repair else (b"", 0)
        self._size = file.seek(0, 2) - self._start + len(self._head)
        self._position = 0

    def read(self, count: int) -> bytes:
        head = self._head[self._position : self._position + count]
        behind = self._position + len(head) - len(self._head)
        self._file.seek(self._start + max(0, behind))
        content = head + self._file.read(count - len(head))
        self._position += len(content)
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._position, self._size)[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position


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
        # Of all audio tracks of the container, counted from 1.
        self.track = container.streams.audio.index(stream) + 1
        self.track_count = len(container.streams.audio)
        self.header_s = _header_length_s(path, container, stream, self.container)
        self.sample_rate = 0
        self.channels = 0
        self.channel_places: tuple[str, ...] = ()  # FFmpeg's names of the channels
        self.packets = 0
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
        """Samples with their rate (Hz), at most 0.64 s at a time, until `stop_after_s` or the end.

        A block is valid until the next one is requested. Its length is a multiple of `hop(rate)`
        except for the last block before the end or a change of rate. Undecodable packets are
        counted in `errors` and skipped. The first sample is the one at `from_s`; `seconds` counts
        from the start of the recording. Raises Unseekable, before any block, if the container
        cannot seek and a new decoder must start from the beginning.
        """
        collector: _BlockCollector | None = None
        self.seconds = from_s
        for frame, skip in seeking.frames_from(self._container, self._stream, self._frames, from_s):
            shape = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
            if collector is None or collector.shape != shape:
                if collector is not None:
                    yield from collector.flush()
                collector = _BlockCollector(*shape)
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
            if self.codec == "mp3" and packet.size:
                self.ends_within_frame = headers.mp3_frame_bytes(bytes(packet)) > packet.size
            try:
                if silence := self._silence_of_amr(packet):
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

    def _silence_of_amr(self, packet: Packet) -> AudioFrame | None:
        """Silence as long as an AMR packet that holds no speech; None for any other packet."""
        first_silent_type = _AMR_FIRST_SILENT_TYPE.get(self.codec)
        if first_silent_type is None or not packet.size:
            return None
        if bytes(packet)[0] >> 3 & 15 < first_silent_type:
            return None
        rate = self._stream.codec_context.sample_rate
        samples = np.zeros((1, round(rate * _AMR_FRAME_S)), np.float32)
        frame = AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = rate
        frame.pts = packet.pts
        if packet.time_base is not None:
            frame.time_base = packet.time_base
        return frame


class _BlockCollector:
    """Joins frames of one sample format, channel count and rate to blocks."""

    def __init__(self, sample_format: str, channels: int, rate: int) -> None:
        kind, self._scale = _SAMPLES.get(sample_format.removesuffix("p"), (None, 0.0))
        if kind is None or rate < 1000 or channels < 1:
            raise AudioProblem("damaged")
        rules.check_shape(channels, rate)
        self.shape = (sample_format, channels, rate)
        self.channels = channels
        self.rate = rate
        self._planar = sample_format.endswith("p")
        self._kind = np.dtype(kind)
        hops = max(1, min(_HOPS, _BLOCK_SAMPLES // (hop(rate) * channels)))
        room = hop(rate) * hops
        # Samples in the format of the file: (channels, room) if planar, else (room, channels).
        self._native = np.empty((channels, room) if self._planar else (room, channels), self._kind)
        is_float = self._planar and self._kind == np.float32
        self._block: Block = self._native if is_float else np.empty((channels, room), np.float32)
        self._filled = 0

    def add(self, frame: AudioFrame, skip: int) -> Iterator[tuple[Block, int]]:
        """Add a frame without its first `skip` samples; yield every block that becomes full."""
        if self._planar:
            # Not `frame.planes`: PyAV 19 counts nine planes for eight channels and fails.
            planes = [
                np.frombuffer(AudioPlane(frame, channel), self._kind, frame.samples)
                for channel in range(self.channels)
            ]
        else:
            flat = np.frombuffer(frame.planes[0], self._kind, frame.samples * self.channels)
            packed = flat.reshape(frame.samples, self.channels)
        room = self._native.shape[1 if self._planar else 0]
        start = skip
        while start < frame.samples:
            count = min(frame.samples - start, room - self._filled)
            into = slice(self._filled, self._filled + count)
            samples = slice(start, start + count)
            if self._planar:
                for channel, plane in enumerate(planes):
                    self._native[channel, into] = plane[samples]
            else:
                self._native[into] = packed[samples]
            self._filled += count
            start += count
            if self._filled == room:
                yield from self.flush()

    def flush(self) -> Iterator[tuple[Block, int]]:
        """Yield the collected samples, if any, as a block."""
        count, self._filled = self._filled, 0
        if not count:
            return
        block = self._block[:, :count]
        if self._block is not self._native:
            native = self._native[:, :count] if self._planar else self._native[:count].T
            with np.errstate(all="ignore"):  # a double may exceed the range of a float
                np.multiply(
                    native, np.float32(self._scale), out=block, dtype=np.float32, casting="unsafe"
                )
            if self._kind == np.uint8:
                block -= 1.0
        if self._kind.kind == "f":
            _repair(block)
        yield block, self.rate


def hop(rate: int) -> int:
    """Samples in 10 ms at this rate (Hz)."""
    return max(1, round(rate / 100))


def _repair(block: Block) -> None:
    """Replace NaN by silence and limit absurd values, in place."""
    with np.errstate(all="ignore"):
        energy = sum(float(np.dot(channel, channel)) for channel in block)
        # Both comparisons are false if there is a NaN. Normal audio may exceed the first one.
        if energy <= _LOUDEST**2 or (block.max() <= _LOUDEST and block.min() >= -_LOUDEST):
            return
    np.nan_to_num(block, copy=False, nan=0.0, posinf=_LOUDEST, neginf=-_LOUDEST)
    np.clip(block, -_LOUDEST, _LOUDEST, out=block)


def _header_length_s(
    path: Path, container: InputContainer, stream: AudioStream, name: str
) -> float | None:
    """Seconds that the header states, or None."""
    if name == "mp3":
        return headers.mp3_header_s(path)
    if name == "wav":
        sizes = headers.wav_data_sizes(path)
        if sizes is None or sizes[0] is None or not sizes[1] or container.duration is None:
            return None
        # FFmpeg has reduced the length to the samples that are present.
        return container.duration / 1e6 * max(1.0, sizes[0] / sizes[1])
    if name == "matroska" and stream.duration is None and container.duration is not None:
        # With a stream duration, FFmpeg has guessed it. It is the length of the longest stream.
        return container.duration / 1e6 if len(container.streams) == 1 else None
    if name in _WITH_LENGTH and stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None


@contextmanager
def open_recording(path: Path) -> Iterator[Decoder]:
    """A decoder for the recording in a file: of several tracks, for the one with most speech.

    Raises AudioProblem not_audio, damaged (it starts like audio but cannot be opened), video,
    no_audio or too_many_samples (see `rules.check_shape`).
    """
    with _open_container(path) as (container, repair):
        tracks = _audio_tracks(container)
        if len(tracks) == 1:
            yield Decoder(path, container, tracks[0], repair)
            return
    # The tracks of one container can only be decoded together, so it is opened for each of them.
    seconds = [_speech_of_track(path, number) for number in range(min(len(tracks), _TRACKS_MAX))]
    with _open_track(path, int(np.argmax(seconds))) as decoder:
        yield decoder


def _speech_of_track(path: Path, number: int) -> float:
    try:
        with _open_track(path, number) as decoder:
            return speech_seconds(decoder.blocks(stop_after_s=_TRACK_JUDGED_S))
    except AudioProblem:
        return 0.0


@contextmanager
def _open_track(path: Path, number: int) -> Iterator[Decoder]:
    """A decoder for one of the tracks of `_audio_tracks`."""
    with _open_container(path) as (container, repair):
        yield Decoder(path, container, _audio_tracks(container)[number], repair)


@contextmanager
def _open_container(path: Path) -> Iterator[tuple[InputContainer, headers.WavRepair | None]]:
    container_name = headers.sniff_file(path)
    repair = headers.repair_wav(path) if container_name == "wav" else None
    options = _OPTIONS_WAV if container_name == "wav" else _OPTIONS
    with path.open("rb", buffering=0) as file:
        try:
            container = av.open(
                _NamelessFile(file, repair), "r", options=options, buffer_size=1 << 16
            )
        except (av.error.FFmpegError, ValueError, OSError):
            raise AudioProblem("damaged" if container_name else "not_audio") from None
        with container:
            yield container, repair


def _audio_tracks(container: InputContainer) -> list[AudioStream]:
    """The audio streams that we decode, at least one; a cover picture is not a video."""
    if any(not s.disposition & Disposition.attached_pic for s in container.streams.video):
        raise AudioProblem("video")
    if not container.streams.audio:
        raise AudioProblem("no_audio" if container.streams else "not_audio")
    tracks = [
        stream
        for stream in container.streams.audio
        if stream.codec_context is not None and stream.codec_context.name in _DECODERS
    ]
    if not tracks:
        raise AudioProblem("not_audio")
    for track in tracks:
        rules.check_shape(track.codec_context.layout.nb_channels, track.codec_context.sample_rate)
    return tracks
