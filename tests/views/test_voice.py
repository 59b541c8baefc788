"""One voice: its page, keeping, letting go, notes, rebuilding; who may see it."""

import re
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.views import HTMX
from voicestudio.models import AttemptState, CloneAttempt, Role, Speech, Tag, Voice, VoiceState

pytestmark = pytest.mark.django_db


@pytest.fixture
def voice(user: User) -> Voice:
    """A voice that was made an hour ago."""
    attempt = factories.make_attempt(AttemptState.READY, by=user, speaker_name="Anna Larsen")
    assert attempt.cloned_voice is not None
    return _aged(attempt.cloned_voice, hours=1)


def _aged(voice: Voice, *, hours: float) -> Voice:
    voice.created_at = timezone.now() - timedelta(hours=hours)
    voice.save(update_fields=["created_at"])
    return voice


@pytest.mark.parametrize(("role", "links"), [(Role.MANAGER, 1), (Role.REVIEWER, 0)])
def test_only_who_may_settle_is_led_to_find_out(role: Role, links: int, client: Client) -> None:
    attempt = factories.make_attempt(by=factories.make_user("mara"))
    Voice.objects.filter(attempt=attempt).update(uncertain=True)
    client.force_login(factories.make_user("rosa", role=role))

    page = client.get(f"/voices/{attempt.cloned_voice_id}/").content.decode()

    assert page.count("Find out") == links


def test_voice_page_begins_with_its_sound_and_ends_with_its_deletion(
    client: Client, voice: Voice
) -> None:
    page = client.get(f"/voices/{voice.pk}/").content.decode()

    marks = ["<h1", 'id="preview"', "?download=1", 'id="life"', 'id="spoken"', 'id="notes"',
             'id="story"', f"/voices/{voice.pk}/delete/"]  # fmt: skip
    places = [page.index(mark) for mark in marks]
    assert places == sorted(places)


@pytest.mark.parametrize(("notes", "tags"), [("Very warm.", ""), ("", "warm")])
def test_notes_are_read_and_folded_until_they_are_changed(
    client: Client, voice: Voice, notes: str, tags: str
) -> None:
    path = f"/voices/{voice.pk}/notes/"
    client.post(path, {"notes": notes, "tags": tags})

    page = client.get(f"/voices/{voice.pk}/").content.decode()
    refused = client.post(path, {"notes": 5000 * "x", "tags": tags}).content.decode()

    fold = re.compile(r'<details class="fold"\s*(open)?>\s*<summary>Change notes and tags')
    opened = [match[1] for html in (page, refused) if (match := fold.search(html))]
    shown = f'<p class="note-text">{notes}</p>' if notes else f'<li class="badge">{tags}</li>'
    assert (opened, page.count(shown)) == ([None, "open"], 1)


def test_voice_page_shows_its_remaining_time(client: Client, voice: Voice) -> None:
    page = client.get(f"/voices/{voice.pk}/").content.decode()

    assert "6 days 22 hours left" in page or "6 days 23 hours left" in page
    assert voice.expires_at is not None
    assert f'datetime="{voice.expires_at.isoformat(timespec="seconds")}"' in page
    assert "$1.50" in page


def test_pressing_keep_twice_generates_one_speech(client: Client, voice: Voice) -> None:
    token = str(uuid4())

    for _press in range(2):
        response = client.post(f"/voices/{voice.pk}/keep/", {"token": token})

    assert response.status_code == 302
    speech = Speech.objects.get()
    assert (speech.purpose, speech.voice, str(speech.token)) == ("keep", voice, token)


def test_expired_voice_cannot_be_kept(client: Client, voice: Voice) -> None:
    _aged(voice, hours=169)

    response = client.post(f"/voices/{voice.pk}/keep/", {"token": str(uuid4())})

    assert response.status_code == 422
    assert "it was not used for 168 hours" in response.content.decode()
    assert Speech.objects.count() == 0


def test_dismissed_reminder_is_undone_by_keeping(client: Client, voice: Voice) -> None:
    client.post(f"/voices/{voice.pk}/dismiss-reminder/")

    voice.refresh_from_db()
    assert voice.reminder_dismissed_at is not None
    assert voice.state == VoiceState.TEMPORARY


