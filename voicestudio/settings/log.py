"""Log: one line per record on stderr, never with a secret."""

import logging

from django.core.exceptions import PermissionDenied

from .environment import MIN_SECRET_LENGTH, SECRETS, env, matches, read

LOG_LEVEL = read(
    env.str,
    "LOG_LEVEL",
    "INFO",
    "one of DEBUG, INFO, WARNING, ERROR",
    validate=matches("DEBUG|INFO|WARNING|ERROR"),
)


class RedactingFormatter(logging.Formatter):
    """Replaces every secret in every record."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text, message and traceback without secrets."""
        text = super().format(record)
        for secret in SECRETS.values():
            if len(secret) >= MIN_SECRET_LENGTH:
                text = text.replace(secret, "[key]")
        return text


def _is_refusal(record: logging.LogRecord) -> bool:
    return record.exc_info is not None and isinstance(record.exc_info[1], PermissionDenied)


# The level of libraries that log every step.
LIBRARY_LEVEL = "ERROR" if LOG_LEVEL == "ERROR" else "WARNING"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": RedactingFormatter,
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {
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
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
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
