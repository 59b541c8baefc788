"""Backups: the rows and files of the studio at one moment, in a folder or a bucket."""

from .backup import make_backup
from .faults import BackupFault
from .manifest import Manifest
from .move import move_in
from .places import open_bucket, open_folder
from .progress import Report, Step
from .prune import Pruned, prune_backups
from .restoration import Restored, restore
from .verification import verify_backup

__all__ = [
    "BackupFault",
    "Manifest",
    "Pruned",
    "Report",
    "Restored",
    "Step",
    "make_backup",
    "move_in",
    "open_bucket",
    "open_folder",
    "prune_backups",
    "restore",
    "verify_backup",
]
