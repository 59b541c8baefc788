"""Audio: suggestions for the best part of a recording and for a prompt clip."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio import recordings
from tests.audio.doctor import defects
from tests.audio.doctor.synthetic_speech import (
    RATE,
    VOICES,
    add_room_noise,
    dry_speech,
    speech_in_room,
)
from voicestudio.audio import Suggestion
from voicestudio.audio.analysis import analyze
from voicestudio.audio.cutting import cut
from voicestudio.audio.doctor.windows import moving_mean
from voicestudio.audio.intake import inspect

Clip = NDArray[np.float32]

HALF_S = 20
# After a change of the algorithm, test more: DEFECT_MIXES=1000.
MIXES = int(os.environ.get("DEFECT_MIXES", "40"))
LANGUAGES = tuple(VOICES)[:4]


def suggest(path: Path) -> Suggestion:
    return analyze(path, path.with_name("envelope"), suggest_from_ms=0).suggestion


def write_clip(path: Path, clip: Clip) -> Path:
    return recordings.write(path, clip.astype(np.float32)[None], RATE)


def add_random_defect(chance: np.random.Generator, clip: Clip) -> Clip:
    """The clip with audible noise, clipping, hum or clicks."""
    match chance.integers(4):
        case 0:
            sound = defects.white_noise(clip, chance.uniform(-42, -22))
        case 1:
            share = chance.uniform(0.97, 0.997)
            top = float(np.quantile(np.abs(clip), share))
            sound = np.clip(clip, -top, top) * np.float32(chance.uniform(0.3, 0.99) / top)
        case 2:
            mains = chance.choice([50, 60]) + chance.uniform(-0.1, 0.1)
            sound = defects.hum(clip, mains, chance.uniform(22, 42))
        case _:
            sound = defects.clicks(clip, int(len(clip) / RATE * chance.uniform(1, 4)))
    return sound.astype(np.float32)


def write_mix(path: Path, seed: int) -> tuple[float, float]:
    """Write a recording of which one half has a defect; returns start and end (s) of the other."""
    chance = np.random.default_rng(seed)
    halves = []
    for _ in range(2):
        clip = speech_in_room(str(chance.choice(LANGUAGES)), HALF_S)
        start = chance.integers(len(clip))
        halves.append(np.concatenate([clip[start:], clip[:start]]))
    good, bad = halves[0] * np.float32(10 ** (chance.uniform(-8, 0) / 20)), halves[1]
    bad = add_random_defect(chance, bad)
    good_first = bool(chance.integers(2))
    write_clip(path, np.concatenate([good, bad] if good_first else [bad, good]))
    return (0.0, HALF_S) if good_first else (HALF_S, 2 * HALF_S)


def test_suggestions_are_in_the_good_half(tmp_path: Path) -> None:
    inside = {"best": 0, "prompt": 0}
    for seed in range(MIXES):
        start, end = write_mix(tmp_path / "x", seed)
        suggestion = suggest(tmp_path / "x")
        for name, passage in (("best", suggestion.best), ("prompt", suggestion.prompt)):
            # The margin beside the first and last word may reach into the other half.
            if (
                passage is not None
                and start - 0.35 <= passage.start_ms / 1000
                and passage.end_ms / 1000 <= end + 0.35
            ):
                inside[name] += 1

    assert inside["best"] >= 0.95 * MIXES
    assert inside["prompt"] >= 0.95 * MIXES


def read_aloud(seed: int, sentences: int) -> Clip:
    """Sentences of many voices with pauses of about half a second between them."""
    chance = np.random.default_rng(seed)
    parts: list[Clip] = []
    for number in range(sentences):
        clip = dry_speech(LANGUAGES[(seed + number) % len(LANGUAGES)])
        # From the first word to the first pause of the voice after one second.
        quiet = moving_mean(np.abs(clip), RATE // 20) < 0.001
        start = int(np.flatnonzero(~quiet)[0])
        stops = np.flatnonzero(quiet[start + RATE :])
        count = RATE + (int(stops[0]) if len(stops) else 4 * RATE)
        pause = np.zeros(round(chance.uniform(0.45, 0.8) * RATE), np.float32)
        parts += [pause, clip[start : start + count]]
    return add_room_noise(np.concatenate([*parts, np.zeros(RATE // 2, np.float32)]))


@pytest.mark.parametrize("seed", range(5))
def test_prompt_clip_starts_and_ends_in_a_pause(tmp_path: Path, seed: int) -> None:
    clip = read_aloud(seed, 12)

    passage = suggest(write_clip(tmp_path / "x", clip)).prompt

    assert passage is not None
    assert 5_000 <= passage.end_ms - passage.start_ms <= 7_500
    power = moving_mean(clip**2, RATE // 40)
    for place_ms in (passage.start_ms, passage.end_ms):
        place = min(len(clip) - 1, round(place_ms / 1000 * RATE))
        assert 10 * np.log10(power[place]) < -48
    assert "in_pauses" in passage.reasons


def test_suggested_prompt_clip_is_acceptable(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "x", speech_in_room("English", 35))
    passage = suggest(path).prompt
    assert passage is not None

    cut(path, tmp_path / "y", passage.start_ms, passage.end_ms)

    metadata = inspect(tmp_path / "y", purpose="prompt_audio")
    assert metadata.acceptable is True
    assert 4_950 <= metadata.duration_ms <= 7_550


def test_best_part_of_a_long_recording_is_one_to_two_minutes(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "x", np.tile(speech_in_room("German", 40), 5))

    passage = suggest(path).best

    assert passage is not None
    assert 60_000 <= passage.end_ms - passage.start_ms <= 120_000


def test_best_part_of_a_short_recording_is_all_but_its_silence(tmp_path: Path) -> None:
    silence = add_room_noise(np.zeros(8 * RATE, np.float32))
    clip = np.concatenate([silence, speech_in_room("French", 20), silence])

    passage = suggest(write_clip(tmp_path / "x", clip)).best

    assert passage is not None
    assert passage.reasons == ["in_pauses", "all_of_it"]
    assert passage.start_ms == pytest.approx(8_000, abs=500)
    assert passage.end_ms == pytest.approx(28_000, abs=500)


@pytest.mark.parametrize(
    ("add_defect", "reason"),
    [
        (lambda clip: defects.white_noise(clip, -30), "least_noise"),
        (defects.clipped, "no_clipping"),
        (lambda clip: defects.hum(clip, 50, 27), "no_hum"),
        (lambda clip: defects.clicks(clip, 60), "no_clicks"),
    ],
    ids=["noise", "clipping", "hum", "clicks"],
)
def test_first_reason_is_the_defect_of_the_rest(
    tmp_path: Path, add_defect: Callable[[Clip], Clip], reason: str
) -> None:
    clip = speech_in_room("Italian", 35)
    path = write_clip(tmp_path / "x", np.concatenate([clip, add_defect(clip)]))

    passage = suggest(path).best

    assert passage is not None
    assert passage.reasons[0] == reason


@pytest.mark.parametrize("kind", ["silence", "tone", "noise", "short"])
def test_nothing_is_suggested_without_enough_speech(tmp_path: Path, kind: str) -> None:
    clip = {
        "silence": np.zeros(30 * RATE),
        "tone": recordings.sine(30, RATE)[0],
        "noise": 0.1 * np.random.default_rng(1).standard_normal(30 * RATE),
        "short": dry_speech("English")[: 4 * RATE],
    }[kind]

    assert suggest(write_clip(tmp_path / "x", clip)) == Suggestion()


@pytest.mark.parametrize("defect", ["telephone", "music behind", "drop-outs"])
@pytest.mark.parametrize("good_first", [True, False])
def test_best_part_avoids_the_half_with_a_defect(
    tmp_path: Path, defect: str, good_first: bool
) -> None:
    good = speech_in_room("German", HALF_S)
    bad = defects.DEFECTS[defect][1](speech_in_room("English", HALF_S))[: len(good)]
    halves = [good, bad] if good_first else [bad, good]

    passage = suggest(write_clip(tmp_path / "x", np.concatenate(halves))).best

    assert passage is not None
    start, end = (0.0, HALF_S) if good_first else (HALF_S, 2 * HALF_S)
    assert start - 0.35 <= passage.start_ms / 1000
    assert passage.end_ms / 1000 <= end + 0.35
