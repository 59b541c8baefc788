"""Recordings: brought, kept, judged, cut, tidied and let go."""

from .bringing import (
    EXAMPLE_VOICES,
    NoExample,
    RecordingInUse,
    by_file_id,
    delete,
    example,
    take_in,
    take_in_file,
)
from .cutting import NotHeld, cut, shape, tidy
from .family import Member, family
from .judging import check_again, judge, judge_recording, take_up
from .keeping import shown_name, sweep, take_in_path

__all__ = [
    "EXAMPLE_VOICES",
    "Member",
    "NoExample",
    "NotHeld",
    "RecordingInUse",
    "by_file_id",
    "check_again",
    "cut",
    "delete",
    "example",
    "family",
    "judge",
    "judge_recording",
    "shape",
    "shown_name",
    "sweep",
    "take_in",
    "take_in_file",
    "take_in_path",
    "take_up",
    "tidy",
]
