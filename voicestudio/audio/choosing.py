"""Audio: the best part of what was heard, from pause to pause.

This module imports numpy: the rest of the house reaches it only through `passages`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .doctor.frames import Frames, frames
from .doctor.gaps import Gaps
from .doctor.speech import runs
from .merit import Merit, merit
from .passages import Passage, Suggestion

_BEST_S: Final = (10.0, 60.0, 120.0)  # hardly shorter than, gladly at least, at most
_PROMPT_S: Final = (5.0, 6.0, 7.5)
_TOO_SHORT_COST: Final = 4.0  # seconds of clean speech that a passage must gain by being short
_PAUSE_S: Final = 0.25  # a stop in the middle of a word is shorter
_AIR_S: Final = 0.3  # of silence left beside the first and the last word
_EVERY_S: Final = 0.5  # where there are no pauses
_SPEECH_LEAST: Final = 0.3  # share of a passage that is worth proposing
_PROMPT_SPEECH: Final = 0.55
_NOTABLE: Final = 0.4  # mean of what spoils the rest, from which it is a reason to leave it


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a passage may begin and end, in steps; both sorted."""

    starts: NDArray[np.intp]
    ends: NDArray[np.intp]


def suggestion(path: Path, *, longest_s: float) -> Suggestion:
    """See `passages.suggest`."""
    gaps = Gaps()
    heard = frames(path, longest_s=longest_s, beside=gaps.add)
    gaps.rest()
    return chosen(heard, gaps)


def chosen(heard: Frames, gaps: Gaps) -> Suggestion:
    """What to propose of a recording that was heard already."""
    worth = merit(heard, [*gaps.clicks, *(start for start, _ in gaps.dropouts)])
    return Suggestion(_best(heard, worth), _prompt(heard, worth))


def _best(frames: Frames, worth: Merit) -> Passage | None:
    for places in (_pauses(frames, worth, edges=True), _anywhere(frames)):
        found = _richest(frames, worth, places, *_BEST_S)
        if found is not None:
            return _passage(frames, worth, found)
    return None


def _prompt(frames: Frames, worth: Merit) -> Passage | None:
    places = _pauses(frames, worth, edges=False)
    found = _richest(frames, worth, places, *_PROMPT_S, least_speech=_PROMPT_SPEECH)
    return found and _passage(frames, worth, found)


def _pauses(frames: Frames, worth: Merit, *, edges: bool) -> _Places:
    """A passage begins at the end of a pause and ends at the beginning of one.

    With `edges`, a word with which the recording begins or ends is no reason to leave it.
    """
    shortest = round(_PAUSE_S / frames.step_s)
    air = round(_AIR_S / frames.step_s)
    count = len(worth.speech)
    starts, ends = [], []
    for first, last in runs(~worth.speech):
        if last - first < shortest and first > 0 and last < count:
            continue
        middle = (first + last) // 2
        if last < count:
            starts.append(max(middle, last - air) if first else max(0, last - air))
        if first > 0:
            ends.append(min(middle, first + air) if last < count else min(count, first + air))
    if edges and count and worth.speech[0]:
        starts.insert(0, 0)
    if edges and count and worth.speech[-1]:
        ends.append(count)
    return _Places(np.array(starts, np.intp), np.array(ends, np.intp))


def _anywhere(frames: Frames) -> _Places:
    """Every half second, for sound without pauses."""
    count = len(frames.speech)
    places = np.arange(0, count + 1, max(1, round(_EVERY_S / frames.step_s)), dtype=np.intp)
    if places[-1] < count:
        places = np.append(places, count)
    return _Places(places, places)


def _richest(
    frames: Frames,
    worth: Merit,
    places: _Places,
    least_s: float,
    wanted_s: float,
    most_s: float,
    *,
    least_speech: float = _SPEECH_LEAST,
) -> tuple[int, int] | None:
    """The stretch (steps) of `least_s` to `most_s` with the greatest sum of values, or None."""
    if not len(places.starts) or not len(places.ends):
        return None
    starts, ends = frames.times(places.starts), frames.times(places.ends)
    from_value, to_value = _until(worth.value, places)
    from_spoken, to_spoken = _until(worth.speech, places)
    first = np.searchsorted(ends, starts + least_s, "left")
    last = np.searchsorted(ends, starts + most_s, "right")
    found, highest = None, -np.inf
    for index, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        if a == b:
            continue
        length = ends[a:b] - starts[index]
        score = (to_value[a:b] - from_value[index]) * frames.step_s
        score = np.where(
            length < wanted_s, score - _TOO_SHORT_COST * (1 - length / wanted_s), score
        )
        speech = (to_spoken[a:b] - from_spoken[index]) * frames.step_s
        score[speech < least_speech * length] = -np.inf
        top = int(np.argmax(score))
        if score[top] > highest:
            highest = float(score[top])
            found = (int(places.starts[index]), int(places.ends[a + top]))
    return found


def _until(
    values: NDArray[np.float32] | NDArray[np.bool_], places: _Places
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sum of all values before each start and before each end."""
    until = np.zeros(len(values) + 1)
    np.cumsum(values, dtype=np.float64, out=until[1:])
    return until[places.starts], until[places.ends]


def _passage(frames: Frames, worth: Merit, found: tuple[int, int]) -> Passage:
    start_s, end_s = frames.times(np.array(found))
    reasons = _reasons(worth, *found)
    return Passage(round(float(start_s) * 1000), round(float(end_s) * 1000), reasons)


def _reasons(worth: Merit, start: int, end: int) -> list[str]:
    """What sets the stretch apart from the rest of the recording, the greatest difference first."""
    here = np.zeros(len(worth.value), bool)
    here[start:end] = True
    rest = ~here
    reasons: dict[str, float] = {}
    for code, values in (
        ("least_noise", worth.noise),
        ("no_clipping", worth.clipping),
        ("no_hum", worth.hum),
        ("no_clicks", worth.clicks),
    ):
        inside = float(values[here].mean(dtype=np.float64))
        outside = float(values[rest].mean(dtype=np.float64)) if rest.any() else 0.0
        if outside > _NOTABLE and inside < outside / 3:
            reasons[code] = outside - inside
    found = sorted(reasons, key=lambda code: -reasons[code])
    if worth.speech[rest].any() and worth.speech[here].mean() > worth.speech[rest].mean() + 0.05:
        found.append("most_speech")
    if not worth.speech[start] and not worth.speech[end - 1]:
        found.append("in_pauses")
    if not worth.speech[rest].any():
        found.append("all_of_it")
    return found
