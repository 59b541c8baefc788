"""PostgreSQL, Redis and an S3 server on loopback, which can be killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import boto3
import psycopg
import redis

BUCKET = "studio"


def free_port() -> int:
    """A port of loopback that is not in use now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(answers: Callable[[], object], seconds: float = 60) -> None:
    """Wait until this raises nothing more."""
    end = time.monotonic() + seconds
    while True:
        try:
            answers()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


@dataclass
class Server:
    """A program that serves on a port of loopback."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = (self.folder / f"{type(self).__name__}.log").open("ab")
        with log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, **self.user())
        wait_for(self.ping)

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it by a signal."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def restart(self) -> None:
        """Kill it, leave it away for two seconds, start it again."""
        self.stop()
        time.sleep(2)
        self.start()

    def command(self) -> list[str]:
        """The program and its arguments."""
        raise NotImplementedError

    def user(self) -> dict[str, Any]:
        """As which user it runs, where it refuses to be root."""
        return {}

    def ping(self) -> None:
        """Raise an error unless it answers."""
        raise NotImplementedError


class Postgres(Server):
    """A cluster of its own, with nothing switched off that keeps data safe."""

    def command(self) -> list[str]:
        return [str(_postgres_bin() / "postgres"), "-D", str(self.folder / "cluster"),
                "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                "-c", "unix_socket_directories=", "-c", "max_connections=300"]  # fmt: skip

    def user(self) -> dict[str, Any]:
        return {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}

    def create(self) -> None:
        """Make the cluster and start it."""
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.folder.chmod(0o755)
        subprocess.run(
            [_postgres_bin() / "initdb", "-D", self.folder / "cluster", "-U", "studio",
             "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"],
            check=True, capture_output=True, cwd=self.folder, **self.user(),
        )  # fmt: skip
        self.start()

    def ping(self) -> None:
        psycopg.connect(self.url, connect_timeout=2).close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"postgres://studio@127.0.0.1:{self.port}/postgres"


class Redis(Server):
    """Redis or Valkey, which keeps nothing over a restart."""

    def command(self) -> list[str]:
        program = self.program() or "redis-server"
        return [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]

    @staticmethod
    def program() -> str | None:
        """The path of Valkey or Redis; None if neither is installed."""
        return shutil.which("valkey-server") or shutil.which("redis-server")

    def ping(self) -> None:
        with redis.Redis(port=self.port, socket_timeout=2) as client:
            client.ping()

    def empty(self) -> None:
        """Delete everything that it holds."""
        with redis.Redis(port=self.port) as client:
            client.flushall()

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"


class Bucket(Server):
    """moto's S3 server with one bucket; it keeps nothing over a restart, so it is never killed."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]

    def ping(self) -> None:
        socket.create_connection(("127.0.0.1", self.port), timeout=2).close()

    def create(self) -> None:
        """Start it and make the bucket."""
        self.start()
        client = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{self.port}", region_name="us-east-1",
            aws_access_key_id="key", aws_secret_access_key="secret",
        )  # fmt: skip
        client.create_bucket(Bucket=BUCKET)

    @property
    def url(self) -> str:
        """Its address, as STORAGE_URL."""
        return f"s3://{BUCKET}?endpoint=http://127.0.0.1:{self.port}&region=us-east-1"


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if found:
        return found[-1]
    program = shutil.which("postgres")
    if program is None:
        raise SystemExit("PostgreSQL is not installed.")
    return Path(program).parent


def end(*servers: Server) -> None:
    """End all of them."""
    for server in servers:
        with suppress(Exception):
            server.stop()
