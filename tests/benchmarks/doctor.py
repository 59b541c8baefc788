"""What judging a recording costs: ours beside FFmpeg's own measuring, in the same run.

    python -m tests.benchmarks.doctor [MINUTES]

FFmpeg's measuring is `ebur128` with true peak and `astats`, fed by a bare decoding loop: loudness,
range, peaks, offset and noise floor, of everything that ours says. Each figure is the best of
three child processes: time of one core for the work alone and for the whole process (interpreter
and imports with it), and the highest memory. 2 s and 80 MB must hold for five minutes, and 1.5
times FFmpeg's time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.children import in_child, measured, tell

MINUTES = 5
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
    from voicestudio.audio import examine

    examine(path)


WORK = {"ffmpeg": ffmpeg, "ours": ours}


def make(path: Path, minutes: float) -> None:
    """A voice in a quiet room, in stereo, in the container that the file is named after."""
    import numpy as np

    from tests.audio import recordings
    from tests.audio.doctor import spoken

    clip = spoken.in_a_room("English", 30)
    times = np.arange(round(30 * RATE)) * spoken.RATE / RATE
    wide = np.interp(times, np.arange(len(clip)), clip).astype(np.float32)
    sound = np.tile(np.stack([wide, 0.8 * wide]), (1, round(2 * minutes)))
    recordings.write(path, sound, RATE, kind=path.name, bit_rate=192_000)


def main(minutes: float = MINUTES) -> None:
    """Print the table."""
    print(f"{minutes:g} minutes, 44.1 kHz stereo: the sample doctor's verdict")
    head = ("", "ffmpeg", "ours", "ratio", "process", "ffmpeg", "ours")
    print("{:5}{:>9}{:>9}{:>7}{:>10}{:>12}{:>10}".format(*head))
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            path = Path(folder) / kind
            # A child's memory counts from its parent's: this process stays small.
            in_child("doctor", "make", path, str(minutes))
            theirs, mine = measured("doctor", "ffmpeg", path), measured("doctor", "ours", path)
            print(
                f"{kind:5}{theirs['work']:7.2f} s{mine['work']:7.2f} s"
                f"{mine['work'] / theirs['work']:7.2f}{mine['whole']:8.2f} s"
                f"{theirs['megabytes']:9.0f} MB{mine['megabytes']:7.0f} MB"
            )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", target, length]:
            make(Path(target), float(length))
        case [("ffmpeg" | "ours") as who, target]:
            tell(WORK[who], Path(target))
        case [length]:
            main(float(length))
        case _:
            main()
