"""Sounds that are added to speech: noise, hum, wind, music, clicks. Each has its own level."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.evaluation.sounds import (
    Voice,
    a_weighted,
    a_weights,
    amplified,
    band_passed,
    bins_hz,
    filtered,
    fitted,
    level_voice,
    mean_db,
    speech_db,
)

Chance = np.random.Generator


def white(count: int, chance: Chance) -> Voice:
    """The same power at all frequencies, as of a fan."""
    return chance.standard_normal(count).astype(np.float32)


def coloured(count: int, rate: int, slope: float, chance: Chance) -> Voice:
    """Noise whose power falls with frequency ** slope above 40 Hz (1: pink, 2: brown)."""
    hertz = np.maximum(bins_hz(count, rate), 40.0)
    return filtered(white(count, chance), rate, hertz ** (-slope / 2))


def street(count: int, rate: int, chance: Chance) -> Voice:
    """Distant traffic (brown noise from 60 Hz) and a car that passes every four to nine seconds."""
    distant = band_passed(coloured(count, rate, 2, chance), rate, 60, 5000)
    distant = amplified(distant, -mean_db(distant))
    cars = np.zeros(count, np.float32)
    at = chance.uniform(0, 4)
    seconds = np.arange(count) / rate
    while at < count / rate:
        width = chance.uniform(0.8, 1.8)
        high = chance.uniform(1200, 3000)
        car = band_passed(coloured(count, rate, 1, chance), rate, 90, high)
        car = amplified(car, -mean_db(car) + chance.uniform(0, 4))
        cars += (car / (1 + ((seconds - at) / width) ** 4)).astype(np.float32)
        at += chance.uniform(4, 9)
    return distant + cars


def babble(count: int, rate: int, voices: list[Voice], chance: Chance) -> Voice:
    """Several other speakers at one level; the voices have the rate already."""
    mixed = np.zeros(count, np.float32)
    for voice in voices:
        start = int(chance.integers(len(voice)))
        mixed += fitted(level_voice(voice, rate, peak=9.0), count, start)
    return mixed


def hum(count: int, rate: int, mains: float, chance: Chance) -> Voice:
    """The mains and its next three harmonics, as picked up by a cable."""
    return _harmonics(count, rate, mains, [0.7, 0.6, 0.4, 0.25], chance)


def buzz(count: int, rate: int, mains: float, chance: Chance) -> Voice:
    """Harmonics up to 3 kHz that fall by 3 dB for each octave, as of a dimmer or a bad supply."""
    number = int(min(3000, 0.45 * rate) // mains)
    return _harmonics(count, rate, mains, [k**-0.5 for k in range(1, number + 1)], chance)


def _harmonics(count: int, rate: int, mains: float, parts: list[float], chance: Chance) -> Voice:
    seconds = np.arange(count) / rate
    wave = np.zeros(count)
    for number, part in enumerate(parts, 1):
        phase = chance.uniform(0, 2 * np.pi)
        wave += part * np.sin(2 * np.pi * number * mains * seconds + phase)
    return wave.astype(np.float32)


def add_a_weighted(voice: Voice, rate: int, other: Voice, below_db: float) -> Voice:
    """Add a sound that an A-weighted meter reads `below_db` under the speech."""
    level = speech_db(a_weighted(voice, rate), rate)
    spectrum = np.abs(np.fft.rfft(other)) ** 2
    weighted = float((spectrum * a_weights(bins_hz(len(other), rate))).sum() / spectrum.sum())
    own = mean_db(other) + 10 * float(np.log10(weighted))
    return voice + amplified(other, level - below_db - own)


def wind(count: int, rate: int, chance: Chance) -> Voice:
    """Gusts in a microphone: rumble below 250 Hz that swells for a second or two."""
    rumble = band_passed(coloured(count, rate, 2, chance), rate, 15, 250)
    swell = _slow(count, rate, 0.7, chance)
    return rumble * (np.maximum(swell, 0) + 0.05).astype(np.float32)


def _slow(count: int, rate: int, hertz: float, chance: Chance) -> NDArray[np.float64]:
    """Random values that change about so often in a second, with a spread of 1."""
    points = max(4, round(count / rate * hertz * 2))
    return np.interp(
        np.linspace(0, points - 1, count), np.arange(points), chance.standard_normal(points)
    )


_CHORDS: Final = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))  # C Am F G, in semitones


def music(count: int, rate: int, chance: Chance) -> Voice:
    """Four chords with a bass and a beat at 84 to 132 beats a minute."""
    beat_s = 60 / chance.uniform(84, 132)
    key = 2 ** (chance.integers(-5, 6) / 12)
    sound = np.zeros(count)
    for number, start in enumerate(np.arange(0, count, round(beat_s * rate))):
        bar = number // 4
        chord = _CHORDS[bar % 4]
        if number % 4 == 0:
            for step in chord:
                _note(sound, int(start), 4 * beat_s, rate, 220 * key * 2 ** (step / 12), 0.5)
        _note(sound, int(start), beat_s, rate, 55 * key * 2 ** (chord[0] / 12), 0.9)
        _drum(sound, int(start), rate, chance)
    return sound.astype(np.float32)


def _note(
    sound: NDArray[np.float64], start: int, seconds: float, rate: int, hertz: float, part: float
) -> None:
    count = min(round(seconds * rate), len(sound) - start)
    time = np.arange(count) / rate
    tone = sum(np.sin(2 * np.pi * hertz * k * time) / k**1.3 for k in range(1, 7))
    sound[start : start + count] += part * tone * np.exp(-0.8 * time) * np.minimum(1, 60 * time)


def _drum(sound: NDArray[np.float64], start: int, rate: int, chance: Chance) -> None:
    count = min(round(0.12 * rate), len(sound) - start)
    time = np.arange(count) / rate
    sound[start : start + count] += 0.5 * chance.standard_normal(count) * np.exp(-45 * time)


def mouth_clicks(voice: Voice, rate: int, per_minute: float, chance: Chance) -> Voice:
    """Clicks of lips and tongue: 3 ms between 2 and 6 kHz, 15 to 25 dB below the highest peak."""
    sound = voice.copy()
    top = float(np.abs(voice).max())
    length = round(0.003 * rate)
    time = np.arange(length) / rate
    for _ in range(round(per_minute * len(voice) / rate / 60)):
        at = int(chance.integers(len(voice) - length))
        pitch = chance.uniform(2000, min(6000, 0.4 * rate))
        shape = np.sin(2 * np.pi * pitch * time) * np.exp(-1500 * time)
        level = top * 10 ** (-chance.uniform(15, 25) / 20)
        sound[at : at + length] += (level * shape).astype(np.float32)
    return sound


def plosives(voice: Voice, rate: int, level_db: float, chance: Chance) -> Voice:
    """Breath on the microphone at 20 words a minute: 30 to 70 Hz for a tenth of a second."""
    sound = voice.copy()
    count = round(0.15 * rate)
    time = np.arange(count) / rate
    top = float(np.abs(voice).max()) * 10 ** (level_db / 20)
    loud = np.flatnonzero(np.abs(voice) > 0.3 * np.abs(voice).max())
    loud = loud[loud < len(voice) - count]
    for at in chance.choice(loud, round(20 * len(voice) / rate / 60)):
        pop = np.sin(2 * np.pi * chance.uniform(30, 70) * time) * np.exp(-25 * time)
        sound[at : at + count] += (top * pop).astype(np.float32)
    return sound
