"""Checks of recordings by the real analyzers, and jobs that were lost."""

import errno
import io
import threading
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY, Mock

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from huey.contrib.djhuey import HUEY

from tests.audio.recordings import sine, write
from tests.factories import make_checked_recording, make_recording
from tests.practice.recordings import encode_wav
from voicestudio.audio import CHECK_VERSION, isolated
from voicestudio.models import AudioFile, Origin, Project
from voicestudio.practice import examples
from voicestudio.services import clones, recordings, worker
from voicestudio.services.recordings import checks


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clean recording: the first example of practice mode."""
    return examples.example(1, tmp_path_factory.mktemp("examples"))


@pytest.fixture
def jobs() -> Iterator[Any]:
    """The queue, empty before and after."""
    HUEY.storage.flush_all()
    yield HUEY
    HUEY.storage.flush_all()


def with_hum(content: bytes, level: float = 0.03) -> bytes:
    """The same speech with the hum of the mains under it."""
    with wave.open(io.BytesIO(content)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    time = np.arange(len(samples)) / rate
    mains = sum(np.sin(2 * np.pi * 50 * tone * time) / tone for tone in (1, 2, 3))
    humming = np.clip(samples + level * mains, -1, 1)
    return encode_wav((humming * 32767).astype("<i2").tobytes(), rate)


def store_upload(
    content: bytes, by: User, name: str = "anna.wav", origin: Origin = Origin.UPLOADED
) -> AudioFile:
    upload = SimpleUploadedFile(name, content)
    return recordings.store_upload(
        upload, project=Project.first(), purpose="voice_clone", by=by, origin=origin
    )


def make_checked(content: bytes, by: User, *how: Any) -> AudioFile:
    recording = store_upload(content, by, *how)
    recordings.run_check(recording.pk)
    recording.refresh_from_db()
    return recording


def test_clean_speech_is_rated_good(spoken: bytes, person: User, data_dir: Path) -> None:
    recording = make_checked(spoken, person)

    assert (recording.verdict, recording.findings) == ("good", [])
    assert recording.duration_ms is not None
    assert recording.figures["duration_s"] == pytest.approx(recording.duration_ms / 1000, abs=0.05)
    assert recording.advice["noise_reduction"] is False
    assert Path(recording.envelope.path).stat().st_size > 0
    assert not recording.is_being_checked


def test_recording_of_safari_is_converted_and_checked(
    spoken: bytes, person: User, data_dir: Path, tmp_path: Path
) -> None:
    """A fragmented mp4 without a duration."""
    with wave.open(io.BytesIO(spoken)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    sound = (samples[None] / 32768).astype(np.float32)
    options = {"movflags": "frag_keyframe+empty_moov"}
    path = write(tmp_path / "x", sound, rate, kind="m4a", bit_rate=128_000, options=options)

    recording = make_checked(path.read_bytes(), person, "Recorded.mp4", Origin.RECORDED)

    assert (recording.origin, recording.converted_from) == ("recorded", "aac")
    assert Path(recording.file.path).suffix == ".mp3"
    assert recording.duration_ms == pytest.approx(len(samples) / rate * 1000, abs=100)
    assert (recording.verdict, recording.findings) == ("good", [])


def test_hum_is_found_with_advice(spoken: bytes, person: User, data_dir: Path) -> None:
    recording = make_checked(with_hum(spoken), person)

    first = recording.findings[0]
    assert first["code"] == "hum"
    assert sorted(first) == ["clean_copy_helps", "code", "from_s", "severity", "to_s", "value"]
    assert first["clean_copy_helps"] is True
    assert 0 <= first["from_s"] < first["to_s"] <= recording.figures["duration_s"]
    assert recording.advice["noise_reduction"] is True
    assert recording.advice["noise_reduction_because"] == "hum"
    assert recording.passages["best"]["end_ms"] > recording.passages["best"]["start_ms"]
    assert recording.refused_because == ""


def test_clean_copy_is_checked(spoken: bytes, person: User, data_dir: Path) -> None:
    original = make_checked(with_hum(spoken), person)

    copy = recordings.clean_recording(
        original, trim=False, level=False, dc_and_hum=True, mono=False, by=person
    )
    recordings.run_check(copy.pk)

    copy.refresh_from_db()
    assert copy.parent == original
    assert "hum" in copy.steps
    assert "hum" not in {finding["code"] for finding in copy.findings}


def test_compression_is_named_in_what_was_made_of_the_file(
    spoken: bytes, person: User, data_dir: Path, tmp_path: Path
) -> None:
    with wave.open(io.BytesIO(spoken)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    sound = (samples[None] / 32768).astype(np.float32)
    path = write(tmp_path / "x", sound, 16_000, kind="webm", bit_rate=16_000)

    converted = make_checked(path.read_bytes(), person, "Voice.webm", Origin.UPLOADED)
    copy = recordings.clean_recording(
        converted, trim=False, level=True, dc_and_hum=False, mono=False, by=person
    )
    recordings.run_check(copy.pk)

    copy.refresh_from_db()
    assert converted.converted_from == "opus"
    for recording in (converted, copy):
        assert recording.notes == [{"code": "low_bit_rate", "codec": "opus", "kbps": ANY}]
        assert "low_bit_rate" in {finding["code"] for finding in recording.findings}


@pytest.fixture
def humming(spoken: bytes, person: User, data_dir: Path) -> AudioFile:
    """A recording with hum, not checked yet."""
    return store_upload(with_hum(spoken), person)


def during_trial(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], object]) -> None:
    """Let something happen after a clean copy was tried, before the result is saved."""
    try_cleanup = isolated.try_cleanup

    def try_and_happen(*arguments: Any, **named: Any) -> Any:
        try:
            return try_cleanup(*arguments, **named)
        finally:
            happen()

    monkeypatch.setattr(isolated, "try_cleanup", try_and_happen)


def test_verdict_is_stored_before_a_clean_copy_is_tried(
    humming: AudioFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile = list[AudioFile]()
    during_trial(monkeypatch, lambda: meanwhile.append(AudioFile.objects.get(pk=humming.pk)))

    recordings.run_check(humming.pk)

    (before,), after = meanwhile, AudioFile.objects.get(pk=humming.pk)
    assert (before.verdict, before.is_being_checked) == (after.verdict, False)
    assert [each.is_trying_cleanup for each in (before, after)] == [True, False]
    assert [each.findings[0]["clean_copy_helps"] for each in (before, after)] == [None, True]
    assert before.findings[1:] == after.findings[1:]


@pytest.mark.django_db(transaction=True)
def test_trial_that_was_lost_is_made_up_for_without_a_new_check(
    humming: AudioFile, monkeypatch: pytest.MonkeyPatch, jobs: Any
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(isolated, "try_cleanup", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            recordings.run_check(humming.pk)
    long_ago = timezone.now() - checks.LOST_AFTER - timedelta(minutes=5)
    AudioFile.objects.filter(pk=humming.pk).update(check_started_at=long_ago)
    lost = AudioFile.objects.get(pk=humming.pk)
    jobs.storage.flush_all()

    assert (lost.is_being_checked, lost.is_trying_cleanup, bool(lost.verdict)) == (
        False, False, True,
    )  # fmt: skip
    assert (recordings.requeue_lost_checks(), jobs.pending_count()) == (1, 1)
    recordings.run_check(humming.pk)

    after = AudioFile.objects.get(pk=humming.pk)
    assert after.findings[0]["clean_copy_helps"] is True
    assert after.envelope.name == lost.envelope.name
    assert (after.checked_at is None, after.playable_at is None) == (False, False)


@pytest.mark.parametrize(("failures", "helps"), [(1, True), (2, None)])
def test_failed_trial_is_repeated_once(
    humming: AudioFile, monkeypatch: pytest.MonkeyPatch, failures: int, helps: bool | None
) -> None:
    errors = [OSError(errno.ENOSPC, "No space left on device")] * failures

    def fail() -> None:
        if errors:
            raise errors.pop()

    during_trial(monkeypatch, fail)

    recordings.run_check(humming.pk)

    after = AudioFile.objects.get(pk=humming.pk)
    assert (after.findings[0]["clean_copy_helps"], after.is_trying_cleanup) == (helps, False)
    assert after.checked_at is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"envelope": "envelopes/newer", "findings": [{"code": "hum", "severity": 1}]},
        {"file": "", "envelope": "", "deleted_at": timezone.now()},
    ],
    ids=["checked-again", "deleted"],
)
def test_trial_leaves_alone_what_changed_meanwhile(
    humming: AudioFile, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    rows = AudioFile.objects.filter(pk=humming.pk)
    during_trial(monkeypatch, lambda: rows.update(**changed))
    fields = ("findings", "checked_at", "trying_cleanup", *changed)

    recordings.run_check(humming.pk)

    after = rows.values(*fields).get()
    assert {name: after[name] for name in changed} == changed
    assert (after["checked_at"], after["trying_cleanup"]) == (None, True)
    assert not after["findings"][0].get("clean_copy_helps")


def test_progress_is_saved_during_a_check(
    spoken: bytes, person: User, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "HEARTBEAT_S", 0.0)
    recording = store_upload(spoken, person)
    assert recording.check_started_at is not None

    recordings.run_check(recording.pk)

    after = AudioFile.objects.get(pk=recording.pk)
    assert after.checked_ms == pytest.approx(recording.duration_ms, abs=50)
    assert after.check_started_at is not None
    assert after.check_started_at > recording.check_started_at  # a sign of life


def test_second_check_changes_nothing(spoken: bytes, person: User, data_dir: Path) -> None:
    recording = make_checked(spoken, person)
    before = recording.checked_at

    recordings.run_check(recording.pk)

    recording.refresh_from_db()
    assert recording.checked_at == before
    assert len(list(data_dir.rglob("*.envelope"))) == 1


def test_unreadable_file_gets_no_verdict(person: User, data_dir: Path) -> None:
    """The file was damaged on disk after the upload."""
    recording = make_recording(by=person, check_started_at=timezone.now())
    Path(recording.file.path).unlink()

    recordings.run_check(recording.pk)

    recording.refresh_from_db()
    assert (recording.verdict, recording.is_being_checked) == ("", False)
    assert recording.checked_at is not None


def test_check_of_a_deleted_recording_does_nothing(db: None) -> None:
    recordings.run_check(10**9)

    assert AudioFile.objects.count() == 0


# Copies for players ------------------------------------------------------------------------------


def long_aiff(path: Path) -> bytes:
    """Five minutes and a second, so that it is kept as it came."""
    return write(path, sine(301, 8_000), 8_000, kind="aiff").read_bytes()


def test_check_makes_a_playable_copy_that_is_deleted_with_the_recording(
    data_dir: Path, person: User, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    recording = make_checked(long_aiff(tmp_path / "x"), person, "talk.aiff")
    files = [Path(file.path) for file in (recording.file, recording.envelope, recording.playable)]

    assert [file.is_file() for file in files] == [True, True, True]
    assert files[2].suffix == ".mp3"
    assert recording.needs_cutting
    with django_capture_on_commit_callbacks(execute=True):
        recordings.delete_recording(recording, by=recording.created_by)
    assert [file.is_file() for file in files] == [False, False, False]


def test_recording_that_browsers_play_has_no_copy(
    spoken: bytes, person: User, data_dir: Path
) -> None:
    recording = make_checked(spoken, person)

    assert (recording.playable.name, recording.playable_at is None) == ("", False)


@pytest.mark.django_db(transaction=True)
def test_older_recording_gets_its_copy_when_it_is_played(
    data_dir: Path, person: User, jobs: Any
) -> None:
    older = make_recording(by=person, checked_at=timezone.now())

    for _range in range(3):  # a player asks for many
        recordings.ensure_playable(older)
    assert jobs.pending_count() == 1
    recordings.run_check(older.pk)
    older.refresh_from_db()
    recordings.ensure_playable(older)

    assert jobs.pending_count() == 1


# Asking again ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_new_recording_is_queued_for_a_check(
    spoken: bytes, data_dir: Path, person: User, jobs: Any
) -> None:
    recording = store_upload(spoken, person)

    assert jobs.pending_count() == 1
    assert recording.is_being_checked


@pytest.mark.django_db(transaction=True)
def test_check_again_queues_only_without_a_verdict(data_dir: Path, person: User, jobs: Any) -> None:
    silent = make_recording(by=person, checked_at=timezone.now(), checked_ms=1_000)

    assert recordings.check_again(silent, by=silent.created_by) is True
    silent.refresh_from_db()
    assert silent.checked_ms is None
    assert recordings.check_again(make_checked_recording("good", by=person), by=person) is False
    assert recordings.check_again(make_recording(by=person, held=False), by=person) is False
    assert jobs.pending_count() == 1


@pytest.mark.django_db(transaction=True)
def test_report_of_an_earlier_version_is_replaced_on_request(
    spoken: bytes, person: User, data_dir: Path, jobs: Any
) -> None:
    """It stays until the new one is there, also if the file can't be read any more."""
    recording = make_checked(spoken, person)
    old = {"verdict": "usable", "figures": {"hum_db": -41.0}}
    AudioFile.objects.filter(pk=recording.pk).update(**old)
    recording.refresh_from_db()

    assert recordings.check_again(recording, by=person) is True
    waiting = AudioFile.objects.get(pk=recording.pk)
    recordings.run_check(recording.pk)
    checked = AudioFile.objects.get(pk=recording.pk)

    assert (waiting.verdict, waiting.is_being_checked) == ("usable", True)
    assert (checked.verdict, checked.figures["check_version"]) == ("good", CHECK_VERSION)
    assert [path.name for path in data_dir.rglob("*.envelope")] == [
        Path(checked.envelope.path).name
    ]

    AudioFile.objects.filter(pk=recording.pk).update(**old, checked_at=None)
    Path(checked.file.path).unlink()
    recordings.run_check(recording.pk)
    unreadable = AudioFile.objects.get(pk=recording.pk)

    assert (unreadable.verdict, unreadable.envelope.name) == ("usable", checked.envelope.name)
    assert Path(unreadable.envelope.path).is_file()


