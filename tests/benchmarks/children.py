"""Children: work done in processes of its own, so that its time and memory are its alone."""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).resolve().parents[2]
ROUNDS: Final = 3


def tell(work: Callable[[Path], None], path: Path) -> None:
    """In the child: do the work and print what it cost, in seconds of one core and megabytes."""
    importlib.import_module("av")  # before the clock starts
    importlib.import_module("numpy")
    started = time.process_time()
    work(path)
    took = time.process_time() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    whole = used.ru_utime + used.ru_stime
    print(json.dumps({"work": took, "whole": whole, "megabytes": used.ru_maxrss / 1024}))


def measured(part: str, name: str, path: Path, *, rounds: int = ROUNDS) -> dict[str, float]:
    """The least that each figure was in a few processes."""
    told = [json.loads(in_child(part, name, path)) for _ in range(rounds)]
    return {figure: min(each[figure] for each in told) for figure in told[0]}


def in_child(part: str, *words: str | Path) -> bytes:
    """What `python -m tests.benchmarks.PART WORDS` prints."""
    return subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{part}", *map(str, words)],
        cwd=HOUSE,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
