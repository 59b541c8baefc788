"""Audio: what a recording is; pure functions over files and arrays, no Django, no network."""

from .headers import sniff
from .intake import convert, inspect, take_in, waveform_of
from .measures import PEAKS, Measures, Purpose, Taken
from .problems import AudioProblem
from .waveform import waveform_path

__all__ = [
    "PEAKS",
    "AudioProblem",
    "Measures",
    "Purpose",
    "Taken",
    "convert",
    "inspect",
    "sniff",
    "take_in",
    "waveform_of",
    "waveform_path",
]
