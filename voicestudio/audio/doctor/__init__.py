"""Audio, doctor: what is wrong with a recording, measured before it costs anything."""

from .examination import CODES, VERDICTS, Advice, Examination, Finding, Measure, Verdict
from .examining import examine, unheard

__all__ = [
    "CODES",
    "VERDICTS",
    "Advice",
    "Examination",
    "Finding",
    "Measure",
    "Verdict",
    "examine",
    "unheard",
]
