"""Public clients that are fetched for the test, against the practice provider.

Each is installed from its own lock into a temporary folder, without running install scripts, and
can reach nothing but loopback. Where a client cannot be installed its tests are left out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.practice.conftest import Caller
from tests.practice.recordings import hum
from voicestudio.practice.server import StandIn
from voicestudio.practice.system_voices import SYSTEM_VOICES

pytestmark = pytest.mark.slow

CLIENTS = Path(__file__).parent / "clients"
TEXT = "Good morning, and welcome."
INSTALL_SECONDS = 300
CALL_SECONDS = 120


def install(command: Sequence[str | Path], folder: Path) -> None:
    """Run an installer in a folder; the test is skipped when it fails.

    A package that differs from the lock is no reason to skip: it fails the test.
    """
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"the client cannot be installed: {error}")
    assert not re.search("EINTEGRITY|Hash mismatch", done.stderr), done.stderr
    if done.returncode != 0:
        reason = " ".join(done.stderr.split()[:40])
        pytest.skip(f"the client cannot be installed: {reason}")


def install_from_npm(name: str, folder: Path) -> Path:
    """Install a client of the npm registry; returns its `node_modules`."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("the client needs node and npm")
    for file in ("package.json", "package-lock.json"):
        shutil.copy(CLIENTS / name / file, folder)
    options = (
        "--ignore-scripts",
        "--omit=optional",
        "--no-audit",
        "--no-fund",
        "--fetch-retries=1",
    )
    install(["npm", "ci", *options], folder)
    return folder / "node_modules"


def client_environment(home: Path, **variables: str) -> dict[str, str]:
    """The environment of a client: nothing of the user's, no proxy, no host but loopback."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CI": "true",
        "NODE_OPTIONS": f"--require={CLIENTS / 'loopback_only.cjs'}",
        "PYTHONPATH": str(CLIENTS / "loopback_only"),
        **variables,
    }


@pytest.mark.parametrize(
    ("program", "source"),
    [
        ("node", "require('node:net').connect(80, '192.0.2.1')"),
        ("node", "fetch('http://192.0.2.1/').catch((error) => { throw error.cause })"),
        (sys.executable, "import socket; socket.create_connection(('192.0.2.1', 80))"),
    ],
)
def test_clients_reach_nothing_but_loopback(tmp_path: Path, program: str, source: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")

    done = subprocess.run(
        [program, "-e" if program == "node" else "-c", source],
        env=client_environment(tmp_path), capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert (done.returncode, "blocked: a connection to 192.0.2.1" in done.stderr) == (1, True)


@pytest.fixture(scope="module")
def mmx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of mmx-cli."""
    folder = tmp_path_factory.mktemp("mmx")
    return install_from_npm("mmx_cli", folder) / "mmx-cli" / "dist" / "mmx.mjs"


