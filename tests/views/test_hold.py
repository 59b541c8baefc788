"""The page on which administrators decide what a restored studio sends."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import make_attempt, make_user
from tests.views.pages import text
from voicestudio.models import AttemptState, CloneAttempt, Studio
from voicestudio.services import hold
from voicestudio.views import hold as view

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
PAGE = "/system/hold/"


@pytest.fixture
def root(client: Client) -> User:
    root = make_user("root", is_staff=True, is_superuser=True)
    client.force_login(root)
    return root


@pytest.fixture
def waiting(root: User) -> CloneAttempt:
    hold.start()
    return make_attempt(AttemptState.WAITING, by=root, status="interrupted", trouble="restored")


@pytest.mark.parametrize(
    ("decision", "state"), [("go_on", AttemptState.WAITING), ("withdraw", AttemptState.FAILED)]
)
def test_administrator_decides_and_ends_the_hold(
    client: Client, waiting: CloneAttempt, decision: str, state: AttemptState
) -> None:
    assert waiting.voice_id in text(client.get(PAGE))
    assert "Decide about each line first." in text(client.post(f"{PAGE}end/", follow=True))

    choice = {"call": f"cloneattempt-{waiting.pk}", "decision": decision}
    page = text(client.post(f"{PAGE}decide/", choice, follow=True))
    waiting.refresh_from_db()
    client.post(f"{PAGE}decide/", choice)  # pressed twice
    ended = text(client.post(f"{PAGE}end/", follow=True))

    assert "Nothing is left to decide." in page
    assert waiting.state is state
    assert "The hold has ended." in ended
    assert Studio.current().held_since is None


def test_page_of_the_hold_says_once_that_the_studio_is_held(client: Client, root: User) -> None:
    hold.start()

    pages = [text(client.get(path)) for path in ("/system/", PAGE)]

    assert [page.count("This studio was restored from a backup") for page in pages] == [1, 1]
    assert [page.count('id="held"') for page in pages] == [1, 0]


def test_page_without_a_hold_says_what_it_is_for(client: Client, root: User) -> None:
    page = text(client.get(PAGE))

    assert page.count('class="empty"') == 1
    assert page.count("Nothing is on hold") == 1
    assert page.count("End the hold") == 0


def test_all_are_decided_at_once(client: Client, root: User, waiting: CloneAttempt) -> None:
    make_attempt(AttemptState.WAITING, by=root, status="interrupted", trouble="restored")

    client.post(f"{PAGE}decide/", {"call": "all", "decision": "withdraw"})

    assert {str(attempt.state) for attempt in CloneAttempt.objects.all()} == {"failed"}


def test_call_whose_voice_id_is_taken_can_only_be_withdrawn(
    client: Client, root: User, waiting: CloneAttempt
) -> None:
    make_attempt(AttemptState.WAITING, by=root, voice_id=waiting.voice_id)

    choice = {"call": f"cloneattempt-{waiting.pk}", "decision": "go_on"}
    page = text(client.post(f"{PAGE}decide/", choice, follow=True))

    assert "Withdraw it." in page
    assert waiting.voice_id in page


@pytest.mark.parametrize("path", ["/", "/new/", "/history/", "/voices/"])
def test_every_page_says_that_nothing_is_sent(client: Client, path: str) -> None:
    client.force_login(make_user("lea"))
    said = "Nothing is sent to MiniMax until an administrator has looked"
    before = said in text(client.get(path))

    hold.start()

    assert (before, said in text(client.get(path))) == (False, True)


def test_long_list_comes_in_pages_and_is_decided_as_a_whole(
    client: Client, root: User, waiting: CloneAttempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "PAGE_SIZE", 2)
    for _ in range(2):
        make_attempt(AttemptState.WAITING, by=root, status="interrupted", trouble="restored")

    first, second = (text(client.get(PAGE, {"page": number})) for number in (1, 2))
    client.post(f"{PAGE}decide/", {"call": "all", "decision": "withdraw"})

    buttons = [page.count('name="call" value="cloneattempt-') for page in (first, second)]
    assert buttons == [2, 1]
    assert [page.count('href="?page=') for page in (first, second)] == [1, 1]
    assert {str(attempt.state) for attempt in CloneAttempt.objects.all()} == {"failed"}


def test_unknown_decision_is_refused(client: Client, waiting: CloneAttempt) -> None:
    assert client.post(f"{PAGE}decide/", {"call": "all", "decision": "x"}).status_code == 404
