"""Audio: from a file to blocks of samples, in one pass and with memory that does not grow.

This module imports PyAV and numpy: the rest of the house reaches it only through `intake`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.plane import AudioPlane
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from numpy.typing import NDArray

from . import headers, seeking
from .problems import AudioProblem

Block = NDArray[np.float32]  # (channels, frames), full scale is 1.0

# Containers of sound that people have. Nothing that names other files or addresses (playlists,
# concat, hls, dash), no image, no device. avi, flv, mpeg and mpegts are there to be told apart
# as videos.
_FORMATS: Final = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,"
    "tta,w64,wav,wv"
)
# Decoders of sound only, so that no picture or subtitle parser meets a hostile file.
_SOUND: Final = (
    "aac,aac_fixed,aac_latm,ac3,ac3_fixed,alac,amrnb,amrwb,ape,dca,eac3,flac,g723_1,gsm,gsm_ms,"
    "libopencore_amrnb,libopencore_amrwb,libopus,libvorbis,mp1,mp1float,mp2,mp2float,mp3,mp3adu,"
    "mp3adufloat,mp3float,mp3on4,mp3on4float,opus,speex,libspeex,tta,vorbis,wavpack,wmalossless,"
    "wmapro,wmav1,wmav2,wmavoice,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,"
    "pcm_alaw,pcm_mulaw,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_s8,pcm_u8,"
    "pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32be,pcm_s32le,dsd_lsbf,dsd_msbf,"
    "dsd_lsbf_planar,dsd_msbf_planar"
)
_DECODERS: Final = frozenset(_SOUND.split(","))
_OPTIONS: Final = {
    "format_whitelist": _FORMATS,
    "codec_whitelist": _SOUND,
    "protocol_whitelist": "",  # none: the bytes come from us, nothing else can be opened
    "max_streams": "32",
}
# A WAV may hold DTS under the name of PCM. FFmpeg looks for it in the first five seconds, which
# takes thirty times as long as all the rest of opening; we look for it in the first two tenths.
_OPTIONS_WAV: Final = {**_OPTIONS, "max_probe_packets": "2"}
# Sample formats of FFmpeg: numpy type, and what makes full scale 1.0. 24 bits come as s32.
_SAMPLES: Final[dict[str, tuple[type[np.generic], float]]] = {
    "u8": (np.uint8, 1 / 128),
    "s16": (np.int16, 1 / 2**15),
    "s32": (np.int32, 1 / 2**31),
    "s64": (np.int64, 1 / 2**63),
    "flt": (np.float32, 1.0),
    "dbl": (np.float64, 1.0),
}
# Containers whose header tells the length; in the others FFmpeg guesses from the bit rate.
_PROMISING: Final = frozenset({"mov", "flac", "aiff", "caf", "w64", "au"})
_HOPS: Final = 64  # blocks hold 0.64 s, or less where that is many samples
_BLOCK_SAMPLES: Final = 400_000
_ERRORS_MAX: Final = 500
_LOUDEST: Final = 16.0  # +24 dBFS; what a float file says beyond is a fault, not sound


class _Bytes:
    """A file as FFmpeg may see it: bytes without a name, so that no name decides anything."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file

    def read(self, count: int) -> bytes:
        return self._file.read(count)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


class Decoder:
    """An open recording. Read `blocks` once; the other facts are complete after it.

    `announced_s` is the length (s) by FFmpeg's reading of the header, `promised_s` the length
    that the header truly states (None where it states none), `seconds` what was decoded so far.
    """

    def __init__(self, path: Path, container: InputContainer, stream: AudioStream) -> None:
        codec = stream.codec_context
        codec.thread_count = 1
        self.container = container.format.name.split(",")[0]
        self.codec: str = codec.codec.canonical_name
        self.brand = container.metadata.get("major_brand", "")
        self.announced_s = container.duration / 1e6 if container.duration else None
        self.promised_s = _promised_s(path, container, stream, self.container)
        self.sample_rate = 0
        self.channels = 0
        self.packets = 0
        self.errors = 0
        self.seconds = 0.0
        self._container = container
        self._stream = stream

    def blocks(self, *, stop_after_s: float, from_s: float = 0.0) -> Iterator[tuple[Block, int]]:
        """Samples with their rate (Hz), at most 0.64 s at a time, until `stop_after_s` or the end.

        A block is good until the next one is asked for. Its frames are a multiple of `hop(rate)`
        except in the last block before the end or a change of rate. What cannot be decoded is
        counted in `errors` and left out. The first sample is the one at `from_s`, wherever the
        container lets us begin to decode; `seconds` counts from the beginning all the same.
        Raises Unseekable, before any block, where only a new decoder's way from the start helps.
        """
        gather: _Gather | None = None
        self.seconds = from_s
        for frame, skip in seeking.frames_from(self._container, self._stream, self._frames, from_s):
            shape = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
            if gather is None or gather.shape != shape:
                if gather is not None:
                    yield from gather.rest()
                gather = _Gather(*shape)
                self.channels = self.channels or gather.channels
                self.sample_rate = self.sample_rate or gather.rate
            self.seconds += (frame.samples - skip) / frame.sample_rate
            yield from gather.add(frame, skip)
            if self.seconds > stop_after_s:
                break
        if gather is not None:
            yield from gather.rest()

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
            try:
                yield from self._stream.decode(packet)
            except av.error.EOFError:
                return
            except (av.error.FFmpegError, ValueError):  # ValueError: no decoder can be opened
                self.errors += 1


