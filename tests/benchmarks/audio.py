"""What looking at a recording costs: ours beside a bare PyAV loop, in the same run.

    python -m tests.benchmarks.audio

Decodes, measures and draws five minutes of stereo as mp3, m4a and wav. Each figure is the best of
three child processes: time of one core and highest memory, of the whole process (interpreter and
imports with it) and, for the time, of the work alone.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.child_process import measure_cost, print_cost, run_child

MINUTES = 5
KINDS = ("mp3", "m4a", "wav")


def bare(path: Path) -> None:
    """Decode and forget: the floor."""
    import av

    with av.open(str(path)) as container:
        for _ in container.decode(audio=0):
            pass


def ours(path: Path) -> None:
    """Decode, measure, draw."""
    from voicestudio.audio.probe import read_metadata

    read_metadata(path)


WORK = {"bare": bare, "ours": ours}


def make(path: Path) -> None:
    """Five minutes of speech-like stereo in the container that the file is named after."""
    import numpy as np

    from tests.audio import recordings

    minute = recordings.speech(20, channels=2)
    sound = np.tile(minute, (1, MINUTES * 3))
    recordings.write(path, sound, kind=path.name, bit_rate=192_000)


def main() -> None:
    """Print the table."""
    print(f"{MINUTES} minutes, 44.1 kHz stereo: decode, measure, waveform (1 s, 70 MB must hold)")
    head = ("", "bare", "ours", "ratio", "process", "bare", "ours", "ratio")
    print("{:5}{:>9}{:>9}{:>7}{:>10}{:>12}{:>10}{:>7}".format(*head))
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            path = Path(folder) / kind
            # A child's memory counts from its parent's: this process stays small.
            run_child("audio", "make", path)
            floor = measure_cost("audio", "bare", path)
            mine = measure_cost("audio", "ours", path)
            print(
                f"{kind:5}{floor['work']:7.2f} s{mine['work']:7.2f} s"
                f"{mine['work'] / floor['work']:7.2f}{mine['whole']:8.2f} s"
                f"{floor['megabytes']:9.0f} MB{mine['megabytes']:7.0f} MB"
                f"{mine['megabytes'] / floor['megabytes']:7.2f}"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(Path(sys.argv[2]))
    elif len(sys.argv) > 1:
        print_cost(WORK[sys.argv[1]], Path(sys.argv[2]))
    else:
        main()
