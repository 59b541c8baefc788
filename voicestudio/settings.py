"""Settings: the only place that reads the environment (or a .env file), safe unless told otherwise.

A value that makes no sense, and a name that nobody knows, stop the start with one sentence that
names the variable.
"""

import difflib
import logging
import os
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from dotenv import dotenv_values
from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent

# --- reading --------------------------------------------------------------------------------------

env = Env()
# Every name that was asked for; README has a table of them.
KNOWN = {"VOICESTUDIO_ENV_FILE"}


def read[T](reader: Callable[..., T], name: str, default: Any, wanted: str, **rules: Any) -> T:
    """One variable; `wanted` ends the sentence that is said when its value makes no sense."""
    KNOWN.add(name)
    # An empty line in .env means the same as no line.
    if not os.environ.get(name, "").strip():
        os.environ.pop(name, None)
    try:
        return reader(name, default, **rules)
    except (EnvError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} must be {wanted}.") from error


def between(low: float, high: float) -> Callable[[Any], None]:
    """A validator for numbers; also keeps out NaN."""

    def check(value: Any) -> None:
        if not low <= value <= high:
            raise ValueError

    return check


def matching(pattern: str) -> Callable[[str], None]:
    """A validator for texts."""

    def check(value: str) -> None:
        if not re.fullmatch(pattern, value):
            raise ValueError

    return check


