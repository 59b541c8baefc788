"""Settings: what the environment says is understood, or refused with one sentence."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from tests.starting import Starter
from voicestudio.settings import reading, signing_in

ROOT = Path(__file__).parent.parent
# Variables that are spelt with our name in front, and settings without it.
MINE = ("VOICESTUDIO_DATA_DIR", "VOICESTUDIO_HTTPS", "VOICESTUDIO_LISTEN")
SHOW = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def surroundings(folder: Path, **variables: str) -> dict[str, str]:
    """An environment with nothing of ours in it but the data folder and `variables`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "voicestudio.settings",
        "VOICESTUDIO_ENV_FILE": "",
        "VOICESTUDIO_DATA_DIR": str(folder / "data"),
        **variables,
    }


@dataclass(frozen=True)
class Starts:
    """Starts on a data folder of the test's own."""

    starter: Starter
    folder: Path

    def read(self, *names: str, **variables: str) -> dict[str, object]:
        """These settings, as a process with these variables has them."""
        done = self.starter.run([*names], surroundings(self.folder, **variables), SHOW)
        assert done.status == 0, done.err
        found: dict[str, object] = json.loads(done.out)
        return found

    def start(self, **variables: str) -> tuple[int, str]:
        """Exit status of the smallest command, and everything that it said on stderr."""
        done = self.starter.run(["diffsettings"], surroundings(self.folder, **variables))
        return done.status, done.err


@pytest.fixture
def starts(starter: Starter, tmp_path: Path) -> Starts:
    return Starts(starter, tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "abc", "PORT must be a whole number from 1 to 65535."),
        ("PORT", "0", "PORT must be a whole number from 1 to 65535."),
        ("PRACTICE_PORT", "8000", "PRACTICE_PORT must be another port than PORT."),
        ("WORKER_THREADS", "0", "WORKER_THREADS must be a whole number from 1 to 64."),
        ("WEB_THREADS", "many", "WEB_THREADS must be a whole number from 1 to 256."),
        ("DEBUG", "perhaps", "DEBUG must be true or false."),
        ("PRICE_CLONE", "-1", "PRICE_CLONE must be a price such as 1.50, not negative."),
        ("PRICE_CLONE", "NaN", "PRICE_CLONE must be a price such as 1.50, not negative."),
        (
            "MINIMAX_BASE_URL",
            "api.minimax.io",
            "MINIMAX_BASE_URL must be an address such as https://api.minimax.io, "
            "without a password or a query.",
        ),
        (
            "MINIMAX_BASE_URL",
            "https://host:port/",
            "MINIMAX_BASE_URL must be an address such as https://api.minimax.io, "
            "without a password or a query.",
        ),
        (
            "MINIMAX_UPLOAD_PATH",
            "files",
            "MINIMAX_UPLOAD_PATH must be a path such as /v1/files/upload.",
        ),
        (
            "MINIMAX_READ_TIMEOUT",
            "inf",
            "MINIMAX_READ_TIMEOUT must be a number of seconds, more than 0 and at most 3600.",
        ),
        (
            "MINIMAX_API_KEY",
            "two words",
            "MINIMAX_API_KEY must be one word of printable ASCII characters.",
        ),
        ("MINIMAX_GROUP_ID", "a b", "MINIMAX_GROUP_ID must be one word."),
        (
            "MINIMAX_MODELS",
            "speech-9,,x",
            "MINIMAX_MODELS must be a list of model names, separated by commas.",
        ),
        (
            "DATABASE_URL",
            "foo",
            "DATABASE_URL must be an address such as postgres://user:password@host/name "
            "or sqlite:////path/to/file.",
        ),
        (
            "DATABASE_URL",
            "mysql://host/name",
            "DATABASE_URL must be an address such as postgres://user:password@host/name "
            "or sqlite:////path/to/file.",
        ),
        ("SECRET_KEY", "short", "SECRET_KEY must be at least 32 characters."),
        (
            "ALLOWED_HOSTS",
            "https://studio.example.com",
            "ALLOWED_HOSTS must be a list of host names, separated by commas.",
        ),
        (
            "CSRF_TRUSTED_ORIGINS",
            "studio.example.com",
            "CSRF_TRUSTED_ORIGINS must be a list of addresses such as "
            "https://studio.example.com, separated by commas.",
        ),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR."),
        ("LEASE_SECONDS", "6", "LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS."),
        (
            "VOICESTUDIO_LISTEN",
            "everywhere",
            "VOICESTUDIO_LISTEN must be an IP address such as 127.0.0.1 or 0.0.0.0.",
        ),
        (
            "VOICESTUDIO_ENV_FILE",
            "/nowhere/.env",
            "VOICESTUDIO_ENV_FILE must be the path of a file that exists.",
        ),
        (
            "VOICESTUDIO_DATA_DIR",
            "/dev/null/data",
            "VOICESTUDIO_DATA_DIR must be a folder that can be written to (Not a directory).",
        ),
        (
            "MINIMAX_API_HOST",
            "https://api.minimax.io",
            "MINIMAX_API_HOST is not a setting of Voice Studio.",
        ),
        (
            "VOICESTUDIO_WHATEVER_ELSE",
            "1",
            "VOICESTUDIO_WHATEVER_ELSE is not a setting of Voice Studio.",
        ),
    ],
)
def test_nonsense_stops_the_start_with_one_sentence(
    starts: Starts, name: str, value: str, sentence: str
) -> None:
    status, said = starts.start(**{name: value})

    assert (status, said) == (1, f"Voice Studio cannot start: {sentence}\n")


