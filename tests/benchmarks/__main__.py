"""`make bench`: every row of the table, ours beside a bare baseline; or only the named parts.

    python -m tests.benchmarks [loading] [cloning] [pickup] [history] [uploads] [processes] [audio]
"""

from __future__ import annotations

import importlib
import sys
import time
from typing import Final

from tests.benchmarks import table

PARTS: Final = {
    "loading": "first load of / and load again",
    "cloning": '"Clone voice" pressed to a demo that can play',
    "pickup": "a job picked up by an idle worker",
    "history": "/history/ at the server: 1,000,000 attempts",
    "uploads": "20 MB and 200 MB from Chromium into the studio and on to the provider",
    "processes": "all processes idle; start after set-up",
    "audio": "a recording decoded, measured and drawn",
}


def main(names: list[str]) -> int:
    """Measure the named parts, or all of them, one after the other."""
    if unknown := set(names) - PARTS.keys():
        print(f"No such part: {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.")
        return 2
    started = time.monotonic()
    for name in names or PARTS:
        table.head(f"{name}: {PARTS[name]}")
        table.show(importlib.import_module(f"tests.benchmarks.{name}").measure())
    print(f"\nMeasured in {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
