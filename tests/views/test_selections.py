"""Selected rows of a list: what the buttons below it do, and what they leave out."""

import csv
import io
import re
import tracemalloc
from threading import BoundedSemaphore
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django.utils.timezone import localtime
from pytest_django.fixtures import Settings

from tests.factories import (
    make_attempt,
    make_project,
    make_recording,
    make_speaker,
    make_user,
    make_voice,
)
from tests.views import message_levels
from tests.views.pages import text, undo_of
from voicestudio.models import (
    AttemptState,
    AudioFile,
    AuditEntry,
    CloneAttempt,
    ListKind,
    Membership,
    Project,
    Role,
    Speaker,
    Tag,
    Verb,
    Voice,
    clock,
)
from voicestudio.models.list_kinds import SELECTABLE
from voicestudio.services import bulk, storage
from voicestudio.services.bulk import columns
from voicestudio.services.voices import notes
from voicestudio.views import audio

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def send(browser: Client, path: str, rows: list[Any], **fields: str) -> Any:
    return browser.post(path, {"row": [row.pk for row in rows], **fields}, follow=True)


def with_preview(attempt: CloneAttempt, content: bytes) -> CloneAttempt:
    attempt.audio.save("preview.mp3", ContentFile(content), save=False)
    CloneAttempt.objects.filter(pk=attempt.pk).update(audio=attempt.audio.name)
    return attempt


@pytest.mark.parametrize("kind", ["history", "voices"])
def test_tags_are_added_to_those_of_the_selected_voices(
    browser: Client, owner: User, kind: str
) -> None:
    attempts = [make_attempt(by=owner) for _number in range(3)]
    voices = list(Voice.objects.order_by("pk"))
    voices[0].tags.add(Tag.objects.create(name="warm"))
    rows: list[Any] = attempts if kind == "history" else voices

    page = send(
        browser, f"/{kind}/selected/tag/", rows[:2], tags="German， Warm、,", query="state=x"
    )

    names = [sorted(voice.tags.values_list("name", flat=True)) for voice in voices]
    assert names == [["German", "warm"], ["German", "warm"], []]
    assert messages_of(page) == ["2 voices were tagged."]
    assert page.redirect_chain == [(f"/{kind}/?state=x", 302)]


def test_voice_with_all_its_tags_is_left_out(browser: Client, owner: User) -> None:
    full, other = make_voice("Full-0001"), make_voice("Other-001")
    notes.set_tags(full, [f"tag {number}" for number in range(20)], by=owner)

    page = send(browser, "/voices/selected/tag/", [full, other], tags="one more")

    assert [voice.tags.count() for voice in (full, other)] == [20, 1]
    assert messages_of(page) == [
        "1 voice was tagged.",
        f"1 was left out. {full.speaker.name} Full-0001: A voice can have 20 tags at most.",
    ]


def test_selected_attempts_are_marked_as_heard(browser: Client, owner: User) -> None:
    made = make_attempt(by=owner)
    failed = make_attempt(AttemptState.FAILED, by=owner, speaker_name="Ben", voice_id="Ben-0001")

    page = send(browser, "/history/selected/heard/", [made, failed])

    assert Voice.objects.filter(heard_at=None).count() == 0
    assert messages_of(page) == [
        "1 voice was marked as heard.",
        "1 was left out. Ben Ben-0001: It has made no voice.",
    ]


@pytest.mark.parametrize("kind", ["history", "voices"])
def test_tags_that_were_just_added_are_taken_back(browser: Client, owner: User, kind: str) -> None:
    attempts = [make_attempt(by=owner) for _number in range(2)]
    voices = list(Voice.objects.order_by("pk"))
    voices[0].tags.add(Tag.objects.create(name="warm"))
    rows: list[Any] = attempts if kind == "history" else voices

    page = send(browser, f"/{kind}/selected/tag/", rows, tags="German, Warm", query="state=x")
    address, fields = undo_of(text(page))
    back = browser.post(address, fields, follow=True)

    names = [list(voice.tags.values_list("name", flat=True)) for voice in voices]
    assert names == [["warm"], []]
    assert messages_of(back) == ["The tags were removed from 2 voices."]
    assert back.redirect_chain == [(f"/{kind}/?state=x", 302)]


