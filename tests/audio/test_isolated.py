"""Audio: the child process that opens hostile files."""

import errno
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.audio import recordings
from voicestudio.audio import AudioProblem, isolated
from voicestudio.audio.__main__ import run_operation
from voicestudio.audio.analysis import analyze
from voicestudio.audio.cleanup import clean_up
from voicestudio.audio.cutting import cut
from voicestudio.audio.intake import ingest
from voicestudio.audio.probe import read_waveform

PROJECT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.audio_child


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )


def child_processes() -> list[psutil.Process]:
    """The audio processes that this one has started."""
    started = psutil.Process().children()
    return [child for child in started if "voicestudio.audio" in child.cmdline()]


@pytest.mark.parametrize("operation", isolated.OPERATIONS.values(), ids=isolated.OPERATIONS)
def test_operation_takes_the_arguments_of_its_function(operation: isolated.Operation[Any]) -> None:
    module = import_module(f"voicestudio.audio.{operation.module}")
    arguments = signature(getattr(module, operation.function)).parameters
    public = signature(getattr(isolated, operation.function)).parameters

    assert public.keys() - {"timeout"} == arguments.keys() - {"stem"}
    assert operation.reports_progress == ("progress" in arguments)


@pytest.mark.parametrize("kind", ["mp3", "webm"])
def test_ingest_in_the_child_gives_the_same_file(
    speech_files: Path, folder: Path, kind: str
) -> None:
    isolated_file = isolated.ingest(speech_files / kind, folder, purpose="voice_clone")

    direct_file = ingest(speech_files / kind, folder, purpose="voice_clone")
    assert isolated_file.metadata == direct_file.metadata
    assert isolated_file.converted_from == direct_file.converted_from
    assert isolated_file.path.read_bytes() == direct_file.path.read_bytes()


@pytest.mark.parametrize(
    ("in_child", "direct", "arguments"),
    [
        (isolated.cut, cut, {"start_ms": 1_500, "end_ms": 9_000}),
        (isolated.clean_up, clean_up, {"mono": False}),
        (isolated.analyze, analyze, {"suggest_from_ms": 1}),
    ],
    ids=["cut", "clean_up", "analyze"],
)
def test_operation_in_the_child_writes_the_same_file(
    clip: Path,
    tmp_path: Path,
    in_child: Callable[..., object],
    direct: Callable[..., object],
    arguments: dict[str, Any],
) -> None:
    result = in_child(clip, tmp_path / "y", **arguments)

    assert result == direct(clip, tmp_path / "z", **arguments)
    assert (tmp_path / "y").read_bytes() == (tmp_path / "z").read_bytes()


