"""Every address as every role: what one may not see is a 404, what one may not do a 403.

An address without a line in `NEEDS` fails the test, and so does a public function of the services
without one in tests/services/test_permissions.py.
"""

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.factories import make_attempt, make_project, make_recording, make_user
from tests.views import HTMX
from voicestudio.models import (
    Action,
    Allowance,
    AudioFile,
    Charge,
    CloneAttempt,
    Event,
    Invitation,
    Note,
    Person,
    Project,
    Role,
    Speaker,
    Speech,
    Voice,
)
from voicestudio.models.permissions import ALLOWED, RoleName
from voicestudio.services.people import invitations

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

# What a person must be allowed to do: by GET, by POST (None where the method is not allowed).
SEE, NOTE, CLONE, UPLOAD = Action.SEE, Action.NOTE, Action.CLONE, Action.UPLOAD
PEOPLE: Final = Action.MANAGE_PEOPLE
NEEDS: Final[dict[str, tuple[Action | None, Action | None]]] = {
    # Of a recording, a voice, an attempt, a speech or a speaker
    "attempt": (SEE, None),
    "attempt_answer": (Action.DOWNLOAD, None),
    "attempt_row": (SEE, None),
    "attempt_tree_row": (SEE, None),
    "check_attempt": (None, Action.SETTLE),
    "check_recording": (None, UPLOAD),
    "clean_copy": (UPLOAD, UPLOAD),
    "cut_recording": (UPLOAD, UPLOAD),
    "delete_recording": (None, Action.DELETE),
    "delete_voice": (Action.DELETE, Action.DELETE),
    "dismiss_reminder": (None, NOTE),
    "fetch_preview": (None, Action.SETTLE),
    "fetch_speech": (None, Action.SETTLE),
    "keep_voice": (None, Action.KEEP),
    "mark_heard": (None, NOTE),
    "mark_preview_heard": (None, NOTE),
    "mark_speech_heard": (None, NOTE),
    "merge_speaker": (None, Action.MANAGE_SPEAKERS),
    "delete_note": (None, NOTE),
    "restore_note": (None, NOTE),
    "archive_project": (None, Action.MANAGE_PROJECTS),
    "change_project": (None, Action.MANAGE_PROJECTS),
    "project": (SEE, None),
    "reopen_project": (None, Action.MANAGE_PROJECTS),
    "set_member": (None, Action.MANAGE_PROJECTS),
    "move_speaker": (None, Action.MOVE_SPEAKERS),
    "move_speaker_back": (None, Action.MOVE_SPEAKERS),
    "note_on_attempt": (None, NOTE),
    "note_on_recording": (None, NOTE),
    "note_on_voice": (None, NOTE),
    "pin_attempt": (None, Action.MANAGE_SPEAKERS),
    "preview_audio": (SEE, None),
    "preview_waveform": (SEE, None),
    "rebuild": (None, CLONE),
    "recommendation": (SEE, None),
    "recording": (SEE, None),
    "recording_audio": (SEE, None),
    "recording_shape": (SEE, None),
    "recording_suggestions": (SEE, None),
    "recording_tracks": (Action.DOWNLOAD, None),
    "rename_recording": (None, UPLOAD),
    "rename_speaker": (None, Action.MANAGE_SPEAKERS),
    "settle_attempt": (None, Action.SETTLE),
    "settle_speech": (None, Action.SETTLE),
    "speak": (None, Action.SPEAK),
    "speaker": (SEE, None),
    "speech": (SEE, None),
    "speech_answer": (Action.DOWNLOAD, None),
    "speech_audio": (SEE, None),
    "speech_price": (None, Action.SPEAK),
    "speech_waveform": (SEE, None),
    "try_again": (None, CLONE),
    "try_speech_again": (None, Action.SPEAK),
    "use_track": (None, UPLOAD),
    "verdict": (SEE, None),
    "voice": (SEE, None),
    "voice_notes": (None, NOTE),
    "clone_form:check": (None, UPLOAD),
    # Of a person or an invitation
    "person": (PEOPLE, None),
    "change_project_roles": (None, PEOPLE),
    "change_studio_role": (None, PEOPLE),
    "deactivate_person": (None, PEOPLE),
    "reactivate_person": (None, PEOPLE),
    "reset_person": (None, PEOPLE),
    "revoke_invitation": (None, PEOPLE),
    "restore_invitation": (None, PEOPLE),
    "set_address": (None, PEOPLE),
    "look_as": (None, PEOPLE),
    # Of no single row: in any project, or in the studio
    "allow_more": (None, Action.ALLOW_MORE),
    "audit": (Action.READ_AUDIT, None),
    "styleguide": (Action.SEE_STYLEGUIDE, None),
    "system": (Action.SEE_SYSTEM, None),
    "check_key": (None, Action.CHECK_KEY),
    "hold": (Action.END_HOLD, None),
    "decide_hold": (None, Action.END_HOLD),
    "end_hold": (None, Action.END_HOLD),
    "retention": (Action.MANAGE_RETENTION, None),
    "due": (Action.MANAGE_RETENTION, None),
    "change_retention": (None, Action.MANAGE_RETENTION),
    "delete_due": (None, Action.MANAGE_RETENTION),
    "choose_recording": (SEE, None),
    "compare": (Action.COMPARE, Action.COMPARE),
    "costs": (Action.SEE_COSTS, None),
    "history": (SEE, None),
    "home": (SEE, None),
    "dismiss_hints": (None, SEE),
    "import_voice": (None, Action.IMPORT),
    "invite_person": (None, PEOPLE),
    "just_now": (SEE, None),
    "untag_selected": (None, NOTE),
    "unmark_heard": (None, NOTE),
    "move_selected_back": (None, Action.MOVE_SPEAKERS),
    "new": (SEE, CLONE),  # leads those who clone no voices to the home page
    "add_project": (Action.MANAGE_PROJECTS, Action.MANAGE_PROJECTS),
    "people": (PEOPLE, None),
    "show_team": (None, PEOPLE),
    "remove_team": (None, PEOPLE),
    "projects": (SEE, None),
    "recorder": (UPLOAD, None),
    "recordings": (SEE, UPLOAD),
    "search": (SEE, None),
    "save_filter": (None, SEE),
    "choose_columns": (None, SEE),
    "rename_filter": (None, SEE),
    "restore_filter": (None, SEE),
    "delete_filter": (None, SEE),
    "tag_selected": (None, NOTE),
    "mark_selected_heard": (None, NOTE),
    "move_selected": (None, Action.MOVE_SPEAKERS),
    "download_selected": (None, Action.DOWNLOAD),
    "export_selected": (None, SEE),
    "delete_selected": (None, Action.DELETE),
    "speaker_options": (SEE, None),
    "speaker_question": (SEE, None),
    "voice_id": (CLONE, None),
    "voices": (SEE, None),
} | {
    f"clone_form:{name}": (None, CLONE)
    for name in (
        "upload", "refresh", "use_voice_id", "use_example", "use_file_id", "remove", "cut",
        "clean_up", "choose_track", "suggest_best_part", "cut_prompt_clip",
    )
}  # fmt: skip
# Signing in, one's own account, the help and Django's admin ask for no role in a project.
ELSEWHERE: Final = (
    "account/", "admin/", "forgot-password/", "go-back/", "healthz", "help/", "invitation/",
    "language/", "metrics", "new-password/", "readyz", "sign-in/", "sign-out/", "verify-address/",
)  # fmt: skip


