"""Cuts and clean copies of real files."""

import hashlib
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from tests.factories import PEAKS, make_recording
from tests.practice.recordings import hum
from voicestudio.audio import AudioProblem, isolated, rules
from voicestudio.models import AudioFile, Origin, Purpose
from voicestudio.services import recordings


@pytest.fixture
def long(person: User, data_dir: Path) -> AudioFile:
    """A recording of forty seconds."""
    return make_recording(
        by=person, content=hum(40), duration_ms=40_000, name="talk.wav",
        codec="pcm_s16le", uploaded=False,
    )  # fmt: skip


def seconds_of(recording: AudioFile) -> float:
    with wave.open(recording.file.path, "rb") as file:
        return file.getnframes() / file.getframerate()


def cut_start(recording: AudioFile, by: User) -> AudioFile:
    return recordings.cut_recording(
        recording, start_ms=0, end_ms=12_000, purpose=Purpose.SAMPLE, by=by
    )


def fingerprint(recording: AudioFile) -> str:
    return hashlib.sha256(Path(recording.file.path).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "purpose"),
    [
        (0, 10_000, Purpose.SAMPLE),
        (12_300, 33_900, Purpose.SAMPLE),
        (25_000, 40_000, Purpose.SAMPLE),
        (3_000, 10_500, Purpose.PROMPT),
        (39_000, 40_000, Purpose.PROMPT),
    ],
)
def test_cut_is_a_child_of_the_chosen_length(
    person: User, long: AudioFile, start_ms: int, end_ms: int, purpose: str
) -> None:
    before = fingerprint(long)

    made = recordings.cut_recording(
        long, start_ms=start_ms, end_ms=end_ms, purpose=purpose, by=person
    )

    assert (made.parent, made.origin, made.from_ms, made.to_ms) == (
        long, Origin.CUT, start_ms, end_ms,
    )  # fmt: skip
    assert (made.purpose, made.created_by, made.needs_cutting) == (purpose, person, False)
    assert abs(seconds_of(made) * 1000 - (end_ms - start_ms)) <= 50
    assert fingerprint(long) == before


def test_cut_is_named_after_original_and_position(person: User, long: AudioFile) -> None:
    made = recordings.cut_recording(
        long, start_ms=5_000, end_ms=17_400, purpose=Purpose.SAMPLE, by=person
    )

    assert made.name == "talk (0:05–0:17).wav"


def test_same_cut_twice_returns_the_same_recording(person: User, long: AudioFile) -> None:
    first, again, other = (
        recordings.cut_recording(
            long, start_ms=start, end_ms=20_000, purpose=Purpose.SAMPLE, by=person
        )
        for start in (5_000, 5_000, 5_100)
    )

    assert (first == again, first == other, long.children.count()) == (True, False, 2)


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "purpose", "code"),
    [
        (0, 9_000, Purpose.SAMPLE, "too_short"),
        (0, 9_000, Purpose.PROMPT, "too_long"),
        (50_000, 70_000, Purpose.SAMPLE, "too_short"),
    ],
)
def test_refused_cut_stores_nothing(
    person: User,
    long: AudioFile,
    settings: Settings,
    start_ms: int,
    end_ms: int,
    purpose: str,
    code: str,
) -> None:
    with pytest.raises(AudioProblem) as problem:
        recordings.cut_recording(long, start_ms=start_ms, end_ms=end_ms, purpose=purpose, by=person)

    assert problem.value.code == code
    assert AudioFile.objects.count() == 1
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


@pytest.mark.parametrize(("start_ms", "end_ms"), [(5_000, 5_000), (9_000, 5_000), (-1, 15_000)])
def test_invalid_part_is_refused(person: User, long: AudioFile, start_ms: int, end_ms: int) -> None:
    with pytest.raises(ValueError, match="there is nothing between"):
        recordings.cut_recording(
            long, start_ms=start_ms, end_ms=end_ms, purpose=Purpose.SAMPLE, by=person
        )


