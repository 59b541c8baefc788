"""Practice, sample: measures the length and the voice pitch of an uploaded recording."""

import math
import statistics
from array import array
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

PITCH_RATE = 4_000  # Hz; low, because autocorrelation is slow in plain Python
ANALYZED_SECONDS = 6
MIN_HZ, MAX_HZ = 60, 400
MAX_WINDOWS = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """The analysis of a recording; None where a value is unknown.

    `container` is the name of FFmpeg, which can be a list such as "mov,mp4,m4a".
    """

    seconds: float | None
    pitch_hz: float | None
    damaged: bool = False
    container: str = ""


def analyze_sample(path: Path) -> Sample:
    """Return length and median pitch of a recording."""
    import av  # imported here, because an idle stand-in should need little memory

    pcm = bytearray()
    seconds = 0.0
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                return Sample(None, None, damaged=True)
            format_name = container.format.name
            stream = container.streams.audio[0]
            stated_seconds = (container.duration or 0) / av.time_base
            is_reliable = stated_seconds > 0 and _has_reliable_length(format_name, path)
            resampler = av.AudioResampler(format="s16", layout="mono", rate=PITCH_RATE)
            for packet in container.demux(stream):
                if packet.duration and packet.time_base:
                    seconds += float(packet.duration * packet.time_base)
                if len(pcm) >= 2 * PITCH_RATE * ANALYZED_SECONDS:
                    if is_reliable:
                        seconds = stated_seconds
                        break
                    continue  # only the length is still needed
                try:
                    for frame in packet.decode():
                        assert isinstance(frame, av.AudioFrame)
                        for part in resampler.resample(frame):
                            pcm += bytes(part.planes[0])[: 2 * part.samples]
                except av.FFmpegError:
                    continue  # a single bad frame is ignored
    except (av.FFmpegError, ValueError):
        return Sample(None, None, damaged=True)
    if not pcm:
        return Sample(None, None, damaged=True)
    # Encoders pad the last frame, so the length in the header is the better value.
    if abs(stated_seconds - seconds) < 0.2:
        seconds = stated_seconds
    pitch_hz = measure_pitch(array("h", pcm), PITCH_RATE)
    return Sample(seconds, pitch_hz, container=format_name)


def _has_reliable_length(container: str, path: Path) -> bool:
    """Whether the header states the length; otherwise FFmpeg estimates it from the bit rate."""
    if container != "mp3":
        return container == "wav" or "mp4" in container
    with path.open("rb") as file:
        header = file.read(10)
        if header[:3] == b"ID3":
            high, third, second, low = header[6:10]
            file.seek(10 + (high << 21 | third << 14 | second << 7 | low))
        first_frame = file.read(400)
    return b"Xing" in first_frame or b"Info" in first_frame


def measure_pitch(samples: array[int], rate: float) -> float | None:
    """Return the median fundamental frequency (Hz) of voiced parts by autocorrelation, or None."""
    min_lag, max_lag = int(rate / MAX_HZ), int(rate / MIN_HZ)
    window = 2 * max_lag
    positions = len(samples) - window - max_lag
    if positions <= 0:
        return None
    values = samples.tolist()
    energy = [0, *accumulate(value * value for value in values)]
    # The loudest windows are vowels, whose pitch can be measured.
    starts = range(0, positions, max(window // 2, positions // (8 * MAX_WINDOWS)))
    loudest = sorted(starts, key=lambda at: energy[at + window] - energy[at], reverse=True)
    pitches: list[float] = []
    for at in loudest[:MAX_WINDOWS]:
        window_energy = energy[at + window] - energy[at]
        if window_energy < window * 100**2:  # -50 dBFS
            break
        segment = values[at : at + window]
        correlation = []
        for lag in range(min_lag, max_lag):
            lag_energy = energy[at + lag + window] - energy[at + lag]
            product = math.sumprod(segment, values[at + lag : at + lag + window])
            correlation.append(product / math.sqrt(window_energy * lag_energy + 1))
        best = max(correlation)
        if best < 0.7:
            continue
        # The shortest period that fits nearly as well: multiples of the period fit too.
        lag = next(at for at, value in enumerate(correlation) if value > 0.9 * best)
        while lag + 1 < len(correlation) and correlation[lag + 1] > correlation[lag]:
            lag += 1
        pitches.append(rate / (min_lag + lag + _peak_offset(correlation, lag)))
    return statistics.median(pitches) if pitches else None


def _peak_offset(correlation: list[float], at: int) -> float:
    """Return the offset in samples of the vertex of a parabola through three values."""
    if not 0 < at < len(correlation) - 1:
        return 0.0
    left, middle, right = correlation[at - 1 : at + 2]
    curvature = left - 2 * middle + right
    return 0.5 * (left - right) / curvature if curvature < 0 else 0.0
