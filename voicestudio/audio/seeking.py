"""Audio: decodes from any second of a long recording, without decoding what is before it."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

# Decoders need a warm-up: MP3 its bit reservoir, Opus 80 ms, HE-AAC some frames.
_WARM_UP_S: Final = 1.0
_NEAR_S: Final = 20.0  # is decoded within hundredths of a second, so no seek is needed
_LATE_FRAMES: Final = 8  # frames that a decoder may give without a time after a seek


class Unseekable(Exception):  # noqa: N818 (a property of the file, not an error)
    """This container cannot seek to the place; decode everything with a new decoder."""


def frames_from(
    container: InputContainer,
    stream: AudioStream,
    frames: Callable[[], Iterator[AudioFrame]],
    from_s: float,
) -> Iterator[tuple[AudioFrame, int]]:
    """Frames of `stream` from `from_s` on, each with its number of samples before `from_s`.

    `frames` decodes from the current position of the container. Sample n is the n-th sample that
    decoding from the start gives, whatever its time in the container. Raises Unseekable.
    """
    if from_s <= _NEAR_S:
        yield from _skip_until(frames(), 0, from_s)
        return
    first = list(islice(frames(), 3))
    if len(first) < 3 or first[0].pts is None or first[0].time_base is None:
        raise Unseekable
    base = first[0].time_base
    try:
        container.seek(
            round((from_s - _WARM_UP_S) / base) + first[0].pts, stream=stream, backward=True
        )
    except (av.error.FFmpegError, OverflowError, ValueError):
        raise Unseekable from None
    following = frames()
    for frame in islice(following, _LATE_FRAMES):
        if frame.pts is not None:
            position = _sample_at(first, float((frame.pts - first[0].pts) * base))
            break
    else:
        raise Unseekable
    if position < 0 or position > from_s * frame.sample_rate:
        raise Unseekable
    yield from _skip_until(chain([frame], following), position, from_s)


def _skip_until(
    frames: Iterator[AudioFrame], position: int, from_s: float
) -> Iterator[tuple[AudioFrame, int]]:
    """Skip what is before `from_s`; the first frame starts with sample `position`."""
    for frame in frames:
        skip = max(0, round(from_s * frame.sample_rate) - position)
        position += frame.samples
        if skip < frame.samples:
            yield frame, skip


def _sample_at(first: list[AudioFrame], seconds: float) -> int:
    """The sample at which a frame starts that is `seconds` after the first one.

    Matroska stores times in whole milliseconds. If all frames have one length, the exact position
    is the nearest multiple of that length.
    """
    rate = first[0].sample_rate
    estimate = seconds * rate
    base = first[0].time_base
    head, length = first[0].samples, first[1].samples
    if base is None or base * rate <= 1 or first[2].samples != length:
        return round(estimate)
    place = head + round((estimate - head) / length) * length
    return place if abs(place - estimate) <= 2 * base * rate else round(estimate)
