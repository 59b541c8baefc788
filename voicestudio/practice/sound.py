"""Practice, sound: 16-bit mono samples, and encoding them as audio files."""

import io
import math
import wave
from array import array
from collections import Counter
from dataclasses import dataclass

FULL_SCALE = 32768
CODECS = {  # container and codec of each format
    "mp3": ("mp3", "libmp3lame"),
    "wav": ("wav", "pcm_s16le"),
    "flac": ("flac", "flac"),
    "opus": ("ogg", "libopus"),
    "pcmu_raw": ("mulaw", "pcm_mulaw"),
    "pcmu_wav": ("wav", "pcm_mulaw"),
}
OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
EXTENSIONS = {"pcmu_raw": "pcmu", "pcmu_wav": "wav"}


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
class EncodedAudio:
    """An audio file in memory; `format` is "pcm" or one of CODECS, `bitrate` in bit/s."""

    data: bytes
    format: str
    rate: int
    channels: int
    bitrate: int
    milliseconds: int

    @property
    def extension(self) -> str:
        """The extension of a file of this format."""
        return EXTENSIONS.get(self.format, self.format)


def silence(seconds: float, rate: int) -> bytes:
    """Return `seconds` of silence as PCM bytes."""
    return bytes(2 * round(seconds * rate))


def normalize_level(sound: Sound, *, level_db: float = -20.0, peak_db: float = -4.0) -> Sound:
    """Return the sound with its speech at `level_db` (RMS, dBFS) and peaks clipped at `peak_db`."""
    samples = sound.samples()
    gate = 0.01 * FULL_SCALE
    # There are a million samples but far fewer values: each is computed once.
    counts = Counter(samples)
    above_gate = {value: count for value, count in counts.items() if abs(value) > gate}
    if not above_gate:
        return sound
    energy = sum(value * value * count for value, count in above_gate.items())
    gain = FULL_SCALE * 10 ** (level_db / 20) / math.sqrt(energy / sum(above_gate.values()))
    top = int(FULL_SCALE * 10 ** (peak_db / 20))
    scaled = {value: max(-top, min(top, round(value * gain))) for value in counts}
    return Sound(array("h", map(scaled.__getitem__, samples)).tobytes(), sound.rate)


def encode_wav(sound: Sound) -> EncodedAudio:
    """Return the sound as a WAV file."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        file.writeframes(sound.pcm)
    return EncodedAudio(
        target.getvalue(), "wav", sound.rate, 1, sound.rate * 16, round(sound.seconds * 1000)
    )


def encode(
    sound: Sound,
    kind: str = "mp3",
    *,
    rate: int | None = None,
    channels: int = 1,
    bitrate: int = 64_000,
) -> EncodedAudio:
    """Return the sound as "pcm" or one of CODECS; opus takes the next lower rate that it has."""
    import av  # imported here, because an idle stand-in should need little memory

    rate = rate or sound.rate
    if kind == "opus":
        rate = max(allowed for allowed in OPUS_RATES if allowed <= rate)
    milliseconds = round(sound.seconds * 1000)
    layout = "mono" if channels == 1 else "stereo"
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(sound.pcm) // 2)
    frame.sample_rate = sound.rate
    frame.planes[0].update(sound.pcm)
    if kind == "pcm":
        resampler = av.AudioResampler(format="s16", layout=layout, rate=rate)
        parts = [*resampler.resample(frame), *resampler.resample(None)]
        data = b"".join(bytes(part.planes[0])[: part.samples * 2 * channels] for part in parts)
        return EncodedAudio(data, kind, rate, channels, rate * 16 * channels, milliseconds)
    target = io.BytesIO()
    container_name, codec = CODECS[kind]
    with av.open(target, "w", format=container_name) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        if kind in ("mp3", "opus"):
            stream.bit_rate = bitrate
        if kind == "mp3":
            stream.options = {"compression_level": "9"}  # the fastest setting of LAME
        for packet in stream.encode(frame):
            container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return EncodedAudio(target.getvalue(), kind, rate, channels, bitrate, milliseconds)
