"""Audio: what MiniMax accepts, and how long and how large a file may be."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .problems import AudioProblem
from .results import Metadata

SOURCE_MAX_BYTES: Final = 200 * 1024 * 1024  # of a file that is sent or cleaned up as a whole
LONG_MAX_BYTES: Final = 1024 * 1024 * 1024  # of a recording from which a part is cut
LONG_MAX_MS: Final = 2 * 3600 * 1000
CLIP_MAX_MS: Final = 800_000  # as mp3 at 192 kbit/s this is 19.2 MB
PROVIDER_MAX_BYTES: Final = 20 * 1000 * 1000  # Source: provider.md, 20 MB; the stricter reading

# Decoding time depends on the samples of all channels, and a small file may hold any number of
# them. Allowed are eight channels at 192 kHz, or DSD, and two hours of stereo at 48 kHz in all.
CHANNELS_MAX: Final = 16
SAMPLES_PER_SECOND_MAX: Final = 8 * 192_000
SAMPLES_MAX: Final = 720_000_000

# A block of 50 ms below this RMS is silence. Rooms that sound silent are near -60 dBFS, a whisper
# far from the microphone is near -50.
SILENCE_DB: Final = -60.0


@dataclass(frozen=True, slots=True)
class Span:
    """How long a recording may be, in ms: at least `shortest`, at most `longest`.

    `limit` is the figure that the provider names: `longest` itself, or the first refused length.
    """

    shortest: int
    longest: int
    limit: int


# By purpose, spelled as on the wire; `models.Purpose` is the enumeration of these.
# Source: provider.md. A sample lasts 10 s to 5 min, a prompt clip less than 8 s; below 1 s no
# word can be matched with its text.
SPANS: Final[dict[str, Span]] = {
    "voice_clone": Span(10_000, 300_000, 300_000),
    "prompt_audio": Span(1_000, 7_999, 8_000),
}

# Encoders pad 5:00 to 5:00.02. Such a file is not refused; the padding is cut off.
PADDING_MS: Final = 50

# The rates of MPEG audio layer III. AAC and PCM allow higher ones, but the provider's decoder may
# not, and a voice has nothing up there.
RATES: Final = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})
PCM: Final = frozenset({"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le"})
# QuickTime and mobile brands use the same boxes but are not plain "m4a" files.
M4A_BRANDS: Final = frozenset(
    {"M4A", "M4B", "mp41", "mp42", "isom", "iso2", "iso4", "iso5", "iso6"}
)


def check_size(size: int, limit: int) -> None:
    """Raise AudioProblem for a file of 0 bytes or of more than `limit` (both in bytes)."""
    if size == 0:
        raise AudioProblem("empty", bytes=0)
    if size > limit:
        raise AudioProblem("too_large", bytes=size, limit_bytes=limit)


def check_shape(channels: int, rate: int) -> None:
    """Raise AudioProblem too_many_samples for a format that would take too long to decode."""
    if channels > CHANNELS_MAX or channels * rate > SAMPLES_PER_SECOND_MAX:
        raise AudioProblem("too_many_samples", channels=channels, sample_rate=rate)


def check_file(path: Path, max_bytes: int) -> None:
    """Raise AudioProblem unless this is a regular file of an allowed size; OSError if missing."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise AudioProblem("not_audio")
    check_size(status.st_size, max_bytes)


def length_range(length_ms: int) -> tuple[int, int]:
    """Shortest and longest length (ms) that a clip may get without crossing a provider's limit."""
    shortest = [span.shortest for span in SPANS.values() if span.shortest <= length_ms]
    longest = [span.longest for span in SPANS.values() if span.longest >= length_ms]
    return max(shortest, default=0), min(longest, default=CLIP_MAX_MS)


def must_be_cut(duration_ms: int, purpose: str) -> bool:
    """Is a recording of this length longer than the provider accepts?"""
    return duration_ms > SPANS[purpose].longest + PADDING_MS


def check_metadata(metadata: Metadata, purpose: str, *, longest_ms: int | None = None) -> None:
    """Raise AudioProblem too_short, too_long or silent. Source: provider.md, "Audio".

    With `longest_ms`, a file longer than the provider accepts is allowed up to that length.
    """
    span = SPANS[purpose]
    duration_ms = metadata.duration_ms
    if duration_ms < span.shortest:
        raise AudioProblem("too_short", duration_ms=duration_ms, limit_ms=span.shortest)
    if duration_ms > max(span.longest, longest_ms or 0) + PADDING_MS:
        limit_ms = longest_ms or span.limit
        raise AudioProblem("too_long", duration_ms=duration_ms, limit_ms=limit_ms)
    if metadata.silence_share >= 1.0:
        raise AudioProblem("silent", duration_ms=duration_ms)


def accepted_extension(container: str, codec: str, *, brand: str = "") -> str:
    """The extension under which MiniMax accepts this content, or ""."""
    if container == "mp3" and codec == "mp3":
        return "mp3"
    if container == "mov" and codec == "aac" and brand.strip() in M4A_BRANDS:
        return "m4a"
    if container == "wav" and codec in PCM:
        return "wav"
    return ""


def header_length_is_true(header_s: float | None, decoded_s: float) -> bool:
    """Does the header state the decoded length, within 2 % or 0.3 s?

    The provider may take the length from the header, and would refuse or misread other files.
    """
    return header_s is not None and abs(header_s - decoded_s) <= max(0.3, 0.02 * decoded_s)
