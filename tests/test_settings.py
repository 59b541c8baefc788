"""Settings: environment variables are applied, or refused with one sentence."""

import importlib.util
import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from logging.handlers import SMTPHandler
from pathlib import Path
from unittest import mock

import pytest
from django.conf import Settings as LoadedSettings
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.log import AdminEmailHandler
from pytest_django.fixtures import Settings

import voicestudio
from voicestudio.services.audit import known_settings
from voicestudio.settings.environment import SECRETS, is_confidential, parse_env_file
from voicestudio.settings.storage import backup_options, parse_storage_url

ROOT = Path(__file__).parent.parent
# Variables with the prefix VOICESTUDIO_, whose settings are called DATA_DIR, HTTPS and LISTEN.
PREFIXED = (
    "VOICESTUDIO_DATA_DIR", "VOICESTUDIO_HTTPS", "VOICESTUDIO_LISTEN", "VOICESTUDIO_PROXY",
    "VOICESTUDIO_PROXIES",
)  # fmt: skip


def import_settings(environment: dict[str, str]) -> LoadedSettings:
    """Import voicestudio.settings again, with these environment variables and no others.

    Raises ImproperlyConfigured. The package that was imported before is put back.
    """
    package = "voicestudio.settings"

    def modules() -> list[str]:
        return [name for name in sys.modules if name == package or name.startswith(f"{package}.")]

    imported = {name: sys.modules.pop(name) for name in modules()}
    try:
        with mock.patch.dict(os.environ, environment, clear=True):
            return LoadedSettings(package)
    finally:
        for name in modules():
            del sys.modules[name]
        sys.modules.update(imported)
        voicestudio.settings = imported[package]


