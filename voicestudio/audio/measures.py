"""Audio: what is known of a file once it has been heard to its end."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

Purpose = Literal["voice_clone", "prompt_audio"]

PEAKS: Final = 110  # bars of a waveform
QUIETEST_DB: Final = -120.0  # what digital silence is called; minus infinity is no JSON


@dataclass(frozen=True, slots=True)
class Measures:
    """Facts of one file.

    `container` and `codec` are FFmpeg's short names ("mp3", "mov", "wav"; "mp3", "aac",
    "pcm_s16le"). `duration_ms` is what was decoded, not what a header says. `peak_dbfs` is the
    highest sample of any channel, `loudness_db` the RMS level over all channels of what is not
    silence, both in dB relative to full scale (a full-scale sine has peak 0 and RMS -3.01), never
    below -120. `silence_share` is the share (0..1) of the length that lies below -60 dBFS RMS.
    `peaks` are 110 integers 0..100 for the waveform. `acceptable`: MiniMax takes the file as it
    is. `extension` fits the content, whatever the name says; "" where nobody asks for it.
    """

    container: str
    codec: str
    duration_ms: int
    sample_rate: int
    channels: int
    bytes: int
    peak_dbfs: float
    loudness_db: float
    silence_share: float
    peaks: list[int]
    acceptable: bool
    extension: str

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON knows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that is now ours: where it lies, its measures, and what it was made from.

    `converted_from` is the codec of the original ("opus"), or "" when the bytes were kept.
    """

    path: Path
    measures: Measures
    converted_from: str = ""
