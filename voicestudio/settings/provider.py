"""Provider: MiniMax, a gateway or the stand-in of practice mode; prices and limits."""

import os

from django.core.exceptions import ImproperlyConfigured

from .environment import (
    check_url,
    env,
    is_confidential,
    matches,
    read,
    read_integer,
    read_list,
    read_optional_amount,
    read_price,
    read_seconds,
    read_secret,
)
from .web import PORT

PRACTICE_PORT = read_integer("PRACTICE_PORT", PORT + 1 if PORT < 65535 else PORT - 1, 1, 65535)
# Then another one can be taken if it is in use.
PRACTICE_PORT_IS_FIXED = "PRACTICE_PORT" in os.environ
if PRACTICE_PORT == PORT:
    raise ImproperlyConfigured("PRACTICE_PORT must be another port than PORT.")

MINIMAX_API_KEY = read_secret(
    "MINIMAX_API_KEY", "one word of printable ASCII characters", validate=matches(r"[!-~]*")
)
PRACTICE_MODE = not MINIMAX_API_KEY
MINIMAX_BASE_URL = read(
    env.str,
    "MINIMAX_BASE_URL",
    "https://api.minimax.io",
    "an address such as https://api.minimax.io, without a password or a query",
    validate=check_url,
)
MINIMAX_BASE_URL = MINIMAX_BASE_URL.rstrip("/").removesuffix("/v1").rstrip("/")
if "/v1/" in MINIMAX_BASE_URL:
    raise ImproperlyConfigured(
        "MINIMAX_BASE_URL must end before /v1, for example https://api.minimax.io: the studio adds "
        "/v1 and the name of the call."
    )
if MINIMAX_API_KEY and not is_confidential(MINIMAX_BASE_URL):
    raise ImproperlyConfigured(
        "MINIMAX_BASE_URL must begin with https: over http, others could read the key."
    )
MINIMAX_GROUP_ID = read(
    env.str, "MINIMAX_GROUP_ID", "", "one word", validate=matches(r"[A-Za-z0-9_-]*")
)
MINIMAX_UPLOAD_PATH = read(
    env.str,
    "MINIMAX_UPLOAD_PATH",
    "/v1/files/upload",
    "a path such as /v1/files/upload",
    validate=matches(r"/[A-Za-z0-9._~/-]+"),
)
MINIMAX_CONNECT_TIMEOUT = read_seconds("MINIMAX_CONNECT_TIMEOUT", 10.0)
MINIMAX_READ_TIMEOUT = read_seconds("MINIMAX_READ_TIMEOUT", 120.0)
MINIMAX_MODELS = read_list(
    "MINIMAX_MODELS",
    [
        f"speech-{version}-{kind}"
        for version in ("2.8", "2.6", "02", "01")
        for kind in ("hd", "turbo")
    ],
    "a list of model names, separated by commas",
    r"\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*",
)
# Hosts of one region know the same accounts. Source: provider.md, "Transport".
ALIASES = {
    "api-uw.minimax.io": "api.minimax.io",
    "api.minimaxi.com": "api.minimax.cn",
    "api-bj.minimaxi.com": "api.minimax.cn",
    "api.minimax.chat": "api.minimax.cn",
}
# The account that a file_id or voice_id belongs to; IDs of another account are not valid.
MINIMAX_ACCOUNT = read(
    env.str, "MINIMAX_ACCOUNT", "", "one word", validate=matches(r"|[^\s]{1,200}")
)
MINIMAX_PROVIDER = "practice"
if PRACTICE_MODE:
    MINIMAX_BASE_URL = f"http://127.0.0.1:{PRACTICE_PORT}"
else:
    address = MINIMAX_BASE_URL.partition("://")[2].lower()
    MINIMAX_PROVIDER = MINIMAX_ACCOUNT or ALIASES.get(address, address)

PRICE_CLONE = read_price("PRICE_CLONE", "1.50")
PRICE_HD_PER_MILLION = read_price("PRICE_HD_PER_MILLION", "100")
PRICE_TURBO_PER_MILLION = read_price("PRICE_TURBO_PER_MILLION", "60")
# Source: provider.md, "Life and money": a Han character counts as two.
BILLED_PER_HAN = read_integer("BILLED_PER_HAN", 2, 1, 10)
# Some gateways charge the clone fee at once instead of at the first real speech.
CLONE_FEE_AT_ONCE = read(env.bool, "CLONE_FEE_AT_ONCE", False, "true or false")
CURRENCY = read(
    env.str, "CURRENCY", "$", "a sign or a short code such as $", validate=matches(r"\S{1,8}")
)
# Paid calls stop at this amount in a month; empty means no limit.
MONTHLY_LIMIT = read_optional_amount("MONTHLY_LIMIT")

# Source: provider.md, "Life and money": 60 clones and at least 20 speech requests a minute.
CLONE_RPM = read_integer("CLONE_RPM", 60, 1, 10_000)
SPEECH_RPM = read_integer("SPEECH_RPM", 20, 1, 10_000)
RATE_WINDOW_SECONDS = 60.0  # the window of CLONE_RPM and SPEECH_RPM; shorter in tests

UPLOAD_MAX_BYTES = read_integer("UPLOAD_MAX_BYTES", 1024**3, 1024, 10 * 1024**3)
AUDIO_MAX_BYTES = read_integer("AUDIO_MAX_BYTES", 256 * 1024**2, 1024, 1024**3)
AUDIO_TIMEOUT_SECONDS = read_seconds("AUDIO_TIMEOUT_SECONDS", 60.0)
