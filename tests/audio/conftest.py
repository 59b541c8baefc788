"""Recordings that several tests use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audio import recordings

TRUNCATED = ("mp3", "m4a", "wav", "flac", "webm", "mka", "aiff", "alac", "opus", "aac")


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 12 s of speech in every container, named by its kind; tests only read it."""
    folder = tmp_path_factory.mktemp("shelf")
    for kind in TRUNCATED:
        rate = 48_000 if kind in {"opus", "webm"} else 32_000
        recordings.write(folder / kind, recordings.speech(12, rate), rate, kind=kind)
    return folder
