"""Audio: the same functions in a child process, so that a hostile file cannot hurt the server."""

from __future__ import annotations

import json
import os
import secrets
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from . import rules
from .cutting import Cut
from .doctor import Examination, unheard
from .judging import Judgement
from .measures import Measures, Purpose, Taken
from .passages import Passage, Suggestion
from .problems import AudioProblem
from .tidying import Tidied

TIMEOUT_S: Final = 60.0
LONG_TIMEOUT_S: Final = 180.0  # for what hears two hours to their end
SIGN_S: Final = 1.0  # between two signs of life
_SIGNS_MOST: Final = 10  # times the limit, however often a child says that it is alive
MEMORY_BYTES: Final = 768 * 1024 * 1024  # address space; libraries alone map 230 MB

_HOUSE: Final = Path(__file__).resolve().parents[2]
# What the child needs to find Python and its libraries. No key or password reaches it.
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "LANG", "HOME", "VIRTUAL_ENV")


def take_in(
    source: Path,
    folder: Path,
    *,
    purpose: Purpose,
    move: bool = False,
    max_bytes: int = rules.SOURCE_MAX_BYTES,
    longest_ms: int | None = None,
    timeout: float = TIMEOUT_S,
) -> Taken:
    """`voicestudio.audio.take_in` in a child process.

    Raises AudioProblem; "damaged" also when the child runs out of memory or of `timeout` (s).
    Nothing is left in `folder` then. OSError if there is no such file or no space, RuntimeError
    if the child cannot work at all.
    """
    rules.check_size(source.stat().st_size, max_bytes)  # needs no process
    stem = secrets.token_hex(16)
    wish = {
        "source": str(source.absolute()),
        "folder": str(folder.absolute()),
        "purpose": purpose,
        "move": move,
        "stem": stem,
        "max_bytes": max_bytes,
        "longest_ms": longest_ms,
    }
    try:
        result = _ask("take_in", wish, timeout)
    except BaseException:
        for left in folder.glob(f"{stem}.*"):
            left.unlink(missing_ok=True)
        raise
    return Taken(
        path=folder / result["name"],
        measures=Measures(**result["measures"]),
        converted_from=result["converted_from"],
    )


def waveform_of(path: Path, *, timeout: float = TIMEOUT_S) -> tuple[list[int], int]:
    """`voicestudio.audio.waveform_of` in a child process: (110 bars 0..100, length in ms).

    Raises AudioProblem; "damaged" also when the child runs out of memory or of `timeout` (s).
    """
    rules.check_size(path.stat().st_size, rules.SOURCE_MAX_BYTES)
    result = _ask("waveform_of", {"path": str(path.absolute())}, timeout)
    return result["peaks"], result["duration_ms"]


def write_envelope(
    path: Path,
    target: Path,
    *,
    longest_ms: int = rules.LONG_MAX_MS,
    timeout: float = LONG_TIMEOUT_S,
) -> Measures:
    """`zoom.write_envelope` in a child process; `target` does not exist after a problem."""
    rules.check_size(path.stat().st_size, rules.LONG_MAX_BYTES)
    wish = {"source": path, "target": target, "longest_ms": longest_ms}
    return Measures(**_write("write_envelope", wish, timeout))


def cut(
    source: Path, target: Path, start_ms: int, end_ms: int, *, timeout: float = TIMEOUT_S
) -> Cut:
    """`cutting.cut` in a child process; `target` does not exist after a problem."""
    if not 0 <= start_ms < end_ms:
        raise ValueError(f"nothing lies between {start_ms} and {end_ms} ms")
    rules.check_size(source.stat().st_size, rules.LONG_MAX_BYTES)
    wish = {"source": source, "target": target, "start_ms": start_ms, "end_ms": end_ms}
    return Cut(**_write("cut", wish, timeout))


def examine(
    path: Path, *, purpose: Purpose = "voice_clone", timeout: float = LONG_TIMEOUT_S
) -> Examination:
    """`doctor.examine` in a child process. For every file there is a verdict.

    One that the child dies of, or cannot finish within `timeout` (s), is called damaged. OSError
    if there is no such file, RuntimeError if the child cannot work at all.
    """
    try:
        wish = {"path": str(path.absolute()), "purpose": purpose}
        return Examination.from_dict(_ask("examine", wish, timeout))
    except AudioProblem as problem:
        return unheard(problem)


