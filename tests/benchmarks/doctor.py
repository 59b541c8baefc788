"""The cost of checking a recording, beside FFmpeg's own measurements in the same run.

    python -m tests.benchmarks.doctor [MINUTES]

The program `ffmpeg` with its filters `ebur128`, `astats` and `silencedetect` gives loudness, range,
peaks, offset, noise floor and pauses, a part of our metrics. Each figure is the best of three child
processes, ours and FFmpeg in turn: CPU time of the whole process (with interpreter and imports),
and the highest memory. The limits are twice FFmpeg's time and 150 MB. A mono file at 16 kHz takes
FFmpeg least, the report nearly as long as any other; in noise, the network of the speech detector
runs, too. The row "start" is a child that only loads its libraries. The recording with a hum gets
its report in the same time; the trial of a clean copy, which follows, has no limit: the copy is
written, which needs several passes, and checked. Then, once, what a page does with two hours (also
envelope and suggested parts).
"""

import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.child_process import ROUNDS, measure_cost, print_cost, run_child

# Functions import PyAV and numpy themselves: a child's memory counts from its parent's, so that
# the parent process must stay small.
MINUTES = 5
LONG_MINUTES = 120
KINDS = ("mp3", "m4a", "wav")
RATE = 44_100
LOW_RATE = 16_000
FILTERS = "ebur128,astats,silencedetect"


def ffmpeg(path: Path) -> dict[str, float]:
    """The cost of the program `ffmpeg`: CPU time (s) and highest memory (MB)."""
    options = ["-v", "error", "-nostats", "-i", str(path), "-af", FILTERS, "-f", "null", "-"]
    process = subprocess.Popen(["ffmpeg", *options], stdin=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"ffmpeg ended with {process.returncode}")
    return {"whole": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}


def check(path: Path) -> None:
    """The report."""
    from voicestudio.audio.doctor import run

    run.check(path)


def analyze(path: Path) -> None:
    """Report, envelope and suggestions."""
    from voicestudio.audio import analysis

    analysis.analyze(path, path.with_suffix(".envelope"), suggest_from_ms=120_000)


def try_cleanup(path: Path) -> None:
    """The trial of a clean copy."""
    from voicestudio.audio import cleanup_trial

    copy = path.with_suffix(".copy")
    cleanup_trial.try_cleanup(path, copy, purpose="voice_clone", verdict="disappointing")


def start(_path: Path) -> None:
    """Nothing but what each child loads."""
    from voicestudio.audio.doctor import run

    assert callable(run.check)


WORK = {"start": start, "ours": check, "whole": analyze, "trial": try_cleanup}


def make(path: Path, minutes: float, *, humming: bool = False) -> None:
    """Write a voice in a quiet room, in stereo, in the container that the file is named after."""
    import numpy as np

    from tests.audio import recordings
    from tests.audio.doctor import defects, synthetic_speech

    clip = synthetic_speech.speech_in_room("English", 30)
    if humming:
        clip = defects.hum(clip, 50, 30)
    places = np.arange(round(30 * RATE)) * synthetic_speech.RATE / RATE
    sound = np.interp(places, np.arange(len(clip)), clip).astype(np.float32)
    stereo = np.tile(np.stack([sound, 0.8 * sound]), (1, round(2 * minutes)))
    recordings.write(path, stereo, RATE, kind=path.suffix[1:] or path.name, bit_rate=192_000)


def make_mono(path: Path, minutes: float, *, noise: float = 0.0) -> None:
    """Write the same voice in mono at 16 kHz, as speech recognizers have it."""
    import numpy as np

    from tests.audio import recordings
    from tests.audio.doctor import synthetic_speech

    clip = synthetic_speech.speech_in_room("English", 30)
    places = np.arange(round(30 * LOW_RATE)) * synthetic_speech.RATE / LOW_RATE
    sound = np.interp(places, np.arange(len(clip)), clip)
    sound += noise * np.random.default_rng(1).standard_normal(len(sound))
    mono = np.tile(sound.astype(np.float32), (1, round(2 * minutes)))
    recordings.write(path, mono, LOW_RATE, kind="wav")


