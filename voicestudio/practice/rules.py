"""Practice, rules: parses and checks the body of a call. Source: provider.md, "voice_clone".

The limits repeat `minimax/limits.py` on purpose, so that a slip in either fails a test.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from voicestudio.practice.faults import Refusal

PURPOSES = ("voice_clone", "prompt_audio")
EXTENSIONS = ("mp3", "m4a", "wav")
VOICE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]")
MODELS = (
    "speech-2.8-hd", "speech-2.8-turbo", "speech-2.6-hd", "speech-2.6-turbo",
    "speech-02-hd", "speech-02-turbo", "speech-01-hd", "speech-01-turbo",
)  # fmt: skip
LANGUAGES = (
    "Chinese", "Chinese,Yue", "English", "Arabic", "Russian", "Spanish", "French", "Portuguese",
    "German", "Turkish", "Dutch", "Ukrainian", "Vietnamese", "Indonesian", "Japanese", "Italian",
    "Korean", "Thai", "Polish", "Romanian", "Greek", "Czech", "Finnish", "Hindi", "Bulgarian",
    "Danish", "Hebrew", "Malay", "Persian", "Slovak", "Swedish", "Croatian", "Filipino",
    "Hungarian", "Norwegian", "Slovenian", "Catalan", "Nynorsk", "Tamil", "Afrikaans", "auto",
)  # fmt: skip
NOT_IN_OLD_MODELS = ("Persian", "Filipino", "Tamil")
OLD_MODELS = ("speech-01-", "speech-02-")
MAX_PREVIEW_CHARACTERS = 1_000
MAX_VALIDATION_CHARACTERS = 200
MAX_INVISIBLE_SHARE = 0.1
INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cn", "Co", "Cs"}
# Joiners belong to the spelling of Persian, Hindi and others; line breaks and tabs are layout.
ALLOWED_INVISIBLE = "\n\r\t\u200c\u200d"
PAUSE = re.compile(r"<#([^#<>]*)#>")


@dataclass(frozen=True, slots=True)
class CloneParams:
    """The checked body of a voice_clone call."""

    file_id: int
    voice_id: str
    prompt_audio: int | None
    prompt_text: str
    text: str
    model: str
    language_boost: str
    text_validation: str
    watermark: bool


def invalid_params(detail: str) -> Refusal:
    """Return the error 2013 with a detail."""
    return Refusal(2013, detail)


def drop_nulls(value: Any) -> Any:
    """Return the body without fields that are null: null means the same as leaving them out."""
    if isinstance(value, dict):
        return {name: drop_nulls(item) for name, item in value.items() if item is not None}
    return [drop_nulls(item) for item in value] if isinstance(value, list) else value


def check_object(value: Any, name: str) -> dict[str, Any]:
    """Return the value if it is a JSON object."""
    if not isinstance(value, dict):
        raise invalid_params(f"{name} must be an object")
    return value


def get_text(body: dict[str, Any], name: str, *, required: bool = False) -> str:
    """Return a string of the body, "" when absent."""
    if name not in body and not required:
        return ""
    value = body.get(name)
    if not isinstance(value, str):
        raise invalid_params(f"{name} must be a string")
    if required and not value.strip():
        raise invalid_params(f"{name} is required")
    return value


def get_integer(
    body: dict[str, Any],
    name: str,
    default: int | None = None,
    *,
    low: int = -(2**63),
    high: int = 2**63 - 1,
) -> int:
    """Return an integer of the body from `low` to `high`; true, "1" and 1.0 are refused."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid_params(f"{name} must be an integer")
    if not low <= value <= high:
        raise invalid_params(f"{name} must be between {low} and {high}")
    return value


def get_choice[Value: (str, int)](
    body: dict[str, Any], name: str, allowed: tuple[Value, ...], default: Value
) -> Value:
    """Return one of the allowed values; true and 1.0 are not the integer 1."""
    value = body.get(name, default)
    for choice in allowed:
        if type(value) is type(choice) and value == choice:
            return choice
    raise invalid_params(f"{name} must be one of {', '.join(map(str, allowed))}")


