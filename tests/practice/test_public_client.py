"""MiniMax's own public client against the practice provider."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.practice.recordings import hum
from voicestudio.practice.server import StandIn

pytest.importorskip("minimax_mcp")
pytestmark = pytest.mark.slow

SCRIPT = """
import json, sys
from minimax_mcp import server
sample, folder = sys.argv[1:]
text = "Good morning, and welcome."
answers = [
    server.voice_clone("Anna-0001", sample, text, output_directory=folder),
    server.voice_clone("Anna-0001", sample, text, output_directory=folder),
    server.text_to_audio(text, output_directory=folder, voice_id="Anna-0001"),
    server.text_to_audio(text, output_directory=folder),
    server.list_voices("voice_cloning"),
    server.list_voices(),
]
server.api_client.session.close()
print(json.dumps([answer.text for answer in answers]))
"""


def run_client(stand_in: StandIn, folder: Path, mode: str, prefix: str = "") -> list[str]:
    sample = folder / "sample.wav"
    sample.write_bytes(hum(12))
    environment: dict[str, str] = {
        **os.environ,
        "PYTHON_DOTENV_DISABLED": "true",  # a developer's .env is not the client's
        "MINIMAX_API_KEY": "practice",
        "MINIMAX_API_HOST": stand_in.url + prefix,
        "MINIMAX_API_RESOURCE_MODE": mode,
        "MINIMAX_MCP_BASE_PATH": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(sample), str(folder)],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers: Any = json.loads(done.stdout.splitlines()[-1])
    return list(answers)


@pytest.mark.parametrize("prefix", ["", "/minimax"])
def test_public_client_clones_lists_and_speaks_with_urls(
    stand_in: StandIn, tmp_path: Path, prefix: str
) -> None:
    first, again, speech, system, clones, voices = run_client(stand_in, tmp_path, "url", prefix)

    audio = f"{stand_in.url}/practice/audio/"
    assert first.startswith(f"Success. Demo audio URL: {audio}")
    assert again.startswith("Failed to clone voice: API Error: 2039-")
    assert again.endswith(f"Trace-Id: {again.rpartition(' ')[2]}")
    assert len(again.rpartition(" ")[2]) == 32
    assert speech.startswith(f"Success. Audio URL: {audio}")
    assert system.startswith(f"Success. Audio URL: {audio}")
    assert clones == (
        "Success. System Voices: [], Voice Cloning Voices: ['Name: None, ID: Anna-0001']"
    )
    assert voices.endswith(clones.partition("[], ")[2])
    assert [call.name for call in stand_in.calls] == [
        "upload",
        "voice_clone",
        "upload",
        "voice_clone",
        "t2a_v2",
        "t2a_v2",
        "get_voice",
        "get_voice",
    ]


def test_public_client_saves_audio_files(stand_in: StandIn, tmp_path: Path) -> None:
    first, _, speech, _, _, _ = run_client(stand_in, tmp_path, "local")

    preview = Path(first.partition("saved as: ")[2])
    audio = Path(speech.partition("saved as: ")[2].partition(". Voice used")[0])
    assert {path.parent for path in (preview, audio)} == {tmp_path}
    assert [path.read_bytes()[:3] for path in (preview, audio)] == [b"ID3", b"ID3"]
