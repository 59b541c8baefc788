"""Workers: which of them live."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from voicestudio.models import Worker


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells a zombie apart")
def test_worker_that_nobody_has_buried_has_died() -> None:
    worker = Worker(host=socket.gethostname(), pid=os.getpid())
    living = worker.has_died_here
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        worker.pid = process.pid
        deadline = time.monotonic() + 30
        while not worker.has_died_here:  # nobody asks for the exit code meanwhile
            assert time.monotonic() < deadline
            time.sleep(0.02)

    assert not living
