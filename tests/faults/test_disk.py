"""The disk is full or read-only, wherever a file or a row is written."""

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.faults.conftest import read
from tests.services.conftest import wav
from voicestudio.models import AudioFile
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