def test_voices_that_were_just_marked_are_unheard_again(browser: Client, owner: User) -> None:
    heard, unheard = make_voice(heard_at=localtime()), make_voice()

    page = send(browser, "/voices/selected/heard/", [heard, unheard])
    address, fields = undo_of(text(page))
    browser.post(address, fields)

    assert list(Voice.objects.filter(heard_at=None)) == [unheard]


def test_undo_leaves_tags_and_marks_that_were_made_again_meanwhile(
    browser: Client, owner: User
) -> None:
    voice = make_voice("Anna-0001", speaker=make_speaker("Anna"))
    tagged = undo_of(text(send(browser, "/voices/selected/tag/", [voice], tags="warm, low")))
    heard = undo_of(text(send(browser, "/voices/selected/heard/", [voice])))
    notes.set_tags(voice, ["low"], by=owner)
    notes.set_tags(voice, ["low", "warm"], by=owner)
    for heard_at in (None, localtime()):
        Voice.objects.update(heard_at=heard_at)

    pages = [browser.post(*undo, follow=True) for undo in (tagged, tagged, heard)]

    nothing = "1 was left out. Anna Anna-0001: Nothing of this change is left to undo."
    assert [messages_of(page) for page in pages] == [
        ["The tags were removed from 1 voice."], [nothing], [nothing],
    ]  # fmt: skip
    assert list(voice.tags.values_list("name", flat=True)) == ["warm"]
    assert Voice.objects.filter(heard_at=None).count() == 0


def test_undo_without_its_fields_changes_nothing(browser: Client, owner: User) -> None:
    voice = make_voice(heard_at=localtime())
    notes.set_tags(voice, ["warm"], by=owner)

    for path in ("untag", "unheard"):
        for value in ("", "x", "9" * 30, "2026-01-01", "warm"):
            fields = {"row": [voice.pk], f"undo-{voice.pk}": value}
            assert browser.post(f"/voices/selected/{path}/", fields).status_code == 302

    assert Voice.objects.exclude(heard_at=None).filter(tags__name="warm").count() == 1


@pytest.mark.parametrize("path", ["tag", "heard"])
def test_undo_that_is_not_allowed_any_more_is_said_on_the_list(
    path: str, browser: Client, owner: User
) -> None:
    voice = make_voice()
    page = send(browser, f"/voices/selected/{path}/", [voice], tags="warm", query="q=a")
    undo = undo_of(text(page))
    Membership.objects.filter(person=owner).update(role=Role.VIEWER)

    back = browser.post(*undo, follow=True)

    assert back.redirect_chain == [("/voices/?q=a", 302)]
    assert messages_of(back) == [
        "This can't be undone any more. You can't write notes in this project. "
        "Ask a manager of the project or an administrator."
    ]


def test_rows_of_each_project_are_permitted_on_their_own(client: Client) -> None:
    other = make_project("Other")
    person = make_user("mixed", role=Role.REVIEWER)
    Membership.objects.create(person=person, project=other, role=Role.VIEWER)
    client.force_login(person)
    mine, seen = make_voice("Mine-0001"), make_voice("Seen-0001", project=other)
    unseen = make_voice("Unseen-01", project=make_project("Unseen"))

    page = send(client, "/voices/selected/heard/", [mine, seen, unseen])

    heard = Voice.objects.filter(heard_at__isnull=False).values_list("voice_id", flat=True)
    assert list(heard) == ["Mine-0001"]
    assert message_levels(page) == ["success", "warning"]
    assert "Seen-0001" in messages_of(page)[1]
    assert "Unseen" not in messages_of(page)[1]


@pytest.mark.parametrize("path", ["tag", "heard", "download", "export"])
def test_nothing_selected_is_said(browser: Client, path: str) -> None:
    page = browser.post(f"/voices/selected/{path}/", {"tags": "a", "row": ["x"]}, follow=True)

    assert messages_of(page) == ["Select at least one row."]


