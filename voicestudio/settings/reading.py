"""Reading: one variable of the environment or of .env, or one sentence that names it."""

import difflib
import io
import ipaddress
import os
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values
from dotenv.parser import parse_stream
from environs import Env, EnvError

BASE_DIR = Path(__file__).resolve().parent.parent.parent


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


def stays_inside(address: str) -> bool:
    """Whether nobody outside reads what goes there: https, or a host of this network."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "https" or ("." not in host and ":" not in host):
        return True  # a name without a dot is this machine, or one beside it
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host.endswith((".internal", ".local", ".localhost", ".lan", ".home.arpa"))


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


def optional_money(name: str) -> Decimal | None:
    """An amount, or none at all."""
    wanted = "an amount such as 50, not negative, or empty"
    return read(env.decimal, name, None, wanted, validate=between(0, 1_000_000))


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


def refuse_unknown_names() -> None:
    """Stop the start at a name of ours that no setting has: it is a typing error."""
    for name in {*os.environ, *from_file} - KNOWN:
        near = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.8)
        # The file may serve other programs too: a name there is wrong only if it looks like ours.
        if name.startswith(("MINIMAX_", "VOICESTUDIO_")) or (near and name in from_file):
            hint = f"; did you mean {near[0]}?" if near else "."
            raise ImproperlyConfigured(f"{name} is not a setting of Voice Studio{hint}")


def variables_of(path: Path) -> dict[str, str]:
    """What the file says; ImproperlyConfigured where it is no text or a line makes no sense."""
    try:
        # What Windows puts before a text is no part of the first name.
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path} must be a readable text file in UTF-8.") from error
    for line in parse_stream(io.StringIO(text)):
        # A line without "=" is none either; the settings would be read as if it were not there.
        if line.error or "\0" in line.original.string or (line.key and line.value is None):
            raise ImproperlyConfigured(
                f"{path} makes no sense in line {line.original.line}: write NAME=value."
            )
    return {name: value or "" for name, value in dotenv_values(stream=io.StringIO(text)).items()}


# The environment goes before the file.
from_file: dict[str, str] = {}
env_file = os.environ.get("VOICESTUDIO_ENV_FILE", str(BASE_DIR / ".env"))
if env_file and Path(env_file).is_file():
    from_file = variables_of(Path(env_file))
    for name, value in from_file.items():
        if not os.environ.get(name, "").strip():
            os.environ[name] = value
elif env_file and "VOICESTUDIO_ENV_FILE" in os.environ:
    raise ImproperlyConfigured("VOICESTUDIO_ENV_FILE must be the path of a file that exists.")
