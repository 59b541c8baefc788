"""What the service tests share: a person, a real recording, an order."""

import io
import math
import struct
import wave
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from tests.factories import make_recording, make_user
from voicestudio.models import AudioFile
from voicestudio.services.attempts import Order


def wav(seconds: float, *, hertz: float = 180, rate: int = 16_000) -> bytes:
    """A 16-bit mono tone that swells and fades, as the bytes of a wav file."""
    frames = b"".join(
        struct.pack(
            "<h",
            round(
                12_000
                * math.sin(2 * math.pi * hertz * n / rate)
                * (0.6 + 0.4 * math.sin(2 * math.pi * n / rate))
            ),
        )
        for n in range(int(seconds * rate))
    )
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)
    return target.getvalue()


@pytest.fixture(scope="session")
def tone() -> bytes:
    """Eleven seconds of sound: the shortest honest sample."""
    return wav(11, rate=8_000)


@pytest.fixture
def person(db: None) -> User:
    return make_user("lea")


@pytest.fixture
def recording(person: User, tone: bytes, data_dir: Path) -> AudioFile:
    """A recording that we hold and that the provider does not know yet."""
    return make_recording(
        by=person, content=tone, file_id=None, provider="", uploaded_at=None,
        name="anna.wav", codec="pcm_s16le",
    )  # fmt: skip


@pytest.fixture
def order(recording: AudioFile) -> Callable[..., Order]:
    """Makes an order that can be taken; keywords change it."""

    def make(**changes: object) -> Order:
        values: dict[str, object] = {
            "token": uuid4(),
            "speaker_name": "Anna Larsen",
            "voice_id": "AnnaLarsen-7k2p",
            "permission": True,
            "recording": recording,
            "preview_text": "A gentle breeze sweeps across the soft grass.",
            "model": "speech-2.8-hd",
            "language": "auto",
        }
        return Order(**(values | changes))  # type: ignore[arg-type]

    return make
