"""Recordings: upload, storage, check, cut, clean copy, tracks and deletion."""

from .checks import check_again, check_recording, ensure_playable, requeue_lost_checks, run_check
from .cutting import clean_recording, cut_recording, waveform_bars
from .deletion import (
    DeletedLater,
    NotDeleted,
    RecordingInUse,
    delete_due_recording,
    delete_recording,
    finish_deletions,
)
from .family import Member, list_family
from .store import (
    FileMissing,
    clean_file_name,
    delete_abandoned_uploads,
    rename_recording,
    store_file,
)
from .tracks import TrackChoice, find_track_source, list_tracks, use_track
from .uploads import (
    EXAMPLE_VOICES,
    ExampleUnavailable,
    FileIdRefused,
    add_by_file_id,
    fetch_example,
    store_local_file,
    store_upload,
)

__all__ = [
    "EXAMPLE_VOICES",
    "DeletedLater",
    "ExampleUnavailable",
    "FileIdRefused",
    "FileMissing",
    "Member",
    "NotDeleted",
    "RecordingInUse",
    "TrackChoice",
    "add_by_file_id",
    "check_again",
    "check_recording",
    "clean_file_name",
    "clean_recording",
    "cut_recording",
    "delete_abandoned_uploads",
    "delete_due_recording",
    "delete_recording",
    "ensure_playable",
    "fetch_example",
    "find_track_source",
    "finish_deletions",
    "list_family",
    "list_tracks",
    "rename_recording",
    "requeue_lost_checks",
    "run_check",
    "store_file",
    "store_local_file",
    "store_upload",
    "use_track",
    "waveform_bars",
]
