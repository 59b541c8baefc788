"""Practice, rules: what MiniMax accepts in the body of a call."""

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
NEWER_LANGUAGES = ("Persian", "Filipino", "Tamil")  # not with the 01 and 02 models
OLDER_MODELS = ("speech-01-", "speech-02-")
PREVIEW_CHARACTERS = 1_000
SPEECH_CHARACTERS = 9_999
VALIDATION_CHARACTERS = 200
INVISIBLE_SHARE = 0.1
INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs"}
# Joiners belong to the spelling of Persian, Hindi and others; line breaks and tabs are layout.
VISIBLE_ALL_THE_SAME = "\n\r\t\u200c\u200d"
PAUSE = re.compile(r"<#([^#<>]*)#>")
TWO_PAUSES = re.compile(r"<#[^#<>]*#>\s*<#[^#<>]*#>")
SAMPLE_RATES = (8_000, 16_000, 22_050, 24_000, 32_000, 44_100)
BITRATES = (32_000, 64_000, 128_000, 256_000)
FORMATS = ("mp3", "pcm", "flac", "wav")


@dataclass(frozen=True, slots=True)
class CloneOrder:
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


@dataclass(frozen=True, slots=True)
class SpeechOrder:
    """The checked body of a t2a_v2 call."""

    text: str
    model: str
    voice_id: str
    speed: float
    language_boost: str
    format: str
    sample_rate: int
    bitrate: int
    channels: int
    output: str


def wrong(detail: str) -> Refusal:
    """2013, with what is wrong."""
    return Refusal(2013, detail)


def mapping(value: Any, name: str) -> dict[str, Any]:
    """The value if it is a JSON object."""
    if not isinstance(value, dict):
        raise wrong(f"{name} must be an object")
    return value


def text_in(body: dict[str, Any], name: str, *, required: bool = False) -> str:
    """A string of the body, "" when absent."""
    if name not in body and not required:
        return ""
    value = body.get(name)
    if not isinstance(value, str):
        raise wrong(f"{name} must be a string")
    if required and not value.strip():
        raise wrong(f"{name} is required")
    return value


def integer_in(body: dict[str, Any], name: str, default: int | None = None) -> int:
    """An integer of the body; true and "1" and 1.0 are none."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(f"{name} must be an integer")
    if not -(2**63) <= value < 2**63:
        raise wrong(f"{name} does not fit into 64 bits")
    return value


def number_in(body: dict[str, Any], name: str, default: float, low: float, high: float) -> float:
    """A number of the body between `low` and `high`, both included."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(f"{name} must be a number")
    if not low <= value <= high:
        raise wrong(f"{name} must be between {low} and {high}")
    return value