def test_ingest_accepts_a_relative_path_and_a_strange_name(
    speech_files: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / '-王芳 "2" \n.mp3'
    source.write_bytes((speech_files / "mp3").read_bytes())
    monkeypatch.chdir(tmp_path)

    ingested = isolated.ingest(Path(source.name), Path("media"), purpose="voice_clone", move=True)

    assert ingested.path.resolve().parent == folder
    assert source.exists() is False


def test_problem_comes_back_with_its_facts(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "x", 9.9)

    with pytest.raises(AudioProblem) as caught:
        isolated.ingest(source, folder, purpose="voice_clone")

    assert (caught.value.code, caught.value.facts) == (
        "too_short",
        {"duration_ms": 9_900, "limit_ms": 10_000},
    )


def test_problem_leaves_no_target(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(AudioProblem) as caught:
        isolated.cut(clip, tmp_path / "y", 60_000, 70_000)

    assert caught.value.code == "too_short"
    assert (tmp_path / "y").exists() is False


def test_empty_and_too_large_files_need_no_child(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere")
    source = tmp_path / "x"
    source.write_bytes(b"")
    large = recordings.plain_wav(tmp_path / "y", 11)

    with pytest.raises(AudioProblem) as empty:
        isolated.ingest(source, folder, purpose="voice_clone")
    with pytest.raises(AudioProblem) as too_large:
        isolated.ingest(large, folder, purpose="voice_clone", max_bytes=1000)

    assert (empty.value.code, too_large.value.code) == ("empty", "too_large")


def test_slow_child_is_killed_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "x", 290)

    with pytest.raises(AudioProblem) as caught:
        isolated.ingest(source, folder, purpose="voice_clone", timeout=0.02)

    assert caught.value.code == "damaged"
    assert list(folder.iterdir()) == []
    assert source.exists() is True
    assert child_processes() == []


def test_incomplete_file_of_a_killed_child_is_removed(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "x", 290, rate=96_000)

    with ThreadPoolExecutor(1) as pool:
        ingesting = pool.submit(isolated.ingest, source, folder, purpose="voice_clone")
        for _ in range(2000):
            if ingesting.done() or list(folder.iterdir()):
                break
            time.sleep(0.005)
        incomplete = [path.suffix for path in folder.iterdir()]
        for child in child_processes():
            child.kill()
        problem = ingesting.exception()

    assert incomplete == [".mp3"]
    assert isinstance(problem, AudioProblem)
    assert (problem.code, problem.facts) == ("damaged", {"cause": "ended by signal 9"})
    assert list(folder.iterdir()) == []


def test_child_without_memory_is_an_error_of_the_machine(
    speech_files: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "MEMORY_BYTES", 60 * 1024 * 1024)  # too little for any library

    with pytest.raises(RuntimeError):
        isolated.ingest(speech_files / "mp3", folder, purpose="voice_clone")


def test_missing_file_or_folder_raises_file_not_found(speech_files: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        isolated.ingest(speech_files / "mp3", tmp_path / "nowhere", purpose="voice_clone")
    with pytest.raises(FileNotFoundError):
        isolated.ingest(tmp_path / "nothing", tmp_path, purpose="voice_clone")


def test_large_file_is_kept_without_moving_it(folder: Path, tmp_path: Path) -> None:
    source = recordings.plain_wav(tmp_path / "x", 6_000, rate=12_000)
    assert source.stat().st_size > isolated.FILE_BYTES

    ingested = isolated.ingest(source, folder, purpose="voice_clone", longest_ms=7_200_000)

    assert ingested.path.stat().st_size == source.stat().st_size


@pytest.mark.parametrize(("tracks", "name"), [(1, "stem.track.m4a"), (2, "stem.tracks.mka")])
def test_copy_that_the_disk_cannot_hold_is_no_damaged_file(
    tracks: int, name: str, folder: Path, tmp_path: Path
) -> None:
    source = recordings.film(tmp_path / "x", *[recordings.speech(12)] * tracks)
    (folder / name).symlink_to("/dev/full")
    arguments = {"source": source, "folder": folder, "purpose": "voice_clone", "stem": "stem"}

    reply = run_operation("ingest", arguments)

    assert (reply["errno"], list(folder.iterdir())) == (errno.ENOSPC, [])


@pytest.mark.parametrize("muxer", ["mp4", "matroska"])
def test_copy_beyond_the_limit_is_no_full_disk(
    muxer: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = recordings.speech(12)
    source = recordings.film(tmp_path / "x", sound, sound, muxer=muxer)
    monkeypatch.setattr(isolated, "FILE_BYTES", 0)
    monkeypatch.setattr(isolated, "_HEADERS_BYTES", 20_000 - source.stat().st_size)

    with pytest.raises(AudioProblem, match="too_many_samples"):
        isolated.ingest(source, folder, purpose="voice_clone")

    assert list(folder.iterdir()) == []


def test_packed_tracks_that_grow_beyond_the_limit_hold_too_much(
    folder: Path, tmp_path: Path
) -> None:
    source = recordings.packed_matroska(tmp_path / "x", megabytes=90)
    assert source.stat().st_size < 1_000_000

    with pytest.raises(AudioProblem, match="too_many_samples"):
        isolated.ingest(source, folder, purpose="voice_clone", longest_ms=7_200_000)

    assert list(folder.iterdir()) == []


def test_resource_limits_apply() -> None:
    code = (
        "import resource; from voicestudio.audio.__main__ import limit_resources;"
        "limit_resources(300 * 2**20, 2**20, 7);"
        "print([resource.getrlimit(k)[0] for k in (resource.RLIMIT_CPU, resource.RLIMIT_CORE)]);"
        "bytearray(400 * 2**20)"
    )

    ended = run_python(code)

    assert ended.stdout == "[12, 0]\n"
    assert ended.stderr.splitlines()[-1] == "MemoryError"


@pytest.mark.parametrize(("operation", "cpu_s"), [("analyze", 75), ("read_waveform", 12)])
def test_cpu_limit_allows_as_many_timeouts_as_the_parent(operation: str, cpu_s: int) -> None:
    limits = {
        "memory_bytes": isolated.MEMORY_BYTES, "file_bytes": 0, "seconds": 7, "heartbeat_s": 1,
    }  # fmt: skip
    code = (
        "import resource, sys; from voicestudio.audio.__main__ import main;"
        f"main({operation!r}, {{}}, {limits!r});"
        "print(resource.getrlimit(resource.RLIMIT_CPU)[0], file=sys.stderr)"
    )

    assert run_python(code).stderr == f"{cpu_s}\n"


def test_standard_output_contains_only_the_reply(clip: Path) -> None:
    limits = {
        "memory_bytes": isolated.MEMORY_BYTES, "file_bytes": 0, "seconds": 20, "heartbeat_s": 0,
    }  # fmt: skip
    arguments = [json.dumps({"source": str(clip)}), json.dumps(limits)]
    ended = subprocess.run(
        [sys.executable, "-m", "voicestudio.audio", "read_waveform", *arguments],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )

    assert json.loads(ended.stdout) == {"result": asdict(read_waveform(clip))}
    assert ended.stderr == b""


def test_child_gets_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MINIMAX_API_KEY", "SECRET_KEY", "DATABASE_URL"):
        monkeypatch.setenv(name, "hush")

    assert "hush" not in isolated._environment().values()


def test_child_gets_the_processor_type_and_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")

    environment = isolated._environment()

    assert environment["OPENBLAS_CORETYPE"] == "Haswell"
    assert environment["OPENBLAS_NUM_THREADS"] == "1"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="settings of glibc")
def test_child_keeps_freed_memory_for_the_next_arrays() -> None:
    program = (
        "import resource, numpy\n"
        "for _ in range(50): [numpy.ones(size) for size in 3 * [1_000_000]]\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)"
    )
    faults = [
        int(subprocess.check_output([sys.executable, "-c", program], env=environment))
        for environment in (isolated._environment(), dict(os.environ))
    ]

    assert faults[0] < faults[1] / 2


def test_public_names_load_no_heavy_library(clip: Path, tmp_path: Path) -> None:
    analyze(clip, tmp_path / "envelope", suggest_from_ms=120_000)
    code = (
        "import sys; from pathlib import Path; from voicestudio import audio;"
        "from voicestudio.audio import isolated;"
        f"isolated.read_waveform(Path({str(clip)!r}));"
        f"audio.read_bars(Path({str(tmp_path / 'envelope')!r}), 0, 1000);"
        "print(sorted({'av', 'numpy', 'django'} & set(sys.modules)))"
    )

    assert run_python(code).stdout == "[]\n"


def test_web_process_and_worker_load_no_heavy_library() -> None:
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings';"
        "django.setup(); import voicestudio.urls, voicestudio.services.worker;"
        "print(sorted({'av', 'numpy'} & set(sys.modules)))"
    )

    assert run_python(code).stdout == "[]\n"


def test_analysis_reports_its_progress(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "HEARTBEAT_S", 0.0)
    reported: list[float] = []

    isolated.analyze(clip, tmp_path / "e", suggest_from_ms=1, progress=reported.append)

    assert reported == sorted(reported)
    assert 0 < reported[0] <= reported[-1] == 12.0


def read_output(script: str, timeout: float, *, reported: list[float]) -> bytes:
    """The reply of a child that runs this shell script."""
    with subprocess.Popen(
        ["/bin/sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True
    ) as child:
        try:
            return isolated._read_output(child, timeout, reported.append)
        finally:
            isolated._kill(child)


def test_timeout_counts_from_the_last_heartbeat() -> None:
    reported: list[float] = []
    script = "for s in 1.5 2 3; do echo $s; sleep 1; done; printf '{}'"

    reply = read_output(script, 2.5, reported=reported)

    assert (reply, reported) == (b"{}", [1.5, 2.0, 3.0])


@pytest.mark.parametrize(
    "script", ["echo 1; sleep 60", "while echo 1; do sleep 0.1; done"], ids=["silent", "endless"]
)
def test_child_that_does_not_finish_is_too_late(
    script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "TIMEOUTS_MAX", 2)

    with pytest.raises(TimeoutError):
        read_output(script, 0.5, reported=[])


@pytest.mark.parametrize("line", ["12 and more", "", "{}"])
def test_unexpected_output_means_damaged(line: str) -> None:
    with pytest.raises(AudioProblem) as caught:
        read_output(f"echo '{line}'; sleep 60", 60, reported=[])

    assert caught.value.code == "damaged"
