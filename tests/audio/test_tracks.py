"""Audio: of several tracks, the one with most speech is the recording."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from tests.audio import recordings
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room
from voicestudio.audio.cutting import cut
from voicestudio.audio.intake import ingest, inspect
from voicestudio.audio.playable import make_playable

VOICE = speech_in_room("English")[None, : 15 * RATE]
OTHERS = {
    "silence": 0 * VOICE,
    "hum": recordings.sine(15, RATE, pitch=50, level=0.5),
    "noise": (0.1 * np.random.default_rng(1).standard_normal(VOICE.shape)).astype(np.float32),
}


def write_tracks(path: Path, *sounds: recordings.Sound, kind: str = "m4a") -> Path:
    muxer, codec, sample_format = recordings.WRITERS[kind]
    with av.open(str(path), "w", format=muxer) as container:
        streams: list[Any] = [container.add_stream(codec, rate=RATE, layout="mono") for _ in sounds]
        packets = []
        for stream, sound in zip(streams, sounds, strict=True):
            stream.codec_context.open()
            size = stream.codec_context.frame_size
            resampler = AudioResampler(sample_format, "mono", RATE, frame_size=size)
            frame = AudioFrame.from_ndarray(sound, format="fltp", layout="mono")
            frame.sample_rate = RATE
            frames = [*resampler.resample(frame), *resampler.resample(None), None]
            packets += [packet for part in frames for packet in stream.encode(part)]
        container.mux(sorted(packets, key=lambda packet: packet.dts or 0))
    return path


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("kind", ["m4a", "mka"])
def test_track_with_the_voice_is_chosen(
    other: recordings.Sound, kind: str, folder: Path, tmp_path: Path
) -> None:
    path = write_tracks(tmp_path / "x", other, VOICE, 0 * VOICE, kind=kind)

    ingested = ingest(path, folder, purpose="voice_clone")

    alone = inspect(write_tracks(tmp_path / "y", VOICE, kind=kind))
    assert ingested.metadata.notes == [{"code": "track", "track": 2, "count": 3}]
    assert (ingested.metadata.codec, ingested.metadata.channels) == ("mp3", 1)
    assert ingested.metadata.loudness_db == pytest.approx(alone.loudness_db, abs=0.5)


def test_track_of_an_unknown_codec_is_passed_over(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "x", VOICE, VOICE)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"mp4a", b"xxxx", 1).replace(b"esds", b"free", 1))

    assert inspect(path).notes == [{"code": "track", "track": 2, "count": 2}]


def test_cuts_and_players_use_the_same_track(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "x", OTHERS["silence"], VOICE)

    cut(path, tmp_path / "cut", 0, 12_000)
    made = make_playable(path, tmp_path / "copy", duration_ms=15_000)

    assert made.written is True
    levels = [inspect(tmp_path / name).loudness_db for name in ("cut", "copy")]
    assert levels == pytest.approx([inspect(path).loudness_db] * 2, abs=1.5)


def test_single_track_has_no_note(tmp_path: Path) -> None:
    assert inspect(write_tracks(tmp_path / "x", VOICE)).notes == []
