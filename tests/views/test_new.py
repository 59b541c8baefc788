"""The form at `/`: shown, filled in, sent, refused, and sent twice."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests import factories
from tests.practice.recordings import hum
from tests.views import HTMX, message_levels
from voicestudio import words as studio_words
from voicestudio.models import AttemptState, AudioFile, CloneAttempt, Purpose, Voice
from voicestudio.practice.server import StandIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def recording(user: User) -> AudioFile:
    return factories.make_recording(by=user)


class Page(HTMLParser):
    """What stands in the controls of the form, by name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self._text = self._select = ""
        self._option = False  # whether the words of an option are its value
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "textarea":
            self._text = name
            self.values[name] = ""
        elif tag == "select":
            self._select = name
            self.values[name] = None
        elif tag == "option" and self._select:
            if "selected" in given or self.values[self._select] is None:
                self.values[self._select] = given.get("value")
                self._option = "value" not in given
        elif tag == "input" and given.get("type") == "checkbox":
            self.values[name] = "checked" in given
        elif tag == "input" and name:
            self.values[name] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._text] += data.removeprefix("\n")
        if self._option:
            self.values[self._select] = data
            self._option = False


def page(html: bytes) -> dict[str, Any]:
    return Page(html.decode()).values


def answers(recording: AudioFile | None = None, **changes: Any) -> dict[str, Any]:
    """What a person sends who has filled in everything that is needed."""
    typed = {
        "token": str(uuid4()),
        "speaker": "Anna Larsen",
        "voice_id": "AnnaLarsen-7k2p",
        "permission": "on",
        "recording": str(recording.pk) if recording else "",
        "preview_text": "Hello there.",
        "model": "speech-2.8-hd",
        "language": "auto",
    }
    return {name: value for name, value in (typed | changes).items() if value is not None}


def error_anchors(response: Any) -> list[str]:
    """The links of the list of errors on top of the page, to the controls that need correction."""
    html = response.content.decode()
    return re.findall(
        r'<li>(?:<a href="#(\w+)">)?', html.partition('id="mistakes"')[2].partition("</ul>")[0]
    )


# Shown ----------------------------------------------------------------------------------------


def test_form_starts_with_defaults(client: Client, user: User) -> None:
    response = client.get("/new/")

    shown = page(response.content)
    assert response.status_code == 200
    assert shown["speaker"] == ""
    assert shown["voice_id"] == ""
    assert shown["permission"] is False
    assert shown["model"] == "speech-2.8-hd"
    assert shown["language"] == "auto"
    assert shown["rehearsal"] == "ready"
    assert shown["preview_text"].startswith("Hello, this is my new voice.")
    assert len(shown["token"]) == 36


def test_form_is_private_to_caches(client: Client, user: User) -> None:
    response = client.get("/new/")

    assert response["Cache-Control"] == "private, no-cache"


def test_real_mode_has_no_practice_controls(client: Client, user: User, settings: Settings) -> None:
    settings.PRACTICE_MODE = False

    html = client.get("/new/").content.decode()

    assert "Rehearse an outcome" not in html
    assert "Use an example recording" not in html
    assert "nothing is charged" not in html


