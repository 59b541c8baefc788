"""How each part of the studio is started: a module run as a program that ends with its supervisor.

    python -m voicestudio.processes.child SUPERVISOR_PID PIPE MODULE [ARGUMENT ...]

However the supervisor ends, be it by kill -9, no part of the studio outlives it.
"""

import os
import runpy
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1


def end_with(parent: int, pipe: int = -1) -> None:
    """Have this process told to end (SIGTERM) when its parent dies.

    `pipe` is the reading end of a pipe whose other end only the parent holds: on systems that
    cannot send a signal by themselves, its end is the parent's end.
    """
    if sys.platform == "linux":
        import ctypes  # only here: it is not small

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    elif pipe >= 0:
        threading.Thread(target=_wait_for_the_end, args=(pipe,), daemon=True).start()
    if os.getppid() != parent:  # it died before we could ask
        sys.exit("The studio's supervisor is gone.")


def _wait_for_the_end(pipe: int) -> None:
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: list[str]) -> None:
    """Bind this process to its supervisor, then become the wanted module."""
    parent, pipe, module, *rest = arguments
    end_with(int(parent), int(pipe))
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
