"""Audio: from any second of a long recording on, without decoding what lies before it.

This module imports PyAV: the rest of the house reaches it only through `decoding`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Final

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

# Decoders need a start-up: MP3 its bit reservoir, Opus 80 ms, HE-AAC some frames.
_BEFORE_S: Final = 1.0
_NEAR_S: Final = 20.0  # decoded in a few hundredths of a second: not worth a seek
_LATE_FRAMES: Final = 8  # a decoder may give some frames without a time after a seek


class Unseekable(Exception):  # noqa: N818 (a property of the file, not a mistake)
    """This container cannot bring us to the wanted place; begin again and decode everything."""


def frames_from(
    container: InputContainer,
    stream: AudioStream,
    frames: Callable[[], Iterator[AudioFrame]],
    from_s: float,
) -> Iterator[tuple[AudioFrame, int]]:
    """Frames of `stream`, the first of them with its count of samples that lie before `from_s`.

    `frames` decodes onwards from wherever the container stands. Sample n is the n-th that a
    decoder gives from the beginning, whatever time the container writes on it.
    """
    if from_s <= _NEAR_S:
        yield from _behind(frames(), 0, from_s)
        return
    first = list(islice(frames(), 3))
    if len(first) < 3 or first[0].pts is None or first[0].time_base is None:
        raise Unseekable
    base = first[0].time_base
    try:
        container.seek(
            round((from_s - _BEFORE_S) / base) + first[0].pts, stream=stream, backward=True
        )
    except (av.error.FFmpegError, OverflowError, ValueError):
        raise Unseekable from None
    following = frames()
    for frame in islice(following, _LATE_FRAMES):
        if frame.pts is not None:
            position = _position(first, float((frame.pts - first[0].pts) * base))
            break
    else:
        raise Unseekable
    if position < 0 or position > from_s * frame.sample_rate:
        raise Unseekable
    yield from _behind(chain([frame], following), position, from_s)


def _behind(
    frames: Iterator[AudioFrame], position: int, from_s: float
) -> Iterator[tuple[AudioFrame, int]]:
    """Leave out what lies before `from_s`; the first frame begins with sample `position`."""
    for frame in frames:
        skip = max(0, round(from_s * frame.sample_rate) - position)
        position += frame.samples
        if skip < frame.samples:
            yield frame, skip


def _position(first: list[AudioFrame], seconds: float) -> int:
    """The sample at which a frame begins that lies `seconds` behind the first one.

    Matroska writes its times in whole milliseconds. Where all frames are of one length, the true
    place is the one that such frames can have.
    """
    rate = first[0].sample_rate
    rough = seconds * rate
    base = first[0].time_base
    head, length = first[0].samples, first[1].samples
    if base is None or base * rate <= 1 or first[2].samples != length:
        return round(rough)
    place = head + round((rough - head) / length) * length
    return place if abs(place - rough) <= 2 * base * rate else round(rough)