def test_recordings_have_no_tags(browser: Client, owner: User) -> None:
    recording = make_recording(by=owner)

    assert send(browser, "/recordings/selected/tag/", [recording], tags="a").status_code == 404


def test_speakers_of_selected_rows_are_moved_after_a_question(client: Client) -> None:
    client.force_login(make_user("chief", is_staff=True))
    target = make_project("Target")
    attempts = [make_attempt(speaker_name=name) for name in ("Anna", "Ben")]
    AudioFile.objects.update(project=Project.first())

    question = send(client, "/history/selected/move/", attempts)
    before = Speaker.objects.filter(project=target).count()
    page = send(client, "/history/selected/move/", attempts, project=str(target.pk))

    assert text(question).count("<li><bdi>") == 2
    assert (before, Speaker.objects.filter(project=target).count()) == (0, 2)
    assert messages_of(page) == ["2 speakers were moved, with everything that belongs to them."]


def test_move_starts_without_a_project_and_asks_for_one(client: Client) -> None:
    client.force_login(make_user("chief", is_staff=True))
    make_project("Target")
    recording = make_recording()

    question = send(client, "/recordings/selected/move/", [recording])
    answer = send(client, "/recordings/selected/move/", [recording], project="")

    assert '<option value="">Choose a project</option>' in text(question)
    assert (question.status_code, answer.status_code) == (200, 422)
    assert "Nothing was moved" not in text(question)
    assert "Nothing was moved: no project was chosen." in text(answer)


def test_move_offers_no_project_that_is_refused_anyway(client: Client, settings: Settings) -> None:
    settings.PRACTICE_MODE = True
    client.force_login(make_user("chief", is_staff=True))
    home, other = Project.first(), make_project("Other")
    make_project("Examples", is_example=True)
    old = make_project("Old", archived_at=timezone.now())
    here, there, away = (make_recording(project=each) for each in (home, other, old))

    def offered(*rows: AudioFile) -> list[Any]:
        page = text(send(client, "/recordings/selected/move/", [*rows]))
        choice = page.partition('id="selection-project"')[2]
        return re.findall(r'<option value="\d+">(.*?)</option>', choice)

    assert offered(here) == ["Other"]
    assert sorted(offered(here, there)) == ["Other", "Studio"]
    assert offered(away) == []


@pytest.mark.parametrize("list_path", ["recordings", "history"])
def test_move_out_of_the_examples_says_that_it_has_no_way_back(
    list_path: str, client: Client, settings: Settings
) -> None:
    settings.PRACTICE_MODE = True
    client.force_login(make_user("chief", is_staff=True))
    examples, target = make_project("Examples", is_example=True), make_project("Target")
    is_recording = list_path == "recordings"
    row = (make_recording if is_recording else make_attempt)(project=examples)
    path = f"/{list_path}/selected/move/"

    question = text(send(client, path, [row]))
    moved = text(send(client, path, [row], project=str(target.pk)))

    assert "A move from an example project to another kind of project can't be undone." in question
    assert "1 recording was moved" in moved or "1 speaker was moved" in moved
    assert "/selected/move-back/" not in moved


def test_move_without_another_project_is_not_asked_for(client: Client) -> None:
    client.force_login(make_user("chief", is_staff=True))

    page = send(client, "/recordings/selected/move/", [make_recording()])

    assert messages_of(page) == ["There is no other project to which this can be moved."]


def test_speakers_of_several_projects_move_back(client: Client) -> None:
    client.force_login(make_user("chief", is_staff=True))
    target, sources = make_project("Target"), [make_project("One"), make_project("Two")]
    attempts = [make_attempt(project=source) for source in sources]

    page = send(client, "/history/selected/move/", attempts, project=str(target.pk))
    assert Speaker.objects.filter(project=target).count() == 2
    address, fields = undo_of(text(page))
    back = client.post(address, fields, follow=True)

    speakers = [Speaker.objects.get(pk=attempt.speaker_id) for attempt in attempts]
    assert [speaker.project for speaker in speakers] == sources
    assert messages_of(back) == [
        "2 speakers were moved back, with everything that belongs to them."
    ]


