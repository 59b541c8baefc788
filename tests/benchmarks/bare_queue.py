"""The baseline's queue: huey on SQLite with a job that only records how long it waited.

BARE_QUEUE=folder python -m tests.benchmarks.bare_queue tuned|defaults
"""

import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from huey import SqliteHuey

FOLDER: Final = Path(os.environ["BARE_QUEUE"])
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "tuned": {"workers": 8, "initial_delay": 0.05, "max_delay": 0.05, "backoff": 1.0},
    "defaults": {},
}
huey = SqliteHuey(filename=str(FOLDER / "queue.sqlite3"), results=False)


@huey.task()
def job(sent: float) -> None:
    """Record the milliseconds between being sent and being run."""
    waited = 1000 * (time.time() - sent)
    with (FOLDER / "waited").open("a") as file:
        file.write(f"{waited}\n")


if __name__ == "__main__":
    # Not __main__: jobs carry the name of their module.
    from tests.benchmarks import bare_queue

    consumer = bare_queue.huey.create_consumer(
        worker_type="thread", periodic=False, **SETTINGS[sys.argv[1]]
    )
    print("ready", flush=True)
    consumer.run()
