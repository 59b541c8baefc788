"""Audio: operations on truncated files end with a result or a clear problem."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from voicestudio.audio import AudioProblem
from voicestudio.audio.analysis import analyze
from voicestudio.audio.cleanup import clean_up
from voicestudio.audio.cutting import cut

# The operations, and what they may give for a truncated file.
OPERATIONS: dict[str, tuple[Callable[[Path, Path], object], set[str]]] = {
    "analyze": (partial(analyze, suggest_from_ms=0), {"damaged"}),
    "clean_up": (clean_up, {"damaged", "silent", "result"}),
    "cut": (partial(cut, start_ms=1_000, end_ms=9_000), {"damaged", "too_short", "result"}),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", ["mp3", "m4a", "wav", "flac", "webm"])
def test_truncated_file_gives_a_result_or_a_problem(
    speech_files: Path, tmp_path: Path, operation: str, kind: str
) -> None:
    run, expected = OPERATIONS[operation]
    data = (speech_files / kind).read_bytes()
    found = []
    for tenth in (0, 1, 3, 6, 9):
        (tmp_path / "x").write_bytes(data[: len(data) * tenth // 10])
        try:
            run(tmp_path / "x", tmp_path / "y")
            found.append("result")
            (tmp_path / "y").unlink()
        except AudioProblem as problem:
            found.append(problem.code)
            assert not (tmp_path / "y").exists()

    assert found[0] == "empty"
    assert set(found[1:]) <= expected
