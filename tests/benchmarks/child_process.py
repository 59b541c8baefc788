"""Work in a process of its own, so that its time and memory can be measured alone."""

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

from voicestudio.audio.isolated import CHILD_SETTINGS

ROOT: Final = Path(__file__).resolve().parents[2]
ROUNDS: Final = 3


def print_cost(work: Callable[[Path], None], path: Path) -> None:
    """In the child: do the work and print its cost, in seconds of one core and megabytes."""
    importlib.import_module("av")  # before the clock starts
    importlib.import_module("numpy")
    started = time.process_time()
    work(path)
    took = time.process_time() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    whole = used.ru_utime + used.ru_stime
    print(json.dumps({"work": took, "whole": whole, "megabytes": used.ru_maxrss / 1024}))


def measure_cost(
    benchmark: str, work: str, path: Path, *, rounds: int = ROUNDS
) -> dict[str, float]:
    """The lowest of each figure in a few processes."""
    costs = [json.loads(run_child(benchmark, work, path)) for _ in range(rounds)]
    return {figure: min(cost[figure] for cost in costs) for figure in costs[0]}


def run_child(benchmark: str, *arguments: str | Path) -> bytes:
    """The output of `python -m tests.benchmarks.BENCHMARK ARGUMENTS`."""
    return subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{benchmark}", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | CHILD_SETTINGS,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
