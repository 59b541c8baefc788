"""Practice, program: runs the stand-in as a process, with or without Django."""

import argparse
import errno
import signal
import sys
from pathlib import Path

from voicestudio.practice.server import StandIn


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command line."""
    parser.add_argument("--port", type=int, default=8001, help="the port to listen on")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--folder", type=Path, help="where files and voices are kept over restarts")


def run(*, port: int, host: str, folder: Path | None) -> None:
    """Serve until SIGTERM or Ctrl-C; raises SystemExit with a message when the port is in use."""
    try:
        stand_in = StandIn(port=port, host=host, folder=folder)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SystemExit(f"Port {port} is in use: choose another one with --port.") from error
        raise SystemExit(f"The practice provider cannot start: {error.strerror}.") from error
    stand_in.max_calls = 100

    def stop(_number: int, _frame: object) -> None:
        stand_in.request_stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    signal.set_wakeup_fd(stand_in.wakeup_fd, warn_on_full_buffer=False)
    sys.stdout.write(f"Practice provider at {stand_in.url}: no real voice is cloned.\n")
    sys.stdout.flush()
    try:
        stand_in.serve_forever()
    finally:
        signal.set_wakeup_fd(-1)
        stand_in.stop()


def main(arguments: list[str] | None = None) -> None:
    """Run the command line of `python -m voicestudio.practice`."""
    parser = argparse.ArgumentParser(
        prog="python -m voicestudio.practice", description="Run the practice provider."
    )
    add_arguments(parser)
    options = parser.parse_args(arguments)
    run(port=options.port, host=options.host, folder=options.folder)
