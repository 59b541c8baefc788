"""How a test has a sound examined."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio import recordings
from tests.audio.doctor.spoken import RATE
from voicestudio.audio import Examination, examine

Examine = Callable[..., Examination]


@pytest.fixture
def judged(tmp_path: Path) -> Examine:
    """Write a sound as a file of no telling name, and examine it."""

    def judge(
        sound: NDArray[np.float32], *, kind: str = "wav", rate: int = RATE, bit_rate: int = 128_000
    ) -> Examination:
        path = tmp_path / "recording"
        wide = np.atleast_2d(sound).astype(np.float32)
        recordings.write(path, wide, rate, kind=kind, bit_rate=bit_rate)
        return examine(path)

    return judge


def codes(examination: Examination) -> set[str]:
    """The codes of all findings."""
    return {finding.code for finding in examination.findings}
