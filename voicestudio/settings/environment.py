"""Environment: reads and checks one variable of the environment or of the .env file."""

import base64
import difflib
import html
import io
import ipaddress
import json
import os
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values
from dotenv.parser import parse_stream
from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent.parent


env = Env()
# The names of all variables; a test compares them with the documentation.
KNOWN = {"VOICESTUDIO_ENV_FILE"}
# What each of them is set to; "" where the default serves.
SET_VALUES: dict[str, str] = {}
# Every way in which a text may write each secret; logs and error reports show none of them.
SECRETS: dict[str, set[str]] = {}
# A shorter one is a word that other texts may use, too.
MIN_SECRET_LENGTH = 6


def read[T](reader: Callable[..., T], name: str, default: Any, expected: str, **rules: Any) -> T:
    """Return one variable; raises ImproperlyConfigured with `expected` for an invalid value."""
    KNOWN.add(name)
    # An empty line in .env means the same as no line.
    if not os.environ.get(name, "").strip():
        os.environ.pop(name, None)
    SET_VALUES[name] = os.environ.get(name, "").strip()
    try:
        return reader(name, default, **rules)
    except (EnvError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} must be {expected}.") from error


def read_secret(name: str, expected: str, *, is_url: bool = False, **rules: Any) -> str:
    """Return a secret, from the variable or from the file that NAME_FILE names; "" without both.

    Of a URL only the password is secret.
    """
    path = os.environ.get(f"{name}_FILE", "").strip()
    if path and os.environ.get(name, "").strip():
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    reader = partial(read_file, path) if path else env.str
    value: str = read(reader, name, "", expected, **rules)
    remember_secret(name, url_passwords(value) if is_url else {value})
    return value


def remember_secret(name: str, values: Iterable[str]) -> None:
    """Keep what must not be shown of a setting."""
    long = [value for value in values if len(value) >= MIN_SECRET_LENGTH]
    SECRETS[name] = {form for value in long for form in written_forms(value)}


def written_forms(secret: str) -> set[str]:
    """Return a secret as it is, and as URLs, base64, JSON, Python and HTML write it."""
    forms = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(secret.encode()).decode().rstrip("="),
    }
    for shift in range(3):  # behind other bytes, as in "user:password"
        packed = base64.b64encode(b" " * shift + secret.encode()).decode()
        inner = packed[4 if shift else 0 : -4]  # the ends depend on the neighbours
        forms |= {inner} if len(inner) >= 8 else set()
    for _ in range(2):  # an error that names another error escapes its text a second time
        escaped = {(json.dumps(form)[1:-1], repr(form)[1:-1], html.escape(form)) for form in forms}
        forms = forms.union(*escaped)
    return forms


def url_passwords(url: str) -> set[str]:
    """Return the passwords in a URL and in its query, as written there and decoded."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return set()
    in_query = {value for name, value in parse_qsl(parts.query) if "password" in name}
    written = parts.password or ""
    return {written, unquote(written), *in_query}


def read_file(
    path: str, name: str, _default: str, validate: Callable[[str], None] = lambda _value: None
) -> str:
    """Return the text of a file as the value of a variable. Raises what `validate` raises.

    The environment does not change: child processes read the file themselves.
    """
    try:
        value = Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE must be a file that can be read.") from error
    if not value:  # an empty key would mean practice mode
        raise ImproperlyConfigured(f"{name}_FILE must be a file with a value.")
    validate(value)
    return value


def read_integer(name: str, default: int, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`."""
    expected = f"a whole number from {low} to {high}"
    return read(env.int, name, default, expected, validate=in_range(low, high))


def read_seconds(name: str, default: float) -> float:
    """Return a duration in seconds."""
    expected = "a number of seconds, more than 0 and at most 3600"
    return read(env.float, name, default, expected, validate=in_range(0.001, 3600))


