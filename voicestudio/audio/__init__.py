"""Audio: what a recording is; pure functions over files and arrays, no Django, no network.

The rest of the project imports the names listed here, and `isolated` for everything that opens a
file. Importing this package loads neither PyAV nor numpy.
"""

from . import rules
from .envelope_file import read_bars
from .headers import sniff
from .problems import AudioProblem
from .results import (
    Finding,
    IngestedFile,
    Metadata,
    Note,
    Report,
    Suggestion,
    Track,
    TrackSet,
    Waveform,
)
from .waveform import waveform_path

__all__ = [
    "AudioProblem", "Finding", "IngestedFile", "Metadata", "Note", "Report", "Suggestion", "Track",
    "TrackSet", "Waveform", "read_bars", "rules", "sniff", "waveform_path",
]  # fmt: skip
