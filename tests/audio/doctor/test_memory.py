"""Two hours are judged in the memory of five minutes, but for some bytes a second."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room
from voicestudio.audio.decoding import open_recording
from voicestudio.audio.doctor.analyzers import Analyzers
from voicestudio.audio.doctor.run import build_report
from voicestudio.audio.envelope import Envelope
from voicestudio.audio.envelope_file import write_envelope
from voicestudio.audio.growable_array import GrowableArray
from voicestudio.audio.passages import suggest

TWO_HOURS_S = 7200
CLIP_S = 20
MB = 1_000_000


def heard(path: Path) -> tuple[Analyzers, Envelope, list[GrowableArray]]:
    """What is known of a recording at its end, and all that has grown with it."""
    before = {id(each) for each in gc.get_objects() if isinstance(each, GrowableArray)}
    listener, envelope = Analyzers(), Envelope()
    with open_recording(path) as decoder:
        listener.run(decoder, longest_s=1e9, envelope=envelope)
    grown = [each for each in gc.get_objects() if isinstance(each, GrowableArray)]
    return listener, envelope, [each for each in grown if id(each) not in before]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return recordings.write(tmp_path / "x", speech_in_room("English")[None], RATE)


def test_nothing_but_rows_grows_while_a_recording_is_heard(clip: Path, tmp_path: Path) -> None:
    longer = np.tile(speech_in_room("English"), 6)[None]
    recordings.write(tmp_path / "longer", longer, RATE)
    heard(clip)  # what is loaded or made once
    held = []
    for path in (clip, tmp_path / "longer"):
        gc.collect()
        tracemalloc.start()
        kept = heard(path)
        held.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        del kept

    # The rows lie outside of what is traced. What other threads hold does not count beside this.
    assert held[1] - held[0] < 400 * 5 * CLIP_S


@pytest.mark.slow
def test_two_hours_take_a_few_megabytes_to_their_verdict_and_proposals(clip: Path) -> None:
    listener, _, grown = heard(clip)
    times = TWO_HOURS_S // CLIP_S
    for each in grown:
        rows = each.rows.copy()
        for _ in range(times - 1 if len(rows) > 1 else 0):  # one: that it begins with 0 s
            each.append(rows)
    listener.levels.seconds *= times

    tracemalloc.start()
    report, measured = build_report(listener, {}, "voice_clone")
    found = suggest(measured.frames, listener.gaps)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(measured.frames.speech) == TWO_HOURS_S * 20
    assert [finding.code for finding in report.findings] == ["too_long"]
    assert found.best is not None
    assert sum(each.rows.nbytes for each in grown) < 8 * MB
    assert most < 8 * MB


def test_two_hours_take_a_few_megabytes_to_be_drawn(tmp_path: Path) -> None:
    envelope = Envelope()
    tone = recordings.sine(600, 1000)
    for _ in range(TWO_HOURS_S // 600):
        envelope.add(tone, 1000)

    tracemalloc.start()
    write_envelope(envelope.levels(), TWO_HOURS_S * 1000, tmp_path / "envelope")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (tmp_path / "envelope").stat().st_size > TWO_HOURS_S * 50
    assert most < 3.5 * MB