def read_price(name: str, default: str) -> Decimal:
    """Return a price."""
    expected = "a price such as 1.50, not negative"
    return read(env.decimal, name, Decimal(default), expected, validate=in_range(0, 1_000_000))


def read_optional_amount(name: str) -> Decimal | None:
    """Return an amount of money, or None if the variable is empty."""
    expected = "an amount such as 50, not negative, or empty"
    return read(env.decimal, name, None, expected, validate=in_range(0, 1_000_000))


def read_boolean(name: str, default: bool = False) -> bool:
    """Return true or false."""
    return read(env.bool, name, default, "true or false")


def read_list(name: str, default: Iterable[str], expected: str, pattern: str) -> list[str]:
    """Return a non-empty list, separated by commas, of items that match `pattern`."""

    def check(values: list[str]) -> None:
        if not values:
            raise ValueError
        for value in values:
            matches(pattern)(value)

    values = read(env.list, name, list(default), expected, validate=check)
    return [value.strip() for value in values]


def in_range(low: float, high: float) -> Callable[[Any], None]:
    """Return a validator for numbers, which also refuses NaN."""

    def check(value: Any) -> None:
        if not low <= value <= high:
            raise ValueError

    return check


def matches(pattern: str) -> Callable[[str], None]:
    """Return a validator for texts."""

    def check(value: str) -> None:
        if not re.fullmatch(pattern, value):
            raise ValueError

    return check


def check_url(value: str) -> None:
    """Accept http(s)://host[:port][/prefix] without password, query or fragment."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError
    if parts.username or parts.password or parts.query or parts.fragment or re.search(r"\s", value):
        raise ValueError


def check_urls(values: list[str]) -> None:
    """Accept a list of such URLs."""
    for value in values:
        check_url(value)


def is_confidential(url: str) -> bool:
    """Whether the connection is encrypted or stays in the private network."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or ("." not in host and ":" not in host):
        return True  # a name without a dot is a host of the local network
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host.endswith((".internal", ".local", ".localhost", ".lan", ".home.arpa"))


# Variables that begin like this are ours.
PREFIXES = ("MINIMAX_", "OIDC_", "VOICESTUDIO_")


def check_unknown_names() -> None:
    """Raise ImproperlyConfigured for a name that looks like one of ours and is no setting."""
    files = {f"{name}_FILE" for name in SECRETS}
    for name in {*os.environ, *from_file} - KNOWN - files:
        similar = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.8)
        # Other programs may use the same file, so an unknown name there must resemble a setting.
        if name.startswith(PREFIXES) or (similar and name in from_file):
            hint = f"; did you mean {similar[0]}?" if similar else "."
            raise ImproperlyConfigured(f"{name} is not a setting of Voice Studio{hint}")


def parse_env_file(path: Path) -> dict[str, str]:
    """Return the variables of a .env file; raises ImproperlyConfigured if a line is invalid."""
    try:
        # utf-8-sig, because editors on Windows add a byte order mark.
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path} must be a readable text file in UTF-8.") from error
    for line in parse_stream(io.StringIO(text)):
        # python-dotenv accepts a line without "=", but the setting would be ignored.
        if line.error or "\0" in line.original.string or (line.key and line.value is None):
            raise ImproperlyConfigured(
                f"{path} is invalid in line {line.original.line}: write NAME=value."
            )
    return {name: value or "" for name, value in dotenv_values(stream=io.StringIO(text)).items()}


# Variables of the process override the file.
from_file: dict[str, str] = {}
env_file = os.environ.get("VOICESTUDIO_ENV_FILE", str(BASE_DIR / ".env"))
if env_file and Path(env_file).is_file():
    from_file = parse_env_file(Path(env_file))
    for name, value in from_file.items():
        if not os.environ.get(name, "").strip():
            os.environ[name] = value
elif env_file and "VOICESTUDIO_ENV_FILE" in os.environ:
    raise ImproperlyConfigured("VOICESTUDIO_ENV_FILE must be the path of a file that exists.")
