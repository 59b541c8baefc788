"""Audio: the child process in which hostile files are opened; see `isolated`.

    python -m voicestudio.audio take_in '{"source": …, "folder": …, "purpose": …}'

It prints one JSON object: {"result": …}, {"problem": code, "facts": {…}} about the file, or
{"failure": text, "errno": number or null} about the machine (no space, a library missing). Before
it, "judge" prints a line every second: how many seconds of the recording it has heard.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from . import cutting, doctor, intake, judging, passages, tidying, zoom
from .problems import AudioProblem

_GRACE_S: Final = 5  # after the parent's time limit; it counts when the parent has died
_FILE_BYTES: Final = 64 * 1024 * 1024
# What makes one file of another; the answer is a dataclass.
_WRITERS: Final[dict[str, Callable[..., Any]]] = {
    "write_envelope": zoom.write_envelope,
    "cut": cutting.cut,
    "tidy": tidying.tidy,
    "judge": judging.judge,
}


def limit(memory_bytes: int, seconds: float) -> None:
    """Bound this process: address space, time, size of what it writes; no core dump.

    It has so much time in all, and ends when so much has passed since the last sign of life.
    """
    whole = int(seconds) + _GRACE_S
    for kind, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, whole),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))
    signal.setitimer(signal.ITIMER_REAL, whole)  # SIGALRM ends the process


class Signs:
    """Says every so many seconds how far the hearing is; each time, the clock begins anew."""

    def __init__(self, out: int, every_s: float, seconds: float) -> None:
        self._out = out
        self._every_s = every_s
        self._whole = int(seconds) + _GRACE_S
        self._next = time.monotonic() + every_s

    def say(self, heard_s: float) -> None:
        """So many seconds are heard."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._every_s
        signal.setitimer(signal.ITIMER_REAL, self._whole)
        os.write(self._out, f"{heard_s:.1f}\n".encode())


def answer(verb: str, wish: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked; a problem is an answer too. Raises ImportError for a missing library."""
    from av.error import FFmpegError  # heavy; only now are the limits set

    try:
        match verb:
            case "take_in":
                taken = intake.take_in(
                    Path(wish["source"]),
                    Path(wish["folder"]),
                    purpose=wish["purpose"],
                    move=wish["move"],
                    stem=wish["stem"],
                    max_bytes=wish["max_bytes"],
                    longest_ms=wish["longest_ms"],
                )
                return {
                    "result": {
                        "name": taken.path.name,
                        "measures": taken.measures.as_dict(),
                        "converted_from": taken.converted_from,
                    }
                }
            case "waveform_of":
                peaks, duration_ms = intake.waveform_of(Path(wish["path"]))
                return {"result": {"peaks": peaks, "duration_ms": duration_ms}}
            case "examine":
                found = doctor.examine(Path(wish["path"]), purpose=wish["purpose"])
                return {"result": found.as_dict()}
            case "suggest":
                return {"result": asdict(passages.suggest(Path(wish["path"])))}
            case "write_envelope" | "cut" | "tidy" | "judge":
                source, target = Path(wish.pop("source")), Path(wish.pop("target"))
                return {"result": asdict(_WRITERS[verb](source, target, **wish))}
        raise ValueError(f"{verb!r} is nothing that can be asked for")
    except AudioProblem as problem:
        return {"problem": problem.code, "facts": problem.facts}
    except ImportError:
        raise
    except FFmpegError as error:  # some of these are OSErrors too, but they speak of the file
        return damaged(error)
    except OSError as error:
        return {"failure": str(error), "errno": error.errno}
    except Exception as error:  # a hostile file met code that did not expect it
        return damaged(error)


def damaged(error: Exception) -> dict[str, Any]:
    """A file that could not be gone through; `cause` is for those who look after the studio."""
    return {"problem": "damaged", "facts": {"cause": f"{type(error).__name__}: {error}"[:200]}}


def main() -> None:
    """Answer the one question on the command line."""
    wish = json.loads(sys.argv[2])
    seconds, sign_s = wish.pop("seconds"), wish.pop("sign_s")
    limit(wish.pop("memory_bytes"), seconds)
    out = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not stand in the answer
    if sys.argv[1] == "judge":
        wish["progress"] = Signs(out, sign_s, seconds).say
    try:
        reply = json.dumps(answer(sys.argv[1], wish)).encode()
    except ImportError as error:
        reply = json.dumps({"failure": str(error), "errno": None}).encode()
    with os.fdopen(out, "wb") as stream:
        stream.write(reply)


if __name__ == "__main__":
    main()
    # All is written. To put the libraries away takes Python longer than to hear a short recording.
    os._exit(0)
