"""OpenID Connect: the provider with whose accounts people may sign in; none without an issuer."""

import ipaddress
import json
import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from .environment import check_url, env, matches, read, read_boolean, read_secret

# The longest name of a provider that django-allauth stores with a joined account.
LONGEST_ISSUER = 200
ROLE = re.compile(r"administrator|auditor|.+:(manager|reviewer|viewer)")


def check_issuer(url: str) -> None:
    """Accept https, or http on this machine: tokens and the secret travel to this address."""
    if not url:
        return
    check_url(url)
    parts = urlsplit(url)
    if len(url) > LONGEST_ISSUER or (parts.scheme != "https" and not is_loopback(parts.hostname)):
        raise ValueError


def is_loopback(host: str | None) -> bool:
    """Whether this is a name or an address of this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def parse_roles(text: str) -> dict[str, dict[str, list[str]]]:
    """Claim -> value -> roles; raises ValueError. One role may stand without a list."""
    found: dict[str, dict[str, list[str]]] = {}
    for claim, values in _pairs(json.loads(text or "{}")):
        found[claim] = {}
        for value, roles in _pairs(values):
            listed = [roles] if isinstance(roles, str) else roles
            if not isinstance(listed, list) or not listed:
                raise ValueError(value)
            if not all(isinstance(role, str) and ROLE.fullmatch(role) for role in listed):
                raise ValueError(value)
            found[claim][value] = listed
    return found


def _pairs(value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise ValueError(value)
    return list(value.items())


OIDC_ISSUER = read(
    env.str,
    "OIDC_ISSUER",
    "",
    "an address such as https://login.example.com, with https unless it is on this machine",
    validate=check_issuer,
).rstrip("/")
OIDC_CLIENT_ID = read(
    env.str,
    "OIDC_CLIENT_ID",
    "",
    "at most 191 printable ASCII characters",
    validate=matches(r"[ -~]{0,191}"),
)
OIDC_CLIENT_SECRET = read_secret(
    "OIDC_CLIENT_SECRET", "printable ASCII characters", validate=matches(r"[ -~]*")
)
OIDC_NAME = read(
    env.str, "OIDC_NAME", "", "a name of at most 40 characters", validate=matches(r".{0,40}")
)
# Whether the provider asks for a second factor, so that the studio doesn't.
OIDC_SECOND_FACTOR = read_boolean("OIDC_SECOND_FACTOR")
_roles = read(
    env.str,
    "OIDC_ROLES",
    "",
    'JSON such as {"groups": {"voice-admins": "administrator", "dragon": ["Dragon:manager"]}}',
    validate=parse_roles,
)
OIDC_ROLES = parse_roles(_roles)

_REQUIRED = {
    "OIDC_ISSUER": OIDC_ISSUER,
    "OIDC_CLIENT_ID": OIDC_CLIENT_ID,
    "OIDC_CLIENT_SECRET": OIDC_CLIENT_SECRET,
}
_missing = [name for name, value in _REQUIRED.items() if not value]
if _missing and (len(_missing) < len(_REQUIRED) or OIDC_NAME or _roles or OIDC_SECOND_FACTOR):
    raise ImproperlyConfigured(
        f"OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are set together; missing: "
        f"{', '.join(_missing)}."
    )
OIDC_NAME = OIDC_NAME or urlsplit(OIDC_ISSUER).hostname or ""

# django-allauth. The provider is described in views/openid_provider.py, since it depends on the
# settings only; nothing about it is read from the database.
SOCIALACCOUNT_ADAPTER = "voicestudio.views.openid_adapter.OpenIDAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5  # seconds for one answer of the provider
