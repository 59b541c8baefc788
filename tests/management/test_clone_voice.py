"""`manage.py clone_voice`: what it prints, how it ends, and that it asks the same service."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError
from django.utils import timezone

from tests.audio.recordings import film, speech
from tests.factories import make_project, make_speaker, make_user
from tests.management.conftest import Run
from tests.services.conftest import wav
from voicestudio.forms import CloneForm
from voicestudio.management.commands.clone_voice import Command
from voicestudio.models import AudioFile, CloneAttempt, Membership, Person, Project, Role, Speaker
from voicestudio.practice.server import Fault, StandIn

Result = tuple[int, dict[str, Any]]
KEYS = {
    "id", "status", "speaker_id", "voice_id", "file_id", "demo_audio", "input_sensitive",
    "input_sensitive_type", "status_code", "trace_id", "message",
}  # fmt: skip


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "anna.wav"
    path.write_bytes(wav(11, rate=8_000))
    return path


@pytest.fixture
def clone(run: Run, sample: Path, person: User, data_dir: Path) -> Run:
    """Runs the command, by default with the sample and with permission."""

    def call(*arguments: str, permission: bool = True, file: Path | None = None) -> Result:
        granted = ["--i-have-permission"] if permission else []
        return run("clone_voice", str(file or sample), "--speaker", "Anna", *granted, *arguments)

    return call


def test_clone_voice_waits_for_a_ready_voice(clone: Run, standin: StandIn, sample: Path) -> None:
    code, result = clone("--wait", "--text", "Hello there.", "--reduce-noise")

    attempt = CloneAttempt.objects.get()
    assert (code, set(result)) == (0, KEYS)
    assert (result["id"], result["status"]) == (attempt.pk, "ready")
    assert result["voice_id"].startswith("Anna-")
    assert result["file_id"] == str(next(iter(standin.files)))
    assert Path(result["demo_audio"]).stat().st_size == attempt.audio_bytes
    assert (result["input_sensitive"], result["input_sensitive_type"]) == (False, 0)
    assert (result["status_code"], result["trace_id"]) == (0, attempt.trace_id)
    assert (attempt.noise_reduction, attempt.preview_text) == (True, "Hello there.")
    assert sample.exists()


def test_clone_voice_without_wait_exits_with_3(clone: Run, standin: StandIn) -> None:
    code, result = clone()

    assert (code, result["status"], standin.calls) == (3, "waiting", [])


def test_clone_voice_prints_why_it_was_refused(clone: Run, standin: StandIn) -> None:
    standin.script("voice_clone", Fault(status_code=1008))

    code, result = clone("--wait")

    assert (code, result["status"], result["status_code"]) == (1, "failed", 1008)
    assert result["message"].startswith("Our MiniMax account is out of credit.")


def test_clone_voice_without_permission_stores_nothing(clone: Run, standin: StandIn) -> None:
    code, result = clone("--wait", permission=False)

    assert (code, result["status"]) == (1, "refused")
    assert (CloneAttempt.objects.count(), AudioFile.objects.count()) == (0, 0)
    assert standin.calls == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"Dear diary", "This isn't an audio file we can read"),
        (wav(3, rate=8_000), "This recording is too short. It is 0:03 long."),
    ],
)
def test_clone_voice_prints_why_a_file_is_refused(
    content: bytes, sentence: str, clone: Run, standin: StandIn, tmp_path: Path
) -> None:
    file = tmp_path / "wrong.mp3"
    file.write_bytes(content)

    code, result = clone("--wait", file=file)

    assert (code, result["status"]) == (1, "refused")
    assert sentence in result["message"]
    assert CloneAttempt.objects.count() == 0


def test_refused_video_leaves_no_file(clone: Run, tmp_path: Path, data_dir: Path) -> None:
    voice = speech(11)
    video = film(tmp_path / "talk.mkv", voice, 0 * voice, muxer="matroska")

    code, result = clone("--voice-id", "1", file=video)

    assert (code, result["status"], AudioFile.objects.count()) == (1, "refused", 0)
    assert [path for path in data_dir.rglob("*") if path.is_file()] == []


def test_clone_voice_refuses_a_missing_file(clone: Run, tmp_path: Path) -> None:
    code, result = clone(file=tmp_path / "nowhere.wav")

    assert code == 1
    assert result["message"].endswith("No such file or directory.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--voice-id", "short"), ("--text", "x" * 1001),
        ("--text", "Hello.", "--model", "speech-9"), ("--language", "Klingon"),
        ("--prompt-text", "words without a clip"),
    ],
)  # fmt: skip
def test_clone_voice_refuses_what_the_form_refuses(
    arguments: tuple[str, ...], clone: Run, standin: StandIn, data_dir: Path
) -> None:
    code, result = clone("--wait", *arguments)

    assert (code, result["status"], result["id"]) == (1, "refused", None)
    assert AudioFile.objects.count() == 0
    assert [path for path in data_dir.rglob("*") if path.is_file()] == []


def test_clone_voice_prints_lines_for_people(
    sample: Path, person: User, data_dir: Path, standin: StandIn,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    call_command("clone_voice", str(sample), "--speaker", "Anna", "--i-have-permission", "--wait")

    assert "status: ready" in capsys.readouterr().out.splitlines()


def test_clone_voice_needs_an_existing_user(sample: Path, person: User) -> None:
    make_user("omar")

    with pytest.raises(CommandError, match="--as USER"):
        call_command("clone_voice", str(sample), "--speaker", "Anna", "--i-have-permission")
    with pytest.raises(CommandError, match="nobody"):
        call_command("clone_voice", str(sample), "--speaker", "Anna", "--as", "nobody")


def test_expected_words_and_their_accuracy_are_sent(clone: Run, standin: StandIn) -> None:
    clone("--wait", "--expected-words", "Good morning.", "--accuracy", "0.8")

    sent = standin.calls_of("voice_clone")[0].json
    assert (sent["text_validation"], sent["accuracy"]) == ("Good morning.", 0.8)


def test_name_of_two_speakers_needs_an_id(
    run: Run, sample: Path, person: User, data_dir: Path
) -> None:
    first, second = make_speaker("Anna", by=person), make_speaker("Anna", by=person)
    arguments = ("clone_voice", str(sample), "--i-have-permission")

    refused, result = run(*arguments, "--speaker", "Anna")
    run(*arguments, "--speaker-id", str(first.pk))
    run(*arguments, "--speaker", "Anna", "--new-speaker")

    today = f"{timezone.now():%Y-%m-%d}"
    assert (refused, result["message"]) == (
        1,
        "2 speakers have the name Anna. Choose one with --speaker-id: "
        f"{second.pk} (Anna, voices: 0, added {today}); {first.pk} (Anna, voices: 0, added {today})"
        ". Or add another one with --new-speaker.",
    )
    old, new = CloneAttempt.objects.order_by("pk")
    assert (old.speaker, new.speaker.name, Speaker.objects.count()) == (first, "Anna", 3)


def test_exact_name_of_one_speaker_is_that_speaker(clone: Run, person: User) -> None:
    known = make_speaker("Anna", by=person)

    clone()

    assert CloneAttempt.objects.get().speaker == known


@pytest.mark.parametrize("speaker", ["anna", "Annna"])
def test_name_of_nearly_a_speaker_needs_an_id(
    speaker: str, run: Run, sample: Path, person: User, data_dir: Path
) -> None:
    known = make_speaker("Anna", by=person)

    code, result = run("clone_voice", str(sample), "--speaker", speaker, "--i-have-permission")

    assert (code, f"--speaker-id: {known.pk} (Anna" in result["message"]) == (1, True)
    assert AudioFile.objects.count() == 0


def test_every_field_of_the_form_is_an_option() -> None:
    parser = Command().create_parser("manage.py", "clone_voice")
    options = {action.dest for action in parser._actions}
    names = {
        "speaker": "speaker", "speaker_choice": "speaker_id", "voice_id": "voice_id",
        "project": "project",
        "permission": "i_have_permission",
        "recording": "sample", "prompt_clip": "prompt_clip", "prompt_text": "prompt_text",
        "preview_text": "text", "model": "model", "language": "language",
        "noise_reduction": "reduce_noise", "volume_normalization": "even_volume",
        "watermark": "watermark", "text_validation": "expected_words", "accuracy": "accuracy",
    }  # fmt: skip
    of_the_page_only = {"token", "parent", "file", "prompt_file", "file_id", "rehearsal"}

    assert set(names.values()) <= options
    assert CloneForm.base_fields.keys() - of_the_page_only == names.keys()


def test_clone_voice_works_in_the_named_project(clone: Run, standin: StandIn) -> None:
    project = make_project("Audiobook")
    make_user("mira", project=project)

    code, _result = clone("--wait", "--as", "mira", "--project", "AUDIOBOOK")

    attempt = CloneAttempt.objects.get()
    assert (code, attempt.project, attempt.recording.project) == (0, project, project)


def test_clone_voice_refuses_what_its_user_may_not_do(clone: Run) -> None:
    make_user("rita", role=Role.REVIEWER)
    make_project("Secret")

    with pytest.raises(CommandError, match="You can't clone voices in this project"):
        clone("--as", "rita")
    with pytest.raises(CommandError, match="There is no project called Secret"):
        clone("--as", "lea", "--project", "Secret")

    assert AudioFile.objects.count() == 0


def clone_names(run: Run, sample: Path, *arguments: str) -> Result:
    """Clone without a default speaker, as mira."""
    return run("clone_voice", str(sample), "--i-have-permission", "--as", "mira", *arguments)


@pytest.fixture
def two_projects(person: User) -> tuple[Project, Project]:
    """Two projects with a manager mira, who works in the first one of them."""
    here, there = make_project("Here"), make_project("There")
    mira = make_user("mira", project=here)
    Membership.objects.create(person=mira, project=there, role=Role.MANAGER)
    Person.objects.create(user=mira, project=here)
    return here, there


def test_speaker_is_looked_up_in_the_named_project(
    run: Run, sample: Path, data_dir: Path, person: User, two_projects: tuple[Project, Project]
) -> None:
    here, there = two_projects
    make_speaker("Anna", by=person, project=here)
    anna = make_speaker("Anna", by=person, project=there)

    clone_names(run, sample, "--project", "There", "--speaker", "Anna")
    clone_names(run, sample, "--project", "There", "--speaker", "Zoe")

    attempts = CloneAttempt.objects.order_by("pk")
    assert [attempt.speaker.name for attempt in attempts] == ["Anna", "Zoe"]
    assert attempts[0].speaker == anna
    assert [
        (attempt.project, attempt.speaker.project, attempt.recording.project)
        for attempt in attempts
    ] == [(there, there, there)] * 2


def test_project_is_that_of_the_speaker_id(
    run: Run, sample: Path, data_dir: Path, person: User, two_projects: tuple[Project, Project]
) -> None:
    _here, there = two_projects
    anna = make_speaker("Anna", by=person, project=there)

    clone_names(run, sample, "--speaker-id", str(anna.pk))
    code, result = clone_names(run, sample, "--speaker-id", str(anna.pk), "--project", "Here")

    attempt = CloneAttempt.objects.get()
    assert (attempt.project, attempt.recording.project) == (there, there)
    assert (code, result["message"].split(":")[0]) == (1, "No speaker has this ID")


def test_project_is_the_one_in_use_or_must_be_named(
    run: Run, sample: Path, data_dir: Path, two_projects: tuple[Project, Project]
) -> None:
    here, _there = two_projects
    clone_names(run, sample, "--speaker", "Anna")
    assert CloneAttempt.objects.get().project == here
    Person.objects.update(project=None)

    with pytest.raises(CommandError, match="choose one with --project NAME"):
        clone_names(run, sample, "--speaker", "Anna")

    assert AudioFile.objects.count() == 1


def test_fault_of_the_database_leaves_no_file(
    run: Run, sample: Path, data_dir: Path, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_fields: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(CloneAttempt.objects, "create", fail)

    with pytest.raises(DatabaseError):
        run("clone_voice", str(sample), "--speaker", "Anna", "--i-have-permission")

    assert [path for path in data_dir.rglob("*") if path.is_file()] == []