def test_rebuild_copies_the_request_with_a_new_voice_id(client: Client, voice: Voice) -> None:
    _aged(voice, hours=169)

    response = client.post(f"/voices/{voice.pk}/rebuild/", {"permission": "on"})

    made = CloneAttempt.objects.latest("pk")
    assert response["Location"] == f"/history/{made.pk}/"
    assert made.voice_id != voice.voice_id
    assert made.parent == voice.attempt


def test_pressing_rebuild_twice_makes_one_attempt(client: Client, voice: Voice) -> None:
    _aged(voice, hours=169)
    form = {"permission": "on", "token": str(uuid4())}

    for _press in range(2):
        client.post(f"/voices/{voice.pk}/rebuild/", form)

    assert CloneAttempt.objects.count() == 2
    assert voice.events.filter(kind="rebuilt").count() == 1


def test_rebuild_requires_permission(client: Client, voice: Voice) -> None:
    _aged(voice, hours=169)

    client.post(f"/voices/{voice.pk}/rebuild/")

    assert CloneAttempt.objects.count() == 1


def test_notes_and_tags_are_saved_and_searchable(client: Client, voice: Voice) -> None:
    client.post(f"/voices/{voice.pk}/notes/", {"notes": "Very warm.", "tags": "audiobook,  warm ,"})

    page = client.get("/voices/?q=audiobook").content.decode()
    assert "Anna Larsen" in page
    assert "Very warm." in page
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["audiobook", "warm"]


def test_notes_of_two_tabs_do_not_overwrite_each_other(client: Client, voice: Voice) -> None:
    def seen(html: str) -> str:
        found = re.search(r'name="seen" value="(\w+)"', html)
        assert found is not None
        return found[1]

    path = f"/voices/{voice.pk}/notes/"
    old = seen(client.get(f"/voices/{voice.pk}/").content.decode())
    client.post(path, {"notes": "From the first tab.", "tags": "warm", "seen": old})

    late = client.post(path, {"notes": "From the second tab.", "tags": "", "seen": old})
    html = late.content.decode()

    voice.refresh_from_db()
    assert (late.status_code, voice.notes) == (422, "From the first tab.")
    assert html.count("Meanwhile they were changed to: From the first tab.") == 1
    assert "From the second tab.</textarea>" in html
    again = client.post(path, {"notes": "Both.", "tags": "", "seen": seen(html)})
    voice.refresh_from_db()
    assert (again.status_code, voice.notes) == (302, "Both.")


def test_too_long_notes_are_refused_and_kept_in_the_form(client: Client, voice: Voice) -> None:
    long = "x" * 4001

    response = client.post(f"/voices/{voice.pk}/notes/", {"notes": long})

    assert response.status_code == 422
    assert long in response.content.decode()


def test_voice_page_has_a_fixed_number_of_queries(client: Client, voice: Voice) -> None:
    def note(number: int) -> None:
        client.post(f"/voices/{voice.pk}/notes/", {"notes": f"note {number}", "tags": "a, b"})
        client.get(f"/voices/{voice.pk}/")  # the message of the last step is shown once

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            client.get(f"/voices/{voice.pk}/")
        return len(counted)

    note(0)
    few = queries()
    for number in range(1, 8):
        note(number)

    # Session, user, access, lapsed calls; speeches, the voice, its cost and tags, relatives, tags
    # of the form, events, the clone fee (2), notes, budgets.
    assert (few, queries()) == (14, 14)


# Heard ----------------------------------------------------------------------------------------


def _unheard(client: Client) -> int:
    return client.get("/voices/?view=unheard").content.decode().count('id="voice-id-')


@pytest.mark.parametrize("how", ["audio", "by hand"])
def test_heard_voice_leaves_the_unheard_view(client: Client, voice: Voice, how: str) -> None:
    assert _unheard(client) == 1
    demo = f"/audio/previews/{voice.attempt.pk}/"
    assert client.get(demo).getvalue() == factories.MP3
    assert _unheard(client) == 1  # a GET changes nothing

    response = client.post(f"{demo}heard/" if how == "audio" else f"/voices/{voice.pk}/heard/")

    assert response.status_code == (204 if how == "audio" else 302)
    assert _unheard(client) == 0
    assert "Mark as heard" not in client.get(f"/voices/{voice.pk}/").content.decode()


