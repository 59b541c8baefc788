"""Practice, sound: signed 16-bit mono samples and the files they are written to."""

import io
import math
import wave
from array import array
from collections import Counter
from dataclasses import dataclass

FULL_SCALE = 32768


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono audio: `pcm` holds native-endian signed 16-bit samples, `rate` of them a second."""

    pcm: bytes
    rate: int

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.pcm) / 2 / self.rate

    def samples(self) -> array[int]:
        """The samples as integers, -32768 to 32767."""
        return array("h", self.pcm)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A finished audio file: its bytes, `format` (mp3, wav, flac or pcm) and numbers about it."""

    data: bytes
    format: str
    rate: int
    channels: int
    bitrate: int
    milliseconds: int

    @property
    def content_type(self) -> str:
        """The media type an HTTP answer gives the file."""
        return {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac"}.get(
            self.format, "application/octet-stream"
        )


def silence(seconds: float, rate: int) -> bytes:
    """`seconds` of silence as PCM bytes."""
    return bytes(2 * round(seconds * rate))


def levelled(sound: Sound, *, level_db: float = -20.0, peak_db: float = -4.0) -> Sound:
    """The same sound with its spoken parts at `level_db` (RMS, dBFS) and no peak over `peak_db`."""
    samples = sound.samples()
    gate = 0.01 * FULL_SCALE
    # A sound has a million samples, but far fewer values: each is worked out once.
    counts = Counter(samples)
    heard = {value: count for value, count in counts.items() if abs(value) > gate}
    if not heard:
        return sound
    energy = sum(value * value * count for value, count in heard.items())
    gain = FULL_SCALE * 10 ** (level_db / 20) / math.sqrt(energy / sum(heard.values()))
    top = int(FULL_SCALE * 10 ** (peak_db / 20))
    scaled = {value: max(-top, min(top, round(value * gain))) for value in counts}
    return Sound(array("h", map(scaled.__getitem__, samples)).tobytes(), sound.rate)


def wav(sound: Sound) -> Encoded:
    """The sound as a WAV file."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes(sound.pcm)
    return Encoded(
        target.getvalue(), "wav", sound.rate, 1, sound.rate * 16, round(sound.seconds * 1000)
    )


def encoded(
    sound: Sound,
    kind: str = "mp3",
    *,
    rate: int | None = None,
    channels: int = 1,
    bitrate: int = 64_000,
) -> Encoded:
    """The sound as a file of `kind` (mp3, wav, flac, pcm); WAV when PyAV is not installed."""
    try:
        # PyAV is heavy and optional: loaded by the first file that needs it.
        import av
    except ImportError:
        return wav(sound)
    rate = rate or sound.rate
    milliseconds = round(sound.seconds * 1000)
    layout = "mono" if channels == 1 else "stereo"
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(sound.pcm) // 2)
    frame.sample_rate = sound.rate
    frame.planes[0].update(sound.pcm)
    if kind == "pcm":
        resampler = av.AudioResampler(format="s16", layout=layout, rate=rate)
        parts = [*resampler.resample(frame), *resampler.resample(None)]
        data = b"".join(bytes(part.planes[0])[: part.samples * 2 * channels] for part in parts)
        return Encoded(data, kind, rate, channels, rate * 16 * channels, milliseconds)
    target = io.BytesIO()
    with av.open(target, "w", format=kind) as container:
        codec = {"mp3": "libmp3lame", "wav": "pcm_s16le", "flac": "flac"}[kind]
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        if kind == "mp3":
            stream.bit_rate = bitrate
            stream.options = {"compression_level": "9"}  # the quickest that LAME can do
        for packet in stream.encode(frame):
            container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return Encoded(target.getvalue(), kind, rate, channels, bitrate, milliseconds)
