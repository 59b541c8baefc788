"""Runs a module as a program that exits with its supervisor.

    python -m voicestudio.processes.child SUPERVISOR_PID PIPE MODULE [ARGUMENT ...]

No part of the studio outlives the supervisor, even if that is killed with SIGKILL.
"""

import os
import runpy
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1


def exit_with_parent(parent: int, pipe: int = -1) -> None:
    """Let this process receive SIGTERM when its parent dies.

    `pipe` is the read end of a pipe whose write end only the parent holds. It is used where the
    kernel cannot send the signal: the pipe is closed when the parent dies.
    """
    if sys.platform == "linux":
        import ctypes  # imported here, because it needs memory

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    elif pipe >= 0:
        threading.Thread(target=_wait_for_close, args=(pipe,), daemon=True).start()
    if os.getppid() != parent:  # the parent died before the call
        sys.exit("The supervisor has exited.")


def _wait_for_close(pipe: int) -> None:
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: list[str]) -> None:
    """Bind this process to its supervisor, then run the module."""
    parent, pipe, module, *rest = arguments
    exit_with_parent(int(parent), int(pipe))
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
