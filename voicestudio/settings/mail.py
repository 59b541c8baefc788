"""Mail: the server for the daily reminder; none is sent without a host."""

from typing import Any

from .environment import env, matches, read, read_integer, read_secret

MAIL_HOST = read(env.str, "MAIL_HOST", "", "a host name", validate=matches(r"[A-Za-z0-9.:_-]*"))
MAIL_PORT = read_integer("MAIL_PORT", 587, 1, 65535)
MAIL_USER = read(env.str, "MAIL_USER", "", "a user name")
MAIL_PASSWORD = read_secret("MAIL_PASSWORD", "a password")
MAIL_SECURITY = read(
    env.str,
    "MAIL_SECURITY",
    "starttls",
    "one of starttls, tls, none",
    validate=matches("starttls|tls|none"),
)
MAIL_FROM = read(
    env.str,
    "MAIL_FROM",
    "Voice Studio <studio@localhost>",
    "an address such as studio@example.com",
    validate=matches(r"[^\r\n]+@[^\r\n]+"),
)
DEFAULT_FROM_EMAIL = MAIL_FROM
MAILERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": MAIL_HOST or "localhost",
            "port": MAIL_PORT,
            "username": MAIL_USER,
            "password": MAIL_PASSWORD,
            "use_tls": MAIL_SECURITY == "starttls",
            "use_ssl": MAIL_SECURITY == "tls",
            "timeout": 20,
        },
    }
}