def truth_in(body: dict[str, Any], name: str) -> bool:
    """A boolean of the body, false when absent."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise wrong(f"{name} must be a boolean")
    return value


def purpose_in(values: dict[str, Any]) -> str:
    """The purpose of a file."""
    value = values.get("purpose")
    if value not in PURPOSES:
        raise wrong("purpose must be voice_clone or prompt_audio")
    return str(value)


def model_in(body: dict[str, Any]) -> str:
    """A model that exists."""
    value = text_in(body, "model", required=True)
    if value not in MODELS:
        raise wrong(f"model {value[:60]} does not exist")
    return value


def language_in(body: dict[str, Any], model: str) -> str:
    """A language that exists and that the model speaks; "" when absent."""
    value = text_in(body, "language_boost")
    if "language_boost" in body and value not in LANGUAGES:
        raise wrong(f"language_boost {value[:60]} does not exist")
    if value in NEWER_LANGUAGES and model.startswith(OLDER_MODELS):
        raise wrong(f"language_boost {value} is not supported by {model}")
    return value


def check_spoken(text: str, most: int) -> None:
    """Length, hidden characters and pauses of a text that is to be spoken."""
    if not text.strip():
        raise wrong("text must not be blank")
    if len(text) > most:
        raise wrong(f"text must have at most {most} characters")
    hidden = sum(
        unicodedata.category(sign) in INVISIBLE and sign not in VISIBLE_ALL_THE_SAME
        for sign in text
    )
    if hidden > INVISIBLE_SHARE * len(text):
        raise Refusal(1042)
    if TWO_PAUSES.search(text):
        raise wrong("text must not hold two pauses in a row")
    for pause in PAUSE.findall(text):
        if not re.fullmatch(r"\d{1,2}(\.\d{1,2})?", pause) or float(pause) < 0.01:
            raise wrong("a pause must last 0.01 to 99.99 seconds")


def clone_order(body: dict[str, Any]) -> CloneOrder:
    """Check the body of voice_clone as far as that goes without looking at the files."""
    file_id = integer_in(body, "file_id")
    voice_id = text_in(body, "voice_id", required=True)
    if not VOICE_ID.fullmatch(voice_id):
        raise wrong("voice_id must have 8 to 256 letters, digits, - or _, and begin with a letter")
    prompt_audio, prompt_text = None, ""
    if "clone_prompt" in body:
        prompt = mapping(body["clone_prompt"], "clone_prompt")
        prompt_audio = integer_in(prompt, "prompt_audio")
        prompt_text = text_in(prompt, "prompt_text", required=True)
        if not unicodedata.category(prompt_text.rstrip()[-1]).startswith("P"):
            raise wrong("prompt_text must end with punctuation")
    text, model = text_in(body, "text"), ""
    if text:
        check_spoken(text, PREVIEW_CHARACTERS)
        model = model_in(body)
    elif "model" in body:
        raise wrong("model needs text")
    validation = text_in(body, "text_validation")
    if len(validation) > VALIDATION_CHARACTERS:
        raise wrong(f"text_validation must have at most {VALIDATION_CHARACTERS} characters")
    number_in(body, "accuracy", 0.7, 0, 1)
    language = language_in(body, model)
    for name in ("need_noise_reduction", "need_volume_normalization"):
        truth_in(body, name)
    return CloneOrder(
        file_id=file_id,
        voice_id=voice_id,
        prompt_audio=prompt_audio,
        prompt_text=prompt_text,
        text=text,
        model=model,
        language_boost=language,
        text_validation=validation,
        watermark=truth_in(body, "aigc_watermark"),
    )


def speech_order(body: dict[str, Any]) -> SpeechOrder:
    """Check the body of t2a_v2."""
    model = model_in(body)
    text = text_in(body, "text", required=True)
    check_spoken(text, SPEECH_CHARACTERS)
    voice = mapping(body.get("voice_setting"), "voice_setting")
    number_in(voice, "vol", 1.0, 0, 10)
    if not -12 <= integer_in(voice, "pitch", 0) <= 12:
        raise wrong("pitch must be between -12 and 12")
    audio = mapping(body.get("audio_setting", {}), "audio_setting")
    output = text_in(body, "output_format") or "hex"
    chosen = (
        ("output_format", output, ("hex", "url")),
        ("format", text_in(audio, "format") or "mp3", FORMATS),
        ("sample_rate", integer_in(audio, "sample_rate", 32_000), SAMPLE_RATES),
        ("bitrate", integer_in(audio, "bitrate", 128_000), BITRATES),
        ("channel", integer_in(audio, "channel", 1), (1, 2)),
    )
    for name, value, allowed in chosen:
        if value not in allowed:
            raise wrong(f"{name} must be one of {', '.join(map(str, allowed))}")
    return SpeechOrder(
        text=text,
        model=model,
        voice_id=text_in(voice, "voice_id", required=True),
        speed=number_in(voice, "speed", 1.0, 0.5, 2),
        language_boost=language_in(body, model),
        format=str(chosen[1][1]),
        sample_rate=int(chosen[2][1]),
        bitrate=int(chosen[3][1]),
        channels=int(chosen[4][1]),
        output=output,
    )
