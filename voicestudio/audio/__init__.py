"""Audio: what a recording is; pure functions over files and arrays, no Django, no network.

The rest of the project imports the names listed here, and `isolated` for everything that opens a
file. Importing this package loads neither PyAV nor numpy.
"""

from . import rules
from .envelope_file import read_bars
from .headers import HEAD_BYTES, sniff
from .problems import AudioProblem
from .results import (
    FINDING_CODES,
    PASSAGE_REASONS,
    Advice,
    Analysis,
    Cleanup,
    Cut,
    Finding,
    IngestedFile,
    Metadata,
    Passage,
    Report,
    Suggestion,
)
from .waveform import read_waveform, waveform_path

__all__ = [
    "FINDING_CODES",
    "HEAD_BYTES",
    "PASSAGE_REASONS",
    "Advice",
    "Analysis",
    "AudioProblem",
    "Cleanup",
    "Cut",
    "Finding",
    "IngestedFile",
    "Metadata",
    "Passage",
    "Report",
    "Suggestion",
    "read_bars",
    "read_waveform",
    "rules",
    "sniff",
    "waveform_path",
]
