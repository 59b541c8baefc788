"""Adds one defect of a known size to a clean clip."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tests.audio.doctor.synthetic_speech import RATE, Clip, add_room_noise, set_level
from voicestudio.audio.doctor.a_weights import a_weights

Sound = NDArray[np.float32]  # (samples,) or (channels, samples)


def clipped(clip: Clip, *, gain: float = 2.0, level: float = 1.0) -> Sound:
    """Clipping at the microphone; with `level` below 1 the level was lowered afterwards."""
    top = float(np.abs(clip).max()) * 0.9
    sound: Sound = level * np.clip(clip * gain, -top, top)
    return sound


def white_noise(clip: Clip, level_db: float) -> Sound:
    """White noise, as of a fan."""
    noise = np.random.default_rng(1).standard_normal(len(clip)).astype(np.float32)
    return clip + np.float32(10 ** (level_db / 20)) * noise


def hum(clip: Clip, mains: float, below_db: float, lines: int = 3) -> Sound:
    """The mains and its harmonics, so much below the clip as it is heard (A-weighted).

    With many lines it is a buzz.
    """
    time = np.arange(len(clip)) / RATE
    wave = sum(
        np.sin(2 * np.pi * number * mains * time + number**2) / np.sqrt(number)
        for number in range(1, lines + 1)
    )
    gain = 10 ** (-below_db / 20) * heard_level(clip) / heard_level(wave)
    sound: Sound = (clip + gain * wave).astype(np.float32)
    return sound


def heard_level(sound: NDArray[np.floating]) -> float:
    """The A-weighted level of a sound without its soft parts."""
    spectrum = np.fft.rfft(sound) * np.sqrt(a_weights(np.fft.rfftfreq(len(sound), 1 / RATE)))
    heard = np.fft.irfft(spectrum, len(sound))
    power = (heard[: len(heard) // 1000 * 1000].reshape(-1, 1000) ** 2).mean(axis=1)
    return float(np.sqrt(power[power > power.max() / 1000].mean()))


def telephone(clip: Clip) -> Sound:
    """Remove everything below 300 Hz and above 3.4 kHz."""
    spectrum = np.fft.rfft(clip)
    hertz = np.fft.rfftfreq(len(clip), 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    return set_level(np.fft.irfft(spectrum, len(clip)).astype(np.float32))


def low_pass(clip: Clip, hertz: float) -> Sound:
    """Remove everything above a frequency."""
    spectrum = np.fft.rfft(clip)
    spectrum[np.fft.rfftfreq(len(clip), 1 / RATE) > hertz] = 0
    return set_level(np.fft.irfft(spectrum, len(clip)).astype(np.float32))


def random_places(clip: Clip, count: int, seed: int = 3) -> NDArray[np.intp]:
    """Indices of some samples within words, the same for the same seed."""
    inside = np.flatnonzero(np.abs(clip) > 0.04)
    inside = inside[(inside > RATE // 10) & (inside < len(clip) - RATE // 10)]
    return np.sort(np.random.default_rng(seed).choice(inside, count))


def dropouts(clip: Clip, count: int = 8) -> Sound:
    """Gaps of 30 ms of digital silence."""
    sound = clip.copy()
    for at in random_places(clip, count):
        sound[at : at + round(0.03 * RATE)] = 0
    return sound


def stuck_samples(clip: Clip, count: int = 8) -> Sound:
    """One sample value held for 20 ms."""
    sound = clip.copy()
    for at in random_places(clip, count):
        sound[at : at + round(0.02 * RATE)] = sound[at]
    return sound


def repeated_buffers(clip: Clip, count: int = 10) -> Sound:
    """20 ms that are played twice, as in calls over a bad connection."""
    sound = clip.copy()
    length = round(0.02 * RATE)
    for at in random_places(clip, count, seed=4):
        sound[at : at + length] = sound[at - length : at]
    return sound


def clicks(clip: Clip, count: int = 14) -> Sound:
    """Three samples with a large error."""
    sound = clip.copy()
    for at in np.random.default_rng(5).choice(len(clip) - 9, count):
        sound[at : at + 3] += np.array([0.3, -0.25, 0.1], np.float32)
    return sound


def echo(clip: Clip, delay_s: float, share: float) -> Sound:
    """Two repetitions of the voice, each softer."""
    sound = clip.copy()
    for number in (1, 2):
        late = round(number * delay_s * RATE)
        sound[late:] += np.float32(share**number) * clip[:-late]
    return set_level(sound)


def reverberation(clip: Clip, seconds: float, direct_db: float = 0.0) -> Sound:
    """A room with a reverberation time (-60 dB) of `seconds`."""
    count = round(seconds * RATE)
    response = np.random.default_rng(1).standard_normal(count) * np.exp(
        -6.9 * np.arange(count) / count
    )
    response[: round(0.003 * RATE)] = 0
    response *= 10 ** (-direct_db / 20) / np.sqrt((response**2).sum())
    response[0] = 1
    length = len(clip) + count
    both = np.fft.rfft(clip, length) * np.fft.rfft(response, length)
    return set_level(np.fft.irfft(both, length)[: len(clip)].astype(np.float32))


def music(count: int, level_db: float, seed: int = 2) -> Sound:
    """Chords of three notes with harmonics, 0.4 to 1.2 s each."""
    chance = np.random.default_rng(seed)
    sound = np.zeros(count)
    start = 0
    while start < count:
        time = np.arange(min(round(RATE * chance.choice([0.4, 0.8, 1.2])), count - start)) / RATE
        envelope = np.exp(-1.2 * time) * np.minimum(1, 80 * time)
        for step in chance.choice([0, 2, 4, 5, 7, 9, 11, 12], 3, replace=False):
            for number in range(1, 6):
                note = np.sin(2 * np.pi * 220 * 2 ** (step / 12) * number * time) / number
                sound[start : start + len(time)] += note * envelope
        start += len(time)
    sound *= 10 ** (level_db / 20) / np.sqrt(np.mean(sound**2))
    return sound.astype(np.float32)


def wind(clip: Clip, level_db: float) -> Sound:
    """Rumble below 90 Hz in gusts of a second or two, on average at this level."""
    chance = np.random.default_rng(6)
    spectrum = np.fft.rfft(chance.standard_normal(len(clip)))
    hertz = np.fft.rfftfreq(len(clip), 1 / RATE)
    spectrum[(hertz < 25) | (hertz > 90)] = 0
    rumble = np.fft.irfft(spectrum, len(clip))
    points = np.arange(0, len(clip), RATE)
    gusts = np.maximum(chance.standard_normal(len(points)), 0.05)
    rumble *= np.interp(np.arange(len(clip)), points, gusts)
    gain = 10 ** (level_db / 20) / np.sqrt(np.mean(rumble**2))
    sound: Sound = (clip + rumble * gain).astype(np.float32)
    return sound


def pumping_gain(clip: Clip, depth_db: float) -> Sound:
    """A recorder that turns up the noise of the room in pauses, over most of a second."""
    noisy = add_room_noise(with_pauses(clip), -58)
    step = RATE // 50
    power = (noisy[: len(noisy) // step * step].reshape(-1, step) ** 2).mean(axis=1)
    gain_db, gains = 0.0, []
    for loud in power > 1e-5:
        gain_db += -0.4 * gain_db if loud else 0.05 * (depth_db - gain_db)
        gains.append(gain_db)
    curve = np.interp(np.arange(len(noisy)) / step, np.arange(len(gains)) + 0.5, gains)
    sound: Sound = (noisy * 10 ** (curve / 20)).astype(np.float32)
    return sound


def with_pauses(clip: Clip) -> Clip:
    """The clip with a second without sound after every three."""
    pause = np.zeros(RATE, np.float32)
    parts = [clip[start : start + 3 * RATE] for start in range(0, len(clip), 3 * RATE)]
    return np.concatenate([sound for part in parts for sound in (part, pause)])


def room_only(seconds: float) -> Clip:
    """The noise of a quiet room."""
    return add_room_noise(np.zeros(round(seconds * RATE), np.float32))


def with_silence(clip: Clip) -> Sound:
    """Silence in the middle: 12 s of 26."""
    return np.concatenate([clip[: 7 * RATE], room_only(12), clip[7 * RATE : 14 * RATE]])


# Name -> the code of the expected finding and the function. Codes after "|" may be found, too.
DEFECTS: dict[str, tuple[str, Callable[[Clip], Sound]]] = {
    "clipped at the microphone": ("clipped", clipped),
    "clipped and made softer": ("clipped", lambda clip: clipped(clip, level=0.3)),
    "a fan": ("noisy", lambda clip: white_noise(clip, -40)),
    "a loud fan": ("noisy", lambda clip: white_noise(clip, -32)),
    "a street": ("noisy", lambda clip: add_room_noise(clip, -34)),
    "hum of 50 Hz": ("hum", lambda clip: hum(clip, 50, 30)),
    "soft hum of 60 Hz": ("hum", lambda clip: hum(clip, 60, 42)),
    "buzz of 50 Hz": ("hum", lambda clip: hum(clip, 50, 33, lines=50)),
    "buzz of 60 Hz": ("hum", lambda clip: hum(clip, 60, 33, lines=40)),
    "very quiet": ("too_quiet", lambda clip: clip * np.float32(10 ** (-26 / 20))),
    "very loud": ("too_loud|clipped", lambda clip: np.tanh(9 * clip) * np.float32(0.8)),
    "telephone": ("narrow_band", telephone),
    "telephone with noise": ("narrow_band", lambda clip: white_noise(telephone(clip), -62)),
    "low-pass at 4 kHz": ("narrow_band", lambda clip: low_pass(clip, 4000)),
    "long silence": ("silence", with_silence),
    "little speech": (
        "little_speech",
        lambda clip: np.concatenate([room_only(8), clip[: 4 * RATE], room_only(5)]),
    ),
    "right side dead": ("dead_channel", lambda clip: np.stack([clip, 0 * clip])),
    "left side nearly dead": (
        "dead_channel",
        lambda clip: np.stack([add_room_noise(0 * clip, -72), clip]),
    ),
    "out of phase": ("out_of_phase", lambda clip: np.stack([clip, -clip])),
    "drop-outs": ("dropouts", dropouts),
    "stuck samples": ("dropouts", stuck_samples),
    "repeated buffers": ("dropouts", repeated_buffers),
    "clicks": ("clicks", clicks),
    "one echo": ("echo", lambda clip: echo(clip, 0.15, 0.4)),
    "a late echo": ("echo", lambda clip: echo(clip, 0.3, 0.5)),
    "a stairwell": ("echo", lambda clip: reverberation(clip, 1.0)),
    "a church": ("echo", lambda clip: reverberation(clip, 1.5, -2)),
    "a living room": ("echo", lambda clip: reverberation(clip, 0.45, 4)),
    "a hall near the microphone": ("echo", lambda clip: reverberation(with_pauses(clip), 2.2, 12)),
    "wind": ("wind", lambda clip: wind(0.4 * clip, -24)),
    "automatic gain": ("pumping|noisy", lambda clip: pumping_gain(clip, 20)),
    "soft music behind": ("music", lambda clip: clip + music(len(clip), -38)),
    "music behind": ("music", lambda clip: clip + music(len(clip), -32)),
}
