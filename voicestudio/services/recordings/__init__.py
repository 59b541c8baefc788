"""Recordings: brought, kept, judged, cut, tidied and let go."""

from .checks import check_again, judge, judge_recording, take_up
from .cutting import NotHeld, cut, shape, tidy
from .family import Member, family
from .store import shown_name, sweep, take_in_path
from .uploads import (
    EXAMPLE_VOICES,
    NoExample,
    RecordingInUse,
    add_by_file_id,
    delete,
    example,
    take_in,
    take_in_file,
)

__all__ = [
    "EXAMPLE_VOICES",
    "Member",
    "NoExample",
    "NotHeld",
    "RecordingInUse",
    "add_by_file_id",
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