def test_selected_recordings_move_after_a_question_and_move_back(client: Client) -> None:
    client.force_login(make_user("chief", is_staff=True))
    target, home = make_project("Target"), Project.first()
    original, used = make_recording(name="anna.wav"), make_recording(name="ben.wav")
    family = [original, make_recording(parent=original)]
    make_attempt(speaker_name="Ben", recording=used)
    rows = [*family, used]

    question = send(client, "/recordings/selected/move/", rows)
    page = send(client, "/recordings/selected/move/", rows, project=str(target.pk))

    assert text(question).count("<li><bdi>") == 3
    assert "Move 3 recordings" in text(question)
    assert set(AudioFile.objects.filter(project=target)) == set(family)
    assert messages_of(page) == [
        "2 recordings were moved, with their originals and copies.",
        "1 was left out. ben.wav: It, or a recording of its family, was used for Ben.",
    ]
    address, fields = undo_of(text(page))
    back = client.post(address, fields, follow=True)
    assert set(AudioFile.objects.filter(project=home)) == {*family, used}
    assert messages_of(back) == ["1 recording was moved back, with its original and copies."]


def test_undo_of_a_move_leaves_recordings_that_were_moved_again(client: Client) -> None:
    client.force_login(make_user("chief", is_staff=True))
    first, second = make_project("First"), make_project("Second")
    original = make_recording(name="anna.wav")
    copy = make_recording(name="copy.wav", parent=original)
    older = undo_of(
        text(send(client, "/recordings/selected/move/", [original], project=str(first.pk)))
    )
    newer = undo_of(
        text(send(client, "/recordings/selected/move/", [copy], project=str(second.pk)))
    )

    pages = [client.post(*undo, follow=True) for undo in (older, newer, newer)]

    assert [messages_of(page) for page in pages] == [
        ["1 was left out. anna.wav: This move can't be undone: another move or merge came after "
         "it."],
        ["1 recording was moved back, with its original and copies."],
        ["1 was left out. copy.wav: It is in that project already."],
    ]  # fmt: skip
    assert set(AudioFile.objects.filter(project=first)) == {original, copy}


def test_undo_of_a_move_leaves_speakers_who_were_moved_again(client: Client) -> None:
    client.force_login(make_user("chief", is_staff=True))
    first, second = make_project("First"), make_project("Second")
    attempt = make_attempt(speaker_name="Anna")
    older, newer = [
        undo_of(text(send(client, "/history/selected/move/", [attempt], project=str(target.pk))))
        for target in (first, second)
    ]

    pages = [client.post(*undo, follow=True) for undo in (older, newer, newer)]

    assert [messages_of(page) for page in pages] == [
        ["1 was left out. Anna: This move can't be undone: another move or merge came after "
         "it."],
        ["1 speaker was moved back, with everything that belongs to it."],
        ["1 was left out. Anna: It is in that project already."],
    ]  # fmt: skip
    assert Speaker.objects.get().project == first


def test_speaker_that_is_in_the_project_already_is_not_counted(client: Client) -> None:
    client.force_login(make_user("chief", is_staff=True))
    make_project("Other")
    attempt = make_attempt(speaker_name="Anna")

    page = send(
        client, "/history/selected/move/", [attempt], project=str(attempt.speaker.project_id)
    )

    assert messages_of(page) == ["1 was left out. Anna: It is in that project already."]


def test_recordings_are_deleted_after_a_question_unless_in_use(
    browser: Client, owner: User, standin: object
) -> None:
    free = make_recording(by=owner, name="free.wav", uploaded=False)
    used = make_attempt(by=owner).recording
    rows = [free, used]

    question = send(browser, "/recordings/selected/delete/", rows)
    before = AudioFile.objects.filter(deleted_at=None).count()
    page = send(browser, "/recordings/selected/delete/", rows, confirmed="1")

    assert text(question).count("Delete 2 recordings?") == 2
    assert (before, list(AudioFile.objects.filter(deleted_at=None))) == (2, [used])
    assert messages_of(page) == [
        "1 recording was deleted.",
        f"1 was left out. {used.name}: A voice or a running attempt still needs it.",
    ]


