"""Practice, speech: a preview text with its marks, spoken in a voice like the sample's."""

import math
import random
import re
import zlib
from array import array
from functools import cache

from voicestudio.practice import espeak
from voicestudio.practice.melody import melody
from voicestudio.practice.sound import Sound, silence

# What each voice variant of espeak-ng speaks at when asked for pitch 0, 25, 50, 75 and 99:
# median Hz, measured over one English sentence.
ASKED = (0, 25, 50, 75, 99)
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
BETWEEN_HZ = 155.0
UNKNOWN_HZ = 130.0

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
BREATHED_TAGS = {
    "breath": 0.35, "pant": 0.3, "inhale": 0.4, "exhale": 0.5, "gasps": 0.25, "sniffs": 0.2,
    "sighs": 0.7, "snorts": 0.25, "hissing": 0.6, "sneezes": 0.3, "applause": 1.0,
    "lip-smacking": 0.1, "burps": 0.2, "whistles": 0.4,
}  # fmt: skip
SHORTEST = 0.3  # seconds
MOST_SILENCE = 60.0  # seconds of pauses in one text; the real ones may be longer


def timbre(pitch_hz: float | None, voice_id: str) -> tuple[str, int]:
    """The espeak variant and pitch (0 to 99) that sound near `pitch_hz`, steady for a voice ID."""
    wanted = pitch_hz or UNKNOWN_HZ
    family = LOW_VARIANTS if wanted < BETWEEN_HZ else HIGH_VARIANTS
    variant = sorted(family)[zlib.crc32(voice_id.encode()) % len(family)]
    heard = family[variant]
    if wanted <= heard[0]:
        return variant, ASKED[0]
    for left in range(len(ASKED) - 1):
        if wanted <= heard[left + 1]:
            share = (wanted - heard[left]) / (heard[left + 1] - heard[left])
            return variant, round(ASKED[left] + share * (ASKED[left + 1] - ASKED[left]))
    return variant, ASKED[-1]


def language_of(text: str, boost: str = "") -> str:
    """The espeak language for MiniMax's `language_boost`, or else for the script of the text."""
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
    """The text as speech, its tags performed by the 2.8 models; a melody without espeak-ng."""
    try:
        engine = espeak.engine()
    except espeak.SpeechMissing:
        tune = melody(text, pitch_hz)
        return Sound(tune.pcm + _mark(tune.rate), tune.rate) if watermark else tune
    variant, pitch = timbre(pitch_hz, voice_id)
    language = language_of(text, language_boost)
    tags = "2.8" in model
    parts: list[bytes] = []
    words = ""
    quiet_left = MOST_SILENCE

    def say() -> None:
        nonlocal words
        if words.strip():
            sound = engine.say(
                words,
                language=language,
                variant=variant,
                pitch=pitch,
                words_a_minute=round(165 * speed),
            )
            parts.append(sound.pcm)
        words = ""

    position = 0
    for found in MARK.finditer(text):
        pause, tag = found.groups()
        if tag is not None and not (tags and (tag in SPOKEN_TAGS or tag in BREATHED_TAGS)):
            continue  # read out like any other words
        words += text[position : found.start()]
        position = found.end()
        if tag in SPOKEN_TAGS:
            words += f" {SPOKEN_TAGS[tag]} "
            continue
        say()
        if tag is not None:
            parts.append(_breath(BREATHED_TAGS[tag], engine.rate))
        else:
            quiet = min(float(pause), quiet_left)
            quiet_left -= quiet
            parts.append(silence(quiet, engine.rate))
    words += text[position:]
    say()
    if watermark:
        parts.append(_mark(engine.rate))
    # Three dots alone have no sound: a player still needs something to play.
    pcm = b"".join(parts).ljust(len(silence(SHORTEST, engine.rate)), b"\0")
    return Sound(pcm, engine.rate)


@cache
def _breath(seconds: float, rate: int) -> bytes:
    """Soft noise that swells and fades."""
    noise = random.Random(7)  # noqa: S311
    length = round(seconds * rate)
    return array(
        "h",
        (round(noise.gauss(0, 700) * math.sin(math.pi * at / length)) for at in range(length)),
    ).tobytes()


def _mark(rate: int) -> bytes:
    """The audible watermark: two short notes at the end."""
    length = round(0.12 * rate)
    notes = (
        round(6_000 * math.sin(math.pi * at / length) * math.sin(2 * math.pi * hertz * at / rate))
        for hertz in (880, 1320)
        for at in range(length)
    )
    return silence(0.25, rate) + array("h", notes).tobytes()
