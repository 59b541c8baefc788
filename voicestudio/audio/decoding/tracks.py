"""Audio: opens a recording; of several tracks, the one with the most speech."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..problems import AudioProblem
from .blocks import Block
from .containers import audio_tracks, open_container
from .decoder import Decoder

_TRACKS_MAX: Final = 8  # that are compared
_TRACK_JUDGED_S: Final = 600.0  # of each
_BLOCK_S: Final = 0.05
_WINDOW: Final = 40  # blocks, two seconds: speech has syllables and pauses in it
_AUDIBLE_DB: Final = -50.0
_MODULATION_DB: Final = 10.0  # between loud and quiet blocks of a window; hum and noise have less


@contextmanager
def open_recording(path: Path) -> Iterator[Decoder]:
    """A decoder for the recording in a file: of several tracks, for the one with most speech.

    Raises AudioProblem not_audio, damaged (it starts like audio but cannot be opened), video,
    no_audio or too_many_samples (see `rules.check_shape`).
    """
    with open_container(path) as (container, repair):
        tracks = audio_tracks(container)
        if len(tracks) == 1:
            yield Decoder(path, container, tracks[0], repair)
            return
    # The tracks of one container can only be decoded together, so it is opened for each of them.
    seconds = [_speech_of_track(path, number) for number in range(min(len(tracks), _TRACKS_MAX))]
    with _open_track(path, int(np.argmax(seconds))) as decoder:
        yield decoder


def _speech_of_track(path: Path, number: int) -> float:
    try:
        with _open_track(path, number) as decoder:
            return _speech_seconds(decoder.blocks(stop_after_s=_TRACK_JUDGED_S))
    except AudioProblem:
        return 0.0


@contextmanager
def _open_track(path: Path, number: int) -> Iterator[Decoder]:
    """A decoder for one of the tracks of `audio_tracks`."""
    with open_container(path) as (container, repair):
        yield Decoder(path, container, audio_tracks(container)[number], repair)


def _speech_seconds(blocks: Iterable[tuple[Block, int]]) -> float:
    """Roughly how long someone speaks in these blocks (channels, samples), each with its rate.

    The doctor measures speech exactly. This is only for comparing the tracks of one file, which
    must happen before one of them can be opened as the recording.
    """
    levels = [_levels_db(block, rate) for block, rate in blocks]
    level = np.concatenate([np.empty(0, np.float32), *levels])
    windows = level[: len(level) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    if not len(windows):
        return 0.0
    loud, quiet = np.percentile(windows, [90, 20], axis=1)
    spoken = (loud > _AUDIBLE_DB) & (loud - quiet > _MODULATION_DB)
    return float(np.count_nonzero(spoken)) * _WINDOW * _BLOCK_S


def _levels_db(block: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """The level (dBFS) of the loudest channel in each 50 ms."""
    length = max(1, round(rate * _BLOCK_S))
    whole = block.shape[1] // length * length
    steps = block[:, :whole].reshape(len(block), -1, length)
    power = np.einsum("ijk,ijk->ij", steps, steps).max(axis=0, initial=0.0) / length
    levels: NDArray[np.float32] = (10 * np.log10(power + 1e-12)).astype(np.float32)
    return levels