def test_playing_a_speech_marks_its_voice_as_heard(client: Client, voice: Voice) -> None:
    client.post(f"/voices/{voice.pk}/keep/", {"token": str(uuid4())})

    response = client.post(f"/audio/speeches/{Speech.objects.get().pk}/heard/")

    assert (response.status_code, _unheard(client)) == (204, 0)


def test_preview_without_a_voice_cannot_be_marked_heard(client: Client, user: User) -> None:
    attempt = factories.make_attempt(AttemptState.FAILED, by=user)

    for path in (f"/audio/previews/{attempt.pk}/", "/audio/previews/99/", "/audio/speeches/99/"):
        assert client.post(f"{path}heard/").status_code == 404


# What stands on the page ----------------------------------------------------------------------


def test_remaining_time_is_shown_once_beside_the_bar_of_a_phone(
    client: Client, voice: Voice
) -> None:
    html = client.get(f"/voices/{voice.pk}/").content.decode()

    assert html.count("hours left") == 2
    assert len(re.findall(r'aria-hidden="true">[^<]*hours left', html)) == 1
    assert html.count("until <time") == 1


def test_empty_text_has_no_price(client: Client, voice: Voice) -> None:
    html = client.get(f"/voices/{voice.pk}/").content.decode()

    assert "costs $0.00" not in html
    assert html.count("1,000 characters cost $0.10.") == 1


@pytest.mark.parametrize("trouble", ["forbidden", "lost", "deleted"])
def test_lost_preview_is_not_offered_again(client: Client, user: User, trouble: str) -> None:
    attempt = factories.make_attempt(by=user, audio=None, audio_trouble=trouble)

    assert "Fetch again" not in client.get(f"/history/{attempt.pk}/").content.decode()


def test_rate_limited_speech_shows_its_start(client: Client, voice: Voice) -> None:
    client.post(f"/voices/{voice.pk}/keep/", {"token": str(uuid4())})
    due = timezone.now() + timedelta(minutes=2)
    Speech.objects.update(trouble="in_line", retry_at=due)

    row = client.get(f"/speeches/{Speech.objects.get().pk}/", headers=HTMX).content.decode()

    assert row.count(f'It will start at <time datetime="{due.isoformat(timespec="seconds")}"') == 1
    assert "try again at" not in row


def test_deleted_voice_has_no_hint_about_keeping(client: Client, voice: Voice) -> None:
    path = f"/voices/{voice.pk}/"

    temporary = client.get(path).content.decode()
    Voice.objects.update(deleted_at=timezone.now())
    deleted = client.get(path).content.decode()

    assert temporary.count("MiniMax keeps a voice only after") == 1
    assert deleted.count("No speech yet.") == 1
    assert "MiniMax keeps a voice only after" not in deleted


def test_finished_speech_reloads_the_voice(client: Client, voice: Voice) -> None:
    client.post(f"/voices/{voice.pk}/keep/", {"token": str(uuid4())})
    path = f"/speeches/{Speech.objects.get().pk}/"

    running = client.get(path, headers=HTMX)
    Speech.objects.update(status="failed")
    over = client.get(path, headers=HTMX)

    assert "HX-Trigger-After-Settle" not in running
    assert over["HX-Trigger-After-Settle"] == '{"voice-changed": {}}'


def test_relatives_need_a_fixed_number_of_queries(client: Client, voice: Voice, user: User) -> None:
    attempt = voice.attempt

    def shown(relative: CloneAttempt) -> tuple[int, list[str]]:
        with CaptureQueriesContext(connection) as counted:
            html = client.get(f"/voices/{relative.cloned_voice_id}/").content.decode()
        family = html[html.index("Related attempts") :].partition("</ul>")[0]
        return len(counted), re.findall(r">([^<>]*attempt \d+)</a>", family)

    child, sibling = (factories.make_attempt(by=user, parent=attempt) for _turn in range(2))
    few, names = shown(child)
    assert names == [f"From attempt {attempt.pk}", f"Same source: attempt {sibling.pk}"]
    for _turn in range(12):
        factories.make_attempt(by=user, parent=child)
    many, names = shown(child)

    assert (many, len(names)) == (few, 8)


