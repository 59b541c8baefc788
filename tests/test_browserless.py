"""A machine without a browser runs all other tests; under CI=true it is a failure."""

import os
import subprocess
import sys

import pytest

from tests.conftest import NO_BROWSER, TESTS

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="there Chrome has a fixed place")


def collect(**variables: str) -> subprocess.CompletedProcess[str]:
    """Let pytest collect the browser tests with no program on its path."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "tests/browser", "tests/test_docs.py"],
        cwd=TESTS.parent, env={**kept, "PATH": "/nowhere", **variables}, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip


def test_missing_browser_leaves_out_only_the_browser_tests() -> None:
    done = collect()

    assert done.stdout.count(NO_BROWSER) == 1
    assert "tests/browser" not in done.stdout
    assert "tests/test_docs.py::" in done.stdout
    assert done.returncode == 0


def test_missing_browser_is_a_failure_in_ci() -> None:
    done = collect(CI="true")

    assert "CI=true, but no Chromium or Chrome works on this machine." in done.stderr
    assert done.returncode != 0