def make_noisy(path: Path, minutes: float) -> None:
    """Write it in a noise that hides some words."""
    make_mono(path, minutes, noise=0.01)


def make_long(path: Path, minutes: float) -> None:
    """Write the same voice as mp3 whose frames are repeated, which takes no time."""
    import numpy as np

    from tests.audio import recordings
    from tests.audio.doctor import synthetic_speech

    sound = np.tile(synthetic_speech.speech_in_room("English", 30), (2, 10))
    options = {"id3v2_version": "0", "write_xing": "0"}
    rate = synthetic_speech.RATE
    recordings.write(path, sound, rate, kind="mp3", bit_rate=96_000, options=options)
    frames = path.read_bytes()
    with path.open("wb") as file:
        for _ in range(round(minutes / MINUTES)):
            file.write(frames)


def make_humming(path: Path, minutes: float) -> None:
    """Write the same voice with the mains and their harmonics under it."""
    make(path, minutes, humming=True)


MAKERS = {
    "make": make,
    "make-mono": make_mono,
    "make-noisy": make_noisy,
    "make-long": make_long,
    "make-humming": make_humming,
}


def print_row(name: str, work: str, path: Path, rounds: int) -> None:
    """Print one row of the table: the lowest figures of so many processes of each kind."""
    has_ffmpeg = shutil.which("ffmpeg") is not None
    pairs = [
        (
            measure_cost("doctor", work, path, rounds=1),
            ffmpeg(path) if has_ffmpeg else {"whole": math.nan, "megabytes": math.nan},
        )
        for _ in range(rounds)
    ]
    ours, bare = (
        {figure: min(cost[figure] for cost in costs) for figure in ("whole", "megabytes")}
        for costs in zip(*pairs, strict=True)
    )
    print(
        f"{name:26}{bare['whole']:7.2f} s{ours['whole']:7.2f} s"
        f"{ours['whole'] / bare['whole']:7.2f}"
        f"{bare['megabytes']:9.0f} MB{ours['megabytes']:7.0f} MB",
        flush=True,
    )


def main(minutes: float = MINUTES) -> None:
    """Print the table."""
    print("The report on a recording (limits: 2.00, 150 MB)")
    if shutil.which("ffmpeg") is None:
        print("The program ffmpeg is not installed: there is nothing to compare with.")
    head = ("", "ffmpeg", "ours", "ratio", "ffmpeg", "ours")
    print("{:26}{:>9}{:>9}{:>7}{:>12}{:>10}".format(*head))
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            path = Path(folder) / kind
            run_child("doctor", "make", path, str(minutes))
            print_row(f"{minutes:g} minutes, {kind}", "ours", path, ROUNDS)
        for name, maker in (("mono 16 kHz", "make-mono"), ("the same in noise", "make-noisy")):
            path = Path(folder) / maker
            run_child("doctor", maker, path, str(minutes))
            print_row(f"{minutes:g} minutes, {name}", "ours", path, ROUNDS)
        print_row("start", "start", path, ROUNDS)
        path = Path(folder) / "humming.wav"
        run_child("doctor", "make-humming", path, str(minutes))
        print_row(f"{minutes:g} minutes with hum, wav", "ours", path, ROUNDS)
        print_row("trial of a clean copy", "trial", path, ROUNDS)
        path = Path(folder) / "long"
        run_child("doctor", "make-long", path, str(LONG_MINUTES))
        print_row("2 hours, mp3", "whole", path, 1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [maker, target, length] if maker in MAKERS:
            MAKERS[maker](Path(target), float(length))
        case [work, target] if work in WORK:
            print_cost(WORK[work], Path(target))
        case [length]:
            main(float(length))
        case _:
            main()
