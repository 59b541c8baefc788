"""Clean speech in many voices and languages, from the synthesizer of the practice provider."""

import ctypes
import subprocess
import sys
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicestudio.practice import espeak
from voicestudio.practice.speech import HIGH_VARIANTS, LANGUAGES, LOW_VARIANTS, speak

Clip = NDArray[np.float32]  # (samples,), full scale 1.0

RATE = 22_050  # of the synthesizer
SECONDS = 20
# language -> (pitch in Hz, some sentences)
VOICES = {
    "English": (
        105.0,
        "The window is closed and nobody else is speaking. Later I will walk down to the market, "
        "buy bread and apples, and sit by the river for a while. Some boats carry sand, some "
        "carry people, and one of them sells coffee.",
    ),
    "German": (
        82.0,
        "Das Fenster ist geschlossen, und niemand sonst spricht. Später gehe ich zum Markt, kaufe "
        "Brot und Äpfel und setze mich eine Weile an den Fluss. Manche Boote tragen Sand, manche "
        "tragen Leute, und eines verkauft Kaffee.",
    ),
    "Spanish": (
        210.0,
        "La ventana está cerrada y nadie más habla. Luego iré al mercado, compraré pan y manzanas, "
        "y me sentaré un rato junto al río. Unos barcos llevan arena, otros llevan gente.",
    ),
    "French": (
        250.0,
        "La fenêtre est fermée et personne d'autre ne parle. Plus tard, j'irai au marché acheter "
        "du pain et des pommes, puis je m'assiérai au bord de la rivière.",
    ),
    "Chinese": (
        190.0,
        "窗户关着，没有别人在说话。等一会儿我要去市场，买面包和苹果，然后在河边坐一会儿。有的船运沙子，有的船载人。",
    ),
    "Japanese": (
        230.0,
        "まどはしまっていて、ほかにだれもはなしていません。あとでいちばにいって、パンとりんごをかって、"
        "かわのそばにすわります。",
    ),
    "Portuguese": (
        120.0,
        "A janela está fechada e mais ninguém está a falar. Mais tarde vou ao mercado comprar pão "
        "e maçãs, e fico um pouco sentado junto ao rio. Uns barcos levam areia.",
    ),
    "Italian": (
        95.0,
        "La finestra è chiusa e nessun altro parla. Più tardi andrò al mercato, comprerò pane e "
        "mele, e mi siederò un po' vicino al fiume. Alcune barche portano sabbia.",
    ),
    "Russian": (
        140.0,
        "Окно закрыто, и больше никто не говорит. Потом я пойду на рынок, куплю хлеб и яблоки и "
        "немного посижу у реки. Одни лодки везут песок, другие везут людей.",
    ),
    "Hindi": (
        180.0,
        "खिड़की बंद है और कोई नहीं बोल रहा है। बाद में मैं बाज़ार जाऊँगा, रोटी और सेब खरीदूँगा, "
        "और थोड़ी देर नदी के किनारे बैठूँगा।",
    ),
}


@cache
def dry_speech(language: str, seconds: int = SECONDS) -> Clip:
    """Sentences with 0.3 s of digital silence between them, at -20 dBFS."""
    words = np.frombuffer(synthesize(language), np.int16).astype(np.float32) / 32768
    once = np.concatenate([np.zeros(round(0.3 * RATE), np.float32), words])
    clip = np.tile(once, seconds * RATE // len(once) + 1)[: seconds * RATE]
    return set_level(clip)


@cache
def synthesize(language: str) -> bytes:
    """The sentences as samples of 16 bits.

    The synthesizer's output depends a little on what it has spoken before, so that each language
    needs a process of its own to be always the same.
    """
    child = subprocess.run(
        [sys.executable, "-m", __name__, language],
        stdout=subprocess.PIPE, check=True, timeout=60, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    return child.stdout


@cache
def speech_in_room(language: str, seconds: int = SECONDS) -> Clip:
    """Dry speech with the noise of a quiet room, -62 dBFS."""
    return add_room_noise(dry_speech(language, seconds))


def set_level(clip: Clip, level_db: float = -20.0) -> Clip:
    """The clip with its voiced samples at this RMS level."""
    loud = clip[np.abs(clip) > 0.01]
    gain = np.float32(10 ** (level_db / 20) / np.sqrt(np.mean(loud**2)))
    return clip * gain


def add_room_noise(clip: Clip, level_db: float = -62.0) -> Clip:
    """The clip with noise as in rooms, stronger at low frequencies."""
    noise = room_noise(len(clip))
    gain = 10 ** (level_db / 20) / np.sqrt(np.mean(noise**2))
    sound: Clip = (clip + noise * gain).astype(np.float32)
    return sound


@lru_cache(4)
def room_noise(count: int) -> NDArray[np.float64]:
    """Samples of the noise alone."""
    noise = np.random.default_rng(5).standard_normal(count)
    spectrum = np.fft.rfft(noise) / np.sqrt(np.maximum(np.fft.rfftfreq(count, 1 / RATE), 40))
    return np.fft.irfft(spectrum, count)


def write_speech(language: str) -> None:
    """Write the sentences to standard output; see `synthesize`."""
    pitch, text = VOICES[language]
    engine = espeak.get_engine()
    # No warm-up is needed, because this process speaks only once.
    variants = {*LOW_VARIANTS, *HIGH_VARIANTS}
    codes = {*LANGUAGES.values(), "en-us"}
    engine._warmed_up = {f"{code}+{variant}".encode() for code in codes for variant in variants}
    engine._library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # its noises are random otherwise
    speech = speak(text, voice_id=f"voice-{language}", pitch_hz=pitch, language_boost=language)
    assert speech.rate == RATE
    sys.stdout.buffer.write(speech.pcm)


if __name__ == "__main__":
    write_speech(sys.argv[1])
