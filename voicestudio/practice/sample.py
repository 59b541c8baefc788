"""Practice, sample: how long an uploaded recording is and how high its speaker's voice."""

import math
import statistics
import wave
from array import array
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

PITCH_RATE = 4_000  # samples a second at which the pitch is looked for: enough, and quick
LISTENED_SECONDS = 6
LOWEST_HZ, HIGHEST_HZ = 60, 400
MOST_WINDOWS = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """What a recording turned out to be; None where it could not be told."""

    seconds: float | None
    pitch_hz: float | None
    damaged: bool = False


def listen(path: Path) -> Sample:
    """Length and median pitch of a recording; without PyAV only of WAV files."""
    try:
        # PyAV is heavy and optional: loaded by the first recording.
        import av
    except ImportError:
        return _listen_to_wave(path)
    heard = bytearray()
    seconds = 0.0
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                return Sample(None, None, damaged=True)
            stream = container.streams.audio[0]
            stated = (container.duration or 0) / av.time_base
            stated_truly = stated > 0 and _states_its_length(container.format.name, path)
            resampler = av.AudioResampler(format="s16", layout="mono", rate=PITCH_RATE)
            for packet in container.demux(stream):
                if packet.duration and packet.time_base:
                    seconds += float(packet.duration * packet.time_base)
                if len(heard) >= 2 * PITCH_RATE * LISTENED_SECONDS:
                    if stated_truly:
                        seconds = stated
                        break
                    continue  # only the length is still of interest
                try:
                    for frame in packet.decode():
                        assert isinstance(frame, av.AudioFrame)
                        for part in resampler.resample(frame):
                            heard += bytes(part.planes[0])[: 2 * part.samples]
                except av.FFmpegError:
                    continue  # one bad frame does not damage a recording
    except (av.FFmpegError, ValueError):
        return Sample(None, None, damaged=True)
    if not heard:
        return Sample(None, None, damaged=True)
    # An encoder pads its last frame, so the length that a file states is the truer one.
    if abs(stated - seconds) < 0.2:
        seconds = stated
    return Sample(seconds, pitch_of(array("h", heard), PITCH_RATE))


def _states_its_length(container: str, path: Path) -> bool:
    """Whether the length in the file's head was written there, not guessed from its bit rate."""
    if container != "mp3":
        return container == "wav" or "mp4" in container
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3":
            high, third, second, low = head[6:10]
            file.seek(10 + (high << 21 | third << 14 | second << 7 | low))
        first_frame = file.read(400)
    return b"Xing" in first_frame or b"Info" in first_frame


def _listen_to_wave(path: Path) -> Sample:
    """The same with the standard library alone: 16-bit WAV is understood, the rest is trusted."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, channels = file.getframerate(), file.getnchannels()
            seconds = file.getnframes() / rate
            if file.getsampwidth() != 2:
                return Sample(seconds, None)
            samples = array("h", file.readframes(rate * LISTENED_SECONDS))
    except (wave.Error, EOFError, ZeroDivisionError):
        named_wave = path.read_bytes()[:4] == b"RIFF"
        return Sample(None, None, damaged=named_wave)
    step = max(1, rate // PITCH_RATE)
    groups = zip(*[iter(samples[::channels])] * step, strict=False)
    means = array("h", (sum(group) // step for group in groups))
    return Sample(seconds, pitch_of(means, rate / step))


def pitch_of(samples: array[int], rate: float) -> float | None:
    """Median fundamental frequency (Hz) of the voiced parts, by autocorrelation; None if silent."""
    shortest, longest = int(rate / HIGHEST_HZ), int(rate / LOWEST_HZ)
    window = 2 * longest
    spots = len(samples) - window - longest
    if spots <= 0:
        return None
    values = samples.tolist()
    power = [0, *accumulate(value * value for value in values)]
    # The loudest of many windows are vowels, where a pitch can be told.
    starts = range(0, spots, max(window // 2, spots // (8 * MOST_WINDOWS)))
    loudest = sorted(starts, key=lambda at: power[at + window] - power[at], reverse=True)
    found: list[float] = []
    for at in loudest[:MOST_WINDOWS]:
        here = power[at + window] - power[at]
        if here < window * 100**2:  # -50 dBFS
            break
        piece = values[at : at + window]
        likeness = []
        for lag in range(shortest, longest):
            there = power[at + lag + window] - power[at + lag]
            product = math.sumprod(piece, values[at + lag : at + lag + window])
            likeness.append(product / math.sqrt(here * there + 1))
        best = max(likeness)
        if best < 0.7:
            continue
        # The shortest period that fits nearly as well: twice the period always fits too.
        lag = next(at for at, value in enumerate(likeness) if value > 0.9 * best)
        while lag + 1 < len(likeness) and likeness[lag + 1] > likeness[lag]:
            lag += 1
        found.append(rate / (shortest + lag + _summit(likeness, lag)))
    return statistics.median(found) if found else None


def _summit(likeness: list[float], at: int) -> float:
    """How far, in samples, the top of a parabola through three values stands from the middle."""
    if not 0 < at < len(likeness) - 1:
        return 0.0
    left, middle, right = likeness[at - 1 : at + 2]
    bend = left - 2 * middle + right
    return 0.5 * (left - right) / bend if bend < 0 else 0.0
