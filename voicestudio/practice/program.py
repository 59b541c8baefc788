"""Practice, program: the stand-in as a process of its own, with or without Django."""

import argparse
import errno
import signal
import sys
from pathlib import Path

from voicestudio.practice.server import StandIn


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--port", type=int, default=8001, help="the port to listen on")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--folder", type=Path, help="where files and voices last")


def run(*, port: int, host: str, folder: Path | None) -> None:
    """Serve until TERM or Ctrl-C; SystemExit with a sentence when the port cannot be had."""
    try:
        stand_in = StandIn(port=port, host=host, folder=folder)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SystemExit(f"Port {port} is in use: choose another one with --port.") from error
        raise SystemExit(f"The practice provider cannot start: {error.strerror}.") from error
    stand_in.calls_kept = 100

    def end(_number: int, _frame: object) -> None:
        stand_in.wake_to_stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    signal.set_wakeup_fd(stand_in.wake_number, warn_on_full_buffer=False)
    sys.stdout.write(f"Practice provider at {stand_in.url}: no real voice is cloned.\n")
    sys.stdout.flush()
    try:
        stand_in.serve_forever()
    finally:
        signal.set_wakeup_fd(-1)
        stand_in.stop()


def main(arguments: list[str] | None = None) -> None:
    """The command line of `python -m voicestudio.practice`."""
    parser = argparse.ArgumentParser(
        prog="python -m voicestudio.practice", description="Run the practice provider."
    )
    add_arguments(parser)
    given = parser.parse_args(arguments)
    run(port=given.port, host=given.host, folder=given.folder)
