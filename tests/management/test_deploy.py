"""The files for an installation: systemd units, nginx and Caddy, the image."""

import contextlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import psycopg
import pytest
import requests
import yaml

from tests.management.running_studio import (
    PASSWORD,
    ROOT,
    RunningStudio,
    StartStudio,
    free_port,
    wait_until,
)
from tests.practice.recordings import encode_wav
from voicestudio.audio import isolated
from voicestudio.settings import KNOWN

# The database of the tests is used only to empty its queue afterwards.
pytestmark = pytest.mark.django_db

DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "deploy.md").read_text()
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


@needs_systemd
def test_timer_starts_the_backup_each_night(tmp_path: Path) -> None:
    analyze(DEPLOY / "voicestudio-backup.service", tmp_path, "verify")  # makes its copy
    timer = tmp_path / "voicestudio-backup.timer"
    shutil.copy(DEPLOY / timer.name, timer)
    verified = subprocess.run(
        ["systemd-analyze", "verify", timer], capture_output=True, text=True, timeout=60
    )
    [when] = re.findall(r"^OnCalendar=(.*)", timer.read_text(), re.MULTILINE)
    planned = subprocess.run(
        ["systemd-analyze", "calendar", when], capture_output=True, text=True, timeout=60
    )

    assert (verified.returncode, verified.stderr) == (0, "")
    assert planned.returncode == 0, planned.stderr


def test_commands_of_the_backup_unit_make_and_verify_a_backup(
    prepared_folder: Path, tmp_path: Path
) -> None:
    unit = (DEPLOY / "voicestudio-backup.service").read_text()
    commands = re.findall(r"^ExecStart=\S+/python (.*)", unit, re.MULTILINE)
    place = tmp_path / "backups"
    data = shutil.copytree(prepared_folder, tmp_path / "data")

    assert len(commands) == 2
    for command in commands:
        words = command.replace("/mnt/backups/studio", str(place)).split()
        subprocess.run(
            [sys.executable, *words], cwd=ROOT, check=True, timeout=120,
            env={"PATH": os.environ["PATH"], "VOICESTUDIO_ENV_FILE": "",
                 "VOICESTUDIO_DATA_DIR": str(data)},
        )  # fmt: skip
    assert len(list(place.rglob("manifest.json"))) == 1


def test_settings_in_the_files_exist() -> None:
    texts = [path.read_text() for path in (*UNITS, DEPLOY / "studio.env", ROOT / "compose.yaml")]
    names = set(re.findall(r"\b([A-Z][A-Z_]{3,})(?:_FILE)?[=:]", "\n".join(texts)))

    names = {name.removesuffix("_FILE") for name in names}
    assert names - KNOWN == {"PYTHONDONTWRITEBYTECODE", "POSTGRES_DB", "POSTGRES_PASSWORD",
                             "POSTGRES_USER", "STUDIO_HOST", "STUDIO_PROXY"}  # fmt: skip


def test_every_file_has_its_line_in_the_documentation() -> None:
    named = {*re.findall(r"deploy/([\w.-]+)", PAGE)}

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


def configure_nginx(folder: Path, port: int, backend: int, changes: dict[str, str]) -> list[str]:
    """Write our configuration for these ports; return the command of nginx."""
    text = (DEPLOY / "nginx.conf").read_text()
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
    text = replace_all(text, {
        "listen 443": f"listen 127.0.0.1:{port}", "listen 80": f"listen 127.0.0.1:{free_port()}",
        "127.0.0.1:8000": f"127.0.0.1:{backend}", f"server_name {HOST}": "server_name _",
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(folder / "certificate.pem"),
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(folder / "key.pem"), **changes,
    })  # fmt: skip
    temporary = "".join(
        f"{kind}_temp_path {folder / kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.getuid() == 0 else ""  # so that it can write to this folder
    # Debian's own nginx.conf compresses.
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\ngzip on;\n{temporary}{text}\n}}\n"
    )
    command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=30)
    assert (checked.returncode, "[warn]" in checked.stderr) == (0, False), checked.stderr
    return command


def configure_caddy(folder: Path, port: int, backend: int, changes: dict[str, str]) -> list[str]:
    """Write our configuration for these ports; return the command of Caddy."""
    certificate = f"tls {folder / 'certificate.pem'} {folder / 'key.pem'}"
    text = replace_all((DEPLOY / "Caddyfile").read_text(), {
        f"\n{HOST} {{": f"\nhttps://localhost:{port} {{\n\tbind 127.0.0.1\n\t{certificate}",
        "127.0.0.1:8000": f"127.0.0.1:{backend}", **changes,
    })  # fmt: skip
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
    file = folder / "Caddyfile"
    file.write_text(options + text)
    named = ["--config", str(file), "--adapter", "caddyfile"]
    checked = subprocess.run(
        ["caddy", "validate", *named], capture_output=True, text=True, timeout=30,
        env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    return ["caddy", "run", *named]


def replace_all(text: str, changes: dict[str, str]) -> str:
    """The text with each change, which has to fit."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


CONFIGURE = {"nginx": configure_nginx, "caddy": configure_caddy}
PROXIES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"),
    )
    for name in CONFIGURE
]
StartProxy = Callable[..., requests.Session]


@pytest.fixture
def start_proxy(tmp_path: Path) -> Iterator[StartProxy]:
    """Starts nginx or Caddy with our configuration; returns a browser that trusts it."""
    folder = tmp_path / "proxy"
    folder.mkdir()
    certificate, _key = make_certificate(folder)
    processes = []

    def start(
        kind: str, port: int, backend: int, changes: dict[str, str] | None = None
    ) -> requests.Session:
        command = CONFIGURE[kind](folder, port, backend, changes or {})
        log = (folder / "output.log").open("w")
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        log.close()
        assert wait_until(lambda: listens(port)), (folder / "output.log").read_text()
        browser = requests.Session()
        browser.trust_env, browser.verify = False, str(certificate)
        return browser

    yield start
    for process in processes:
        process.terminate()
        process.wait(10)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


class SignedIn(NamedTuple):
    """A studio behind a proxy, and a browser in which its manager has signed in."""

    studio: RunningStudio
    url: str
    browser: requests.Session
    home: requests.Response


@pytest.fixture
def sign_in_through(
    start_studio: StartStudio, start_proxy: StartProxy
) -> Callable[[str], SignedIn]:
    """Starts a studio behind the proxy and signs in there."""

    def start(kind: str) -> SignedIn:
        port = free_port()
        url = f"https://localhost:{port}"
        # Origins are not needed where the proxy has the usual port, which no Host header names.
        studio = start_studio(
            VOICESTUDIO_HTTPS="true", ALLOWED_HOSTS="localhost", CSRF_TRUSTED_ORIGINS=url
        )
        browser = start_proxy(kind, port, studio.port)
        browser.headers["Referer"] = url
        studio.wait_until_ready()
        found = PASSWORD.search(studio.output)
        assert found is not None
        form = browser.get(f"{url}/sign-in/", timeout=10)
        home = browser.post(
            f"{url}/sign-in/", {"username": "manager", "password": found[1],
                                "csrfmiddlewaretoken": token(form.text)}, timeout=10,
        )  # fmt: skip
        assert (home.status_code, home.url) == (200, f"{url}/")
        return SignedIn(studio, url, browser, home)

    return start


# What a browser has to get once: of two policies it would apply both.
ONCE = {
    "Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options",
    "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Request-ID",
    "Content-Type", "Date",
}  # fmt: skip


@pytest.mark.parametrize("kind", PROXIES)
def test_studio_works_through_proxy(kind: str, sign_in_through: Callable[[str], SignedIn]) -> None:
    _studio, url, browser, home = sign_in_through(kind)
    counts = {name: len(home.raw.headers.getlist(name)) for name in ONCE}
    assert counts == dict.fromkeys(ONCE, 1)
    assert home.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert home.raw.headers.getlist("Content-Encoding") == ["gzip"]
    assert home.text.startswith("<!DOCTYPE html>")  # requests has unpacked it once

    tone = np.rint(8_000 * np.sin(np.arange(30 * MB) / 40)).astype("<i2")
    sound = encode_wav(tone.tobytes(), 48_000)
    uploaded = browser.post(
        f"{url}/recordings/", {"csrfmiddlewaretoken": token(home.text)},
        files={"file": ("tone.wav", sound)}, timeout=120, allow_redirects=False,
    )  # fmt: skip
    place = re.fullmatch(r"/new/\?recording=(\d+)", uploaded.headers.get("Location", ""))
    assert place is not None, uploaded.text[:500]
    part = browser.get(
        f"{url}/audio/recordings/{place[1]}/?download=1",
        headers={"Range": "bytes=50000000-50000099"}, timeout=30,
    )  # fmt: skip
    assert (part.status_code, part.content) == (206, sound[50_000_000:50_000_100])
    assert part.headers["Content-Range"] == f"bytes 50000000-50000099/{len(sound)}"
    assert part.headers.get("Content-Encoding", "identity") == "identity"


class OneGigabyte:
    """The body of a form with a WAV file as large as the studio accepts, made while it is sent."""

    BOUNDARY = "a-boundary"

    def __init__(self, form_token: str) -> None:
        tone = np.rint(8_000 * np.sin(np.arange(MB // 2) / 40)).astype("<i2").tobytes()
        length = 1024 * MB - 44 - MB // 2
        sizes = struct.pack("<I", 36 + length), struct.pack("<I", length)
        rate, channels = 48_000, 2
        shape = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
        header = b"RIFF" + sizes[0] + b"WAVEfmt " + struct.pack("<I", 16) + shape
        self.start = (
            f"--{self.BOUNDARY}\r\n"
            'Content-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
            f"{form_token}\r\n--{self.BOUNDARY}\r\n"
            'Content-Disposition: form-data; name="file"; filename="long.wav"\r\n\r\n'
        ).encode() + header + b"data" + sizes[1]  # fmt: skip
        self.blocks = (tone for _ in range(length // len(tone)))
        self.rest = tone[: length % len(tone)] + f"\r\n--{self.BOUNDARY}--\r\n".encode()
        self.length = len(self.start) + length - length % len(tone) + len(self.rest)

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[bytes]:
        yield self.start
        yield from self.blocks
        yield self.rest


@needs_nginx
@pytest.mark.slow
def test_recording_of_one_gigabyte_passes_nginx(
    sign_in_through: Callable[[str], SignedIn], tmp_path: Path
) -> None:
    if shutil.disk_usage(tmp_path).free < 5 * 1024 * MB:
        pytest.skip("less than 5 GB are free: nginx, the form and the storage each hold the file")
    studio, url, browser, home = sign_in_through("nginx")
    web = studio.find_part("run_web")
    servers = [web, *web.children(recursive=True)]
    before = [peak_memory(each.pid) for each in servers]

    body = OneGigabyte(token(home.text))
    uploaded = browser.post(
        f"{url}/recordings/", data=body, timeout=300, allow_redirects=False,
        headers={"Content-Type": f"multipart/form-data; boundary={body.BOUNDARY}"},
    )  # fmt: skip

    grown = [peak_memory(each.pid) - was for each, was in zip(servers, before, strict=True)]
    studio.stop()
    stored = [path.stat().st_size for path in studio.folder.rglob("*.wav")]
    shutil.rmtree(studio.folder)
    assert (uploaded.status_code, uploaded.headers.get("Location")) == (302, "/new/?recording=1")
    assert stored == [1024 * MB - MB // 2]
    assert max(grown) < 100 * MB


def peak_memory(pid: int) -> int:
    """The most bytes that the process has had in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


class Backend(BaseHTTPRequestHandler):
    """Stands behind a proxy in place of the studio: says what it got, slowly or late."""

    released = threading.Event()

    def do_GET(self) -> None:
        body = json.dumps([[name.lower(), value] for name, value in self.headers.items()]).encode()
        if self.path == "/late":
            self.released.wait(30)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = len(body) // 2
        for part in (body[:half], body[half:-1], body[-1:]):
            if self.path == "/slow":
                time.sleep(0.7)  # each pause is below the timeout, all of them are above
            with contextlib.suppress(OSError):  # the proxy has given up
                self.wfile.write(part)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def backend() -> Iterator[int]:
    """The port of a `Backend`."""
    Backend.released.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Backend) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        Backend.released.set()
        server.shutdown()
        thread.join()


@needs_nginx
def test_nginx_waits_for_the_slowest_answer(start_proxy: StartProxy, backend: int) -> None:
    """The configured time is that of the slowest work, and counts from one byte to the next."""
    configured = re.search(r"proxy_read_timeout (\d+)s;", (DEPLOY / "nginx.conf").read_text())
    assert configured is not None
    assert int(configured[1]) > max(isolated.TIMEOUT_S, isolated.LONG_TIMEOUT_S)

    port = free_port()
    shorter = {configured[0]: "proxy_read_timeout 1s;"}
    browser = start_proxy("nginx", port, backend, shorter)
    slow = browser.get(f"https://localhost:{port}/slow", timeout=30)
    late = browser.get(f"https://localhost:{port}/late", timeout=30)

    assert (slow.status_code, len(slow.json()) > 3) == (200, True)
    assert late.status_code == 504


@pytest.mark.parametrize("kind", PROXIES)
def test_proxy_lets_nobody_forge_an_address(
    kind: str, start_proxy: StartProxy, backend: int
) -> None:
    port = free_port()
    browser = start_proxy(kind, port, backend)
    forged = {"X-Forwarded-For": "203.0.113.9", "X_Forwarded_For": "203.0.113.9",
              "X-Forwarded-Proto": "http", "X-Request-ID": "forged-id"}  # fmt: skip

    got = browser.get(f"https://localhost:{port}/", headers=forged, timeout=30).json()

    addresses = [value for name, value in got if name == "x-forwarded-for"]
    assert [value.split(", ")[-1] for value in addresses] == ["127.0.0.1"]
    assert [value for name, value in got if name == "x-forwarded-proto"] == ["https"]
    [request_id] = [value for name, value in got if name == "x-request-id"]
    assert request_id != "forged-id"
    assert [name for name, _value in got if "_" in name] == []


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


