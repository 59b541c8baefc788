"""What every room's tests may ask for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django.fixtures import Settings

if TYPE_CHECKING:
    from voicestudio.practice.server import StandIn


@pytest.fixture
def standin(settings: Settings) -> Iterator[StandIn]:
    """The stand-in provider on a free port of loopback, which the settings point to."""
    from voicestudio.practice.server import StandIn  # only the tests that ask wait for it

    with StandIn() as server:
        settings.MINIMAX_BASE_URL = server.url
        settings.MINIMAX_API_KEY = "practice"
        settings.PRACTICE_PORT = int(server.url.rpartition(":")[2])
        yield server


@pytest.fixture
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    """An empty data folder of the test's own."""
    folder = tmp_path / "data"
    settings.DATA_DIR = folder
    settings.MEDIA_ROOT = folder / "media"
    settings.FILE_UPLOAD_TEMP_DIR = folder / "incoming"
    for path in (settings.MEDIA_ROOT, settings.FILE_UPLOAD_TEMP_DIR):
        path.mkdir(parents=True)
    return folder


@pytest.fixture(autouse=True)
def _empty_queue() -> Iterator[None]:
    """No test finds the jobs of another one."""
    yield
    djhuey = sys.modules.get("huey.contrib.djhuey")
    if djhuey is not None:
        djhuey.HUEY.storage.flush_all()
