"""What devices, rooms and connections do to speech: clipping, filters, reverberation, losses."""

from typing import Final, Literal

import numpy as np

from tests.evaluation.sounds import (
    FRAME_S,
    Voice,
    active_frames,
    add_below_speech,
    amplified,
    band_passed,
    fitted,
    frame_powers,
    level_voice,
    resample,
    speech_db,
)

Chance = np.random.Generator
Loss = Literal["zeroed", "repeated", "faded", "closed up"]
_PACKET_S: Final = 0.02
_ROOM_M3: Final = {0.25: 30.0, 0.45: 50.0, 0.9: 120.0, 2.2: 1500.0}  # a likely volume


def clip_share(voice: Voice, share: float) -> Voice:
    """Clip so that this share of all samples is at the highest value."""
    top = float(np.quantile(np.abs(voice), 1 - share))
    return np.clip(voice, -top, top) * np.float32(0.98 / max(top, 1e-6))


def direct_to_reverberant_db(decay_s: float, distance_m: float) -> float:
    """How far the direct sound is above the room, from Sabine's critical distance."""
    critical_m = 0.057 * np.sqrt(_ROOM_M3[decay_s] / decay_s)
    return float(20 * np.log10(critical_m / distance_m))


def room_response(decay_s: float, distance_m: float, rate: int, chance: Chance) -> Voice:
    """The impulse response: direct sound, then noise that falls by 60 dB in `decay_s`.

    High frequencies decay in two thirds of that time, as in furnished rooms.
    """
    count = round(1.2 * decay_s * rate)
    seconds = np.arange(count) / rate
    low = band_passed(chance.standard_normal(count).astype(np.float32), rate, 0, 3000)
    high = band_passed(chance.standard_normal(count).astype(np.float32), rate, 3000, rate)
    tail = low * np.exp(-6.908 * seconds / decay_s) + high * np.exp(-10.36 * seconds / decay_s)
    # The first reflection comes a mean free path after the direct sound.
    tail[: round(0.7 * _ROOM_M3[decay_s] ** (1 / 3) / 343 * rate)] = 0
    power = 10 ** (-direct_to_reverberant_db(decay_s, distance_m) / 10)
    tail *= np.sqrt(power / max(float((tail**2).sum()), 1e-12))
    tail[0] = 1
    return tail.astype(np.float32)


def in_room(voice: Voice, rate: int, decay_s: float, distance_m: float, chance: Chance) -> Voice:
    """The voice in a room, at the level that it had."""
    response = room_response(decay_s, distance_m, rate, chance)
    size = 1 << (len(voice) + len(response)).bit_length()
    both = np.fft.irfft(np.fft.rfft(voice, size) * np.fft.rfft(response, size), size)
    wet = both[: len(voice)].astype(np.float32)
    return amplified(wet, speech_db(voice, rate) - speech_db(wet, rate))


def lose_packets(voice: Voice, rate: int, share: float, kind: Loss, chance: Chance) -> Voice:
    """Lose this share of the packets of 20 ms during speech, one to three in a row."""
    size = round(_PACKET_S * rate)
    active = np.flatnonzero(active_frames(voice, rate))
    active = active[(active > 3) & (active < len(voice) // size - 4)]
    packets = [voice[start : start + size].copy() for start in range(0, len(voice), size)]
    lost = set[int]()
    while len(lost) < share * len(active):
        first = int(chance.choice(active))
        lost |= set(range(first, first + int(chance.integers(1, 4))))
    for number in sorted(lost):
        if number >= len(packets) - 1:
            continue
        if kind == "zeroed":
            packets[number][:] = 0
        elif kind == "repeated":
            packets[number] = packets[number - 1].copy()
        elif kind == "faded":
            ramp = np.linspace(1, 0.3, size, dtype=np.float32)
            packets[number] = packets[number - 1] * ramp
        else:
            packets[number] = packets[number][:0]
    return np.concatenate(packets)


def pump(voice: Voice, rate: int, depth_db: float, chance: Chance) -> Voice:
    """Automatic gain: room noise rises by `depth_db` in pauses and falls at the next word."""
    noise = chance.standard_normal(len(voice)).astype(np.float32)
    noisy = add_below_speech(voice, rate, band_passed(noise, rate, 80, 4000), 42)
    active = active_frames(noisy, rate)
    gain_db, gains = 0.0, []
    for speaking in active:
        # Down within 40 ms of a word, up again over most of a second.
        gain_db += (0 - gain_db) * 0.4 if speaking else (depth_db - gain_db) * 0.05
        gains.append(gain_db)
    size = round(FRAME_S * rate)
    curve = np.interp(np.arange(len(noisy)), np.arange(len(gains)) * size + size / 2, gains)
    return noisy * (10 ** (curve / 20)).astype(np.float32)


def quiet_room(rate: int, seconds: float, chance: Chance) -> Voice:
    """The noise of a quiet room, -72 dBFS."""
    noise = chance.standard_normal(round(seconds * rate)).astype(np.float32)
    return noise * np.float32(10 ** (-72 / 20))


def until_spoken(voice: Voice, rate: int, seconds: float) -> Voice:
    """The beginning of a voice, with so many seconds of speech."""
    spoken_s = np.cumsum(active_frames(voice, rate)) * FRAME_S
    frames = int(np.searchsorted(spoken_s, seconds)) + 1
    return voice[: round(frames * FRAME_S * rate)]


def changed_speed(voice: Voice, rate: int, factor: float) -> Voice:
    """Played faster, with a higher pitch."""
    return resample(voice, round(rate * factor), rate)


def joined_by(voice: Voice, other: Voice, rate: int, share: float) -> Voice:
    """Turns of two speakers: `share` of the sound is by the other, in pieces of about 3 s."""
    own = level_voice(voice, rate)
    second = level_voice(other, rate)
    pauses = _pause_places(own, rate, 3.0)
    parts: list[Voice] = []
    taken = said = 0
    for start, end in zip([0, *pauses], [*pauses, len(own)], strict=True):
        parts.append(own[start:end])
        said += end - start
        wanted = round(share / (1 - share) * said) - taken
        if wanted > 1.5 * rate:
            parts.append(fitted(second, wanted, taken))
            taken += wanted
    return np.concatenate(parts)[: len(voice)]


def _pause_places(voice: Voice, rate: int, every_s: float) -> list[int]:
    """Samples in soft moments, about so far apart."""
    powers = frame_powers(voice, rate)
    window, step = round(1.0 / FRAME_S), round(every_s / FRAME_S)
    places = [
        at + int(np.argmin(powers[at : at + window]))
        for at in range(step, len(powers) - window, step)
    ]
    return [round(place * FRAME_S * rate) for place in places]
