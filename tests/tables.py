"""Tables: the database of the tests, laid out once in a run of several processes, then copied."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from pathlib import Path

from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.models.signals import post_migrate

# In the folder that the processes of a run share: the empty tables, once one has laid them out.
LAID = "tables.sqlite3"


class Tables:
    """What the processes of one run share in `folder`: the first lays out, the others copy.

    With one process, and on a database that is no file, there is nothing to share.
    """

    def __init__(self, folder: Path) -> None:
        self.laid = folder / LAID
        self.shared = connection.vendor == "sqlite" and "PYTEST_XDIST_TESTRUNUID" in os.environ
        self.turn = (folder / "tables.lock").open("w")

    def taken_over(self) -> bool:
        """Whether they are here now, from another process; else it is our turn to lay them out."""
        if not self.shared:
            return False
        fcntl.flock(self.turn, fcntl.LOCK_EX)
        if self.laid.exists():
            shutil.copyfile(self.laid, settings.DATABASES["default"]["TEST"]["NAME"])
            self.turn.close()
        return self.turn.closed

    def hand_over(self) -> None:
        """Let the others have what is here now."""
        if self.turn.closed:
            return
        if self.shared:
            draft = sqlite3.connect(self.laid.with_suffix(".draft"))
            connection.ensure_connection()
            connection.connection.backup(draft)
            draft.close()
            self.laid.with_suffix(".draft").rename(self.laid)
        self.turn.close()


def forget_permissions() -> None:
    """Emptying the tables after a test does not fill in what no test asks for.

    Django writes a row for each kind of row and each permission whenever it has flushed a
    database: two thirds of what a test with transactions of its own costs besides its work.
    """
    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(
        create_permissions, dispatch_uid="django.contrib.auth.management.create_permissions"
    )