Load = Callable[..., dict[str, object]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The variables of a process that has only a data folder."""
    return {"VOICESTUDIO_ENV_FILE": "", "VOICESTUDIO_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def load(environment: dict[str, str]) -> Load:
    """Reads the named settings from environment variables, given as keywords."""

    def load_named(*names: str, **variables: str) -> dict[str, object]:
        settings = import_settings(environment | variables)
        return {name: getattr(settings, name) for name in names}

    return load_named


def run_program(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own with this environment."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


ADDRESS = "an address such as https://api.minimax.io, without a password or a query"
DATABASE = "an address such as postgres://user:password@host/name or sqlite:////path/to/file"
DSN = (
    "an address such as https://key@sentry.example.com/1, with https unless it is in your own "
    "network"
)
ISSUER = "an address such as https://login.example.com, with https unless it is on this machine"
ROLES = 'JSON such as {"groups": {"voice-admins": "administrator", "dragon": ["Dragon:manager"]}}'
QUEUE = "empty, postgres, or an address such as redis://host:6379/0"
STORAGE = (
    "empty, or an address such as s3://bucket/prefix?endpoint=https://s3.example.com&region=eu"
)
ORIGINS = "a list of addresses such as https://studio.example.com, separated by commas"


@pytest.mark.parametrize(
    ("name", "value", "requirement"),
    [
        ("PORT", "abc", "a whole number from 1 to 65535"),
        ("PORT", "0", "a whole number from 1 to 65535"),
        ("PRACTICE_PORT", "8000", "another port than PORT"),
        ("WORKER_THREADS", "0", "a whole number from 1 to 64"),
        ("WEB_THREADS", "many", "a whole number from 3 to 256"),
        ("DEBUG", "perhaps", "true or false"),
        ("PRICE_CLONE", "-1", "a price such as 1.50, not negative"),
        ("PRICE_CLONE", "NaN", "a price such as 1.50, not negative"),
        ("MINIMAX_BASE_URL", "api.minimax.io", ADDRESS),
        ("MINIMAX_BASE_URL", "https://host:port/", ADDRESS),
        ("MINIMAX_UPLOAD_PATH", "files", "a path such as /v1/files/upload"),
        ("MINIMAX_READ_TIMEOUT", "inf", "a number of seconds, more than 0 and at most 3600"),
        ("MINIMAX_API_KEY", "two words", "one word of printable ASCII characters"),
        ("MINIMAX_GROUP_ID", "a b", "one word"),
        ("MINIMAX_MODELS", "speech-9,,x", "a list of model names, separated by commas"),
        ("DATABASE_URL", "foo", DATABASE),
        ("DATABASE_URL", "mysql://host/name", DATABASE),
        ("QUEUE_URL", "http://host", QUEUE),
        ("STORAGE_URL", "https://bucket", STORAGE),
        ("STORAGE_URL", "s3://", STORAGE),
        ("STORAGE_URL", "s3://bucket?zone=x", STORAGE),
        ("STORAGE_URL", "s3://bucket?endpoint=nowhere", STORAGE),
        ("QUEUE_URL", "redis://", QUEUE),
        ("SECRET_KEY", "short", "at least 32 characters"),
        ("ALLOWED_HOSTS", "https://a.example.com", "a list of host names, separated by commas"),
        ("CSRF_TRUSTED_ORIGINS", "studio.example.com", ORIGINS),
        ("LOG_LEVEL", "loud", "one of DEBUG, INFO, WARNING, ERROR"),
        ("SENTRY_DSN", "https://sentry.example.com/1", DSN),
        ("SENTRY_DSN", "http://key@sentry.example.com/1", DSN),
        ("OIDC_ISSUER", "login.example.com", ISSUER),
        ("OIDC_ISSUER", "http://login.example.com", ISSUER),
        ("OIDC_ISSUER", "https://login.example.com/?a=b", ISSUER),
        ("OIDC_ISSUER", "https://" + "a" * 200, ISSUER),
        ("OIDC_NAME", "x" * 41, "a name of at most 40 characters"),
        ("OIDC_SECOND_FACTOR", "sometimes", "true or false"),
        ("OIDC_ROLES", "administrator", ROLES),
        ("OIDC_ROLES", "[]", ROLES),
        ("OIDC_ROLES", '{"groups": ["administrator"]}', ROLES),
        ("OIDC_ROLES", '{"groups": {"a": []}}', ROLES),
        ("OIDC_ROLES", '{"groups": {"a": "owner"}}', ROLES),
        ("OIDC_ROLES", '{"groups": {"a": ["Dragon:owner"]}}', ROLES),
        ("OIDC_ROLES", '{"groups": {"a": [7]}}', ROLES),
        ("LEASE_SECONDS", "6", "at least twice HEARTBEAT_SECONDS"),
        ("VOICESTUDIO_LISTEN", "everywhere", "an IP address such as 127.0.0.1 or 0.0.0.0"),
        ("VOICESTUDIO_ENV_FILE", "/nowhere/.env", "the path of a file that exists"),
        (
            "VOICESTUDIO_DATA_DIR",
            "/dev/null/data",
            "a folder that can be written to (Not a directory)",
        ),
    ],
)
def test_invalid_value_is_refused_with_one_sentence(
    load: Load, name: str, value: str, requirement: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        load(**{name: value})

    assert str(refused.value) == f"{name} must be {requirement}."


def test_links_are_mailed_only_where_the_hosts_are_known(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS must be the names"):
        load(MAIL_HOST="mail.example.com", ALLOWED_HOSTS="a.example.com, *")

    load(ALLOWED_HOSTS="*")


@pytest.mark.parametrize("name", ["MINIMAX_API_HOST", "VOICESTUDIO_WHATEVER_ELSE"])
def test_unknown_variable_is_refused(load: Load, name: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        load(**{name: "https://api.minimax.io"})

    assert str(refused.value) == f"{name} is not a setting of Voice Studio."


def test_command_stops_at_an_invalid_value(environment: dict[str, str]) -> None:
    done = run_program(environment | {"PORT": "abc"}, "manage.py", "diffsettings")

    assert (done.returncode, done.stderr) == (
        1, "Voice Studio cannot start: PORT must be a whole number from 1 to 65535.\n",
    )  # fmt: skip


def test_invalid_database_url_does_not_print_its_password(environment: dict[str, str]) -> None:
    url = "oracle://me:hunter2@host/name"
    done = run_program(environment | {"DATABASE_URL": url}, "manage.py", "diffsettings")

    assert done.returncode == 1
    assert "hunter2" not in done.stdout + done.stderr


def test_no_api_key_means_practice_mode(load: Load) -> None:
    found = load(
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


def test_api_key_means_the_real_provider(load: Load) -> None:
    found = load(
        *("PRACTICE_MODE", "MINIMAX_BASE_URL", "MINIMAX_PROVIDER"),
        MINIMAX_API_KEY="a-real-key",
        MINIMAX_BASE_URL="https://Gateway.example.com/minimax/",
    )

    assert found == {
        "PRACTICE_MODE": False,
        "MINIMAX_BASE_URL": "https://Gateway.example.com/minimax",
        "MINIMAX_PROVIDER": "gateway.example.com/minimax",
    }


def test_api_key_is_refused_with_an_unencrypted_address(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        load(MINIMAX_API_KEY="a-real-key", MINIMAX_BASE_URL="http://api.minimax.io")

    assert str(refused.value) == (
        "MINIMAX_BASE_URL must begin with https: over http, others could read the key."
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
def test_addresses_of_this_network_need_no_https(address: str, inside: bool) -> None:
    assert is_confidential(address) is inside


OPENID = {
    "OIDC_ISSUER": "https://login.example.com/",
    "OIDC_CLIENT_ID": "studio",
    "OIDC_CLIENT_SECRET": "hunter2",
}


def test_openid_provider_is_named_after_its_host(load: Load) -> None:
    names = ("OIDC_ISSUER", "OIDC_NAME", "OIDC_ROLES")

    assert load(*names) == {"OIDC_ISSUER": "", "OIDC_NAME": "", "OIDC_ROLES": {}}
    assert load(*names, **OPENID, OIDC_ROLES='{"g": {"a": "Dragon: two:viewer"}}') == {
        "OIDC_ISSUER": "https://login.example.com",
        "OIDC_NAME": "login.example.com",
        "OIDC_ROLES": {"g": {"a": ["Dragon: two:viewer"]}},
    }


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9400", "http://localhost", "http://[::1]:1"])
def test_openid_provider_on_this_machine_needs_no_https(load: Load, issuer: str) -> None:
    assert load("OIDC_ISSUER", **OPENID | {"OIDC_ISSUER": issuer}) == {"OIDC_ISSUER": issuer}


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({"OIDC_ISSUER": "https://x.example"}, "OIDC_CLIENT_ID, OIDC_CLIENT_SECRET"),
        ({"OIDC_CLIENT_SECRET": "x"}, "OIDC_ISSUER, OIDC_CLIENT_ID"),
        ({**OPENID, "OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        ({"OIDC_NAME": "Acme"}, "OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET"),
        ({"OIDC_ROLES": "{}"}, "OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET"),
    ],
)
def test_openid_provider_is_set_as_a_whole(
    load: Load, variables: dict[str, str], missing: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        load(**variables)

    assert str(refused.value) == (
        f"OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are set together; missing: {missing}."
    )


def test_empty_variable_means_its_default(load: Load) -> None:
    found = load("PORT", "PRACTICE_MODE", "CURRENCY", PORT="", MINIMAX_API_KEY=" ")

    assert found == {"PORT": 8000, "PRACTICE_MODE": True, "CURRENCY": "$"}


def test_environment_overrides_the_env_file(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "studio.env"
    file.write_text("PORT=9200\nWORKER_THREADS=3\nMINIMAX_MODELS=speech-9-hd, speech-9-turbo\n")

    found = load(
        *("PORT", "WORKER_THREADS", "MINIMAX_MODELS"), VOICESTUDIO_ENV_FILE=str(file), PORT="9300"
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
def test_misspelt_name_in_the_env_file_is_refused_with_a_suggestion(
    load: Load, tmp_path: Path, wrong: str, right: str
) -> None:
    file = tmp_path / "studio.env"
    file.write_text(f"{wrong}=\n")

    with pytest.raises(ImproperlyConfigured) as refused:
        load(VOICESTUDIO_ENV_FILE=str(file))

    assert str(refused.value) == (
        f"{wrong} is not a setting of Voice Studio; did you mean {right}?"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("PORT=8000".encode("utf-16"), "must be a readable text file in UTF-8."),
        (b"# ours\nPORT 8000\n", "is invalid in line 2: write NAME=value."),
        (b"PORT=8000\nDEBUG\n", "is invalid in line 2: write NAME=value."),
        (b"PORT=80\x0000\n", "is invalid in line 1: write NAME=value."),
    ],
)
def test_malformed_env_file_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(content)

    with pytest.raises(ImproperlyConfigured) as refused:
        parse_env_file(file)

    assert str(refused.value) == f"{file} {sentence}"


def test_env_file_written_on_windows_is_read(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("PORT=8100\r\n\r\nexport CURRENCY='€'\r\n".encode("utf-8-sig"))

    assert parse_env_file(file) == {"PORT": "8100", "CURRENCY": "€"}


def test_env_file_may_hold_variables_of_other_programs(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "studio.env"
    file.write_text("POSTGRES_PASSWORD=x\nPORT=9200\n")

    assert load("PORT", VOICESTUDIO_ENV_FILE=str(file)) == {"PORT": 9200}


def test_secret_key_is_created_once_and_kept_private(load: Load, tmp_path: Path) -> None:
    first = load("SECRET_KEY")["SECRET_KEY"]
    second = load("SECRET_KEY")["SECRET_KEY"]
    file = tmp_path / "data" / "secret_key"

    assert first == second == file.read_text()
    assert len(str(first)) >= 50
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.glob("secret_key*")] == ["secret_key"]


def test_data_folder_is_private_to_its_owner(load: Load, tmp_path: Path) -> None:
    load()

    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_secret_key_of_the_environment_is_not_written(load: Load, tmp_path: Path) -> None:
    key = "k" * 40

    assert load("SECRET_KEY", SECRET_KEY=key) == {"SECRET_KEY": key}
    assert not (tmp_path / "data" / "secret_key").exists()


def test_https_turns_on_secure_cookies_and_the_redirect(load: Load) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")

    assert load(*names) == dict.fromkeys(names, False)
    assert load(*names, VOICESTUDIO_HTTPS="true") == dict.fromkeys(names, True)


def test_data_folder_may_have_any_name(load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "100% of #1 é?"

    found = load("DATABASES", "MEDIA_ROOT", VOICESTUDIO_DATA_DIR=str(folder))

    assert found["DATABASES"]["default"]["NAME"] == str(folder / "studio.sqlite3")  # type: ignore[index]
    assert found["MEDIA_ROOT"] == folder / "media"


@pytest.mark.parametrize("proxies", ["proxy.example", "10.0.0.0/64", "10.0.0.1/8", ""])
def test_proxies_are_addresses_or_networks(load: Load, proxies: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="VOICESTUDIO_PROXIES"):
        load("PROXIES", VOICESTUDIO_PROXIES=proxies or ",")


def test_postgresql_does_not_prepare_statements(load: Load) -> None:
    found = load("DATABASES", DATABASE_URL="postgres://me:word@127.0.0.1:5433/studio")

    database = found["DATABASES"]["default"]  # type: ignore[index]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["NAME"], database["HOST"], database["PORT"]) == ("studio", "127.0.0.1", 5433)
    assert database["OPTIONS"].pop("prepare_threshold") is None
    assert database["OPTIONS"] == {"connect_timeout": 5, "tcp_user_timeout": 20_000}


@pytest.mark.parametrize(
    ("database", "queue", "kind"),
    [
        ("", "", "Queue"),
        ("postgres://me@127.0.0.1/studio", "", "PostgresQueue"),
        ("postgres://me@127.0.0.1/studio", "postgres", "PostgresQueue"),
        ("postgres://me@127.0.0.1/studio", "redis://127.0.0.1:6379/2", "RedisQueue"),
        ("", "rediss://:word@redis.example.com", "RedisQueue"),
    ],
)
def test_queue_is_where_its_address_says(load: Load, database: str, queue: str, kind: str) -> None:
    found = load("HUEY", DATABASE_URL=database, QUEUE_URL=queue)

    path = found["HUEY"]["huey_class"]  # type: ignore[index]
    assert path == f"voicestudio.services.queue_storage.{kind}"


def test_queue_in_postgresql_needs_postgresql(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured, match="only if DATABASE_URL is PostgreSQL"):
        load(QUEUE_URL="postgres")


@pytest.mark.parametrize(("links", "origin"), [("true", "https://s3.example.com"), ("false", "")])
def test_links_to_the_bucket_are_allowed_by_the_policy(load: Load, links: str, origin: str) -> None:
    url = "s3://studio/voices?endpoint=https://s3.example.com&region=eu"
    found = load("STORAGES", "SECURE_CSP", STORAGE_URL=url, STORAGE_LINKS=links)

    default = found["STORAGES"]["default"]  # type: ignore[index]
    assert default["OPTIONS"]["bucket_name"] == "studio"
    assert (origin in found["SECURE_CSP"]["media-src"]) is bool(origin)  # type: ignore[index]


def test_bucket_needs_https_outside_of_the_network(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured, match="must begin with https"):
        load(STORAGE_URL="s3://studio?endpoint=http://s3.example.com")


def test_keys_of_the_bucket_belong_together(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured, match="belong together"):
        load(STORAGE_URL="s3://studio", STORAGE_KEY_ID="key")


def test_keys_of_backups_belong_together(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured, match="BACKUP_KEY_ID and BACKUP_SECRET_KEY belong"):
        load(BACKUP_KEY_ID="key")


@pytest.mark.parametrize(
    ("backup_keys", "expected"), [(("", ""), ("s", "s secret")), (("b", "b secret"),) * 2]
)
def test_backups_have_keys_of_their_own_or_those_of_the_storage(
    backup_keys: tuple[str, str], expected: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("STORAGE_KEY_ID", "STORAGE_SECRET_KEY", "BACKUP_KEY_ID", "BACKUP_SECRET_KEY")
    for name, value in zip(names, ("s", "s secret", *backup_keys), strict=True):
        monkeypatch.setattr(f"voicestudio.settings.storage.{name}", value)

    options = backup_options(parse_storage_url("s3://backups"))

    assert (options["access_key"], options["secret_key"]) == expected


SECRET_VARIABLES = {
    "MINIMAX_API_KEY": "sk-very-secret",
    "SECRET_KEY": "sk-very-secret-" * 3,
    "MAIL_PASSWORD": "sk-very-secret",
    "STORAGE_SECRET_KEY": "sk-very-secret",
    "BACKUP_SECRET_KEY": "sk-very-secret",
    "DATABASE_URL": "postgres://me:sk-very-secret@127.0.0.1/studio",
    "QUEUE_URL": "redis://:sk-very-secret@127.0.0.1",
    "OIDC_CLIENT_SECRET": "sk-very-secret",
    "METRICS_TOKEN": "sk-very-secret-token",
    "SENTRY_DSN": "http://sk-very-secret@127.0.0.1:9/1",
}
# What has to be set together with a secret.
WITH_SECRET = {
    "STORAGE_SECRET_KEY": {"STORAGE_KEY_ID": "id"},
    "BACKUP_SECRET_KEY": {"BACKUP_KEY_ID": "id"},
    "OIDC_CLIENT_SECRET": {
        name: value for name, value in OPENID.items() if name != "OIDC_CLIENT_SECRET"
    },
}


def test_every_secret_is_tested() -> None:
    assert SECRET_VARIABLES.keys() == SECRETS.keys()
    # Of these the audit trail says only that they have changed.
    assert [name for name in SECRETS if not known_settings.SECRET.search(name)] == []


@pytest.mark.parametrize("log_format", ["plain", "json"])
@pytest.mark.parametrize("name", SECRET_VARIABLES)
def test_log_never_shows_a_secret(environment: dict[str, str], name: str, log_format: str) -> None:
    long = {"SECRET_KEY", "METRICS_TOKEN"}
    secret = SECRET_VARIABLES[name] if name in long else "sk-very-secret"
    program = (
        "import django, logging; django.setup()\n"
        f"try:\n    raise ValueError('Bearer {secret}')\n"
        f"except ValueError:\n    logging.getLogger('x').exception('key=%s', '{secret}')\n"
    )
    variables = {
        "DJANGO_SETTINGS_MODULE": "voicestudio.settings", name: SECRET_VARIABLES[name],
        "LOG_FORMAT": log_format,
    } | WITH_SECRET.get(name, {})  # fmt: skip
    done = run_program(environment | variables, "-c", program)

    assert done.returncode == 0
    assert "sk-very-secret" not in done.stderr
    assert done.stderr.count("[key]") == 3  # the message, the line of code, the error


@pytest.mark.parametrize("text", [
    "sk-v@ry/s<cret", "sk-v%40ry%2fs%3ccret", "sk-v%40ry%2Fs%3Ccret", "sk-v@ry/s&lt;cret",
    "c2stdkByeS9zPGNyZXQ=", "redis://other:abc@127.0.0.1", "in-the-query",
])  # fmt: skip
def test_log_hides_a_password_in_every_form(environment: dict[str, str], text: str) -> None:
    program = f"import django, logging; django.setup(); logging.error('%s', {text!r})"
    url = "redis://:sk-v%40ry%2fs%3ccret@127.0.0.1?password=in-the-query"
    variables = {"DJANGO_SETTINGS_MODULE": "voicestudio.settings", "QUEUE_URL": url}
    done = run_program(environment | variables, "-c", program)

    assert done.stderr.count("[key]") == 1
    assert text not in done.stderr


def test_json_log_has_one_line_for_each_record(environment: dict[str, str]) -> None:
    program = (
        "import django, logging; django.setup()\n"
        "from voicestudio.services.log_context import log_fields\n"
        "log = logging.getLogger('x')\n"
        "with log_fields(request='r1', person=7):\n"
        "    log.warning('two\\nlines \u2028 %s', 'and \"quotes\"')\n"
        "try:\n    raise ValueError('wrong')\n"
        "except ValueError:\n    log.exception('It failed.')\n"
    )
    variables = {"DJANGO_SETTINGS_MODULE": "voicestudio.settings", "LOG_FORMAT": "json"}
    done = run_program(environment | variables, "-c", program)

    first, second = (json.loads(line) for line in done.stderr.splitlines())
    assert first.pop("time").endswith("+00:00")
    assert first == {
        "level": "WARNING", "logger": "x", "message": 'two\nlines \u2028 and "quotes"',
        "request": "r1", "person": 7,
    }  # fmt: skip
    assert second["exception"].splitlines()[-1] == "ValueError: wrong"


@pytest.mark.parametrize("name", SECRET_VARIABLES)
def test_secret_may_stand_in_a_file(load: Load, tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET_VARIABLES[name]}\n")
    others = WITH_SECRET.get(name, {})
    setting = "DATABASES" if name == "DATABASE_URL" else name

    assert load(setting, **{f"{name}_FILE": str(file)}, **others) == load(
        setting, **{name: SECRET_VARIABLES[name]}, **others
    )


def test_secret_stands_in_one_place_only(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("sk-of-the-file")

    with pytest.raises(ImproperlyConfigured, match="Set MINIMAX_API_KEY or MINIMAX_API_KEY_FILE"):
        load(MINIMAX_API_KEY="sk-other", MINIMAX_API_KEY_FILE=str(file))


def test_address_of_sentry_needs_its_package(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    assert load("SENTRY_DSN", SENTRY_DSN="") == {"SENTRY_DSN": ""}
    with pytest.raises(ImproperlyConfigured, match="install requirements-sentry"):
        load(SENTRY_DSN="https://key@sentry.example.com/1")


@pytest.mark.parametrize("content", [b" \n", b"\xff\xfe", None])
def test_file_of_a_secret_must_hold_readable_text(
    load: Load, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ImproperlyConfigured, match="MINIMAX_API_KEY_FILE must be a file"):
        load(MINIMAX_API_KEY_FILE=str(file))


def test_example_file_lists_every_variable_with_its_default(
    load: Load, tmp_path: Path, settings: Settings
) -> None:
    example = (ROOT / ".env.example").read_text()
    lines = [line[1:] for line in example.splitlines() if line[:1] == "#" and line[1:2].isupper()]
    uncommented = tmp_path / "example.env"
    uncommented.write_text(
        "\n".join(lines).replace("DATA_DIR=data", f"DATA_DIR={tmp_path / 'data'}")
    )

    names = {line.partition("=")[0] for line in lines}
    compared = names - {"SECRET_KEY", "DATABASE_URL", *PREFIXED} | {"DATA_DIR", "HTTPS", "LISTEN"}

    assert names | {"VOICESTUDIO_ENV_FILE"} == settings.KNOWN
    assert load(*compared, VOICESTUDIO_ENV_FILE=str(uncommented)) == load(*compared)


def test_other_machines_are_let_in_only_through_a_buffering_proxy(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured, match="VOICESTUDIO_PROXY=true"):
        load("LISTEN", VOICESTUDIO_LISTEN="0.0.0.0")  # noqa: S104

    assert load("LISTEN", VOICESTUDIO_LISTEN="0.0.0.0", VOICESTUDIO_PROXY="true") == {  # noqa: S104
        "LISTEN": "0.0.0.0"  # noqa: S104
    }


def test_data_folder_that_others_can_read_is_closed(load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "studio.sqlite3").touch()
    folder.chmod(0o755)
    (folder / "studio.sqlite3").chmod(0o644)

    assert load("DATA_DIR_WAS_OPEN") == {"DATA_DIR_WAS_OPEN": True}
    assert load("DATA_DIR_WAS_OPEN") == {"DATA_DIR_WAS_OPEN": False}

    modes = [path.stat().st_mode & 0o777 for path in (folder, folder / "studio.sqlite3")]
    assert modes == [0o700, 0o600]


@pytest.mark.parametrize(
    ("url", "account", "base"),
    [
        ("https://api.minimax.io/v1/", "api.minimax.io", "https://api.minimax.io"),
        ("https://api-uw.minimax.io", "api.minimax.io", "https://api-uw.minimax.io"),
        ("https://api.minimaxi.com", "api.minimax.cn", "https://api.minimaxi.com"),
        ("https://Gate.example.com/mm", "gate.example.com/mm", "https://Gate.example.com/mm"),
    ],
)
def test_account_does_not_change_with_its_address(
    url: str, account: str, base: str, load: Load
) -> None:
    names = ("MINIMAX_PROVIDER", "MINIMAX_BASE_URL")
    found = load(*names, MINIMAX_API_KEY="key", MINIMAX_BASE_URL=url)

    assert found == {"MINIMAX_PROVIDER": account, "MINIMAX_BASE_URL": base}
    named = load(*names, MINIMAX_API_KEY="key", MINIMAX_BASE_URL=url, MINIMAX_ACCOUNT="ours")
    assert named["MINIMAX_PROVIDER"] == "ours"


def test_address_of_a_call_is_refused(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured, match="must end before /v1"):
        load("PORT", MINIMAX_BASE_URL="https://api.minimax.io/v1/voice_clone")


def test_no_error_is_mailed() -> None:
    """A mail with settings and variables would go through servers that we know nothing about."""
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    handlers = {type(handler) for logger in loggers if isinstance(logger, logging.Logger)
                for handler in logger.handlers}  # fmt: skip

    assert [kind for kind in handlers if issubclass(kind, AdminEmailHandler)] == []
    assert [kind for kind in handlers if issubclass(kind, SMTPHandler)] == []
    assert (settings.ADMINS, settings.MANAGERS) == ([], [])
