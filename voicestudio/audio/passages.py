"""Audio: suggests the best part of a recording for a sample, and one for a prompt clip."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .doctor.frames import Frames
from .doctor.metrics import Measurements
from .doctor.speech import find_runs
from .passage_scores import PassageScores, score_steps
from .results import Passage, Suggestion

# Shortest, preferred and longest length. Source: provider.md, "Audio": a prompt clip lasts less
# than 8 s.
_BEST_S: Final = (10.0, 60.0, 120.0)
_PROMPT_S: Final = (5.0, 6.0, 7.5)
_TOO_SHORT_COST: Final = 4.0  # seconds of clean speech that a shorter passage must gain
_CUT_WORDS_COST: Final = 6.0  # the same, for a start and an end that may be within words
_PAUSE_S: Final = 0.25  # a plosive within a word is shorter
_MARGIN_S: Final = 0.3  # of silence before the first and after the last word
_EVERY_S: Final = 0.5  # between possible ends if there are no pauses
_SPEECH_MIN: Final = 0.3  # share of speech in a suggested passage
_PROMPT_SPEECH_MIN: Final = 0.55
_NOTABLE: Final = 0.4  # mean of a defect in the rest, from which it is a reason


@dataclass(frozen=True, slots=True)
class _Found:
    """A passage [start, end) in steps, and its score in seconds of clean speech."""

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a passage may start and end, in steps; both sorted."""

    starts: NDArray[np.intp]
    ends: NDArray[np.intp]


def suggest(measured: Measurements) -> Suggestion:
    """Suggest passages of an analyzed recording.

    `best` is the 60 to 120 s with the most clean speech, or less down to 10 s; None if nobody
    speaks for 10 s. It starts and ends in a pause if there are pauses. `prompt` is 5 to 7.5 s of
    clean speech from pause to pause, or None.
    """
    frames, scores = measured.frames, score_steps(measured)
    return Suggestion(_find_best(frames, scores), _find_prompt(frames, scores))


def _find_best(frames: Frames, scores: PassageScores) -> Passage | None:
    found = _highest_score(frames, scores, _pauses(frames, scores, edges=True), *_BEST_S)
    within_words = _highest_score(frames, scores, _regular_places(frames), *_BEST_S)
    if within_words and (not found or within_words.score > found.score + _CUT_WORDS_COST):
        found = within_words
    return _passage(frames, scores, found) if found else None


def _find_prompt(frames: Frames, scores: PassageScores) -> Passage | None:
    places = _pauses(frames, scores, edges=False)
    found = _highest_score(frames, scores, places, *_PROMPT_S, speech_min=_PROMPT_SPEECH_MIN)
    return _passage(frames, scores, found) if found else None


def _pauses(frames: Frames, scores: PassageScores, *, edges: bool) -> _Places:
    """A passage starts at the end of a pause and ends at the start of one.

    With `edges`, it may also start or end with the recording, even within a word.
    """
    shortest = round(_PAUSE_S / frames.step_s)
    margin = round(_MARGIN_S / frames.step_s)
    count = len(scores.speech)
    starts, ends = [], []
    for first, last in find_runs(~scores.speech):
        if last - first < shortest and first > 0 and last < count:
            continue
        middle = (first + last) // 2
        if last < count:
            starts.append(max(middle, last - margin) if first else max(0, last - margin))
        if first > 0:
            ends.append(min(middle, first + margin) if last < count else min(count, first + margin))
    if edges and count and scores.speech[0]:
        starts.insert(0, 0)
    if edges and count and scores.speech[-1]:
        ends.append(count)
    return _Places(np.array(starts, np.intp), np.array(ends, np.intp))


def _regular_places(frames: Frames) -> _Places:
    """A place every half second, for sound without pauses."""
    count = len(frames.speech)
    places = np.arange(0, count + 1, max(1, round(_EVERY_S / frames.step_s)), dtype=np.intp)
    if places[-1] < count:
        places = np.append(places, count)
    return _Places(places, places)


def _highest_score(
    frames: Frames,
    scores: PassageScores,
    places: _Places,
    shortest_s: float,
    preferred_s: float,
    longest_s: float,
    *,
    speech_min: float = _SPEECH_MIN,
) -> _Found | None:
    """The allowed passage with the highest score, or None."""
    if not len(places.starts) or not len(places.ends):
        return None
    starts, ends = frames.times(places.starts), frames.times(places.ends)
    start_score, end_score = _sums_before(scores.score, places)
    start_speech, end_speech = _sums_before(scores.speech, places)
    first = np.searchsorted(ends, starts + shortest_s, "left")
    last = np.searchsorted(ends, starts + longest_s, "right")
    found: _Found | None = None
    for index, (a, b) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        if a == b:
            continue
        length = ends[a:b] - starts[index]
        score = (end_score[a:b] - start_score[index]) * frames.step_s
        score = np.where(
            length < preferred_s, score - _TOO_SHORT_COST * (1 - length / preferred_s), score
        )
        speech = (end_speech[a:b] - start_speech[index]) * frames.step_s
        score[speech < speech_min * length] = -np.inf
        top = int(np.argmax(score))
        if score[top] > (found.score if found else -np.inf):
            place = (int(places.starts[index]), int(places.ends[a + top]))
            found = _Found(*place, float(score[top]))
    return found


def _sums_before(
    values: NDArray[np.float32] | NDArray[np.bool_], places: _Places
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sum of all values before each start and before each end."""
    sums = np.zeros(len(values) + 1)
    sums[1:] = values
    np.cumsum(sums, out=sums)  # in place: of other types, numpy makes a copy first
    return sums[places.starts], sums[places.ends]


def _passage(frames: Frames, scores: PassageScores, found: _Found) -> Passage:
    start_s, end_s = frames.times(np.array([found.start, found.end]))
    reasons = _reasons(scores, found.start, found.end)
    return Passage(round(float(start_s) * 1000), round(float(end_s) * 1000), reasons)


def _reasons(scores: PassageScores, start: int, end: int) -> list[str]:
    """How the passage differs from the rest of the recording, greatest difference first."""
    inside = np.zeros(len(scores.score), bool)
    inside[start:end] = True
    rest = ~inside
    reasons: dict[str, float] = {}
    for code, values in (
        ("least_noise", scores.noise),
        ("no_clipping", scores.clipping),
        ("no_hum", scores.hum),
        ("no_clicks", scores.clicks),
    ):
        passage_mean = float(values[inside].mean(dtype=np.float64))
        rest_mean = float(values[rest].mean(dtype=np.float64)) if rest.any() else 0.0
        if rest_mean > _NOTABLE and passage_mean < rest_mean / 3:
            reasons[code] = rest_mean - passage_mean
    found = sorted(reasons, key=lambda code: -reasons[code])
    is_speech = scores.speech
    if is_speech[rest].any() and is_speech[inside].mean() > is_speech[rest].mean() + 0.05:
        found.append("most_speech")
    if not is_speech[start] and not is_speech[end - 1]:
        found.append("in_pauses")
    if not is_speech[rest].any():
        found.append("all_of_it")
    return found
