"""Drafts: what is sent after the sign-in has expired is there again for who sent it, only."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import TimestampSigner
from django.db import OperationalError
from django.db.models.signals import post_save
from django.http.multipartparser import MultiPartParser
from django.test import Client
from pytest_django.fixtures import Settings

from tests import factories
from tests.practice.recordings import hum
from tests.views import message_levels
from voicestudio.models import (
    AttemptState,
    AudioFile,
    CloneAttempt,
    Draft,
    DraftFile,
    EndedSignIn,
    Purpose,
    Voice,
    clock,
)  # fmt: skip
from voicestudio.services import drafts, retention, storage
from voicestudio.services.people import activation, ended_sign_ins
from voicestudio.services.storage import StorageAway

pytestmark = pytest.mark.django_db
DOOR = "/sign-in/"
TYPED = {"speaker": "王芳", "permission": "on", "preview_text": "Good morning."}


@pytest.fixture
def owner(client: Client, data_dir: Path) -> User:
    """Somebody whose page is open in a browser, and whose sign-in has expired meanwhile."""
    person = factories.make_user("owner")
    client.force_login(person)
    client.get("/new/")
    expire()
    return person


@pytest.fixture
def voice(owner: User) -> Voice:
    made = factories.make_attempt(by=owner).cloned_voice
    assert made is not None
    return made


def expire() -> None:
    Session.objects.all().delete()


def sign_in(client: Client, username: str = "owner") -> None:
    response = client.post(DOOR, {"username": username, "password": factories.PASSWORD})
    assert response.status_code == 302


def wav(name: str = "anna.wav", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, hum(11) if content is None else content)


def text(response: Any) -> str:
    return unescape(response.content.decode())


def field(response: Any, name: str) -> str:
    """What stands in an input or a textarea."""
    html = text(response)
    found = re.search(rf'<input[^>]* name="{name}"[^>]*?value="([^"]*)"', html) or re.search(
        rf'<textarea[^>]*name="{name}"[^>]*>\s*([^<]*)</textarea>', html
    )
    return found[1] if found else ""


def left() -> list[str]:
    """All that is kept until somebody comes back: forms, and the stored files of each."""
    files = [name for _folder, names in storage.walk("drafts") for name in names]
    assert sorted(files) == sorted(DraftFile.objects.values_list("content", flat=True))
    forms = ["form"] * Draft.objects.count()
    return [*forms, *DraftFile.objects.order_by("pk").values_list("name", flat=True)]


def refuse_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the storage refuse every file."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise StorageAway

    monkeypatch.setattr(default_storage, "save", refuse)


@pytest.mark.parametrize("path", ["/new/", "/recordings/"])
def test_text_is_kept_without_files_if_the_storage_fails(
    client: Client, owner: User, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        refuse_files(patch)
        response = client.post(path, TYPED | {"file": wav()})
    kept = left()
    sign_in(client)

    assert response.status_code == 401
    assert text(response).count("You'll need to choose your files again.") == 1
    assert kept == ["form"]
    if path == "/new/":
        assert field(client.get("/new/"), "speaker") == "王芳"


def test_draft_that_is_handed_back_meanwhile_keeps_its_files(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a newer draft replaces older ones, another request takes one of them."""
    for number in range(4):
        draft = Draft.objects.create(owner=owner, place=f"draft {number}")
        file = DraftFile(draft=draft, field="file", name="a.wav", bytes=3)
        file.content.save("a", ContentFile(b"abc"))
    taken = Draft.objects.get(place="draft 1")
    delete = storage.delete

    def take_another(file: Any) -> None:
        Draft.objects.filter(pk=taken.pk).update(taken_at=clock.now())
        delete(file)

    monkeypatch.setattr(storage, "delete", take_another)
    drafts.save_draft(owner.pk, "draft 0", {}, [], too_large=False)

    assert list(Draft.objects.order_by("pk").values_list("place", flat=True)) == [
        "draft 1", "draft 2", "draft 3", "draft 0",
    ]  # fmt: skip
    assert left().count("a.wav") == 3


# There again --------------------------------------------------------------------------------------


def test_file_and_text_are_restored(client: Client, owner: User, data_dir: Path) -> None:
    response = client.post("/new/", TYPED | {"file": wav()})
    on_disk = left()
    sign_in(client)
    page, again = client.get("/new/"), client.get("/new/")

    assert response.status_code == 401
    assert "Your text and uploaded files are saved" in text(response)
    assert "王芳" not in text(response)
    assert on_disk == ["form", "anna.wav"]
    recording = AudioFile.objects.get()
    assert (recording.name, recording.created_by) == ("anna.wav", owner)
    assert field(page, "speaker") == "王芳"
    assert field(page, "recording") == str(recording.pk)
    assert message_levels(page) == ["info"]
    assert (field(again, "speaker"), field(again, "recording")) == ("", "")
    assert left() == []


