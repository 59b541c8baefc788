"""A recording is deleted only after a question, by keyboard as well, and without JavaScript."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Studio
from tests.factories import make_recording
from voicestudio.models import AudioFile


@pytest.mark.parametrize("script", [True, False])
def test_recording_is_deleted_at_the_second_press(studio: Studio, script: bool) -> None:
    recording = make_recording(by=studio.user, name="anna.wav")
    page = studio.page(path="/recordings/", java_script_enabled=script)
    delete = page.get_by_role("button", name="Delete anna.wav")

    delete.press("Enter")
    question = page.get_by_role("dialog", name="Delete this recording?")
    expect(question).to_be_visible()
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    assert AudioFile.objects.filter(pk=recording.pk).exists()

    delete.click()
    question.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_role("heading", name="No recordings yet")).to_be_visible()
    assert not AudioFile.objects.filter(pk=recording.pk).exists()