def test_a_wrong_key_is_not_repeated(starts: Starts) -> None:
    _, said = starts.start(DATABASE_URL="oracle://me:hunter2@host/name")

    assert "hunter2" not in said


def test_no_key_means_practice(starts: Starts) -> None:
    found = starts.read(
        *("PRACTICE_MODE", "MINIMAX_BASE_URL", "MINIMAX_PROVIDER", "DEBUG", "PORT"),
        PORT="9100",
        MINIMAX_BASE_URL="https://gateway.example.com/minimax",
    )

    assert found == {
        "PRACTICE_MODE": True,
        "MINIMAX_BASE_URL": "http://127.0.0.1:9101",
        "MINIMAX_PROVIDER": "practice",
        "DEBUG": False,
        "PORT": 9100,
    }


def test_a_key_means_the_real_provider(starts: Starts) -> None:
    found = starts.read(
        *("PRACTICE_MODE", "MINIMAX_BASE_URL", "MINIMAX_PROVIDER"),
        MINIMAX_API_KEY="a-real-key",
        MINIMAX_BASE_URL="https://Gateway.example.com/minimax/",
    )

    assert found == {
        "PRACTICE_MODE": False,
        "MINIMAX_BASE_URL": "https://Gateway.example.com/minimax",
        "MINIMAX_PROVIDER": "gateway.example.com/minimax",
    }


def test_a_key_never_goes_over_an_open_line(starts: Starts) -> None:
    status, said = starts.start(
        MINIMAX_API_KEY="a-real-key", MINIMAX_BASE_URL="http://api.minimax.io"
    )

    assert (status, said) == (
        1,
        "Voice Studio cannot start: MINIMAX_BASE_URL must begin with https: "
        "over http anybody on the way could read the key.\n",
    )


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("https://api.minimax.io", True),
        ("http://127.0.0.1:9000/minimax", True),
        ("http://[::1]:9000", True),
        ("http://gateway:8080", True),
        ("http://10.1.2.3", True),
        ("http://gateway.internal", True),
        ("http://api.minimax.io", False),
        ("http://8.8.8.8", False),
        ("http://[2001:4860:4860::8888]", False),
    ],
)
def test_what_goes_to_this_network_stays_inside(address: str, inside: bool) -> None:
    assert reading.stays_inside(address) is inside


def test_an_empty_variable_means_its_default(starts: Starts) -> None:
    found = starts.read("PORT", "PRACTICE_MODE", "CURRENCY", PORT="", MINIMAX_API_KEY=" ")

    assert found == {"PORT": 8000, "PRACTICE_MODE": True, "CURRENCY": "$"}


def test_env_file_is_read_and_the_environment_goes_first(starts: Starts, tmp_path: Path) -> None:
    file = tmp_path / "studio.env"
    file.write_text("PORT=9200\nWORKER_THREADS=3\nMINIMAX_MODELS=speech-9-hd, speech-9-turbo\n")

    found = starts.read(
        *("PORT", "WORKER_THREADS", "MINIMAX_MODELS"),
        VOICESTUDIO_ENV_FILE=str(file),
        PORT="9300",
    )

    assert found == {
        "PORT": 9300,
        "WORKER_THREADS": 3,
        "MINIMAX_MODELS": ["speech-9-hd", "speech-9-turbo"],
    }


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("MINIMAX_BASE_ULR", "MINIMAX_BASE_URL"), ("WORKER_THREAD", "WORKER_THREADS")],
)
def test_a_typing_error_in_the_env_file_stops_the_start(
    starts: Starts, tmp_path: Path, wrong: str, right: str
) -> None:
    file = tmp_path / "studio.env"
    file.write_text(f"{wrong}=\n")

    status, said = starts.start(VOICESTUDIO_ENV_FILE=str(file))

    assert (status, said) == (
        1,
        f"Voice Studio cannot start: {wrong} is not a setting of Voice Studio; "
        f"did you mean {right}?\n",
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("PORT=8000".encode("utf-16"), "must be a readable text file in UTF-8."),
        (b"# ours\nPORT 8000\n", "makes no sense in line 2: write NAME=value."),
        (b"PORT=8000\nDEBUG\n", "makes no sense in line 2: write NAME=value."),
        (b"PORT=80\x0000\n", "makes no sense in line 1: write NAME=value."),
    ],
)
def test_an_env_file_that_makes_no_sense_stops_the_start(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)

    with pytest.raises(ImproperlyConfigured) as stopped:
        reading.variables_of(file)

    assert str(stopped.value) == f"{file} {sentence}"


