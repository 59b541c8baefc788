"""The project in use: what lists show of several projects, or of one."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_attempt, make_project, make_recording, make_user
from tests.views import HTMX
from tests.views.pages import text
from voicestudio.models import Charge, CloneAttempt, Membership, Person, Project, Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
LISTS = ("/history/", "/voices/", "/recordings/", "/costs/")


@pytest.fixture
def both(client: Client) -> tuple[Project, Project]:
    """Two projects of the person who is signed in, with an attempt each."""
    here, there = make_project("Here", colour="teal"), make_project("There", colour="red")
    person = make_user("lea", project=here)
    Membership.objects.create(project=there, person=person, role=Role.MANAGER)
    client.force_login(person)
    for project in (here, there):
        make_row(project, person)
    return here, there


def make_row(project: Project, by: User) -> CloneAttempt:
    """An attempt with its voice, its recording and a charge, all named like the project."""
    recording = make_recording(by=by, project=project, name=f"Only{project.name}.mp3")
    attempt = make_attempt(
        by=by, project=project, speaker_name=f"Only{project.name}", recording=recording
    )
    Charge.objects.create(
        project=project, kind="preview", units=1, unit_price=Decimal(1), amount=Decimal(1),
        currency="$", provider="practice", attempt=attempt, voice=attempt.cloned_voice,
        speaker=attempt.speaker, voice_name=attempt.voice_id, person=by,
    )  # fmt: skip
    return attempt


def shown(client: Client, path: str, **query: str | int) -> set[str]:
    """Which of the two projects' rows the page shows."""
    return set(re.findall(r"Only(Here|There)", text(client.get(path, query))))


@pytest.mark.parametrize("path", LISTS)
def test_list_shows_the_project_of_its_address_and_remembers_it(
    path: str, client: Client, both: tuple[Project, Project]
) -> None:
    here, there = both

    seen = [
        shown(client, path),
        shown(client, path, project=here.pk),
        shown(client, path),  # remembered
        shown(client, path, project=there.pk),  # the address wins
        shown(client, path, project="all"),
        shown(client, path),
    ]

    every = {"Here", "There"}
    assert seen == [every, {"Here"}, {"Here"}, {"There"}, every, every]
    assert Person.objects.get().project is None


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("wrong", ["hidden", "0", "-1", "x", "9" * 30])
def test_project_that_a_person_does_not_see_is_not_found(
    path: str, wrong: str, client: Client, both: tuple[Project, Project]
) -> None:
    value = str(make_project().pk) if wrong == "hidden" else wrong

    assert client.get(path, {"project": value}).status_code == 404
    assert not Person.objects.filter(project__isnull=False).exists()


def test_csv_file_holds_the_project_in_use(client: Client, both: tuple[Project, Project]) -> None:
    here, _there = both

    answer = client.get("/costs/", {"project": str(here.pk), "format": "csv"})

    body = b"".join(answer).decode()
    assert (body.count("OnlyHere"), body.count("OnlyThere")) == (1, 0)


def test_links_and_forms_keep_project_and_filters(
    client: Client, both: tuple[Project, Project]
) -> None:
    here, there = both
    for _number in range(26):
        make_attempt(project=here, speaker_name="OnlyHere")

    page = text(client.get("/history/", {"q": "only", "project": str(here.pk)}))

    assert f'href="?q=only&amp;project={there.pk}"' in page
    assert f'<input type="hidden" name="project" value="{here.pk}">' in page
    assert re.search(rf'id="older" href="/history/\?q=only&amp;project={here.pk}&amp;before', page)
    # The memory is named in links too, so that another window cannot change the next page.
    page = text(client.get("/history/"))
    assert re.search(rf'id="older" href="/history/\?project={here.pk}&amp;before', page)


def test_results_for_htmx_bring_the_switcher_along(
    client: Client, both: tuple[Project, Project]
) -> None:
    answer = client.get("/history/", {"q": "only"}, headers=HTMX | {"HX-Target": "results"})

    assert text(answer).count('id="switcher" hx-swap-oob="true"') == 1


@pytest.mark.parametrize("path", LISTS[:3])
def test_rows_name_the_project_where_several_are_shown(
    path: str, client: Client, both: tuple[Project, Project]
) -> None:
    marked = 'data-colour="teal"><bdi>Here</bdi></span></span>'

    assert text(client.get(path)).count(marked) == 1
    assert text(client.get(path, {"project": both[0].pk})).count(marked) == 0


