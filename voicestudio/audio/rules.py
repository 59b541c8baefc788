"""Audio: what MiniMax takes, and how long and how large a file may be."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .measures import Measures, Purpose
from .problems import AudioProblem

SOURCE_MAX_BYTES: Final = 200 * 1024 * 1024  # what people may bring
LONG_MAX_BYTES: Final = 1024 * 1024 * 1024  # what they may bring to cut a piece out of it
LONG_MAX_MS: Final = 2 * 3600 * 1000
PIECE_MAX_MS: Final = 800_000  # as mp3 of 192 kbit/s these are 19.2 MB
PROVIDER_MAX_BYTES: Final = 20 * 1000 * 1000  # Source: provider.md, 20 MB; the stricter reading

# No block of 50 ms above this RMS: nobody speaks here. Rooms that sound silent lie near -60 dBFS,
# a whisper far from the microphone near -50.
SILENCE_DB: Final = -60.0


@dataclass(frozen=True, slots=True)
class Span:
    """How long a recording may be, in ms: at least `shortest`, at most `longest`."""

    shortest: int
    longest: int
    limit: int  # the figure that the provider names; `longest` itself, or the first that is refused


# Source: provider.md. A sample lasts 10 s to 5 min, a prompt clip less than 8 s; below 1 s no
# word can be matched with its text.
SPANS: Final[dict[Purpose, Span]] = {
    "voice_clone": Span(10_000, 300_000, 300_000),
    "prompt_audio": Span(1_000, 7_999, 8_000),
}

# Encoders pad what was 5:00 to 5:00.02. Refusing that would be unkind; it is cut off instead.
PADDING_MS: Final = 50

# The rates that MPEG audio layer III knows. AAC and PCM can go higher, but a decoder on the other
# side need not follow, and a voice has nothing up there.
RATES: Final = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})
PCM: Final = frozenset({"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le"})
# QuickTime and mobile brands have the same boxes but are not what "m4a" promises.
M4A_BRANDS: Final = frozenset(
    {"M4A", "M4B", "mp41", "mp42", "isom", "iso2", "iso4", "iso5", "iso6"}
)


def check_size(size: int, limit: int) -> None:
    """Refuse a file of no bytes or of more than `limit` (both in bytes)."""
    if size == 0:
        raise AudioProblem("empty", bytes=0)
    if size > limit:
        raise AudioProblem("too_large", bytes=size, limit_bytes=limit)


def check_file(path: Path, max_bytes: int) -> None:
    """Refuse what is no file of a good size. Raises OSError if there is none."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise AudioProblem("not_audio")
    check_size(status.st_size, max_bytes)


def same_side(length_ms: int) -> tuple[int, int]:
    """The shortest and longest (ms) that a piece may become without crossing a provider's limit."""
    least = max((span.shortest for span in SPANS.values() if span.shortest <= length_ms), default=0)
    longest = (span.longest for span in SPANS.values() if span.longest >= length_ms)
    most = min(longest, default=PIECE_MAX_MS)
    return least, most


def is_to_be_cut(duration_ms: int, purpose: Purpose) -> bool:
    """Is a recording of that length more than the provider takes?"""
    return duration_ms > SPANS[purpose].longest + PADDING_MS


def check(measures: Measures, purpose: Purpose, *, longest_ms: int | None = None) -> None:
    """Refuse what is too short, too long or silent. Source: provider.md, "Audio".

    With `longest_ms`, what is too long only for the provider is let in.
    """
    span = SPANS[purpose]
    if measures.duration_ms < span.shortest:
        raise AudioProblem("too_short", duration_ms=measures.duration_ms, limit_ms=span.shortest)
    longest = max(span.longest, longest_ms or 0)
    if measures.duration_ms > longest + PADDING_MS:
        limit_ms = longest_ms or span.limit
        raise AudioProblem("too_long", duration_ms=measures.duration_ms, limit_ms=limit_ms)
    if measures.silence_share >= 1.0:
        raise AudioProblem("silent", duration_ms=measures.duration_ms)


def extension_of(container: str, codec: str, *, brand: str = "") -> str:
    """The extension under which MiniMax takes this content, or "" when it takes it under none."""
    if container == "mp3" and codec == "mp3":
        return "mp3"
    if container == "mov" and codec == "aac" and brand.strip() in M4A_BRANDS:
        return "m4a"
    if container == "wav" and codec in PCM:
        return "wav"
    return ""


def tells_the_truth(announced_s: float | None, decoded_s: float) -> bool:
    """Does the header announce the length that is there (within 2 % or 0.3 s)?

    Whoever takes the length from the header, as the provider may, would misjudge other files.
    """
    if announced_s is None:
        return False
    return abs(announced_s - decoded_s) <= max(0.3, 0.02 * decoded_s)
