"""Fixtures of the command tests: a user, and a command that prints JSON."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from tests.factories import make_user

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
