"""`manage.py voices`, `keep_voice`, `speak`, `delete_voice`, `remind`: what scripts rely on."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import make_project, make_speaker, make_user, make_voice
from tests.management.conftest import Run
from tests.services.conftest import make_provider_voice
from voicestudio.forms.speeches import SpeechForm
from voicestudio.management.commands import speak
from voicestudio.models import Role, Speech, Voice
from voicestudio.practice.server import Fault, StandIn
from voicestudio.services.paid_calls import audio_download
from voicestudio.services.queue import get_queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir", "person")]


@pytest.fixture
def voice(person: User, standin: StandIn) -> Voice:
    return make_provider_voice(standin, by=person)


def test_voices_prints_a_list_of_objects(run: Run, person: User, voice: Voice) -> None:
    old = make_voice(
        speaker=make_speaker(by=person), created_at=timezone.now() - timedelta(hours=169)
    )

    code, result = run("voices")

    assert code == 0
    assert result == [
        {
            "voice_id": old.voice_id, "speaker": old.speaker.name,
            "speaker_id": old.speaker_id, "state": "expired",
            "expires_at": (old.created_at + timedelta(hours=168)).isoformat(), "kept_at": None,
            "cost": "0",
        },
        {
            "voice_id": voice.voice_id, "speaker": voice.speaker.name,
            "speaker_id": voice.speaker_id, "state": "temporary",
            "expires_at": (voice.created_at + timedelta(hours=168)).isoformat(), "kept_at": None,
            "cost": "0",
        },
    ]  # fmt: skip
    assert [each["voice_id"] for each in run("voices", "--state", "temporary")[1]] == [
        voice.voice_id
    ]
    assert run("voices", "--state", "deleted")[1] == []


def test_voices_lists_what_the_person_sees(run: Run, voice: Voice) -> None:
    other = make_project("Åsgard")
    stranger = make_user("eva", project=other)
    theirs = make_voice(speaker=make_speaker(by=stranger, project=other))
    make_user("root", is_staff=True)

    def list_ids(*options: str) -> list[str]:
        return [each["voice_id"] for each in run("voices", *options)[1]]

    assert list_ids() == [theirs.voice_id, voice.voice_id]  # the only administrator
    assert list_ids("--project", "asgard") == [theirs.voice_id]
    assert list_ids("--as", "eva") == [theirs.voice_id]
    with pytest.raises(CommandError, match="no project called asgard"):
        list_ids("--as", "lea", "--project", "asgard")


def test_keep_voice_keeps_it(run: Run, voice: Voice, standin: StandIn) -> None:
    code, result = run("keep_voice", voice.voice_id)

    assert (code, result["status"], result["state"], result["expires_at"]) == (
        0,
        "ready",
        "kept",
        None,
    )
    assert result["cost"].startswith("1.50")
    code, result = run("keep_voice", voice.voice_id)
    assert (code, result["status"], len(standin.calls_of("t2a_v2"))) == (1, "refused", 1)


def test_keep_voice_prints_why_it_failed(run: Run, voice: Voice, standin: StandIn) -> None:
    standin.script("t2a_v2", Fault(status_code=1008))

    code, result = run("keep_voice", voice.voice_id)

    assert (code, result["status"], result["state"], result["status_code"]) == (
        1, "failed", "temporary", 1008,
    )  # fmt: skip
    assert result["message"].startswith("Our MiniMax account is out of credit.")


@pytest.mark.parametrize("extension", ["mp3", "wav", "flac"])
def test_speak_writes_the_file(extension: str, run: Run, voice: Voice, tmp_path: Path) -> None:
    out = tmp_path / f"hello.{extension}"

    code, result = run("speak", voice.voice_id, "Hello there.", "--out", str(out))

    assert (code, result["status"], result["out"]) == (0, "ready", str(out))
    assert out.stat().st_size == Speech.objects.get().audio_bytes


def test_speak_calls_nothing_without_its_output_folder(
    run: Run, voice: Voice, tmp_path: Path, standin: StandIn
) -> None:
    with pytest.raises(CommandError, match="no such folder"):
        run("speak", voice.voice_id, "Hello.", "--out", str(tmp_path / "nowhere" / "x.mp3"))

    assert standin.calls == []


def test_speak_refuses_what_the_page_refuses(run: Run, voice: Voice, tmp_path: Path) -> None:
    out = str(tmp_path / "x.mp3")

    code, result = run("speak", voice.voice_id, "Hello.", "--out", out, "--speed", "3")

    assert (code, result["status"], Speech.objects.count()) == (1, "refused", 0)


def test_delete_voice_prints_every_item(run: Run, voice: Voice, standin: StandIn) -> None:
    code, result = run("delete_voice", voice.voice_id, "--files-here")

    assert (code, result["status"]) == (0, "done")
    assert [(item["kind"], item["state"]) for item in result["items"]] == [
        ("voice", "done"), ("audio", "done"), ("recording", "done"),
    ]  # fmt: skip
    assert run("voices", "--state", "deleted")[1][0]["voice_id"] == voice.voice_id
    assert run("delete_voice", voice.voice_id)[1]["status"] == "already_gone"


def test_unknown_voice_is_a_command_error(run: Run) -> None:
    for command in ("keep_voice", "delete_voice"):
        with pytest.raises(CommandError, match="no voice called Nobody-1"):
            run(command, "Nobody-1")


def test_remind_needs_a_mail_server(run: Run, settings: Settings) -> None:
    with pytest.raises(CommandError, match="MAIL_HOST"):
        run("remind")
    settings.MAIL_HOST = "mail.example.com"
    assert run("remind") == (0, {"voices": 0, "sent": False})


def test_speak_again_fetches_the_audio_without_paying(
    run: Run, voice: Voice, standin: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin.script("audio", Fault(http_status=404, body="gone"))
    first = run("speak", voice.voice_id, "x" * 2_000, "--out", str(tmp_path / "a.wav"))[1]
    monkeypatch.setattr(audio_download, "PAUSES", ())

    code, result = run("speak", "--again", str(first["id"]), "--out", str(tmp_path / "b.wav"))

    assert (code, result["id"]) == (0, first["id"])
    assert (tmp_path / "b.wav").read_bytes()[:4] == b"RIFF"
    assert len(standin.calls_of("t2a_v2")) == 1


def test_waiting_does_not_enqueue_a_call_that_is_put_off(
    run: Run, voice: Voice, standin: StandIn, tmp_path: Path
) -> None:
    standin.script("t2a_v2", Fault(status_code=1002))
    out = str(tmp_path / "a.mp3")

    code, _result = run("speak", voice.voice_id, "Hello.", "--out", out, "--timeout", "0.9")

    assert code == 3
    assert len(get_queue().scheduled()) <= 1


@pytest.mark.parametrize("volume", ["0", "-1", "10.01"])
def test_speak_refuses_a_volume_that_minimax_does_not_take(
    volume: str, run: Run, voice: Voice, standin: StandIn, tmp_path: Path
) -> None:
    out = str(tmp_path / "a.mp3")

    code, result = run("speak", voice.voice_id, "Hello.", "--out", out, f"--volume={volume}")

    assert (code, result["status"]) == (1, "refused")
    assert standin.calls_of("t2a_v2") == []


def test_each_field_of_the_speech_form_is_an_option() -> None:
    parser = speak.Command().create_parser("manage.py", "speak")
    options = {action.dest for action in parser._actions}

    assert SpeechForm.base_fields.keys() - options == {"token"}


def test_cost_is_null_for_those_who_do_not_see_costs(run: Run, voice: Voice) -> None:
    make_user("eva", role=Role.VIEWER)

    _code, result = run("voices", "--as", "eva")

    assert [each["cost"] for each in result] == [None]
