"""Recordings: brought, kept, judged, cut, tidied and let go."""

from .bringing import (
    EXAMPLE_VOICES,
    RecordingInUse,
    by_file_id,
    delete,
    example,
    take_in,
    take_in_file,
)
from .judging import judge, judge_recording
from .keeping import shown_name

__all__ = [
    "EXAMPLE_VOICES",
    "RecordingInUse",
    "by_file_id",
    "delete",
    "example",
    "judge",
    "judge_recording",
    "shown_name",
    "take_in",
    "take_in_file",
]