def test_mmx_cli_uploads_speaks_streams_and_deletes(
    mmx: Path, caller: Caller, stand_in: StandIn, tmp_path: Path
) -> None:
    def run(*arguments: str) -> bytes:
        done = subprocess.run(
            ["node", mmx, *arguments, "--api-key", "practice", "--base-url", stand_in.url,
             "--region", "global", "--non-interactive"],
            env=client_environment(tmp_path), cwd=tmp_path, capture_output=True,
            timeout=CALL_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    (tmp_path / "sample.wav").write_bytes(hum(12))
    upload = run(
        "file", "upload", "--file", "sample.wav", "--purpose", "voice_clone", "--output", "json"
    )
    file_id = json.loads(upload)["file_id"]
    caller.clone({"file_id": file_id, "voice_id": "Anna-0001"})
    speech = ("speech", "synthesize", "--text", TEXT)
    run(*speech, "--voice", "Anna-0001", "--out", "a.mp3", "--subtitles")
    run(*speech, "--out", "a.opus", "--format", "opus")
    streamed = run(*speech, "--voice", "Anna-0001", "--format", "pcm", "--stream")
    voices = json.loads(run("speech", "voices", "--output", "json"))
    files = json.loads(run("file", "list", "--output", "json"))["files"]
    run("file", "delete", "--file-id", str(file_id))

    assert (tmp_path / "a.mp3").read_bytes()[:3] == b"ID3"
    assert (tmp_path / "a.srt").read_text().splitlines()[2] == TEXT
    assert (tmp_path / "a.opus").read_bytes()[:4] == b"OggS"
    # The client does not exclude the aggregated audio, and writes the last event like the others.
    half = len(streamed) // 2
    assert (half > 40_000, streamed[:half]) == (True, streamed[half:])
    assert voices == list(SYSTEM_VOICES)
    assert ([row["file_id"] for row in files], stand_in.files) == ([file_id], {})
    assert [(line.kind, line.voice_id) for line in stand_in.bill] == [
        ("clone", "Anna-0001"),
        ("speech", "Anna-0001"),
        ("speech", "English_expressive_narrator"),
        ("speech", "Anna-0001"),
    ]


@pytest.fixture(scope="module")
def minimax_mcp_js(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of minimax-mcp-js."""
    folder = tmp_path_factory.mktemp("minimax-mcp-js")
    return install_from_npm("minimax_mcp_js", folder) / "minimax-mcp-js" / "build" / "index.js"


class McpServer:
    """A client that is itself an MCP server on standard input and output."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.id = 0
        information = {"name": "test", "version": "1"}
        version = {"protocolVersion": "2024-11-05", "capabilities": {}}
        self._ask("initialize", {**version, "clientInfo": information})
        self._send({"method": "notifications/initialized"})

    def call(self, tool: str, **arguments: Any) -> str:
        """Call a tool and return its text."""
        answer = self._ask("tools/call", {"name": tool, "arguments": arguments})
        return str(answer["content"][0]["text"])

    def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self.id += 1
        self._send({"id": self.id, "method": method, "params": params})
        assert self.process.stdout is not None
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.id:
                return dict(answer["result"])
        raise AssertionError("the client has ended")

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()


@contextmanager
def mcp_server(program: Path, stand_in: StandIn, folder: Path, mode: str) -> Iterator[McpServer]:
    environment = client_environment(
        folder,
        MINIMAX_API_KEY="practice",
        MINIMAX_API_HOST=stand_in.url,
        MINIMAX_MCP_BASE_PATH=str(folder),
        MINIMAX_RESOURCE_MODE=mode,
        MINIMAX_API_RESOURCE_MODE=mode,
    )
    with subprocess.Popen(
        ["node", program], env=environment, cwd=folder, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            yield McpServer(process)
        finally:
            process.kill()


@pytest.mark.parametrize("mode", ["url", "local"])
def test_minimax_mcp_js_clones_designs_lists_and_speaks(
    minimax_mcp_js: Path, stand_in: StandIn, tmp_path: Path, mode: str
) -> None:
    sample = tmp_path / "sample.wav"
    sample.write_bytes(hum(12))

    with mcp_server(minimax_mcp_js, stand_in, tmp_path, mode) as client:
        clone = {"voiceId": "Anna-0001", "audioFile": str(sample), "text": TEXT}
        cloned = client.call("voice_clone", **clone)
        again = client.call("voice_clone", **clone)
        spoken = client.call("text_to_audio", text=TEXT, voiceId="Anna-0001", subtitleEnable=True)
        designed = client.call("voice_design", prompt="A calm woman", previewText=TEXT)
        listed = client.call("list_voices", voiceType="voice_cloning")

    links = re.findall(rf"{stand_in.url}/practice/audio/\w+\.(\w+)", f"{cloned} {spoken}")
    written = sorted(path.read_bytes()[:3] for path in tmp_path.rglob("*.*") if path != sample)
    assert cloned.startswith("Voice cloning successful: ")
    assert "voice clone voice id duplicate" in again
    assert (links, written) == {
        "url": (["mp3", "mp3", "json"], [b"ID3"]),
        "local": (["json"], [b"ID3"] * 3),
    }[mode]
    assert "ttv-voice-" in designed
    assert listed.endswith("Cloned voices: Name: undefined, ID: Anna-0001")


LITELLM = """
import json, sys
import litellm
url, folder = sys.argv[1:]
options = {"api_base": url, "api_key": "practice", "input": "Good morning, and welcome."}
for name, voice, kind in (("clone", "Anna-0001", "mp3"), ("nova", "nova", "flac")):
    speech = litellm.speech(
        model="minimax/speech-2.6-hd", voice=voice, response_format=kind, speed=1.2, **options
    )
    open(f"{folder}/{name}", "wb").write(speech.content)
try:
    litellm.speech(model="minimax/speech-2.6-hd", voice="Nobody-01", **options)
except Exception as error:
    print(error)
"""


@pytest.fixture(scope="module")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with litellm."""
    folder = tmp_path_factory.mktemp("litellm")
    python = folder / "bin" / "python"
    uv: list[str | Path] = [sys.executable, "-m", "uv"]
    lock = CLIENTS / "litellm" / "requirements.lock"
    install([*uv, "venv", "--quiet", "--python", sys.executable, "--allow-existing", "."], folder)
    options = ["--quiet", "--require-hashes", "--only-binary", ":all:"]
    install([*uv, "pip", "install", *options, "--python", python, "-r", lock], folder)
    return python


def test_litellm_speaks_with_clones_and_system_voices(
    litellm: Path, caller: Caller, stand_in: StandIn, tmp_path: Path
) -> None:
    caller.clone({"file_id": caller.file_id(), "voice_id": "Anna-0001"})

    done = subprocess.run(
        [litellm, "-c", LITELLM, stand_in.url, str(tmp_path)],
        env=client_environment(tmp_path, LITELLM_LOCAL_MODEL_COST_MAP="True"),
        capture_output=True, text=True, timeout=CALL_SECONDS, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "clone").read_bytes()[:3] == b"ID3"
    assert (tmp_path / "nova").read_bytes()[:4] == b"fLaC"
    assert "No audio data in MiniMax response" in done.stdout
    assert [(line.kind, line.voice_id) for line in stand_in.bill] == [
        ("clone", "Anna-0001"),
        ("speech", "Anna-0001"),
        ("speech", "female-yujie"),
    ]
