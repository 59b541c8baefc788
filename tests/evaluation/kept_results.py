"""Results that took long, kept in the cache as JSON under the hash of all that decides them."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

PROCESSES: Final = 2


def run_all[Arguments](
    function: Callable[[Arguments], dict[str, Any]],
    cache: Path,
    names: Sequence[str],
    work: Sequence[Arguments],
    processes: int = PROCESSES,
) -> list[dict[str, Any]]:
    """The results of a function, each kept under its name in `cache/reports`."""
    folder = cache / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.json" for name in names]
    missing = [number for number, path in enumerate(paths) if not path.exists()]
    if missing:
        with ProcessPoolExecutor(processes, initializer=_yield_to_others) as pool:
            made = pool.map(function, [work[number] for number in missing], chunksize=4)
            for number, result in zip(missing, _with_progress(made, len(missing)), strict=True):
                part = paths[number].with_suffix(f".{os.getpid()}")
                part.write_text(json.dumps(result))
                part.rename(paths[number])
    return [json.loads(path.read_text()) for path in paths]


def result_name(*parts: str) -> str:
    """The name under which a result is kept."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def hash_files(paths: Iterable[Path]) -> str:
    """A hash of the content of all these files."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _yield_to_others() -> None:
    os.nice(5)


def _with_progress[Item](items: Iterable[Item], count: int) -> Iterable[Item]:
    for number, item in enumerate(items, 1):
        if number % 100 == 0 or number == count:
            print(f"  {number} of {count} done", flush=True)
        yield item
