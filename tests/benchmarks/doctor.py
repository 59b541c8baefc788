"""The cost of checking a recording, beside FFmpeg's own measurements in the same run.

    python -m tests.benchmarks.doctor [MINUTES]

FFmpeg's filters `ebur128` with true peak and `astats` give loudness, range, peaks, offset and noise
floor, a part of our metrics. Each figure is the best of three child processes: CPU time of the work
alone and of the whole process (with interpreter and imports), and the highest memory. The limits
for five minutes are 2 s, 80 MB and 1.5 times FFmpeg's time. Then the whole analysis of two hours
beside that of five minutes, once each; the limit for both is 80 MB.
"""

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.child_process import measure_cost, print_cost, run_child

# Functions import PyAV and numpy themselves: a child's memory counts from its parent's, so that
# the parent process must stay small.
MINUTES = 5
LONG_MINUTES = 120
KINDS = ("mp3", "m4a", "wav")
RATE = 44_100


def ffmpeg(path: Path) -> None:
    """Loudness, true peak and statistics by FFmpeg's filters."""
    import av
    from av.filter import Graph

    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        graph = Graph()
        source = graph.add_abuffer(template=stream)
        loudness = graph.add("ebur128", "metadata=1:peak=true:framelog=quiet")
        statistics = graph.add("astats", "metadata=1")
        sink = graph.add("abuffersink")
        for first, second in ((source, loudness), (loudness, statistics), (statistics, sink)):
            first.link_to(second)
        graph.configure()
        for frame in container.decode(stream):
            source.push(frame)
            while True:
                try:
                    sink.pull()
                except (av.error.BlockingIOError, av.error.EOFError):
                    break


def check(path: Path) -> None:
    """The report."""
    from voicestudio.audio.doctor import run

    run.check(path)


def analyze(path: Path) -> None:
    """Report, envelope and suggestions."""
    from voicestudio.audio import analysis

    analysis.analyze(path, path.with_suffix(".envelope"), suggest_from_ms=120_000)


WORK = {"ffmpeg": ffmpeg, "ours": check, "whole": analyze}


def make(path: Path, minutes: float) -> None:
    """Write a voice in a quiet room, in stereo, in the container that the file is named after."""
    import numpy as np

    from tests.audio import recordings
    from tests.audio.doctor import synthetic_speech

    clip = synthetic_speech.speech_in_room("English", 30)
    places = np.arange(round(30 * RATE)) * synthetic_speech.RATE / RATE
    sound = np.interp(places, np.arange(len(clip)), clip).astype(np.float32)
    stereo = np.tile(np.stack([sound, 0.8 * sound]), (1, round(2 * minutes)))
    recordings.write(path, stereo, RATE, kind=path.name, bit_rate=192_000)


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


def print_long_and_short(folder: Path) -> None:
    """Print the cost of two hours beside that of five minutes."""
    costs = []
    for minutes in (MINUTES, LONG_MINUTES):
        path = folder / f"{minutes}"
        run_child("doctor", "make-long", path, str(minutes))
        costs.append(measure_cost("doctor", "whole", path, rounds=1))
    short, long = costs
    print(f"\n{LONG_MINUTES:g} minutes beside {MINUTES:g}, mp3: the whole analysis")
    print("{:>10}{:>10}{:>8}{:>11}{:>9}{:>8}".format(*2 * ("short", "long", "ratio")))
    print(
        f"{short['work']:8.2f} s{long['work']:8.2f} s{long['work'] / short['work']:8.2f}"
        f"{short['megabytes']:8.0f} MB{long['megabytes']:6.0f} MB"
        f"{long['megabytes'] / short['megabytes']:8.2f}"
    )


def main(minutes: float = MINUTES) -> None:
    """Print the tables."""
    print(f"{minutes:g} minutes, 44.1 kHz stereo: the report on a recording")
    head = ("", "ffmpeg", "ours", "ratio", "process", "ffmpeg", "ours")
    print("{:5}{:>9}{:>9}{:>7}{:>10}{:>12}{:>10}".format(*head))
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            path = Path(folder) / kind
            run_child("doctor", "make", path, str(minutes))
            bare, ours = (measure_cost("doctor", work, path) for work in ("ffmpeg", "ours"))
            print(
                f"{kind:5}{bare['work']:7.2f} s{ours['work']:7.2f} s"
                f"{ours['work'] / bare['work']:7.2f}{ours['whole']:8.2f} s"
                f"{bare['megabytes']:9.0f} MB{ours['megabytes']:7.0f} MB"
            )
        print_long_and_short(Path(folder))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", target, length]:
            make(Path(target), float(length))
        case ["make-long", target, length]:
            make_long(Path(target), float(length))
        case [("ffmpeg" | "ours" | "whole") as work, target]:
            print_cost(WORK[work], Path(target))
        case [length]:
            main(float(length))
        case _:
            main()