def test_an_env_file_of_windows_is_read(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("PORT=8100\r\n\r\nexport CURRENCY='€'\r\n".encode("utf-8-sig"))

    assert reading.variables_of(file) == {"PORT": "8100", "CURRENCY": "€"}


def test_the_env_file_may_serve_other_programs_too(starts: Starts, tmp_path: Path) -> None:
    file = tmp_path / "studio.env"
    file.write_text("POSTGRES_PASSWORD=x\nPORT=9200\n")

    assert starts.read("PORT", VOICESTUDIO_ENV_FILE=str(file)) == {"PORT": 9200}


def test_secret_key_is_made_once_and_kept_private(starts: Starts, tmp_path: Path) -> None:
    first = starts.read("SECRET_KEY")["SECRET_KEY"]
    second = starts.read("SECRET_KEY")["SECRET_KEY"]
    file = tmp_path / "data" / "secret_key"

    assert first == second == file.read_text()
    assert len(str(first)) >= 50
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.glob("secret_key*")] == ["secret_key"]


def test_data_folder_is_made_for_its_owner_alone(starts: Starts, tmp_path: Path) -> None:
    starts.read("DATA_DIR")

    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_secret_key_of_the_environment_leaves_no_file(starts: Starts, tmp_path: Path) -> None:
    key = "k" * 40

    assert starts.read("SECRET_KEY", SECRET_KEY=key) == {"SECRET_KEY": key}
    assert not (tmp_path / "data" / "secret_key").exists()


def test_plain_http_needs_no_secure_cookies_and_https_does(starts: Starts) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")

    assert starts.read(*names) == dict.fromkeys(names, False)
    assert starts.read(*names, VOICESTUDIO_HTTPS="true") == dict.fromkeys(names, True)


def test_a_data_folder_may_have_any_name(starts: Starts, tmp_path: Path) -> None:
    folder = tmp_path / "100% of #1 é?"

    found = starts.read("DATABASES", "MEDIA_ROOT", VOICESTUDIO_DATA_DIR=str(folder))

    assert found["DATABASES"]["default"]["NAME"] == str(folder / "studio.sqlite3")  # type: ignore[index]
    assert found["MEDIA_ROOT"] == str(folder / "media")


def test_behind_a_proxy_the_last_forwarded_address_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "6.6.6.6, 192.0.2.7"})

    assert signing_in.address_of(request) == "127.0.0.1"
    monkeypatch.setattr(signing_in, "HTTPS", True)
    assert signing_in.address_of(request) == "192.0.2.7"


def test_postgresql_prepares_nothing_by_itself(starts: Starts) -> None:
    found = starts.read("DATABASES", DATABASE_URL="postgres://me:word@127.0.0.1:5433/studio")

    database = found["DATABASES"]["default"]  # type: ignore[index]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["NAME"], database["HOST"], database["PORT"]) == ("studio", "127.0.0.1", 5433)
    assert database["OPTIONS"] == {"prepare_threshold": None}


def test_the_log_never_shows_the_key(tmp_path: Path) -> None:
    program = (
        "import django, logging; django.setup()\n"
        "try:\n    raise ValueError('Bearer sk-very-secret')\n"
        "except ValueError:\n    logging.getLogger('x').exception('key=%s', 'sk-very-secret')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=surroundings(tmp_path, MINIMAX_API_KEY="sk-very-secret"),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "sk-very-secret" not in done.stderr
    assert done.stderr.count("[key]") == 3  # the message, the line of code, the error


def test_example_file_has_every_variable_with_its_default(
    starts: Starts, tmp_path: Path, settings: Settings
) -> None:
    example = (ROOT / ".env.example").read_text()
    lines = [line[1:] for line in example.splitlines() if line[:1] == "#" and line[1:2].isupper()]
    spoken = tmp_path / "spoken.env"
    spoken.write_text("\n".join(lines).replace("DATA_DIR=data", f"DATA_DIR={tmp_path / 'data'}"))

    names = {line.partition("=")[0] for line in lines}
    shown = sorted(names - {"SECRET_KEY", "DATABASE_URL", *MINE} | {"DATA_DIR", "HTTPS", "LISTEN"})

    assert names | {"VOICESTUDIO_ENV_FILE"} == settings.KNOWN
    assert starts.read(*shown, VOICESTUDIO_ENV_FILE=str(spoken)) == starts.read(*shown)
