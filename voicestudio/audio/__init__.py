"""Audio: what a recording is; pure functions over files and arrays, no Django, no network.

The rest of the project imports the names listed here, and `isolated` for everything that opens a
file. Importing this package loads neither PyAV nor numpy.
"""

from . import rules
from .envelope_file import read_bars
from .headers import sniff
from .problems import AudioProblem
from .results import (
    CHECK_VERSION,
    PEAKS,
    TRIED_CODE,
    Finding,
    IngestedFile,
    Metadata,
    Note,
    Report,
    Suggestion,
    Track,
    TrackSet,
    VerdictCode,
    Waveform,
    is_outdated,
)
from .speech_model import has_speech_model
from .waveform import waveform_path

__all__ = [
    "CHECK_VERSION", "PEAKS", "TRIED_CODE", "AudioProblem", "Finding", "IngestedFile", "Metadata",
    "Note", "Report", "Suggestion", "Track", "TrackSet", "VerdictCode", "Waveform",
    "has_speech_model", "is_outdated", "read_bars", "rules", "sniff", "waveform_path",
]  # fmt: skip