@pytest.mark.parametrize("kind", ["attempt", "voice", "recording", "speaker"])
def test_page_names_the_project_of_its_thing(
    kind: str, client: Client, both: tuple[Project, Project]
) -> None:
    attempt = CloneAttempt.objects.get(project=both[0])
    path = {
        "attempt": f"/history/{attempt.pk}/",
        "voice": f"/voices/{attempt.cloned_voice_id}/",
        "recording": f"/recordings/{attempt.recording_id}/",
        "speaker": f"/speakers/{attempt.speaker_id}/",
    }[kind]

    assert text(client.get(path)).count(f'href="/projects/{both[0].pk}/"') == 1


@pytest.mark.parametrize("is_staff", [True, False])
def test_team_of_one_sees_nothing_of_projects(is_staff: bool, client: Client) -> None:
    person = make_user("lea", is_staff=is_staff)
    client.force_login(person)
    attempt = make_row(Project.first(), person)

    for path in (*LISTS, f"/history/{attempt.pk}/", f"/voices/{attempt.cloned_voice_id}/"):
        page = text(client.get(path))
        found = re.search(r'id="switcher"|class="project|name="project|href="/projects/', page)
        assert (path, found) == (path, None)


@pytest.mark.parametrize("path", ["/voices/", "/recordings/"])
def test_voices_and_recordings_are_filtered_by_person(
    path: str, client: Client, both: tuple[Project, Project]
) -> None:
    here, _there = both
    colleague = make_user("mo", project=here)
    make_row(make_project("Elsewhere"), colleague)

    page = text(client.get(path, {"filters": "shown"}))
    assert len(re.findall(rf'<option value="{colleague.pk}" ?>mo</option>', page)) == 1
    assert shown(client, path, person=colleague.pk) == set()
    assert shown(client, path, person=User.objects.get(username="lea").pk) == {"Here", "There"}
    assert client.get(path, {"person": "x"}).status_code == 200


def test_costs_that_a_person_may_not_see_are_explained(
    client: Client, both: tuple[Project, Project]
) -> None:
    here, _there = both
    Membership.objects.filter(project=here).update(role=Role.VIEWER)

    page = text(client.get("/costs/", {"project": here.pk}))

    assert page.count("You can&#x27;t see the costs of this project.") == 1
    assert "OnlyHere" not in page


def test_reminder_counts_the_voices_of_the_project_in_use(
    client: Client, both: tuple[Project, Project]
) -> None:
    soon = timezone.now() - timedelta(hours=150)
    for attempt in CloneAttempt.objects.all():
        assert attempt.cloned_voice is not None
        attempt.cloned_voice.created_at = soon
        attempt.cloned_voice.save()

    counts = [
        text(
            client.get(
                "/voices/",
                {"project": project},
                headers={"hx-request": "true", "hx-target": "counts"},
            )
        ).count('id="count-1" hx-swap-oob="true">· 1</span>')
        for project in ("all", both[0].pk)
    ]

    assert counts == [0, 1]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("is_staff", [True, False])
def test_queries_do_not_grow_with_projects(
    path: str, is_staff: bool, client: Client, both: tuple[Project, Project]
) -> None:
    person = User.objects.get(username="lea")
    person.is_staff = is_staff
    person.save()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        return len(queries)

    count()
    before = count()
    for _number in range(20):
        project = make_project()
        Membership.objects.create(project=project, person=person, role=Role.VIEWER)
        make_row(project, person)

    # One page of costs sums by project once there are several of them.
    assert count() - before in (0, 1) if path == "/costs/" else count() == before


def explain(sql: Callable[[], object]) -> str:
    """The plan of the last query that `sql` makes."""
    with CaptureQueriesContext(connection) as queries:
        sql()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries[-1]['sql']}")
        return " ".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of SQLite")
def test_lists_of_one_project_read_its_index(both: tuple[Project, Project]) -> None:
    person = User.objects.get(username="lea")
    Person.objects.update_or_create(user=person, defaults={"project": both[0]})

    plan = explain(lambda: list(CloneAttempt.objects.in_use_by(person).order_by("-pk")[:26]))

    assert "attempt_by_project" in plan
    assert "TEMP B-TREE" not in plan
