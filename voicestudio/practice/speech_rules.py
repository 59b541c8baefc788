"""Practice, speech rules: parses and checks the bodies of t2a_v2 and voice_design.

Source: provider.md, "Calls" and "What `t2a_v2` takes beyond what we send".
"""

from dataclasses import dataclass
from typing import Any

from voicestudio.practice.rules import (
    check_object,
    check_speech_text,
    check_voice_id,
    get_boolean,
    get_choice,
    get_integer,
    get_language,
    get_model,
    get_number,
    get_text,
    invalid_params,
)

MAX_SPEECH_CHARACTERS = 9_999
MAX_TRIAL_CHARACTERS = 500
MAX_MIXED_VOICES = 4
SAMPLE_RATES = (8_000, 16_000, 22_050, 24_000, 32_000, 44_100)
BITRATES = (32_000, 64_000, 128_000, 256_000)
FORMATS = ("mp3", "pcm", "flac", "wav", "opus", "pcmu_raw", "pcmu_wav")
DEFAULT_SAMPLE_RATES = {"opus": 24_000, "pcmu_raw": 8_000, "pcmu_wav": 8_000}
EMOTIONS = ("happy", "sad", "angry", "fearful", "disgusted", "surprised", "calm")
EMOTIONS_OF_2_6 = ("fluent", "whisper")
EFFECTS = ("spacious_echo", "auditorium_echo", "lofi_telephone", "robotic")
SUBTITLE_TYPES = ("sentence", "word", "word_streaming")


@dataclass(frozen=True, slots=True)
class SpeechParams:
    """The checked body of a t2a_v2 call. `voices` are voice IDs with their weights."""

    text: str
    model: str
    voices: tuple[tuple[str, int], ...]
    speed: float
    pitch: int
    language_boost: str
    pronunciations: tuple[tuple[str, str], ...]
    format: str
    sample_rate: int
    bitrate: int
    channels: int
    output: str
    subtitle_type: str
    watermark: bool
    stream: bool
    aggregate: bool

    @property
    def spoken_text(self) -> str:
        """The text with respelled words; pinyin, IPA and kana are not for the stand-in."""
        text = self.text
        for written, respelling in self.pronunciations:
            if not respelling.startswith("("):
                text = text.replace(written, respelling)
        return text


@dataclass(frozen=True, slots=True)
class DesignParams:
    """The checked body of a voice_design call; `voice_id` is "" where it is left to us."""

    prompt: str
    preview_text: str
    voice_id: str
    watermark: bool


def parse_speech(body: dict[str, Any]) -> SpeechParams:
    """Parse the body of t2a_v2."""
    model = get_model(body)
    text = get_text(body, "text", required=True)
    check_speech_text(text, MAX_SPEECH_CHARACTERS)
    stream = get_boolean(body, "stream")
    options = check_object(body.get("stream_options", {}), "stream_options")
    setting = check_object(body.get("voice_setting", {}), "voice_setting")
    audio = check_object(body.get("audio_setting", {}), "audio_setting")
    kind = get_choice(audio, "format", FORMATS, "mp3")
    if stream and kind == "wav":
        raise invalid_params("wav is not supported in streaming")
    _check_delivery(body, setting, model)
    output = get_choice(body, "output_format", ("hex", "url"), "hex")
    return SpeechParams(
        text=text,
        model=model,
        voices=_get_voices(body, setting),
        speed=get_number(setting, "speed", 1.0, 0.5, 2),
        pitch=get_integer(setting, "pitch", 0, low=-12, high=12),
        language_boost=get_language(body, model),
        pronunciations=_get_pronunciations(body),
        format=kind,
        sample_rate=get_choice(
            audio, "sample_rate", SAMPLE_RATES, DEFAULT_SAMPLE_RATES.get(kind, 32_000)
        ),
        bitrate=get_choice(audio, "bitrate", BITRATES, 128_000),
        channels=get_choice(audio, "channel", (1, 2), 1),
        output="hex" if stream else output,
        subtitle_type=_get_subtitle_type(body, stream=stream),
        watermark=get_boolean(body, "aigc_watermark"),
        stream=stream,
        aggregate=not get_boolean(options, "exclude_aggregated_audio"),
    )


def parse_design(body: dict[str, Any]) -> DesignParams:
    """Parse the body of voice_design."""
    preview_text = get_text(body, "preview_text", required=True)
    check_speech_text(preview_text, MAX_TRIAL_CHARACTERS)
    voice_id = get_text(body, "voice_id")
    if voice_id:
        check_voice_id(voice_id)
    return DesignParams(
        prompt=get_text(body, "prompt", required=True),
        preview_text=preview_text,
        voice_id=voice_id,
        watermark=get_boolean(body, "aigc_watermark"),
    )


def _check_delivery(body: dict[str, Any], setting: dict[str, Any], model: str) -> None:
    """Check the options that the stand-in accepts but does not perform."""
    if get_number(setting, "vol", 1.0, 0, 10) == 0:
        raise invalid_params("vol must be above 0")
    get_choice(setting, "emotion", (*EMOTIONS, *EMOTIONS_OF_2_6), "calm")
    if setting.get("emotion") in EMOTIONS_OF_2_6 and not model.startswith("speech-2.6-"):
        raise invalid_params(f"emotion {setting['emotion']} is not supported by {model}")
    for values in (body, setting):  # clients send them in either place
        for name in ("text_normalization", "latex_read"):
            get_boolean(values, name)
    if get_boolean(body, "continuous_sound") and not model.startswith("speech-2.8-"):
        raise invalid_params(f"continuous_sound is not supported by {model}")
    modify = check_object(body.get("voice_modify", {}), "voice_modify")
    for name in ("pitch", "intensity", "timbre"):
        get_integer(modify, name, 0, low=-100, high=100)
    get_choice(modify, "sound_effects", EFFECTS, EFFECTS[0])


def _get_voices(body: dict[str, Any], setting: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """Return the mixed voices, else the one of `voice_setting`."""
    weights = body.get("timbre_weights", [])
    if not isinstance(weights, list) or len(weights) > MAX_MIXED_VOICES:
        raise invalid_params(f"timbre_weights must be a list of at most {MAX_MIXED_VOICES} voices")
    if not weights:
        return ((get_text(setting, "voice_id", required=True), 1),)
    rows = [check_object(row, "timbre_weights") for row in weights]
    return tuple(
        (get_text(row, "voice_id", required=True), get_integer(row, "weight", low=1, high=100))
        for row in rows
    )


def _get_pronunciations(body: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the entries `written/spoken` of the pronunciation dictionary."""
    tone = check_object(body.get("pronunciation_dict", {}), "pronunciation_dict").get("tone", [])
    if not isinstance(tone, list):
        raise invalid_params("tone must be a list")
    entries = []
    for entry in tone:
        written, _, spoken = entry.partition("/") if isinstance(entry, str) else ("", "", "")
        if not written or not spoken:
            raise invalid_params("an entry of tone must be like omg/oh my god")
        entries.append((written, spoken))
    return tuple(entries)


def _get_subtitle_type(body: dict[str, Any], *, stream: bool) -> str:
    """Return the kind of subtitles, "" when there are none."""
    enabled = get_boolean(body, "subtitle_enable")
    kind = get_choice(body, "subtitle_type", SUBTITLE_TYPES, "sentence")
    if kind == "word_streaming" and not stream:
        raise invalid_params("subtitle_type word_streaming needs stream")
    return kind if enabled else ""
