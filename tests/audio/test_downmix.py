"""Audio: several channels become one, and the voice keeps its level."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio import recordings
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room
from voicestudio.audio.cleanup import clean_up
from voicestudio.audio.cutting import cut
from voicestudio.audio.doctor.run import check
from voicestudio.audio.intake import ingest, inspect

VOICE = speech_in_room("English")[: 15 * RATE]
ROOM = 0.01 * VOICE[::-1]  # 40 dB below the voice
# The channels, front left and right, centre, LFE, back left and right.
CHANNELS = {
    "voice in the centre": [0 * VOICE, 0 * VOICE, VOICE, 0 * VOICE, 0 * VOICE, 0 * VOICE],
    "voice in the centre of a room": [ROOM, ROOM, VOICE, ROOM, -ROOM, ROOM],
    "voice in front": [VOICE, VOICE, 0 * VOICE, ROOM, ROOM, ROOM],
    "opposite front": [VOICE, -VOICE, ROOM, ROOM, ROOM, ROOM],
}


def level_of(path: Path) -> float:
    level = check(path).metrics["average_dbfs"]
    assert isinstance(level, float)
    return level


@pytest.fixture(scope="module")
def voice_level(tmp_path_factory: pytest.TempPathFactory) -> float:
    return level_of(recordings.write(tmp_path_factory.mktemp("v") / "x", VOICE[None], RATE))


@pytest.mark.parametrize("channels", CHANNELS.values(), ids=CHANNELS)
def test_copies_of_surround_sound_keep_the_level_of_the_voice(
    channels: list[NDArray[np.float32]], folder: Path, tmp_path: Path, voice_level: float
) -> None:
    path = recordings.write(tmp_path / "x", np.stack(channels), RATE, kind="flac")
    kept = ingest(path, folder, purpose="voice_clone").path
    cut(path, tmp_path / "cut", 0, 12_000)
    clean_up(path, tmp_path / "clean", level=False, trim=False, dc_and_hum=False)

    levels = [level_of(each) for each in (path, kept, tmp_path / "cut", tmp_path / "clean")]

    assert levels == pytest.approx([voice_level] * 4, abs=1.0)


def test_opposite_channels_become_one(folder: Path, tmp_path: Path, voice_level: float) -> None:
    """MiniMax would mix them to silence."""
    path = recordings.write(tmp_path / "x", np.stack([VOICE, -VOICE]), RATE)

    ingested = ingest(path, folder, purpose="voice_clone")

    assert ingested.metadata.channels == 1
    assert ingested.metadata.notes == [{"code": "opposite_phase"}]
    assert level_of(ingested.path) == pytest.approx(voice_level, abs=0.5)


def test_usual_stereo_stays_as_it_is(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x", np.stack([VOICE, 0.5 * VOICE]), RATE)

    assert (inspect(path).acceptable, inspect(path).notes) == (True, [])
