"""Without a browser all else is proved, and it is said so; where CI proves everything, it fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import NO_BROWSER, needs_browser

ROOT = Path(__file__).parent.parent


def collected(**variables: str) -> subprocess.CompletedProcess[str]:
    """What pytest says of the browser tests on a machine without any program on its path."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "tests/browser", "tests/test_readme.py"],
        cwd=ROOT, env={**kept, "PATH": "/nowhere", **variables}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "darwin", reason="there Chrome has a fixed place")
def test_missing_browser_is_said_in_one_line_and_the_rest_is_run() -> None:
    done = collected()

    assert done.stdout.count(NO_BROWSER) == 1
    assert "tests/browser" not in done.stdout
    assert "test_readme_lists_every_setting" in done.stdout
    assert done.returncode == 0


@pytest.mark.skipif(sys.platform == "darwin", reason="there Chrome has a fixed place")
def test_missing_browser_is_a_failure_in_ci() -> None:
    done = collected(CI="true")

    assert "CI=true, but no Chromium or Chrome works on this machine." in done.stderr
    assert done.returncode != 0


def test_run_that_wants_no_browser_has_no_test_of_one(request: pytest.FixtureRequest) -> None:
    ours = [item for item in request.session.items if needs_browser(item)]

    assert all(item.get_closest_marker("browser") for item in ours)
    assert not ours or "not browser" not in request.config.option.markexpr