def _said(voice: Voice, text: str, *, by: User) -> Speech:
    return Speech.objects.create(
        project=voice.project,
        token=uuid4(), voice=voice, provider="practice", created_by=by, text=text, model="m",
        status="failed",
    )  # fmt: skip


def test_every_speech_is_listed_page_by_page(client: Client, voice: Voice, user: User) -> None:
    texts = [f"Text number {number}." for number in range(45)]
    for text in texts:
        _said(voice, text, by=user)
    found: list[str] = []

    address: str | None = f"/voices/{voice.pk}/"
    for _page in range(3):
        assert address is not None
        html = client.get(address).content.decode()
        found += re.findall(r"Text number \d+\.", html)
        link = re.search(r'id="older" href="([^"#]+)#spoken"', html)
        address = link and link[1]

    assert found == texts[::-1]
    assert address is None


@pytest.mark.parametrize("before", ["0", "-1", "x", "9" * 30, "\0"])
def test_invalid_cursor_of_speeches_is_ignored(
    before: str, client: Client, voice: Voice, user: User
) -> None:
    _said(voice, "The only one.", by=user)

    html = client.get(f"/voices/{voice.pk}/", {"before": before}).content.decode()

    assert html.count("The only one.") == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2054, "MiniMax doesn&#x27;t recognize this voice."),
        (2042, "This voice belongs to another MiniMax account."),
    ],
)
def test_voice_unknown_to_the_provider_shows_the_reason(
    code: int, words: str, client: Client, voice: Voice
) -> None:
    Voice.objects.filter(pk=voice.pk).update(missing_at=timezone.now(), missing_code=code)

    html = client.get(f"/voices/{voice.pk}/").content.decode()

    assert html.count(words) == 1
    assert 'id="speak"' not in html


def test_rebuild_button_shows_its_price(client: Client, voice: Voice) -> None:
    _aged(voice, hours=200)

    html = client.get(f"/voices/{voice.pk}/").content.decode()

    assert html.count("This costs less than $0.01 now. Keeping the voice costs $1.50 once.") == 1


def test_rebuild_without_a_preview_is_free(client: Client, user: User) -> None:
    attempt = factories.make_attempt(by=user, preview_text="", model="", audio=None)
    assert attempt.cloned_voice is not None
    voice = _aged(attempt.cloned_voice, hours=200)

    html = client.get(f"/voices/{voice.pk}/").content.decode()

    assert html.count("This is free now. Keeping the voice costs $1.50 once.") == 1


NASTY = [
    "<script>alert(1)</script>", "\u202eevil\u202c", "\U0001f600" * 10_000, "a\0b", "\ud800",
    "{{ 7|add:7 }}", "=1+1", "'; DROP TABLE voicestudio_voice; --",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_hostile_text_is_escaped_or_refused(text: str, client: Client, voice: Voice) -> None:
    sent = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    path = f"/voices/{voice.pk}/"

    for form, fields in (
        ("notes/", {"notes": sent, "tags": sent}),
        ("speak/", {"text": sent, "token": str(uuid4())}),
    ):
        assert client.post(path + form, fields).status_code in (302, 422)
    for address in (path, "/voices/", f"/voices/?q={quote(sent[:200])}&tag={quote(sent[:99])}"):
        page = client.get(address)
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()


@pytest.mark.parametrize(("status", "offered"), [("waiting", 0), ("failed", 1)])
def test_keep_is_not_offered_while_the_first_sentence_is_generated(
    client: Client, voice: Voice, status: str, offered: int
) -> None:
    client.post(f"/voices/{voice.pk}/keep/", {"token": str(uuid4())})
    Speech.objects.update(status=status)

    for path in (f"/voices/{voice.pk}/", f"/history/{voice.attempt.pk}/"):
        page = client.get(path).content.decode()

        assert page.count("Yes, keep it") == offered
        assert page.count("The first sentence is being generated.") == 1 - offered


def test_kept_voice_is_not_said_to_be_kept_later(client: Client, voice: Voice) -> None:
    client.post(f"/voices/{voice.pk}/keep/", {"token": str(uuid4())})
    Voice.objects.update(kept_at=timezone.now())

    assert "is being generated" not in client.get(f"/voices/{voice.pk}/").content.decode()
