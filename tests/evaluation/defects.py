"""The table of all defects: how each spoils a clean voice, in which sizes, and what must be found.

Severities as in `voicestudio.audio.results`: 1 usable, 2 will disappoint, 3 cannot be used.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal

import numpy as np

from tests.audio.recordings import Sound
from tests.evaluation import channels, noises
from tests.evaluation.sounds import (
    Voice,
    add_below_speech,
    amplified,
    band_passed,
    fitted,
    level_voice,
)


@dataclass(slots=True)
class Material:
    """A clean voice at -20 dBFS and what may be mixed with it, all at one rate."""

    voice: Voice
    rate: int
    chance: np.random.Generator
    others: list[Voice] = field(default_factory=list)  # other speakers of the corpus
    partner: Voice | None = None  # the second of two speakers
    music: Voice | None = None  # a recorded piece

    @property
    def count(self) -> int:
        return len(self.voice)


Spoil = Callable[[Material], Voice | Sound]


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect in one size.

    `code`: the finding that names it, "" where nothing must be found. `severity`: the least that is
    wanted. `allowed`: other codes that describe the same sound and are no wrong name.
    `encoding`: (kind of file, bits a second) if it is written by a codec instead of as wav.
    """

    name: str
    size: str
    code: str
    severity: int
    spoil: Spoil
    allowed: frozenset[str] = frozenset()
    encoding: tuple[str, int] = ("wav", 0)
    rate: int = 0  # of the file, if the codec needs another one


def keep(m: Material) -> Voice:
    """The voice as it is; only its encoding spoils it."""
    return m.voice


def add_noise(m: Material, kind: str, below_db: float) -> Voice:
    """Noise whose mean level is so far below that of the speech, both unweighted."""
    match kind:
        case "white":
            noise = noises.white(m.count, m.chance)
        case "pink":
            noise = noises.coloured(m.count, m.rate, 1, m.chance)
        case "street":
            noise = noises.street(m.count, m.rate, m.chance)
        case "wind":
            noise = noises.wind(m.count, m.rate, m.chance)
        case _:
            noise = noises.babble(m.count, m.rate, m.others, m.chance)
    return add_below_speech(m.voice, m.rate, noise, below_db)


def add_line(m: Material, kind: Literal["hum", "buzz"], mains: float, below_db: float) -> Voice:
    """Hum or buzz that an A-weighted meter reads so far below the speech."""
    make = noises.hum if kind == "hum" else noises.buzz
    line = make(m.count, m.rate, mains, m.chance)
    return noises.add_a_weighted(m.voice, m.rate, line, below_db)


def add_music(m: Material, kind: str, below_db: float) -> Voice:
    """Music so far below the speech; synthetic where no recorded piece is there."""
    if kind == "recorded" and m.music is not None:
        piece = fitted(m.music, m.count, int(m.chance.integers(len(m.music))))
    else:
        piece = noises.music(m.count, m.rate, m.chance)
    return add_below_speech(m.voice, m.rate, piece, below_db)


def add_clicks(m: Material, per_minute: float) -> Voice:
    """Clicks of lips and tongue."""
    return noises.mouth_clicks(m.voice, m.rate, per_minute, m.chance)


def add_plosives(m: Material, level_db: float) -> Voice:
    """Breath on the microphone, relative to the highest peak."""
    return noises.plosives(m.voice, m.rate, level_db, m.chance)


def add_speaker(m: Material, share: float) -> Voice:
    """A second speaker in turns with the first one."""
    assert m.partner is not None
    return channels.joined_by(m.voice, m.partner, m.rate, share)


def clip(m: Material, share: float) -> Voice:
    """Clip this share of all samples."""
    return channels.clip_share(m.voice, share)


def pass_band(m: Material, low_hz: float, high_hz: float) -> Voice:
    """Only what lies between two frequencies."""
    return band_passed(m.voice, m.rate, low_hz, high_hz)


def put_in_room(m: Material, decay_s: float, distance_m: float) -> Voice:
    """Reverberation of a room, at a distance from the microphone."""
    return channels.in_room(m.voice, m.rate, decay_s, distance_m, m.chance)


def lose(m: Material, kind: channels.Loss, share: float) -> Voice:
    """Packets that a connection lost."""
    return channels.lose_packets(m.voice, m.rate, share, kind, m.chance)


def pump(m: Material, depth_db: float) -> Voice:
    """Automatic gain that raises the noise in pauses."""
    return channels.pump(m.voice, m.rate, depth_db, m.chance)


def change_speed(m: Material, factor: float) -> Voice:
    """Played faster or slower."""
    return channels.changed_speed(m.voice, m.rate, factor)


def set_level(m: Material, level_db: float) -> Voice:
    """Speech at this level (dBFS)."""
    return level_voice(m.voice, m.rate, level_db)


