"""This studio: its id, by which its files are told apart from those of another, and its hold."""

import secrets
from datetime import datetime

from django.db import models
from django.db.models import Exists, Q

from voicestudio.models import clock

ONLY_PK = 1


def make_token() -> str:
    """A random id of 12 characters, which may stand in a file name."""
    return secrets.token_hex(6)


class Studio(models.Model):
    """This studio: a single row, written at first use.

    While it is held no paid call is sent: `held_since` is set by a restore, until an administrator
    has decided about what waited when the backup was made.
    """

    token = models.CharField(max_length=12, default=make_token, editable=False)
    created_at = models.DateTimeField(default=clock.now)

    held_since = models.DateTimeField(null=True, blank=True, editable=False)
    last_backup_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=ONLY_PK), name="studio_is_single"),)

    def __str__(self) -> str:
        return self.token

    @classmethod
    def current(cls) -> "Studio":
        """The row; of two processes that write it at once, the second one reads the first's."""
        return cls._default_manager.get_or_create(pk=ONLY_PK)[0]

    @classmethod
    def lock(cls) -> None:
        """Let no other transaction pass this line until the current one ends."""
        cls.current()
        cls._default_manager.select_for_update().get(pk=ONLY_PK)

    @classmethod
    def record_backup(cls, made_at: datetime) -> None:
        """Note that the newest backup is of this time, whichever machine made it."""
        cls.current()
        cls._default_manager.update(last_backup_at=made_at)

    @classmethod
    def is_held(cls) -> Exists:
        """The condition, for a query of any rows, that the studio is held."""
        return Exists(cls._default_manager.filter(held_since__isnull=False))
