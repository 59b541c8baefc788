"""Audit trail: who reads it, its filters and pages, its file, and what requests leave in it."""

import csv
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.factories import (
    PASSWORD,
    make_attempt,
    make_project,
    make_recording,
    make_speaker,
    make_user,
)
from tests.views.pages import text
from tests.views.test_list_filters import counts
from tests.views.test_list_plans import explain
from voicestudio.models import AuditEntry, Invitation, ObjectKind, Person, Project, Verb, Way
from voicestudio.models.audit import Subject
from voicestudio.services import audit
from voicestudio.services.voices import moves

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


@pytest.fixture
def administrator(client: Client) -> User:
    person = make_user("ada", is_staff=True)
    client.force_login(person)
    return person


def make_entry(**fields: Any) -> AuditEntry:
    values = {"verb": Verb.NOTES_CHANGED, "way": Way.PAGE, "person": "lea", "text": "Notes changed"}
    return AuditEntry.objects.create(**(values | fields))


def recorded() -> Any:
    """What was recorded after the tests' own sign-in, which no request makes."""
    return AuditEntry.objects.exclude(verb=Verb.SIGNED_IN, way=Way.SCRIPT).order_by("pk")


def shown(client: Client, **query: Any) -> list[int]:
    page = text(client.get("/audit/", query))
    return [int(pk) for pk in re.findall(r'id="entry-(\d+)"', page)]


def test_audit_trail_is_for_those_who_may_read_it(client: Client, administrator: User) -> None:
    assert client.get("/audit/").status_code == 200
    assert text(client.get("/voices/")).count('href="/audit/"') == 1

    client.force_login(make_user("lea"))

    assert client.get("/audit/").status_code == 404
    assert client.get("/audit/", {"format": "csv"}).status_code == 404
    assert text(client.get("/voices/")).count('href="/audit/"') == 0


def test_entries_are_filtered(client: Client, administrator: User) -> None:
    old = make_entry(at=datetime(2025, 5, 6, 23, 59, tzinfo=UTC))
    by_person = make_entry(person_id=administrator.pk)
    by_verb = make_entry(verb=Verb.EXPORTED)
    of_voice = make_entry(object_kind="voice", object_id=7)
    in_project = make_entry(project_id=1, object_kind="voice", object_id=8)

    project = Project.first()
    own = make_entry(project_id=project.pk, object_kind="speaker", object_id=7)

    assert shown(client, since="2025-05-06", until="2025-05-06") == [old.pk]
    assert by_person.pk in shown(client, person=administrator.pk)
    assert old.pk not in shown(client, person=administrator.pk)
    assert shown(client, verb="exported") == [by_verb.pk]
    assert shown(client, kind="voice") == [in_project.pk, of_voice.pk]
    assert shown(client, kind="voice", number="7") == [of_voice.pk]
    assert own.pk in shown(client, project=project.pk)
    assert shown(client, verb="exported", kind="voice") == []
    page = text(client.get("/audit/", {"verb": "nothing", "number": "x", "since": "1-2-3"}))
    assert (
        page.count("These filters are invalid and were ignored: From, What happened, Object number")
        == 1
    )


@pytest.mark.parametrize("zone", ["account", "browser"])
def test_days_are_those_of_the_reader(client: Client, administrator: User, zone: str) -> None:
    # In Tokyo, which is nine hours ahead, 2 March begins at 15:00 UTC on 1 March.
    start = datetime(2026, 3, 1, 15, tzinfo=UTC)
    times = (start - timedelta(minutes=1), start, start + timedelta(hours=24))
    made = [make_entry(at=at).pk for at in times]
    query = {"since": "2026-03-02", "until": "2026-03-02"}
    if zone == "account":
        session = client.session
        session["time_zone"] = "Asia/Tokyo"
        session.save()
    else:
        query["zone"] = "Asia/Tokyo"

    assert shown(client, **query) == [made[1]]