def test_form_has_a_fixed_number_of_queries(
    client: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _turn in range(3):
        factories.make_attempt(by=user)
        factories.make_recording(by=user, purpose=Purpose.PROMPT)
    client.get("/new/")

    # Session, user, access, speakers, two selects, just now, expiring, projects with budgets.
    with django_assert_num_queries(9):
        client.get("/new/")


def test_just_now_shows_the_users_newest_three(client: Client, user: User) -> None:
    factories.make_attempt(speaker_name="Somebody Else")
    for name in ("First", "Second", "Third", "Fourth"):
        factories.make_attempt(by=user, speaker_name=name)

    html = client.get("/new/").content.decode()

    shown = html[html.index("Recent attempts") :]
    assert re.findall(r'<b dir="auto">(.*?)</b>', shown) == ["Fourth", "Third", "Second"]


def test_just_now_polls_while_an_attempt_runs(client: Client, user: User) -> None:
    attempt = factories.make_attempt(AttemptState.CLONING, by=user)

    running = client.get("/just-now/", headers=HTMX).content.decode()
    CloneAttempt.objects.filter(pk=attempt.pk).update(status=AttemptState.STOPPED, lease_until=None)
    stopped = client.get("/just-now/", headers=HTMX).content.decode()

    assert 'hx-get="/just-now/"' in running
    assert "Cloning" in running
    assert "hx-get" not in stopped
    assert "Stopped by MiniMax" in stopped


def test_recording_in_the_address_is_chosen(
    client: Client, user: User, recording: AudioFile
) -> None:
    shown = page(client.get(f"/new/?recording={recording.pk}").content)

    assert shown["recording"] == str(recording.pk)


@pytest.mark.parametrize("given", ["0", "-1", "x", "9" * 30, "%00", ""])
def test_invalid_recording_in_the_address_is_ignored(
    client: Client, user: User, given: str
) -> None:
    response = client.get(f"/new/?recording={given}&prompt_clip={given}")

    assert response.status_code == 200
    assert "recording" not in page(response.content)


def test_clone_again_fills_in_all_but_token_id_and_permission(
    client: Client, user: User, recording: AudioFile
) -> None:
    clip = factories.make_recording(purpose=Purpose.PROMPT)
    earlier = factories.make_attempt(
        recording=recording, speaker_name="王芳", prompt_clip=clip, prompt_text="你好。",
        preview_text="风很轻。", model="speech-02-turbo", language="Chinese", noise_reduction=True,
        text_validation="你好", accuracy="0.850", rehearsal="slow",
    )  # fmt: skip

    shown = page(client.get(f"/new/?from={earlier.pk}").content)

    assert shown.pop("token") != str(earlier.token)
    assert shown.pop("voice_id") != earlier.voice_id
    names = ("speaker", "permission", "recording", "prompt_clip", "prompt_text", "preview_text",
             "model", "language", "noise_reduction", "watermark", "text_validation", "accuracy",
             "rehearsal")  # fmt: skip
    assert {name: shown[name] for name in names} == {
        "speaker": "王芳",
        "permission": False,
        "recording": str(recording.pk),
        "prompt_clip": str(clip.pk),
        "prompt_text": "你好。",
        "preview_text": "风很轻。",
        "model": "speech-02-turbo",
        "language": "Chinese",
        "noise_reduction": True,
        "watermark": False,
        "text_validation": "你好",
        "accuracy": "0.850",
        "rehearsal": "slow",
    }


@pytest.mark.parametrize("query", ["from", "attempt"])
@pytest.mark.parametrize("given", ["0", "x", "-1", "9" * 19, "9" * 30, "", "%00", "٣"])
def test_unknown_attempt_in_the_address_is_not_found(
    client: Client, user: User, query: str, given: str
) -> None:
    assert client.get(f"/new/?{query}={given}").status_code == 404


def test_same_form_with_another_text_asks_for_both(
    client: Client, user: User, recording: AudioFile
) -> None:
    form = answers(recording, preview_text="First text.")
    client.post("/new/", form)

    form["preview_text"] = "Second text."
    response = client.post("/new/", form)

    html = response.content.decode()
    assert (response.status_code, CloneAttempt.objects.count()) == (409, 1)
    assert ("First text." in html, "Second text." in html) == (True, True)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    assert hidden["voice_id"] != form["voice_id"]
    assert client.post("/new/", hidden).status_code in (302, 303)
    texts = list(CloneAttempt.objects.order_by("pk").values_list("preview_text", flat=True))
    assert texts == ["First text.", "Second text."]


def test_conflict_shows_labels_as_the_form_does(
    client: Client, user: User, recording: AudioFile
) -> None:
    other = factories.make_recording(by=user, name="other.mp3", duration_ms=61_000)
    form = answers(recording, language="English", model="speech-2.8-hd")
    client.post("/new/", form)

    form |= {
        "language": "Chinese,Yue", "model": "speech-2.8-turbo", "noise_reduction": "on",
        "recording": str(other.pk),
    }  # fmt: skip
    html = client.post("/new/", form).content.decode()

    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", html)
    assert cells == [
        "Field", "First", "New",
        "Recording", f"{recording.name} · {studio_words.seconds(recording.duration_ms or 0)}",
        "other.mp3 · 1:01",
        "Model", "2.8 hd: best quality", "2.8 turbo: quick and cheaper",
        "Language", "English", "Cantonese",
        "Reduce noise", "no", "yes",
    ]  # fmt: skip


def test_back_button_shows_the_sent_form(client: Client, user: User) -> None:
    attempt = factories.make_attempt(by=user)

    response = client.get(f"/new/?attempt={attempt.pk}")

    shown = page(response.content)
    assert shown["token"] == str(attempt.token)
    assert shown["voice_id"] == attempt.voice_id
    assert shown["permission"] is True
    assert "You've already requested this voice." in response.content.decode()


def test_sent_form_is_shown_only_to_its_user(client: Client, user: User) -> None:
    assert client.get(f"/new/?attempt={factories.make_attempt().pk}").status_code == 404


def test_draft_is_restored_once(client: Client, user: User, recording: AudioFile) -> None:
    session = client.session
    session["draft"] = {
        "token": "6f1c2a53-2f5e-4c0c-9b39-7a3c5b0a3d11", "speaker": "Anna", "permission": "on",
        "recording": str(recording.pk), "accuracy": "lots", "unknown": "x", "file": "y",
    }  # fmt: skip
    session.save()

    first = page(client.get("/new/").content)
    second = page(client.get("/new/").content)

    assert first["token"] == "6f1c2a53-2f5e-4c0c-9b39-7a3c5b0a3d11"
    assert (first["speaker"], second["speaker"]) == ("Anna", "")
    assert (first["permission"], second["permission"]) == (True, False)
    assert first["recording"] == str(recording.pk)
    assert first["accuracy"] == "lots"
    assert first["preview_text"] == ""


# Sent -----------------------------------------------------------------------------------------


def test_valid_form_becomes_an_attempt(client: Client, user: User, recording: AudioFile) -> None:
    response = client.post("/new/", answers(recording))

    attempt = CloneAttempt.objects.get()
    assert response.status_code == 303
    assert response["Location"] == f"/history/{attempt.pk}/"
    assert attempt.created_by == attempt.permission_by == user
    assert attempt.recording == recording
    assert attempt.voice_id == "AnnaLarsen-7k2p"
    assert attempt.permission_wording == "I have this person's permission to clone their voice"
    assert attempt.state is AttemptState.WAITING


def test_htmx_goes_to_the_attempt_without_reload(
    client: Client, user: User, recording: AudioFile
) -> None:
    response = client.post("/new/", answers(recording), headers=HTMX)

    assert response.status_code == 200
    assert json.loads(response["HX-Location"]) == {
        "path": f"/history/{CloneAttempt.objects.get().pk}/",
        "target": "#main",
        "select": "#main",
        "selectOOB": "#menu",
        "swap": "outerHTML show:window:top",
    }


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_same_form_twice_is_one_attempt(
    client: Client, user: User, recording: AudioFile, headers: dict[str, str]
) -> None:
    sent = answers(recording)
    client.post("/new/", sent, headers=headers)

    second = client.post("/new/", sent, headers=headers)

    attempt = CloneAttempt.objects.get()
    assert attempt.speaker_name == "Anna Larsen"
    assert f"/history/{attempt.pk}/" in (second.get("HX-Location") or second["Location"])


def test_form_sent_twice_stores_its_file_once(client: Client, user: User) -> None:
    sent = answers()
    for _press in range(2):
        client.post("/new/", sent | {"file": SimpleUploadedFile("a.wav", hum(12))})

    assert (AudioFile.objects.count(), CloneAttempt.objects.count()) == (1, 1)


def test_get_makes_nothing(client: Client, user: User, recording: AudioFile) -> None:
    client.get("/new/", answers(recording))

    assert CloneAttempt.objects.count() == 0


def test_empty_voice_id_is_made_from_the_name(
    client: Client, user: User, recording: AudioFile
) -> None:
    client.post("/new/", answers(recording, voice_id="", speaker="王芳"))

    attempt = CloneAttempt.objects.get()
    assert re.fullmatch(r"WangFang-[0-9][a-z0-9]{3}", attempt.voice_id)


def test_warning_does_not_stop_the_attempt(
    client: Client, user: User, recording: AudioFile
) -> None:
    sent = answers(recording, model="speech-2.6-hd", preview_text="Hello (breath) you.")
    response = client.post("/new/", sent, follow=True)

    assert CloneAttempt.objects.count() == 1
    assert message_levels(response) == ["warning"]


def test_file_id_becomes_the_recording(client: Client, user: User) -> None:
    client.post("/new/", answers(file_id="362067136000001"))

    attempt = CloneAttempt.objects.get()
    assert attempt.recording.file_id == 362067136000001
    assert not attempt.recording.has_file


# Refused --------------------------------------------------------------------------------------


def test_huge_preview_text_is_an_error(client: Client, user: User, recording: AudioFile) -> None:
    response = client.post("/new/", answers(recording, preview_text="x" * 3_000_000))

    assert error_anchors(response) == ["id_preview_text"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_errors_are_listed_and_values_kept(
    client: Client, user: User, recording: AudioFile, headers: dict[str, str]
) -> None:
    sent = answers(
        recording, speaker="", permission=None, preview_text="x" * 1001, watermark="on",
        text_validation="blue", model="speech-2.6-turbo",
    )  # fmt: skip

    response = client.post("/new/", sent, headers=headers)

    shown = page(response.content)
    assert response.status_code == 422
    assert error_anchors(response) == ["id_speaker", "id_permission", "id_preview_text"]
    kept = ("token", "voice_id", "recording", "preview_text", "text_validation", "model")
    assert {name: shown[name] for name in kept} == {name: sent[name] for name in kept}
    assert shown["watermark"] is True
    assert "Clone a voice: some answers need correcting" in response.content.decode()
    assert CloneAttempt.objects.count() == 0


def test_taken_voice_id_comes_with_three_free_ones(
    client: Client, user: User, recording: AudioFile
) -> None:
    factories.make_attempt(voice_id="AnnaLarsen-7k2p")

    response = client.post("/new/", answers(recording))

    free = re.findall(r'name="use_voice_id" value="(.*?)"', response.content.decode())
    assert response.status_code == 422
    assert error_anchors(response) == ["id_voice_id"]
    assert len(set(free)) == 3


def test_suggested_voice_id_is_used_without_script(
    client: Client, user: User, recording: AudioFile
) -> None:
    sent = answers(recording, use_voice_id="AnnaLarsen-9abc", permission=None)

    response = client.post("/clone-form/use-voice-id/", sent)

    assert response.status_code == 200
    assert page(response.content)["voice_id"] == "AnnaLarsen-9abc"
    assert CloneAttempt.objects.count() == 0


def test_invalid_token_is_replaced(client: Client, user: User, recording: AudioFile) -> None:
    response = client.post("/new/", answers(recording, token="\x00"))

    assert response.status_code == 422
    assert error_anchors(response) == [""]
    assert len(page(response.content)["token"]) == 36


HOSTILE = ["\x00", "9" * 30, "٣" * 40, "\ud83d", "‮" * 50, "<script>", "1e999", "-1", "true"]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_form_errors(client: Client, user: User, value: str) -> None:
    raw = value.encode("utf-8", "surrogatepass")
    names = [name for name in answers() if name != "permission"]
    names += ["file_id", "prompt_clip", "prompt_text", "accuracy", "text_validation", "rehearsal",
              "recording_here", "prompt_clip_here", "file", "prompt_file"]  # fmt: skip
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), raw)
        for name in names
    )

    response = client.generic(
        "POST", "/new/", body + b"--x--\r\n", "multipart/form-data; boundary=x"
    )

    assert response.status_code == 422
    assert CloneAttempt.objects.count() == 0


