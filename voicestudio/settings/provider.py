"""Provider: MiniMax or a gateway, what it costs, or the stand-in of practice mode."""

from django.core.exceptions import ImproperlyConfigured

from .reading import (
    env,
    integer,
    matching,
    money,
    names,
    optional_money,
    read,
    seconds,
    stays_inside,
    web_address,
)
from .web import PORT

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
if MINIMAX_API_KEY and not stays_inside(MINIMAX_BASE_URL):
    raise ImproperlyConfigured(
        "MINIMAX_BASE_URL must begin with https: over http anybody on the way could read the key."
    )
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
# Above this, no more calls that cost money in a month; no limit if it is empty.
MONTHLY_LIMIT = optional_money("MONTHLY_LIMIT")

# Source: provider.md, "Life and money": 60 clones a minute, speech from 20 on.
CLONE_RPM = integer("CLONE_RPM", 60, 1, 10_000)
SPEECH_RPM = integer("SPEECH_RPM", 20, 1, 10_000)
RATE_WINDOW_SECONDS = 60.0  # not from the environment: it is what "a minute" means

UPLOAD_MAX_BYTES = integer("UPLOAD_MAX_BYTES", 1024**3, 1024, 10 * 1024**3)
AUDIO_MAX_BYTES = integer("AUDIO_MAX_BYTES", 50 * 1024**2, 1024, 1024**3)
AUDIO_TIMEOUT_SECONDS = seconds("AUDIO_TIMEOUT_SECONDS", 60.0)
