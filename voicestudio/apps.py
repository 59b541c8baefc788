"""The Django app."""

from typing import Any

from django.apps import AppConfig
from django.core.management.base import CommandError
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.signals import post_migrate, pre_migrate
from django.tasks.signals import task_finished
from django.utils.translation import gettext as _

from .services import queue

# The first of the migrations that 0001_initial replaced before the first release.
OLD_MIGRATION = "0001_rows"


class VoiceStudioConfig(AppConfig):
    """The only app of the project."""

    name = "voicestudio"
    verbose_name = "Voice Studio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the signal receivers."""
        pre_migrate.connect(refuse_old_database, sender=self)
        post_migrate.connect(install_search, sender=self)
        post_migrate.connect(protect_audit_trail, sender=self)
        # Imported here, because models can only be imported when all apps are ready.
        from .services.audit import sign_ins
        from .services.people import account_signals
        from .views import confirmation

        sign_ins.connect()
        account_signals.connect()
        confirmation.connect()
        task_finished.connect(queue.delete_record, dispatch_uid="delete_record")


def refuse_old_database(using: str, **_signal: Any) -> None:
    """Raise CommandError for a database of before 0.1.0, whose tables no migration can change."""
    if ("voicestudio", OLD_MIGRATION) in MigrationRecorder(connections[using]).applied_migrations():
        raise CommandError(
            _(
                "This database was made by a version of Voice Studio before 0.1.0 and cannot be "
                "used any more. Start with an empty data folder (VOICESTUDIO_DATA_DIR) or an empty "
                "database (DATABASE_URL)."
            )
        )


def install_search(using: str, **_signal: Any) -> None:
    """Restore the search index: SQLite drops its triggers when a migration rebuilds the table."""
    # Imported here, because models can only be imported when all apps are ready.
    from .models import search

    if search.TABLE in connections[using].introspection.table_names():
        search.install_index(connections[using])


def protect_audit_trail(using: str, **_signal: Any) -> None:
    """Restore the triggers of the audit trail, for the same reason."""
    # Imported here, because models can only be imported when all apps are ready.
    from .models import audit_triggers

    if audit_triggers.is_installable(connections[using]):
        audit_triggers.install_triggers(connections[using])