# Files along with the form ---------------------------------------------------------------------


def test_file_goes_with_the_form(client: Client, user: User) -> None:
    client.post("/new/", answers(file=SimpleUploadedFile("anna.wav", hum(12))))

    attempt = CloneAttempt.objects.get()
    assert attempt.recording.name == "anna.wav"
    assert attempt.recording.created_by == user


def test_prompt_clip_goes_with_the_form(client: Client, user: User, recording: AudioFile) -> None:
    clip = SimpleUploadedFile("clip.wav", hum(6))

    client.post("/new/", answers(recording, prompt_file=clip, prompt_text="Well, then"))

    attempt = CloneAttempt.objects.get()
    assert attempt.prompt_clip is not None
    assert attempt.prompt_clip.purpose == Purpose.PROMPT
    assert attempt.prompt_text == "Well, then."


def test_file_is_stored_despite_other_errors(client: Client, user: User) -> None:
    sent = answers(speaker="", file=SimpleUploadedFile("anna.wav", hum(12)))

    response = client.post("/new/", sent)

    assert response.status_code == 422
    assert page(response.content)["recording"] == str(AudioFile.objects.get().pk)
    assert error_anchors(response) == ["id_speaker"]


def test_refused_file_is_not_stored(client: Client, user: User, recording: AudioFile) -> None:
    sent = answers(recording, file=SimpleUploadedFile("notes.mp3", b"Dear diary, " * 400))

    response = client.post("/new/", sent)

    assert response.status_code == 422
    assert error_anchors(response) == ["id_file"]
    assert page(response.content)["recording"] == str(recording.pk)
    assert AudioFile.objects.count() == 1