def test_entries_are_paged(client: Client, administrator: User) -> None:
    made = [make_entry(verb=Verb.EXPORTED).pk for _number in range(120)][::-1]

    first = client.get("/audit/", {"verb": "exported"})
    second = client.get(first.context["pages"]["next"])
    third = client.get(second.context["pages"]["next"])
    back = client.get(third.context["pages"]["previous"])

    ids = [
        [entry.pk for entry in page.context["page"].rows] for page in (first, second, third, back)
    ]
    assert ids == [made[:50], made[50:100], made[100:], made[50:100]]
    assert third.context["pages"]["next"] == ""


def test_search_finds_entries_by_what_they_name(client: Client, administrator: User) -> None:
    lea = make_user("lea", first_name="Léa Blum")
    attempt = make_attempt(by=lea, speaker_name="Anna Larsen", voice_id="AnnaLarsen-7k2p")
    by_lea = make_entry(person_id=lea.pk).pk
    of_lea = make_entry(object_kind="person", object_id=lea.pk).pk
    of_speaker = make_entry(object_kind="speaker", object_id=attempt.speaker_id).pk
    of_voice = make_entry(object_kind="voice", object_id=attempt.cloned_voice_id).pk
    of_attempt = make_entry(object_kind="attempt", object_id=attempt.pk).pk
    make_entry(object_kind="recording", object_id=attempt.cloned_voice_id)
    exported = make_entry(verb=Verb.EXPORTED, person_id=lea.pk).pk

    assert shown(client, q="lea b") == [exported, of_lea, by_lea]
    assert shown(client, q="ANNALARSEN-7K") == [of_attempt, of_voice]
    assert shown(client, q="anna larsen") == [of_attempt, of_voice, of_speaker]
    assert shown(client, q="exporte") == [exported]
    assert shown(client, q="lea b", verb="exported") == [exported]
    assert shown(client, q="lea b", topic="money") == []
    assert shown(client, q="nothing like this") == []
    rows = read_csv(client.get("/audit/", {"q": "annalarsen-7k", "format": "csv"}))
    assert [row[0] for row in rows[1:]] == [str(of_attempt), str(of_voice)]


