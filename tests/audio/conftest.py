"""Recordings that several tests look at, made once: by one process of a test run for all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from shutil import rmtree

import pytest

from tests.audio import recordings
from tests.audio.doctor import synthetic_speech

TRUNCATED = ("mp3", "m4a", "wav", "flac", "webm", "mka", "aiff", "alac", "opus", "aac")


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder for all processes of this run."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session", autouse=True)
def voices(common: Path) -> None:
    """What the synthesiser says is kept for the other processes."""
    synthetic_speech.shared = common


@pytest.fixture(scope="session")
def shelf(common: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 12 s of speech in every container, named by its kind; nobody changes them."""
    shared = common / "shelf"
    if not shared.exists():
        draft = tmp_path_factory.mktemp("shelf")
        for kind in TRUNCATED:
            rate = 48_000 if kind in {"opus", "webm"} else 32_000
            recordings.write(draft / kind, recordings.speech(12, rate), rate, kind=kind)
        with suppress(OSError):  # another process was first
            draft.rename(shared)
        rmtree(draft, ignore_errors=True)
    return shared
