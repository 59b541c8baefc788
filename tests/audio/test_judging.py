"""Audio: one hearing tells the same as one for each question."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from tests.audio.doctor import spoiling, spoken
from tests.audio.doctor.spoken import RATE
from voicestudio import audio
from voicestudio.audio import AudioProblem, Suggestion, judging


@pytest.mark.parametrize("rate", [RATE, 44_100])
def test_one_hearing_tells_what_three_do(tmp_path: Path, rate: int) -> None:
    clip = spoken.in_a_room("English")
    path = tmp_path / "x"
    recordings.write(path, np.concatenate([clip, spoiling.clipped(clip)])[None], rate)

    found = judging.judge(path, tmp_path / "envelope", suggest_from_ms=120_000)

    audio.write_envelope(path, tmp_path / "alone")
    assert found.examination == audio.examine(path)
    assert found.suggestion == audio.suggest(path)
    assert found.suggestion.best is not None
    assert (tmp_path / "envelope").read_bytes() == (tmp_path / "alone").read_bytes()


@pytest.mark.parametrize(
    ("purpose", "from_ms", "looked"),
    [("voice_clone", 5_000, True), ("voice_clone", 120_000, False), ("prompt_audio", 5_000, False)],
)
def test_parts_are_looked_for_where_they_are_worth_it(
    tmp_path: Path, purpose: audio.Purpose, from_ms: int, looked: bool
) -> None:
    path = recordings.write(tmp_path / "x", spoken.in_a_room("English")[None], RATE)

    found = judging.judge(path, tmp_path / "envelope", purpose=purpose, suggest_from_ms=from_ms)

    assert (found.suggestion != Suggestion(None, None)) is looked


def test_what_cannot_be_heard_leaves_no_picture(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"RIFF    WAVEfmt nothing")

    with pytest.raises(AudioProblem):
        judging.judge(tmp_path / "x", tmp_path / "envelope", suggest_from_ms=1)

    assert not (tmp_path / "envelope").exists()