# Pages that answer 404 instead of 403, so that they do not show that they exist.
HIDDEN: Final = {
    "audit", "people", "person", "invite_person", "change_project_roles", "change_studio_role",
    "deactivate_person", "reactivate_person", "reset_person", "revoke_invitation", "look_as",
    "show_team", "remove_team", "set_address",
}  # fmt: skip
# Buttons that undo something lead back, with a message, where others answer 403 or 404.
UNDO: Final = {
    "restore_note", "move_speaker_back", "move_selected_back", "untag_selected", "unmark_heard",
    "restore_invitation",
}  # fmt: skip


class House(NamedTuple):
    """One project with a row of every kind, and people of every role."""

    project: Project
    ids: dict[str, int]
    people: dict[str, User]


@pytest.fixture
def house() -> House:
    """The project of the rows, with members, and another one with a manager."""
    project, other = make_project("Here"), make_project("There")
    people = {
        "manager": make_user("manager", project=project),
        "reviewer": make_user("reviewer", project=project, role=Role.REVIEWER),
        "viewer": make_user("viewer", project=project, role=Role.VIEWER),
        "stranger": make_user("stranger", project=other),
        "administrator": make_user("administrator", is_staff=True),
        "auditor": make_user("auditor", role=None),
        "gone": make_user("gone", project=project, is_active=False),
    }
    Person.objects.create(user=people["auditor"], is_auditor=True)
    by = people["manager"]
    attempt = make_attempt(by=by, project=project)
    voice = attempt.cloned_voice
    assert voice is not None
    speech = Speech.objects.create(
        project=project, voice=voice, token=uuid4(), provider="practice", created_by=by,
        text="Hello.", model="m", status="failed",
    )  # fmt: skip
    recording = make_recording(by=by, project=project)
    note = Note.objects.create(project=project, by=by, voice=voice, text="Warm.")
    ids = {
        "Speaker": attempt.speaker_id, "Voice": voice.pk, "CloneAttempt": attempt.pk,
        "Speech": speech.pk, "AudioFile": recording.pk, "Note": note.pk,
        "Project": project.pk, "User": make_user("target", project=project).pk,
        "Invitation": invite(people["administrator"]).pk,
    }  # fmt: skip
    return House(project, ids, people)


