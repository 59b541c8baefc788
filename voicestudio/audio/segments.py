"""Audio: the samples between two moments of a recording, with one rate and channel count."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from .clip_writer import mix_channels
from .decoding import Block, Decoder, hop, open_recording
from .downmix import Downmix, Mix
from .seeking import Unseekable


def read_segment(path: Path, from_s: float, to_s: float) -> Iterator[tuple[Decoder, Block, int]]:
    """Blocks from `from_s` on, each with its decoder and its rate (Hz).

    The last block reaches beyond `to_s`. Raises AudioProblem like `open_recording`.
    """
    try:
        with open_recording(path) as decoder:
            for block, rate in decoder.blocks(from_s=from_s, stop_after_s=to_s):
                yield decoder, block, rate
        return
    except Unseekable:  # raised before the first block
        pass
    with open_recording(path) as decoder:
        decoded_s = 0.0
        for block, rate in decoder.blocks(stop_after_s=to_s):
            skip = max(0, round((from_s - decoded_s) * rate))
            decoded_s += block.shape[1] / rate
            if skip < block.shape[1]:
                yield decoder, block[:, skip:], rate


def read_mix(path: Path, *, from_s: float = 0.0, to_s: float, stereo: bool = False) -> Mix | None:
    """How to mix more than two channels down to one, judged by what is heard until `to_s`.

    With `stereo` also two channels; None for fewer. Only the first rate of the file is judged.
    """
    downmix: Downmix | None = None
    first_shape = (0, 0)
    for decoder, block, rate in read_segment(path, from_s, to_s):
        shape = (len(block), rate)
        if downmix is None:
            if len(block) == 1 or (len(block) == 2 and not stereo):
                return None
            first_shape = shape
            downmix = Downmix(len(block), hop(rate), decoder.channel_places)
        if shape != first_shape:
            break
        downmix.add(block)
    return downmix.weights() if downmix else None


def mix_down(blocks: Iterable[tuple[Block, int]], mix: Mix | None) -> Iterator[tuple[Block, int]]:
    """The same sound with the channels mixed; blocks of another channel count stay as they are."""
    for block, rate in blocks:
        yield (mix @ block if mix is not None and mix.shape[1] == len(block) else block), rate


def resample(blocks: Iterable[tuple[Block, int]], channels: int, to_rate: int) -> Iterator[Block]:
    """The same sound with 1 or 2 channels (see `mix_channels`) at `to_rate` Hz, without delay."""
    layout = "stereo" if channels == 2 else "mono"
    resampler: AudioResampler | None = None
    previous_rate = 0
    for block, rate in blocks:
        if rate != previous_rate and resampler is not None:
            yield from _push(resampler, None)
            resampler = None
        previous_rate = rate
        mixed = mix_channels(block, channels)
        if rate == to_rate:
            yield mixed
            continue
        resampler = resampler or AudioResampler("fltp", layout, to_rate)
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(mixed), format="fltp", layout=layout)
        frame.sample_rate = rate
        yield from _push(resampler, frame)
    if resampler is not None:
        yield from _push(resampler, None)


def regroup(
    blocks: Iterable[tuple[Block, int]], group_size: Callable[[int], int]
) -> Iterator[tuple[Block, int]]:
    """The same sound in blocks of whole groups of samples; only the last one of a rate may differ.

    `group_size` returns the number of samples in a group at a rate (Hz).
    """
    rest: Block | None = None
    rest_rate = 0
    for block, rate in blocks:
        if rest is not None and (rate != rest_rate or len(rest) != len(block)):
            yield rest, rest_rate
            rest = None
        joined = block if rest is None else np.concatenate([rest, block], axis=1)
        whole = joined.shape[1] // group_size(rate) * group_size(rate)
        rest = joined[:, whole:].copy() if whole < joined.shape[1] else None
        rest_rate = rate
        if whole:
            yield joined[:, :whole], rate
    if rest is not None:
        yield rest, rest_rate


def _push(resampler: AudioResampler, frame: AudioFrame | None) -> Iterator[Block]:
    for part in resampler.resample(frame):
        if part.samples:
            block: Block = part.to_ndarray().astype(np.float32, copy=False)
            yield block
