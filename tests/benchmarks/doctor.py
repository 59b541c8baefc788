"""What judging a recording costs: ours beside FFmpeg's own measuring, in the same run.

    python -m tests.benchmarks.doctor [MINUTES]

FFmpeg's measuring is `ebur128` with true peak and `astats`, fed by a bare decoding loop: loudness,
range, peaks, offset and noise floor, of everything that ours says. Each figure is the best of
three child processes: time of one core for the work alone and for the whole process (interpreter
and imports with it), and the highest memory. 2 s and 80 MB must hold for five minutes, and 1.5
times FFmpeg's time. Then two hours beside five minutes, once each, with picture and proposals, as
the worker has them judged: 80 MB must hold for both.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.child_process import measure_cost, print_cost, run_child

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


def ours(path: Path) -> None:
    """Verdict, findings and all figures."""
    from voicestudio.audio.doctor.run import check

    check(path)


def whole(path: Path) -> None:
    """Verdict, picture and proposals."""
    from voicestudio.audio.analysis import analyze

    analyze(path, path.with_suffix(".envelope"), suggest_from_ms=120_000)


WORK = {"ffmpeg": ffmpeg, "ours": ours, "whole": whole}


def make(path: Path, minutes: float) -> None:
    """A voice in a quiet room, in stereo, in the container that the file is named after."""
    import numpy as np

    from tests.audio import recordings
    from tests.audio.doctor import synthetic_speech

    clip = synthetic_speech.speech_in_room("English", 30)
    times = np.arange(round(30 * RATE)) * synthetic_speech.RATE / RATE
    wide = np.interp(times, np.arange(len(clip)), clip).astype(np.float32)
    sound = np.tile(np.stack([wide, 0.8 * wide]), (1, round(2 * minutes)))
    recordings.write(path, sound, RATE, kind=path.name, bit_rate=192_000)


def make_long(path: Path, minutes: float) -> None:
    """The same voice as mp3, its frames written again and again, which costs nothing."""
    import numpy as np

    from tests.audio import recordings
    from tests.audio.doctor import synthetic_speech

    sound = np.tile(synthetic_speech.speech_in_room("English", 30), (2, 10))
    bare = {"id3v2_version": "0", "write_xing": "0"}
    recordings.write(path, sound, synthetic_speech.RATE, kind="mp3", bit_rate=96_000, options=bare)
    frames = path.read_bytes()
    with path.open("wb") as file:
        for _ in range(round(minutes / MINUTES)):
            file.write(frames)


def long_beside_short(folder: Path) -> None:
    """Print what two hours cost beside five minutes."""
    costs = []
    for minutes in (MINUTES, LONG_MINUTES):
        path = folder / f"{minutes}"
        run_child("doctor", "make-long", path, str(minutes))
        costs.append(measure_cost("doctor", "whole", path, rounds=1))
    short, long = costs
    print(f"\n{LONG_MINUTES:g} minutes beside {MINUTES:g}, mp3: verdict, picture and proposals")
    print("{:>10}{:>10}{:>8}{:>11}{:>9}{:>8}".format(*2 * ("short", "long", "ratio")))
    print(
        f"{short['work']:8.2f} s{long['work']:8.2f} s{long['work'] / short['work']:8.2f}"
        f"{short['megabytes']:8.0f} MB{long['megabytes']:6.0f} MB"
        f"{long['megabytes'] / short['megabytes']:8.2f}"
    )


def main(minutes: float = MINUTES) -> None:
    """Print the tables."""
    print(f"{minutes:g} minutes, 44.1 kHz stereo: the sample doctor's verdict")
    head = ("", "ffmpeg", "ours", "ratio", "process", "ffmpeg", "ours")
    print("{:5}{:>9}{:>9}{:>7}{:>10}{:>12}{:>10}".format(*head))
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            path = Path(folder) / kind
            # A child's memory counts from its parent's: this process stays small.
            run_child("doctor", "make", path, str(minutes))
            theirs = measure_cost("doctor", "ffmpeg", path)
            mine = measure_cost("doctor", "ours", path)
            print(
                f"{kind:5}{theirs['work']:7.2f} s{mine['work']:7.2f} s"
                f"{mine['work'] / theirs['work']:7.2f}{mine['whole']:8.2f} s"
                f"{theirs['megabytes']:9.0f} MB{mine['megabytes']:7.0f} MB"
            )
        long_beside_short(Path(folder))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", target, length]:
            make(Path(target), float(length))
        case ["make-long", target, length]:
            make_long(Path(target), float(length))
        case [("ffmpeg" | "ours" | "whole") as who, target]:
            print_cost(WORK[who], Path(target))
        case [length]:
            main(float(length))
        case _:
            main()