def test_file_over_the_limit_keeps_typed_values(
    client: Client, user: User, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 50_000

    sent = answers(file=SimpleUploadedFile("long.wav", hum(12)), text_validation="after the file")
    response = client.post("/new/", sent)

    shown = page(response.content)
    assert response.status_code == 422
    assert error_anchors(response) == ["id_file"]
    assert (shown["speaker"], shown["text_validation"]) == ("Anna Larsen", "after the file")
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


def test_upload_button_stores_the_file_and_submits_nothing(client: Client, user: User) -> None:
    sent = answers(speaker="", permission=None, file=SimpleUploadedFile("a.wav", hum(12)))

    response = client.post("/clone-form/upload/", sent)

    assert response.status_code == 200
    assert page(response.content)["recording"] == str(AudioFile.objects.get().pk)
    assert error_anchors(response) == []
    assert CloneAttempt.objects.count() == 0


def test_remove_button_clears_the_choice(client: Client, user: User, recording: AudioFile) -> None:
    response = client.post("/clone-form/remove/recording/", answers(recording))

    assert response.status_code == 200
    assert "recording" not in page(response.content)
    assert AudioFile.objects.get() == recording


def test_recording_is_chosen_from_the_select(
    client: Client, user: User, recording: AudioFile
) -> None:
    client.post("/new/", answers(recording_here=recording.pk))

    assert CloneAttempt.objects.get().recording == recording


def test_example_button_chooses_an_example(client: Client, user: User, standin: StandIn) -> None:
    response = client.post("/clone-form/use-example/", answers(speaker="Ada"))

    assert response.status_code == 200
    assert page(response.content)["recording"] == str(AudioFile.objects.get().pk)


def test_file_id_of_a_prompt_clip_is_refused(client: Client, user: User) -> None:
    clip = factories.make_recording(purpose=Purpose.PROMPT)

    response = client.post("/new/", answers(file_id=clip.file_id))

    assert response.status_code == 422
    assert error_anchors(response) == ["id_file_id"]


def test_file_without_a_sign_in_is_not_stored(client: Client, data_dir: Path) -> None:
    response = client.post("/new/", answers(file=SimpleUploadedFile("a.wav", hum(12))))

    assert response.status_code in (302, 401)
    assert AudioFile.objects.count() == 0


# While one types --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "verdict", "words"),
    [
        ("", "", "Created from the name. You can change it."),
        ("voice_id=AnnaLarsen-7k2p", "free", "Free to use"),
        ("voice_id=short", "invalid", "A voice ID has at least 8 characters."),
        ("voice_id=1nnaLarsen", "invalid", "A voice ID begins with a letter from A to Z."),
        ("voice_id=Anna+Larsen", "invalid",
         "A voice ID holds only letters from A to Z, digits, - and _."),
        ("voice_id=AnnaLarsen-", "invalid", "A voice ID ends with a letter or a digit."),
        ("voice_id=%00%00%00%00%00%00%00%00", "invalid",
         "A voice ID begins with a letter from A to Z."),
        ("speaker=%00", "", "Created from the name. You can change it."),
    ],
)  # fmt: skip
def test_voice_id_is_checked_while_typed(
    client: Client, user: User, query: str, verdict: str, words: str
) -> None:
    html = client.get(f"/voice-id/?{query}", headers=HTMX).content.decode()

    assert re.search(r'data-verdict="(.*?)"', html).group(1) == verdict  # type: ignore[union-attr]
    assert words in html


