"""Log: one line each on stderr, never with the key."""

import logging

from .provider import MINIMAX_API_KEY
from .reading import env, matching, read

LOG_LEVEL = read(
    env.str,
    "LOG_LEVEL",
    "INFO",
    "one of DEBUG, INFO, WARNING, ERROR",
    validate=matching("DEBUG|INFO|WARNING|ERROR"),
)


class WithoutKeys(logging.Formatter):
    """Whatever a record says, the provider's key is not in it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one text, the key taken out of message and traceback alike."""
        text = super().format(record)
        return text.replace(MINIMAX_API_KEY, "[key]") if MINIMAX_API_KEY else text


# For those who speak of every step.
AT_LEAST_WARNING = "ERROR" if LOG_LEVEL == "ERROR" else "WARNING"
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
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # Two lines for every job say nothing that the history does not.
        "django.tasks": {"level": "WARNING" if LOG_LEVEL == "INFO" else LOG_LEVEL},
        "django.request": {"filters": ["unless_503"]},
        "django.server": {"handlers": [], "propagate": True},
        "huey": {"level": AT_LEAST_WARNING},
        "axes": {"level": AT_LEAST_WARNING},
    },
}