@pytest.mark.parametrize("lost", [True, False])
def test_cut_without_a_file_is_refused(person: User, data_dir: Path, lost: bool) -> None:
    recording = make_recording(by=person, held=lost)
    if lost:
        Path(recording.file.path).unlink()

    with pytest.raises(recordings.FileMissing):
        recordings.cut_recording(
            recording, start_ms=0, end_ms=12_000, purpose=Purpose.SAMPLE, by=person
        )


def test_cut_survives_its_original(person: User, long: AudioFile) -> None:
    made = recordings.cut_recording(
        long, start_ms=0, end_ms=12_000, purpose=Purpose.SAMPLE, by=person
    )

    recordings.delete_recording(long, by=long.created_by)

    made.refresh_from_db()
    assert (made.parent, made.from_ms) == (None, 0)
    assert seconds_of(made) == pytest.approx(12, abs=0.05)


# The picture ------------------------------------------------------------------------------------


def test_waveform_bars_come_from_the_envelope(long: AudioFile, tmp_path: Path) -> None:
    drawn = tmp_path / "envelope"
    isolated.analyze(Path(long.file.path), drawn, suggest_from_ms=rules.LONG_MAX_MS)
    with drawn.open("rb") as content:
        long.envelope.save("talk.envelope", File(content))

    bars = recordings.waveform_bars(long, 10_000, 20_000, bars=50)

    assert (len(bars), min(bars) > 0, max(bars) <= 100) == (50, True, True)


@pytest.mark.parametrize("envelope", ["none", "gone", "damaged"])
def test_waveform_bars_are_coarse_without_an_envelope(long: AudioFile, envelope: str) -> None:
    if envelope == "gone":
        long.envelope.name = "envelopes/gone"
    elif envelope == "damaged":
        long.envelope.save("talk.envelope", ContentFile(b"damaged"))

    whole = recordings.waveform_bars(long, 0, 40_000, bars=110)
    window = recordings.waveform_bars(long, 20_000, 40_000, bars=55)
    behind = recordings.waveform_bars(long, 40_000, 50_000, bars=3)

    assert (whole, window, behind) == (PEAKS, PEAKS[55:], [0, 0, 0])


def test_clean_copy_is_a_child_with_its_steps(person: User, long: AudioFile) -> None:
    made = recordings.clean_recording(
        long, trim=False, level=True, dc_and_hum=False, mono=False, by=person
    )

    assert (made.parent, made.origin, made.steps) == (long, Origin.CLEANED, ["level"])


def test_same_options_twice_return_the_same_copy(person: User, long: AudioFile) -> None:
    def clean(**options: bool) -> AudioFile:
        none = {"trim": False, "level": False, "dc_and_hum": False, "mono": False}
        return recordings.clean_recording(long, **none | options, by=person)

    first, again, other = clean(level=True), clean(level=True), clean(level=True, mono=True)

    assert (first == again, first == other, long.children.count()) == (True, False, 2)


@pytest.mark.django_db(transaction=True)
def test_same_cut_at_once_makes_one_recording(person: User, long: AudioFile) -> None:
    def run(ask: Callable[[], AudioFile]) -> AudioFile:
        try:
            return ask()
        finally:
            connections.close_all()

    def clean() -> AudioFile:
        return recordings.clean_recording(
            long, trim=False, level=True, dc_and_hum=True, mono=True, by=person
        )

    cut = partial(cut_start, long, person)
    with ThreadPoolExecutor(4) as pool:
        cuts_and_copies = list(pool.map(run, [cut, clean, cut, clean]))

    kept = [Path(child.file.path) for child in long.children.all()]
    assert cuts_and_copies[0] == cuts_and_copies[2]
    assert cuts_and_copies[1] == cuts_and_copies[3]
    assert sorted(kept[0].parent.iterdir()) == sorted([*kept, Path(long.file.path)])


def test_deleted_cut_is_made_again(person: User, long: AudioFile) -> None:
    first = cut_start(long, person)
    AudioFile.objects.filter(pk=first.pk).update(deleted_at=timezone.now(), file="")

    again = cut_start(long, person)

    assert (again == first, again.has_file) == (False, True)