def test_voice_id_is_suggested_from_the_name(client: Client, user: User) -> None:
    html = client.get("/voice-id/", {"speaker": "王芳", "voice_id": ""}).content.decode()

    suggestion = re.search(r'data-suggestion="(.*?)"', html)
    assert suggestion is not None
    assert re.fullmatch(r"WangFang-[0-9][a-z0-9]{3}", suggestion[1])
    assert "Free to use" in html


def test_taken_voice_id_offers_three(client: Client, user: User) -> None:
    factories.make_attempt(voice_id="AnnaLarsen-7k2p")

    html = client.get("/voice-id/?voice_id=annalarsen-7K2P&speaker=Anna").content.decode()

    assert 'data-verdict="taken"' in html
    assert len(re.findall(r'name="use_voice_id" value="Anna-', html)) == 3


# Made from another one, and what expires -------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_parent_survives_a_form_error(client: Client, user: User, headers: dict[str, str]) -> None:
    earlier = factories.make_attempt(by=user, speaker_name="Anna Larsen")
    sent = page(client.get(f"/new/?from={earlier.pk}").content)
    assert sent["parent"] == str(earlier.pk)

    wrong = client.post("/new/", answers(parent=sent["parent"], speaker=""), headers=headers)
    again = page(wrong.content)
    client.post(
        "/new/", answers(
            earlier.recording, parent=again["parent"], token=again["token"],
            speaker_choice=sent["speaker_choice"],
        ), headers=headers,
    )  # fmt: skip

    assert (wrong.status_code, again["parent"]) == (422, str(earlier.pk))
    assert CloneAttempt.objects.latest("pk").parent == earlier


