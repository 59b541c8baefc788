"""The pages of the people: invitations, roles, deactivation, and links for new passwords."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.factories import make_project, make_user
from tests.views.pages import read_pages, text, undo_of
from tests.views.test_list_filters import counts
from voicestudio.models import AuditEntry, Invitation, Membership, Person, Project, Role, clock
from voicestudio.services.people import invitations

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> User:
    user = make_user("root", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def address_of(name: str, user: User) -> str:
    return reverse(name, args=[user.pk])


def link_in(html: str) -> str:
    found = re.search(r'id="new-link">http://testserver(/[^<]+)<', html)
    assert found is not None
    return found[1]


def test_list_shows_roles_at_a_fixed_number_of_queries(
    client: Client, administrator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_user("lea", first_name="Lea Blum", email="lea@example.com")
    client.get("/people/")
    with django_assert_num_queries(10):
        html = client.get("/people/").content.decode()
    for number in range(5):
        make_user(project=make_project(f"Project {number}"), role=Role.VIEWER)
    with django_assert_num_queries(10):
        client.get("/people/")

    assert re.findall(r"<bdi>([^<]+)</bdi>", html) == ["Lea Blum", "root"]
    assert ("lea@example.com" in html, "Manager" in html) == (True, True)


def test_people_are_paged_with_active_ones_first_and_filters_kept(
    client: Client, administrator: User
) -> None:
    invitations.invite("late@example.com", by=administrator, roles={}, is_auditor=True)
    names = [f"lea{number:02}" for number in range(60)]
    # Every second one, from the last to the first, so that neither id nor name is the order.
    User.objects.bulk_create(
        User(username=name, is_active=name[-1] in "02468") for name in reversed(names)
    )
    row = r'id="person-\d+"[^>]*>.*?<bdi>([^<]+)</bdi>'

    everyone = read_pages(client, "/people/", f"(?s){row}")
    found = read_pages(client, "/people/?q=lea&state=active", f"(?s){row}")

    active, inactive = names[::2], names[1::2]
    assert [name for page in everyone for name in page] == [*active, "root", *inactive]
    assert [len(page) for page in everyone] == [25, 25, 11]
    assert [len(page) for page in found] == [25, 5]
    assert [name for page in found for name in page] == active
    later = client.get(f"/people/?after={User.objects.get(username=active[24]).pk}")
    assert "late@example.com" not in text(later)
    assert "late@example.com" in text(client.get("/people/?after=999999"))


def test_invitation_is_made_shown_once_and_accepted(client: Client, administrator: User) -> None:
    project = Project.first()

    answer = client.post(
        "/people/invite/",
        {"address": "Anna@example.com", f"project_{project.pk}": "reviewer", "studio_role": ""},
    )
    link = link_in(answer.content.decode())

    again = client.get("/people/").content.decode()
    assert ("anna@example.com" in again, link in again) == (True, False)
    guest = Client()
    assert guest.get(link).status_code == 200
    guest.post(link, {
        "username": "anna", "name": "Anna Larsen", "password1": "a long secret 7",
        "password2": "a long secret 7", "password": "a long secret 7",
    })  # fmt: skip
    member = Membership.objects.get(person__username="anna")
    assert (member.project, member.role) == (project, Role.REVIEWER)


def test_invitation_can_be_revoked(client: Client, administrator: User) -> None:
    answer = client.post(
        "/people/invite/", {"address": "anna@example.com", "studio_role": "auditor"}
    )
    link = link_in(answer.content.decode())
    invitation = Invitation.objects.get()

    revoke = client.post(reverse("revoke_invitation", args=[invitation.pk]), follow=True)

    assert "anna@example.com" not in client.get("/people/").content.decode()
    assert "username" not in Client().get(link).content.decode()

    undo, _fields = undo_of(text(revoke))
    client.post(undo)
    assert "anna@example.com" in client.get("/people/").content.decode()
    assert "username" in Client().get(link).content.decode()


def test_undo_by_a_former_administrator_is_refused_on_the_home_page(
    client: Client, administrator: User
) -> None:
    client.post("/people/invite/", {"address": "anna@example.com", "studio_role": "auditor"})
    invitation = Invitation.objects.get()
    revoke = client.post(reverse("revoke_invitation", args=[invitation.pk]), follow=True)
    User.objects.filter(pk=administrator.pk).update(is_staff=False)

    page = client.post(*undo_of(text(revoke)), follow=True)

    assert page.redirect_chain == [("/", 302)]
    assert "This can&#x27;t be undone any more." in text(page)
    assert Invitation.objects.open().count() == 0


def test_invitation_is_not_restored_beside_another_one(client: Client, administrator: User) -> None:
    order = {"address": "anna@example.com", "studio_role": "auditor"}
    client.post("/people/invite/", order)
    earlier = Invitation.objects.get()
    client.post("/people/invite/", order)  # revokes the earlier one

    page = client.post(reverse("restore_invitation", args=[earlier.pk]), follow=True)

    assert "It can&#x27;t be undone any more. Invite the person again." in text(page)
    assert Invitation.objects.open().count() == 1


def test_undo_that_is_pressed_twice_says_that_the_link_works(
    client: Client, administrator: User
) -> None:
    client.post("/people/invite/", {"address": "anna@example.com", "studio_role": "auditor"})
    invitation = Invitation.objects.get()
    client.post(reverse("revoke_invitation", args=[invitation.pk]), follow=True)

    address = reverse("restore_invitation", args=[invitation.pk])
    pages = [text(client.post(address, follow=True)) for _ in range(2)]

    assert ["The link of the invitation works again." in page for page in pages] == [True, True]
    assert AuditEntry.objects.filter(verb="person_invited").count() == 2


def test_invitation_of_one_who_may_no_longer_invite_is_not_restored(
    client: Client, administrator: User
) -> None:
    client.post("/people/invite/", {"address": "anna@example.com", "studio_role": "auditor"})
    invitation = Invitation.objects.get()
    client.post(reverse("revoke_invitation", args=[invitation.pk]))
    Invitation.objects.update(made_by=make_user("lea"))

    page = client.post(reverse("restore_invitation", args=[invitation.pk]), follow=True)

    assert "It can&#x27;t be undone any more." in text(page)
    assert not Invitation.objects.open().exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"address": ""}, "Type the address of the person."),
        ({"address": "anna"}, "Type an address such as anna@example.com."),
        ({"address": "a@example.com", "studio_role": "king"}, "Select a valid choice."),
        ({"address": "a@example.com"}, "Choose a role: without one the person sees nothing."),
    ],
)
def test_bad_invitation_is_said_and_makes_none(
    client: Client, administrator: User, values: dict[str, str], sentence: str
) -> None:
    answer = client.post("/people/invite/", values)

    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not Invitation.objects.exists()


def test_deactivated_person_is_reactivated_and_not_invited(
    client: Client, administrator: User
) -> None:
    make_user("lea", email="lea@example.com", is_active=False)

    values = {"address": "Lea@example.com", "studio_role": "auditor"}
    answer = client.post("/people/invite/", values)

    assert answer.status_code == 422
    assert "This account is deactivated." in text(answer)
    assert not Invitation.objects.exists()


def test_role_is_named_after_its_project_only_among_several(
    client: Client, administrator: User
) -> None:
    lea = make_user("lea")
    pages = ("/people/", address_of("person", lea))

    for labels, has_several in ((["Role"], False), (["Other", "Studio"], True)):
        if has_several:
            make_project("Other")
        for path in pages:
            html = client.get(path).content.decode()
            found = re.findall(r'for="\w+-project_\d+"[^>]*>\s*([^<]+?)\s*<', html)
            assert (path, found) == (path, labels)
            assert (reverse("add_project") in html) is (path == "/people/" and not has_several)


def test_roles_are_changed(client: Client, administrator: User) -> None:
    lea, other = make_user("lea"), make_project("Other")

    client.post(
        address_of("change_project_roles", lea),
        {f"project_{Project.first().pk}": "", f"project_{other.pk}": "viewer"},
    )
    client.post(address_of("change_studio_role", lea), {"studio_role": "auditor"})

    assert list(lea.memberships.values_list("project", "role")) == [(other.pk, "viewer")]
    assert Person.of(lea).is_auditor


@pytest.fixture
def many() -> list[Project]:
    """The first project and seven more."""
    return [Project.first(), *(make_project(f"Project {number}") for number in range(7))]


def role_fields(html: str) -> list[str]:
    """The names of the fields of roles, in the order of the page."""
    return re.findall(r'name="((?:project|new)_\w+)"', html)


def test_of_many_projects_those_of_the_person_are_listed_and_others_offered(
    client: Client, administrator: User, many: list[Project]
) -> None:
    lea = make_user("lea", project=many[2], role=Role.VIEWER)

    page = text(client.get(address_of("person", lea)))
    invitation = text(client.get("/people/"))

    assert role_fields(page) == ["new_0", "new_0_role", f"project_{many[2].pk}"]
    assert role_fields(invitation) == ["new_0", "new_0_role"]
    offered = [
        re.findall(r'<option value="([^"]+)" data-colour', html) for html in (page, invitation)
    ]
    assert (len(offered[0]), many[2].name in offered[0]) == (7, False)
    assert sorted(offered[1]) == sorted(project.name for project in many)


def test_page_with_many_projects_has_a_fixed_number_of_queries(
    client: Client, administrator: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lea = make_user("lea")
    for number in range(6):
        make_project(f"Project {number}")
    client.get(address_of("person", lea))
    for more in (0, 20):
        for number in range(more):
            project = make_project(f"More {number}")
            Membership.objects.create(person=lea, project=project, role=Role.VIEWER)
        with django_assert_num_queries(7):
            client.get(address_of("person", lea))


def test_roles_are_changed_and_added_at_once_and_those_not_sent_are_kept(
    client: Client, administrator: User, many: list[Project]
) -> None:
    lea = make_user("lea", project=many[0], role=Role.VIEWER)
    for project in many[1:3]:
        Membership.objects.create(person=lea, project=project, role=Role.VIEWER)

    client.post(
        address_of("change_project_roles", lea),
        {
            f"project_{many[0].pk}": "", f"project_{many[1].pk}": "manager",
            "new_0": " PROJECT 4", "new_0_role": "reviewer", "new_1": "", "new_1_role": "viewer",
        },
    )  # fmt: skip

    assert dict(lea.memberships.values_list("project", "role")) == {
        many[1].pk: "manager", many[2].pk: "viewer", many[5].pk: "reviewer"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["Nothing like this"], "There is no such project. Choose one from the list."),
        (["Project 4", "project 4"], "This project is chosen twice."),
        (["Project 1"], "They already have a role in Project 1. Change it below."),
    ],
)
def test_project_that_cannot_be_added_is_said_and_nothing_changes(
    client: Client, administrator: User, many: list[Project], names: list[str], sentence: str
) -> None:
    lea = make_user("lea", project=many[2], role=Role.VIEWER)
    values = {f"new_{number}": name for number, name in enumerate(names)}
    values[f"project_{many[2].pk}"] = "manager"

    answer = client.post(address_of("change_project_roles", lea), values)

    assert (answer.status_code, text(answer).count(sentence)) == (422, 2)
    assert list(lea.memberships.values_list("project", "role")) == [(many[2].pk, "viewer")]


def test_old_page_does_not_change_a_role_that_was_given_since(
    client: Client, administrator: User, many: list[Project]
) -> None:
    lea = make_user("lea", project=many[2], role=Role.MANAGER)

    answer = client.post(
        address_of("change_project_roles", lea), {"new_0": "Project 1", "new_0_role": "viewer"}
    )

    assert answer.status_code == 422
    assert "They already have a role in Project 1. Change it below." in text(answer)
    assert f"project_{many[2].pk}" in role_fields(text(answer))
    assert lea.memberships.get().role == "manager"


@pytest.mark.parametrize(("name", "roles"), [("Project 1", ["manager"]), ("Nothing like this", [])])
def test_old_page_adds_by_name_though_few_projects_are_left(
    client: Client, administrator: User, name: str, roles: list[str]
) -> None:
    make_project("Project 1")
    lea = make_user("lea", role=None)

    answer = client.post(
        address_of("change_project_roles", lea), {"new_0": name, "new_0_role": "manager"}
    )

    assert answer.status_code == (302 if roles else 422)
    assert list(lea.memberships.values_list("role", flat=True)) == roles


def test_another_row_is_added_and_what_was_typed_is_kept(
    client: Client, administrator: User, many: list[Project]
) -> None:
    lea = make_user("lea", project=many[2], role=Role.VIEWER)
    typed = {"new_0": "Project 4", "new_0_role": "manager", "add_row": "1"}

    page = text(
        client.post(
            address_of("change_project_roles", lea), {**typed, f"project_{many[2].pk}": "reviewer"}
        )
    )
    invitation = text(client.post("/people/invite/", {**typed, "address": "anna@example"}))

    for html in (page, invitation):
        assert role_fields(html)[:4] == ["new_0", "new_0_role", "new_1", "new_1_role"]
        assert html.count('value="Project 4"') == 2  # the field and the list of names
        assert "Correct these first" not in html
    assert 'value="anna@example"' in invitation
    assert list(lea.memberships.values_list("role", flat=True)) == ["viewer"]


def test_person_is_invited_into_several_of_many_projects(
    client: Client, administrator: User, many: list[Project]
) -> None:
    values = {"address": "anna@example.com", "new_0": "Project 1", "new_0_role": "manager"}

    client.post("/people/invite/", {**values, "new_1": "Project 4", "new_1_role": "viewer"})

    roles = {str(many[2].pk): "manager", str(many[5].pk): "viewer"}
    assert Invitation.objects.get().roles == roles


def test_list_counts_the_projects_of_a_person_in_many(
    client: Client, administrator: User, many: list[Project]
) -> None:
    lea = make_user("lea", project=many[0], role=Role.VIEWER)
    for project in many[1:5]:
        Membership.objects.create(person=lea, project=project, role=Role.MANAGER)

    row = text(client.get("/people/")).partition(f'id="person-{lea.pk}"')[2].partition("</li>")[0]

    roles = row.partition('class="roles')[2].partition("</div>")[0]
    assert re.findall(r"<span[^>]*>([^<]+)</span>", roles) == ["5 projects", "Manager, Viewer"]


def test_last_administrator_stays(client: Client, administrator: User) -> None:
    demoted = client.post(address_of("change_studio_role", administrator), {"studio_role": ""})
    deactivated = client.post(address_of("deactivate_person", administrator))

    for answer in (demoted, deactivated):
        assert answer.status_code == 422
        assert "This is the last administrator" in answer.content.decode()
    administrator.refresh_from_db()
    assert (administrator.is_staff, administrator.is_active) == (True, True)


def test_last_administrator_is_told_instead_of_asked(client: Client, administrator: User) -> None:
    last = text(client.get(address_of("person", administrator)))
    make_user("second", is_staff=True)
    one_of_two = text(client.get(address_of("person", administrator)))

    sentence = "This is the last administrator, so the studio needs this account. Make another"
    button = address_of("deactivate_person", administrator)
    assert (sentence in last, button in last) == (True, False)
    assert (sentence in one_of_two, button in one_of_two) == (False, True)


def test_role_in_the_studio_comes_first_for_administrators(
    client: Client, administrator: User
) -> None:
    lea = make_user("lea")

    titles = [
        re.findall(r'<h2 id="([a-z-]+)"', text(client.get(address_of("person", person))))[:3]
        for person in (administrator, lea)
    ]

    assert titles == [
        ["studio-role-title", "roles-title", "account-title"],
        ["roles-title", "studio-role-title", "account-title"],
    ]


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ("/people/", 'href="/people/" aria-current="page"'),
        ("/projects/", 'href="/projects/" aria-current="page"'),
        ("/audit/", 'href="/audit/" aria-current="page"'),
        ("/system/", 'href="/system/" aria-current="page"'),
        ("/system/retention/", 'href="/system/" aria-current="true"'),
        ("/account/", 'href="/account/" aria-current="page"'),
    ],
)
def test_footer_marks_the_page_that_is_shown(
    client: Client, administrator: User, many: list[Project], path: str, mark: str
) -> None:
    footer = text(client.get(path)).partition('<footer class="account')[2]

    assert (mark in footer, footer.count("aria-current")) == (True, 1)


def test_administrator_who_steps_back_is_led_away(client: Client, administrator: User) -> None:
    make_user("second", is_staff=True)

    answer = client.post(address_of("change_studio_role", administrator), {"studio_role": ""})

    assert answer["Location"] == "/"
    assert client.get("/people/").status_code == 404


def test_deactivated_person_is_signed_out_until_reactivated(
    client: Client, administrator: User
) -> None:
    lea, hers = make_user("lea"), Client()
    hers.force_login(lea)

    client.post(address_of("deactivate_person", lea))
    assert hers.get("/history/").status_code == 302
    assert "Deactivated" in client.get(address_of("person", lea)).content.decode()

    client.post(address_of("reactivate_person", lea))
    lea.refresh_from_db()
    assert lea.is_active


def test_reset_shows_a_link_for_a_new_password(client: Client, administrator: User) -> None:
    lea = make_user("lea")

    answer = client.post(address_of("reset_person", lea))

    link = link_in(answer.content.decode())
    assert Client().get(link, follow=True).status_code == 200
    client.post(address_of("deactivate_person", lea))
    refused = client.post(address_of("reset_person", lea))
    assert (refused.status_code, "Reactivate it first." in refused.content.decode()) == (422, True)


def test_address_is_set_and_the_person_is_told(
    client: Client, administrator: User, settings: Settings
) -> None:
    settings.MAIL_HOST = "mail.example.com"
    lea = make_user("lea", email="lea@example.com")
    Person.objects.update_or_create(user=lea, defaults={"language": "de"})
    EmailAddress.objects.create(user=lea, email=lea.email, primary=True, verified=True)

    answer = client.post(address_of("set_address", lea), {"email": "New@example.com"})

    lea.refresh_from_db()
    assert (answer["Location"], lea.email) == (address_of("person", lea), "new@example.com")
    assert not EmailAddress.objects.filter(user=lea).exists()
    entry = AuditEntry.objects.get(verb="address_changed")
    assert (entry.person_id, entry.object_id) == (administrator.pk, lea.pk)
    assert [message.to for message in mail.outbox] == [["lea@example.com"], ["new@example.com"]]
    assert "Neue Adresse: new@example.com" in mail.outbox[0].body


def test_address_of_another_account_is_refused_beside_the_field(
    client: Client, administrator: User
) -> None:
    make_user("zoe", email="zoe@example.com")
    lea = make_user("lea", email="lea@example.com")

    answer = client.post(address_of("set_address", lea), {"email": "Zoe@Example.com"})

    html = answer.content.decode()
    assert (answer.status_code, "Another account has this address." in html) == (422, True)
    assert 'value="Zoe@Example.com"' in html
    assert "/admin/" not in html
    assert User.objects.filter(email__iexact="zoe@example.com").count() == 1


def test_address_can_be_removed(client: Client, administrator: User) -> None:
    lea = make_user("lea", email="lea@example.com")

    client.post(address_of("set_address", lea), {"email": ""})

    lea.refresh_from_db()
    assert lea.email == ""


def test_accounts_are_not_changed_or_deleted_in_django_admin(
    client: Client, administrator: User
) -> None:
    page = f"/admin/auth/user/{administrator.pk}/"

    client.post(f"{page}change/", {"username": "root", "email": "", "is_active": ""})

    administrator.refresh_from_db()
    assert (administrator.is_active, administrator.is_staff) == (True, True)
    assert client.post(f"{page}delete/", {"post": "yes"}).status_code == 403


def test_person_is_taken_out_of_an_archived_project(client: Client, administrator: User) -> None:
    """Its members still see and hear it."""
    old, other = (make_project(name, archived_at=timezone.now()) for name in ("Old", "Other"))
    lea = make_user("lea", role=Role.VIEWER, project=old)
    page = client.get(address_of("person", lea)).content.decode()
    assert (f'name="project_{old.pk}"' in page, f'name="project_{other.pk}"' in page) == (
        True,
        False,
    )

    client.post(address_of("change_project_roles", lea), {f"project_{old.pk}": ""})

    assert not Membership.objects.filter(person=lea, project=old).exists()


# The bar ------------------------------------------------------------------------------------------


@pytest.fixture
def team(administrator: User) -> dict[str, User]:
    """An administrator, an auditor, a manager, a viewer who has left, and an open invitation."""
    auditor = make_user("olga", first_name="Olga", last_name="Weiß")
    Person.of(auditor)
    Person.objects.filter(user=auditor).update(is_auditor=True)
    project = Project.first()
    manager = make_user("mia", email="MIA@Example.com", project=project, role=Role.MANAGER)
    viewer = make_user("vic", is_active=False, project=project, role=Role.VIEWER)
    Membership.objects.filter(person=auditor).delete()
    Invitation.objects.create(
        address="anna@example.com", token_hash="x", roles={"1": "viewer"}, made_by=administrator
    )
    return {"root": administrator, "olga": auditor, "mia": manager, "vic": viewer}


@pytest.mark.parametrize(
    ("query", "names", "invited"),
    [
        ("", ["mia", "olga", "root", "vic"], 1),
        ("q=OLGA+WEISS", ["olga"], 0),
        ("q=mia@exa", ["mia"], 0),
        ("q=example", ["mia"], 1),
        ("q=nobody", [], 0),
        ("role=administrator", ["root"], 0),
        ("role=auditor", ["olga"], 0),
        ("role=manager", ["mia"], 0),
        ("role=viewer", ["vic"], 1),
        ("state=active", ["mia", "olga", "root"], 0),
        ("state=deactivated", ["vic"], 0),
        ("state=invited", [], 1),
        ("state=invited&role=manager", [], 0),
        ("role=nonsense", ["mia", "olga", "root", "vic"], 1),
    ],
)
def test_people_are_found_by_name_address_role_and_state(
    client: Client, team: dict[str, User], query: str, names: list[str], invited: int
) -> None:
    page = text(client.get(f"/people/?{query}"))

    found = [int(pk) for pk in re.findall(r'id="person-(\d+)"', page)]
    assert found == [team[name].pk for name in names]
    assert page.count("Revoke the invitation of anna@example.com") == invited
    assert page.count("Nobody matches your search and filters.") == (not names and not invited)


def test_views_say_how_many_people_they_have(client: Client, team: dict[str, User]) -> None:
    found = counts(client, "/people/")

    assert found == {"Active": "3", "Invited": "1", "Deactivated": "1", "": "4 people"}
    assert counts(client, "/people/", {"role": "viewer"})["Invited"] == "1"


def test_bar_stands_above_several_people_only(client: Client, administrator: User) -> None:
    assert text(client.get("/people/")).count('role="search"') == 0

    make_user("lea")

    assert text(client.get("/people/")).count('role="search"') == 1


def test_parts_of_the_list_are_for_administrators(client: Client, team: dict[str, User]) -> None:
    client.force_login(team["mia"])

    for part in ("results", "counts", "filters"):
        headers = {"hx-request": "true", "hx-target": part}
        assert client.get("/people/", headers=headers).status_code == 404


def test_page_after_the_last_row_is_the_first_one(client: Client, administrator: User) -> None:
    User.objects.bulk_create(User(username=f"lea{number:02}") for number in range(30))
    last = User.objects.get(username="lea24")
    User.objects.filter(pk=last.pk).update(is_active=False)  # so that it stands last

    page = text(client.get(f"/people/?after={last.pk}"))

    assert "lea00" in page
    assert "lea24" not in page


def test_used_invitation_is_not_said_to_be_revoked(client: Client, administrator: User) -> None:
    client.post("/people/invite/", {"address": "anna@example.com", "studio_role": "auditor"})
    invitation = Invitation.objects.get()
    Invitation.objects.update(used_at=clock.now())

    page = text(client.post(reverse("revoke_invitation", args=[invitation.pk]), follow=True))

    assert "This invitation was used, revoked or has expired already." in page
    assert reverse("restore_invitation", args=[invitation.pk]) not in page
