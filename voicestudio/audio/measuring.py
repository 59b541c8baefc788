"""Audio: one pass through a file, from which all its measures come.

This module imports PyAV and numpy: the rest of the house reaches it only through `intake`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from . import headers, rules
from .decoding import Decoder, opened
from .envelope import Envelope
from .measures import Measures
from .problems import AudioProblem

_MARGIN_S: Final = 1.0  # heard beyond the limit before a file is called too long
_LONGEST_HEARD_S: Final = 4 * 3600.0  # of files that have no limit of their own
_SLOWEST: Final = 250  # bytes a second; a header that promises more time than this is a lie


def measure(
    path: Path, *, limit_ms: int | None = None, envelope: Envelope | None = None
) -> Measures:
    """All measures of a file. With `limit_ms`, decoding stops soon after that length.

    An empty `envelope` may be given, so as to be read afterwards.

    Raises AudioProblem not_audio, damaged, video, no_audio, empty (a file of sound without any),
    too_long (beyond `limit_ms`).
    """
    stop_after_s = _LONGEST_HEARD_S if limit_ms is None else limit_ms / 1000 + _MARGIN_S
    size = path.stat().st_size
    envelope = Envelope() if envelope is None else envelope
    with opened(path) as decoder:
        _hear(decoder, envelope, stop_after_s)
        if limit_ms is not None and decoder.seconds > stop_after_s:
            duration_ms = _likely_ms(decoder, size)
            raise AudioProblem("too_long", duration_ms=duration_ms, limit_ms=limit_ms)
        refuse_broken(decoder, path, stop_after_s)
        return _measures(decoder, envelope, path, size)


def refuse_broken(decoder: Decoder, path: Path, stop_after_s: float) -> None:
    """Ask this of a decoder that was read to its end, or until `stop_after_s`.

    Raises AudioProblem damaged, not_audio or empty if it did not hold what it should.
    """
    if not decoder.seconds:
        raise AudioProblem(_why_nothing(decoder, path))
    if _is_damaged(decoder, stop_after_s):
        code = "damaged" if _is_known(path) or decoder.errors < decoder.packets / 2 else ""
        raise AudioProblem(code or "not_audio", duration_ms=round(decoder.seconds * 1000))


def picture(path: Path) -> tuple[list[int], int]:
    """The 110 bars of a file and its length in ms; what is cut or silent gets its picture too.

    Raises AudioProblem not_audio, damaged (nothing can be heard of it), video, no_audio, empty.
    """
    with opened(path) as decoder:
        envelope = Envelope()
        _hear(decoder, envelope, _LONGEST_HEARD_S)
        if not decoder.seconds:
            raise AudioProblem(_why_nothing(decoder, path))
        return envelope.peaks(), round(decoder.seconds * 1000)


def _hear(decoder: Decoder, envelope: Envelope, stop_after_s: float) -> None:
    for block, rate in decoder.blocks(stop_after_s=stop_after_s):
        envelope.add(block, rate)


def _measures(decoder: Decoder, envelope: Envelope, path: Path, size: int) -> Measures:
    loudness_db, silence_share = envelope.loudness()
    extension = rules.extension_of(decoder.container, decoder.codec, brand=decoder.brand)
    acceptable = (
        bool(extension)
        and size <= rules.PROVIDER_MAX_BYTES
        and decoder.channels <= 2
        and decoder.sample_rate in rules.RATES
        and not decoder.errors
        and rules.tells_the_truth(decoder.announced_s, decoder.seconds)
        and (decoder.container != "wav" or decoder.promised_s is not None)
        and not (decoder.container == "mov" and headers.is_fragmented(path))
    )
    return Measures(
        container=decoder.container,
        codec=decoder.codec,
        duration_ms=round(decoder.seconds * 1000),
        sample_rate=decoder.sample_rate,
        channels=decoder.channels,
        bytes=size,
        peak_dbfs=round(envelope.peak_dbfs(), 2),
        loudness_db=round(loudness_db, 2),
        silence_share=round(silence_share, 4),
        peaks=envelope.peaks(),
        acceptable=acceptable,
        extension=extension,
    )


def _is_damaged(decoder: Decoder, stop_after_s: float) -> bool:
    """Did much of it not decode, or is it much shorter than its header promises?

    A stray error is normal: tags at the end of an mp3, a first frame without its predecessor.
    Encoders' start and end frames and edit lists make promises inexact, by frames rather than by
    time, hence the 4,096 samples.
    """
    if decoder.errors >= 3 and decoder.errors > decoder.packets / 50:
        return True
    if decoder.promised_s is None or decoder.seconds > stop_after_s:
        return False
    missing = decoder.promised_s - decoder.seconds
    return missing > max(0.2 + 4096 / decoder.sample_rate, decoder.promised_s / 50)


def _why_nothing(decoder: Decoder, path: Path) -> str:
    if decoder.errors or decoder.promised_s:
        return "damaged" if _is_known(path) else "not_audio"
    return "empty" if _is_known(path) else "not_audio"


def _is_known(path: Path) -> bool:
    return bool(headers.sniff(headers.head_of(path)))


def _likely_ms(decoder: Decoder, size: int) -> int:
    """The length (ms) of a file that was not heard to its end: the header's, if it can be true."""
    told = decoder.announced_s or 0.0
    if told < decoder.seconds or told > size / _SLOWEST:
        told = decoder.seconds
    return round(told * 1000)
