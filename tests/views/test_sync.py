"""Comparing with MiniMax: three lists, however long, and taking in."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_speaker, make_user, make_voice
from tests.services.conftest import make_provider_voice
from tests.views import HTMX
from tests.views.pages import text
from voicestudio.models import Voice, VoiceState
from voicestudio.practice.server import Fault, StandIn
from voicestudio.practice.store import ClonedVoice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


@pytest.fixture
def user(client: Client) -> User:
    """A signed-in administrator: others neither see all voices of the account nor import them."""
    person = make_user("lea", is_staff=True)
    client.force_login(person)
    return person


def _stranger(standin: StandIn, voice_id: str = "Stranger-1") -> None:
    standin.voices[voice_id] = ClonedVoice(voice_id, 1, None, 0, used_at=1)


def _compare(client: Client, **query: str) -> str:
    return client.post("/voices/compare/", query).content.decode()


def test_page_explains_and_sends_no_request(client: Client, user: User, standin: StandIn) -> None:
    page = client.get("/voices/compare/").content.decode()

    assert "This is free and changes nothing." in page
    assert standin.calls == []
    # The button stands in the box that explains it, and nowhere else.
    assert page.count('id="compare"') == 1
    assert 0 < page.index('class="empty"') < page.index('id="compare"')
    assert 'href="/voices/compare/"' in client.get("/voices/").content.decode()


def test_comparison_lists_voices_with_their_reason(
    client: Client, user: User, standin: StandIn
) -> None:
    _stranger(standin)
    _stranger(standin, "Both-1")
    make_voice("Both-1", kept_at=timezone.now())
    make_voice("Missing-1", kept_at=timezone.now())
    make_provider_voice(standin, by=user, voice_id="Unused-1")

    page = _compare(client)

    there, here = page.index('id="only-there"'), page.index('id="only-here"')
    both = page.index('id="both"')
    assert there < page.index("Stranger-1") < here < page.index("Missing-1") < both
    assert here < page.index("Unused-1") < both < page.index("Both-1")
    assert "Never used: MiniMax lists a voice after its first generated speech" in page
    assert "Missing: MiniMax should list it." in page


def test_gateway_without_a_list_shows_one_message(
    client: Client, user: User, standin: StandIn
) -> None:
    standin.script("get_voice", Fault(http_status=404, body="no such call"))

    page = _compare(client)

    assert page.count("This gateway can't list voices.") == 1
    assert 'id="only-there"' not in page


def test_provider_error_is_a_message(client: Client, user: User, standin: StandIn) -> None:
    standin.script("get_voice", Fault(status_code=1008))

    page = _compare(client)

    assert "Our MiniMax account is out of credit." in page
    assert 'id="only-there"' not in page


def test_long_list_has_pages_and_search(client: Client, user: User, standin: StandIn) -> None:
    for number in range(60):
        _stranger(standin, f"Stranger-{number:04d}")

    first, second = _compare(client), _compare(client, page="2")

    assert (first.count('value="Stranger-'), second.count('value="Stranger-')) == (50, 10)
    assert "Page 1 of 2" in first
    assert _compare(client, q="-0042").count('value="Stranger-') == 1
    assert _compare(client, page="99").count('value="Stranger-') == 10
    assert _compare(client, page="nonsense").count('value="Stranger-') == 50


def test_search_of_an_open_comparison_answers_with_what_it_finds(
    client: Client, user: User, standin: StandIn
) -> None:
    for number in range(60):
        _stranger(standin, f"Stranger-{number:04d}")
    typed = {"HX-Request": "true", "HX-Target": "found"}

    found = text(client.post("/voices/compare/", {"q": "-004"}, headers=typed))
    standin.script("get_voice", Fault(status_code=1008))
    refused = text(client.post("/voices/compare/", {"q": "-0042"}, headers=typed))

    assert (found.count('value="Stranger-'), found.count("<main"), found.count("<h2")) == (10, 0, 0)
    assert re.findall(r'<div class="stack" id="(\w+)"', found + refused) == ["found", "found"]
    assert "Our MiniMax account is out of credit." in refused


def test_comparison_has_a_fixed_number_of_queries(
    client: Client, user: User, standin: StandIn
) -> None:
    def compared() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as counted:
            page = _compare(client)
        return len(counted), page.count('href="/voices/')

    speaker = make_speaker()
    make_voice(speaker=speaker)
    few, _links = compared()
    for _voice in range(60):
        make_voice(speaker=speaker)

    many, links = compared()

    assert many == few
    assert links < 40


def test_empty_list_of_a_gateway_limits_the_page(
    client: Client, user: User, standin: StandIn
) -> None:
    speaker = make_speaker()
    for _voice in range(203):
        make_voice(speaker=speaker, kept_at=timezone.now())

    page = _compare(client)

    assert "These are the first 200 of 203." in page
    assert page.count('<span class="id soft">') == 200


def test_voice_is_imported_once(client: Client, user: User, standin: StandIn) -> None:
    _stranger(standin)
    form = {"voice_id": "Stranger-1", "speaker": " Zoe  Stranger "}

    answer: Any = client.post("/voices/import/", form)
    again = client.post("/voices/import/", form)

    voice = Voice.objects.get()
    assert answer["Location"] == f"/voices/{voice.pk}/"
    assert (voice.state, voice.speaker.name) == (VoiceState.FROM_MINIMAX, "Zoe Stranger")
    assert again.status_code == 422


def test_htmx_gets_only_the_row(client: Client, user: User, standin: StandIn) -> None:
    _stranger(standin)
    form = {"voice_id": "Stranger-1", "speaker": "Zoe"}

    refused = client.post("/voices/import/", form | {"speaker": " "}, headers=HTMX)
    taken = client.post("/voices/import/", form, headers=HTMX)

    assert refused.status_code == 422
    assert refused.content.decode().lstrip().startswith("<li")
    assert taken.content.decode().lstrip().startswith("<li")
    assert "Imported" in taken.content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {"voice_id": "Stranger-1", "speaker": ""},
        {"voice_id": "Stranger-1", "speaker": "\u200b"},
        {"voice_id": "Nobody-1", "speaker": "Zoe"},
        {},
    ],
)
def test_invalid_form_imports_nothing(
    form: dict[str, str], client: Client, user: User, standin: StandIn
) -> None:
    _stranger(standin)

    answer = client.post("/voices/import/", form)

    assert answer.status_code == 422
    assert answer.context["error"]
    assert Voice.objects.count() == 0


def test_import_asks_whether_a_known_name_is_the_same_person(
    client: Client, user: User, standin: StandIn
) -> None:
    _stranger(standin)
    known = make_speaker("Zoe")
    form = {"voice_id": "Stranger-1", "speaker": "zoe"}

    asked = client.post("/voices/import/", form, headers=HTMX)
    choices = re.findall(r'type="radio" name="speaker_choice" value="([^"]+)"', text(asked))
    client.post("/voices/import/", form | {"speaker_choice": choices[0]})

    assert (asked.status_code, choices) == (422, [f"{known.pk} zoe", "new zoe"])
    assert Voice.objects.get().speaker == known


def test_provider_error_of_an_import_is_a_message(
    client: Client, user: User, standin: StandIn
) -> None:
    standin.script("get_voice", Fault(action="drop"))

    answer = client.post("/voices/import/", {"voice_id": "Stranger-1", "speaker": "Zoe"})

    assert answer.status_code == 422
    assert "MiniMax did not answer in time." in answer.content.decode()