def test_parent_survives_an_expired_sign_in(client: Client, user: User) -> None:
    earlier = factories.make_attempt(by=user)
    client.logout()

    door = client.post("/new/", answers(parent=str(earlier.pk)), headers={"Referer": "/"})
    draft = {name: str(value) for name, value in page(door.content).items()}
    client.post("/sign-in/", draft | {"username": user.username, "password": factories.PASSWORD})

    assert page(client.get("/new/").content)["parent"] == str(earlier.pk)


@pytest.mark.parametrize("parent", ["", "999", "abc", "-1", "9" * 30, "٣", "\0", "1.0"])
def test_invalid_parent_is_ignored(client: Client, recording: AudioFile, parent: str) -> None:
    response = client.post("/new/", answers(recording, parent=parent))

    assert response.status_code == 303
    assert CloneAttempt.objects.get().parent is None


def test_first_attempt_has_no_parent(client: Client, user: User) -> None:
    assert "parent" not in page(client.get("/new/").content)


def test_monthly_limit_is_an_error_of_the_form(
    client: Client, recording: AudioFile, settings: Settings
) -> None:
    settings.MONTHLY_LIMIT = Decimal(0)

    response = client.post("/new/", answers(recording))

    html = response.content.decode()
    assert response.status_code == 422
    assert html.count('id="not-taken"') == 1
    assert 'id="id_preview_text_error"' not in html


def _expires(user: User, *, hours: float, **fields: Any) -> Voice:
    """A voice that has so many hours left."""
    voice = factories.make_attempt(by=user, **fields).cloned_voice
    assert voice is not None
    Voice.objects.filter(pk=voice.pk).update(
        created_at=timezone.now() - timedelta(hours=168 - hours, seconds=-30)
    )
    return voice


def test_strip_shows_voices_expiring_within_48_hours(client: Client, user: User) -> None:
    _expires(user, hours=47, speaker_name="Bert")
    _expires(user, hours=5, speaker_name="Anna <3")
    _expires(user, hours=49, speaker_name="Later")

    html = client.get("/new/").content.decode()

    strip = html[html.index('id="expiring"') :].partition("</p>")[0]
    assert strip.count("2 voices expire within 48 hours.") == 1
    assert strip.count("Next: <bdi>Anna &lt;3</bdi>, 5 hours left.") == 1
    assert strip.count('href="/voices/?view=expiring&amp;order=expiring"') == 1