def test_recording_of_the_select_is_restored(client: Client, owner: User) -> None:
    known = factories.make_recording()

    client.post("/new/", TYPED | {"recording_here": str(known.pk)})
    sign_in(client)

    assert field(client.get("/new/"), "recording") == str(known.pk)


def test_refused_file_is_reported_after_sign_in(
    client: Client, owner: User, data_dir: Path, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    client.post("/new/", TYPED | {"file": wav("a.mp3", b"not a sound"), "prompt_file": wav()})

    sign_in(client)
    page = client.get("/new/")

    assert re.findall(r'data-state="error" role="status">\s*([^<]*?)\s*</p>', text(page)) == [
        "a.mp3: This isn't an audio file we can read. Export the recording as mp3, m4a or wav and "
        "upload that.",
        "This file is too large. The limit is 97 KB. Save it as mp3 or m4a, or cut it, then try "
        "again.",
    ]
    assert field(page, "speaker") == "王芳"
    assert left() == []


def test_recordings_are_stored_after_sign_in(client: Client, owner: User) -> None:
    response = client.post("/recordings/", {
        "several": "1", "purpose": "prompt_audio",
        "file": [wav("one.wav", hum(6)), wav("two.wav", hum(7))],
    })  # fmt: skip

    sign_in(client)

    assert field(response, "next") == "/recordings/"
    assert set(AudioFile.objects.values_list("name", "purpose")) == {
        ("one.wav", Purpose.PROMPT), ("two.wav", Purpose.PROMPT),
    }  # fmt: skip
    assert message_levels(client.get("/recordings/")) == ["success", "success"]


def test_text_of_the_voice_page_is_restored(client: Client, voice: Voice) -> None:
    response = client.post(f"/voices/{voice.pk}/speak/", {"text": "Not lost.", "speed": "1.25"})
    client.post(f"/voices/{voice.pk}/notes/", {"notes": "Warm.", "tags": "calm", "seen": "x"})

    sign_in(client)
    other = client.get(f"/voices/{factories.make_attempt().cloned_voice_id}/")
    page = client.get(f"/voices/{voice.pk}/")

    assert field(response, "next") == f"/voices/{voice.pk}/"
    assert (field(other, "text"), field(other, "notes")) == ("", "")
    assert (field(page, "text"), field(page, "speed")) == ("Not lost.", "1.25")
    assert (field(page, "notes"), field(page, "tags")) == ("Warm.", "calm")


def test_times_of_a_cut_are_restored(client: Client, owner: User) -> None:
    address = f"/recordings/{factories.make_recording().pk}/cut/"

    client.post(address, {"start": "0:05", "end": "0:25.5", "purpose": "voice_clone"})
    sign_in(client)
    page = client.get(address)

    assert (field(page, "start"), field(page, "end")) == ("0:05", "0:25.5")
    assert AudioFile.objects.count() == 1


def test_note_on_a_lost_answer_is_restored(client: Client, owner: User) -> None:
    lost = factories.make_attempt(AttemptState.UNKNOWN, by=owner)

    client.post(f"/history/{lost.pk}/settle/", {"note": "I saw it.", "worked": "yes"})
    sign_in(client)

    assert field(client.get(f"/history/{lost.pk}/"), "note") == "I saw it."
    lost.refresh_from_db()
    assert lost.state is AttemptState.UNKNOWN


# Drafts of other people --------------------------------------------------------------------------


def test_another_user_does_not_get_the_draft(client: Client, owner: User) -> None:
    factories.make_user("other")
    client.post("/new/", TYPED | {"file": wav()})

    sign_in(client, "other")
    theirs = client.get("/new/")
    client.post("/sign-out/")
    sign_in(client)
    mine = client.get("/new/")

    assert (field(theirs, "speaker"), field(theirs, "recording")) == ("", "")
    assert (field(mine, "speaker"), field(mine, "recording")) == (
        "王芳", str(AudioFile.objects.get().pk),
    )  # fmt: skip


@pytest.mark.parametrize(
    "why", ["none", "forged", "too old", "closed", "new password", "gone", "signed out"]
)
def test_nothing_is_kept_without_the_cookie(
    client: Client, owner: User, data_dir: Path, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = client.cookies["pages"].value
    if why == "none":
        del client.cookies["pages"]
    elif why == "forged":
        client.cookies["pages"] = TimestampSigner(key="x" * 50).sign(given.rpartition(":")[0])
    elif why == "too old":
        later = clock.now() + timedelta(days=4, minutes=1)
        monkeypatch.setattr(clock, "now", lambda: later)
    elif why == "closed":
        User.objects.update(is_active=False)
    elif why == "new password":
        owner.set_password("another horse battery")
        owner.save()
    elif why == "gone":
        owner.delete()
    else:
        client.force_login(owner)
        client.post("/sign-out/")

    response = client.post("/new/", TYPED | {"file": wav()})

    assert left() == []
    assert field(response, "draft-speaker") == "王芳"
    assert "choose your files again" in text(response)


@pytest.mark.parametrize("door", ["/sign-out/", "/admin/logout/"])
def test_copied_cookie_keeps_nothing_after_sign_out(
    door: str, client: Client, data_dir: Path
) -> None:
    person, other = factories.make_user("owner"), Client()
    client.force_login(person)
    client.get("/new/")
    other.force_login(person)
    other.get("/new/")
    thief, elsewhere = Client(), Client()
    thief.cookies["pages"] = client.cookies["pages"].value
    elsewhere.cookies["pages"] = other.cookies["pages"].value

    client.post(door)
    thief.post("/new/", TYPED | {"file": wav()})
    planted = left()
    elsewhere.post("/new/", TYPED)

    assert (planted, left()) == ([], ["form"])


def test_sign_out_is_known_to_all_machines(
    client: Client, owner: User, data_dir: Path, settings: Settings
) -> None:
    client.force_login(owner)
    client.get("/new/")
    elsewhere = Client()
    elsewhere.cookies["pages"] = client.cookies["pages"].value
    client.post("/sign-out/")

    settings.DATA_DIR = data_dir / "other machine"
    elsewhere.post("/new/", TYPED)

    assert left() == []


@pytest.mark.parametrize("way", ["ended in another browser", "deactivated and activated again"])
def test_copied_cookie_keeps_nothing_after_sessions_were_ended(
    way: str, client: Client, data_dir: Path
) -> None:
    person, administrator = factories.make_user("owner"), factories.make_user("ada", is_staff=True)
    sign_in(client)
    client.get("/new/")
    thief = Client()
    thief.cookies["pages"] = client.cookies["pages"].value

    if way == "ended in another browser":
        own = Client()
        sign_in(own)
        own.post("/account/sessions/")
    else:
        activation.deactivate(person, by=administrator)
        activation.reactivate(person, by=administrator)
    thief.post("/new/", TYPED | {"file": wav()})

    assert left() == []


@pytest.mark.parametrize("change", ["signed out", "deactivated", "new password"])
def test_form_whose_sign_in_ends_while_it_arrives_is_not_kept(
    change: str, client: Client, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other machine has only the rows in common with the one that reads the form."""
    person, other_machine = factories.make_user("owner"), Client()
    client.force_login(person)
    client.get("/new/")
    late = Client()
    late.cookies["pages"] = client.cookies["pages"].value
    read = MultiPartParser.parse

    def end_meanwhile(parser: MultiPartParser) -> Any:
        parsed = read(parser)
        if change == "signed out":
            other_machine.cookies = client.cookies
            other_machine.post("/sign-out/", content_type="text/plain")
        elif change == "deactivated":
            User.objects.update(is_active=False)
        else:
            person.set_password("another horse battery")
            person.save()
        return parsed

    monkeypatch.setattr(MultiPartParser, "parse", end_meanwhile)
    late.post("/new/", TYPED | {"file": wav()})

    assert left() == []


def test_files_of_a_draft_without_its_row_are_deleted(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DraftFile.objects, "bulk_create", _lose_the_database)

    with pytest.raises(OperationalError):
        client.post("/new/", TYPED | {"file": wav()})

    assert left() == []


def _lose_the_database(_rows: object) -> None:
    raise OperationalError("server closed the connection")


def test_draft_is_handed_back_by_another_machine(
    bucket: object, client: Client, owner: User, data_dir: Path, settings: Settings
) -> None:
    client.post("/new/", TYPED | {"file": wav()})

    settings.DATA_DIR = data_dir / "other machine"
    settings.STORAGE_CACHE_DIR = data_dir / "cache of the other machine"
    sign_in(client)

    assert field(client.get("/new/"), "speaker") == "王芳"
    assert AudioFile.objects.get().name == "anna.wav"
    assert left() == []


def test_cookie_of_an_earlier_sign_in_is_replaced(client: Client, owner: User) -> None:
    before = client.cookies["pages"].value

    sign_in(client)

    assert client.cookies["pages"].value != before


def test_ended_sign_in_is_forgotten_when_its_cookie_is_too_old(owner: User) -> None:
    names = [ended_sign_ins.name_sign_in(key) for key in ("a", "b")]
    ended_sign_ins.record_ended(owner.pk, ["a", "b"])
    old = clock.now() - drafts.ACCEPTED_FOR
    EndedSignIn.objects.filter(sign_in=names[0]).update(ended_at=old)

    drafts.delete_old_drafts()

    assert [ended_sign_ins.has_ended(owner.pk, name) for name in names] == [False, True]


def test_form_without_its_csrf_token_is_not_kept(owner: User, data_dir: Path) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    token = field(browser.get("/new/"), "csrfmiddlewaretoken")
    expire()

    wrong = browser.post("/new/", TYPED | {"file": wav(), "csrfmiddlewaretoken": "x" * 64})
    nothing = left()
    browser.post("/new/", TYPED | {"file": wav(), "csrfmiddlewaretoken": token})

    assert field(wrong, "draft-speaker") == "王芳"
    assert nothing == []
    assert left() == ["form", "anna.wav"]


def test_cookie_is_set_once_and_http_only(
    client: Client, data_dir: Path, settings: Settings
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    client.force_login(factories.make_user())

    first, second = client.get("/new/"), client.get("/new/")

    given = first.cookies["pages"]
    assert (given["httponly"], given["secure"], given["samesite"]) == (True, True, "Lax")
    assert "pages" not in second.cookies


# Few, and not for long ----------------------------------------------------------------------------


def test_old_draft_is_deleted(client: Client, owner: User, data_dir: Path) -> None:
    client.post("/new/", TYPED)
    Draft.objects.update(saved_at=clock.now() - timedelta(days=3))

    retention.apply_rules()

    sign_in(client)

    assert field(client.get("/new/"), "speaker") == ""
    assert left() == []


def test_drafts_of_one_user_are_limited(client: Client, voice: Voice, data_dir: Path) -> None:
    client.post("/new/", TYPED | {"speaker": "First"})
    client.post("/new/", TYPED | {"speaker": "Second"})
    same = left()
    for number in range(5):
        client.post(f"/voices/{voice.pk + number}/speak/", {"text": "Hello."})

    assert same == ["form"]
    assert left() == ["form"] * 3


def test_of_two_forms_that_arrive_at_once_the_later_one_is_kept(owner: User) -> None:
    def save_another(instance: Draft, **_: object) -> None:
        post_save.disconnect(save_another, sender=Draft)
        drafts.save_draft(owner.pk, instance.place, {"text": "later"}, [], too_large=False)

    post_save.connect(save_another, sender=Draft)
    drafts.save_draft(owner.pk, "speak", {"text": "earlier"}, [], too_large=False)

    assert [draft.answers for draft in Draft.objects.all()] == [{"text": "later"}]


def test_null_characters_and_long_names_are_kept_without_harm(client: Client, owner: User) -> None:
    client.post("/new/", {"speaker": "An\0na", "f" * 300: wav("a" * 400 + ".wav")})

    sign_in(client)

    assert field(client.get("/new/"), "speaker") == "Anna"
    assert AudioFile.objects.count() == 1


def test_draft_waits_while_its_files_cannot_be_read(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/new/", TYPED | {"file": wav()})
    with monkeypatch.context() as broken:
        broken.setattr(storage, "local_file", _refuse)
        sign_in(client)
    waiting = left()
    client.post("/sign-out/")

    sign_in(client)

    assert (waiting, left()) == (["form", "anna.wav"], [])
    assert AudioFile.objects.get().name == "anna.wav"


def test_files_that_cannot_be_deleted_are_deleted_later(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/new/", TYPED | {"file": wav()})
    with monkeypatch.context() as broken:
        broken.setattr(storage, "delete", _refuse)
        sign_in(client)
    waiting = left()
    Draft.objects.update(taken_at=clock.now() - drafts.TAKEN_FOR)

    drafts.delete_old_drafts()

    assert (waiting, left()) == (["form", "anna.wav"], [])
    assert AudioFile.objects.count() == 1


def _refuse(_file: object) -> None:
    raise OSError("the bucket does not answer")


# Opened before the last sign-in -------------------------------------------------------------------


@pytest.mark.parametrize("told_by", ["sec-fetch-site", "origin"])
def test_form_older_than_the_sign_in_is_restored(owner: User, data_dir: Path, told_by: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    site = {"sec-fetch-site": "same-origin"} if told_by != "origin" else {
        "origin": "http://testserver"
    }  # fmt: skip

    response = browser.post("/new/", TYPED | {"file": wav()}, headers=site)
    page = browser.get("/new/")

    assert (response.status_code, response["Location"]) == (303, "/new/")
    assert message_levels(page) == ["warning"]
    assert field(page, "speaker") == "王芳"
    assert field(page, "recording") == str(AudioFile.objects.get().pk)
    assert CloneAttempt.objects.count() == 0


@pytest.mark.parametrize(
    "site", [{}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}]
)
def test_form_of_another_site_is_not_kept(
    owner: User, data_dir: Path, site: dict[str, str]
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)

    response = browser.post("/new/", TYPED | {"file": wav()}, headers=site)

    assert response.status_code == 403
    assert field(browser.get("/new/"), "speaker") == ""
    assert (AudioFile.objects.count(), left()) == (0, [])
