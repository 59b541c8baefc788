"""Audio: the child process in which hostile files are opened; see `isolated`.

    python -m voicestudio.audio cut '{"source": …, "target": …, …}' '{"memory_bytes": …, …}'

It prints one JSON object: {"result": …}, {"problem": code, "facts": {…}} about the file, or
{"failure": text, "errno": number or null} about the machine (no space, a library missing). An
operation that reports progress prints the number of analyzed seconds in a line every second before.
"""

import errno
import json
import os
import resource
import signal
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from .isolated import OPERATIONS, TIMEOUTS_MAX
from .problems import AudioProblem

_GRACE_S: Final = 5  # after the parent's timeout; matters if the parent has died
_PATHS: Final = frozenset({"source", "target", "folder"})


def limit_resources(
    memory_bytes: int, file_bytes: int, seconds: float, *, timeouts: int = 1
) -> None:
    """Limit address space, time and size of written files of this process; no core dump.

    `seconds` is the limit of the time since the last heartbeat, and `timeouts` times that the limit
    of the CPU time in all.
    """
    whole_seconds = int(seconds) + _GRACE_S
    for kind, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, int(timeouts * seconds) + _GRACE_S),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (bound, bound))
    signal.setitimer(signal.ITIMER_REAL, whole_seconds)  # SIGALRM ends the process


class Heartbeat:
    """Reports the progress every so many seconds and restarts the timer each time."""

    def __init__(self, output: int, every_s: float, seconds: float) -> None:
        self._output = output
        self._every_s = every_s
        self._whole_seconds = int(seconds) + _GRACE_S
        self._next = time.monotonic() + every_s

    def report(self, analyzed_s: float) -> None:
        """Write the number of analyzed seconds, if the time has come."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._every_s
        signal.setitimer(signal.ITIMER_REAL, self._whole_seconds)
        os.write(self._output, f"{analyzed_s:.1f}\n".encode())


def run_operation(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The reply for an operation. Raises ImportError for a missing library."""
    from av.error import FFmpegError  # loads PyAV, which must not happen before the limits are set

    operation = OPERATIONS[name]
    module = import_module(f"{__package__}.{operation.module}")
    arguments = {key: Path(value) if key in _PATHS else value for key, value in arguments.items()}
    try:
        return {"result": asdict(getattr(module, operation.function)(**arguments))}
    except AudioProblem as problem:
        return {"problem": problem.code, "facts": problem.facts}
    except ImportError:
        raise
    except FFmpegError as error:  # some are OSErrors, too, but are about the content of the file
        disk_error = _find_disk_error(error)
        return _damaged(error) if disk_error is None else _failed(disk_error)
    except OSError as error:
        return _failed(error)
    except Exception as error:  # hostile content that our code did not expect
        return _damaged(error)


def _find_disk_error(error: BaseException) -> OSError | None:
    """The failed write of an output that then could not be closed either, which raises an error."""
    from av.error import FFmpegError  # loads PyAV, which must not happen before the limits are set

    earlier = error.__context__
    while isinstance(earlier, FFmpegError):
        earlier = earlier.__context__
    return earlier if isinstance(earlier, OSError) else None


def _failed(error: OSError) -> dict[str, Any]:
    """The reply if the disk, not the file, is the problem.

    It is the file if more would be written than this process may: packed tracks grow when copied.
    """
    if error.errno == errno.EFBIG:
        return {"problem": "too_many_samples", "facts": {"cause": str(error)}}
    return {"failure": str(error), "errno": error.errno}


def _damaged(error: Exception) -> dict[str, Any]:
    """The reply for a file that cannot be processed; `cause` is for the administrator."""
    return {"problem": "damaged", "facts": {"cause": f"{type(error).__name__}: {error}"[:200]}}


def main(name: str, arguments: dict[str, Any], limits: dict[str, Any]) -> None:
    """Run the operation of the command line."""
    timeouts = TIMEOUTS_MAX if OPERATIONS[name].reports_progress else 1
    limit_resources(
        limits["memory_bytes"], limits["file_bytes"], limits["seconds"], timeouts=timeouts
    )
    output = os.dup(1)
    os.dup2(2, 1)  # output of a library must not become part of the reply
    if OPERATIONS[name].reports_progress:
        heartbeat = Heartbeat(output, limits["heartbeat_s"], limits["seconds"])
        arguments["progress"] = heartbeat.report
    try:
        reply = run_operation(name, arguments)
    except ImportError as error:
        reply = {"failure": str(error), "errno": None}
    with os.fdopen(output, "wb") as stream:
        stream.write(json.dumps(reply, default=str).encode())


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3]))
    # Unloading the libraries would take longer than the analysis of a short recording.
    os._exit(0)
