"""The analysis of two hours needs little more memory than that of five minutes."""

import gc
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.audio import recordings
from tests.audio.doctor.conftest import codes
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room
from voicestudio.audio import voice_activity
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
# Of the 150 MB that a check may take, the libraries and the analysis of any length take some 70.
GROWN_MAX = 10 * MB  # after two hours, and the same again for the report


def growable_arrays() -> list[GrowableArray]:
    # type(), since isinstance() would open lazy objects that other tests left behind.
    return [each for each in gc.get_objects() if type(each) is GrowableArray]


def analyze(path: Path) -> tuple[Analyzers, Envelope, list[GrowableArray]]:
    """The analyzers at the end of a recording, and all arrays that have grown with it."""
    before = {id(each) for each in growable_arrays()}
    analyzers, envelope = Analyzers(), Envelope()
    with open_recording(path) as decoder:
        analyzers.run(decoder, longest_s=1e9, envelope=envelope)
    return analyzers, envelope, [each for each in growable_arrays() if id(each) not in before]


@pytest.fixture(autouse=True)
def long_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only of a short one, the sound is kept for the network until it is known to be needed."""
    monkeypatch.setattr(voice_activity, "_KEPT_S", 0.0)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return recordings.write(tmp_path / "x", speech_in_room("English")[None], RATE)


def test_only_growable_arrays_grow_during_the_analysis(clip: Path, tmp_path: Path) -> None:
    longer = np.tile(speech_in_room("English"), 6)[None]
    recordings.write(tmp_path / "longer", longer, RATE)
    analyze(clip)  # loads and creates what is needed once
    used = []
    for path in (clip, tmp_path / "longer"):
        gc.collect()
        tracemalloc.start()
        result = analyze(path)
        used.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        del result

    # tracemalloc does not count the memory maps of the arrays.
    assert used[1] - used[0] < 400 * 5 * CLIP_S


def test_report_and_suggestions_of_two_hours_need_little_memory(clip: Path) -> None:
    analyzers, _, arrays = analyze(clip)
    times = TWO_HOURS_S // CLIP_S
    for array in arrays:
        rows = array.rows.copy()
        for _ in range(times - 1 if len(rows) > 1 else 0):  # a single row is the start time
            array.append(rows)
    analyzers.levels.seconds *= times

    tracemalloc.start()
    report, measured = build_report(analyzers, {}, "voice_clone")
    suggestion = suggest(measured)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(measured.frames.speech) == TWO_HOURS_S * 20
    assert codes(report) == {"too_long"}
    assert suggestion.best is not None
    assert sum(array.rows.nbytes for array in arrays) < GROWN_MAX
    assert most < GROWN_MAX


def test_envelope_of_two_hours_needs_little_memory(tmp_path: Path) -> None:
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
