"""The measures of the files that the studio writes, and of which moments are speech."""

import numpy as np
import pytest

from tests.evaluation.speech_frames import speech_truth
from tests.evaluation.written_files import _clicks

RATE = 16_000


def bursts(*lengths_s: float) -> np.ndarray:
    """Noise and near silence in turn, starting with noise."""
    noise = np.random.default_rng(3).standard_normal(round(sum(lengths_s) * RATE)) * 0.1
    edges = np.cumsum([0, *(round(length * RATE) for length in lengths_s)])
    for start, end in zip(edges[1::2], edges[2::2], strict=False):
        noise[start:end] *= 0.001
    return noise.astype(np.float32)


def test_truth_fills_gaps_within_words_but_no_pauses() -> None:
    speech = speech_truth(bursts(1.0, 0.15, 1.0, 0.5, 1.0), RATE)

    assert np.flatnonzero(~speech).tolist() == list(range(43, 53))


@pytest.mark.parametrize(("first", "last", "clicks"), [(0.0, 0.0, 0), (0.5, 0.0, 1), (0.5, 0.4, 2)])
def test_cut_that_starts_or_ends_with_a_step_clicks(first: float, last: float, clicks: int) -> None:
    sound = np.sin(np.linspace(0, 20 * np.pi, 5_000)).astype(np.float32)
    sound[0], sound[-1] = first, last

    assert _clicks(sound) == clicks