def web_address(value: str) -> None:
    """A validator: http(s)://host[:port][/prefix], without a password, a query or a fragment."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError
    if parts.username or parts.password or parts.query or parts.fragment or re.search(r"\s", value):
        raise ValueError


def web_addresses(values: list[str]) -> None:
    """A validator: such addresses only."""
    for value in values:
        web_address(value)


def integer(name: str, default: int, low: int, high: int) -> int:
    """A whole number between two bounds, both allowed."""
    wanted = f"a whole number from {low} to {high}"
    return read(env.int, name, default, wanted, validate=between(low, high))


def seconds(name: str, default: float) -> float:
    """A time in seconds."""
    wanted = "a number of seconds, more than 0 and at most 3600"
    return read(env.float, name, default, wanted, validate=between(0.001, 3600))


def money(name: str, default: str) -> Decimal:
    """A price."""
    wanted = "a price such as 1.50, not negative"
    return read(env.decimal, name, Decimal(default), wanted, validate=between(0, 1_000_000))


def switch(name: str, default: bool = False) -> bool:
    """A yes or no."""
    return read(env.bool, name, default, "true or false")


def names(name: str, default: Iterable[str], wanted: str, pattern: str) -> list[str]:
    """A list, separated by commas."""

    def check(values: list[str]) -> None:
        if not values:
            raise ValueError
        for value in values:
            matching(pattern)(value)

    return [value.strip() for value in read(env.list, name, list(default), wanted, validate=check)]


from_file: dict[str, str] = {}
env_file = os.environ.get("VOICESTUDIO_ENV_FILE", str(BASE_DIR / ".env"))
if env_file and Path(env_file).is_file():
    from_file = {name: value or "" for name, value in dotenv_values(env_file).items()}
    for name, value in from_file.items():
        if not os.environ.get(name, "").strip():
            os.environ[name] = value
elif env_file and "VOICESTUDIO_ENV_FILE" in os.environ:
    raise ImproperlyConfigured("VOICESTUDIO_ENV_FILE must be the path of a file that exists.")

# --- where things are -----------------------------------------------------------------------------

DATA_DIR = Path(
    read(env.str, "VOICESTUDIO_DATA_DIR", str(BASE_DIR / "data"), "a folder")
).expanduser()
DATA_DIR = (BASE_DIR / DATA_DIR).resolve()
MEDIA_ROOT = DATA_DIR / "media"
# On the same filesystem as the media, so that an upload is moved there, not copied.
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "incoming"
STATIC_ROOT = DATA_DIR / "static"
try:
    for folder in (DATA_DIR, MEDIA_ROOT, FILE_UPLOAD_TEMP_DIR, STATIC_ROOT):
        folder.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(
        f"VOICESTUDIO_DATA_DIR must be a folder that can be written to ({error.strerror})."
    ) from error


def secret_key(path: Path) -> str:
    """The key of this installation: made once, readable by its owner only."""
    try:
        if not path.exists():
            # Written aside and linked, so that of two first starts at once both read one key.
            draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            with os.fdopen(
                os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
            ) as file:
                file.write(secrets.token_urlsafe(50))
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"VOICESTUDIO_DATA_DIR must be a folder in which {path.name} can be kept "
            f"({error.strerror})."
        ) from error


SECRET_KEY = read(
    env.str, "SECRET_KEY", "", "at least 32 characters", validate=matching(r"|.{32,}")
) or secret_key(DATA_DIR / "secret_key")

# --- the provider ---------------------------------------------------------------------------------

DEBUG = switch("DEBUG")
PORT = integer("PORT", 8000, 1, 65535)
LISTEN = read(
    env.str,
    "VOICESTUDIO_LISTEN",
    "127.0.0.1",
    "an IP address such as 127.0.0.1 or 0.0.0.0",
    validate=matching(r"[0-9.]{7,15}|[0-9A-Fa-f:.]{2,45}"),
)
WEB_PROCESSES = integer("WEB_PROCESSES", 1, 1, 32)
# A slow upload or player holds a thread as long as it takes.
WEB_THREADS = integer("WEB_THREADS", 16, 1, 256)
PRACTICE_PORT = integer("PRACTICE_PORT", PORT + 1 if PORT < 65535 else PORT - 1, 1, 65535)
if PRACTICE_PORT == PORT:
    raise ImproperlyConfigured("PRACTICE_PORT must be another port than PORT.")

MINIMAX_API_KEY = read(
    env.str,
    "MINIMAX_API_KEY",
    "",
    "one word of printable ASCII characters",
    validate=matching(r"[!-~]*"),
)
PRACTICE_MODE = not MINIMAX_API_KEY
MINIMAX_BASE_URL = read(
    env.str,
    "MINIMAX_BASE_URL",
    "https://api.minimax.io",
    "an address such as https://api.minimax.io, without a password or a query",
    validate=web_address,
).rstrip("/")
MINIMAX_GROUP_ID = read(
    env.str, "MINIMAX_GROUP_ID", "", "one word", validate=matching(r"[A-Za-z0-9_-]*")
)
MINIMAX_UPLOAD_PATH = read(
    env.str,
    "MINIMAX_UPLOAD_PATH",
    "/v1/files/upload",
    "a path such as /v1/files/upload",
    validate=matching(r"/[A-Za-z0-9._~/-]+"),
)
MINIMAX_CONNECT_TIMEOUT = seconds("MINIMAX_CONNECT_TIMEOUT", 10.0)
MINIMAX_READ_TIMEOUT = seconds("MINIMAX_READ_TIMEOUT", 120.0)
MINIMAX_MODELS = names(
    "MINIMAX_MODELS",
    [
        f"speech-{version}-{kind}"
        for version in ("2.8", "2.6", "02", "01")
        for kind in ("hd", "turbo")
    ],
    "a list of model names, separated by commas",
    r"\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*",
)
# Which provider a file_id or a voice_id belongs to: that of another one means nothing here.
MINIMAX_PROVIDER = "practice"
if PRACTICE_MODE:
    MINIMAX_BASE_URL = f"http://127.0.0.1:{PRACTICE_PORT}"
else:
    MINIMAX_PROVIDER = MINIMAX_BASE_URL.partition("://")[2].lower()

PRICE_CLONE = money("PRICE_CLONE", "1.50")
PRICE_HD_PER_MILLION = money("PRICE_HD_PER_MILLION", "100")
PRICE_TURBO_PER_MILLION = money("PRICE_TURBO_PER_MILLION", "60")
CURRENCY = read(
    env.str, "CURRENCY", "$", "a sign or a short code such as $", validate=matching(r"\S{1,8}")
)
UPLOAD_MAX_BYTES = integer("UPLOAD_MAX_BYTES", 200 * 1024**2, 1024, 10 * 1024**3)
DEMO_MAX_BYTES = integer("DEMO_MAX_BYTES", 50 * 1024**2, 1024, 1024**3)
DEMO_TIMEOUT_SECONDS = seconds("DEMO_TIMEOUT_SECONDS", 60.0)

# --- the worker -----------------------------------------------------------------------------------

WORKER_THREADS = integer("WORKER_THREADS", 8, 1, 64)
HEARTBEAT_SECONDS = seconds("HEARTBEAT_SECONDS", 5.0)
LEASE_SECONDS = seconds("LEASE_SECONDS", 20.0)
if LEASE_SECONDS < 2 * HEARTBEAT_SECONDS:
    raise ImproperlyConfigured("LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS.")


class QueueConnection(sqlite3.Connection):
    """The queue's connection: it need not wait for the disk, since lost jobs are found again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA synchronous=NORMAL")


