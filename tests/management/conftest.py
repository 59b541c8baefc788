"""Fixtures of the command tests: a user, and a command that prints JSON."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from tests.factories import make_user
from tests.management.running_studio import ROOT, RunningStudio, StartStudio

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def person(db: None) -> User:
    return make_user("lea")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with --json; returns its exit code and what it printed."""

    def call(*arguments: str) -> tuple[int, Any]:
        code = 0
        try:
            call_command(*arguments, "--json")
        except SystemExit as end:
            code = int(end.code or 0)
        [line] = capsys.readouterr().out.splitlines()
        return code, json.loads(line)

    return call


SET_UP = """
import django
django.setup()
from django.core.management import call_command
from voicestudio.management import statics
call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
statics.collect_if_changed()
"""


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with tables and static files, which take seconds to create."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    subprocess.run(
        [sys.executable, "-c", SET_UP],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "voicestudio.settings",
            "VOICESTUDIO_ENV_FILE": "",
            "VOICESTUDIO_DATA_DIR": str(folder),
        },
        check=True,
        timeout=120,
    )
    return folder


@pytest.fixture
def start_studio(tmp_path: Path, prepared_folder: Path) -> Iterator[StartStudio]:
    """Starts studios, all on one copy of the prepared folder, and stops them after the test."""
    started: list[RunningStudio] = []
    folder = tmp_path / "data"
    shutil.copytree(prepared_folder, folder)

    def start(*options: str, **variables: str) -> RunningStudio:
        started.append(RunningStudio(folder, variables, options))
        return started[-1]

    yield start
    for studio in started:
        studio.stop()
