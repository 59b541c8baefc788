"""Fixtures of the service tests: a person, a real recording, orders, a voice."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from tests.factories import make_attempt, make_recording, make_user
from tests.practice.recordings import encode_wav
from voicestudio.models import AudioFile, Voice
from voicestudio.practice.server import StandIn
from voicestudio.practice.store import ClonedVoice, StoredFile
from voicestudio.services.clones import Order
from voicestudio.services.speeches import SpeechOrder


@cache
def wav(seconds: float, *, hertz: float = 180, rate: int = 16_000) -> bytes:
    """A 16-bit mono tone that swells and fades, as the bytes of a WAV file."""
    radians = 2 * np.pi * np.arange(int(seconds * rate)) / rate
    frames = np.rint(12_000 * np.sin(hertz * radians) * (0.6 + 0.4 * np.sin(radians)))
    return encode_wav(frames.astype("<i2").tobytes(), rate)


@pytest.fixture(scope="session")
def tone() -> bytes:
    """Eleven seconds of sound, a little more than a recording must have."""
    return wav(11, rate=8_000)


@pytest.fixture
def person(db: None) -> User:
    return make_user("lea")


@pytest.fixture
def recording(person: User, tone: bytes, data_dir: Path) -> AudioFile:
    """A recording with a file here that was not uploaded to the provider yet."""
    return make_recording(
        by=person, content=tone, uploaded=False,
        name="anna.wav", codec="pcm_s16le",
    )  # fmt: skip


@pytest.fixture
def order(recording: AudioFile) -> Callable[..., Order]:
    """Makes a valid order; keywords change its fields."""

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


@pytest.fixture
def no_waiting(settings: Settings) -> Settings:
    """No call waits for the rate limit, and no pause is longer than 0.3 s."""
    settings.CLONE_RPM = settings.SPEECH_RPM = 10_000
    settings.RATE_WINDOW_SECONDS = 0.3
    return settings


@pytest.fixture
def voice(person: User, standin: StandIn, data_dir: Path) -> Voice:
    """A temporary voice that exists at the stand-in, too."""
    return make_provider_voice(standin, by=person)


@pytest.fixture
def speech_order(voice: Voice) -> Callable[..., SpeechOrder]:
    """Makes a valid speech order; keywords change its fields."""

    def make(**changes: object) -> SpeechOrder:
        values: dict[str, object] = {
            "token": uuid4(),
            "voice": voice,
            "text": "Good morning.",
            "model": "speech-2.8-hd",
        }
        return SpeechOrder(**(values | changes))  # type: ignore[arg-type]

    return make


def make_provider_voice(standin: StandIn, *, by: User, **fields: object) -> Voice:
    """Create an unused voice with its attempt, here and at the stand-in."""
    attempt = make_attempt(by=by, **fields)  # type: ignore[arg-type]
    voice = attempt.cloned_voice
    assert voice is not None
    standin.voices[voice.voice_id] = ClonedVoice(
        voice.voice_id, attempt.recording.file_id or 0, 120.0, voice.created_at.timestamp()
    )
    return voice


def store_at_provider(standin: StandIn, recording: AudioFile, folder: Path) -> None:
    """Give the stand-in the file that the recording has there."""
    assert recording.file_id is not None
    content = folder / "there.mp3"
    content.write_bytes(b"x")
    standin.files[recording.file_id] = StoredFile(
        recording.file_id, recording.purpose, "there.mp3", 1, 0, content
    )
