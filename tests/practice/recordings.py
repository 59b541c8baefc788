"""Recordings for the tests of the practice provider."""

import io
import math
import wave
from array import array
from functools import cache

import av

RATE = 8_000


@cache
def hum(seconds: float, pitch_hz: float = 120.0) -> bytes:
    """Return a WAV file of a tone with overtones, 8 kHz mono 16 bit."""
    period = [
        sum(math.sin(2 * math.pi * tone * at / RATE * pitch_hz) / tone for tone in (1, 2, 3, 4))
        for at in range(RATE)
    ]
    second = array("h", (round(6_000 * value) for value in period))
    samples = (second * math.ceil(seconds))[: round(seconds * RATE)]
    return encode_wav(samples.tobytes(), RATE)


def encode_wav(samples: bytes, rate: int) -> bytes:
    """Return a mono WAV file of 16-bit samples."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return target.getvalue()


@cache
def encode_as(container: str, codec: str, seconds: float = 10.5) -> bytes:
    """Return the tone in another container and codec, as FFmpeg names them."""
    target = io.BytesIO()
    with (
        av.open(io.BytesIO(hum(seconds)), "r") as source,
        av.open(target, "w", format=container) as output,
    ):
        stream = output.add_stream(codec, rate=48_000)
        assert isinstance(stream, av.AudioStream)
        for frame in source.decode(audio=0):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return target.getvalue()
