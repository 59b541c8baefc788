"""What makes each entry of the audit trail, and what the entry says, for every verb."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.audio import recordings as sounds
from tests.factories import (
    PASSWORD,
    make_attempt,
    make_project,
    make_recording,
    make_speaker,
    make_user,
)
from tests.practice.recordings import hum
from tests.services.conftest import make_provider_voice, store_at_provider, wav
from tests.services.test_sign_in_limits import fail
from voicestudio.models import (
    AttemptState,
    AudioFile,
    AuditEntry,
    CloneAttempt,
    Person,
    Project,
    Purpose,
    Role,
    Speech,
    Verb,
    Voice,
)
from voicestudio.practice.faults import Fault
from voicestudio.practice.server import StandIn
from voicestudio.practice.store import ClonedVoice
from voicestudio.services import (
    audit,
    clones,
    example_team,
    hold,
    notes,
    projects,
    recordings,
    retention,
    speeches,
)
from voicestudio.services.audit.entries import KINDS
from voicestudio.services.clones import Order, attempt_tree, rebuild
from voicestudio.services.clones import reconcile as clone_reconcile
from voicestudio.services.money import charges, limits
from voicestudio.services.people import activation, invitations, openid, roles
from voicestudio.services.projects import ProjectFacts
from voicestudio.services.speeches import SpeechOrder, keep
from voicestudio.services.speeches import reconcile as speech_reconcile
from voicestudio.services.voices import deletion, moves, speakers, sync
from voicestudio.services.voices import notes as voice_notes

pytestmark = pytest.mark.django_db

# What it happened to, and the facts besides those in the line of the verb.
type Outcome = tuple[models.Model | None, dict[str, Any]]


@dataclass(frozen=True)
class Studio:
    """An administrator and a manager, the browser of each, and the provider."""

    ada: User
    lea: User
    ada_client: Client
    lea_client: Client
    standin: StandIn
    folder: Path
    settings: Settings

    def order(self) -> Order:
        """An order for a clone whose recording is not at the provider yet."""
        recording = make_recording(by=self.lea, content=wav(11, rate=8_000), uploaded=False)
        return Order(
            token=uuid4(), speaker_name="Anna", voice_id="Anna-7k2pp", permission=True,
            recording=recording, preview_text="Hello.", model="speech-2.8-hd", language="auto",
        )  # fmt: skip

    def clone(self, fault: Fault | None = None) -> CloneAttempt:
        """An attempt that the worker has run, with this fault of the provider."""
        attempt = clones.submit(self.order(), by=self.lea)
        if fault is not None:
            self.standin.script("voice_clone", fault)
        clones.run_clone.call(attempt.pk)
        return CloneAttempt.objects.get(pk=attempt.pk)

    def speak(self, fault: Fault | None = None) -> Speech:
        """A speech that the worker has run, with this fault of the provider."""
        voice = make_provider_voice(self.standin, by=self.lea)
        speech = speeches.submit(
            SpeechOrder(uuid4(), voice, "Hello.", "speech-2.8-hd"), by=self.lea
        )
        if fault is not None:
            self.standin.script("t2a_v2", fault)
        speeches.run_speech.call(speech.pk)
        return Speech.objects.get(pk=speech.pk)

    def delete_voice(self, voice: Voice) -> None:
        """Delete a voice with all its files."""
        deletion.delete_voice(
            voice, confirmation=voice.voice_id, by=self.lea, files_there=True, files_here=True
        )


@dataclass(frozen=True)
class Line:
    """What makes the entry, and what the entry says."""

    run: Callable[[Studio], Outcome]
    by: str
    way: str
    facts: dict[str, Any]


LINES: dict[Verb, Line] = {}


def line(
    verb: Verb, by: str, way: str = "script", **facts: Any
) -> Callable[[Callable[[Studio], Outcome]], None]:
    """Add a line to the table: `by` does it by this way, with these facts."""

    def add(run: Callable[[Studio], Outcome]) -> None:
        assert verb not in LINES
        LINES[verb] = Line(run, by, way, facts)

    return add


# Accounts -----------------------------------------------------------------------------------------


@line(Verb.SIGNED_IN, "lea", "page")
def _(studio: Studio) -> Outcome:
    Client().post("/sign-in/", {"username": "lea", "password": PASSWORD})
    return studio.lea, {}


@line(Verb.SIGNED_OUT, "lea", "page")
def _(studio: Studio) -> Outcome:
    studio.lea_client.post("/sign-out/")
    return studio.lea, {}


@line(Verb.SIGN_IN_FAILED, "lea", "page", known=True)
def _(studio: Studio) -> Outcome:
    Client().post("/sign-in/", {"username": "lea", "password": "wrong"})
    return studio.lea, {}


@line(Verb.SIGN_IN_LOCKED, "lea", "page")
def _(studio: Studio) -> Outcome:
    fail(300)
    Client().post("/sign-in/", {"username": "lea", "password": PASSWORD})
    return studio.lea, {}


@line(Verb.PASSWORD_CHANGED, "lea", "page")
def _(studio: Studio) -> Outcome:
    new = {"password1": "another long secret", "password2": "another long secret"}
    studio.lea_client.post("/account/password/", new | {"oldpassword": PASSWORD})
    return studio.lea, {}


@line(Verb.ADDRESS_CHANGED, "ada", "page")
def _(studio: Studio) -> Outcome:
    studio.ada_client.post(f"/people/{studio.lea.pk}/address/", {"email": "l@example.com"})
    return studio.lea, {}


@line(Verb.SECOND_FACTOR_CHANGED, "lea", "page", type="recovery_codes", change="removed")
def _(studio: Studio) -> Outcome:
    TOTP.activate(studio.lea, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    confirmed = {"password": PASSWORD, "next": "/account/"}
    studio.lea_client.post("/account/confirm/", confirmed)
    studio.lea_client.post("/account/recovery-codes/new/")
    studio.lea_client.post("/account/second-factor/app/remove/")
    return studio.lea, {}


@line(Verb.SESSIONS_ENDED, "lea", "page", count=1)
def _(studio: Studio) -> Outcome:
    for client in (Client(), studio.lea_client):
        client.post("/sign-in/", {"username": "lea", "password": PASSWORD})
    studio.lea_client.post("/account/sessions/")
    return studio.lea, {}


@line(Verb.PERSON_ADDED, "zoe", "script")
def _(studio: Studio) -> Outcome:
    studio.settings.OIDC_ROLES = {"groups": {"cast": ["Studio:viewer"]}}
    claims = {"groups": ["cast"]}
    identity = openid.Identity("7", "zoe@example.com", is_verified=True, claims=claims)
    return openid.find_person(identity).user, {}


@line(Verb.OPENID_JOINED, "lea")
def _(studio: Studio) -> Outcome:
    openid.find_person(openid.Identity("8", "lea@example.com", is_verified=True))
    return studio.lea, {}


@line(Verb.OPENID_DISCONNECTED, "lea")
def _(studio: Studio) -> Outcome:
    SocialAccount.objects.create(user=studio.lea, provider=studio.settings.OIDC_ISSUER, uid="8")
    openid.disconnect(studio.lea)
    return studio.lea, {}


# People -------------------------------------------------------------------------------------------


def invite(studio: Studio) -> invitations.NewInvitation:
    role = {Project.first().pk: Role.REVIEWER}
    return invitations.invite("Max@example.com", by=studio.ada, roles=role, is_auditor=True)


def invited() -> dict[str, Any]:
    role = {str(Project.first().pk): "reviewer"}
    return {"roles": role, "is_administrator": False, "is_auditor": True}


@line(Verb.PERSON_INVITED, "ada")
def _(studio: Studio) -> Outcome:
    return invite(studio).invitation, invited()


@line(Verb.INVITATION_REVOKED, "ada")
def _(studio: Studio) -> Outcome:
    earlier = invite(studio).invitation
    invite(studio)
    return earlier, {}


@line(Verb.INVITATION_ACCEPTED, "max", "page")
def _(studio: Studio) -> Outcome:
    invitation, token = invite(studio)
    account = {"username": "max", "name": "", "password": "a long secret"}
    Client().post(f"/invitation/{token}/", account)
    return invitation, invited()


@line(Verb.ROLE_CHANGED, "ada", before="manager", after="viewer")
def _(studio: Studio) -> Outcome:
    roles.set_role(studio.lea, Project.first(), Role.VIEWER, by=studio.ada)
    return studio.lea, {}


@line(Verb.PERSON_DEACTIVATED, "ada", sessions=1)
def _(studio: Studio) -> Outcome:
    activation.deactivate(studio.lea, by=studio.ada)
    return studio.lea, {}


@line(Verb.PERSON_REACTIVATED, "ada")
def _(studio: Studio) -> Outcome:
    activation.deactivate(studio.lea, by=studio.ada)
    activation.reactivate(studio.lea, by=studio.ada)
    return studio.lea, {}


@line(Verb.PASSWORD_LINK_MADE, "ada", removes_second_factors=True)
def _(studio: Studio) -> Outcome:
    activation.reset(studio.lea, removes_second_factors=True, by=studio.ada)
    return studio.lea, {}


@line(Verb.TEAM_SHOWN, "ada")
def _(studio: Studio) -> Outcome:
    example_team.show_team(by=studio.ada)
    made = Project.objects.filter(is_example=True).order_by("pk")
    return None, {"projects": list(made.values_list("pk", flat=True))}


@line(Verb.TEAM_REMOVED, "ada")
def _(studio: Studio) -> Outcome:
    project = make_project(is_example=True)
    speaker = make_speaker(project=project, by=studio.lea).pk
    example_team.remove_team(by=studio.ada)
    empty = ("attempts", "charges", "notes", "recordings", "speeches", "voices")
    facts: dict[str, Any] = {name: [] for name in empty}
    return Project(pk=project.pk), facts | {"speakers": [speaker]}


def example_person() -> User:
    person = make_user("vera")
    Person.objects.create(user=person, is_example=True)
    return person


# Projects, limits and settings --------------------------------------------------------------------


@line(Verb.PROJECT_CREATED, "ada")
def _(studio: Studio) -> Outcome:
    return projects.create_project(ProjectFacts("Game"), by=studio.ada), {}


@line(Verb.PROJECT_CHANGED, "ada", columns=["name", "reviewers_may_download"])
def _(studio: Studio) -> Outcome:
    project = make_project("Game")
    facts = ProjectFacts("Film", reviewers_may_download=True)
    projects.change_project(project, facts, by=studio.ada)
    return project, {}


@line(Verb.PROJECT_ARCHIVED, "ada")
def _(studio: Studio) -> Outcome:
    project = make_project()
    projects.archive_project(project, by=studio.ada)
    return project, {}


@line(Verb.PROJECT_REOPENED, "ada")
def _(studio: Studio) -> Outcome:
    project = make_project(archived_at=timezone.now())
    projects.reopen_project(project, by=studio.ada)
    return project, {}


@line(Verb.BUDGET_CHANGED, "ada", budget="monthly_budget", before="none", after="$50.00")
def _(studio: Studio) -> Outcome:
    project = make_project("Game")
    facts = ProjectFacts("Game", monthly_budget=Decimal(50))
    projects.change_project(project, facts, by=studio.ada)
    return project, {}


@line(Verb.LIMIT_RAISED, "ada", amount="5")
def _(studio: Studio) -> Outcome:
    limits.allow_more(Decimal(5), by=studio.ada, note="Anna's voice")
    return None, {}


@line(Verb.SETTING_CHANGED, "", name="MONTHLY_LIMIT", before="50", after="80")
def _(studio: Studio) -> Outcome:
    for limit in ("50", "80"):
        studio.settings.SET_VALUES = {"MONTHLY_LIMIT": limit}
        audit.record_setting_changes()
    return None, {}


# Paid calls ---------------------------------------------------------------------------------------


@line(Verb.PERMISSION_CONFIRMED, "lea")
def _(studio: Studio) -> Outcome:
    attempt = studio.clone()
    return attempt, {"speaker": attempt.speaker_id}


@line(Verb.CLONE_REQUESTED, "lea", price="$0.0006")
def _(studio: Studio) -> Outcome:
    return studio.clone(), {}


@line(Verb.CLONE_READY, "lea", status_code=0, characters=6)
def _(studio: Studio) -> Outcome:
    return studio.clone(), {}


@line(Verb.CLONE_FAILED, "lea", state="failed", reason="refused", status_code=2039)
def _(studio: Studio) -> Outcome:
    return studio.clone(Fault(status_code=2039)), {}


@line(Verb.CLONE_UNKNOWN, "lea", state="unknown", reason="unanswered", status_code=None)
def _(studio: Studio) -> Outcome:
    return studio.clone(Fault(action="drop", after="work")), {}


@line(Verb.CLONE_RETRIED, "lea")
def _(studio: Studio) -> Outcome:
    attempt = make_attempt(AttemptState.INTERRUPTED, by=studio.lea)
    clones.retry_interrupted(attempt, by=studio.lea)
    return attempt, {}


@line(Verb.CLONE_WITHDRAWN, "ada")
def _(studio: Studio) -> Outcome:
    attempt = make_attempt(by=studio.lea, status="interrupted", trouble="restored")
    hold.withdraw(attempt, by=studio.ada)
    return attempt, {}


@line(Verb.HOLD_STARTED, "", backup="20261128T050000Z")
def _(_studio: Studio) -> Outcome:
    hold.start("20261128T050000Z")
    hold.start("20261128T050000Z")  # a restore that goes on after a break
    return None, {}


@line(Verb.HOLD_ENDED, "ada")
def _(studio: Studio) -> Outcome:
    hold.start()
    hold.end(by=studio.ada)
    return None, {}


@line(
    Verb.RETENTION_CHANGED, "ada", kind="recordings",
    before={"days": None, "is_automatic": False}, after={"days": 30, "is_automatic": True},
)  # fmt: skip
def _(studio: Studio) -> Outcome:
    retention.change_rule("recordings", days=30, is_automatic=True, by=studio.ada)
    return None, {}


@line(
    Verb.RETENTION_RUN, "ada", kind="recordings", days=30, is_automatic=False, count=1, bytes=2058,
    failed=0,
)  # fmt: skip
def _(studio: Studio) -> Outcome:
    make_recording(created_at=timezone.now() - timedelta(days=31), uploaded=False)
    retention.change_rule("recordings", days=30, is_automatic=False, by=studio.ada)
    retention.delete_all("recordings", by=studio.ada)
    return None, {}


@line(Verb.CLONE_CHECKED, "lea")
def _(studio: Studio) -> Outcome:
    attempt = make_attempt(AttemptState.UNKNOWN, by=studio.lea)
    clone_reconcile.request_check(attempt, by=studio.lea)
    return attempt, {}


@line(Verb.CLONE_SETTLED, "lea", worked=False)
def _(studio: Studio) -> Outcome:
    attempt = make_attempt(AttemptState.UNKNOWN, by=studio.lea)
    clone_reconcile.settle_by_hand(attempt, worked=False, note="Anna", by=studio.lea)
    return attempt, {}


@line(Verb.CLONE_PINNED, "lea")
def _(studio: Studio) -> Outcome:
    attempt = make_attempt(by=studio.lea)
    attempt_tree.pin(attempt, by=studio.lea)
    return attempt, {}


@line(Verb.CLONE_UNPINNED, "lea")
def _(studio: Studio) -> Outcome:
    attempt = make_attempt(by=studio.lea)
    attempt_tree.pin(attempt, by=studio.lea)
    attempt.speaker.refresh_from_db()
    attempt_tree.unpin(attempt.speaker, by=studio.lea)
    return attempt.speaker, {"attempt": attempt.pk}


@line(Verb.SPEECH_REQUESTED, "lea")
def _(studio: Studio) -> Outcome:
    return studio.speak(), {"price": "$1.5006"}


@line(Verb.SPEECH_READY, "lea", status_code=0, characters=6)
def _(studio: Studio) -> Outcome:
    return studio.speak(), {}


@line(Verb.SPEECH_FAILED, "lea", state="failed", reason="refused", status_code=2013)
def _(studio: Studio) -> Outcome:
    return studio.speak(Fault(status_code=2013)), {}


@line(Verb.SPEECH_UNKNOWN, "lea", state="unknown", reason="unanswered", status_code=None)
def _(studio: Studio) -> Outcome:
    return studio.speak(Fault(action="drop", after="work")), {}


@line(Verb.SPEECH_RETRIED, "lea")
def _(studio: Studio) -> Outcome:
    voice = make_provider_voice(studio.standin, by=studio.lea)
    speech = speeches.submit(SpeechOrder(uuid4(), voice, "Hello.", "speech-2.8-hd"), by=studio.lea)
    lapsed = {"status": "sending", "claim": uuid4(), "lease_until": speech.created_at}
    Speech.objects.filter(pk=speech.pk).update(**lapsed)
    speeches.retry_interrupted(speech, by=studio.lea)
    return speech, {}


@line(Verb.SPEECH_WITHDRAWN, "ada")
def _(studio: Studio) -> Outcome:
    voice = make_provider_voice(studio.standin, by=studio.lea)
    speech = speeches.submit(SpeechOrder(uuid4(), voice, "Hello.", "speech-2.8-hd"), by=studio.lea)
    Speech.objects.filter(pk=speech.pk).update(status="interrupted", trouble="restored")
    hold.withdraw(speech, by=studio.ada)
    return speech, {}


@line(Verb.SPEECH_SETTLED, "lea", worked=True)
def _(studio: Studio) -> Outcome:
    speech = studio.speak(Fault(action="drop", after="work"))
    speech_reconcile.settle_by_hand(speech, worked=True, note="", by=studio.lea)
    return speech, {}


@line(Verb.BILL_DIFFERED, "", reported=60, expected=6)
def _(studio: Studio) -> Outcome:
    charges.charge_speech(studio.speak(), certain=True, units=60)
    return None, {"per_han": studio.settings.BILLED_PER_HAN}


# Voices and speakers ------------------------------------------------------------------------------


@line(Verb.VOICE_KEPT, "lea")
def _(studio: Studio) -> Outcome:
    voice = make_provider_voice(studio.standin, by=studio.lea)
    speech = keep.keep_voice(voice, by=studio.lea)
    speeches.run_speech.call(speech.pk)
    return speech, {}


@line(Verb.VOICE_MISSING, "", status_code=2054)
def _(studio: Studio) -> Outcome:
    return studio.speak(Fault(status_code=2054)).voice, {}


@line(Verb.VOICE_IMPORTED, "ada")
def _(studio: Studio) -> Outcome:
    studio.standin.voices["Stranger-1"] = ClonedVoice("Stranger-1", 1, None, 0, used_at=1)
    return sync.import_voice("Stranger-1", name="Zoe", project=Project.first(), by=studio.ada), {}


@line(Verb.VOICE_REBUILT, "lea")
def _(studio: Studio) -> Outcome:
    voice = make_provider_voice(studio.standin, by=studio.lea)
    made = rebuild.rebuild_voice(voice, by=studio.lea)
    return voice, {"attempt": made.pk}


@line(Verb.VOICE_DELETED, "lea", already_gone=False, notes=1)
def _(studio: Studio) -> Outcome:
    voice = make_provider_voice(studio.standin, by=studio.lea)
    notes.add_note(voice, "Warm.", by=studio.lea)
    studio.delete_voice(voice)
    return voice, {}


@line(Verb.AUDIO_DELETED, "lea", result="done", notes=1)
def _(studio: Studio) -> Outcome:
    recording = make_recording(by=studio.lea, uploaded=False)
    voice = make_provider_voice(studio.standin, by=studio.lea, recording=recording)
    notes.add_note(recording, "Hums.", by=studio.lea)
    studio.delete_voice(voice)
    return recording, {}


@line(Verb.UPLOAD_DELETED, "lea", result="done")
def _(studio: Studio) -> Outcome:
    voice = make_provider_voice(studio.standin, by=studio.lea)
    store_at_provider(studio.standin, voice.attempt.recording, studio.folder)
    studio.delete_voice(voice)
    return voice.attempt.recording, {}


@line(Verb.REMINDER_DISMISSED, "lea")
def _(studio: Studio) -> Outcome:
    voice = make_provider_voice(studio.standin, by=studio.lea)
    keep.dismiss_reminder(voice, by=studio.lea)
    return voice, {}


@line(Verb.NOTES_CHANGED, "lea")
def _(studio: Studio) -> Outcome:
    voice = make_provider_voice(studio.standin, by=studio.lea)
    voice_notes.save_notes(voice, "Warm.", by=studio.lea)
    return voice, {}


@line(Verb.TAGS_CHANGED, "lea", count=2)
def _(studio: Studio) -> Outcome:
    voice = make_provider_voice(studio.standin, by=studio.lea)
    voice_notes.set_tags(voice, ["warm", "low"], by=studio.lea)
    return voice, {}


@line(Verb.NOTE_WRITTEN, "lea")
def _(studio: Studio) -> Outcome:
    attempt = make_attempt(by=studio.lea)
    return attempt, {"note_id": notes.add_note(attempt, "Warm.", by=studio.lea).pk}


@line(Verb.NOTE_DELETED, "lea")
def _(studio: Studio) -> Outcome:
    attempt = make_attempt(by=studio.lea)
    note = notes.add_note(attempt, "Warm.", by=studio.lea)
    pk = note.pk
    notes.delete_note(note, by=studio.lea)
    return attempt, {"note_id": pk}


@line(Verb.SPEAKER_ADDED, "lea")
def _(studio: Studio) -> Outcome:
    return studio.clone().speaker, {}


@line(Verb.SPEAKER_RENAMED, "lea")
def _(studio: Studio) -> Outcome:
    speaker = make_speaker(by=studio.lea)
    speakers.rename_speaker(speaker, "Zoe", by=studio.lea)
    return speaker, {}


@line(Verb.SPEAKERS_MERGED, "lea")
def _(studio: Studio) -> Outcome:
    source, target = make_speaker(by=studio.lea), make_speaker(by=studio.lea)
    pk = source.pk
    speakers.merge_speakers(source, target, by=studio.lea)
    return target, {"merged": pk}


@line(Verb.SPEAKER_MOVED, "ada", attempts=0, speeches=0, voices=0, recordings=0)
def _(studio: Studio) -> Outcome:
    speaker, target = make_speaker(by=studio.lea), make_project()
    moves.move_speaker(speaker, target, by=studio.ada)
    return speaker, {"source": Project.first().pk, "target": target.pk}


# Recordings and files -----------------------------------------------------------------------------


@line(Verb.RECORDING_MOVED, "ada", recordings=1)
def _(studio: Studio) -> Outcome:
    recording, target = make_recording(by=studio.lea), make_project()
    moves.move_recording(recording, target, by=studio.ada)
    return recording, {"source": Project.first().pk, "target": target.pk}


@line(Verb.RECORDING_ADDED, "lea", origin="file_id")
def _(studio: Studio) -> Outcome:
    made = recordings.add_by_file_id(
        17, project=Project.first(), purpose=Purpose.SAMPLE, by=studio.lea
    )
    return made, {}


def forty_seconds(studio: Studio) -> AudioFile:
    return make_recording(
        by=studio.lea, content=hum(40), duration_ms=40_000, name="talk.wav", codec="pcm_s16le",
        uploaded=False,
    )  # fmt: skip


@line(Verb.RECORDING_CUT, "lea", origin="cut")
def _(studio: Studio) -> Outcome:
    whole = forty_seconds(studio)
    made = recordings.cut_recording(
        whole, start_ms=0, end_ms=12_000, purpose=Purpose.SAMPLE, by=studio.lea
    )
    return made, {"parent": whole.pk}


@line(Verb.RECORDING_CLEANED, "lea", origin="cleaned")
def _(studio: Studio) -> Outcome:
    whole = forty_seconds(studio)
    made = recordings.clean_recording(
        whole, trim=False, level=True, dc_and_hum=False, mono=False, by=studio.lea
    )
    return made, {"parent": whole.pk}


@line(Verb.TRACK_USED, "lea", origin="track")
def _(studio: Studio) -> Outcome:
    voice = sounds.speech(12)
    film = sounds.film(studio.folder / "talk.mkv", voice, voice, muxer="matroska")
    whole = recordings.store_local_file(
        film, project=Project.first(), purpose=Purpose.SAMPLE, by=studio.lea
    )
    other = 2 if whole.track_number == 1 else 1
    return recordings.use_track(whole, other, by=studio.lea), {"parent": whole.pk}


@line(Verb.RECORDING_RENAMED, "lea")
def _(studio: Studio) -> Outcome:
    recording = make_recording(by=studio.lea)
    recordings.rename_recording(recording, "Anna.wav", by=studio.lea)
    return recording, {}


@line(Verb.RECORDING_DELETED, "lea", notes=2)
def _(studio: Studio) -> Outcome:
    recording = make_recording(by=studio.lea, uploaded=False)
    deleted = AudioFile(pk=recording.pk, project=recording.project)
    for text in ("Hums.", "Too loud."):
        notes.add_note(recording, text, by=studio.lea)
    recordings.delete_recording(recording, by=studio.lea)
    return deleted, {}


@line(Verb.DOWNLOADED, "lea", "page", file="file")
def _(studio: Studio) -> Outcome:
    recording = make_recording(by=studio.lea)
    studio.lea_client.get(f"/audio/recordings/{recording.pk}/?download=1")
    return recording, {}


@line(Verb.EXPORTED, "ada", "page", list="costs", month="", person="")
def _(studio: Studio) -> Outcome:
    studio.ada_client.get("/costs/?format=csv")
    return None, {}


@line(Verb.LOOK_STARTED, "ada")
def _(studio: Studio) -> Outcome:
    person = example_person()
    example_team.start_look(person, by=studio.ada)
    return person, {}


@line(Verb.LOOK_ENDED, "ada")
def _(studio: Studio) -> Outcome:
    person = example_person()
    example_team.end_look(person, by=studio.ada)
    return person, {}


# The table ----------------------------------------------------------------------------------------


@pytest.fixture
def studio(
    standin: StandIn, data_dir: Path, tmp_path: Path, settings: Settings, no_waiting: Settings
) -> Studio:
    settings.OIDC_ISSUER, settings.OIDC_ROLES = "https://login.example.com", {}
    settings.SET_VALUES = {}
    ada = make_user("ada", is_staff=True, is_superuser=True)
    lea = make_user("lea", email="lea@example.com")
    clients = Client(), Client()
    for client, person in zip(clients, (ada, lea), strict=True):
        client.force_login(person)
    return Studio(ada, lea, *clients, standin, tmp_path, settings)


def test_every_verb_has_a_line() -> None:
    assert set(LINES) == set(Verb)


@pytest.mark.parametrize(
    "verb",
    # The example team is spoken first.
    [pytest.param(verb, marks=[pytest.mark.slow] * (verb == Verb.TEAM_SHOWN)) for verb in LINES],
)
def test_entry_says_who_did_what_how_and_to_what(verb: Verb, studio: Studio) -> None:
    expected = LINES[verb]
    before = set(AuditEntry.objects.values_list("pk", flat=True))

    target, facts = expected.run(studio)

    entry = AuditEntry.objects.exclude(pk__in=before).filter(verb=verb).order_by("pk").last()
    assert entry is not None
    assert (entry.person, entry.way) == (expected.by, expected.way)
    kind = KINDS[str(target._meta.model_name)] if target else ""
    assert (entry.object_kind, entry.object_id) == (kind, target.pk if target else None)
    assert entry.facts == expected.facts | facts
    assert (entry.address != "") == (entry.way == "page")
