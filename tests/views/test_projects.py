"""Projects: the list, the page of one, and what administrators change there."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_attempt, make_project, make_user
from tests.views.pages import read_pages, text
from tests.views.test_list_filters import counts
from voicestudio.models import Membership, Project, Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

FORM = {"name": "Audiobook", "colour": "teal"}


@pytest.fixture
def root(client: Client) -> User:
    """A signed-in administrator."""
    person = make_user("root", is_staff=True)
    client.force_login(person)
    return person


def test_project_is_added_with_its_facts(client: Client, root: User) -> None:
    form = FORM | {
        "client": "Northern", "starts_on": "2026-11-01", "ends_on": "2026-12-24",
        "monthly_budget": "20.50", "reviewers_may_download": "on", "notes": "Ask Lea.",
    }  # fmt: skip

    page = text(client.post(reverse("add_project"), form, follow=True))

    project = Project.objects.get(name="Audiobook")
    assert project.created_by == root
    for words in ("Northern", "1 Nov 2026 to 24 Dec 2026", "$20.50", "Ask Lea.", "reviewers"):
        assert words in page, words


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": " "}, "Type a name."),
        ({"name": "studio"}, "Another project has this name. Choose another name."),
        ({"colour": "pink"}, "pink is not one of the available choices."),
        ({"starts_on": "2026-11-02", "ends_on": "2026-11-01"}, "The end is before the start."),
        ({"ends_on": "soon"}, "Enter a valid date."),
        ({"total_budget": "-1"}, "It can't be less than 0."),
        ({"total_budget": "1.005"}, "Use at most two digits after the point."),
    ],
)
def test_mistakes_of_the_form_are_said(
    changes: dict[str, str], error: str, client: Client, root: User
) -> None:
    project = make_project("Audiobook")
    answers = [
        client.post(url, FORM | {"name": "Another"} | changes)
        for url in (reverse("add_project"), reverse("change_project", args=[project.pk]))
    ]

    for answer in answers:
        assert answer.status_code == 422
        # Beside its field, and in the summary above the form.
        assert text(answer).replace("&#x27;", "'").count(error) == 2
    assert Project.objects.filter(name="Another").count() == 0


def test_page_of_a_project_begins_with_what_is_in_it(client: Client, root: User) -> None:
    project = make_project("Audiobook")
    make_attempt(by=root, project=project)

    page = text(client.get(reverse("project", args=[project.pk])))

    nav = page[page.index('<nav class="chips"') : page.index('id="facts-title"')]
    links = re.findall(r'href="/(\w+)/\?project=\d+">\w[\w ]*(?:<span class="soft">(\d+))?', nav)
    assert links == [("history", "1"), ("voices", "1"), ("recordings", "1"), ("costs", "")]


def test_members_lead_to_their_pages_for_those_who_may_see_them(client: Client, root: User) -> None:
    project = make_project("Audiobook")
    member = make_user("lea", project=project, role=Role.MANAGER)
    url, link = reverse("project", args=[project.pk]), f'href="/people/{member.pk}/"'

    assert text(client.get(url)).count(link) == 1
    client.force_login(member)
    assert link not in text(client.get(url))


def test_project_is_archived_at_once_and_opened_again(client: Client, root: User) -> None:
    project = make_project("Audiobook")
    url = reverse("archive_project", args=[project.pk])

    page = text(client.post(url, follow=True))

    assert page.count("This project is archived.") == 1
    assert page.count("Undo: open it again") == 1
    assert reverse("change_project", args=[project.pk]) not in page
    client.post(reverse("reopen_project", args=[project.pk]))
    assert not Project.objects.get(pk=project.pk).is_archived


def test_last_open_project_is_not_archived(client: Client, root: User) -> None:
    url = reverse("archive_project", args=[Project.first().pk])

    answer = client.post(url)

    assert answer.status_code == 422
    assert "Add another one first" in text(answer)


def test_members_are_added_changed_and_removed(client: Client, root: User) -> None:
    project, person = make_project(), make_user("lea", role=None)
    url = reverse("set_member", args=[project.pk])
    seen = []

    for role in ("viewer", "manager", ""):
        client.post(url, {"person": person.pk, "role": role})
        members = Membership.objects.filter(project=project)
        seen.append(list(members.values_list("person__username", "role")))
    wrong = client.post(url, {"person": 10**9, "role": "viewer"})

    assert seen == [[("lea", "viewer")], [("lea", "manager")], []]
    assert wrong.status_code == 422


def test_member_sees_the_own_projects_without_buttons(client: Client) -> None:
    project, hidden = make_project("Audiobook", total_budget=50), make_project("Secret")
    person = make_user(project=project, role=Role.VIEWER)
    client.force_login(person)

    listed, page = text(client.get("/projects/")), text(client.get(f"/projects/{project.pk}/"))

    assert (listed.count("Audiobook"), listed.count("Secret")) == (1, 0)
    assert "you: Viewer" in listed
    assert "$50" not in page
    assert "<form" not in page.split('<footer class="account')[0]
    assert client.get(f"/projects/{hidden.pk}/").status_code == 404


def test_archived_projects_are_listed_apart(client: Client, root: User) -> None:
    make_project("Old", archived_at=timezone.now())

    assert text(client.get("/projects/")).count("Archived projects") == 1


def test_projects_are_paged_with_open_ones_first_and_filters_kept(
    client: Client, root: User
) -> None:
    Project.first()
    names = [f"Book {number:02}" for number in range(60)]
    for name in reversed(names):
        make_project(name, archived_at=None if name[-1] in "02468" else timezone.now())
    row = r'(?s)id="project-\d+".*?<bdi>([^<]+)</bdi>'

    everything = read_pages(client, "/projects/", row)
    archived = read_pages(client, "/projects/?state=archived&q=book", row)

    assert [name for page in everything for name in page] == [*names[::2], "Studio", *names[1::2]]
    assert [len(page) for page in everything] == [24, 24, 13]
    assert [name for page in archived for name in page] == names[1::2]
    # A page with nothing but archived ones has no fold to open first.
    last = text(client.get(f"/projects/?after={Project.objects.get(name=names[-2]).pk}"))
    assert last.count('<details class="fold" open') == 0
    later = text(client.get(f"/projects/?after={Project.objects.get(name=names[1]).pk}"))
    assert later.count('<details class="fold" open') == 1


def test_projects_are_found_by_name_client_and_state(client: Client, root: User) -> None:
    Project.first()
    make_project("Hörbuch", client="Nördlich")
    make_project("Old", archived_at=timezone.now())

    def named(**query: str) -> list[str]:
        page = text(client.get("/projects/", query))
        found = re.findall(r'id="project-(\d+)"', page)
        return sorted(Project.objects.filter(pk__in=found).values_list("name", flat=True))

    assert named() == ["Hörbuch", "Old", "Studio"]
    assert named(q="HORB") == named(q="nordl") == ["Hörbuch"]
    assert named(state="archived") == ["Old"]
    assert named(state="open") == ["Hörbuch", "Studio"]
    assert named(q="nothing") == []
    assert counts(client, "/projects/") == {"Open": "2", "Archived": "1", "": "3 projects"}


def test_member_finds_and_counts_only_the_own_projects(client: Client) -> None:
    project = make_project("Audiobook")
    make_project("Audio secret")
    person = make_user(project=project, role=Role.VIEWER)
    client.force_login(person)

    page = text(client.get("/projects/", {"q": "audio"}))

    assert (page.count(f'id="project-{project.pk}"'), page.count("secret")) == (1, 0)
    assert counts(client, "/projects/", {"state": "open"})["Open"] == "1"


def test_queries_do_not_grow_with_projects_or_members(client: Client, root: User) -> None:
    project = make_project()

    def count() -> list[int]:
        counts = []
        for url in ("/projects/", f"/projects/{project.pk}/"):
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            counts.append(len(queries))
        return counts

    before = count()
    for _number in range(12):
        make_user(project=project)
        make_user(project=make_project())

    assert count() == before