HUEY = {
    "name": "voicestudio",
    "huey_class": "huey.SqliteHuey",
    "filename": str(DATA_DIR / "queue.sqlite3"),
    "factory": QueueConnection,
    "timeout": 20,
    "cache_mb": 1,
    "immediate": False,
    # What a job comes to stands in the attempt's row; huey would keep every failure for ever.
    "results": False,
}
TASKS = {
    "default": {
        "BACKEND": "huey.contrib.djhuey.tasks_backend.HueyBackend",
        # A job must not be seen before the row that it is about.
        "OPTIONS": {"enqueue_on_commit": True},
    }
}

# --- the database ---------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SQLITE_OPTIONS = {
    # Take the write lock when a transaction begins: asking for it later fails instead of waiting.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4000;"
        "PRAGMA mmap_size=134217728; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864"
    ),
}


def database(url: str) -> dict[str, Any]:
    """The database behind an address, with what each kind needs to run well."""
    wanted = "an address such as postgres://user:password@host/name or sqlite:////path/to/file"
    try:
        found: dict[str, Any] = dict(dj_database_url.parse(url))
        engine = str(found["ENGINE"]).rpartition(".")[2]
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL must be {wanted}.") from error
    if engine not in {"sqlite3", "postgresql"} or not found["NAME"]:
        raise ImproperlyConfigured(f"DATABASE_URL must be {wanted}.")
    if engine == "sqlite3":
        found["OPTIONS"] = {**found.get("OPTIONS", {}), **SQLITE_OPTIONS}
        found["CONN_MAX_AGE"] = None
    else:
        # psycopg's own prepared statements would plan a trigram search without its words.
        found["OPTIONS"] = {**found.get("OPTIONS", {}), "prepare_threshold": None}
        found["CONN_MAX_AGE"] = 60
        found["CONN_HEALTH_CHECKS"] = True
    return found


DATABASES = {
    "default": database(
        read(env.str, "DATABASE_URL", f"sqlite:///{DATA_DIR / 'studio.sqlite3'}", "an address")
    )
}

# --- the web --------------------------------------------------------------------------------------

ALLOWED_HOSTS = names(
    "ALLOWED_HOSTS",
    ["localhost", "127.0.0.1", "[::1]"],
    "a list of host names, separated by commas",
    r"\s*(\*|\.?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])\s*",
)
# A reverse proxy in front speaks HTTPS and sets X-Forwarded-Proto and X-Forwarded-For.
HTTPS = switch("VOICESTUDIO_HTTPS")
CSRF_TRUSTED_ORIGINS = read(
    env.list,
    "CSRF_TRUSTED_ORIGINS",
    [],
    "a list of addresses such as https://studio.example.com, separated by commas",
    validate=web_addresses,
)
LOG_LEVEL = read(
    env.str,
    "LOG_LEVEL",
    "INFO",
    "one of DEBUG, INFO, WARNING, ERROR",
    validate=matching("DEBUG|INFO|WARNING|ERROR"),
)

ROOT_URLCONF = "voicestudio.urls"
WSGI_APPLICATION = "voicestudio.wsgi.application"
INSTALLED_APPS = [
    "voicestudio",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Safe here: Django masks its CSRF token anew for every page and pads what it compresses.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Before the CSRF check, which reads the body: that of a stranger is never read.
    "voicestudio.views.signing_in.SignInRequiredMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "voicestudio.bundles.BundleFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Pages name the hashed files only: half the work at the first start.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Every upload goes to disk, so that memory does not grow with the file.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- signing in -----------------------------------------------------------------------------------

LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
CSRF_FAILURE_VIEW = "voicestudio.views.signing_in.token_outdated"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "voicestudio.views.signing_in.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS

SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "media-src": [CSP.SELF, "blob:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    AXES_IPWARE_PROXY_COUNT = 1
# Subdomains and the browsers' preload list are for the owner of the whole domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- the log --------------------------------------------------------------------------------------


class WithoutKeys(logging.Formatter):
    """Whatever a record says, the provider's key is not in it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one text, the key taken out of message and traceback alike."""
        text = super().format(record)
        return text.replace(MINIMAX_API_KEY, "[key]") if MINIMAX_API_KEY else text


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": WithoutKeys,
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {
        # A 503 is an answer, not a failure of ours: "not well", "not yet", said on purpose.
        "unless_503": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: getattr(record, "status_code", 0) != 503,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"filters": ["unless_503"]},
        "django.server": {"handlers": [], "propagate": True},
        "huey": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}

# --- typing errors --------------------------------------------------------------------------------

for name in {*os.environ, *from_file} - KNOWN:
    near = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.8)
    # The file may serve other programs too: a name there is wrong only if it looks like ours.
    if name.startswith(("MINIMAX_", "VOICESTUDIO_")) or (near and name in from_file):
        hint = f"; did you mean {near[0]}?" if near else "."
        raise ImproperlyConfigured(f"{name} is not a setting of Voice Studio{hint}")
