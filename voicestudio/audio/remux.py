"""Audio: copies audio tracks to a file of their own, without decoding them."""

import io
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Discard

from . import rules
from .decoding.containers import audio_tracks, header_length_s, open_container
from .problems import AudioProblem

# The usual container of a single track, by its codec: the extension, and FFmpeg's name.
_USUAL: Final = {
    "aac": ("m4a", "ipod"),
    "alac": ("m4a", "ipod"),
    "mp3": ("mp3", "mp3"),
    "opus": ("ogg", "opus"),
    "vorbis": ("ogg", "ogg"),
    "flac": ("flac", "flac"),
    **dict.fromkeys(rules.PCM, ("wav", "wav")),
}
_BROKEN_PACKET: Final = (av.error.InvalidDataError, av.error.PatchWelcomeError)
# For several tracks, and for other codecs.
_GENERAL: Final = (("mka", "matroska"), ("mov", "mov"), ("wma", "asf"))


class Copy(NamedTuple):
    """A file with copied tracks: the length (s) of each, by its number in the source."""

    path: Path
    seconds: dict[int, float]


def copy_tracks(source: Path, stem: Path, numbers: Iterable[int]) -> Copy:
    """Copy these audio tracks to a new file: `stem` and the extension of its container.

    Tracks are counted from 1 among all audio tracks of a file. A track that fits into no container
    together with the others is left out.

    Raises AudioProblem inseparable if that leaves none, damaged if much of a track is missing, and
    like `open_container`; there is no file then.
    """
    with open_container(source) as (container, _repair):
        readable = audio_tracks(container)
        wanted = {number: readable[number] for number in numbers}
        extension, muxer, held = _choose_container(wanted)
        target = stem.with_name(f"{stem.name}.{extension}")
        try:
            with (
                target.open("wb") as file,
                av.open(file, "w", format=muxer, options={"fflags": "+bitexact"}) as output,
            ):
                seconds = _copy_packets(container, held, output)
            for number, stream in held.items():
                name = container.format.name.split(",")[0]
                _check_length(seconds[number], header_length_s(source, container, stream, name))
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    return Copy(target, seconds)


def _choose_container(tracks: dict[int, AudioStream]) -> tuple[str, str, dict[int, AudioStream]]:
    """The container that holds the most of these tracks: its extension and name, and the tracks."""
    codecs = {number: track.codec_context.codec.canonical_name for number, track in tracks.items()}
    usual = {_USUAL[codec] for codec in codecs.values() if codec in _USUAL and len(codecs) == 1}
    most: tuple[str, str, dict[int, AudioStream]] = "", "", {}
    for extension, muxer in (*usual, *_GENERAL):
        with av.open(io.BytesIO(), "w", format=muxer) as container:
            supported = container.supported_codecs
        held = {number: tracks[number] for number in tracks if codecs[number] in supported}
        if len(held) > len(most[2]):
            most = extension, muxer, held
    if not most[2]:
        raise AudioProblem("inseparable")
    return most


def _copy_packets(
    container: InputContainer, tracks: dict[int, AudioStream], output: OutputContainer
) -> dict[int, float]:
    """Copy all packets of these tracks; the length (s) of each."""
    copies = {
        stream.index: _TrackCopy(stream, output, from_zero=len(tracks) == 1)
        for stream in tracks.values()
    }
    for stream in container.streams:
        if stream.index not in copies:
            stream.discard = Discard.all
    packets = container.demux(list(tracks.values()))
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:  # the length shows how much is missing
            break
        if packet is None:
            break
        if packet.size and not packet.is_discard:
            with suppress(*_BROKEN_PACKET):  # by a glitch of the recorder, for example
                output.mux(copies[packet.stream.index].place(packet))
    return {number: copies[stream.index].seconds for number, stream in tracks.items()}


class _TrackCopy:
    """Places the packets of one track, one behind the other, in the copy.

    Containers need rising times, which some sources (avi, interrupted recordings) do not give.
    """

    def __init__(self, stream: AudioStream, output: OutputContainer, *, from_zero: bool) -> None:
        self._copy = output.add_stream_from_template(stream)
        self._copy.metadata.update(stream.metadata)
        self._time_base = stream.time_base
        self._from_zero = from_zero
        self._start: int | None = None
        self._next = 0
        self._end = 0

    def place(self, packet: Packet) -> Packet:
        """The packet as it is written to the copy."""
        start = next((time for time in (packet.pts, packet.dts) if time is not None), self._end)
        if self._start is None:
            self._start = self._next = start
        start = max(start, self._next)
        self._next = start + 1
        self._end = start + (packet.duration or 0)
        # A single track starts with its first sound, also if the picture started before.
        packet.pts = packet.dts = start - (max(0, self._start) if self._from_zero else 0)
        packet.stream = self._copy
        return packet

    @property
    def seconds(self) -> float:
        """How long the track is that was copied, with its pauses."""
        return float((self._end - (self._start or 0)) * (self._time_base or 0))


def _check_length(seconds: float, header_s: float | None) -> None:
    """Raise AudioProblem damaged if a track ends long before its header states."""
    if header_s is not None and header_s - seconds > max(0.3, header_s / 50):
        raise AudioProblem("damaged", duration_ms=round(seconds * 1000))
