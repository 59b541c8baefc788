"""Web servers and workers, each like a machine of its own: a process and a data folder."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.management.running_studio import kill_at_once
from tests.scale.engines import free_port, wait_for

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Machine:
    """One `manage.py studio --web` or `--worker`."""

    role: str
    folder: Path
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    kills: int = 0

    def start(self) -> None:
        """Start it; a web server is waited for."""
        environment = {
            "PATH": os.environ["PATH"],
            "VOICESTUDIO_ENV_FILE": "",
            "VOICESTUDIO_DATA_DIR": str(self.folder / "data"),
            "PORT": str(self.port),
            **self.settings,
        }
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "studio", f"--{self.role}"],
                cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def wait(self) -> None:
        """Wait until a web server is ready."""
        wait_for(lambda: requests.get(f"{self.url}/readyz", timeout=5).raise_for_status())

    def kill(self) -> None:
        """Kill it with all its processes, as a machine dies, and start it again."""
        self.kills += 1
        if self.process is not None:
            kill_at_once(self.process.pid)
            self.process.wait()
        self.start()

    def stop(self) -> None:
        """Stop it in order."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            kill_at_once(self.process.pid)
            self.process.wait()

    @property
    def url(self) -> str:
        """The address of a web server."""
        return f"http://127.0.0.1:{self.port}"