def test_search_says_when_more_things_have_the_name(
    client: Client, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicestudio.services.audit.search.MOST", 1)
    for name in ("anna.wav", "anna-2.wav"):
        make_entry(object_kind="recording", object_id=make_recording(name=name).pk)

    pages = [text(client.get("/audit/", {"q": words})) for words in ("anna", "anna-2")]

    assert [page.count("More things have this name") for page in pages] == [1, 0]
    assert [page.count('id="entry-') for page in pages] == [1, 1]


def test_search_and_views_are_paged(client: Client, administrator: User) -> None:
    lea = make_user("lea")
    made = [
        make_entry(verb=Verb.EXPORTED, person_id=lea.pk, object_kind="person", object_id=lea.pk).pk
        if number % 2 else make_entry(verb=Verb.RECORDING_DELETED, person_id=lea.pk).pk
        for number in range(120)
    ][::-1]  # fmt: skip

    for query, found in (("q=lea", made), ("topic=deleted", made[1::2])):
        pages = [client.get(f"/audit/?{query}")]
        while following := pages[-1].context["pages"]["next"]:
            pages.append(client.get(following))
        ids = [[entry.pk for entry in page.context["page"].rows] for page in pages]
        assert [pk for page in ids for pk in page] == found, query
        back = client.get(pages[1].context["pages"]["previous"])
        assert [entry.pk for entry in back.context["page"].rows] == ids[0]


def test_search_reads_each_subject_by_an_index_and_only_so_far() -> None:
    subjects: list[Subject] = [
        {"person_id": 3},
        {"verb": "exported"},
        {"object_kind": "voice", "object_id": 7},
    ]
    indexes = ("audit_by_person", "audit_by_verb", "audit_by_object")

    plan = explain(lambda: AuditEntry.objects.read(50, before=1000, subjects=subjects))

    assert [plan.count(index) for index in indexes] == [1, 1, 1], plan
    assert "SCAN voicestudio_auditentry" not in plan


def test_views_say_how_many_entries_they_have(client: Client, administrator: User) -> None:
    for verb in (Verb.RECORDING_DELETED, Verb.VOICE_DELETED, Verb.ROLE_CHANGED, Verb.VOICE_KEPT):
        make_entry(verb=verb)
    signed_in = AuditEntry.objects.filter(verb=Verb.SIGNED_IN).count()

    assert counts(client, "/audit/") == {
        "Money": "1",
        "Permission and people": "1",
        "Deleted": "2",
        "Sign-ins": str(signed_in),
        "": f"{4 + signed_in} entries",
    }
    assert len(shown(client, topic="deleted")) == 2


@pytest.mark.parametrize("rows", [1, 60])
def test_audit_needs_a_fixed_number_of_queries(
    client: Client, administrator: User, rows: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for number in range(rows):
        make_entry(person_id=administrator.pk, object_kind="voice", object_id=number, project_id=1)

    # Session, user, roles, projects, entries, names of people, names of voices.
    with django_assert_num_queries(7):
        client.get("/audit/")


def make_named_entries(lea: User) -> dict[str, Any]:
    """An entry of Léa about an object of each kind that has a name; the objects by their kind."""
    attempt = make_attempt(by=lea, speaker_name="Anna Larsen", voice_id="AnnaLarsen-7k2p")
    objects: dict[str, Any] = {
        "attempt": attempt,
        "voice": attempt.cloned_voice,
        "speaker": attempt.speaker,
        "recording": make_recording(name="anna.wav"),
        "person": lea,
        "project": make_project("Audiobook"),
        "invitation": Invitation.objects.create(
            address="zoe@example.com", token_hash="x", roles={}, made_by=lea
        ),
    }
    for kind, subject in objects.items():
        make_entry(object_kind=kind, object_id=subject.pk, person_id=lea.pk, person="lea")
    return objects


def test_audit_entries_show_current_names(client: Client, administrator: User) -> None:
    lea = make_user("lea", first_name="Léa", last_name="Blum")
    pks = {kind: subject.pk for kind, subject in make_named_entries(lea).items()}
    expected = {
        "attempt": f'<a href="/history/{pks["attempt"]}/"><bdi>Anna Larsen</bdi></a>',
        "voice": f'<a href="/voices/{pks["voice"]}/"><bdi>Anna Larsen</bdi></a>',
        "speaker": f'<a href="/speakers/{pks["speaker"]}/"><bdi>Anna Larsen</bdi></a>',
        "recording": f'<a href="/recordings/{pks["recording"]}/"><bdi>anna.wav</bdi></a>',
        "person": f'<a href="/people/{lea.pk}/"><bdi>Léa Blum</bdi></a>',
        "project": f'<a href="/projects/{pks["project"]}/"><bdi>Audiobook</bdi></a>',
        "invitation": "<bdi>zoe@example.com</bdi>",
    }

    page = text(client.get("/audit/", {"verb": "notes_changed"}))

    labels = {kind: f"{ObjectKind(kind).label}: {html}" for kind, html in expected.items()}
    assert {kind: page.count(html) for kind, html in labels.items()} == dict.fromkeys(labels, 1)
    assert page.count("AnnaLarsen-7k2p") == 2 * 2  # of attempt and voice, in row and details
    assert page.count(expected["person"]) == len(pks) + 1  # of each entry, and the one about her


def test_auditor_sees_no_links_to_people_and_no_invited_addresses(client: Client) -> None:
    lea = make_user("lea", first_name="Léa", last_name="Blum")
    objects = make_named_entries(lea)
    auditor = make_user("olga")
    Person.objects.update_or_create(user=auditor, defaults={"is_auditor": True})
    client.force_login(auditor)

    page = text(client.get("/audit/", {"verb": "notes_changed"}))

    assert page.count("<bdi>Léa Blum</bdi>") == len(objects) + 1
    assert (page.count(f"/people/{lea.pk}/"), page.count("zoe@example.com")) == (0, 0)
    assert page.count(f"{ObjectKind.VOICE.label}: <a href=") == 1


def test_thing_that_is_gone_and_person_without_account_keep_number_and_username(
    client: Client, administrator: User
) -> None:
    make_entry(object_kind="voice", object_id=7, person_id=99, person="mia")

    page = text(client.get("/audit/", {"verb": "notes_changed"}))

    assert re.findall(r'<span class="small">\s*(Voice 7)', page) == ["Voice 7"]
    assert ("<bdi>mia</bdi>" in page, "/voices/7/" in page) == (True, False)


def test_people_are_chosen_by_their_names(client: Client, administrator: User) -> None:
    lea = make_user("lea", first_name="Zoë", last_name="Blum")

    page = text(client.get("/audit/", {"person": lea.pk}))

    choices = page.partition('name="person"')[2].partition("</select>")[0]
    assert re.findall(r">([^<]+)</option>", choices)[1:] == ["Zoë Blum", "ada"]


def read_csv(response: Any) -> list[list[str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(content.splitlines()))


def test_csv_holds_what_the_filters_find(
    client: Client, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicestudio.services.audit.entries.CHUNK", 2)
    made = [make_entry(verb=Verb.SIGNED_OUT, user_agent="=cmd()").pk for _number in range(5)]
    make_entry()

    rows = read_csv(client.get("/audit/", {"verb": "signed_out", "format": "csv"}))

    assert [row[0] for row in rows] == ["id", *(str(pk) for pk in made[::-1])]
    assert {row[6] for row in rows[1:]} == {"'=cmd()"}
    exported = AuditEntry.objects.get(verb="exported")
    assert (exported.person, exported.facts) == ("ada", {"list": "audit"})


@pytest.mark.parametrize("most", [500, 0])
def test_moves_name_their_projects_on_the_page_only(
    most: int, client: Client, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicestudio.views.audit.MOST_CHOICES", most)
    target, gone = make_project("Audiobook"), make_project("Gone")
    gone_pk = gone.pk
    moves.move_speaker(make_speaker("Anna", project=gone), target, by=administrator)
    gone.delete()

    page = text(client.get("/audit/", {"verb": "speaker_moved"}))

    entry = AuditEntry.objects.get(verb="speaker_moved")
    assert page.count(f"Speaker moved to another project: {gone_pk} → Audiobook") == 1
    assert entry.text == f"Speaker moved to another project: {gone_pk} → {target.pk}"


def test_export_of_costs_is_recorded(client: Client, administrator: User) -> None:
    read_csv(client.get("/costs/", {"format": "csv", "month": "2026-11"}))

    facts = {"list": "costs", "month": "2026-11-01", "person": ""}
    assert AuditEntry.objects.get(verb="exported").facts == facts


# Requests -----------------------------------------------------------------------------------------


def sign_in(client: Client, username: str, password: str = PASSWORD, **headers: str) -> None:
    client.post("/sign-in/", {"username": username, "password": password}, headers=headers)


def test_sign_in_and_out_are_recorded(client: Client) -> None:
    person = make_user("lea")

    sign_in(client, "lea", "wrong", **{"user-agent": "Fire\tfox"})
    sign_in(client, "lea")
    client.post("/sign-out/")

    columns = ("verb", "person", "person_id", "object_id", "way", "address", "user_agent")
    assert list(AuditEntry.objects.order_by("pk").values_list(*columns)) == [
        ("sign_in_failed", "lea", person.pk, person.pk, "page", "127.0.0.1", "Fire?fox"),
        ("signed_in", "lea", person.pk, person.pk, "page", "127.0.0.1", ""),
        ("signed_out", "lea", person.pk, person.pk, "page", "127.0.0.1", ""),
    ]


def test_name_that_no_account_has_is_not_kept(client: Client) -> None:
    sign_in(client, "my-secret-password")

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.person, entry.facts) == ("sign_in_failed", "", {"known": False})


def test_locked_sign_in_is_recorded_once(client: Client, settings: Settings) -> None:
    settings.SIGN_IN_FAILURES_PER_ACCOUNT_AND_NETWORK = 2
    make_user("lea")

    for _number in range(5):
        sign_in(client, "lea", "wrong")

    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["sign_in_failed", "sign_in_failed", "sign_in_locked"]


@pytest.mark.parametrize(
    ("header", "address"),
    [("203.0.113.9, 198.51.100.7", "198.51.100.7"), ("2001:db8::7", "2001:db8::7")],
)
def test_address_behind_a_proxy_is_the_whole_one_of_the_client(
    client: Client, settings: Settings, header: str, address: str
) -> None:
    settings.PROXY = True
    make_user("lea")

    sign_in(client, "lea", **{"x-forwarded-for": header})

    assert AuditEntry.objects.get().address == address


def test_each_part_of_a_download_is_recorded_and_a_player_is_not(
    client: Client, administrator: User
) -> None:
    recording = make_recording(by=administrator)
    attempt = make_attempt(by=administrator)
    url = f"/audio/recordings/{recording.pk}/"

    def get(url: str, **headers: str) -> None:
        response: Any = client.get(url, headers=headers)
        assert response.status_code in (200, 206)
        b"".join(response.streaming_content)

    get(url)
    get(url, range="bytes=0-99")
    client.head(f"{url}?download=1")
    assert recorded().count() == 0

    get(f"{url}?download=1", range="bytes=0-99")
    get(f"{url}?download=1", range="bytes=100-199")
    get(f"/audio/previews/{attempt.pk}/?download=1")

    columns = ("verb", "person", "object_kind", "object_id", "facts")
    assert list(recorded().values_list(*columns)) == [
        ("downloaded", "ada", "recording", recording.pk, {"file": "file"}),
        ("downloaded", "ada", "recording", recording.pk, {"file": "file"}),
        ("downloaded", "ada", "attempt", attempt.pk, {"file": "audio"}),
    ]


def test_renamed_recording_names_the_person_of_the_request(
    client: Client, administrator: User
) -> None:
    recording = make_recording(by=administrator)

    client.post(f"/recordings/{recording.pk}/rename/", {"name": "other.mp3"})

    entry = recorded().get()
    assert (entry.verb, entry.person, entry.way) == ("recording_renamed", "ada", "page")
    assert timezone.now() - entry.at < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("verb", "facts"),
    [
        (Verb.SETTING_CHANGED, {"after": "1"}),
        (Verb.SETTING_CHANGED, {}),
        (Verb.BUDGET_CHANGED, {"before": "1", "after": "2"}),
        (Verb.BUDGET_CHANGED, {"budget": "weekly_budget", "before": "1", "after": "2"}),
        (Verb.RETENTION_CHANGED, {"kind": "drafts"}),
        (Verb.RETENTION_CHANGED, {"kind": "drafts", "before": None, "after": {"days": None}}),
        (Verb.RETENTION_CHANGED, {"kind": "drafts", "before": {}, "after": {}}),
        (Verb.EXPORTED, {}),
    ],
)
def test_entry_without_known_facts_is_described_by_its_verb(
    client: Client, administrator: User, verb: Verb, facts: dict[str, Any]
) -> None:
    entry = make_entry(verb=verb, facts=facts)

    page = text(client.get("/audit/", {"verb": verb}, headers={"Accept-Language": "de"}))

    with translation.override("de"):
        assert page.count(f"<b>{verb.label}</b>") == 1, entry.pk


def test_audit_page_shows_an_entry(client: Client, administrator: User, data_dir: Path) -> None:
    make_entry(object_kind="voice", object_id=7, address="192.0.2.1", facts={"count": 3})

    page = text(client.get("/audit/"))

    assert page.count("<dd>Voice 7</dd>") == 1
    assert page.count('Page<span data-column="address"> · 192.0.2.1</span>') == 1
    assert page.count("Not sealed yet") == AuditEntry.objects.count()


def test_entry_is_sealed_in_one_language_and_read_in_that_of_the_reader(
    client: Client, administrator: User, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    with translation.override("de"):
        audit.record(Verb.EXPORTED, by=administrator, list="costs")
    entry = AuditEntry.objects.get(verb=Verb.EXPORTED)
    with translation.override("de"):
        german = audit.describe(entry)

    page = text(client.get("/audit/", {"verb": "exported"}, headers={"Accept-Language": "de"}))

    with translation.override("en"):
        assert entry.text == audit.describe(entry) == "Exported as CSV: Costs"
    assert german != entry.text
    assert page.count(f"<b>{german}</b>") == 1
