"""Projects: what a row inherits, and in which project a person makes something."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_project, make_recording, make_speaker, make_user
from voicestudio.models import (
    AudioFile,
    Charge,
    CloneAttempt,
    Membership,
    Person,
    Project,
    Purpose,
    Role,
    Speaker,
    Speech,
    Voice,
)
from voicestudio.practice.server import StandIn
from voicestudio.services import clones, projects, recordings, speeches
from voicestudio.services.clones import Order
from voicestudio.services.permissions import NotAllowed
from voicestudio.services.speeches import SpeechOrder

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
def test_recording_of_another_project_is_refused(
    field: str, order: Callable[..., Order], person: User
) -> None:
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


def test_file_id_is_known_in_each_project_by_itself(data_dir: object) -> None:
    other = make_project()
    person = make_user(project=other)
    first = recordings.add_by_file_id(7, project=Project.first(), purpose="voice_clone", by=person)
    second = recordings.add_by_file_id(7, project=other, purpose="voice_clone", by=person)

    assert (first.project, second.project) == (Project.first(), other)


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