class _Gather:
    """Frames of one sample format, channel count and rate, joined to blocks."""

    def __init__(self, sample_format: str, channels: int, rate: int) -> None:
        kind, self._scale = _SAMPLES.get(sample_format.removesuffix("p"), (None, 0.0))
        if kind is None or not 1000 <= rate <= 768_000 or not 1 <= channels <= 64:
            raise AudioProblem("damaged")
        self.shape = (sample_format, channels, rate)
        self.channels = channels
        self.rate = rate
        self._planar = sample_format.endswith("p")
        self._kind = np.dtype(kind)
        hops = max(1, min(_HOPS, _BLOCK_SAMPLES // (hop(rate) * channels)))
        room = hop(rate) * hops
        # Native samples as they come: (channels, room) in planes, or (room, channels).
        self._native = np.empty((channels, room) if self._planar else (room, channels), self._kind)
        as_is = self._planar and self._kind == np.float32
        self._block: Block = self._native if as_is else np.empty((channels, room), np.float32)
        self._filled = 0

    def add(self, frame: AudioFrame, skip: int) -> Iterator[tuple[Block, int]]:
        """Take in a frame but for its first `skip` samples; give every block that it fills."""
        if self._planar:
            # Not `frame.planes`: with eight channels PyAV 19 counts a ninth and fails.
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
            here = slice(self._filled, self._filled + count)
            there = slice(start, start + count)
            if self._planar:
                for channel, plane in enumerate(planes):
                    self._native[channel, here] = plane[there]
            else:
                self._native[here] = packed[there]
            self._filled += count
            start += count
            if self._filled == room:
                yield from self.rest()

    def rest(self) -> Iterator[tuple[Block, int]]:
        """Give what is gathered, if anything."""
        count, self._filled = self._filled, 0
        if not count:
            return
        block = self._block[:, :count]
        if self._block is not self._native:
            native = self._native[:, :count] if self._planar else self._native[:count].T
            with np.errstate(all="ignore"):  # a double may lie beyond what a float holds
                np.multiply(
                    native, np.float32(self._scale), out=block, dtype=np.float32, casting="unsafe"
                )
            if self._kind == np.uint8:
                block -= 1.0
        if self._kind.kind == "f":
            _repair(block)
        yield block, self.rate


def hop(rate: int) -> int:
    """Frames in 10 ms at this rate (Hz)."""
    return max(1, round(rate / 100))


def _repair(block: Block) -> None:
    """Make silence of what is not a number, and bound what is beyond all measure."""
    with np.errstate(all="ignore"):
        energy = sum(float(np.dot(channel, channel)) for channel in block)
        # Neither is true where something is not a number. Much sound has more energy than that.
        if energy <= _LOUDEST**2 or (block.max() <= _LOUDEST and block.min() >= -_LOUDEST):
            return
    np.nan_to_num(block, copy=False, nan=0.0, posinf=_LOUDEST, neginf=-_LOUDEST)
    np.clip(block, -_LOUDEST, _LOUDEST, out=block)


def _promised_s(
    path: Path, container: InputContainer, stream: AudioStream, name: str
) -> float | None:
    """Seconds that the header states, or None."""
    if name == "mp3":
        return headers.mp3_promised_s(path)
    if name == "wav":
        data = headers.wav_data(path)
        if data is None or data[0] is None or not data[1] or container.duration is None:
            return None
        # FFmpeg has cut the length down to what is there.
        return container.duration / 1e6 * max(1.0, data[0] / data[1])
    if name == "matroska" and stream.duration is None and container.duration is not None:
        return container.duration / 1e6  # with a stream duration it would be a guess
    if name in _PROMISING and stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None


@contextmanager
def opened(path: Path) -> Iterator[Decoder]:
    """The recording in a file, ready to be decoded.

    Raises AudioProblem not_audio, damaged (it begins like audio but cannot be opened), video or
    no_audio.
    """
    known = headers.sniff(headers.head_of(path))
    options = _OPTIONS_WAV if known == "wav" else _OPTIONS
    with path.open("rb", buffering=0) as file:
        try:
            container = av.open(_Bytes(file), "r", options=options, buffer_size=1 << 16)
        except (av.error.FFmpegError, ValueError, OSError):
            raise AudioProblem("damaged" if known else "not_audio") from None
        with container:
            yield Decoder(path, container, _sound_of(container))


def _sound_of(container: InputContainer) -> AudioStream:
    """The first stream of sound; a cover picture beside it is no video."""
    if any(not s.disposition & Disposition.attached_pic for s in container.streams.video):
        raise AudioProblem("video")
    if not container.streams.audio:
        raise AudioProblem("no_audio" if container.streams else "not_audio")
    stream = container.streams.audio[0]
    if stream.codec_context is None or stream.codec_context.name not in _DECODERS:
        raise AudioProblem("not_audio")
    return stream
