"""`make bench`: every row of the table, ours beside a bare baseline; or only the named parts.

python -m tests.benchmarks [loading] [cloning] [pickup] [history] [voices] [uploads] [audio] ...
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from typing import Final

from tests.benchmarks import table
from tests.benchmarks.browser import NoBrowser

PARTS: Final = {
    "loading": "first load of / and load again",
    "cloning": '"Clone voice" pressed to a demo that can play',
    "pickup": "a job picked up by an idle worker",
    "history": "/history/ at the server: 1,000,000 attempts",
    "voices": "/voices/ at the server: 100,000 voices",
    "uploads": "20 MB and 200 MB from Chromium into the studio and on to the provider",
    "processes": "all processes idle; start after set-up",
    "audio": "a recording decoded, measured and drawn",
    "doctor": "a recording judged, beside FFmpeg's own measuring",
    "servers": "which application server fits",
}
# These lay out tables of their own.
OWN_TABLE: Final = frozenset({"audio", "doctor", "servers"})


def busy() -> None:
    """Say so when something else keeps the machine from measuring well."""
    load = os.getloadavg()[0]
    if load > (os.cpu_count() or 1):
        print(f"\nThe machine is busy (load {load:.1f}): times are too long, ratios still tell.")


def main(names: list[str]) -> int:
    """Measure the named parts, or all of them, one after the other."""
    if unknown := set(names) - PARTS.keys():
        print(f"No such part: {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.")
        return 2
    started = time.monotonic()
    for name in names or PARTS:
        busy()
        if name in OWN_TABLE:
            print(f"\n{name}: {PARTS[name]}", flush=True)
            # In a process of their own: memory of a child counts from that of its parent.
            subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=True)
            continue
        table.head(f"{name}: {PARTS[name]}")
        try:
            table.show(importlib.import_module(f"tests.benchmarks.{name}").measure())
        except NoBrowser as missing:
            print(missing)
    print(f"\nMeasured in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    # Told to end, it ends what it has started first.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
