"""MiniMax: what the provider accepts in a request. The one home of these values in the app.

Source of every value: provider.md, the section named beside it. The rules of `practice/` repeat
them on purpose: the stand-in shares no code with the client, so that a slip here fails a test.
Lengths and sizes of recordings are in `audio/rules.py`, since they need a decoder to be checked.
"""

import re
from decimal import Decimal
from typing import Final

# "voice_clone"
MAX_PREVIEW_CHARACTERS: Final = 1_000
MAX_VALIDATION_CHARACTERS: Final = 200
ACCURACY_RANGE: Final = (Decimal(0), Decimal(1))
VOICE_ID_PATTERN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]")
MIN_VOICE_ID_LENGTH: Final = 8
MAX_VOICE_ID_LENGTH: Final = 256

# "Calls", t2a_v2: less than 10,000 characters. Both ends of a range are allowed.
MAX_SPEECH_CHARACTERS: Final = 9_999
SPEED_RANGE: Final = (Decimal("0.5"), Decimal(2))
VOLUME_RANGE: Final = (Decimal("0.01"), Decimal(10))  # above 0; two places are sent
PITCH_RANGE: Final = (-12, 12)  # semitones
SPEECH_FORMATS: Final = ("mp3", "wav", "flac")

# "voice_clone", languages, as written on the wire.
AUTO_LANGUAGE: Final = "auto"
LANGUAGES: Final = (
    "Chinese", "Chinese,Yue", "English", "Arabic", "Russian", "Spanish", "French", "Portuguese",
    "German", "Turkish", "Dutch", "Ukrainian", "Vietnamese", "Indonesian", "Japanese", "Italian",
    "Korean", "Thai", "Polish", "Romanian", "Greek", "Czech", "Finnish", "Hindi", "Bulgarian",
    "Danish", "Hebrew", "Malay", "Persian", "Slovak", "Swedish", "Croatian", "Filipino",
    "Hungarian", "Norwegian", "Slovenian", "Catalan", "Nynorsk", "Tamil", "Afrikaans",
)  # fmt: skip
_NOT_IN_OLD_MODELS: Final = frozenset({"Persian", "Filipino", "Tamil"})
_OLD_MODELS: Final = ("speech-01-", "speech-02-")

# "Text marks": sounds in parentheses, such as `(breath)`.
TAGS: Final = (
    "laughs", "chuckle", "coughs", "clear-throat", "groans", "breath", "pant", "inhale", "exhale",
    "gasps", "sniffs", "sighs", "snorts", "burps", "lip-smacking", "humming", "hissing", "emm",
    "sneezes", "whistles", "crying", "applause",
)  # fmt: skip
_MIN_TAG_VERSION: Final = (2, 8)
# "Text marks": a pause such as `<#0.5#>`, in seconds.
PAUSE_RANGE: Final = (0.01, 99.99)


def supports_language(model: str, language: str) -> bool:
    """Whether `model` speaks `language`. Source: provider.md, "voice_clone"."""
    return not (language in _NOT_IN_OLD_MODELS and model.startswith(_OLD_MODELS))


def supports_tags(model: str) -> bool:
    """Whether `model` performs tags instead of reading them out. Source: "Text marks"."""
    version = re.match(r"speech-(\d+)\.(\d+)", model)
    return version is not None and (int(version[1]), int(version[2])) >= _MIN_TAG_VERSION
