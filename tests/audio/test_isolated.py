"""Audio: the child process that opens hostile files."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.audio import recordings
from voicestudio import audio
from voicestudio.audio import AudioProblem, isolated, judging

pytestmark = pytest.mark.audio_child
HOUSE = Path(__file__).parent.parent.parent


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=False
    )


def children() -> list[psutil.Process]:
    """The processes of the room that this one has started."""
    started = psutil.Process().children()
    return [child for child in started if "voicestudio.audio" in child.cmdline()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("kind", ["mp3", "webm"])
def test_take_in_gives_what_it_gives_without_a_child(shelf: Path, folder: Path, kind: str) -> None:
    taken = isolated.take_in(shelf / kind, folder, purpose="voice_clone")

    alone = audio.take_in(shelf / kind, folder, purpose="voice_clone")
    assert taken.measures == alone.measures
    assert taken.converted_from == alone.converted_from
    assert taken.path.read_bytes() == alone.path.read_bytes()


def test_waveform_gives_what_it_gives_without_a_child(shelf: Path) -> None:
    assert isolated.waveform_of(shelf / "m4a") == audio.waveform_of(shelf / "m4a")


def test_take_in_finds_a_relative_path_and_a_strange_name(
    shelf: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / '-王芳 "2" \n.mp3'
    source.write_bytes((shelf / "mp3").read_bytes())
    monkeypatch.chdir(tmp_path)

    taken = isolated.take_in(Path(source.name), Path("media"), purpose="voice_clone", move=True)

    assert taken.path.resolve().parent == folder
    assert source.exists() is False


def test_problem_comes_back_with_its_facts(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "x", 9.9)

    with pytest.raises(AudioProblem) as caught:
        isolated.take_in(source, folder, purpose="voice_clone")

    assert (caught.value.code, caught.value.facts) == (
        "too_short",
        {"duration_ms": 9_900, "limit_ms": 10_000},
    )


def test_empty_and_too_large_need_no_child(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "x"
    source.write_bytes(b"")
    large = recordings.plain_wav(tmp_path / "y", 11)

    with pytest.raises(AudioProblem) as empty:
        isolated.take_in(source, folder, purpose="voice_clone")
    with pytest.raises(AudioProblem) as too_large:
        isolated.take_in(large, folder, purpose="voice_clone", max_bytes=1000)

    assert (empty.value.code, too_large.value.code) == ("empty", "too_large")


def test_late_child_is_ended_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "x", 290)

    with pytest.raises(AudioProblem) as caught:
        isolated.take_in(source, folder, purpose="voice_clone", timeout=0.02)

    assert caught.value.code == "damaged"
    assert list(folder.iterdir()) == []
    assert source.exists() is True
    assert children() == []


def test_half_written_file_of_a_dead_child_is_removed(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "x", 290, rate=96_000)

    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(isolated.take_in, source, folder, purpose="voice_clone")
        for _ in range(2000):
            if taking.done() or list(folder.iterdir()):
                break
            time.sleep(0.005)
        begun = [path.suffix for path in folder.iterdir()]
        for child in children():
            child.kill()
        problem = taking.exception()

    assert begun == [".mp3"]
    assert isinstance(problem, AudioProblem)
    assert (problem.code, problem.facts) == ("damaged", {"cause": "ended by signal 9"})
    assert list(folder.iterdir()) == []


def test_child_that_cannot_work_is_not_the_files_fault(
    shelf: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "MEMORY_BYTES", 60 * 1024 * 1024)  # no library fits into it

    with pytest.raises(RuntimeError):
        isolated.take_in(shelf / "mp3", folder, purpose="voice_clone")


def test_missing_folder_is_not_the_files_fault(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        isolated.take_in(shelf / "mp3", tmp_path / "nowhere", purpose="voice_clone")
    with pytest.raises(FileNotFoundError):
        isolated.take_in(tmp_path / "nothing", tmp_path, purpose="voice_clone")


def test_limits_hold() -> None:
    code = (
        "import resource; from voicestudio.audio.__main__ import limit; limit(300 * 2**20, 7);"
        "print([resource.getrlimit(k)[0] for k in (resource.RLIMIT_CPU, resource.RLIMIT_CORE)]);"
        "bytearray(400 * 2**20)"
    )

    ended = python(code)

    assert ended.stdout == "[12, 0]\n"
    assert ended.stderr.splitlines()[-1] == "MemoryError"


def test_answer_stands_alone_on_standard_output(shelf: Path) -> None:
    limits = {"memory_bytes": isolated.MEMORY_BYTES, "seconds": 20, "sign_s": 0}
    wish = {"path": str(shelf / "mp3")} | limits
    ended = subprocess.run(
        [sys.executable, "-m", "voicestudio.audio", "waveform_of", json.dumps(wish)],
        cwd=HOUSE,
        capture_output=True,
        check=True,
    )

    peaks, duration_ms = audio.waveform_of(shelf / "mp3")
    assert json.loads(ended.stdout) == {"result": {"peaks": peaks, "duration_ms": duration_ms}}
    assert ended.stderr == b""


def test_no_key_reaches_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MINIMAX_API_KEY", "SECRET_KEY", "DATABASE_URL"):
        monkeypatch.setenv(name, "hush")

    assert "hush" not in isolated._environment().values()


def test_child_is_told_of_the_processor_what_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    told = isolated._environment()
    assert told["OPENBLAS_CORETYPE"] == "Haswell"
    assert told["OPENBLAS_NUM_THREADS"] == "1"


def test_importing_the_room_loads_no_heavy_library(shelf: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from voicestudio.audio import isolated;"
        f"isolated.waveform_of(Path({str(shelf / 'mp3')!r}));"
        "print(sorted({'av', 'numpy', 'django'} & set(sys.modules)))"
    )

    assert python(code).stdout == "[]\n"


def test_judging_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "SIGN_S", 0.0)
    source = recordings.plain_wav(tmp_path / "x", 20)
    heard: list[float] = []

    judgement = isolated.judge(source, tmp_path / "e", suggest_from_ms=1, progress=heard.append)

    assert heard == sorted(heard)
    assert 0 < heard[0] <= heard[-1] == 20.0
    assert judgement == judging.judge(source, tmp_path / "e", suggest_from_ms=1)


def told(script: str, timeout: float, *, heard: list[float]) -> bytes:
    """What is taken from a child that says this."""
    with subprocess.Popen(
        ["/bin/sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True
    ) as child:
        try:
            return isolated._told(child, timeout, heard.append)
        finally:
            isolated._end(child)


def test_limit_counts_from_the_last_sign_of_life() -> None:
    heard: list[float] = []

    answer = told("for s in 1.5 2 3; do echo $s; sleep 1; done; printf '{}'", 2.5, heard=heard)

    assert (answer, heard) == (b"{}", [1.5, 2.0, 3.0])


@pytest.mark.parametrize(
    "script", ["echo 1; sleep 60", "while echo 1; do sleep 0.1; done"], ids=["silent", "endless"]
)
def test_child_that_comes_to_no_end_is_too_late(
    script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "_SIGNS_MOST", 2)

    with pytest.raises(TimeoutError):
        told(script, 0.5, heard=[])


@pytest.mark.parametrize("said", ["12 and more", "", "{}"])
def test_child_that_says_what_we_do_not_means_damaged(said: str) -> None:
    with pytest.raises(AudioProblem) as caught:
        told(f"echo '{said}'; sleep 60", 60, heard=[])

    assert caught.value.code == "damaged"
