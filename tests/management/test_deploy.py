"""The files for an installation: systemd units, nginx, the image."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import requests

from tests.management.running_studio import PASSWORD, ROOT, RunningStudio, StartStudio, free_port
from tests.practice.recordings import encode_wav
from voicestudio.settings import KNOWN

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
HOST = "studio.example.com"
MB = 1024**2

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)
needs_nginx = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")


def analyze(unit: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze on a copy of the unit that names a user and programs of this machine."""
    text = re.sub(r"^(User|Group)=.*", r"\1=root", unit.read_text(), flags=re.MULTILINE)
    text = re.sub(r"(?<=^ExecStart=)\S+", shutil.which("true") or "", text, flags=re.MULTILINE)
    copy = folder / unit.name
    copy.write_text(text)
    command = ["systemd-analyze", *arguments, str(copy)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_unit_is_valid_and_hardened(unit: Path, tmp_path: Path) -> None:
    verified = analyze(unit, tmp_path, "verify")
    assert (verified.returncode, verified.stderr) == (0, "")

    rated = analyze(unit, tmp_path, "security", "--offline=yes", "--threshold=20")
    assert rated.returncode == 0, rated.stdout.splitlines()[-1:]


def test_settings_in_the_files_exist() -> None:
    texts = [path.read_text() for path in (*UNITS, DEPLOY / "studio.env", ROOT / "compose.yaml")]
    names = set(re.findall(r"\b([A-Z][A-Z_]{3,})(?:_FILE)?[=:]", "\n".join(texts)))

    names = {name.removesuffix("_FILE") for name in names}
    assert names - KNOWN == {"PYTHONDONTWRITEBYTECODE", "POSTGRES_DB", "POSTGRES_PASSWORD",
                             "POSTGRES_USER", "STUDIO_HOST", "STUDIO_PROXY"}  # fmt: skip


def test_every_file_has_its_line_in_the_documentation() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    named = {*re.findall(r"deploy/([\w.-]+)", page)}

    assert named == {path.name for path in DEPLOY.iterdir()}


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for the studio that signs itself, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST},DNS:localhost",
         "-out", certificate, "-keyout", key],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return certificate, key


@pytest.fixture
def through_nginx(
    start_studio: StartStudio, tmp_path: Path
) -> Iterator[Callable[[], tuple[RunningStudio, str, Path]]]:
    """Starts a studio behind our configuration of nginx: studio, address, certificate."""
    certificate, key = make_certificate(tmp_path)
    port, plain = free_port(), free_port()
    processes = []

    def start() -> tuple[RunningStudio, str, Path]:
        studio = start_studio(
            VOICESTUDIO_HTTPS="true", ALLOWED_HOSTS="localhost",
            # Not needed where nginx has the usual port, which the Host header does not name.
            CSRF_TRUSTED_ORIGINS=f"https://localhost:{port}",
        )  # fmt: skip
        text = (DEPLOY / "nginx.conf").read_text()
        text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
        for old, new in (
            ("listen 443", f"listen 127.0.0.1:{port}"), ("listen 80", f"listen 127.0.0.1:{plain}"),
            ("127.0.0.1:8000", f"127.0.0.1:{studio.port}"),
            (f"server_name {HOST}", "server_name _"),
            (f"/etc/letsencrypt/live/{HOST}/fullchain.pem", str(certificate)),
            (f"/etc/letsencrypt/live/{HOST}/privkey.pem", str(key)),
        ):  # fmt: skip
            assert old in text
            text = text.replace(old, new)
        temporary = "".join(
            f"{kind}_temp_path {tmp_path / kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        configuration = tmp_path / "nginx.conf"
        user = "user root;" if os.getuid() == 0 else ""  # so that it can write to this folder
        configuration.write_text(
            f"{user} daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;\n"
            "events {}\nhttp {\naccess_log off;\n"
            f"{temporary}{text}\n}}\n"
        )
        command = ["nginx", "-p", str(tmp_path), "-c", str(configuration)]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=30)
        assert checked.returncode == 0, checked.stderr
        assert "[warn]" not in checked.stderr
        processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        studio.wait_until_ready()
        return studio, f"https://localhost:{port}", certificate

    yield start
    for process in processes:
        process.terminate()
        process.wait(10)


@needs_nginx
def test_studio_works_through_nginx(
    through_nginx: Callable[[], tuple[RunningStudio, str, Path]],
) -> None:
    studio, url, certificate = through_nginx()
    with requests.Session() as browser:
        browser.trust_env, browser.verify = False, str(certificate)
        form = browser.get(f"{url}/sign-in/", timeout=10)
        assert form.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert browser.cookies["csrftoken"] != ""
        found = PASSWORD.search(studio.output)
        assert found is not None
        values = {"username": "manager", "password": found[1]}
        headers = {"Referer": url}
        signed_in = browser.post(
            f"{url}/sign-in/", values | {"csrfmiddlewaretoken": token(form.text)},
            headers=headers, timeout=10,
        )  # fmt: skip
        assert (signed_in.status_code, signed_in.url) == (200, f"{url}/")

        tone = np.rint(8_000 * np.sin(np.arange(30 * MB) / 40)).astype("<i2")
        sound = encode_wav(tone.tobytes(), 48_000)
        uploaded = browser.post(
            f"{url}/recordings/", {"csrfmiddlewaretoken": token(signed_in.text)},
            files={"file": ("tone.wav", sound)}, headers=headers, timeout=120,
            allow_redirects=False,
        )  # fmt: skip
        place = re.fullmatch(r"/new/\?recording=(\d+)", uploaded.headers.get("Location", ""))
        assert place is not None, uploaded.text[:500]
        part = browser.get(
            f"{url}/audio/recordings/{place[1]}/?download=1",
            headers={"Range": "bytes=50000000-50000099"}, timeout=30,
        )  # fmt: skip
        assert (part.status_code, part.content) == (206, sound[50_000_000:50_000_100])


def token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def image_commands() -> list[str]:
    """The commands of the first stage of the image."""
    stage = (ROOT / "Containerfile").read_text().split("FROM ")[1]
    return re.findall(r"^RUN (.*)", stage, flags=re.MULTILINE)


@pytest.mark.slow
def test_image_is_built_by_commands_that_work(tmp_path: Path) -> None:
    """Without a container engine: the same commands in a new folder with only what is copied."""
    for name in re.findall(r"^!(.*)", (ROOT / ".containerignore").read_text(), re.MULTILINE):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    commands = image_commands()
    assert len(commands) == 3

    for command in commands:
        words = [sys.executable if word == "python" else word for word in command.split()]
        subprocess.run(words, cwd=tmp_path, check=True, timeout=600)
    checked = subprocess.run(
        [".venv/bin/python", "manage.py", "check"], cwd=tmp_path, check=True, timeout=60,
        capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "VOICESTUDIO_DATA_DIR": str(tmp_path / "data")},
    )  # fmt: skip

    assert checked.stdout == "System check identified no issues (0 silenced).\n"
