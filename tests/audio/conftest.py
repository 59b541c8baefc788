"""Recordings that several tests read."""

from pathlib import Path

import pytest

from tests.audio import recordings
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room

KINDS = ("mp3", "m4a", "wav", "flac", "webm", "mka", "aiff", "alac", "opus", "aac")


@pytest.fixture(scope="session")
def speech_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A read-only folder with 12 s of speech in every container, each file named by its kind."""
    folder = tmp_path_factory.mktemp("speech")
    for kind in KINDS:
        rate = 48_000 if kind in {"opus", "webm"} else 32_000
        recordings.write(folder / kind, recordings.speech(12, rate), rate, kind=kind)
    return folder


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of a clean voice as wav."""
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    return recordings.write(path, speech_in_room("English")[None, : 12 * RATE], RATE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder
