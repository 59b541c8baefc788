"""No secret leaves the studio: everything runs with marked secrets, fails, and is searched."""

import base64
import gzip
import html
import os
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import psutil
import psycopg
import pytest
import redis
import requests

from tests.management.running_studio import ROOT, RunningStudio, StartStudio
from tests.management.test_studio import sign_in
from tests.services.conftest import wav
from tests.services.test_queue_kinds import free_port, redis_server
from voicestudio.practice.server import Fault, StandIn
from voicestudio.settings.environment import SECRETS, written_forms

if TYPE_CHECKING:
    from tests.openid_provider import OpenIDProvider


# The database of the tests is used only to empty its queue afterwards.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]

# Characters that URLs, HTML, JSON and Python write in another way.
MARKED = {name: f"Mark-{name}-/@:'\"&<+%\\?-{number:032}" for number, name in enumerate(SECRETS)}
# How an administrator may have written a password in a URL, besides what quote() writes.
OVERDONE = "".join(f"%{byte:02x}" for byte in MARKED["DATABASE_URL"].encode())
PERSON = "a long password of hers"
FAILURE = "Something went wrong on our side"

SETTINGS = """
from voicestudio.settings import *
ROOT_URLCONF = "marked_urls"
"""
URLS = """
from django.conf import settings
from django.core import mail
from django.urls import path
from voicestudio.urls import *
from voicestudio.urls import urlpatterns

def fail(request):
    values = [getattr(settings, name) for name in dir(settings) if name.isupper()]
    database = settings.DATABASES["default"]
    password = database["PASSWORD"]
    try:
        mail.send_mail("Marked", "Nothing in it.", None, ["anna@example.com"])
    except Exception as error:
        raise ValueError(settings.SET_VALUES, password, values) from error

urlpatterns = [path("fail/", fail), *urlpatterns]
"""
PAGE_FOR_DEVELOPERS = """
import django
django.setup()
from django.contrib.auth.models import User
from django.test import Client
client = Client(raise_request_exception=False)
client.force_login(User.objects.get(username="manager"))
for kind in ("text/html", "text/plain"):
    answer = client.get("/fail/", headers={"accept": kind, "host": "localhost"})
    print(kind, answer.status_code, answer.content.decode())
"""


class MailServer(socketserver.ThreadingTCPServer):
    """Asks for the password and refuses it with an echo; keeps what it received otherwise."""

    allow_reuse_address = daemon_threads = True

    class Conversation(socketserver.StreamRequestHandler):
        """One connection."""

        def handle(self) -> None:
            server = self.server
            assert isinstance(server, MailServer)
            self.wfile.write(b"220 mail\r\n")
            for line in self.rfile:
                if line.upper().startswith(b"EHLO"):
                    self.wfile.write(b"250-mail\r\n250 AUTH PLAIN\r\n")
                elif line.upper().startswith(b"AUTH"):
                    _login, _user, password = base64.b64decode(line.split()[2]).split(b"\0")
                    server.passwords.append(password.decode())
                    self.wfile.write(
                        b"535 5.7.8 no: " + password + b" " + line.split()[2] + b"\r\n"
                    )
                else:
                    self.wfile.write(b"250 yes\r\n")

    def __init__(self) -> None:
        self.passwords: list[str] = []
        super().__init__(("127.0.0.1", 0), self.Conversation)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def own_database() -> Iterator[str]:
    """The address of a database whose password is marked; "" where the tests run on SQLite."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield ""
        return
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("DROP DATABASE IF EXISTS marked_secrets WITH (FORCE)")
        connection.execute("CREATE DATABASE marked_secrets")
        parts = urlsplit(url)
        try:
            # The server trusts loopback, so that any password serves.
            host = f"{parts.hostname}:{parts.port}"
            yield f"{parts.scheme}://{parts.username}:{OVERDONE}@{host}/marked_secrets"
        finally:
            connection.execute("DROP DATABASE marked_secrets WITH (FORCE)")


def dump(url: str) -> bytes:
    """All rows of a database as text; files show those of SQLite."""
    if not url:
        return b""
    with closing(psycopg.connect(url)) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        rows = [connection.execute(f'SELECT t::text FROM "{name}" t') for (name,) in tables]  # noqa: S608
        return "\n".join(text for cursor in rows for (text,) in cursor).encode()


def found_in(place: str, content: bytes) -> set[tuple[str, str]]:
    """Which secrets this content holds, in any form."""
    text = content.decode("utf-8", "replace")
    found = set()
    for name, secret in MARKED.items():
        # Longer texts in base64 hold one of three forms, without what depends on the neighbours.
        shifted = {
            base64.b64encode(b" " * shift + secret.encode()).decode()[4:-4] for shift in range(3)
        }
        # A part of one is a leak too.
        forms = {*written_forms(secret), *shifted, f"Mark-{name}-", secret[-32:]}
        if name == "DATABASE_URL":
            forms.add(OVERDONE)
        if any(form in text for form in forms):
            found.add((place, name))
    return found


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file():
                content = path.read_bytes()
                packed = path.suffix == ".gz"
                yield str(path.relative_to(folder)), gzip.decompress(content) if packed else content


def test_secret_leaves_the_studio_nowhere(
    start_studio: StartStudio,
    mail_server: MailServer,
    openid: "OpenIDProvider",
    s3_url: str,
    tmp_path: Path,
) -> None:
    (tmp_path / "marked_settings.py").write_text(SETTINGS)
    (tmp_path / "marked_urls.py").write_text(URLS)
    find_bucket(s3_url).create()
    port = free_port()
    with (
        own_database() as database,
        StandIn(api_key=MARKED["MINIMAX_API_KEY"]) as standin,
        redis_server(port, tmp_path),
        redis.Redis(port=port, socket_timeout=None) as queue,
        everything_sent_to(queue) as sent_to_queue,
    ):
        queue.config_set("requirepass", MARKED["QUEUE_URL"])
        secrets = MARKED | {
            "DATABASE_URL": database,
            "QUEUE_URL": f"redis://:{quote(MARKED['QUEUE_URL'], safe='')}@127.0.0.1:{port}/0",
            "SENTRY_DSN": f"http://{quote(MARKED['SENTRY_DSN'], safe='')}@127.0.0.1:9/1",
        }
        secrets = {name: value for name, value in secrets.items() if value}
        common = {
            "DJANGO_SETTINGS_MODULE": "marked_settings", "PYTHONPATH": str(tmp_path),
            "LOG_LEVEL": "DEBUG", "MINIMAX_BASE_URL": standin.url, "MAIL_HOST": "127.0.0.1",
            "MAIL_PORT": str(mail_server.server_address[1]), "MAIL_SECURITY": "none",
            "MAIL_USER": "studio", "OIDC_ISSUER": openid.url, "OIDC_CLIENT_ID": "studio",
            "STORAGE_KEY_ID": "key", "BACKUP_KEY_ID": "key",
            "STORAGE_URL": f"s3://marked/v?endpoint={s3_url}&region=us-east-1",
        }  # fmt: skip
        studio = start_studio(**common, **in_files(secrets, tmp_path)).wait_until_ready()
        programs = Programs(studio.folder, tmp_path, common | secrets)
        seen = dict(clone(programs, standin))
        seen |= dict(visit(studio, openid))
        seen |= dict(look_at_processes(studio))
        seen |= dict(run_commands(programs))
        studio.stop()
        seen |= {"queue": "\n".join(sent_to_queue).encode()} | dict(files_in_bucket(s3_url))
        seen |= {"log": studio.output.encode(), "rows": dump(database)}
        seen |= dict(files_below(studio.folder)) | dict(files_below(tmp_path / "backup"))

    # What has to happen before its traces are searched.
    assert FAILURE in seen["/fail/"].decode()
    assert seen["log"].count(b"SMTPAuthenticationError") > 0
    assert {*mail_server.passwords} == {MARKED["MAIL_PASSWORD"]}
    assert len(standin.calls_of("voice_clone")) == 3
    assert seen["queue"].count(b"ZADD") >= 3  # a job for each
    assert len([place for place in seen if place.startswith("bucket ")]) >= 3
    assert b" is complete: " in seen["backup"]
    assert re.findall(rb"^text/\w+ 500", seen["pages"], re.MULTILINE) == [
        b"text/html 500",
        b"text/plain 500",
    ]
    leaks = {leak for place, content in seen.items() for leak in found_in(place, content)}
    assert leaks == set()


@contextmanager
def everything_sent_to(server: "redis.Redis") -> Iterator[list[str]]:
    """Every command that this Redis receives; a job is gone from it as soon as it is taken."""
    commands: list[str] = []
    watch: Any = server.monitor  # has no types
    with watch() as monitor:

        def listen() -> None:
            with suppress(Exception):  # until the connection is closed
                commands.extend(command["command"] for command in monitor.listen())

        threading.Thread(target=listen, daemon=True).start()
        yield commands


def find_bucket(s3_url: str) -> Any:
    import boto3  # takes a while to load

    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    s3 = boto3.resource("s3", endpoint_url=s3_url, region_name="us-east-1", **keys)
    return s3.Bucket("marked")


def files_in_bucket(s3_url: str) -> Iterator[tuple[str, bytes]]:
    """The name, the headers and the content of each file."""
    for each in find_bucket(s3_url).objects.all():
        answer = each.get()
        content = answer["Body"].read()
        yield f"bucket {each.key}", repr((each.key, answer)).encode() + content


def in_files(secrets: dict[str, str], folder: Path) -> dict[str, str]:
    """The settings that name a file for each secret."""
    for name, value in secrets.items():
        (folder / name).write_text(value)
    return {f"{name}_FILE": str(folder / name) for name in secrets}


@dataclass
class Programs:
    """Runs programs beside the studio, with the secrets in variables."""

    data: Path
    folder: Path
    variables: dict[str, str]

    def run(self, *arguments: str, **changes: str) -> bytes:
        """What a program prints."""
        environment = {
            "PATH": os.environ["PATH"], "VOICESTUDIO_ENV_FILE": "", "LOG_FORMAT": "json",
            "VOICESTUDIO_DATA_DIR": str(self.data), **self.variables, **changes,
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=environment, timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.stdout


def clone(programs: Programs, standin: StandIn) -> Iterator[tuple[str, bytes]]:
    """Make the administrator, and clones that MiniMax refuses, fails and accepts."""
    programs.run(
        "manage.py", "createsuperuser", "--noinput", "--username", "manager", "--email",
        "manager@example.com", DJANGO_SUPERUSER_PASSWORD=PERSON,
    )  # fmt: skip
    sample = programs.folder / "anna.wav"
    sample.write_bytes(wav(11, rate=8_000))
    key = MARKED["MINIMAX_API_KEY"]
    standin.script("voice_clone", Fault(status_code=1004, status_msg=f"login fail: {key}"))
    standin.script("voice_clone", Fault(http_status=500, body=f"<h1>Bearer {key}</h1>"))
    for name in ("refused", "failed", "ready"):
        yield name, programs.run(
            "manage.py", "clone_voice", str(sample), "--speaker", f"Anna {name}",
            "--i-have-permission", "--wait", "--text", "Hello there.",
        )  # fmt: skip


def visit(studio: RunningStudio, openid: "OpenIDProvider") -> Iterator[tuple[str, bytes]]:
    """What a person, a monitor and a stranger with a refused OpenID account see."""
    from werkzeug.wrappers import Response

    session = requests.Session()
    assert sign_in(studio, PERSON, session) == 200
    for path in (
        "/", "/history/", "/history/1/", "/history/2/", "/history/3/", "/system/", "/people/",
        "/costs/", "/audit/", "/account/", "/recordings/", "/fail/", "/nowhere/", "/healthz",
        "/readyz",
    ):  # fmt: skip
        answer = session.get(f"{studio.url}{path}", timeout=30)
        yield path, answer.content + str(answer.headers).encode()
    token = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
    yield "key", session.post(f"{studio.url}/system/check-key/", token, timeout=30).content
    bearer = {"Authorization": f"Bearer {MARKED['METRICS_TOKEN']}"}
    metrics = requests.get(f"{studio.url}/metrics", headers=bearer, timeout=30)
    assert metrics.status_code == 200
    yield "/metrics", metrics.content

    openid.add_person("anna", email="anna@example.com", email_verified=True)
    openid.answers["/oauth2/token"] = Response(MARKED["OIDC_CLIENT_SECRET"], 401)
    stranger = requests.Session()
    stranger.get(f"{studio.url}/sign-in/", timeout=30)
    token = {"csrfmiddlewaretoken": stranger.cookies["csrftoken"]}
    started = stranger.post(f"{studio.url}/sign-in/openid/", token, timeout=30)
    (address,) = set(re.findall(rf'"({openid.url}/[^"]+)"', started.text))
    back = openid.sign_in(html.unescape(address), "anna")
    yield "OpenID", stranger.get(back, timeout=30).content


def look_at_processes(studio: RunningStudio) -> Iterator[tuple[str, bytes]]:
    """The command lines and environments of all processes, as every tool shows them."""
    for process in [psutil.Process(studio.process.pid), *studio.children()]:
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            yield f"process {process.pid}", repr((process.cmdline(), process.environ())).encode()


def run_commands(programs: Programs) -> Iterator[tuple[str, bytes]]:
    """What commands print that work or fail, and the pages for developers."""
    password = MARKED["DATABASE_URL"]
    away = {"DATABASE_URL": f"postgres://a:{quote(password, safe='')}@127.0.0.1:9/b"}
    unreadable = {"DATABASE_URL": f"postgres://a:{password}@127.0.0.1:x/b"}
    run = programs.run
    yield "backup", run("manage.py", "backup", str(programs.folder / "backup"))
    yield "check", run("manage.py", "check", "--deploy")
    yield "traceback", run("manage.py", "voices", "--traceback", **away)
    yield "unreadable", run("manage.py", "check", **unreadable)
    yield "pages", run("-c", PAGE_FOR_DEVELOPERS, DEBUG="true", LOG_LEVEL="ERROR")
