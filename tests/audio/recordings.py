"""Writes recordings: tones and speech-like sound in every common container."""

import base64
import struct
import wave
import zlib
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

Sound = NDArray[np.float32]  # (channels, frames), full scale 1.0

# container -> (muxer, codec, sample format)
WRITERS = {
    "mp3": ("mp3", "libmp3lame", "fltp"),
    "m4a": ("ipod", "aac", "fltp"),
    "wav": ("wav", "pcm_s16le", "s16"),
    "wav8": ("wav", "pcm_u8", "u8"),
    "wav24": ("wav", "pcm_s24le", "s32"),
    "wav32": ("wav", "pcm_s32le", "s32"),
    "wavfloat": ("wav", "pcm_f32le", "flt"),
    "wavdouble": ("wav", "pcm_f64le", "dbl"),
    "wavlaw": ("wav", "pcm_alaw", "s16"),
    "flac": ("flac", "flac", "s16"),
    "flac24": ("flac", "flac", "s32"),
    "alac": ("ipod", "alac", "s16p"),
    "opus": ("ogg", "libopus", "flt"),
    "webm": ("webm", "libopus", "flt"),
    "aac": ("adts", "aac", "fltp"),
    "aiff": ("aiff", "pcm_s16be", "s16"),
    "mka": ("matroska", "aac", "fltp"),
}
# One frame of DTS, 512 samples of two channels at 44.1 kHz. PyAV has no encoder for it.
DTS = zlib.decompress(
    base64.b85decode(
        "c-pJ~*TDG4M%-W_1EU24^ZWV-"
        "Y)9t*2Z1IAD3CG(^8PN)2a*S%LVCMZd}dry_L!(((kS@EO+dn?lZnNnSHYoDi3Oh=??$CtZC3Ir=Tz$o{fp0t9"
        "~A2{*3xWP=XH6*598PW-zL3Nh%~#oFfR1`-I>Q-Pku43@s63waZ}tcVoPuu<2IG(faA_@W*%98PV-"
        "%5(+{PKZmF&Yq9>!u<k@QL|E`HW!mW1OMElgv-<vI7?6hmk@64XGP+IBbX|b-H10O8jSecgv-"
        "Fi{EYj*#o8GOY`*RJiHXl-c6GR?#x^WobwC8qPj-W<JBHt}l1!Kg{QKM8gQ{&V3-`M5HWjS{{8|1)3!0LzS}8U"
    )
)
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def sine(
    seconds: float, rate: int = 44_100, *, channels: int = 1, level: float = 0.5, pitch: float = 440
) -> Sound:
    """A tone whose peak is `level` in every channel; its RMS is `level` / sqrt(2)."""
    time = np.arange(round(seconds * rate)) / rate
    return np.tile((level * np.sin(2 * np.pi * pitch * time)).astype(np.float32), (channels, 1))


def speech(seconds: float, rate: int = 44_100, *, channels: int = 1, seed: int = 1) -> Sound:
    """Noise in syllables and pauses, similar to a voice; the same for the same seed."""
    chance = np.random.default_rng(seed)
    count = round(seconds * rate)
    syllables = np.abs(chance.standard_normal(int(seconds * 5) + 2))
    loud = np.interp(np.arange(count) / rate * 5, np.arange(len(syllables)), syllables)
    soft = np.convolve(chance.standard_normal(count), np.ones(8) / 8, "same")
    return np.tile((0.1 * loud * soft).clip(-1, 1).astype(np.float32), (channels, 1))


def write(
    path: Path,
    sound: Sound,
    rate: int = 44_100,
    *,
    kind: str = "wav",
    bit_rate: int = 256_000,
    metadata: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
    aac_coder: str = "fast",
) -> Path:
    """Write the sound as one of `WRITERS` and return the path.

    The AAC coder "fast" needs a quarter of the time of "twoloop", which keeps the level of a tone.
    """
    muxer, codec, sample_format = WRITERS[kind]
    layout = LAYOUTS[len(sound)]
    with av.open(str(path), "w", format=muxer, options=options) as container:
        container.metadata.update(metadata or {})
        added: Any = container.add_stream(codec, rate=rate, layout=layout)
        added.format = sample_format
        if codec in {"libmp3lame", "aac", "libopus"}:
            added.bit_rate = bit_rate
        if codec == "aac":
            added.options = {"aac_coder": aac_coder}
        added.codec_context.open()
        resampler = AudioResampler(
            sample_format, layout, rate, frame_size=added.codec_context.frame_size or 4096
        )
        for start in range(0, sound.shape[1], rate):
            frame = AudioFrame.from_ndarray(
                np.ascontiguousarray(sound[:, start : start + rate].T).reshape(1, -1),
                format="flt",
                layout=layout,
            )
            frame.sample_rate = rate
            for part in resampler.resample(frame):
                container.mux(added.encode(part))
        for part in resampler.resample(None):
            container.mux(added.encode(part))
        container.mux(added.encode(None))
    return path


