"""Audio: the operations of this room, each run in a child process.

A hostile file can crash or hang a decoder; here it hurts only the child, whose time, memory and
output are limited. `__main__` is the child.
"""

import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from . import rules
from .problems import AudioProblem
from .results import (
    Analysis,
    Cleanup,
    CleanupTrial,
    Cut,
    IngestedFile,
    PlayableCopy,
    VerdictCode,
    Waveform,
    from_json,
)

TIMEOUT_S: Final = 60.0
LONG_TIMEOUT_S: Final = 180.0  # for operations that decode up to two hours
HEARTBEAT_S: Final = 1.0  # between two reports of progress
MEMORY_BYTES: Final = 768 * 1024 * 1024  # address space; the libraries alone map 230 MB
FILE_BYTES: Final = 64 * 1024 * 1024  # the largest file that a child may write
_HEADERS_BYTES: Final = 16 * 1024 * 1024  # by which a copy in another container may be larger
TIMEOUTS_MAX: Final = 10  # a child that reports progress may take so many timeouts in all

_PROJECT: Final = Path(__file__).resolve().parents[2]
# What the child needs to find Python and its libraries. No key or password reaches it.
_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "LANG", "HOME", "VIRTUAL_ENV")
# One thread, and memory of freed arrays is used again: glibc would return it to the system and
# request it anew for the next array, which takes a quarter of the time of a check.
CHILD_SETTINGS: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "134217728",
}


@dataclass(frozen=True, slots=True)
class Operation[Result]:
    """A function of this package that the child runs: its first argument is called `source`."""

    module: str
    function: str
    result_type: type[Result]
    max_bytes: int  # of the source
    reports_progress: bool = False
    copies_source: bool = False  # then it may write as many bytes as the source has


INGEST: Final = Operation(
    "intake", "ingest", IngestedFile, rules.SOURCE_MAX_BYTES, copies_source=True
)
CUT: Final = Operation("cutting", "cut", Cut, rules.LONG_MAX_BYTES)
CLEAN_UP: Final = Operation("cleanup", "clean_up", Cleanup, rules.SOURCE_MAX_BYTES)
TRY_CLEANUP: Final = Operation("cleanup_trial", "try_cleanup", CleanupTrial, rules.SOURCE_MAX_BYTES)
ANALYZE: Final = Operation("analysis", "analyze", Analysis, rules.LONG_MAX_BYTES, True)
PLAYABLE: Final = Operation("playable", "make_playable", PlayableCopy, rules.LONG_MAX_BYTES, True)
WAVEFORM: Final = Operation("probe", "read_waveform", Waveform, rules.SOURCE_MAX_BYTES)
OPERATIONS: Final[dict[str, Operation[Any]]] = {
    operation.function: operation
    for operation in (INGEST, CUT, CLEAN_UP, TRY_CLEANUP, ANALYZE, PLAYABLE, WAVEFORM)
}


# Each of these raises AudioProblem as its function does; "damaged" also if the child dies of the
# file, runs out of memory or takes longer than `timeout` (s). OSError if there is no such file or
# no space, RuntimeError if the child cannot run at all. `target` does not exist after an error.


def ingest(
    source: Path,
    folder: Path,
    *,
    purpose: str,
    move: bool = False,
    max_bytes: int = rules.SOURCE_MAX_BYTES,
    longest_ms: int | None = None,
    track: int | None = None,
    timeout: float = TIMEOUT_S,
) -> IngestedFile:
    """Check a file and keep it in `folder`; see `intake.ingest`."""
    stem = secrets.token_hex(16)
    try:
        return _run(
            INGEST, timeout, source, max_bytes=max_bytes,
            folder=folder, purpose=purpose, move=move, stem=stem, longest_ms=longest_ms,
            track=track,
        )  # fmt: skip
    except BaseException:
        for path in folder.glob(f"{stem}.*"):
            path.unlink(missing_ok=True)
        raise


def cut(
    source: Path, target: Path, start_ms: int, end_ms: int, *, timeout: float = TIMEOUT_S
) -> Cut:
    """Write a part of a recording to `target`; see `cutting.cut`."""
    if not 0 <= start_ms < end_ms:
        raise ValueError(f"there is nothing between {start_ms} and {end_ms} ms")
    return _run(CUT, timeout, source, target=target, start_ms=start_ms, end_ms=end_ms)


def clean_up(
    source: Path,
    target: Path,
    *,
    trim: bool = True,
    level: bool = True,
    dc_and_hum: bool = True,
    mono: bool = True,
    timeout: float = LONG_TIMEOUT_S,
) -> Cleanup:
    """Write a clean copy to `target`; see `cleanup.clean_up`."""
    return _run(
        CLEAN_UP, timeout, source,
        target=target, trim=trim, level=level, dc_and_hum=dc_and_hum, mono=mono,
    )  # fmt: skip


def try_cleanup(
    source: Path, target: Path, *, purpose: str, verdict: VerdictCode, timeout: float = TIMEOUT_S
) -> CleanupTrial:
    """Say whether a clean copy helps; it is written to `target` and deleted.

    See `cleanup_trial.try_cleanup`.
    """
    return _run(TRY_CLEANUP, timeout, source, target=target, purpose=purpose, verdict=verdict)


