"""Audio: a small copy of a recording that browsers cannot surely play and seek."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from . import headers, rules
from .clip_writer import open_clip
from .decoding import Decoder, open_recording
from .problems import AudioProblem
from .results import PlayableCopy
from .segments import mix_down, read_mix

_MIX_JUDGED_S: Final = 600.0
_BYTES_MAX: Final = 60_000_000  # two hours at 64 kbit/s; the child may not write much more
_BIT_RATES: Final = (128_000, 96_000, 64_000)
_RATE_MAX: Final = 48_000
_TOLERANCE_S: Final = 0.3  # by which a header may be wrong before a place is heard elsewhere


def make_playable(
    source: Path, target: Path, *, duration_ms: int, progress: Callable[[float], None] | None = None
) -> PlayableCopy:
    """Write an mp3 of constant bit rate, at most 60 MB, unless every browser plays `source`.

    Surely played and sought are wav (PCM up to 48 kHz and two channels), flac, AAC-LC in m4a, opus
    with a length, and mp3 of constant bit rate or with a header that states its true length. One
    channel stays one and two stay two; more become one. At most two hours are copied.

    Raises AudioProblem like `analysis.analyze`; `target` does not exist then.
    """
    rules.check_file(source, rules.LONG_MAX_BYTES)
    with open_recording(source) as decoder:
        if _plays_surely(decoder, source):
            return PlayableCopy(written=False)
    try:
        _write(source, target, duration_ms, progress)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return PlayableCopy(written=True)


def _write(
    source: Path, target: Path, duration_ms: int, progress: Callable[[float], None] | None
) -> None:
    mix = read_mix(source, to_s=_MIX_JUDGED_S)
    with open_recording(source) as decoder:
        blocks = mix_down(decoder.blocks(stop_after_s=rules.LONG_MAX_MS / 1000), mix)
        first, rate = next(blocks, (None, 0))
        if first is None:
            raise AudioProblem("damaged")
        most = min(64_000 * len(first), _BYTES_MAX * 8000 // max(1, duration_ms))
        bit_rate = next((each for each in _BIT_RATES if each <= most), _BIT_RATES[-1])
        with open_clip(target, "mp3", len(first), rate, bit_rate=bit_rate) as writer:
            writer.write(first, rate)
            for block, block_rate in blocks:
                writer.write(block, block_rate)
                if progress is not None:
                    progress(decoder.seconds)


def _plays_surely(decoder: Decoder, path: Path) -> bool:
    if decoder.track_count > 1:  # browsers would play the first one
        return False
    match decoder.container, decoder.codec:
        case "wav", codec if codec in rules.PCM:
            is_usual = decoder.stated_rate <= _RATE_MAX and decoder.stated_channels <= 2
            return is_usual and decoder.repair is None and decoder.header_s is not None
        case "flac", "flac":
            return decoder.header_s is not None
        case "mov", "aac":
            is_plain = decoder.profile == "LC" and not headers.is_fragmented(path)
            return is_plain and decoder.brand.strip() in rules.M4A_BRANDS
        case (("ogg" | "matroska"), "opus"):
            return decoder.estimated_s is not None
        case "mp3", "mp3":
            return _is_seekable_mp3(decoder)
    return False


def _is_seekable_mp3(decoder: Decoder) -> bool:
    """Has it one bit rate, or a header with its true length? Without either, browsers guess."""
    frames = [head for head in decoder.packet_heads() if headers.mp3_frame_bytes(head)]
    length_s = sum(map(headers.mp3_frame_s, frames))
    if decoder.header_s is not None:
        return abs(decoder.header_s - length_s) <= _TOLERANCE_S
    return len({frame[2] >> 4 for frame in frames}) == 1