def dts_in_wav(path: Path, seconds: float, *, silence: int = 0) -> Path:
    """DTS declared as PCM, as on a CD, after `silence` frames of silent PCM."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(bytes(4 * silence) + DTS * round(seconds * 44_100 / 512))
    return path


def film(
    path: Path,
    *sounds: Sound,
    rate: int = 44_100,
    muxer: str = "mp4",
    picture: str = "mpeg4",
    codec: str = "aac",
    titles: tuple[str, ...] = (),
    options: dict[str, str] | None = None,
) -> Path:
    """A second of video of the codec `picture` ("" for none), with audio tracks of one channel.

    A mov gets a timecode track, too.
    """
    with av.open(str(path), "w", format=muxer, options=options) as container:
        packets = _encode_picture(container, picture, muxer) if picture else []
        sample_format = "s16" if codec.startswith("pcm") else "fltp"
        streams: list[Any] = [container.add_stream(codec, rate=rate, layout="mono") for _ in sounds]
        for stream, title in zip(streams, titles, strict=False):
            stream.metadata.update({"title": title, "language": "deu"})
        for stream, sound in zip(streams, sounds, strict=True):
            if not codec.startswith(("pcm", "adpcm")):
                stream.bit_rate = 96_000
            stream.codec_context.open()
            size = stream.codec_context.frame_size or 1024
            resampler = AudioResampler(sample_format, "mono", rate, frame_size=size)
            frame = AudioFrame.from_ndarray(sound, format="fltp", layout="mono")
            frame.sample_rate = rate
            frames = [*resampler.resample(frame), *resampler.resample(None), None]
            packets += [packet for part in frames for packet in stream.encode(part)]
        container.mux(sorted(packets, key=lambda packet: (packet.dts or 0) * packet.time_base))
    return path


def packed_matroska(path: Path, megabytes: int) -> Path:
    """Two tracks of silence as PCM, whose packets are packed with zlib to a thousandth."""

    def element(number: int, content: bytes) -> bytes:
        name = number.to_bytes((number.bit_length() + 7) // 8)
        return name + (len(content) | 1 << 56).to_bytes(8) + content

    def whole(number: int, value: int) -> bytes:
        return element(number, value.to_bytes(4))

    packing = element(0x6D80, element(0x6240, element(0x5034, whole(0x4254, 0))))
    sound = element(0xE1, element(0xB5, struct.pack(">d", 48_000)) + whole(0x9F, 2))
    tracks = b"".join(
        element(
            0xAE,
            whole(0xD7, number) + whole(0x73C5, number) + whole(0x83, 2)
            + element(0x86, b"A_PCM/INT/LIT") + sound + packing,
        )
        for number in (1, 2)
    )  # fmt: skip
    silence = zlib.compress(bytes(1_000_000), 9)
    blocks = b"".join(
        element(0xA3, bytes([0x80 | 1 + n % 2]) + struct.pack(">h", n * 100) + b"\x80" + silence)
        for n in range(megabytes)
    )
    head = element(0x1A45DFA3, element(0x4282, b"matroska"))
    body = element(0x1549A966, whole(0x2AD7B1, 1_000_000)) + element(0x1654AE6B, tracks)
    path.write_bytes(
        head + element(0x18538067, body + element(0x1F43B675, whole(0xE7, 0) + blocks))
    )
    return path


def _encode_picture(container: Any, codec: str, muxer: str) -> list[Any]:
    stream: Any = container.add_stream(codec, rate=10)
    stream.width = stream.height = 32
    stream.pix_fmt = "yuv420p"
    if muxer == "mov":
        stream.metadata["timecode"] = "01:00:00:00"
    image = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
    frames = [*[image] * 10, None]
    return [packet for frame in frames for packet in stream.encode(frame)]


def plain_wav(path: Path, seconds: float, *, rate: int = 8_000, level: int = 60) -> Path:
    """A square wave of 8 bits and one channel, which is quick to write even if it is long."""
    period = bytes([128 + level] * 10 + [128 - level] * 10)
    count = round(seconds * rate)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate)
        file.writeframes((period * (count // 20 + 1))[:count])
    return path


def png() -> bytes:
    """A picture of 16 by 16 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    pixels = zlib.compress((b"\0" + b"\x80\x40\x20" * 16) * 16)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def id3_with_cover(picture: bytes) -> bytes:
    """An ID3v2.3 tag with a title and a cover picture."""

    def frame(name: bytes, data: bytes) -> bytes:
        return name + struct.pack(">I", len(data)) + b"\0\0" + data

    body = frame(b"TIT2", b"\0My private title") + frame(b"APIC", b"\0image/png\0\x03\0" + picture)
    size = len(body)
    return (
        b"ID3\x03\0\0"
        + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
        + body
    )


def m4a_with_cover(m4a: bytes, picture: bytes) -> bytes:
    """The file with a cover picture added; its last box must be `moov`."""

    def box(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data) + 8) + name + data

    data = box(b"data", struct.pack(">II", 14, 0) + picture)  # 14: it is a PNG
    handler = box(b"hdlr", struct.pack(">II4s4s12x", 0, 0, b"mdir", b"appl") + b"\0")
    tags = box(b"meta", b"\0\0\0\0" + handler + box(b"ilst", box(b"covr", data)))
    added = box(b"udta", tags)
    moov = m4a.rindex(b"moov") - 4
    (size,) = struct.unpack_from(">I", m4a, moov)
    assert moov + size == len(m4a)
    return m4a[:moov] + struct.pack(">I", size + len(added)) + m4a[moov + 4 :] + added