def analyze(
    source: Path,
    target: Path,
    *,
    purpose: str = "voice_clone",
    suggest_from_ms: int,
    source_codec: str = "",
    source_kbps: float = 0.0,
    progress: Callable[[float], None] | None = None,
    timeout: float = LONG_TIMEOUT_S,
) -> Analysis:
    """Report on a recording and write its envelope to `target`; see `analysis.analyze`.

    `progress` is called every second with the number of seconds that are analyzed. `timeout` counts
    from the last such report, because two hours may take long on a busy machine.
    """
    return _run(
        ANALYZE, timeout, source, progress=progress,
        target=target, purpose=purpose, suggest_from_ms=suggest_from_ms,
        source_codec=source_codec, source_kbps=source_kbps,
    )  # fmt: skip


def make_playable(
    source: Path,
    target: Path,
    *,
    duration_ms: int,
    progress: Callable[[float], None] | None = None,
    timeout: float = LONG_TIMEOUT_S,
) -> PlayableCopy:
    """Write a copy to `target` unless browsers play `source`; see `playable.make_playable`.

    `progress` and `timeout` as for `analyze`.
    """
    return _run(
        PLAYABLE, timeout, source, progress=progress, target=target, duration_ms=duration_ms
    )


def read_waveform(source: Path, *, timeout: float = TIMEOUT_S) -> Waveform:
    """The waveform and the length of a file; see `probe.read_waveform`."""
    return _run(WAVEFORM, timeout, source)


def _run[Result](
    operation: Operation[Result],
    timeout: float,
    source: Path,
    *,
    progress: Callable[[float], None] | None = None,
    **arguments: Any,
) -> Result:
    """Run an operation in a child and return its result."""
    size_limit = arguments.get("max_bytes", operation.max_bytes)
    size = source.stat().st_size
    rules.check_size(size, size_limit)  # needs no process
    file_bytes = max(FILE_BYTES, size + _HEADERS_BYTES if operation.copies_source else 0)
    request = {
        name: str(value.absolute()) if isinstance(value, Path) else value
        for name, value in {"source": source, **arguments}.items()
    }
    try:
        data = _call_child(operation.function, request, timeout, progress, file_bytes)
    except BaseException:
        if "target" in arguments:
            arguments["target"].unlink(missing_ok=True)
        raise
    return from_json(operation.result_type, data)


def _call_child(
    function: str,
    request: dict[str, Any],
    timeout: float,
    progress: Callable[[float], None] | None,
    file_bytes: int = FILE_BYTES,
) -> dict[str, Any]:
    limits = {
        "memory_bytes": MEMORY_BYTES, "file_bytes": file_bytes, "seconds": timeout,
        "heartbeat_s": HEARTBEAT_S,
    }  # fmt: skip
    command = [sys.executable, "-s", "-m", __package__]
    child = subprocess.Popen(
        [*command, function, json.dumps(request), json.dumps(limits)],
        cwd=_PROJECT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that its whole process group can be killed
    )
    with child:
        try:
            output = _read_output(child, timeout, progress)
            child.wait(timeout=timeout)
        except (subprocess.TimeoutExpired, TimeoutError):
            raise AudioProblem("damaged", timeout_s=round(timeout)) from None
        finally:
            _kill(child)
    return _parse_reply(output, child.returncode)


def _read_output(
    child: subprocess.Popen[bytes], timeout: float, progress: Callable[[float], None] | None
) -> bytes:
    """The child's last line of output; each line before it reports how many seconds are analyzed.

    Raises TimeoutError after `timeout` (s) without any output, or after ten times that in all.
    """
    assert child.stdout is not None
    output = b""
    final_deadline = time.monotonic() + TIMEOUTS_MAX * timeout
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, min(deadline, final_deadline) - time.monotonic())):
            part = os.read(child.stdout.fileno(), 1 << 16)
            if not part:
                return output
            *lines, output = (output + part).split(b"\n")
            if lines:
                deadline = time.monotonic() + timeout
                seconds = _parse_seconds(lines[-1])
                if progress is not None:
                    progress(seconds)
    raise TimeoutError


def _parse_seconds(line: bytes) -> float:
    try:
        return float(line)
    except ValueError:  # our own code never writes this
        raise AudioProblem("damaged", cause="unexpected output of the child") from None


def _kill(child: subprocess.Popen[bytes]) -> None:
    """Kill the child, if it still runs, and all processes that it has started."""
    if child.poll() is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:  # it has ended in the meantime
            return


def _parse_reply(output: bytes, status: int) -> dict[str, Any]:
    """The result in the child's reply. A child that was ended by a signal had a hostile file."""
    try:
        reply = json.loads(output)
    except ValueError:
        if status > 0:  # Python itself failed; no file can cause that
            raise RuntimeError(f"the audio process ended with status {status}") from None
        raise AudioProblem("damaged", cause=f"ended by signal {-status}") from None
    if "failure" in reply:
        if reply["errno"] is None:
            raise RuntimeError(f"the audio process cannot work: {reply['failure']}")
        raise OSError(reply["errno"], reply["failure"])
    if "problem" in reply:
        raise AudioProblem(reply["problem"], **reply["facts"])
    result: dict[str, Any] = reply["result"]
    return result


def _environment() -> dict[str, str]:
    # OPENBLAS_CORETYPE may be set for a machine; the child must use the same code for the same
    # results.
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _ENVIRONMENT or name.startswith("OPENBLAS_")
    }
    return kept | CHILD_SETTINGS