def make_loud(m: Material, level_db: float) -> Voice:
    """Speech that would have this level (dBFS) if it were not clipped at full scale."""
    return np.clip(level_voice(m.voice, m.rate, level_db, peak=np.inf), -1, 1)


def insert_pause(m: Material, seconds: float) -> Voice:
    """A pause in the middle, with the noise of a quiet room."""
    first, second = np.array_split(m.voice, 2)
    return np.concatenate([first, channels.quiet_room(m.rate, seconds, m.chance), second])


def keep_speech(m: Material, seconds: float) -> Voice:
    """So many seconds of speech, then a quiet room for a second, and up to `_LEAST_S`."""
    voice = channels.until_spoken(m.voice, m.rate, seconds)
    rest_s = max(1.0, _LEAST_S - len(voice) / m.rate)
    return np.concatenate([voice, channels.quiet_room(m.rate, rest_s, m.chance)])


def amplify_right(m: Material, factor: float) -> Sound:
    """Stereo whose right side is the left one times a factor; below 0, its polarity is inverted."""
    return np.stack([m.voice, np.float32(factor) * m.voice])


def weaken_right(m: Material, by_db: float) -> Sound:
    """Stereo whose right side is so much softer."""
    return np.stack([m.voice, amplified(m.voice, -by_db)])


def add_offset(m: Material, share: float) -> Voice:
    """A constant offset (DC), as a share of full scale."""
    return m.voice + np.float32(share)


_LEAST_S: Final = 12.0  # of a recording: the provider refuses shorter ones
NO_CODES: Final = frozenset[str]()
LOSSY: Final = frozenset({"narrow_band", "low_bit_rate"})
# A crowd behind the speaker is other voices; wind is the nearest name of a street's rumble.
_NOISE_ALLOWED: Final = {
    "babble": frozenset({"noisy", "several_speakers"}), "street": frozenset({"noisy", "wind"}),
}  # fmt: skip


def _noise_defects() -> Iterator[Defect]:
    for kind in ("white", "pink", "street", "babble"):
        for below_db in (30, 25, 20, 15, 10):
            yield Defect(
                f"noise {kind}", f"{below_db} dB", "noisy" if below_db < 30 else "",
                2 if below_db < 18 else 1, partial(add_noise, kind=kind, below_db=below_db),
                _NOISE_ALLOWED.get(kind, frozenset({"noisy"})),
            )  # fmt: skip


def _hum_defects() -> Iterator[Defect]:
    kinds: tuple[tuple[Literal["hum", "buzz"], int, tuple[int, ...]], ...] = (
        ("hum", 50, (60, 45, 40, 35, 30, 25)),
        ("hum", 60, (60, 45, 40, 35, 30, 25)),
        ("buzz", 50, (60, 45, 40, 35, 30, 25)),
        ("buzz", 60, (35, 30)),
    )
    for kind, mains, sizes in kinds:
        for below_db in sizes:
            yield Defect(
                f"{kind} {mains} Hz", f"{below_db} dB(A)", "hum" if below_db < 48 else "",
                2 if below_db < 36 else 1,
                partial(add_line, kind=kind, mains=mains, below_db=below_db),
                frozenset({"noisy"}) if below_db <= 30 else NO_CODES,
            )  # fmt: skip


def _device_defects() -> Iterator[Defect]:
    for percent in (0.02, 0.1, 0.5, 2.0):
        yield Defect(
            "clipping", f"{percent:g} %", "clipped", 2 if percent > 0.3 else 1,
            partial(clip, share=percent / 100), frozenset({"too_loud"}),
        )  # fmt: skip
    for count in (10, 30, 60):
        yield Defect(
            "mouth clicks", f"{count} a minute", "clicks" if count > 10 else "", 1,
            partial(add_clicks, per_minute=count), frozenset({"clicks"}),
        )  # fmt: skip
    for above_db in (0, 10):
        yield Defect(
            "wind", f"{above_db:+d} dB", "wind", 2 if above_db else 1,
            partial(add_noise, kind="wind", below_db=-above_db),
            frozenset({"noisy", "too_loud", "clipped"}),
        )  # fmt: skip
    for depth_db in (12, 20):
        yield Defect(
            "pumping gain", f"{depth_db} dB", "pumping", 1, partial(pump, depth_db=depth_db),
            frozenset({"noisy"}),
        )  # fmt: skip
    for level_db in (0, 6):
        yield Defect(
            "plosives", f"{level_db:+d} dB", "", 0, partial(add_plosives, level_db=level_db),
            # 6 dB above the highest peak, they exceed full scale.
            frozenset({"plosives", "wind", *(("clipped", "too_loud") if level_db else ())}),
        )  # fmt: skip
    for factor in (0.85, 1.15):
        yield Defect("changed speed", f"x {factor}", "", 0, partial(change_speed, factor=factor))