def judge(
    source: Path,
    target: Path,
    *,
    purpose: Purpose = "voice_clone",
    suggest_from_ms: int,
    progress: Callable[[float], None] | None = None,
    timeout: float = LONG_TIMEOUT_S,
) -> Judgement:
    """`judging.judge` in a child process; `target` does not exist after a problem.

    `progress` is told every second how many seconds are heard. Here `timeout` counts from the last
    of these signs of life: on a busy machine two hours may take long.
    """
    rules.check_size(source.stat().st_size, rules.LONG_MAX_BYTES)
    wish = {"source": source, "target": target, "purpose": purpose}
    wanted = wish | {"suggest_from_ms": suggest_from_ms}
    return Judgement.from_dict(_write("judge", wanted, timeout, progress))


def suggest(path: Path, *, timeout: float = LONG_TIMEOUT_S) -> Suggestion:
    """`passages.suggest` in a child process: the best passage and the prompt clip."""
    rules.check_size(path.stat().st_size, rules.LONG_MAX_BYTES)
    found = _ask("suggest", {"path": str(path.absolute())}, timeout)
    best, prompt = (found[name] and Passage(**found[name]) for name in ("best", "prompt"))
    return Suggestion(best, prompt)


def tidy(
    source: Path,
    target: Path,
    *,
    trim: bool = True,
    level: bool = True,
    dc_and_hum: bool = True,
    mono: bool = True,
    timeout: float = LONG_TIMEOUT_S,
) -> Tidied:
    """`tidying.tidy` in a child process; `target` does not exist after a problem."""
    rules.check_size(source.stat().st_size, rules.SOURCE_MAX_BYTES)
    wish = {"source": source, "target": target, "trim": trim, "level": level}
    return Tidied(**_write("tidy", wish | {"dc_and_hum": dc_and_hum, "mono": mono}, timeout))


def _write(
    verb: str,
    wish: dict[str, Any],
    timeout: float,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Ask for something that makes a file of `source`; it is gone again if that fails."""
    wish["source"], wish["target"] = (str(wish[name].absolute()) for name in ("source", "target"))
    try:
        return _ask(verb, wish, timeout, progress)
    except BaseException:
        Path(wish["target"]).unlink(missing_ok=True)
        raise


def _ask(
    verb: str,
    wish: dict[str, Any],
    timeout: float,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Run the child and return its result. Raises AudioProblem."""
    limits = {"memory_bytes": MEMORY_BYTES, "seconds": timeout, "sign_s": SIGN_S}
    child = subprocess.Popen(
        [sys.executable, "-s", "-m", __package__, verb, json.dumps(wish | limits)],
        cwd=_HOUSE,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that all of it can be ended at once
    )
    with child:
        try:
            out = _told(child, timeout, progress)
            child.wait(timeout=timeout)
        except (subprocess.TimeoutExpired, TimeoutError):
            raise AudioProblem("damaged", timeout_s=round(timeout)) from None
        finally:
            _end(child)
    return _result(out, child.returncode)


def _told(
    child: subprocess.Popen[bytes], timeout: float, progress: Callable[[float], None] | None
) -> bytes:
    """What the child says in the end. Until then each line is how many seconds it has heard.

    Raises TimeoutError when it has said nothing for `timeout` (s), or gone on for ten times that.
    """
    assert child.stdout is not None
    said = b""
    latest = time.monotonic() + _SIGNS_MOST * timeout
    until = time.monotonic() + timeout
    with selectors.DefaultSelector() as saying:
        saying.register(child.stdout, selectors.EVENT_READ)
        while saying.select(max(0.0, min(until, latest) - time.monotonic())):
            part = os.read(child.stdout.fileno(), 1 << 16)
            if not part:
                return said
            *lines, said = (said + part).split(b"\n")
            if lines:
                until = time.monotonic() + timeout
                if progress is not None:
                    progress(_seconds(lines[-1]))
    raise TimeoutError


def _seconds(line: bytes) -> float:
    try:
        return float(line)
    except ValueError:  # nothing that our own code says
        raise AudioProblem("damaged", cause="the child has lost its words") from None


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started."""
    if child.poll() is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:  # it ended by itself just now
            return


def _result(out: bytes, status: int) -> dict[str, Any]:
    """What the child said. One that was ended by a signal has met a hostile file."""
    try:
        answer = json.loads(out)
    except ValueError:
        if status > 0:  # Python itself did not start: no file can do that
            raise RuntimeError(f"the audio process ended with status {status}") from None
        raise AudioProblem("damaged", cause=f"ended by signal {-status}") from None
    if "failure" in answer:
        if answer["errno"] is None:
            raise RuntimeError(f"the audio process cannot work: {answer['failure']}")
        raise OSError(answer["errno"], answer["failure"])
    if "problem" in answer:
        raise AudioProblem(answer["problem"], **answer["facts"])
    result: dict[str, Any] = answer["result"]
    return result


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        # A machine may have to be told which processor it is; the child hears with the same one.
        if name in _KEPT or name.startswith("OPENBLAS_")
    }
    return kept | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
