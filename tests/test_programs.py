"""Programs beside the tests: each can be loaded before there are settings, as `make` starts it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

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
