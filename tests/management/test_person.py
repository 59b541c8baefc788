"""`manage.py person`: what scripts rely on; the rules are those of the services."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_project, make_user
from tests.management.conftest import Run
from voicestudio.models import AuditEntry, Invitation, Membership, Project, Role
from voicestudio.services.people import invitations

pytestmark = [pytest.mark.django_db]
URL = "https://studio.example.com/"


@pytest.fixture
def root(db: None) -> User:
    return make_user("root", email="root@example.com", is_staff=True, is_superuser=True)


def entries() -> list[tuple[str, str, str]]:
    """The audit trail: what happened, by whom, by which way."""
    return list(AuditEntry.objects.order_by("pk").values_list("verb", "person", "way"))


def test_list_shows_roles_and_sign_ins(
    run: Run, root: User, capsys: pytest.CaptureFixture[str]
) -> None:
    now = timezone.now()
    mira = make_user("mira", email="mira@example.com", last_login=now)
    Membership.objects.create(person=mira, project=make_project("Åsgard"), role=Role.VIEWER)
    Authenticator.objects.create(user=mira, type=Authenticator.Type.TOTP, data={})
    make_user("gone", is_active=False, role=None)

    code, result = run("person", "list")
    call_command("person", "list")

    usual: dict[str, Any] = {
        "studio_role": None,
        "roles": {},
        "last_sign_in": None,
        "second_factor": False,
    }
    assert (code, result) == (0, [
        usual | {
            "name": "mira", "address": "mira@example.com", "active": True, "second_factor": True,
            "roles": {"Studio": "manager", "Åsgard": "viewer"}, "last_sign_in": now.isoformat(),
        },
        usual | {
            "name": "root", "address": "root@example.com", "active": True,
            "studio_role": "administrator",
        },
        usual | {"name": "gone", "address": "", "active": False},
    ])  # fmt: skip
    assert capsys.readouterr().out.splitlines() == [
        "mira\tmira@example.com\t\tStudio: manager, Åsgard: viewer\tactive\t"
        f"{now.isoformat()}\tsecond factor",
        "root\troot@example.com\tadministrator\t\tactive\tnever\tno second factor",
        "gone\t\t\t\tdeactivated\tnever\tno second factor",
    ]


@pytest.mark.parametrize(("host", "is_mailed"), [("", False), ("mail.example.com", True)])
def test_invite_prints_a_link_that_works(
    run: Run, root: User, settings: Settings, host: str, is_mailed: bool
) -> None:
    settings.MAIL_HOST = host
    project = make_project("Åsgard")

    code, result = run(
        "person", "invite", "Anna@Example.com", "--url", URL, "--auditor",
        "--project", "asgard", "--role", "viewer", "--project", "Studio", "--role", "manager",
    )  # fmt: skip

    base, _, token = result["link"].removesuffix("/").rpartition("/")
    invitation = invitations.find(token)
    assert (code, base) == (0, "https://studio.example.com/invitation")
    assert invitation is not None
    assert (invitation.address, invitation.is_administrator, invitation.is_auditor) == (
        "anna@example.com", False, True,
    )  # fmt: skip
    assert invitation.roles == {str(project.pk): "viewer", str(Project.first().pk): "manager"}
    assert result == {
        "address": "anna@example.com", "link": result["link"], "mailed": is_mailed,
        "expires_at": invitation.expires_at.isoformat(),
    }  # fmt: skip
    assert len(mail.outbox) == is_mailed
    assert entries() == [("person_invited", "root", "script")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("anna", "--url", URL), "Mail address: Type an address such as anna@example.com."),
        (("a@example.com", "--url", "studio"), "--url must be an address such as"),
        (("a@example.com", "--url", URL, "--project", "Studio"), "Give one --role after each"),
        (("a@example.com", "--url", URL, "--role", "viewer"), "Give one --role after each"),
        (
            ("a@example.com", "--url", URL, *("--project", "Studio", "--role", "viewer") * 2),
            "Give each project once.",
        ),
        (
            ("a@example.com", "--url", URL, "--project", "None", "--role", "viewer"),
            "There is no project called None.",
        ),
        (
            ("a@example.com", "--url", URL, "--project", "Old", "--role", "viewer"),
            "The project Old is archived.",
        ),
        (("a@example.com",), "--url"),
        (("a@example.com", "--url", URL, "--administrator", "--auditor"), "not allowed with"),
    ],
)
def test_invite_refuses_what_does_not_fit(
    arguments: tuple[str, ...], sentence: str, root: User
) -> None:
    make_project("Old", archived_at=timezone.now())

    with pytest.raises(CommandError, match=sentence):
        call_command("person", "invite", *arguments)

    assert (Invitation.objects.count(), entries()) == (0, [])


def test_deactivate_and_reactivate(run: Run, root: User) -> None:
    mira = make_user("mira")

    states = [run("person", name, "mira") for name in ("deactivate", "reactivate")]

    assert [(code, row["name"], row["active"]) for code, row in states] == [
        (0, "mira", False), (0, "mira", True),
    ]  # fmt: skip
    mira.refresh_from_db()
    assert (mira.is_active, entries()) == (
        True,
        [("person_deactivated", "root", "script"), ("person_reactivated", "root", "script")],
    )


@pytest.mark.parametrize(
    "arguments",
    [("deactivate", "root"), ("role", "root", "--no-administrator"), ("role", "root", "--auditor")],
)
def test_last_administrator_stays(arguments: tuple[str, ...], root: User) -> None:
    with pytest.raises(CommandError, match="This is the last administrator"):
        call_command("person", *arguments)

    root.refresh_from_db()
    assert (root.is_active, root.is_staff, entries()) == (True, True, [])


def test_role_sets_roles_in_projects_and_in_the_studio(run: Run, root: User) -> None:
    make_user("mira")
    make_project("Åsgard")

    code, row = run(
        "person", "role", "mira", "--project", "Studio", "none",
        "--project", "asgard", "reviewer", "--auditor",
    )  # fmt: skip

    assert (code, row["roles"], row["studio_role"]) == (0, {"Åsgard": "reviewer"}, "auditor")
    assert entries() == [("role_changed", "root", "script")] * 3
    assert run("person", "role", "mira", "--no-administrator")[1]["studio_role"] == "auditor"
    assert run("person", "role", "mira", "--administrator")[1]["studio_role"] == "administrator"
    code, row = run("person", "role", "mira", "--no-administrator", "--as", "root")
    assert (code, row["studio_role"]) == (0, None)


def test_administrator_can_give_up_the_role(run: Run, root: User) -> None:
    make_user("mira", is_staff=True)

    code, row = run(
        "person", "role", "mira", "--no-administrator", "--project", "Studio", "manager",
        "--as", "mira",
    )  # fmt: skip

    assert (code, row["studio_role"], row["roles"]) == (0, None, {"Studio": "manager"})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("eva",), "There is no person called eva."),
        (("root", "--project", "Studio", "viewer", "--no-administrator"), "the last administrator"),
        (
            ("root", "--project", "Studio", "viewer", "--project", "X", "viewer"),
            "no project called",
        ),
        (("root", "--project", "Studio", "king"), "king is no role; choose from: manager, "),
        (("root", "--administrator", "--auditor"), "Choose one of --administrator and --auditor."),
        (("root",), "Say what to change."),
    ],
)
def test_role_is_set_whole_or_not_at_all(
    arguments: tuple[str, ...], sentence: str, root: User
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("person", "role", *arguments)

    root.refresh_from_db()
    assert (root.is_staff, Membership.objects.count(), entries()) == (True, 0, [])


def test_person_is_taken_out_of_an_archived_project(run: Run, root: User) -> None:
    old = make_project("Old", archived_at=timezone.now())
    make_user("mira", role=Role.REVIEWER, project=old)

    code, row = run("person", "role", "mira", "--project", "Old", "none")

    assert (code, row["roles"], Membership.objects.filter(project=old).count()) == (0, {}, 0)


def test_commands_need_a_requester(root: User) -> None:
    make_user("second", is_staff=True)

    with pytest.raises(CommandError, match="choose one with --as USER"):
        call_command("person", "list")
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match=r"There is no active user\."):
        call_command("person", "list")
