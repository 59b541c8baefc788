"""Bulk: one action on several rows of a list, each permitted, done or refused on its own."""

from .actions import (
    Outcome,
    add_tags,
    delete_recordings,
    mark_heard,
    mark_unheard,
    move_back,
    move_recordings,
    move_speakers,
    remove_taggings,
)
from .archive import Archive, ArchiveTooLarge, plan_archive, record_download, stream_archive
from .export import columns, export_rows
from .selection import Refusal, Row, find_rows, speakers_of, voices_of

__all__ = [
    "Archive",
    "ArchiveTooLarge",
    "Outcome",
    "Refusal",
    "Row",
    "add_tags",
    "columns",
    "delete_recordings",
    "export_rows",
    "find_rows",
    "mark_heard",
    "mark_unheard",
    "move_back",
    "move_recordings",
    "move_speakers",
    "plan_archive",
    "record_download",
    "remove_taggings",
    "speakers_of",
    "stream_archive",
    "voices_of",
]
