"""Checks a sound that a test has made."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio import recordings
from tests.audio.doctor.synthetic_speech import RATE
from voicestudio.audio import Report
from voicestudio.audio.doctor.run import check

Check = Callable[..., Report]


@pytest.fixture
def check_sound(tmp_path: Path) -> Check:
    """Write a sound to a file and check it."""

    def write_and_check(
        sound: NDArray[np.float32], *, kind: str = "wav", rate: int = RATE, bit_rate: int = 128_000
    ) -> Report:
        path = tmp_path / "recording"
        wide = np.atleast_2d(sound).astype(np.float32)
        recordings.write(path, wide, rate, kind=kind, bit_rate=bit_rate)
        return check(path)

    return write_and_check


def codes(report: Report) -> set[str]:
    """The codes of all findings."""
    return {finding.code for finding in report.findings}
