"""What every room's tests may ask for."""

from __future__ import annotations

import fcntl
import functools
import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from tests.dealing import deal

if TYPE_CHECKING:
    from tests.hearing import Children
    from tests.starting import Starter
    from tests.tables import Tables
    from voicestudio.practice.server import StandIn

# As in the child processes of the studio: several threads only wait for each other, busily.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

TESTS = Path(__file__).parent
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
NO_BROWSER = "No Chromium or Chrome works on this machine: the browser tests were left out."


@functools.cache
def browser_program() -> str | None:
    """The machine's Chromium or Chrome; run once to see that it is no empty shell."""
    for name in (os.environ.get("CHROMIUM", ""), *BROWSERS):
        program = shutil.which(name)
        if program is None:
            continue
        try:
            subprocess.run([program, "--version"], capture_output=True, check=True, timeout=30)
        except (OSError, subprocess.SubprocessError):
            continue
        return program
    return None


def browser_tests_lack_a_browser(config: pytest.Config) -> bool:
    """Are browser tests wanted that cannot run here?"""
    wanted = (TESTS / "browser").is_dir() and "not browser" not in config.option.markexpr
    return wanted and browser_program() is None


def pytest_configure(config: pytest.Config) -> None:
    """A missing browser is a failure where all must be proved."""
    if os.environ.get("CI") == "true" and browser_tests_lack_a_browser(config):
        raise pytest.UsageError("CI=true, but no Chromium or Chrome works on this machine.")


def needs_browser(item: pytest.Item) -> bool:
    """Does this test stand in the browser's room?"""
    return item.path.is_relative_to(TESTS / "browser")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of the browser's room, before pytest chooses by marks."""
    if needs_browser(item):
        item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """One process of the run compiles the tests; the others wait, and read what it has written."""
    with Path(__file__).open() as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(turn, fcntl.LOCK_SH)
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of the browser's room where there is no browser; deal the others."""
    ours = [item for item in items if needs_browser(item)]
    if ours and browser_tests_lack_a_browser(config):
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]
    items[:] = deal(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def pytest_collection_finish() -> None:
    """All that has been read so far stays: looking through it again and again takes seconds.

    What tests leave is mostly gone when they end; a tenth of their time went by looking for the
    rest after every few hundred objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(30_000, 20, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line that the browser tests were left out."""
    if browser_tests_lack_a_browser(terminalreporter.config):
        terminalreporter.write_line(NO_BROWSER, yellow=True)


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The program that Playwright is to start."""
    program = browser_program()
    assert program is not None  # else these tests were left out
    return program


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    """Starts programs of ours at little cost."""
    from tests.starting import Starter  # few tests ask for it

    one = Starter()
    yield one
    one.end()


@pytest.fixture(scope="session")
def audio_children() -> Iterator[Children]:
    """Begins audio children at little cost."""
    from tests.hearing import Children

    children = Children()
    yield children
    children.end()


@pytest.fixture(autouse=True)
def forked_audio_children(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Audio children are forks of one process, but for the tests of the children themselves."""
    if "voicestudio.audio.isolated" in sys.modules and request.path.name != "test_isolated.py":
        children = request.getfixturevalue("audio_children")
        monkeypatch.setattr("voicestudio.audio.isolated.subprocess", children)


@pytest.fixture(scope="session")
def shared_tables(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings: None
) -> Tables:
    """What this process shares with the others of the run."""
    from tests.tables import Tables  # Django is set up by now

    return Tables(tmp_path_factory.getbasetemp().parent)


@pytest.fixture(scope="session")
def django_db_keepdb(shared_tables: Tables) -> bool:
    """Whether the tables are there before Django would make them."""
    return shared_tables.taken_over()


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, shared_tables: Tables, django_db_blocker: DjangoDbBlocker
) -> None:
    """The database of the tests, which is handed on."""
    from tests.tables import forget_permissions  # Django is set up by now

    with django_db_blocker.unblock():
        shared_tables.hand_over()
    forget_permissions()


@pytest.fixture
def standin(settings: Settings) -> Iterator[StandIn]:
    """The stand-in provider on a free port of loopback, which the settings point to."""
    from voicestudio.practice.server import StandIn  # only the tests that ask wait for it

    with StandIn() as server:
        settings.MINIMAX_BASE_URL = server.url
        settings.MINIMAX_API_KEY = "practice"
        settings.PRACTICE_PORT = int(server.url.rpartition(":")[2])
        yield server


@pytest.fixture
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    """An empty data folder of the test's own."""
    folder = tmp_path / "data"
    settings.DATA_DIR = folder
    settings.MEDIA_ROOT = folder / "media"
    settings.FILE_UPLOAD_TEMP_DIR = folder / "incoming"
    for path in (settings.MEDIA_ROOT, settings.FILE_UPLOAD_TEMP_DIR):
        path.mkdir(parents=True)
    return folder


@pytest.fixture(autouse=True)
def _empty_queue() -> Iterator[None]:
    """No test finds the jobs of another one."""
    yield
    djhuey = sys.modules.get("huey.contrib.djhuey")
    if djhuey is not None:
        djhuey.HUEY.storage.flush_all()