@pytest.mark.parametrize("hosts", [f".example.com, {HOST}", "*"])
def test_health_check_of_the_image_asks_whether_the_studio_is_ready(
    hosts: str, start_studio: StartStudio
) -> None:
    """The studio answers its own names only, and the check knows no other address than its own."""
    text = (ROOT / "Containerfile").read_text()
    found = re.search(r"HEALTHCHECK .*\\\n +CMD (.*)", text)
    assert found is not None
    _python, option, program = json.loads(found[1])
    variables = {"ALLOWED_HOSTS": hosts}
    studio = start_studio(
        VOICESTUDIO_HTTPS="true", VOICESTUDIO_PROXIES="172.16.0.0/12", **variables
    ).wait_until_ready()

    def check() -> int:
        command = [sys.executable, option, program.replace("8000", str(studio.port))]
        return subprocess.run(command, env=variables, timeout=30).returncode

    assert check() == 0
    (studio.folder / "draining").touch()
    assert check() == 1


def test_services_of_compose_use_what_it_defines() -> None:
    """Without a container engine: its YAML is valid, and names no secret or volume in vain."""
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    services = compose["services"]
    volumes = {
        name.partition(":")[0] for each in services.values() for name in each.get("volumes", [])
    }
    secrets = {name for each in services.values() for name in each.get("secrets", [])}
    files = {secret["file"].removeprefix("./") for secret in compose["secrets"].values()}
    ours = [services[name] for name in ("migrate", "web", "worker")]

    assert volumes == {*compose["volumes"]}
    assert secrets == {*compose["secrets"]}
    assert files == {*re.findall(r"secrets/\w+(?:\.json)?", PAGE)}
    assert {name for each in ours for name in each["depends_on"]} <= {*services}
    assert [(each["read_only"], each["cap_drop"]) for each in ours] == [(True, ["ALL"])] * 3


def test_bucket_is_made_by_the_line_of_the_page(
    prepared_folder: Path, s3_url: str, tmp_path: Path
) -> None:
    import boto3  # takes a while to load

    on_a_machine, in_a_container = re.findall(r'shell -c (?:\\\n +)?"([^"]+)"', PAGE)
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", on_a_machine],
        cwd=ROOT, check=True, timeout=120,
        env={
            "PATH": os.environ["PATH"], "VOICESTUDIO_ENV_FILE": "",
            "VOICESTUDIO_DATA_DIR": str(shutil.copytree(prepared_folder, tmp_path / "data")),
            "STORAGE_URL": f"s3://by-the-page?endpoint={s3_url}&region=us-east-1",
            "STORAGE_KEY_ID": "key", "STORAGE_SECRET_KEY": "secret",
        },
    )  # fmt: skip
    s3 = boto3.resource("s3", endpoint_url=s3_url, region_name="us-east-1", **keys)

    assert in_a_container == on_a_machine
    assert "by-the-page" in {bucket.name for bucket in s3.buckets.all()}


@pytest.mark.skipif("not os.environ.get('DATABASE_URL', '').startswith('postgres')")
def test_owner_of_a_database_may_migrate(tmp_path: Path) -> None:
    """As the page makes them: a user without any other right, and a database from template0."""
    url = os.environ["DATABASE_URL"]
    drop = "DROP DATABASE IF EXISTS only_owned WITH (FORCE)", "DROP ROLE IF EXISTS only_owner"
    parts = urlsplit(url)
    with contextlib.closing(psycopg.connect(url, autocommit=True)) as server:
        for statement in (
            *drop, "CREATE ROLE only_owner LOGIN",
            "CREATE DATABASE only_owned OWNER only_owner ENCODING 'UTF8' TEMPLATE template0",
        ):  # fmt: skip
            server.execute(statement)
        migrated = subprocess.run(
            [sys.executable, "manage.py", "migrate", "--no-input"],
            cwd=ROOT, capture_output=True, text=True, timeout=300,
            env={
                "PATH": os.environ["PATH"], "VOICESTUDIO_ENV_FILE": "",
                "VOICESTUDIO_DATA_DIR": str(tmp_path / "data"),
                "DATABASE_URL": f"postgres://only_owner@{parts.hostname}:{parts.port}/only_owned",
            },
        )  # fmt: skip
        for statement in drop:
            server.execute(statement)

    assert migrated.returncode == 0, migrated.stderr
