"""Log: records on stderr, as plain text or as one line of JSON each, never with a secret."""

import importlib.util
import json
import logging
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, PermissionDenied

from . import environment
from .environment import env, is_confidential, matches, read, read_secret, remember_secret

LOG_LEVEL = read(
    env.str,
    "LOG_LEVEL",
    "INFO",
    "one of DEBUG, INFO, WARNING, ERROR",
    validate=matches("DEBUG|INFO|WARNING|ERROR"),
)


LOG_FORMAT = read(env.str, "LOG_FORMAT", "plain", "plain or json", validate=matches("plain|json"))

# Who sends it may read /metrics; without one the address does not exist.
METRICS_TOKEN = read_secret(
    "METRICS_TOKEN",
    "one word of at least 16 printable ASCII characters",
    validate=matches(r"|[!-~]{16,}"),
)


def check_dsn(value: str) -> None:
    """Accept http(s)://key@host/project, with https unless it is in the own network."""
    matches(r"|https?://[^\s/@:]+@[^\s/@?#]+(/[^\s?#]+)?/[0-9]+")(value)
    if value and not is_confidential(value):
        raise ValueError


# Where errors are reported to, too.
SENTRY_DSN = read_secret(
    "SENTRY_DSN",
    "an address such as https://key@sentry.example.com/1, with https unless it is in your own "
    "network",
    validate=check_dsn,
)
# The key alone is as secret as the whole address.
remember_secret("SENTRY_DSN", {SENTRY_DSN, urlsplit(SENTRY_DSN).username or ""})
if SENTRY_DSN and importlib.util.find_spec("sentry_sdk") is None:
    raise ImproperlyConfigured(
        "SENTRY_DSN needs the package sentry-sdk: install requirements-sentry.lock, or leave "
        "SENTRY_DSN empty."
    )


# The password of any URL, however short it is.
URL_PASSWORD = re.compile(r"(?<=://)([^\s/@:]*):[^\s/@]+(?=@)")


def redact(text: str) -> str:
    """Replace every secret in a text, in all forms, and the password of every URL."""
    text = URL_PASSWORD.sub(r"\1:[key]", text)
    # Not imported by name, since that would make it a setting of Django.
    forms = {form for forms in environment.SECRETS.values() for form in forms}
    # Otherwise a secret that begins like a longer one would leave the rest of that one.
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "[key]")
    return text


class RedactingFormatter(logging.Formatter):
    """Replaces every secret in every record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text, message and traceback without secrets."""
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """Writes each record as one line of JSON, with the IDs of request, paid call and person.

    Own code, because it is shorter than the configuration of python-json-logger would be, and
    secrets have to be replaced before JSON escapes them.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, message and traceback without secrets."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            **getattr(record, "context", {}),
        }
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = redact(record.stack_info)
        return json.dumps(line)


def _is_refusal(record: logging.LogRecord) -> bool:
    return record.exc_info is not None and isinstance(record.exc_info[1], PermissionDenied)


# The level of libraries that log every step.
LIBRARY_LEVEL = "ERROR" if LOG_LEVEL == "ERROR" else "WARNING"
# Also for the page that DEBUG=true shows instead of "Something went wrong".
DEFAULT_EXCEPTION_REPORTER = "voicestudio.settings.error_report.RedactedReporter"
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": RedactingFormatter,
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": JsonFormatter},
    },
    "filters": {
        "context": {"()": "voicestudio.services.log_context.AddContext"},
        # A person without the right; `views/permitted.py` logs it in one line.
        "unless_refused": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: not _is_refusal(record),
        },
        # The app answers 503 on purpose, from the health check and during start.
        "unless_503": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: getattr(record, "status_code", 0) != 503,
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["context"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # Two lines for every job would repeat the history.
        "django.tasks": {"level": "WARNING" if LOG_LEVEL == "INFO" else LOG_LEVEL},
        "django.request": {"filters": ["unless_503", "unless_refused"]},
        "django.server": {"handlers": [], "propagate": True},
        "huey": {"level": LIBRARY_LEVEL},
    },
}
if SENTRY_DSN:
    LOGGING["handlers"]["sentry"] = {
        "class": "voicestudio.settings.sentry.SentryHandler",
        "level": "ERROR",
        "filters": ["context"],
    }
    LOGGING["root"]["handlers"].append("sentry")
