"""Fixtures and hooks for the tests of every room."""

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.utils import translation
from pytest_django.fixtures import Settings

# As in the studio's audio process; must be set before NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from voicestudio.audio import isolated
from voicestudio.practice.server import StandIn

if TYPE_CHECKING:
    from tests.openid_provider import OpenIDProvider

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
def find_browser() -> str | None:
    """Return a Chromium or Chrome that runs, or None. Some systems install an empty wrapper."""
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


def lacks_browser(config: pytest.Config) -> bool:
    """Whether this run includes browser tests but the machine has no browser."""
    return "not browser" not in config.option.markexpr and find_browser() is None


def pytest_configure(config: pytest.Config) -> None:
    """Fail under CI=true without a browser, because CI must run every test."""
    if os.environ.get("CI") == "true" and lacks_browser(config):
        raise pytest.UsageError("CI=true, but no Chromium or Chrome works on this machine.")


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marker
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests in tests/browser; leave them out on a machine without a browser."""
    browser_tests = [item for item in items if item.path.is_relative_to(TESTS / "browser")]
    for item in browser_tests:
        item.add_marker("browser")
    if browser_tests and lacks_browser(config):
        config.hook.pytest_deselected(items=browser_tests)
        items[:] = [item for item in items if item not in browser_tests]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print one line if the browser tests were left out."""
    if lacks_browser(terminalreporter.config):
        terminalreporter.write_line(NO_BROWSER, yellow=True)


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The browser that Playwright starts."""
    program = find_browser()
    assert program is not None  # otherwise the browser tests are left out
    return program


def answer_in_process(
    operation: str,
    arguments: dict[str, Any],
    timeout: float,
    progress: Callable[[float], None] | None = None,
    _file_bytes: int = 0,
) -> dict[str, Any]:
    """Do in this process what `isolated` does in a child: same JSON, but no limits."""
    from voicestudio.audio.__main__ import run_operation  # loads PyAV, which few tests need

    arguments = json.loads(json.dumps(arguments))
    if isolated.OPERATIONS[operation].reports_progress:
        arguments["progress"] = progress or (lambda _seconds: None)
    reply = json.dumps(run_operation(operation, arguments), default=str)
    return isolated._parse_reply(reply.encode(), status=0)


@pytest.fixture(autouse=True)
def _audio_in_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only tests marked `audio_child` start a process to read a recording."""
    if request.node.get_closest_marker("audio_child") is None:
        monkeypatch.setattr(isolated, "_call_child", answer_in_process)


@pytest.fixture(autouse=True)
def _forget_language() -> Iterator[None]:
    """A request leaves the language of its reader on the thread, also to the next test."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _empty_queue() -> Iterator[None]:
    """Remove the jobs that a test leaves in the queue."""
    yield
    djhuey = sys.modules.get("huey.contrib.djhuey")  # imported only by tests that enqueue
    if djhuey is not None:
        djhuey.HUEY.storage.flush_all()
        djhuey.HUEY.storage.close()  # an open connection would keep the test database alive


@pytest.fixture(autouse=True, scope="session")
def _compiled_catalogues() -> None:
    """The languages, as `manage.py studio` compiles them when it starts."""
    # Needs the settings; benchmarks and screenshots import this module before they have any.
    from voicestudio.management import catalogues

    catalogues.compile_if_changed()


@pytest.fixture(autouse=True, scope="session")
def _flush_lifts_audit_triggers() -> Iterator[None]:
    """Tests with `transaction=True` empty all tables afterwards, which the audit trail refuses.

    This lifts its triggers around the statement with which Django empties
    the tables, on both databases.
    """
    from django.db.backends.base.operations import BaseDatabaseOperations  # after the settings

    from voicestudio.models import audit_triggers

    flush = BaseDatabaseOperations.execute_sql_flush

    def flush_audit_trail_too(self: BaseDatabaseOperations, sql_list: list[str]) -> None:
        with audit_triggers.lifted(self.connection):
            flush(self, sql_list)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flush_audit_trail_too)
        yield


@pytest.fixture
def standin(settings: Settings) -> Iterator[StandIn]:
    """The stand-in provider on a free port of loopback, which the settings point to."""
    with StandIn() as server:
        settings.MINIMAX_BASE_URL = server.url
        settings.MINIMAX_API_KEY = "practice"
        settings.PRACTICE_PORT = int(server.url.rpartition(":")[2])
        yield server


@pytest.fixture
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    """An empty data folder for one test."""
    folder = tmp_path / "data"
    settings.DATA_DIR = folder
    settings.MEDIA_ROOT = folder / "media"
    settings.FILE_UPLOAD_TEMP_DIR = folder / "incoming"
    for path in (settings.MEDIA_ROOT, settings.FILE_UPLOAD_TEMP_DIR):
        path.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def _openid_server() -> "Iterator[OpenIDProvider]":
    """One provider for the whole run: it makes its keys once."""
    from tests.openid_provider import OpenIDProvider  # loads Flask, which few tests need

    with OpenIDProvider() as server:
        yield server


@pytest.fixture
def openid(_openid_server: "OpenIDProvider", settings: Settings) -> "OpenIDProvider":
    """An OpenID provider on loopback, which the settings point to."""
    _openid_server.reset()
    settings.OIDC_ISSUER = _openid_server.url
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "studio", "a secret"
    settings.OIDC_NAME = "Acme"
    return _openid_server


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """The address of an S3 server on loopback."""
    from moto.server import ThreadedMotoServer  # loads Flask, which few tests need

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_url: str, settings: Settings, tmp_path: Path) -> Any:
    """An empty bucket, in which the studio stores its files."""
    import boto3  # takes a while to load

    name = f"studio-{uuid4().hex}"
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    made = boto3.resource("s3", endpoint_url=s3_url, region_name="us-east-1", **keys).Bucket(name)
    made.create()
    settings.STORAGE_URL = f"s3://{name}/voices?endpoint={s3_url}&region=us-east-1"
    settings.STORAGE_CACHE_DIR = tmp_path / "cache"
    options = {
        "bucket_name": name, "location": "voices", "endpoint_url": s3_url,
        "region_name": "us-east-1", "access_key": "key", "secret_key": "secret",
    }  # fmt: skip
    storages = {
        "default": {"BACKEND": "voicestudio.services.storage.bucket.Bucket", "OPTIONS": options}
    }
    settings.STORAGES = {**settings.STORAGES, **storages}
    return made
