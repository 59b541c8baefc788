"""Where a prompt is speech and where room, and pauses made of a speaker's own room tone."""

from collections.abc import Iterator
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.evaluation.sounds import FRAME_S, Voice, a_weighted, frame_powers

_SPEECH_BELOW_DB: Final = 33.0  # softer frames before and after the loud ones are room
_ABOVE_ROOM_DB: Final = 8.0  # and so are those that are hardly louder than the softest
_PAUSE_S: Final = 0.35  # within a prompt, from which its parts are words of their own
_WORD_MIN_S: Final = 0.4
_EDGE_S: Final = 0.06  # that is kept before and after the speech: soft consonants
_TONE_MIN_S: Final = 0.12
_TONES_MIN: Final = 5  # with fewer pieces of room tone, their repetition would be heard
_CROSSFADE_S: Final = 0.01
_SOFTEST: Final = 3.0  # percent of all frames that show the noise of the room


def speech_spans(voice: Voice, rate: int) -> list[tuple[int, int]]:
    """The samples [start, end) of each word or phrase; a longer pause lies between them."""
    powers = frame_powers(a_weighted(voice, rate), rate) if len(voice) else np.empty(0)
    loud = float(np.percentile(powers, 95)) if len(powers) else 0.0
    soft = float(np.percentile(powers, 5)) if len(powers) else 0.0
    speech_min = max(
        loud * 10 ** (-_SPEECH_BELOW_DB / 10), soft * 10 ** (_ABOVE_ROOM_DB / 10), 1e-10
    )
    frames = np.flatnonzero(powers > speech_min)
    if not len(frames):
        return []
    size = round(FRAME_S * rate)
    breaks = np.flatnonzero(np.diff(frames) > _PAUSE_S / FRAME_S)
    starts = [frames[0], *frames[breaks + 1]]
    ends = [*frames[breaks], frames[-1]]
    return [
        (int(start) * size, (int(end) + 1) * size) for start, end in zip(starts, ends, strict=True)
    ]


def words_of(voice: Voice, rate: int) -> Iterator[Voice]:
    """The words of a prompt with a little room on both sides; clicks and single sounds left out."""
    edge = round(_EDGE_S * rate)
    for start, end in speech_spans(voice, rate):
        if end - start >= _WORD_MIN_S * rate:
            yield voice[max(0, start - edge) : end + edge]


def faded(voice: Voice, rate: int) -> Voice:
    """The sound with fades of 5 ms, so that a join is no click."""
    fade = min(round(0.005 * rate), len(voice) // 2)
    soft = voice.copy()
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    soft[:fade] *= ramp
    soft[len(soft) - fade :] *= ramp[::-1]
    return soft


class RoomTone:
    """The room of one speaker: recorded before and after the words, or noise of its spectrum."""

    def __init__(self, voices: list[Voice], rate: int) -> None:
        self._voices = voices
        self._rate = rate
        self._tones = [tone for voice in voices for tone in self._quiet_ends(voice)]

    def pause(self, count: int, chance: np.random.Generator) -> Voice:
        """So many samples of the room."""
        if len(self._tones) < _TONES_MIN:
            return faded(self._imitated(count, chance), self._rate)
        tone = np.zeros(0, np.float32)
        while len(tone) < count:
            piece = self._tones[chance.integers(len(self._tones))]
            tone = self._crossfaded(tone, piece) if len(tone) else piece
        return faded(tone[:count], self._rate)

    def _quiet_ends(self, voice: Voice) -> list[Voice]:
        spans = speech_spans(voice, self._rate)
        margin = round(2 * _EDGE_S * self._rate)
        ends = (
            [voice[: max(0, spans[0][0] - margin)], voice[spans[-1][1] + margin :]] if spans else []
        )
        return [part for part in ends if len(part) >= _TONE_MIN_S * self._rate and part.any()]

    def _crossfaded(self, first: Voice, second: Voice) -> Voice:
        fade = round(_CROSSFADE_S * self._rate)
        ramp = np.linspace(0, np.pi / 2, fade, dtype=np.float32)
        middle = first[-fade:] * np.cos(ramp) + second[:fade] * np.sin(ramp)
        return np.concatenate([first[:-fade], middle, second[fade:]])

    @cached_property
    def _softest(self) -> Voice:
        """The softest frames of all prompts: (frames, samples)."""
        size = round(FRAME_S * self._rate)
        frames = np.concatenate(
            [voice[: len(voice) // size * size].reshape(-1, size) for voice in self._voices]
        )
        powers = (frames**2).mean(axis=1)
        softest: Voice = frames[powers <= np.percentile(powers, _SOFTEST)]
        return softest

    def _imitated(self, count: int, chance: np.random.Generator) -> Voice:
        size = self._softest.shape[1]
        powers = np.abs(np.fft.rfft(self._softest * np.hanning(size))) ** 2
        shape = np.sqrt(powers.mean(axis=0))
        noise = np.fft.rfft(chance.standard_normal(count))
        places = np.linspace(0, 1, len(noise))
        tone: NDArray[np.float64] = np.fft.irfft(
            noise * np.interp(places, np.linspace(0, 1, len(shape)), shape), count
        )
        wanted = float((self._softest.astype(np.float64) ** 2).mean())
        scale = np.sqrt(wanted / max(float((tone**2).mean()), 1e-20))
        scaled: Voice = (tone * scale).astype(np.float32)
        return scaled