def invite(by: User) -> Invitation:
    """An open invitation."""
    return invitations.invite("new@example.com", by=by, roles={}).invitation


def kind_of(path: str) -> str:
    """The model of the row that an address with an ID is about."""
    kinds = {
        "speakers/": "Speaker", "voices/": "Voice", "history/": "CloneAttempt",
        "audio/previews/": "CloneAttempt", "speeches/": "Speech", "audio/speeches/": "Speech",
        "recordings/": "AudioFile", "audio/recordings/": "AudioFile", "clone-form/": "AudioFile",
        "notes/": "Note", "projects/": "Project", "people/invitations/": "Invitation",
        "people/": "User",
    }  # fmt: skip
    return next(kind for start, kind in kinds.items() if path.startswith(start))


def list_addresses() -> dict[str, str]:
    """The pattern of every address of the studio, by its full name."""
    found: dict[str, str] = {}

    def collect(patterns: Any, prefix: str, namespace: str) -> None:
        for each in patterns:
            path = prefix + str(each.pattern).removeprefix("^")
            if isinstance(each, URLResolver):
                inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
                collect(each.url_patterns, path, inner)
            elif isinstance(each, URLPattern):
                found[f"{namespace}{each.name}"] = path

    collect(get_resolver().url_patterns, "", "")
    return found


ADDRESSES: Final = {
    name: path for name, path in list_addresses().items() if not path.startswith(ELSEWHERE)
}
KNOWN: Final = ADDRESSES.keys() & NEEDS.keys()
WITH_ROW: Final = sorted(name for name in KNOWN if "<id:pk>" in ADDRESSES[name])
WITHOUT_ROW: Final = sorted(KNOWN - set(WITH_ROW))


def test_every_address_has_its_line() -> None:
    assert ADDRESSES.keys() == NEEDS.keys()