def _band_defects() -> Iterator[Defect]:
    yield Defect(
        "telephone", "300-3400 Hz", "narrow_band", 2,
        partial(pass_band, low_hz=300, high_hz=3400),
    )  # fmt: skip
    for hertz, severity in ((4000, 2), (5000, 1), (7000, 0)):
        yield Defect(
            "low-pass", f"{hertz} Hz", "narrow_band" if severity else "", severity,
            partial(pass_band, low_hz=0, high_hz=hertz), frozenset({"narrow_band"}),
        )  # fmt: skip
    yield Defect(
        "opus", "8 kbit/s", "narrow_band", 1, keep, LOSSY, encoding=("opus", 8_000), rate=48_000
    )
    for kind, sizes in (("mp3", (16, 24, 32, 64)), ("aac", (16, 24, 32, 40, 64))):
        for kilobits in sizes:
            low = kilobits < 48
            yield Defect(
                kind, f"{kilobits} kbit/s", "low_bit_rate" if low else "", 1, keep,
                LOSSY if low else NO_CODES, encoding=(kind, kilobits * 1000),
                rate=22_050 if kind == "mp3" and low else 44_100,
            )  # fmt: skip


def _room_defects() -> Iterator[Defect]:
    for decay_s in (0.25, 0.45, 0.9, 2.2):
        for distance_m in (0.3, 1.0):
            found = decay_s > 0.7 or (decay_s > 0.42 and distance_m == 1.0)
            yield Defect(
                "room", f"{decay_s} s at {distance_m} m", "echo" if found else "",
                2 if decay_s > 0.7 and distance_m == 1.0 else 1,
                partial(put_in_room, decay_s=decay_s, distance_m=distance_m),
                frozenset({"echo"}) if decay_s > 0.3 else NO_CODES,
            )  # fmt: skip


def _mixed_defects() -> Iterator[Defect]:
    for which in ("other", "same"):
        for percent in (20, 35, 50):
            yield Defect(
                f"two speakers, {which} sex", f"{percent} %", "several_speakers", 1,
                partial(add_speaker, share=percent / 100),
            )  # fmt: skip
    for kind in ("synthetic", "recorded"):
        for below_db in (20, 15, 10):
            yield Defect(
                f"music {kind}", f"{below_db} dB", "music", 1,
                partial(add_music, kind=kind, below_db=below_db),
            )  # fmt: skip


def _loss_defects() -> Iterator[Defect]:
    kinds: tuple[channels.Loss, ...] = ("zeroed", "repeated", "faded", "closed up")
    for kind in kinds:
        for percent in (2, 5, 10):
            yield Defect(
                f"packets {kind}", f"{percent} %", "dropouts", 1,
                partial(lose, kind=kind, share=percent / 100), frozenset({"clicks"}),
            )  # fmt: skip


def _level_defects() -> Iterator[Defect]:
    for level_db in (-32, -34, -36, -44):
        yield Defect(
            "quiet", f"{level_db} dBFS", "too_quiet" if level_db < -42 else "", 1,
            partial(set_level, level_db=level_db), frozenset({"too_quiet"}),
        )  # fmt: skip
    for level_db in (-16, -6, -3):
        yield Defect(
            "loud", f"{level_db} dBFS", "too_loud" if level_db > -9 else "", 1,
            partial(make_loud, level_db=level_db), frozenset({"too_loud", "clipped"}),
        )  # fmt: skip
    for seconds in (2, 6, 30):
        yield Defect(
            "long pause", f"{seconds} s", "silence" if seconds > 4 else "", 1,
            partial(insert_pause, seconds=seconds),
        )  # fmt: skip
    for seconds in (9, 5, 3):
        yield Defect(
            "speech left", f"{seconds} s", "little_speech" if seconds < 6 else "",
            2 if seconds < 4 else 1, partial(keep_speech, seconds=seconds), frozenset({"silence"}),
        )  # fmt: skip
    yield Defect("polarity", "sides alike", "", 0, partial(amplify_right, factor=1.0))
    yield Defect(
        "polarity", "right inverted", "out_of_phase", 2, partial(amplify_right, factor=-1.0)
    )
    for name, by_db in (("right", 200), ("-45 dB", 45)):
        yield Defect("dead channel", name, "dead_channel", 1, partial(weaken_right, by_db=by_db))
    for percent in (1, 5):
        yield Defect("offset (DC)", f"{percent} %", "", 0, partial(add_offset, share=percent / 100))


DEFECTS: Final = (
    *_noise_defects(),
    *_hum_defects(),
    *_device_defects(),
    *_band_defects(),
    *_room_defects(),
    *_mixed_defects(),
    *_loss_defects(),
    *_level_defects(),
)
UNSPOILED: Final = Defect("unspoiled", "", "", 0, keep)