def get_number(body: dict[str, Any], name: str, default: float, low: float, high: float) -> float:
    """Return a number of the body from `low` to `high`."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid_params(f"{name} must be a number")
    if not low <= value <= high:
        raise invalid_params(f"{name} must be between {low} and {high}")
    return value


def get_boolean(body: dict[str, Any], name: str) -> bool:
    """Return a boolean of the body, false when absent."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise invalid_params(f"{name} must be a boolean")
    return value


def get_purpose(values: dict[str, Any]) -> str:
    """Return the purpose of a file."""
    value = values.get("purpose")
    if value not in PURPOSES:
        raise invalid_params("purpose must be voice_clone or prompt_audio")
    return str(value)


def get_model(body: dict[str, Any]) -> str:
    """Return a model that exists."""
    value = get_text(body, "model", required=True)
    if value not in MODELS:
        raise invalid_params(f"model {value[:60]} does not exist")
    return value


def get_language(body: dict[str, Any], model: str) -> str:
    """Return a language that the model speaks, "" when absent."""
    value = get_text(body, "language_boost")
    if "language_boost" in body and value not in LANGUAGES:
        raise invalid_params(f"language_boost {value[:60]} does not exist")
    if value in NOT_IN_OLD_MODELS and model.startswith(OLD_MODELS):
        raise invalid_params(f"language_boost {value} is not supported by {model}")
    return value


def check_speech_text(text: str, max_characters: int) -> None:
    """Check the length, invisible characters and pauses of a text to be spoken."""
    if not text.strip():
        raise invalid_params("text must not be blank")
    if len(text) > max_characters:
        raise invalid_params(f"text must have at most {max_characters} characters")
    invisible = sum(
        unicodedata.category(char) in INVISIBLE_CATEGORIES and char not in ALLOWED_INVISIBLE
        for char in text
    )
    if invisible > MAX_INVISIBLE_SHARE * len(text):
        raise Refusal(1042)
    pieces = PAUSE.split(text)[::2]
    if len(pieces) > 1 and not all(any(map(str.isalnum, piece)) for piece in pieces):
        raise invalid_params("a pause must be between spoken words")
    for pause in PAUSE.findall(text):
        if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2})?", pause) or float(pause) < 0.01:
            raise invalid_params("a pause must last 0.01 to 99.99 seconds")


def check_voice_id(voice_id: str) -> None:
    """Check the spelling of a new voice ID."""
    if not VOICE_ID.fullmatch(voice_id):
        raise invalid_params(
            "voice_id must be 8 to 256 letters, digits, - or _ and start with a letter"
        )


def parse_clone(body: dict[str, Any]) -> CloneParams:
    """Parse the body of voice_clone; the files are checked by the caller."""
    file_id = get_integer(body, "file_id")
    voice_id = get_text(body, "voice_id", required=True)
    check_voice_id(voice_id)
    prompt_audio, prompt_text = None, ""
    if prompt := check_object(body.get("clone_prompt", {}), "clone_prompt"):
        prompt_audio = get_integer(prompt, "prompt_audio")
        prompt_text = get_text(prompt, "prompt_text", required=True)
        if not unicodedata.category(prompt_text.rstrip()[-1]).startswith("P"):
            raise invalid_params("prompt_text must end with punctuation")
    text = get_text(body, "text")
    if text:
        check_speech_text(text, MAX_PREVIEW_CHARACTERS)
    model = get_model(body) if text or "model" in body else ""
    validation = get_text(body, "text_validation")
    if len(validation) > MAX_VALIDATION_CHARACTERS:
        raise invalid_params(
            f"text_validation is limited to {MAX_VALIDATION_CHARACTERS} characters"
        )
    get_number(body, "accuracy", 0.7, 0, 1)
    language = get_language(body, model)
    for name in ("need_noise_reduction", "need_volume_normalization"):
        get_boolean(body, name)
    return CloneParams(
        file_id=file_id,
        voice_id=voice_id,
        prompt_audio=prompt_audio,
        prompt_text=prompt_text,
        text=text,
        model=model,
        language_boost=language,
        text_validation=validation,
        watermark=get_boolean(body, "aigc_watermark"),
    )