def url_of(name: str, house: House) -> str:
    arguments: list[Any] = []
    if "<id:pk>" in ADDRESSES[name]:
        arguments.append(house.ids[kind_of(ADDRESSES[name])])
    if "<field:field>" in ADDRESSES[name]:
        arguments.append("recording")
    if "<list:kind>" in ADDRESSES[name] or "<selectable:kind>" in ADDRESSES[name]:
        arguments.append("voices")
    if "<kind:kind>" in ADDRESSES[name]:
        arguments.append("recordings")
    return reverse(name, args=arguments)


def ask(client: Client, name: str, method: str, house: House) -> int:
    return status_of(client, method, url_of(name, house))


def status_of(client: Client, method: str, url: str) -> int:
    """The status of the answer; a streamed one is read, because it holds a file and a thread."""
    send: Callable[..., Any] = client.get if method == "GET" else client.post
    answer = send(url)
    if answer.streaming:
        answer.getvalue()  # which closes it
    return int(answer.status_code)


def needed(name: str, method: str) -> Action | None:
    return NEEDS[name][0 if method == "GET" else 1]


def is_answered(status: int) -> bool:
    """Whether a permitted request got an answer: also 404 for a row without a file, or 422."""
    return status < 400 or status in {404, 409, 422}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("role", [role.value for role in RoleName])
def test_role_may_what_the_table_says(
    role: str, method: str, house: House, client: Client, standin: object
) -> None:
    client.force_login(house.people[role])

    wrong = {}
    for name in [*WITH_ROW, *WITHOUT_ROW]:
        action = needed(name, method)
        rows = before = count_rows()
        status = ask(client, name, method, house)
        if action is None:
            right = status == 405
        elif RoleName(role) in ALLOWED[action]:
            right = is_answered(status)
            restore(house)
        else:
            rows = count_rows()
            refused = 404 if name in HIDDEN else 302 if name in UNDO else 403
            right = status == refused and rows == before
        if not right:
            wrong[name] = status

    assert wrong == {}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("person", ["stranger", "gone", "nobody"])
def test_rows_of_another_project_are_not_found(
    person: str, method: str, house: House, client: Client
) -> None:
    if person != "nobody":
        client.force_login(house.people[person])
    before, wrong = count_rows(), {}
    for name in WITH_ROW:
        status = ask(client, name, method, house)
        expected = {404} if person == "stranger" else {302, 401}
        if name in UNDO and method == "POST":
            expected = {302, 401}
        if needed(name, method) is None and person == "stranger":
            expected = {405}
        if status not in expected:
            wrong[name] = status

    assert wrong == {}
    assert count_rows() == before


@pytest.mark.parametrize("name", ["recording_audio", "preview_audio", "speech_audio"])
def test_download_is_an_action_of_its_own(name: str, house: House, client: Client) -> None:
    answers = {}
    for role in ("manager", "reviewer", "viewer"):
        client.force_login(house.people[role])
        answers[role] = status_of(client, "GET", f"{url_of(name, house)}?download=1")
    Project.objects.update(reviewers_may_download=True)
    client.force_login(house.people["reviewer"])
    answers["allowed"] = status_of(client, "GET", f"{url_of(name, house)}?download=1")

    has_file = 404 if name == "speech_audio" else 200
    assert answers == {"manager": has_file, "reviewer": 403, "viewer": 403, "allowed": has_file}


def test_refusal_is_a_sentence_on_the_page_and_for_htmx(house: House, client: Client) -> None:
    client.force_login(house.people["viewer"])
    url = url_of("keep_voice", house)

    page, fragment = client.post(url), client.post(url, headers=HTMX)

    sentence = "You can&#x27;t keep voices in this project. Ask a manager of the project"
    assert (page.status_code, sentence in page.content.decode()) == (403, True)
    assert fragment.status_code == 403
    assert fragment["Not-Allowed"] == "true"
    assert fragment.content.decode().startswith("You can't keep voices in this project.")


