"""`manage.py check_recording`: one object for scripts, lines for people, and the exit code."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from tests.audio import recordings
from tests.audio.doctor import defects
from tests.audio.doctor.synthetic_speech import RATE, speech_in_room


def check(path: Path, *options: str) -> tuple[str, int]:
    """What the command prints, and the code it ends with."""
    out = StringIO()
    code: str | int | None = 0
    try:
        call_command("check_recording", str(path), *options, stdout=out)
    except SystemExit as end:
        code = end.code
    assert isinstance(code, int)
    return out.getvalue(), code


def checked(path: Path, *options: str) -> tuple[dict[str, Any], int]:
    """The object that it prints."""
    printed, code = check(path, "--json", *options)
    return json.loads(printed), code


def test_good_recording_exits_with_0(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x", speech_in_room("English")[None], RATE)

    result, code = checked(path)

    assert (list(result), code) == (["verdict", "findings", "measures"], 0)
    assert (result["verdict"], result["findings"]) == ("good", [])
    assert result["measures"]["duration_s"] == pytest.approx(20.0)


def test_finding_has_its_code_message_and_place(tmp_path: Path) -> None:
    noisy = defects.white_noise(speech_in_room("English"), -30)
    path = recordings.write(tmp_path / "x", noisy[None], RATE)

    result, code = checked(path)

    assert (result["verdict"], code) == ("disappointing", 0)
    (finding,) = result["findings"]
    assert list(finding) == ["code", "severity", "message", "from_s", "to_s", "clean_copy_helps"]
    assert (finding["severity"], finding["clean_copy_helps"]) == (2, None)
    assert finding["code"] == "noisy"
    assert finding["message"].startswith("There is noise behind the voice. ")
    assert finding["to_s"] - finding["from_s"] == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("lines", "helps", "advice"),
    [
        (3, True, "Make a clean copy: it removes the hum. Or record again on battery power."),
        (50, False, "Record again on battery power and away from other devices."),
    ],
)
def test_clean_copy_against_hum_is_tried_as_for_a_page(
    tmp_path: Path, lines: int, helps: bool, advice: str
) -> None:
    humming = defects.hum(speech_in_room("English"), 50, 30, lines=lines)
    path = recordings.write(tmp_path / "x", humming[None], RATE)

    (finding,) = checked(path)[0]["findings"]

    assert (finding["code"], finding["clean_copy_helps"]) == ("hum", helps)
    assert finding["message"].endswith(advice)
    assert advice in check(path)[0]


def test_unusable_file_exits_with_1(tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(b"no sound at all")

    result, code = checked(path)

    assert (result["verdict"], code) == ("unusable", 1)
    assert [finding["code"] for finding in result["findings"]] == ["not_audio"]
    assert result["measures"] == {"problem": "not_audio"}


def test_silence_is_printed_as_a_sentence(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x", np.zeros((1, 12 * RATE), np.float32), RATE)

    printed, code = check(path)

    assert code == 1
    assert printed.startswith(
        "Unusable. A voice can't be cloned from this.\n"
        "\nThis recording is silent. (silence, 0.00–12.00 s)\n"
    )
    assert "\nduration_s: 12.0\n" in printed


def test_prompt_clip_has_its_own_length_limits(tmp_path: Path) -> None:
    path = recordings.write(tmp_path / "x", speech_in_room("English")[None, : 6 * RATE], RATE)

    result, code = checked(path, "--prompt-clip")

    assert (result["verdict"], code) == ("good", 0)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing\.wav: No such file or directory$"):
        check(tmp_path / "nothing.wav")
