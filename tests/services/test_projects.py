"""Projects: what a row inherits, and in which project a person makes something."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from threading import Thread
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import (
    make_attempt,
    make_project,
    make_recording,
    make_speaker,
    make_user,
    make_voice,
)
from voicestudio.models import (
    AudioFile,
    AuditEntry,
    Charge,
    CloneAttempt,
    Membership,
    Person,
    Project,
    Purpose,
    Role,
    Speaker,
    Speech,
    Tag,
    Voice,
)
from voicestudio.practice.server import StandIn
from voicestudio.services import clones, projects, recordings, reminders, speeches
from voicestudio.services.clones import Order, attempt_tree, changes
from voicestudio.services.permissions import NotAllowed
from voicestudio.services.speeches import SpeechOrder, keep
from voicestudio.services.voices import notes, speakers

pytestmark = pytest.mark.django_db


def test_everything_made_from_a_recording_belongs_to_its_project(
    tone: bytes, standin: StandIn, no_waiting: Settings, data_dir: object
) -> None:
    project = make_project("Audiobook")
    person = make_user(project=project)
    upload = SimpleUploadedFile("anna.wav", tone)

    recording = recordings.store_upload(upload, project=project, purpose=Purpose.SAMPLE, by=person)
    recordings.clean_recording(
        recording, trim=False, level=True, dc_and_hum=False, mono=False, by=person
    )
    attempt = clones.submit(
        Order(
            token=uuid4(), speaker_name="Anna", voice_id="Anna-7k2pp", permission=True,
            recording=recording, preview_text="Hello.", model="speech-2.8-hd",
        ),
        by=person,
    )  # fmt: skip
    clones.run_clone.call(attempt.pk)
    speech = speeches.submit(
        SpeechOrder(
            token=uuid4(), voice=Voice.objects.get(), text="Good morning.", model="speech-2.8-hd"
        ),
        by=person,
    )  # fmt: skip
    speeches.run_speech.call(speech.pk)

    counts = {Speaker: 1, AudioFile: 2, CloneAttempt: 1, Voice: 1, Speech: 1, Charge: 3}
    for model, count in counts.items():
        assert model._default_manager.filter(project=project).count() == count, model


@pytest.mark.parametrize("field", ["recording", "prompt_clip"])
def test_recording_of_another_project_is_refused(field: str, order: Callable[..., Order]) -> None:
    person = make_user(is_staff=True)
    changes: dict[str, object] = {"speaker_id": make_speaker(by=person).pk}
    other = make_project()
    if field == "recording":
        changes["recording"] = make_recording(by=person, project=other)
    else:
        clip = make_recording(by=person, project=other, purpose=Purpose.PROMPT)
        changes |= {"prompt_clip": clip, "prompt_text": "Hello."}

    with pytest.raises(clones.OrderRefused) as refused:
        clones.submit(order(**changes), by=person)

    assert refused.value.field == field
    assert CloneAttempt.objects.count() == 0


def test_file_id_of_another_project_is_its_recording_for_those_who_work_there() -> None:
    other = make_project()
    person = make_user(is_staff=True)
    first = recordings.add_by_file_id(7, project=Project.first(), purpose="voice_clone", by=person)

    second = recordings.add_by_file_id(7, project=other, purpose="voice_clone", by=person)

    assert second == first


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.REVIEWER])
def test_file_id_of_another_project_is_refused(role: Role | None) -> None:
    make_recording(file_id=7)
    other = make_project()
    person = make_user(project=other)
    if role is not None:
        Membership.objects.create(project=Project.first(), person=person, role=role)

    with pytest.raises(recordings.FileIdRefused):
        recordings.add_by_file_id(7, project=other, purpose="voice_clone", by=person)

    assert AudioFile.objects.count() == 1


def test_file_id_that_two_projects_have_is_the_recording_of_the_own_one() -> None:
    other = make_project()
    own = make_recording(file_id=7, project=other)
    make_recording(file_id=7)
    person = make_user(project=other)

    found = recordings.add_by_file_id(7, project=other, purpose="voice_clone", by=person)

    assert found == own


def test_default_project_is_the_one_in_use_where_the_person_may_upload() -> None:
    first, second, third = Project.first(), make_project(), make_project()
    person = make_user(project=second)
    Membership.objects.create(project=first, person=person, role=Role.VIEWER)
    Membership.objects.create(project=third, person=person, role=Role.MANAGER)
    in_use = Person.of(person)

    found = []
    for chosen in (None, first, third):
        in_use.project = chosen
        in_use.save()
        found.append(projects.default_for(User.objects.get(pk=person.pk)))

    assert found == [second, second, third]


def test_nothing_is_made_in_an_archived_project() -> None:
    Project.objects.filter(pk=Project.first().pk).update(archived_at=timezone.now())

    for person in (make_user(), make_user(is_staff=True), make_user(role=None)):
        with pytest.raises(NotAllowed):
            projects.default_for(person)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.VIEWER])
def test_only_managers_pay_and_change(role: Role, voice: Voice) -> None:
    person = make_user(role=role)

    with pytest.raises(NotAllowed):
        keep.keep_voice(voice, by=person)
    if role == Role.VIEWER:
        with pytest.raises(NotAllowed):
            notes.mark_heard(voice, by=person)
    else:
        notes.mark_heard(voice, by=person)

    assert Speech.objects.count() == 0


def test_form_of_another_person_is_refused_and_shows_nothing(
    order: Callable[..., Order], person: User
) -> None:
    first = order()
    clones.submit(first, by=person)

    with pytest.raises(clones.OtherPerson):
        clones.submit(first, by=make_user())

    assert CloneAttempt.objects.count() == 1


def test_speakers_and_tags_of_other_projects_are_not_offered(data_dir: object) -> None:
    other = make_project()
    make_speaker("Anna", project=other)
    there = make_voice(speaker=make_speaker("Anne", project=other))
    here = make_voice(speaker=make_speaker("Ann"))
    for voice, tag in ((there, "secret"), (here, "warm")):
        voice.tags.add(Tag.objects.create(name=tag))
    person = make_user()

    offered = speakers.offered_to(person)
    assert speakers.list_names(offered) == ["Ann"]
    assert [known.name for known in speakers.find_similar("Anna", offered)] == ["Ann"]
    assert speakers.find_by_id(there.speaker_id, offered) is None
    assert notes.list_tags(person, 10) == ["warm"]
    assert notes.list_tags(make_user(is_staff=True), 10) == ["secret", "warm"]


def test_speaker_of_another_project_cannot_be_chosen(
    order: Callable[..., Order], person: User
) -> None:
    hidden = make_speaker("Anna", project=make_project())

    with pytest.raises(speakers.SpeakerGone):
        clones.submit(order(speaker_id=hidden.pk), by=person)


def test_relatives_and_changes_stay_in_their_project(data_dir: object) -> None:
    parent = make_attempt(project=make_project(), preview_text="Secret.")
    child = make_attempt(parent=parent)

    assert attempt_tree.relatives(child) == []
    assert changes.changes_by_attempt([child]) == {}


def test_colleagues_are_the_members_of_the_same_projects() -> None:
    project = make_project()
    person, colleague = make_user("a", project=project), make_user("b", project=project)
    make_user("stranger")
    root = make_user("root", is_staff=True)

    known = [name for _pk, name in projects.list_colleagues(person)]
    assert known == [person.username, colleague.username, root.username]
    assert len(projects.list_colleagues(root)) == 4


def test_people_who_left_a_project_are_offered_with_what_they_made(data_dir: object) -> None:
    project, other = make_project(), make_project()
    person = make_user("a", project=project)
    cloned, uploaded, elsewhere = (make_user(name, project=other) for name in "bcd")
    cloned.first_name = "Zoe"
    cloned.save()
    make_attempt(by=cloned, project=project, recording=make_recording(by=person, project=project))
    make_recording(by=uploaded, project=project)
    make_recording(by=elsewhere, project=other)

    assert projects.list_colleagues(person) == [
        (person.pk, "a"), (uploaded.pk, "c"), (cloned.pk, "Zoe"),
    ]  # fmt: skip


def test_reminder_names_each_person_only_the_voices_of_their_projects(
    settings: Settings, mailoutbox: list[EmailMessage], data_dir: object
) -> None:
    settings.MAIL_HOST = "localhost"
    other = make_project()
    soon = timezone.now() - timedelta(hours=150)
    make_voice("Here-0001", created_at=soon)
    make_voice("There-0001", speaker=make_speaker(project=other), created_at=soon)
    make_user(email="here@example.com")
    make_user(email="there@example.com", project=other)
    make_user(email="root@example.com", is_staff=True)
    make_user(email="nobody@example.com", role=None)

    assert reminders.send() == 2

    named = {
        tuple(mail.bcc): ["Here-0001" in mail.body, "There-0001" in mail.body]
        for mail in mailoutbox
    }
    assert named == {
        ("here@example.com",): [True, False],
        ("there@example.com",): [False, True],
        ("root@example.com",): [True, True],
    }


@pytest.mark.parametrize(
    ("role", "is_archived", "emails"),
    [
        (Role.MANAGER, False, 1), (Role.REVIEWER, False, 1), (Role.VIEWER, False, 0),
        (Role.MANAGER, True, 0), (None, True, 0),
    ],
)  # fmt: skip
def test_reminder_goes_to_those_who_can_do_something_about_it(
    settings: Settings, mailoutbox: list[EmailMessage], role: Role | None, is_archived: bool,
    emails: int,
) -> None:  # fmt: skip
    settings.MAIL_HOST = "localhost"
    make_voice(created_at=timezone.now() - timedelta(hours=150))
    person = make_user(email="here@example.com", role=role, is_staff=role is None)
    if is_archived:
        Project.objects.update(archived_at=timezone.now())

    reminders.send()

    assert len(mailoutbox) == emails
    shown = reminders.count_expiring(User.objects.get(pk=person.pk))
    assert (shown is None) == is_archived


# Administration -----------------------------------------------------------------------------------


def list_entries() -> list[tuple[str, int | None, dict[str, object]]]:
    entries = AuditEntry.objects.order_by("pk")
    return [(entry.verb, entry.project_id, entry.facts) for entry in entries]


def test_project_is_added_changed_archived_and_reopened() -> None:
    root = make_user(is_staff=True)
    facts = projects.ProjectFacts("Audiobook", total_budget=Decimal(50))

    project = projects.create_project(facts, by=root)
    projects.change_project(
        project, facts._replace(client="Northern", total_budget=Decimal("7.5")), by=root
    )
    projects.change_project(
        project, facts._replace(client="Northern", total_budget=Decimal("7.5")), by=root
    )
    projects.archive_project(project, by=root)
    archived = Project.objects.get(pk=project.pk).is_archived
    projects.reopen_project(project, by=root)

    project.refresh_from_db()
    assert (archived, project.is_archived) == (True, False)
    assert (project.client, project.total_budget, project.created_by) == (
        "Northern", Decimal("7.5"), root,
    )  # fmt: skip
    budget = {"budget": "total_budget"}
    assert list_entries() == [
        ("project_created", project.pk, {}),
        ("budget_changed", project.pk, budget | {"before": "none", "after": "$50.00"}),
        ("project_changed", project.pk, {"columns": ["client"]}),
        ("budget_changed", project.pk, budget | {"before": "$50.00", "after": "$7.50"}),
        ("project_archived", project.pk, {}),
        ("project_reopened", project.pk, {}),
    ]
    texts = AuditEntry.objects.filter(verb="budget_changed").order_by("pk")
    assert list(texts.values_list("text", flat=True)) == [
        "Budget in all changed: none → $50.00",
        "Budget in all changed: $50.00 → $7.50",
    ]


def test_name_of_another_project_is_refused() -> None:
    root, other = make_user(is_staff=True), make_project("Zo\u00eb")

    for act in (
        lambda: projects.create_project(projects.ProjectFacts("ZOE"), by=root),
        lambda: projects.change_project(Project.first(), projects.ProjectFacts("zoe"), by=root),
    ):
        with pytest.raises(projects.ProjectRefused):
            act()
    projects.change_project(other, projects.ProjectFacts("Zoe"), by=root)

    assert [project.name for project in Project.objects.all()] == ["Studio", "Zoe"]


def test_archived_project_is_not_changed() -> None:
    project = make_project(archived_at=timezone.now())

    with pytest.raises(NotAllowed):
        projects.change_project(project, projects.ProjectFacts("New"), by=make_user(is_staff=True))


@pytest.mark.django_db(transaction=True)
def test_one_project_stays_open() -> None:
    root, both = make_user(is_staff=True), [Project.first(), make_project()]
    refused: list[int] = []

    def archive(project: Project) -> None:
        try:
            projects.archive_project(project, by=root)
        except projects.ProjectRefused:
            refused.append(project.pk)
        finally:
            connection.close()

    threads = [Thread(target=archive, args=(project,)) for project in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [project.pk for project in Project.objects.open()] == refused
    assert len(refused) == 1


def test_project_counts_its_rows(data_dir: object) -> None:
    attempt = make_attempt(project=make_project())
    make_attempt()
    make_recording(project=attempt.project, deleted_at=timezone.now())

    assert projects.count_rows(attempt.project) == {
        "speakers": 1, "recordings": 1, "voices": 1, "attempts": 1,
    }  # fmt: skip