def test_strip_is_absent_when_nothing_expires(client: Client, user: User) -> None:
    kept = _expires(user, hours=5)
    Voice.objects.filter(pk=kept.pk).update(kept_at=timezone.now())
    let_go = _expires(user, hours=5)
    Voice.objects.filter(pk=let_go.pk).update(reminder_dismissed_at=timezone.now())
    _expires(user, hours=-1)

    html = client.get("/new/").content.decode()

    assert (html.count("within 48 hours"), html.count("expiring")) == (0, 0)
    assert re.search(r"<main [^>]*>\s*<header", html)


def speaker_choices(html: bytes) -> list[str]:
    """The answers to "Is this the same person?"."""
    return re.findall(r'type="radio" name="speaker_choice" value="([^"]+)"', html.decode())


@pytest.mark.parametrize("typed", ["Anna Larsen", "anna larsen", "Anna Larson", "Ánna Lärsen"])
def test_similar_name_asks_for_the_same_person(typed: str, client: Client, user: User) -> None:
    known = factories.make_speaker("Anna Larsen")
    factories.make_speaker("Wang Fang")

    html = client.get("/speakers/question/", {"name": typed}).content

    assert speaker_choices(html) == [f"{known.pk} {typed}", f"new {typed}"]


@pytest.mark.parametrize("typed", ["Bob", ""])
def test_other_name_asks_nothing(typed: str, client: Client, user: User) -> None:
    factories.make_speaker("Anna Larsen")

    assert client.get("/speakers/question/", {"name": typed}).content.strip() == b""


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_known_name_is_asked_once_and_the_answer_holds(
    client: Client, recording: AudioFile, headers: dict[str, str]
) -> None:
    known = factories.make_speaker("Anna Larsen")
    form = answers(recording)

    asked = client.post("/new/", form, headers=headers)
    same, new = speaker_choices(asked.content)
    # The answer stays while another field is corrected.
    wrong = client.post("/new/", form | {"speaker_choice": same, "permission": ""}, headers=headers)
    client.post("/new/", form | {"speaker_choice": page(wrong.content)["speaker_choice"]})
    other = {"speaker_choice": new, "token": str(uuid4()), "voice_id": "Other-7k2p"}
    client.post("/new/", form | other)

    first, second = CloneAttempt.objects.order_by("pk")
    assert (asked.status_code, error_anchors(asked)) == (422, ["id_speaker"])
    assert speaker_choices(wrong.content) == []
    assert (first.speaker, second.speaker.name) == (known, "Anna Larsen")
    assert second.speaker != known


def test_plain_form_sent_twice_with_an_odd_file_name_is_the_same(
    client: Client, user: User
) -> None:
    form, sound = answers(), hum(12)

    for _press in range(2):
        form["file"] = SimpleUploadedFile("say %22hello%22.wav", sound)
        response = client.post("/new/", form)

    attempt = CloneAttempt.objects.get()
    assert (response.status_code, attempt.recording.name) == (303, 'say "hello".wav')


def test_answer_about_another_name_is_ignored(client: Client, recording: AudioFile) -> None:
    known = factories.make_speaker("Anna Larsen")

    client.post(
        "/new/", answers(recording, speaker="Bea", speaker_choice=f"{known.pk} Anna Larsen")
    )

    assert CloneAttempt.objects.get().speaker.name == "Bea"


def test_clone_again_keeps_the_speaker_apart_from_a_namesake(client: Client, user: User) -> None:
    earlier = factories.make_attempt(by=user, speaker_name="Anna Larsen")
    factories.make_speaker("Anna Larsen")

    shown = page(client.get(f"/new/?from={earlier.pk}").content)
    form = answers(earlier.recording, speaker_choice=shown["speaker_choice"])
    client.post("/new/", form)

    assert CloneAttempt.objects.latest("pk").speaker == earlier.speaker


def test_form_offers_the_names_of_speakers(client: Client, user: User) -> None:
    factories.make_speaker("Zoë <b>")

    assert '<option value="Zoë &lt;b&gt;">' in client.get("/new/").content.decode()


def test_attempts_of_days_ago_are_not_recent(client: Client, user: User) -> None:
    old = factories.make_attempt(by=user, created_at=timezone.now() - timedelta(days=2))
    new = factories.make_attempt(by=user)

    html = client.get("/new/").content.decode()

    assert (f'href="/history/{old.pk}/"' in html, f'href="/history/{new.pk}/"' in html) == (
        False,
        True,
    )
