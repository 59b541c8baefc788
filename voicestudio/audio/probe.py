"""Audio: reads the metadata of a file in one pass."""

from pathlib import Path
from typing import Final

import numpy as np

from . import headers, rules
from .decoding import Block, Decoder, open_recording
from .doctor import thresholds
from .doctor.loudness import LoudnessMeter
from .downmix import is_opposite
from .envelope import Envelope
from .problems import AudioProblem
from .results import Metadata, Note, Waveform

_MARGIN_S: Final = 1.0  # decoded beyond the limit before a file is called too long
_LONGEST_S: Final = 4 * 3600.0  # decoded of files that have no limit of their own
_LOWEST_BYTE_RATE: Final = 250  # a header that states a length for fewer bytes a second is wrong


def read_metadata(
    path: Path, *, limit_ms: int | None = None, envelope: Envelope | None = None
) -> Metadata:
    """Decode a file and return its metadata. With `limit_ms`, decoding stops soon after it.

    An empty `envelope` may be passed in, to be used afterwards.

    Raises AudioProblem not_audio, damaged, video, no_audio, empty (an audio file without samples),
    too_long (beyond `limit_ms`).
    """
    stop_after_s = _LONGEST_S if limit_ms is None else limit_ms / 1000 + _MARGIN_S
    size = path.stat().st_size
    envelope = Envelope() if envelope is None else envelope
    phase = _Phase()
    with open_recording(path) as decoder:
        for block, rate in decoder.blocks(stop_after_s=stop_after_s):
            envelope.add(block, rate)
            phase.add(block)
        if limit_ms is not None and decoder.seconds > stop_after_s:
            duration_ms = _likely_length_ms(decoder, size)
            raise AudioProblem("too_long", duration_ms=duration_ms, limit_ms=limit_ms)
        check_decoded(decoder, path, stop_after_s)
    loudness_db, silence_share = envelope.loudness()
    return Metadata(
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
        acceptable=_is_acceptable(decoder, path, size) and not phase.is_opposite,
        extension=_extension(decoder),
        notes=_notes(decoder, phase),
    )


class _Phase:
    """Compares the two channels of a stereo recording."""

    def __init__(self) -> None:
        self._products = np.zeros((2, 2))

    def add(self, block: Block) -> None:
        if len(block) == 2:
            self._products += block @ block.T

    @property
    def is_opposite(self) -> bool:
        """Would the sum of both channels be nearly silent?"""
        return is_opposite(*(float(self._products[place]) for place in ((0, 1), (0, 0), (1, 1))))


def _notes(decoder: Decoder, phase: _Phase) -> list[Note]:
    notes: list[Note] = []
    if decoder.repair is not None and decoder.repair.stated_s is not None:
        stated_ms = round(decoder.repair.stated_s * 1000)
        notes.append({"code": "header_too_short", "stated_ms": stated_ms})
    if thresholds.is_low_bit_rate(decoder.codec, decoder.bit_rate_kbps):
        kbps = round(decoder.bit_rate_kbps)
        notes.append({"code": "low_bit_rate", "codec": decoder.codec, "kbps": kbps})
    if phase.is_opposite:
        notes.append({"code": "opposite_phase"})
    return notes


def read_waveform(source: Path) -> Waveform:
    """The bars, length and loudness of a file, even if the file is cut off or silent.

    Raises AudioProblem not_audio, damaged (nothing can be decoded), video, no_audio, empty,
    too_many_samples.
    """
    rules.check_file(source, rules.SOURCE_MAX_BYTES)
    envelope, meter = Envelope(), LoudnessMeter()
    with open_recording(source) as decoder:
        for block, rate in decoder.blocks(stop_after_s=_LONGEST_S):
            envelope.add(block, rate)
            meter.add(block, rate)
        if not decoder.seconds:
            raise AudioProblem(_code_without_samples(decoder, source))
    loudness = meter.result().integrated
    return Waveform(envelope.peaks(), round(decoder.seconds * 1000), loudness)


def check_decoded(decoder: Decoder, path: Path, stop_after_s: float) -> None:
    """Check a decoder that was read to its end, or until `stop_after_s`.

    Raises AudioProblem damaged, not_audio or empty if the file does not hold what it should.
    """
    if not decoder.seconds:
        raise AudioProblem(_code_without_samples(decoder, path))
    if _is_damaged(decoder, stop_after_s):
        looks_like_audio = headers.sniff_file(path) or decoder.errors < decoder.packets / 2
        code = "damaged" if looks_like_audio else "not_audio"
        raise AudioProblem(code, duration_ms=round(decoder.seconds * 1000))


def _extension(decoder: Decoder) -> str:
    return rules.accepted_extension(decoder.container, decoder.codec, brand=decoder.brand)


def _is_acceptable(decoder: Decoder, path: Path, size: int) -> bool:
    return (
        bool(_extension(decoder))
        and size <= rules.PROVIDER_MAX_BYTES
        and decoder.channels <= 2
        and decoder.sample_rate in rules.RATES
        and not decoder.errors
        and decoder.repair is None
        and decoder.track_count == 1
        and rules.header_length_is_true(decoder.estimated_s, decoder.seconds)
        and (decoder.container != "wav" or decoder.header_s is not None)
        and not (decoder.container == "mov" and headers.is_fragmented(path))
    )


def _is_damaged(decoder: Decoder, stop_after_s: float) -> bool:
    """Could much of the sound not be decoded, or does it end long before its header states?

    A stray error is normal: tags at the end of an mp3, a first frame without its predecessor. An
    error counts by the sound that it cost. Start and end frames of encoders and edit lists make
    stated lengths inexact, by frames rather than by time, hence the 4,096 samples. The header of an
    mp3 that ends with a whole frame is older than the file: a program has cut it.
    """
    tolerated_s = 0.2 + 4096 / decoder.sample_rate
    if decoder.lost_s > max(tolerated_s, (decoder.seconds + decoder.lost_s) / 50):
        return True
    if decoder.header_s is None or decoder.seconds > stop_after_s:
        return False
    if decoder.container == "mp3" and not decoder.ends_within_frame:
        return False
    # After an error, a pause on the clock may be what was lost.
    end_s = decoder.seconds + (decoder.start_s or 0.0) if decoder.errors else decoder.end_s
    missing = decoder.header_s - end_s
    return missing > max(tolerated_s, decoder.header_s / 50)


def _code_without_samples(decoder: Decoder, path: Path) -> str:
    if not headers.sniff_file(path):
        return "not_audio"
    return "damaged" if decoder.errors or decoder.header_s else "empty"


def _likely_length_ms(decoder: Decoder, size: int) -> int:
    """Length (ms) of a file that was not decoded to its end: the header's, if it is plausible."""
    length_s = decoder.estimated_s or 0.0
    if length_s < decoder.seconds or length_s > size / _LOWEST_BYTE_RATE:
        length_s = decoder.seconds
    return round(length_s * 1000)
