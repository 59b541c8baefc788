"""The project of a form: what is uploaded, cloned and imported belongs to it."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.factories import (
    PASSWORD,
    make_attempt,
    make_project,
    make_recording,
    make_speaker,
    make_user,
)
from tests.practice.recordings import hum
from tests.views import HTMX
from tests.views.pages import text
from voicestudio.models import (
    AudioFile,
    CloneAttempt,
    Membership,
    Person,
    Project,
    Role,
    Speaker,
    Voice,
)
from voicestudio.practice.server import StandIn
from voicestudio.practice.store import ClonedVoice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


@pytest.fixture
def here() -> Project:
    return make_project("Here")


@pytest.fixture
def there() -> Project:
    return make_project("There")


@pytest.fixture
def lea(client: Client, here: Project, there: Project) -> User:
    """The manager of both projects, signed in."""
    person = make_user("lea", project=here)
    Membership.objects.create(project=there, person=person, role=Role.MANAGER)
    client.force_login(person)
    return person


def wav() -> SimpleUploadedFile:
    return SimpleUploadedFile("anna.wav", hum(11))


def answers(**changes: Any) -> dict[str, Any]:
    return {
        "token": str(uuid4()), "speaker": "Zoe", "voice_id": "Zoe-7k2ppp", "permission": "on",
        "preview_text": "", "language": "auto",
    } | changes  # fmt: skip


def chosen(page: str, control: str = "id_project") -> str | None:
    """The name of the project that is selected; None without the field."""
    select = re.search(rf'<select[^>]* id="{control}".*?</select>', page, re.DOTALL)
    if select is None:
        return None
    marked: list[str] = re.findall(r"<option[^>]* selected>([^<]*)", select[0])
    marked += re.findall(r"<option[^>]*>([^<]*)", select[0])
    return marked[0]


def test_field_is_there_for_those_who_clone_in_several_projects(
    client: Client, lea: User, here: Project, there: Project
) -> None:
    several = chosen(text(client.get("/new/")))
    Person.objects.update_or_create(user=lea, defaults={"project": there})
    in_use = chosen(text(client.get("/new/")))
    in_address = chosen(text(client.get("/new/", {"project": str(here.pk)})))
    of_recording = chosen(
        text(client.get("/new/", {"recording": str(make_recording(by=lea, project=here).pk)}))
    )
    of_attempt = chosen(
        text(client.get("/new/", {"from": str(make_attempt(by=lea, project=here).pk)}))
    )
    Membership.objects.filter(project=there).update(role=Role.REVIEWER)
    alone = chosen(text(client.get("/new/")))

    assert (several, in_use, in_address) == ("Here", "There", "Here")
    assert (of_recording, of_attempt, alone) == ("Here", "Here", None)


def test_everything_of_the_form_belongs_to_its_project(
    client: Client, lea: User, there: Project, standin: StandIn
) -> None:
    client.post("/new/", answers(project=str(there.pk), file=wav()))

    attempt = CloneAttempt.objects.get()
    for row in (attempt, attempt.speaker, attempt.recording):
        assert row.project == there


@pytest.mark.parametrize("path", ["/recordings/", "/clone-form/use-example/"])
def test_upload_goes_to_the_chosen_project(
    path: str, client: Client, lea: User, there: Project, standin: StandIn
) -> None:
    client.post(path, {"project": str(there.pk), "file": wav()}, headers=HTMX)

    assert AudioFile.objects.get().project == there


def test_several_files_go_to_the_chosen_project(client: Client, lea: User, there: Project) -> None:
    page = text(client.get("/recordings/"))
    client.post("/recordings/", {"several": "1", "project": str(there.pk), "file": [wav(), wav()]})

    assert chosen(page, "id_many_project") == "Here"
    assert list(AudioFile.objects.values_list("project", flat=True)) == [there.pk] * 2


def test_project_of_a_chosen_speaker_wins(
    client: Client, lea: User, here: Project, there: Project, standin: StandIn
) -> None:
    speaker = make_speaker("Zoe", project=there)
    form = answers(project=str(here.pk), speaker_choice=f"{speaker.pk} Zoe", file=wav())

    client.post("/new/", form)

    assert CloneAttempt.objects.get().project == there
    assert AudioFile.objects.get().project == there


@pytest.mark.parametrize(
    "path",
    ["/new/", "/recordings/", "/clone-form/upload/", "/clone-form/use-example/",
     "/clone-form/use-file-id/"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["hidden", "viewed", "archived", "missing", "odd"])
def test_project_in_which_a_person_may_not_write_is_refused(
    path: str, kind: str, client: Client, lea: User, there: Project, standin: StandIn
) -> None:
    hidden = make_project()
    if kind == "viewed":
        Membership.objects.filter(project=there).update(role=Role.VIEWER)
    if kind == "archived":
        Project.objects.filter(pk=there.pk).update(archived_at=timezone.now())
    project = {"hidden": hidden.pk, "missing": 10**6, "odd": "x"}.get(kind, there.pk)

    answer = client.post(path, answers(project=str(project), file=wav(), file_id="7"))

    assert answer.status_code == 403
    sentence = "This project is archived" if kind == "archived" else "Ask a manager of the project"
    assert text(answer).count(sentence) == 1
    assert (AudioFile.objects.count(), Speaker.objects.count()) == (0, 0)


def test_recording_of_another_project_is_an_error(
    client: Client, lea: User, here: Project, there: Project
) -> None:
    recording = make_recording(by=lea, project=here)

    answer = client.post("/new/", answers(project=str(there.pk), recording=str(recording.pk)))

    assert answer.status_code == 422
    assert text(answer).count("This recording belongs to another project. Choose one.") == 2
    assert CloneAttempt.objects.count() == 0


def test_attempt_of_another_project_is_no_parent(
    client: Client, lea: User, here: Project, there: Project
) -> None:
    parent = make_attempt(by=lea, project=here)
    recording = make_recording(by=lea, project=there)

    client.post(
        "/new/", answers(project=str(there.pk), recording=str(recording.pk), parent=str(parent.pk))
    )

    assert CloneAttempt.objects.get(project=there).parent is None


def test_another_project_takes_speaker_and_recording_away(
    client: Client, lea: User, here: Project, there: Project
) -> None:
    speaker, recording = make_speaker("Zoe", project=here), make_recording(by=lea, project=here)
    form = answers(
        project=str(there.pk), speaker_choice=f"{speaker.pk} Zoe", recording=str(recording.pk)
    )

    kept = text(client.post("/clone-form/refresh/", form))
    changed = text(client.post("/clone-form/refresh/", form | {"project_changed": "yes"}))

    marked = f'name="recording" value="{recording.pk}"'
    assert (chosen(kept), marked in kept) == ("Here", True)  # the speaker's project
    assert (chosen(changed), marked in changed) == ("There", False)
    assert 'value="Zoe"' in changed


def test_suggestions_are_of_the_project_of_the_form(
    client: Client, lea: User, here: Project, there: Project
) -> None:
    for project in (here, there):
        make_speaker(f"Zoe {project.name}", project=project)
        make_recording(by=lea, project=project, name=f"zoe-{project.name}.mp3")

    def suggested(path: str, project: Project) -> list[str]:
        page = text(client.get(path, {"project": str(project.pk), "name": "Zoe", "q": "zoe"}))
        return sorted(set(re.findall(r"[Zz]oe[ -](Here|There)", page)))

    for path in ("/speakers/options/", "/recordings/choose/"):
        assert (suggested(path, here), suggested(path, there)) == (["Here"], ["There"]), path
    page = text(client.get("/new/", {"project": str(there.pk)}))
    assert set(re.findall(r"[Zz]oe[ -](Here|There)", page)) == {"There"}
    assert client.get("/speakers/options/", {"project": "99"}).status_code == 403


def test_draft_keeps_the_project(client: Client, lea: User, there: Project) -> None:
    client.get("/new/")
    Session.objects.all().delete()
    client.post("/new/", {"speaker": "Zoe", "project": str(there.pk), "file": wav()})
    client.post("/sign-in/", {"username": "lea", "password": PASSWORD})

    assert chosen(text(client.get("/new/"))) == "There"
    assert AudioFile.objects.get().project == there


@pytest.mark.parametrize("of_speaker", [False, True])
def test_voice_is_imported_into_the_chosen_project(
    of_speaker: bool, client: Client, here: Project, there: Project, standin: StandIn
) -> None:
    client.force_login(make_user("root", is_staff=True))
    standin.voices["Stranger-1"] = ClonedVoice("Stranger-1", 1, None, 0, used_at=1)
    form = {"voice_id": "Stranger-1", "speaker": "Zoe", "project": str(there.pk)}
    if of_speaker:
        form["speaker_choice"] = f"{make_speaker('Zoe', project=here).pk} Zoe"

    page = text(client.post("/voices/compare/"))
    client.post("/voices/import/", form)

    assert page.count('<select class="input" name="project"') == 1
    assert Voice.objects.get().project == (here if of_speaker else there)
