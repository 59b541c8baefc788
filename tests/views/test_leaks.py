"""Leaks: what a page, a file or a form must not tell about a project or its money."""

import csv
import io
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import (
    PASSWORD,
    make_attempt,
    make_project,
    make_recording,
    make_speaker,
    make_user,
)
from tests.practice.recordings import hum
from tests.services.conftest import wav
from tests.views import message_levels
from voicestudio.models import (
    AudioFile,
    Charge,
    ChargeKind,
    CloneAttempt,
    Membership,
    Project,
    Role,
)
from voicestudio.services import clones
from voicestudio.services.clones import Order
from voicestudio.services.paid_calls.orders import OtherPerson
from voicestudio.services.voices.moves import move_speaker
from voicestudio.services.voices.speakers import merge_speakers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def charge(attempt: CloneAttempt, amount: str) -> Charge:
    return Charge.objects.create(
        project=attempt.project, kind=ChargeKind.PREVIEW, units=1, unit_price=Decimal(amount),
        amount=Decimal(amount), currency="$", provider="practice", attempt=attempt,
        voice=attempt.cloned_voice, voice_name=attempt.voice_id, speaker=attempt.speaker,
        model=attempt.model, person=attempt.created_by,
    )  # fmt: skip


def text(response: Any) -> str:
    html: str = response.content.decode()
    return html


@pytest.mark.parametrize("role", list(Role))
def test_cost_of_a_voice_is_shown_to_those_who_see_costs(client: Client, role: Role) -> None:
    attempt = make_attempt(by=make_user())
    charge(attempt, "7.77")
    client.force_login(make_user(role=role))

    pages = [text(client.get(path)) for path in ("/voices/", f"/voices/{attempt.cloned_voice_id}/")]

    is_shown = role is Role.MANAGER
    assert ["$7.77" in page for page in pages] == [is_shown, is_shown]
    assert "Cost so far" not in pages[1] or is_shown


@pytest.mark.parametrize("is_visible", [True, False])
def test_parent_is_named_where_it_is_of_the_same_project(client: Client, is_visible: bool) -> None:
    other = make_project()
    parent = make_attempt(project=None if is_visible else other)
    attempt = make_attempt(parent=parent)
    client.force_login(make_user())

    paths = ("/history/", f"/history/{attempt.pk}/", f"/speakers/{attempt.speaker_id}/")
    pages = [text(client.get(path)) for path in paths]

    named = f"since attempt {parent.pk}"
    assert [named in page for page in pages] == [is_visible] * 3


def test_attempt_of_another_project_becomes_no_parent() -> None:
    there = make_project()
    by = make_user(project=there)
    Membership.objects.create(person=by, project=Project.first(), role=Role.VIEWER)
    parent = make_attempt()
    recording = make_recording(by=by, project=there, content=wav(11, rate=8_000), uploaded=False)

    attempt = clones.submit(
        Order(
            token=uuid4(), speaker_name="Anna", voice_id="Anna-7k2pp", permission=True,
            recording=recording, parent=parent,
        ),
        by=by,
    )  # fmt: skip

    assert attempt.parent is None


@pytest.mark.parametrize("role", [Role.MANAGER, None])
def test_costs_name_no_speaker_of_a_project_that_one_does_not_see(
    client: Client, role: Role | None
) -> None:
    here, there = Project.first(), make_project("There")
    administrator = make_user(is_staff=True)
    moved = make_attempt(speaker_name="Anna Larsen").speaker
    charge(CloneAttempt.objects.get(speaker=moved), "2")
    secret = make_speaker("Secret Client", project=there)
    move_speaker(moved, there, by=administrator)
    moved.refresh_from_db()
    merge_speakers(moved, secret, by=administrator)
    reader = make_user(project=here)
    if role:
        Membership.objects.create(person=reader, project=there, role=role)
    client.force_login(reader)

    page = text(client.get("/costs/"))
    file = b"".join(client.get("/costs/?format=csv")).decode()
    [row] = csv.DictReader(io.StringIO(file.removeprefix("\ufeff")))

    is_named = role is not None
    assert ("Secret Client" in page, row["Speaker"] == "Secret Client") == (is_named, is_named)
    assert (f"/speakers/{secret.pk}/" in page) is is_named
    assert "$2.00" in page


def test_kept_upload_of_a_person_who_was_demoted_does_not_stop_the_sign_in(client: Client) -> None:
    person = make_user("owner")
    client.force_login(person)
    client.get("/new/")
    Session.objects.all().delete()
    file = SimpleUploadedFile("anna.wav", hum(11))
    assert client.post("/new/", {"speaker": "Anna", "file": file}).status_code == 401
    Membership.objects.filter(person=person).update(role=Role.VIEWER)

    response = client.post("/sign-in/", {"username": "owner", "password": PASSWORD})
    page = client.get("/history/")

    assert (response.status_code, page.status_code) == (302, 200)
    assert "anna.wav" in text(page)
    assert "error" in message_levels(page)
    assert not AudioFile.objects.exists()


@pytest.mark.parametrize("path", ["/new/", "/recordings/", "/clone-form/upload/"])
def test_upload_of_a_viewer_is_refused_before_it_is_read(path: str) -> None:
    client = Client(enforce_csrf_checks=True)  # the check reads the body
    client.force_login(make_user(role=Role.VIEWER))
    client.cookies["csrftoken"] = "a" * 32
    file = SimpleUploadedFile("a.wav", b"x" * 600_000)

    response: Any = client.post(path, {"csrfmiddlewaretoken": "a" * 32, "file": file})

    assert response.status_code == 403
    assert not hasattr(response.wsgi_request, "_files")


def test_form_of_a_project_that_one_left_shows_nothing_of_its_attempt() -> None:
    there = make_project()
    by = make_user(project=there)
    here = Membership.objects.create(person=by, project=Project.first(), role=Role.MANAGER)
    earlier = make_attempt(by=by)
    here.delete()
    recording = make_recording(by=by, project=there)

    with pytest.raises(OtherPerson):
        clones.submit(
            Order(
                token=earlier.token, speaker_name="Anna", voice_id="Anna-7k2pp", permission=True,
                recording=recording,
            ),
            by=User.objects.get(pk=by.pk),
        )  # fmt: skip
