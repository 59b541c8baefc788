"""Backups: the rows and files of the studio at one moment, in a folder or a bucket."""

from .backup import make_backup
from .faults import BackupFault
from .manifest import Manifest
from .places import open_bucket, open_folder
from .restoration import Restored, restore
from .verification import verify_backup

__all__ = [
    "BackupFault",
    "Manifest",
    "Restored",
    "make_backup",
    "open_bucket",
    "open_folder",
    "restore",
    "verify_backup",
]
