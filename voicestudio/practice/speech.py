"""Practice, speech: speaks a text with pauses and tags, at the pitch of the sample."""

import math
import random
import re
import zlib
from array import array
from functools import cache
from itertools import pairwise

from voicestudio.practice import espeak
from voicestudio.practice.melody import melody
from voicestudio.practice.sound import Sound, silence

# Median Hz of each espeak-ng voice variant at the pitch settings 0, 25, 50, 75 and 99, measured
# over one English sentence.
PITCH_SETTINGS = (0, 25, 50, 75, 99)
LOW_VARIANTS = {
    "m1": (67, 80, 93, 124, 158),
    "m3": (74, 89, 108, 136, 172),
    "m7": (79, 92, 108, 134, 170),
}
HIGH_VARIANTS = {
    "f1": (121, 143, 178, 235, 298),
    "f2": (136, 162, 193, 245, 324),
    "f5": (136, 165, 204, 262, 345),
}
LOW_HIGH_LIMIT_HZ = 155.0
DEFAULT_HZ = 130.0

LANGUAGES = {
    "Chinese": "cmn", "Chinese,Yue": "yue", "English": "en-us", "Arabic": "ar", "Russian": "ru",
    "Spanish": "es", "French": "fr", "Portuguese": "pt-br", "German": "de", "Turkish": "tr",
    "Dutch": "nl", "Ukrainian": "uk", "Vietnamese": "vi", "Indonesian": "id", "Japanese": "ja",
    "Italian": "it", "Korean": "ko", "Thai": "th", "Polish": "pl", "Romanian": "ro",
    "Greek": "el", "Czech": "cs", "Finnish": "fi", "Hindi": "hi", "Bulgarian": "bg",
    "Danish": "da", "Hebrew": "he", "Malay": "ms", "Persian": "fa", "Slovak": "sk",
    "Swedish": "sv", "Croatian": "hr", "Filipino": "en-us", "Hungarian": "hu",
    "Norwegian": "nb", "Slovenian": "sl", "Catalan": "ca", "Nynorsk": "nb", "Tamil": "ta",
    "Afrikaans": "af",
}  # fmt: skip
SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("cmn", re.compile(r"[\u3400-\u9fff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("ta", re.compile(r"[\u0b80-\u0bff]")),
)

MARK = re.compile(r"<#(\d{1,2}(?:\.\d{1,2})?)#>|\(([a-z]+(?:-[a-z]+)?)\)")
SPOKEN_TAGS = {
    "laughs": "ha ha ha!", "chuckle": "he he.", "humming": "mm, mm, mmm.", "emm": "emm.",
    "coughs": "huh huh.", "clear-throat": "ahem.", "groans": "ohh.", "crying": "oh hoo hoo.",
}  # fmt: skip
NOISE_TAGS = {
    "breath": 0.35, "pant": 0.3, "inhale": 0.4, "exhale": 0.5, "gasps": 0.25, "sniffs": 0.2,
    "sighs": 0.7, "snorts": 0.25, "hissing": 0.6, "sneezes": 0.3, "applause": 1.0,
    "lip-smacking": 0.1, "burps": 0.2, "whistles": 0.4,
}  # fmt: skip
MIN_SECONDS = 0.3
MAX_PAUSE_SECONDS = 60.0  # all pauses of a text together; MiniMax allows more


def choose_variant(pitch_hz: float | None, voice_id: str) -> tuple[str, int]:
    """Return the espeak variant and pitch (0 to 99) near `pitch_hz`, always the same for an ID."""
    target_hz = pitch_hz or DEFAULT_HZ
    family = LOW_VARIANTS if target_hz < LOW_HIGH_LIMIT_HZ else HIGH_VARIANTS
    variant = sorted(family)[zlib.crc32(voice_id.encode()) % len(family)]
    measured_hz = family[variant]
    if target_hz <= measured_hz[0]:
        return variant, PITCH_SETTINGS[0]
    points = zip(measured_hz, PITCH_SETTINGS, strict=True)
    for (low_hz, low), (high_hz, high) in pairwise(points):
        if target_hz <= high_hz:
            return variant, round(low + (target_hz - low_hz) / (high_hz - low_hz) * (high - low))
    return variant, PITCH_SETTINGS[-1]


def choose_language(text: str, boost: str = "") -> str:
    """Return the espeak language for a `language_boost`, else for the script of the text."""
    if boost in LANGUAGES:
        return LANGUAGES[boost]
    return next((name for name, script in SCRIPTS if script.search(text)), "en-us")


def speak(
    text: str,
    *,
    voice_id: str,
    pitch_hz: float | None,
    model: str = "speech-2.8-hd",
    language_boost: str = "",
    speed: float = 1.0,
    watermark: bool = False,
) -> Sound:
    """Return the spoken text; 2.8 models perform tags. A melody without espeak-ng."""
    try:
        engine = espeak.get_engine()
    except espeak.SpeechUnavailable:
        tune = melody(text, pitch_hz)
        return Sound(tune.pcm + _watermark(tune.rate), tune.rate) if watermark else tune
    variant, pitch = choose_variant(pitch_hz, voice_id)
    language = choose_language(text, language_boost)
    tags = "2.8" in model
    parts: list[bytes] = []
    words = ""
    pause_remaining = MAX_PAUSE_SECONDS

    def speak_words() -> None:
        nonlocal words
        if words.strip():
            sound = engine.synthesize(
                words,
                language=language,
                variant=variant,
                pitch=pitch,
                words_per_minute=round(165 * speed),
            )
            parts.append(sound.pcm)
        words = ""

    position = 0
    for match in MARK.finditer(text):
        pause, tag = match.groups()
        if tag is not None and not (tags and (tag in SPOKEN_TAGS or tag in NOISE_TAGS)):
            continue  # read out as words
        words += text[position : match.start()]
        position = match.end()
        if tag in SPOKEN_TAGS:
            words += f" {SPOKEN_TAGS[tag]} "
            continue
        speak_words()
        if tag is not None:
            parts.append(_noise(NOISE_TAGS[tag], engine.rate))
        else:
            seconds = min(float(pause), pause_remaining)
            pause_remaining -= seconds
            parts.append(silence(seconds, engine.rate))
    words += text[position:]
    speak_words()
    if watermark:
        parts.append(_watermark(engine.rate))
    # A text such as "..." has no sound, but a player needs some audio.
    pcm = b"".join(parts).ljust(len(silence(MIN_SECONDS, engine.rate)), b"\0")
    return Sound(pcm, engine.rate)


@cache
def _noise(seconds: float, rate: int) -> bytes:
    """Return soft noise that fades in and out."""
    generator = random.Random(7)  # noqa: S311
    length = round(seconds * rate)
    return array(
        "h",
        (round(generator.gauss(0, 700) * math.sin(math.pi * at / length)) for at in range(length)),
    ).tobytes()


def _watermark(rate: int) -> bytes:
    """Return the audible watermark: two short notes."""
    length = round(0.12 * rate)
    notes = (
        round(6_000 * math.sin(math.pi * at / length) * math.sin(2 * math.pi * hertz * at / rate))
        for hertz in (880, 1320)
        for at in range(length)
    )
    return silence(0.25, rate) + array("h", notes).tobytes()