@pytest.mark.django_db(transaction=True)
def test_worker_requeues_lost_checks_once(data_dir: Path, person: User, jobs: Any) -> None:
    long_ago = timezone.now() - checks.LOST_AFTER - timedelta(seconds=1)
    lost = make_recording(by=person, check_started_at=long_ago)
    make_recording(by=person, check_started_at=timezone.now())
    make_recording(by=person, check_started_at=long_ago, checked_at=timezone.now())
    make_recording(by=person, check_started_at=long_ago, held=False)

    worker.requeue_lost_calls()
    waiting = jobs.pending_count()
    jobs.storage.flush_all()
    worker.requeue_lost_calls()

    lost.refresh_from_db()
    assert (waiting, jobs.pending_count()) == (1, 0)
    assert lost.is_being_checked


def test_check_returns_its_thread_to_the_paid_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, checked = threading.Event(), list[int]()

    def check(pk: int) -> None:
        go_on.wait(30)
        checked.append(pk)

    monkeypatch.setattr(checks, "run_check", check)
    with ThreadPoolExecutor(2) as threads:
        monkeypatch.setattr(checks, "_threads", threads)
        for pk in (1, 2, 3, 3):
            checks.check_recording.call(pk)
        go_on.set()

    assert sorted(checked) == [1, 2, 3]


# What is refused before it costs anything --------------------------------------------------------


@pytest.mark.parametrize("code", ["too_short", "too_long", "silence", "damaged", "not_audio"])
def test_order_with_a_recording_that_minimax_refuses_is_refused(
    code: str, order: Any, db: None
) -> None:
    finding = {"code": code, "from_s": 0.0, "to_s": 0.0, "value": None, "severity": 3}
    hopeless = make_checked_recording("unusable", finding)

    with pytest.raises(clones.OrderRefused) as refusal:
        clones.submit(order(recording=hopeless), by=hopeless.created_by)

    assert refusal.value.field == "recording"


def test_order_with_an_unusable_prompt_clip_is_refused(order: Any, db: None) -> None:
    finding = {"code": "silence", "from_s": 0.0, "to_s": 0.0, "value": 0.0, "severity": 3}
    clip = make_checked_recording("unusable", finding, purpose="prompt_audio")

    with pytest.raises(clones.OrderRefused) as refusal:
        clones.submit(order(prompt_clip=clip, prompt_text="Hello."), by=clip.created_by)

    assert refusal.value.field == "prompt_clip"
    assert str(refusal.value.message.headline) == "This recording is silent."
