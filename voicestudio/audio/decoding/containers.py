"""Audio: opens a container with FFmpeg, limited to audio formats and decoders."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from .. import headers, rules
from ..problems import AudioProblem

# Common audio containers. No format that refers to other files or addresses (playlists, concat,
# hls, dash), no images, no devices. Of a video only the sound is read.
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
# These cannot be decoded without data that mov, mp4 and Matroska have in their header.
_NEED_DATA: Final = frozenset({"aac", "alac", "vorbis"})
_MOST_STREAMS: Final = 32
_OPTIONS: Final = {
    "format_whitelist": _FORMATS,
    "codec_whitelist": _CODECS,
    "protocol_whitelist": "",  # none: we pass the bytes in, FFmpeg cannot open anything
    "max_streams": str(_MOST_STREAMS),
}
# With these it is found out whether a file has more streams than that.
_OPTIONS_MANY: Final = {**_OPTIONS, "max_streams": "1000"}
# A WAV may hold DTS declared as PCM. FFmpeg searches the first five seconds for it, which takes
# thirty times as long as the rest of opening; we let it search 0.2 s.
_OPTIONS_WAV: Final = {**_OPTIONS, "max_probe_packets": "2"}
# Containers whose header states the length; for others FFmpeg guesses from the bit rate.
_WITH_LENGTH: Final = frozenset({"mov", "flac", "aiff", "caf", "w64", "au"})


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


@contextmanager
def open_container(path: Path) -> Iterator[tuple[InputContainer, headers.WavRepair | None]]:
    """An open container, and how the header of a wav was repaired, if it had to be.

    Raises AudioProblem damaged, not_audio or too_many_tracks.
    """
    container_name = headers.sniff_file(path)
    repair = headers.repair_wav(path) if container_name == "wav" else None
    options = _OPTIONS_WAV if container_name == "wav" else _OPTIONS
    with path.open("rb", buffering=0) as file:
        try:
            container = av.open(
                _NamelessFile(file, repair), "r", options=options, buffer_size=1 << 16
            )
        except (av.error.FFmpegError, ValueError, OSError) as error:
            # What FFmpeg says of a mov or avi with more streams than it may have.
            if isinstance(error, av.error.MemoryError) and _has_too_many_streams(file):
                raise AudioProblem("too_many_tracks", limit_tracks=_MOST_STREAMS) from None
            raise AudioProblem("damaged" if container_name else "not_audio") from None
        with container:
            # The sound may be in one of the streams that were left out.
            is_full = len(container.streams) >= _MOST_STREAMS
            if is_full and not container.streams.audio and _has_too_many_streams(file):
                raise AudioProblem("too_many_tracks", limit_tracks=_MOST_STREAMS)
            yield container, repair


def _has_too_many_streams(file: io.FileIO) -> bool:
    try:
        with av.open(
            _NamelessFile(file), "r", options=_OPTIONS_MANY, buffer_size=1 << 16
        ) as container:
            return len(container.streams) > _MOST_STREAMS
    except (av.error.FFmpegError, ValueError, OSError):
        return False


def has_picture(container: InputContainer) -> bool:
    """Is this a video? A cover picture does not make it one."""
    return any(not s.disposition & Disposition.attached_pic for s in container.streams.video)


def audio_tracks(container: InputContainer) -> dict[int, AudioStream]:
    """The audio streams that we decode, at least one, by their number among all audio streams.

    Numbers count from 1. Raises AudioProblem video (without sound), no_audio, not_audio,
    too_many_samples (see `rules.check_shape`).
    """
    if not container.streams.audio:
        without = "no_audio" if container.streams else "not_audio"
        raise AudioProblem("video" if has_picture(container) else without)
    tracks = {
        number: stream
        for number, stream in enumerate(container.streams.audio, start=1)
        if stream.codec_context is not None
        and stream.codec_context.name in _DECODERS
        and not _lacks_codec_data(container, stream)
    }
    if not tracks:
        raise AudioProblem("not_audio")
    for track in tracks.values():
        rules.check_shape(track.codec_context.layout.nb_channels, track.codec_context.sample_rate)
    return tracks


def _lacks_codec_data(container: InputContainer, stream: AudioStream) -> bool:
    """Whether the header lacks what the decoder needs; MPEG-TS has it in the sound instead."""
    in_header = container.format.name.startswith(("mov,", "matroska,"))
    context = stream.codec_context
    return in_header and context.name in _NEED_DATA and not context.extradata


def header_length_s(
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
