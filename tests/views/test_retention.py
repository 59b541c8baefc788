"""The pages on which administrators decide how long things are kept."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.factories import make_attempt, make_recording, make_user
from tests.views.pages import text
from voicestudio.models import AttemptState, AudioFile, RetentionRule, clock
from voicestudio.services import hold, retention
from voicestudio.services.retention import due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]
PAGE = "/system/retention/"


@pytest.fixture
def ada(client: Client) -> User:
    ada = make_user("ada", is_staff=True)
    client.force_login(ada)
    return ada


@pytest.fixture
def recordings(ada: User) -> list[AudioFile]:
    """Two recordings that are due."""
    retention.change_rule("recordings", days=30, is_automatic=False, by=ada)
    old = clock.now() - timedelta(days=31)
    return [make_recording(created_at=old, uploaded=False) for _ in range(2)]


def test_rule_is_changed_and_its_amount_shown(client: Client, ada: User) -> None:
    make_recording(created_at=clock.now() - timedelta(days=31), uploaded=False)

    data = {"days": "30", "is_automatic": "on"}
    page = text(client.post(f"{PAGE}recordings/rule/", data, follow=True))

    rule = RetentionRule.of("recordings")
    assert (rule.days, rule.is_automatic, rule.changed_by) == (30, True, ada)
    assert "The rule is changed." in page
    assert page.count("Deleted after 30 days") == 1
    assert page.count("Automatically from ") == 1
    assert page.count("Due: 1 (2 KB)") == 1


def test_rule_says_what_is_deleted_and_who_decides(client: Client, ada: User) -> None:
    retention.change_rule("answers", days=1, is_automatic=False, by=ada)

    page = text(client.get(PAGE))

    assert page.count("Deleted after 1 day<") == 1
    assert page.count("When an administrator says yes") == 1
    assert page.count("Deleted after 3 days") == page.count("Automatically<") == 1  # drafts
    # Where nothing is ever deleted, nothing is said of what is due.
    assert page.count("Kept for ever") == page.count("Nothing is due") == 2
    assert page.count("What is deleted") == 4
    chinese = text(client.get(PAGE, headers={"accept-language": "zh-hans"}))
    # A rule that was not changed yet does not say "never".
    assert (chinese.count("永久保留"), chinese.count("从未")) == (2, 0)


@pytest.mark.parametrize(
    "data", [{"days": "0"}, {"days": "x"}, {"days": "36501"}, {"is_automatic": "on"}]
)
def test_wrong_rule_is_shown_again(data: dict[str, str], client: Client, ada: User) -> None:
    response = client.post(f"{PAGE}recordings/rule/", data)

    assert response.status_code == 422
    assert text(response).count('id="recordings-days_error"') == 1
    assert RetentionRule.of("recordings").days is None


def test_due_things_go_only_after_a_yes(client: Client, recordings: list[AudioFile]) -> None:
    keys = [f"audiofile-{recording.pk}" for recording in recordings]
    page = text(client.get(f"{PAGE}recordings/"))
    refused = client.post(f"{PAGE}recordings/delete/", {"thing": keys})
    kept = AudioFile.objects.count()

    done = client.post(f"{PAGE}recordings/delete/", {"thing": keys, "sure": "on"}, follow=True)

    assert "Delete 2 (4 KB)" in page
    assert page.count(f'href="/recordings/{recordings[0].pk}/"') == 1
    assert (refused.status_code, kept, AudioFile.objects.count()) == (422, 2, 0)
    assert "2 deleted." in text(done)
    assert "Nothing is due" in text(done)


def test_only_what_the_page_listed_is_deleted(client: Client, recordings: list[AudioFile]) -> None:
    first, second = recordings
    make_attempt(AttemptState.WAITING, recording=first)

    data = {"thing": [f"audiofile-{first.pk}"], "sure": "on"}
    client.post(f"{PAGE}recordings/delete/", data)

    assert set(AudioFile.objects.filter(deleted_at=None)) == {first, second}


def test_nothing_that_is_due_any_more_is_said_once(
    client: Client, recordings: list[AudioFile]
) -> None:
    chosen = {"thing": [f"audiofile-{recordings[0].pk}"], "sure": "on"}
    client.post(f"{PAGE}recordings/delete/", chosen)

    again = text(client.post(f"{PAGE}recordings/delete/", chosen, follow=True))

    assert again.count("Nothing of this is due any more.") == 1
    assert again.count("0 deleted.") == 0


def test_list_has_pages(
    client: Client, recordings: list[AudioFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "PAGE_SIZE", 1)
    first, second = recordings

    page = text(client.get(f"{PAGE}recordings/"))
    following = text(client.get(f"{PAGE}recordings/?after=audiofile-{first.pk}"))

    assert page.count(f"?after=audiofile-{first.pk}") == 1
    assert (first.name in following, second.name in following) == (False, True)


@pytest.mark.parametrize("after", ["audiofile-" + "9" * 5000, "audiofile-x", "-", "drafts-1"])
def test_list_begins_at_its_start_after_no_key(
    after: str, client: Client, recordings: list[AudioFile]
) -> None:
    page = client.get(f"{PAGE}recordings/", {"after": after})

    assert len(page.context["page"].things) == len(recordings)


def test_page_says_that_a_held_studio_deletes_nothing(client: Client, ada: User) -> None:
    hold.start()

    assert "nothing is deleted automatically" in text(client.get(PAGE))


def test_page_of_an_attempt_says_that_its_response_was_deleted(client: Client, ada: User) -> None:
    attempt = make_attempt(created_at=clock.now() - timedelta(days=31))
    retention.change_rule("answers", days=30, is_automatic=False, by=ada)
    before = text(client.get(reverse("attempt", args=[attempt.pk])))
    retention.delete_all("answers", by=ada)

    after = text(client.get(reverse("attempt", args=[attempt.pk])))

    said = "The raw response was deleted on"
    assert (said in before, said in after) == (False, True)
