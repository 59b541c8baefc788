"""`make bench`: every table, ours beside a bare baseline, or only the named ones.

python -m tests.benchmarks [page_load] [clone_duration] [history] ...
"""

import importlib
import os
import signal
import subprocess
import sys
import time
from typing import Final

from tests.benchmarks.browser import NoBrowser
from tests.benchmarks.table import print_table

BENCHMARKS: Final = {
    "page_load": "first load of / and load again",
    "pages": "every page beside its budget: size, paint, shift, answers",
    "clone_duration": 'from "Clone voice" to a preview that can play',
    "queue_latency": "a job picked up by an idle worker",
    "history": "/history/ at the server: 1,000,000 attempts",
    "voices": "/voices/ at the server: 100,000 voices",
    "recordings": "/recordings/ at the server: 6,000 recordings, 1,000,000 attempts",
    "load": "100 people at one web server: 1,000,000 attempts in PostgreSQL",
    "throughput": "clone attempts a second with one, two and four worker processes",
    "steps": "what three steps of docs/scaling.md bring",
    "partitions": "1,000,000 attempts in PostgreSQL in one table, and by month",
    "audit": "/audit/ at the server: 1,000,000 entries",
    "uploads": "20 MB and 200 MB from Chromium into the studio and on to the provider",
    "processes": "all processes idle; start after set-up",
    "audio": "a recording decoded, measured and drawn",
    "doctor": "a recording checked, beside FFmpeg's own measurements",
}
# These print tables of their own.
PROGRAMS: Final = frozenset({"audio", "doctor", "pages"})


def warn_if_busy() -> None:
    """Say so if other programs keep the machine from measuring well."""
    load = os.getloadavg()[0]
    if load > (os.cpu_count() or 1):
        print(f"\nThe machine is busy (load {load:.1f}): times are too long, ratios still hold.")


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all of them, one after the other."""
    if unknown := set(names) - BENCHMARKS.keys():
        print(f"Unknown: {', '.join(sorted(unknown))}. There are: {', '.join(BENCHMARKS)}.")
        return 2
    started = time.monotonic()
    for name in names or BENCHMARKS:
        warn_if_busy()
        title = f"{name}: {BENCHMARKS[name]}"
        if name in PROGRAMS:
            print(f"\n{title}", flush=True)
            # In a process of its own: the memory of a child counts from that of its parent.
            subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=True)
            continue
        try:
            print_table(title, importlib.import_module(f"tests.benchmarks.{name}").measure())
        except NoBrowser as missing:
            print(missing)
    print(f"\nMeasured in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    # Unwind on SIGTERM, so that started processes are stopped.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
