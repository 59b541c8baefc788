"""Speaking: a text for a voice, its price, its live row, and its sound."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.views import HTMX
from voicestudio.models import CloneAttempt, Speech, SpeechState, Voice
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services import speeches
from voicestudio.services.speeches import keep
from voicestudio.views import voices

pytestmark = pytest.mark.django_db


@pytest.fixture
def voice(clone_voice: Callable[..., CloneAttempt], standin: StandIn) -> Voice:
    """A voice that the stand-in has, too."""
    voice = clone_voice().cloned_voice
    assert voice is not None
    return voice


def form_data(**changes: str) -> dict[str, str]:
    return {"token": str(uuid4()), "text": "Good morning.", "model": "speech-2.8-hd"} | changes


def test_same_form_twice_is_one_speech(client: Client, voice: Voice) -> None:
    form = form_data()

    for _press in range(2):
        response = client.post(f"/voices/{voice.pk}/speak/", form)

    speech = Speech.objects.get()
    assert response["Location"] == f"/voices/{voice.pk}/#speech-{speech.pk}"
    assert (speech.text, speech.model, speech.format) == ("Good morning.", "speech-2.8-hd", "mp3")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_same_form_with_a_corrected_text_asks_for_both(
    client: Client, voice: Voice, headers: dict[str, str]
) -> None:
    form = form_data(text="Good mourning.")
    client.post(f"/voices/{voice.pk}/speak/", form)

    form["text"] = "Good morning."
    response = client.post(f"/voices/{voice.pk}/speak/", form, headers=headers)

    html = response.content.decode()
    assert (response.status_code, Speech.objects.count()) == (409, 1)
    assert "Good mourning." in html
    [again] = re.findall(r'name="token" value="([^"]+)"', html)
    both = client.post(f"/voices/{voice.pk}/speak/", form | {"token": again})
    assert both.status_code == 302
    texts = list(Speech.objects.order_by("pk").values_list("text", flat=True))
    assert texts == ["Good mourning.", "Good morning."]


def test_same_form_for_another_voice_names_the_first(client: Client, voice: Voice) -> None:
    form = form_data(text="Good morning.")
    client.post(f"/voices/{voice.pk}/speak/", form)

    response = client.post(f"/voices/{factories.make_voice().pk}/speak/", form)

    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", response.content.decode())
    assert (response.status_code, cells[3:5]) == (409, ["Voice", voice.voice_id])


def test_speech_has_player_and_download(client: Client, voice: Voice, standin: StandIn) -> None:
    client.post(f"/voices/{voice.pk}/speak/", form_data(speed="1.2", pitch="-2", format="wav"))
    speech = Speech.objects.get()
    speeches.run_speech.call(speech.pk)

    row = client.get(f"/speeches/{speech.pk}/", headers=HTMX).content.decode()
    sound = client.get(f"/audio/speeches/{speech.pk}/?download=1")

    assert f"/audio/speeches/{speech.pk}/" in row
    assert "data-live" not in row
    assert sound.status_code == 200
    assert b"".join(sound.streaming_content)[:4] == b"RIFF"  # type: ignore[attr-defined]
    assert sound["Content-Disposition"].startswith("attachment")
    assert voice.pk == Voice.objects.get(kept_at__isnull=False).pk


def test_waiting_speech_row_polls(client: Client, voice: Voice) -> None:
    client.post(f"/voices/{voice.pk}/speak/", form_data())

    row = client.get(f"/speeches/{Speech.objects.get().pk}/", headers=HTMX).content.decode()

    assert "data-live" in row


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": ""}, "required"),
        ({"text": "x" * 10_000}, "too_long"),
        ({"speed": "3"}, "max_value"),
        ({"pitch": "99"}, "max_value"),
        ({"model": "speech-9"}, "invalid_choice"),
        ({"text": "Well <#0.5#><#0.5#> yes"}, "pauses"),
        ({"speed": "NaN"}, "invalid"),
        ({"token": "nonsense"}, "invalid"),
    ],
)
def test_invalid_speech_is_refused_and_not_queued(
    changes: dict[str, str], code: str, client: Client, voice: Voice
) -> None:
    response = client.post(f"/voices/{voice.pk}/speak/", form_data(**changes))

    assert response.status_code == 422
    assert all(response.context["speech_form"].has_error(field, code) for field in changes)
    assert Speech.objects.count() == 0


def test_price_shows_the_fee_of_the_first_use(client: Client, voice: Voice) -> None:
    text = {"text": "x" * 1000, "model": "speech-2.8-hd"}

    page = client.post(f"/voices/{voice.pk}/price/", text)

    words = " ".join(page.content.decode().split())
    assert "This costs $0.10 now." in words
    assert "The first use also costs $1.50 once." in words
    assert "Characters: 1,000 of 9,999." in words


def test_unknown_speech_can_be_settled(client: Client, voice: Voice, standin: StandIn) -> None:
    standin.script("t2a_v2", Fault(action="drop"))
    client.post(f"/voices/{voice.pk}/speak/", form_data())
    speech = Speech.objects.get()
    speeches.run_speech.call(speech.pk)
    assert Speech.objects.get().state == SpeechState.UNKNOWN

    client.post(f"/speeches/{speech.pk}/settle/", {"worked": "no", "note": "asked their support"})

    assert Speech.objects.get().state == SpeechState.FAILED


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"created_at": timezone.now() - timedelta(hours=169)}, "it was not used for 168 hours"),
        ({"deleted_at": timezone.now()}, "MiniMax does not have this voice any more."),
        (
            {"missing_at": timezone.now(), "missing_code": 2054},
            "MiniMax does not have this voice any",
        ),
        ({"uncertain": True}, "We do not know yet whether MiniMax made this voice."),
    ],
)
@pytest.mark.parametrize("path", ["speak/", "keep/"])
def test_speech_of_an_unusable_voice_is_refused(
    path: str, facts: dict[str, Any], words: str, client: Client, user: User
) -> None:
    voice = factories.make_attempt(by=user).cloned_voice
    assert voice is not None
    Voice.objects.filter(pk=voice.pk).update(**facts)

    response = client.post(f"/voices/{voice.pk}/{path}", form_data())

    assert (response.status_code, Speech.objects.count()) == (422, 0)
    assert words in response.content.decode()


@pytest.mark.parametrize(
    "field", [{"speed": "9"}, {"speed": "NaN"}, {"volume": "0"}, {"pitch": "99"}, {"model": "x"},
              {"format": "exe"}, {"language": "Klingon"}, {"token": "x"}, {"text": "a" * 10_000}],
    ids=lambda field: "".join(field),
)  # fmt: skip
def test_invalid_speech_form_keeps_its_text(
    field: dict[str, str], client: Client, voice: Voice
) -> None:
    response = client.post(f"/voices/{voice.pk}/speak/", form_data() | field)

    assert (response.status_code, Speech.objects.count()) == (422, 0)
    assert (field.get("text") or "Good morning.") in response.content.decode()


def test_speech_of_a_deleted_voice_is_refused(
    client: Client, voice: Voice, standin: StandIn
) -> None:
    client.post(f"/voices/{voice.pk}/speak/", form_data())
    delete = {"confirmation": voice.voice_id, "files_here": "on"}
    client.post(f"/voices/{voice.pk}/delete/", delete)

    speeches.run_speech.call(Speech.objects.get().pk)

    speech = Speech.objects.get()
    assert (speech.state, speech.charges.count()) == (SpeechState.FAILED, 0)
    assert standin.calls_of("t2a_v2") == []


def test_speech_try_again_button_shows_its_price(client: Client, voice: Voice) -> None:
    client.post(f"/voices/{voice.pk}/speak/", form_data(text="a" * 1000))
    Speech.objects.update(status="sending", lease_until=timezone.now() - timedelta(seconds=1))

    row = client.get(f"/speeches/{Speech.objects.get().pk}/", headers=HTMX).content.decode()

    assert row.count("Try again</button>") == 1
    assert row.count("This costs $1.60. Nothing has been charged so far.") == 1


def test_page_shows_the_voice_as_its_speeches_say(
    client: Client, user: User, voice: Voice, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first sentence ends while the page is made, between two reads."""
    speech = keep.keep_voice(voice, by=user)
    read = voices._speech_page

    def end_first(*args: Any) -> dict[str, Any]:
        speeches.run_speech.call(speech.pk)
        return read(*args)

    monkeypatch.setattr(voices, "_speech_page", end_first)

    html = client.get(f"/voices/{voice.pk}/").content.decode()

    assert '<h2 id="life-title">' in html
    assert "data-live" not in html
    assert f'action="/voices/{voice.pk}/keep/"' not in html
