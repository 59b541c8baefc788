"""Audio: opens a recording; of several tracks, the one with the most speech."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..doctor.voice_signal import VoiceResampler, mix_to_mono
from ..problems import AudioProblem
from ..voice_activity import VoiceActivity, load_network
from .blocks import Block
from .containers import audio_tracks, open_container
from .decoder import Decoder

_TRACK_JUDGED_S: Final = 600.0  # of each track, or less if there are many
_ALL_JUDGED_S: Final = 4800.0
_BLOCK_S: Final = 0.05
_WINDOW: Final = 40  # blocks, two seconds: speech has syllables and pauses in it
_AUDIBLE_DB: Final = -50.0
_MODULATION_DB: Final = 10.0  # between loud and quiet blocks of a window; hum and noise have less


class TrackMeasure(NamedTuple):
    """Roughly how long someone speaks in the judged part of a track, and how long it is audible."""

    speech_s: float = 0.0
    audible_s: float = 0.0
    judged_s: float = 0.0

    @property
    def rank(self) -> tuple[int, int]:
        """Greater for a better track: one that is audible beats silence if nobody speaks.

        In whole seconds, so that of two tracks with about the same speech the first one is taken.
        """
        return round(self.speech_s), round(self.audible_s)


@contextmanager
def open_recording(path: Path) -> Iterator[Decoder]:
    """A decoder for the recording in a file: of several tracks, for the one with most speech.

    Raises AudioProblem not_audio, damaged (it starts like audio but cannot be opened), video,
    no_audio or too_many_samples (see `rules.check_shape`).
    """
    with open_container(path) as (container, repair):
        tracks = audio_tracks(container)
        if len(tracks) == 1:
            (stream,) = tracks.values()
            yield Decoder(path, container, stream, repair)
            return
    measured = measure_tracks(path)
    with _open_track(path, max(measured, key=lambda number: measured[number].rank)) as decoder:
        yield decoder


def measure_tracks(path: Path) -> dict[int, TrackMeasure]:
    """How much speech each readable track holds, by its number; in the first minutes of each.

    Raises AudioProblem like `open_recording`; a track that cannot be decoded counts as silent.
    """
    with open_container(path) as (container, _repair):
        numbers = list(audio_tracks(container))
    judged_s = min(_TRACK_JUDGED_S, _ALL_JUDGED_S / len(numbers))
    # The tracks of one container can only be decoded together, so it is opened for each of them.
    return {number: _measure_track(path, number, judged_s) for number in numbers}


def _measure_track(path: Path, number: int, judged_s: float) -> TrackMeasure:
    levels: list[NDArray[np.float32]] = []
    activity, resampler = VoiceActivity(load_network()), VoiceResampler()
    try:
        with _open_track(path, number) as decoder:
            for block, rate in decoder.blocks(stop_after_s=judged_s):
                levels.append(_levels_db(block, rate))
                for signal in resampler.add(mix_to_mono(block), rate):
                    activity.add(signal)
    except AudioProblem:
        return TrackMeasure()
    return _measure_levels(levels, activity, decoder.seconds)


@contextmanager
def _open_track(path: Path, number: int) -> Iterator[Decoder]:
    """A decoder for one of the tracks of `audio_tracks`."""
    with open_container(path) as (container, repair):
        yield Decoder(path, container, audio_tracks(container)[number], repair)


def _measure_levels(
    levels: Iterable[NDArray[np.float32]], activity: VoiceActivity, judged_s: float
) -> TrackMeasure:
    """Measure a track by its levels (dBFS) in each 50 ms of every block, and by its voices.

    The doctor measures speech exactly. This is only for comparing the tracks of one file, which
    must happen before one of them can be opened as the recording.
    """
    level = np.concatenate([np.empty(0, np.float32), *levels])
    step_s = judged_s / max(1, len(level))  # a little more, because the ends of blocks are left out
    audible = level > _AUDIBLE_DB
    audible_s = float(np.count_nonzero(audible)) * step_s
    odds = activity.log_odds(len(level), step_s)
    if odds is not None:
        speech_s = float(np.count_nonzero(audible & (odds > 0))) * step_s
        return TrackMeasure(speech_s, audible_s, judged_s)
    windows = level[: len(level) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    if not len(windows):
        return TrackMeasure(0.0, audible_s, judged_s)
    loud, quiet = np.percentile(windows, [90, 20], axis=1)
    spoken = (loud > _AUDIBLE_DB) & (loud - quiet > _MODULATION_DB)
    speech_s = float(np.count_nonzero(spoken)) * _WINDOW * step_s
    return TrackMeasure(speech_s, audible_s, judged_s)


def _levels_db(block: Block, rate: int) -> NDArray[np.float32]:
    """The level (dBFS) of the loudest channel in each 50 ms."""
    length = max(1, round(rate * _BLOCK_S))
    whole = block.shape[1] // length * length
    steps = block[:, :whole].reshape(len(block), -1, length)
    power = np.einsum("ijk,ijk->ij", steps, steps).max(axis=0, initial=0.0) / length
    levels: NDArray[np.float32] = (10 * np.log10(power + 1e-12)).astype(np.float32)
    return levels
