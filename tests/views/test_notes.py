"""Notes of people: written, listed and deleted on three pages, with and without JavaScript."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_attempt, make_project, make_recording, make_user
from tests.views import HTMX
from tests.views.pages import text, undo_of
from voicestudio.models import Membership, Note, Role, Voice, clock
from voicestudio.services.voices import deletion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
KINDS = ("attempt", "voice", "recording")
PATHS = {"attempt": "history", "voice": "voices", "recording": "recordings"}


def make_target(kind: str, **fields: Any) -> Any:
    if kind == "recording":
        return make_recording(**fields)
    attempt = make_attempt(**fields)
    return attempt if kind == "attempt" else attempt.cloned_voice


def page_of(kind: str, target: Any) -> str:
    return f"/{PATHS[kind]}/{target.pk}/"


@pytest.mark.parametrize("kind", KINDS)
def test_note_of_a_reviewer_is_shown_with_name_and_time(kind: str, client: Client) -> None:
    target = make_target(kind)
    page = page_of(kind, target)
    client.force_login(make_user("rita", role=Role.REVIEWER))

    first = client.post(f"{page}note/", {"text": " Too  breathy.\n<b> "})
    fragment = client.post(f"{page}note/", {"text": "Better now."}, headers=HTMX)

    assert (first.status_code, first["Location"]) == (302, f"{page}#dated-notes")
    shown = client.get(page).content.decode()
    assert 0 < shown.index("Too breathy.<br>&lt;b&gt;") < shown.index("Better now.")
    assert (fragment.status_code, fragment.content.count(b"<section")) == (200, 1)
    assert [(note.by.username, note.target) for note in Note.objects.all()] == [
        ("rita", target)
    ] * 2


@pytest.mark.parametrize("text", ["", " \u200b\n", "x" * 2001])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_empty_or_long_note_is_refused(text: str, headers: dict[str, str], client: Client) -> None:
    client.force_login(make_user())

    answer = client.post(
        f"{page_of('voice', make_target('voice'))}note/", {"text": text}, headers=headers
    )

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert Note.objects.count() == 0


def test_viewer_reads_notes_and_writes_none(client: Client) -> None:
    voice = make_target("voice")
    Note.objects.create(project=voice.project, by=make_user("rita"), voice=voice, text="Warm.")
    client.force_login(make_user(role=Role.VIEWER))
    page = page_of("voice", voice)

    shown = client.get(page).content.decode()

    assert ("Warm." in shown, "Add note" in shown) == (True, False)
    assert client.post(f"{page}note/", {"text": "Hello."}).status_code == 403


def test_only_its_writer_deletes_a_note(client: Client) -> None:
    voice = make_target("voice")
    writer = make_user()
    note = Note.objects.create(project=voice.project, by=writer, voice=voice, text="Warm.")
    path = f"/notes/{note.pk}/delete/"

    client.force_login(make_user(is_staff=True))
    client.post(path)
    assert Note.objects.count() == 1
    client.force_login(make_user(project=make_project()))
    assert client.post(path).status_code == 404
    client.force_login(writer)
    assert client.post(path)["Location"] == f"{page_of('voice', voice)}#dated-notes"

    assert Note.objects.count() == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_deleted_note_comes_back_as_it_was(
    headers: dict[str, str], kind: str, client: Client
) -> None:
    target, writer = make_target(kind), make_user()
    note = Note.objects.create(
        project=target.project, by=writer, text='Warm,\n"soft" & low.', **{kind: target}
    )
    client.force_login(writer)

    deleted = client.post(f"/notes/{note.pk}/delete/", headers=headers, follow=True)
    assert Note.objects.count() == 0
    address, fields = undo_of(text(deleted))
    for _twice in range(2):
        client.post(address, fields, headers=headers)

    again = Note.objects.get()
    assert (again.pk, again.text, again.at, again.by, again.target) == (
        note.pk, note.text, note.at, writer, target,
    )  # fmt: skip
    assert "Undo" not in text(client.get(page_of(kind, target)))


@pytest.mark.parametrize("kind", ["voice", "recording"])
def test_note_on_what_was_deleted_does_not_come_back(kind: str, client: Client) -> None:
    target, writer = make_target(kind), make_user()
    note = Note.objects.create(project=target.project, by=writer, text="Warm.", **{kind: target})
    client.force_login(writer)
    address, fields = undo_of(text(client.post(f"/notes/{note.pk}/delete/", follow=True)))
    type(target).objects.update(deleted_at=timezone.now())

    client.post(address, fields)

    assert Note.objects.count() == 0


def test_nobody_restores_the_note_of_another_person(client: Client) -> None:
    voice, writer = make_target("voice"), make_user()
    note = Note.objects.create(project=voice.project, by=writer, voice=voice, text="Warm.")
    client.force_login(writer)
    address, fields = undo_of(text(client.post(f"/notes/{note.pk}/delete/", follow=True)))

    client.force_login(make_user())

    for forged in (fields, {"on": "voice", "target": "x"}, {"on": "user"}, {}):
        page = text(client.post(address, forged, follow=True))
        assert page.count("This can&#x27;t be undone any more.") == 1
    assert Note.objects.count() == 0


def test_text_of_a_deleted_note_is_not_in_the_button(client: Client) -> None:
    """The button travels in a cookie, which is signed, but can be read."""
    voice, writer = make_target("voice"), make_user()
    note = Note.objects.create(project=voice.project, by=writer, voice=voice, text="Warm.")
    client.force_login(writer)

    deleted = client.post(f"/notes/{note.pk}/delete/", follow=True)

    assert undo_of(text(deleted)) == (
        f"/notes/{note.pk}/restore/", {"on": ["voice"], "target": [str(voice.pk)]}
    )  # fmt: skip


def test_note_is_restored_only_by_those_who_may_write_notes(client: Client) -> None:
    voice, writer = make_target("voice"), make_user()
    note = Note.objects.create(project=voice.project, by=writer, voice=voice, text="Warm.")
    client.force_login(writer)
    undo = undo_of(text(client.post(f"/notes/{note.pk}/delete/", follow=True)))
    Membership.objects.update(role=Role.VIEWER)

    page, part = client.post(*undo, follow=True), client.post(*undo, headers=HTMX)
    Membership.objects.all().delete()
    elsewhere = client.post(*undo)

    assert page.redirect_chain == [(f"{page_of('voice', voice)}#dated-notes", 302)]
    assert text(page).count("This can&#x27;t be undone any more. You can&#x27;t write notes") == 1
    assert (part.status_code, part["Not-Allowed"]) == (403, "true")
    assert elsewhere["Location"] == "/"
    assert Note.objects.count() == 0


def test_note_is_on_exactly_one_object() -> None:
    attempt = make_attempt()
    by, project = attempt.created_by, attempt.project
    for objects in ({}, {"attempt": attempt, "voice": attempt.cloned_voice}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Note.objects.create(project=project, by=by, text="x", **objects)


@pytest.mark.parametrize("kind", KINDS)
def test_notes_need_one_query(kind: str, client: Client) -> None:
    target = make_target(kind)
    client.force_login(make_user())
    page = page_of(kind, target)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            client.get(page)
        return len(counted)

    none = queries()
    for _number in range(5):
        Note.objects.create(project=target.project, by=make_user(), text="x", **{kind: target})

    assert queries() == none
    assert Voice.objects.count() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_history_finds_attempts_by_the_words_of_their_notes(kind: str, client: Client) -> None:
    attempt = make_attempt()
    target = {
        "attempt": attempt, "voice": attempt.cloned_voice, "recording": attempt.recording
    }[kind]  # fmt: skip
    assert target is not None
    page, writer = page_of(kind, target), make_user()
    client.force_login(writer)
    client.post(f"{page}note/", {"text": "Too breathy at the end."})
    if kind == "recording":
        make_attempt(recording=attempt.recording)  # a later one, of the same recording

    def count(words: str) -> int:
        return client.get("/history/", {"q": words}).content.decode().count('<li class="attempt"')

    every = 2 if kind == "recording" else 1
    assert (count("BREATHY at"), count("breathless")) == (every, 0)
    client.force_login(make_user(project=make_project()))
    assert count("breathy") == 0
    client.force_login(writer)
    client.post(f"/notes/{Note.objects.get().pk}/delete/")
    assert count("breathy") == 0


def test_note_on_a_preview_that_was_deleted_does_not_come_back(client: Client) -> None:
    attempt, writer = make_target("attempt"), make_user()
    note = Note.objects.create(project=attempt.project, by=writer, text="Warm.", attempt=attempt)
    client.force_login(writer)
    address, fields = undo_of(text(client.post(f"/notes/{note.pk}/delete/", follow=True)))
    deletion.delete_call_audio(attempt, by=make_user(is_staff=True))

    page = text(client.post(address, fields, follow=True))

    assert Note.objects.count() == 0
    assert "This can&#x27;t be undone any more." in page


def test_note_is_not_called_required(client: Client) -> None:
    user = make_user()
    client.force_login(user)
    attempt = make_attempt(by=user)

    page = client.get(f"/history/{attempt.pk}/").content.decode()

    assert '<label for="id_text" >Your note</label>' in page


@pytest.mark.parametrize(("minutes", "count"), [(59, 1), (61, 0)])
def test_deleted_note_leaves_the_session_after_an_hour(
    client: Client, monkeypatch: pytest.MonkeyPatch, minutes: int, count: int
) -> None:
    target, writer = make_target("voice"), make_user()
    note = Note.objects.create(project=target.project, by=writer, text="Warm.", voice=target)
    client.force_login(writer)
    deleted = client.post(f"/notes/{note.pk}/delete/", follow=True)
    later = clock.now() + timedelta(minutes=minutes)
    monkeypatch.setattr(clock, "now", lambda: later)

    client.get("/help/")
    assert len(client.session["deleted_notes"]) == count
    client.post(*undo_of(text(deleted)))

    assert Note.objects.count() == count
