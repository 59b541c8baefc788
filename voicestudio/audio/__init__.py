"""Audio: what a recording is; pure functions over files and arrays, no Django, no network."""

from .cutting import Cut, cut
from .doctor import Advice, Examination, Finding, examine
from .headers import sniff
from .intake import convert, inspect, take_in, waveform_of
from .measures import PEAKS, Measures, Purpose, Taken
from .passages import REASONS, Passage, Suggestion, best_passage, prompt_passage, suggest
from .problems import AudioProblem
from .tidying import STEPS, Tidied, tidy
from .waveform import waveform_path
from .zoom import duration_of, shape_of, write_envelope

__all__ = [
    "PEAKS",
    "REASONS",
    "STEPS",
    "Advice",
    "AudioProblem",
    "Cut",
    "Examination",
    "Finding",
    "Measures",
    "Passage",
    "Purpose",
    "Suggestion",
    "Taken",
    "Tidied",
    "best_passage",
    "convert",
    "cut",
    "duration_of",
    "examine",
    "inspect",
    "prompt_passage",
    "shape_of",
    "sniff",
    "suggest",
    "take_in",
    "tidy",
    "waveform_of",
    "waveform_path",
    "write_envelope",
]
