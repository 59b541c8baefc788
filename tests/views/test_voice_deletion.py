"""Deleting a voice: what is named, what must be typed, the result of each item."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_attempt, make_voice
from tests.services.conftest import make_provider_voice, store_at_provider
from voicestudio.models import AudioFile, Event, EventKind, Voice, VoiceState
from voicestudio.practice.server import Fault, StandIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


@pytest.fixture
def voice(user: User, standin: StandIn) -> Voice:
    return make_provider_voice(standin, by=user, speaker_name="Anna Larsen")


def _delete(client: Client, voice: Voice, **ticks: str) -> str:
    answer = client.post(
        f"/voices/{voice.pk}/delete/", {"confirmation": voice.voice_id} | ticks, follow=True
    )
    assert answer.redirect_chain == [(f"/voices/{voice.pk}/delete/", 302)]
    return answer.content.decode()


def test_deletion_page_lists_what_is_deleted(client: Client, voice: Voice) -> None:
    page = client.get(f"/voices/{voice.pk}/delete/").content.decode()

    assert "The voice can never speak again." in page
    assert "The preview." in page
    assert page.count(voice.attempt.recording.name) == 2
    assert (
        f'href="/voices/{voice.pk}/delete/"' in client.get(f"/voices/{voice.pk}/").content.decode()
    )


def test_shared_recording_is_kept(client: Client, voice: Voice, user: User) -> None:
    make_attempt(by=user, recording=voice.attempt.recording)

    page = client.get(f"/voices/{voice.pk}/delete/").content.decode()

    assert f"{voice.attempt.recording.name} is kept because another attempt uses it." in page
    assert 'name="files_there"' not in page  # nothing would be deleted
    assert 'name="files_here"' in page  # the preview


def test_deletion_page_has_a_fixed_number_of_queries(
    client: Client, voice: Voice, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _voice in range(5):
        make_voice(speaker=voice.speaker)

    # Who it is (2), lapsed calls (2), the voice, what is deleted (5), its cost.
    with django_assert_num_queries(11):
        client.get(f"/voices/{voice.pk}/delete/")


@pytest.mark.parametrize("typed", ["", "someone-else", "VOICE"])
def test_wrong_voice_id_deletes_nothing(
    typed: str, client: Client, voice: Voice, standin: StandIn
) -> None:
    answer = client.post(f"/voices/{voice.pk}/delete/", {"confirmation": typed, "files_here": "on"})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert page.count('id="delete-confirmation_error"') == 1
    assert '<input type="checkbox" name="files_here" id="delete-files_here" checked>' in page
    assert list(standin.voices) == [voice.voice_id]
    voice.refresh_from_db()
    assert voice.state == VoiceState.TEMPORARY


def test_each_item_has_a_result_and_the_row_stays(
    client: Client, voice: Voice, standin: StandIn, tmp_path: Path
) -> None:
    store_at_provider(standin, voice.attempt.recording, tmp_path)

    page = _delete(client, voice, files_there="on", files_here="on")

    items = page[page.index('id="deletion-result"') :]
    assert re.findall(r"<span>([A-Z][^<]+?)(?: <|<)", items)[:4] == [
        "Voice at MiniMax", "Uploaded file at MiniMax", "Our copy of the preview",
        "Our copy of the recording",
    ]  # fmt: skip
    assert page.count("deleted</span>") == 4
    assert "Retry what failed" not in page
    assert (standin.voices, standin.files) == ({}, {})
    shelf = client.get("/voices/?state=deleted").content.decode()
    assert voice.voice_id in shelf
    assert "<audio" not in shelf
    assert AudioFile.objects.exclude(file="").count() == 0


def test_deleting_twice_is_harmless(client: Client, voice: Voice) -> None:
    _delete(client, voice)

    again = _delete(client, voice)

    assert again.count("already deleted</span>") == 1
    assert Event.objects.filter(kind=EventKind.DELETED).count() == 1


def test_result_is_shown_once(client: Client, voice: Voice) -> None:
    _delete(client, voice)

    page = client.get(f"/voices/{voice.pk}/delete/").content.decode()

    assert 'id="deletion-result"' not in page
    assert "You can still delete what's left of it." in page


def test_failed_items_can_be_tried_again(client: Client, voice: Voice, standin: StandIn) -> None:
    standin.script("delete_voice", Fault(status_code=1013))

    failed = _delete(client, voice, files_here="on")

    assert "The voice couldn't be deleted" in failed
    assert "MiniMax has a problem on its side." in failed
    assert "Our copy of the audio is kept while the voice is still at MiniMax." in failed
    assert f'<input type="hidden" name="confirmation" value="{voice.voice_id}">' in failed
    assert '<input type="hidden" name="files_here" value="on">' in failed
    assert "Retry what failed" not in _delete(client, voice, files_here="on")


@pytest.mark.parametrize("is_staff", [True, False])
def test_failed_item_tells_an_administrator_what_to_do(
    client: Client, voice: Voice, standin: StandIn, user: User, is_staff: bool
) -> None:
    user.is_staff = is_staff
    user.save()
    standin.script("delete_voice", Fault(status_code=1008))

    page = _delete(client, voice)

    assert ("Tell an administrator" in page, "Top up the account" in page) == (
        not is_staff, is_staff,
    )  # fmt: skip


def test_gateway_without_deletion_shows_one_message(
    client: Client, voice: Voice, standin: StandIn
) -> None:
    for call in ("delete_voice", "files_delete"):
        standin.script(call, Fault(http_status=404, body="not found"))

    page = _delete(client, voice, files_there="on")

    assert page.count("This gateway can't delete") == 1
    assert "Retry what failed" not in page
    voice.refresh_from_db()
    assert voice.state == VoiceState.TEMPORARY
