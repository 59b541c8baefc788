"""Programs beside the tests: each can be loaded before there are settings, as `make` starts it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

from tests.benchmarks import databases, load, throughput
from tests.benchmarks.languages import LANGUAGES

ROOT: Final = Path(__file__).parent.parent
PROGRAMS: Final = (
    "benchmarks.__main__", "benchmarks.audio", "benchmarks.doctor", "benchmarks.pages",
    "evaluation.__main__", "scale.__main__", "screenshots.__main__",
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_loads_without_settings(program: str) -> None:
    environment = {**os.environ}
    environment.pop("DJANGO_SETTINGS_MODULE", None)

    loaded = subprocess.run(
        [sys.executable, "-c", f"import tests.{program}"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert (loaded.returncode, loaded.stderr) == (0, "")


def test_benchmarks_measure_every_language() -> None:
    assert set(LANGUAGES) == {code for code, _name in settings.LANGUAGES}


needs_postgresql = pytest.mark.skipif(
    not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="measures on PostgreSQL"
)


@pytest.mark.slow
@needs_postgresql
def test_load_is_measured_without_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "cache_folder", lambda: tmp_path)
    small = {"ATTEMPTS": 2000, "PEOPLE": 5, "ROUNDS": 1, "REQUESTS": 20, "PAUSE_S": (0.0, 0.01)}
    for name, value in small.items():
        monkeypatch.setattr(load, name, value)

    try:
        rows = {row.name: row.ours for row in load.measure()}
    finally:
        databases.drop_databases(os.environ["DATABASE_URL"], "attempts-2000-")

    assert (rows["requests"], rows["errors"]) == (100, 0)


@pytest.mark.slow
@needs_postgresql
def test_throughput_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "ORDERS", 4)
    monkeypatch.setattr(throughput, "PROCESSES", (1,))

    rows = {row.name: row.ours for row in throughput.measure()}

    assert rows.keys() >= {"1 x worker, 8 threads each", "1 x worker, SQLite"}
    assert min(rows.values()) > 0


@pytest.mark.slow
def test_scale_test_runs() -> None:
    if not (shutil.which("valkey-server") or shutil.which("redis-server")):
        pytest.skip("neither Redis nor Valkey is installed")
    if not (shutil.which("postgres") or list(Path("/usr/lib/postgresql").glob("*/bin"))):
        pytest.skip("PostgreSQL is not installed")

    done = subprocess.run(
        [sys.executable, "-m", "tests.scale", "--attempts", "6", "--speeches", "2"],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