def test_refusal_is_one_line_in_the_log(
    house: House, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    viewer = house.people["viewer"]
    client.force_login(viewer)

    client.post(url_of("keep_voice", house))

    place = f"in project {house.project.pk} (page keep_voice)."
    assert [(each.levelname, each.getMessage(), each.exc_info) for each in caplog.records] == [
        ("INFO", f"Refused: {viewer} may not keep {place}", None)
    ]


def test_form_leads_those_who_clone_no_voices_to_the_home_page(
    house: House, client: Client
) -> None:
    client.force_login(house.people["viewer"])

    assert client.get("/new/")["Location"] == "/"


def test_lists_and_sums_hold_nothing_of_another_project(house: House, client: Client) -> None:
    attempt = CloneAttempt.objects.get(pk=house.ids["CloneAttempt"])
    Charge.objects.create(
        project=house.project, kind="preview", units=1, unit_price=Decimal(7),
        amount=Decimal(7), currency="$",
        provider="practice", attempt=attempt, voice=attempt.cloned_voice, speaker=attempt.speaker,
        voice_name=attempt.voice_id, person=attempt.created_by,
    )  # fmt: skip
    recording = AudioFile.objects.get(pk=house.ids["AudioFile"])
    pages = (
        "/history/", f"/history/?q={attempt.voice_id}", "/voices/",
        f"/voices/?q={attempt.voice_id}", "/recordings/", f"/recordings/?q={recording.name}",
        "/costs/", "/costs/?format=csv", "/", "/new/",
        f"/speakers/options/?name={attempt.speaker_name}", "/recordings/choose/", "/just-now/",
        f"/speakers/question/?name={attempt.speaker_name}",
    )  # fmt: skip
    secrets = (attempt.voice_id, attempt.speaker_name, recording.name, "7.00")

    def leaks(person: str) -> int:
        client.force_login(house.people[person])
        found = 0
        for address in pages:
            answer = client.get(address)
            body = answer.getvalue() if answer.streaming else answer.content
            text = body.decode().replace(f'value="{attempt.voice_id}"', "")
            text = text.replace(f"name={attempt.speaker_name}", "")
            found += sum(secret in text for secret in secrets if secret not in address)
        return found

    assert leaks("manager") > 5
    assert leaks("stranger") == 0


def test_voice_id_of_another_project_is_taken_without_a_name(house: House, client: Client) -> None:
    attempt = CloneAttempt.objects.get(pk=house.ids["CloneAttempt"])
    client.force_login(house.people["stranger"])

    page = client.get(f"/voice-id/?voice_id={attempt.voice_id}").content.decode()

    assert "This voice ID is taken." in page
    assert attempt.speaker_name not in page


def test_form_of_another_person_is_not_repeated(house: House, client: Client) -> None:
    attempt = CloneAttempt.objects.get(pk=house.ids["CloneAttempt"])
    client.force_login(house.people["administrator"])
    form = {
        "token": str(attempt.token), "speaker": "Someone", "speaker_choice": "new Someone",
        "voice_id": "Someone-7k2p", "permission": "on", "recording": house.ids["AudioFile"],
    }  # fmt: skip

    answer = client.post("/new/", form)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Another person has sent this form before." in page
    assert attempt.voice_id not in page
    assert str(attempt.token) not in page


def count_rows() -> tuple[int, ...]:
    models = (Allowance, AudioFile, Charge, CloneAttempt, Event, Speaker, Speech, Voice)
    return tuple(model._default_manager.count() for model in models)


def restore(house: House) -> None:
    """Undo what a button has deleted or archived, so that the next address has its row."""
    AudioFile.objects.filter(pk=house.ids["AudioFile"]).update(deleted_at=None)
    if not AudioFile.objects.filter(pk=house.ids["AudioFile"]).exists():
        house.ids["AudioFile"] = make_recording(project=house.project).pk
    Voice.objects.filter(pk=house.ids["Voice"]).update(deleted_at=None)
    Project.objects.filter(pk=house.project.pk).update(archived_at=None)