def test_zip_holds_the_files_in_the_order_of_the_list(browser: Client, owner: User) -> None:
    first = with_preview(make_attempt(by=owner, speaker_name="Zoe", voice_id="Zoe-0001"), b"one")
    second = with_preview(make_attempt(by=owner, speaker_name="A/B", voice_id="Anna-001"), b"two")
    failed = make_attempt(AttemptState.FAILED, by=owner, speaker_name="Ben", voice_id="Ben-0001")

    response = send(browser, "/history/selected/download/", [first, second, failed])

    with ZipFile(io.BytesIO(response.getvalue())) as archive:
        assert archive.testzip() is None
        content = {name: archive.read(name) for name in archive.namelist()}
    assert content == {
        "1 Zoe Zoe-0001.mp3": b"one",
        "2 A B Anna-001.mp3": b"two",
        "Not included.txt": b"Ben Ben-0001: It has no audio in the studio.\n",
    }
    downloads = AuditEntry.objects.filter(verb=Verb.DOWNLOADED).order_by("pk")
    assert [entry.object_id for entry in downloads] == [first.pk, second.pk]


def test_zip_has_names_that_windows_allows_and_the_time_of_each_file(
    browser: Client, owner: User
) -> None:
    row = make_recording(by=owner, name='a:b<c>"d"|e?f*.wav')
    moment = localtime(storage.size_and_time(row.file)[1])

    response = send(browser, "/recordings/selected/download/", [row])

    with ZipFile(io.BytesIO(response.getvalue())) as archive:
        [info] = archive.infolist()
    assert info.filename == "1 a b c d e f.mp3"
    assert info.date_time == (*moment.timetuple()[:5], moment.second // 2 * 2)


def test_zip_that_is_not_sent_has_no_entry_in_the_audit_trail(
    browser: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make_recording(by=owner)
    monkeypatch.setattr(audio, "TRANSFERS", BoundedSemaphore(1))
    monkeypatch.setattr(audio, "WAIT_FOR_THREAD_S", 0)
    with audio.TRANSFERS:
        response = send(browser, "/recordings/selected/download/", [row])

    assert response.status_code == 503
    assert AuditEntry.objects.filter(verb=Verb.DOWNLOADED).count() == 0


@pytest.mark.parametrize("is_zip", [True, False])
def test_download_that_cannot_be_recorded_frees_its_thread(
    is_zip: bool, browser: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make_recording(by=owner)
    monkeypatch.setattr(audio, "TRANSFERS", BoundedSemaphore(1))
    browser.raise_request_exception = False

    with connection.execute_wrapper(refuse_entries):
        if is_zip:
            send(browser, "/recordings/selected/download/", [row])
        else:
            browser.get(f"/audio/recordings/{row.pk}/", {"download": "1"})

    assert audio.TRANSFERS.acquire(blocking=False)


def refuse_entries(execute: Any, sql: str, *rest: Any) -> Any:
    """A database that is busy with something else while an entry is written."""
    if sql.startswith('INSERT INTO "voicestudio_auditentry'):
        raise OperationalError("database is locked")
    return execute(sql, *rest)


def test_zip_of_large_files_needs_little_memory(browser: Client, owner: User) -> None:
    rows = [
        make_recording(by=owner, name=f"{number}.wav", content=bytes(8_000_000))
        for number in range(3)
    ]

    tracemalloc.start()
    response = send(browser, "/recordings/selected/download/", rows)
    size = sum(len(chunk) for chunk in response.streaming_content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size > 24_000_000
    assert peak < 8_000_000


@pytest.mark.parametrize("kind", ["history", "voices", "recordings"])
def test_csv_has_the_selected_rows(browser: Client, owner: User, kind: str) -> None:
    attempts = [make_attempt(by=owner, speaker_name=name) for name in ("=Anna", "Ben", "Cleo")]
    recordings = [attempt.recording for attempt in attempts]
    lists: dict[str, list[Any]] = {
        "history": attempts,
        "voices": [attempt.cloned_voice for attempt in attempts],
        "recordings": recordings,
    }
    rows = lists[kind]

    response = send(browser, f"/{kind}/selected/export/", [rows[1], rows[0]])

    content = response.getvalue().decode().removeprefix("\ufeff")
    table = list(csv.DictReader(io.StringIO(content)))
    column, expected = {
        "history": ("Attempt", [str(attempts[1].pk), str(attempts[0].pk)]),
        "voices": ("Speaker", ["Ben", "'=Anna"]),
        "recordings": ("Recording", [recordings[1].name, recordings[0].name]),
    }[kind]
    assert [row[column] for row in table] == expected
    assert [row["Project"] for row in table] == ["Studio", "Studio"]
    entry = AuditEntry.objects.get(verb=Verb.EXPORTED)
    assert (entry.person_id, entry.facts) == (owner.pk, {"list": kind, "count": 2})


@pytest.mark.parametrize("kind", list(ListKind))
def test_only_lists_whose_rows_can_be_selected_have_a_csv(kind: ListKind) -> None:
    if kind in SELECTABLE:
        assert columns(kind)[-1] == "Project"
    else:
        with pytest.raises(ValueError, match=kind):
            columns(kind)


@pytest.mark.parametrize("role", list(Role))
def test_bar_shows_what_the_person_may_do(client: Client, role: Role) -> None:
    client.force_login(make_user(role=role))
    make_attempt()

    page = text(client.get("/voices/"))

    shown = {name for name in ("tag", "download", "export") if f"/voices/selected/{name}/" in page}
    expected = {
        Role.MANAGER: {"tag", "download", "export"},
        Role.REVIEWER: {"tag", "export"},
        Role.VIEWER: {"export"},
    }
    assert shown == expected[role]


@pytest.mark.parametrize("what", ["tag", "heard", "move"])
def test_undo_of_what_is_gone_says_so(what: str, client: Client) -> None:
    client.force_login(make_user(is_staff=True))
    voice, target = make_voice(), make_project()
    fields = {"tags": "warm", "project": str(target.pk)}
    page = text(send(client, f"/voices/selected/{what}/", [voice], **fields))
    address, sent = undo_of(page)
    gone = {key: "999" for key in sent if key == "row"}

    answer = client.post(address, gone, follow=True)

    assert messages_of(answer) == ["This can't be undone any more."]


@pytest.mark.parametrize(
    "time",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00", "x", "\0"],
)
def test_undo_of_a_mark_with_a_forged_time_changes_nothing(
    time: str, browser: Client, owner: User
) -> None:
    voice = make_voice()
    page = text(send(browser, "/voices/selected/heard/", [voice]))
    address, _fields = undo_of(page)

    answer = browser.post(address, {"row": voice.pk, f"undo-{voice.pk}": time}, follow=True)

    assert answer.status_code == 200
    assert Voice.objects.get(pk=voice.pk).heard_at is not None


@pytest.mark.parametrize("kind", ["history", "recordings"])
def test_move_out_of_an_example_project_offers_no_way_back(kind: str, client: Client) -> None:
    client.force_login(make_user(is_staff=True))
    example, target = make_project(is_example=True), make_project()
    row = make_attempt(project=example) if kind == "history" else make_recording(project=example)

    page = send(client, f"/{kind}/selected/move/", [row], project=str(target.pk))

    row.refresh_from_db()
    assert row.project == target
    assert "/selected/move-back/" not in text(page)


def test_recording_that_is_deleted_meanwhile_does_not_stop_the_others() -> None:
    target, by = make_project(), make_user(is_staff=True)
    deleted, gone, moved = (make_recording(by=by) for _number in range(3))
    AudioFile.objects.filter(pk=deleted.pk).update(deleted_at=clock.now())
    stale = AudioFile.objects.get(pk=gone.pk)
    gone.delete()

    outcome = bulk.move_recordings([deleted, stale, moved], target, by=by)

    assert outcome.done == 1
    assert {refusal.reason for refusal in outcome.refused} == {"This recording was just deleted."}
