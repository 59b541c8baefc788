"""The disk is full or read-only, wherever a file or a row is written."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files import temp
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from tests.faults.conftest import bill, heading, ledger, read
from tests.services.conftest import wav
from voicestudio.models import AudioFile
from voicestudio.practice.server import StandIn
from voicestudio.services import clones, worker
from voicestudio.services.clones import Order
from voicestudio.services.paid_calls import audio_download
from voicestudio.services.recordings import checks
from voicestudio.words import AUDIO_TROUBLES, TROUBLES, Trouble
from voicestudio.words.server_errors import DISK_FULL

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

type Fail = Callable[..., Any]


def fail_with(number: int) -> Fail:
    """A function that raises this error of the system."""

    def fail(*_args: Any, **_options: Any) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("script", [False, True])
def test_upload_that_cannot_be_stored_says_so(
    script: bool,
    number: int,
    browser: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(FileSystemStorage, "_save", fail_with(number))
    headers = {"HX-Request": "true"} if script else {}

    response = browser.post(
        "/recordings/", {"file": SimpleUploadedFile("a.wav", wav(12))}, headers=headers
    )

    assert response.status_code == 507
    assert read(response).count(str(DISK_FULL.next_step)) == 1
    assert f"The disk fails: OSError: [Errno {number}] {os.strerror(number)}" in caplog.messages
    assert AudioFile.objects.count() == 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("path", ["/recordings/", "/new/", "/clone-form/upload/"])
def test_upload_for_which_there_is_no_room_while_it_comes_says_so(
    path: str,
    number: int,
    browser: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Before it is stored, it is a temporary file."""
    monkeypatch.setattr(temp, "NamedTemporaryFile", fail_with(number))

    response = browser.post(path, {"file": SimpleUploadedFile("a.wav", wav(12))})

    assert (response.status_code, heading(DISK_FULL) in read(response)) == (507, True)
    assert any(line.startswith("The disk fails: ") for line in caplog.messages)
    assert AudioFile.objects.count() == 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_check_on_a_full_disk_can_be_repeated(
    number: int,
    recording: AudioFile,
    browser: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", fail_with(number))
        checks.run_check(recording.pk)

    page = read(browser.get(f"/recordings/{recording.pk}/"))
    assert page.count("This recording hasn't been checked.") == 1
    assert f"Recording {recording.pk} could not be checked." in caplog.messages
    assert browser.post(f"/recordings/{recording.pk}/check/").status_code == 302
    checks.run_check(recording.pk)
    recording.refresh_from_db()
    assert recording.verdict != ""


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_audio_that_cannot_be_stored_is_fetched_later(
    number: int,
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    browser: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempt = clones.submit(order(), by=person)
    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "_save", fail_with(number))
        clones.run_clone.call(attempt.pk)

    page = read(browser.get(f"/history/{attempt.pk}/"))
    message = AUDIO_TROUBLES["not_stored"]
    assert (page.count(str(message.headline)), page.count(str(message.next_step))) == (1, 1)
    assert f"The audio of cloneattempt {attempt.pk} could not be stored." in caplog.messages
    attempt.refresh_from_db()
    assert (attempt.is_ready, bool(attempt.audio)) == (True, False)

    audio_download.fetch_now(attempt, by=person)
    attempt.refresh_from_db()
    assert (bool(attempt.audio), len(standin.calls_of("voice_clone"))) == (True, 1)
    assert ledger() == bill(standin)


def test_full_disk_while_an_answer_is_committed_loses_nothing(
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    data_dir: Path,
    browser: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    def fail_after_the_answer(self: Any) -> None:
        if list((data_dir / "journal").glob("*.answer")):
            raise OperationalError("database or disk is full")
        commit(self)

    attempt = clones.submit(order(), by=person)
    with monkeypatch.context() as patch:
        patch.setattr(BaseDatabaseWrapper, "_commit", fail_after_the_answer)
        with pytest.raises(OperationalError):
            clones.run_clone.call(attempt.pk)
        worker.record_kept_answers(at_once=True)
        page = browser.post("/recordings/", {"file": SimpleUploadedFile("a.wav", wav(12))})
    assert (page.status_code, heading(DISK_FULL) in read(page)) == (507, True)
    assert "An answer stays in the journal." in caplog.messages
    assert "The disk fails: OperationalError: database or disk is full" in caplog.messages

    worker.record_kept_answers(at_once=True)

    attempt.refresh_from_db()
    assert (attempt.is_ready, len(standin.calls_of("voice_clone"))) == (True, 1)
    assert ledger() == bill(standin)


def test_nearly_full_disk_sends_nothing(
    order: Callable[..., Order],
    person: User,
    standin: StandIn,
    browser: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    attempt = clones.submit(order(), by=person)
    full = shutil.disk_usage("/")._replace(free=1)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _path: full)
        clones.run_clone.call(attempt.pk)

    page = read(browser.get(f"/history/{attempt.pk}/"))
    assert page.count(str(TROUBLES[Trouble.DISK_FULL].headline)) == 1
    assert f"voice_clone {attempt.pk} is not sent: disk_full: disk_full" in caplog.messages
    assert (standin.calls_of("voice_clone"), ledger(), bill(standin)) == ([], {}, {})
