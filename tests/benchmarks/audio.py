"""The cost of reading a recording, beside a bare PyAV loop in the same run.

    python -m tests.benchmarks.audio

Decodes, measures and draws five minutes of stereo as mp3, m4a and wav. Each figure is the best of
three child processes: CPU time of the work alone and of the whole process (with interpreter and
imports), and the highest memory of the process.
"""

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.child_process import measure_cost, print_cost, run_child

# Functions import PyAV and numpy themselves: a child's memory counts from its parent's, so that
# the parent process must stay small.
MINUTES = 5
KINDS = ("mp3", "m4a", "wav")


def decode(path: Path) -> None:
    """The baseline: decode all frames."""
    import av

    with av.open(str(path)) as container:
        for _ in container.decode(audio=0):
            pass


def read_metadata(path: Path) -> None:
    """Decode, measure and draw."""
    from voicestudio.audio import probe

    probe.read_metadata(path)


WORK = {"bare": decode, "ours": read_metadata}


def make(path: Path) -> None:
    """Write stereo speech-like sound in the container that the file is named after."""
    import numpy as np

    from tests.audio import recordings

    sound = np.tile(recordings.speech(20, channels=2), (1, MINUTES * 3))
    recordings.write(path, sound, kind=path.name, bit_rate=192_000)


def main() -> None:
    """Print the table."""
    print(f"{MINUTES} minutes, 44.1 kHz stereo: decode, measure, waveform (limits: 1 s, 70 MB)")
    head = ("", "bare", "ours", "ratio", "process", "bare", "ours", "ratio")
    print("{:5}{:>9}{:>9}{:>7}{:>10}{:>12}{:>10}{:>7}".format(*head))
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            path = Path(folder) / kind
            run_child("audio", "make", path)
            bare, ours = (measure_cost("audio", work, path) for work in WORK)
            print(
                f"{kind:5}{bare['work']:7.2f} s{ours['work']:7.2f} s"
                f"{ours['work'] / bare['work']:7.2f}{ours['whole']:8.2f} s"
                f"{bare['megabytes']:9.0f} MB{ours['megabytes']:7.0f} MB"
                f"{ours['megabytes'] / bare['megabytes']:7.2f}"
            )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", target]:
            make(Path(target))
        case [work, target]:
            print_cost(WORK[work], Path(target))
        case _:
            main()
