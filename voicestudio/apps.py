"""The Django app."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.tasks.signals import task_finished

from .services import queue


class VoiceStudioConfig(AppConfig):
    """The only app of the project."""

    name = "voicestudio"
    verbose_name = "Voice Studio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the signal receivers."""
        post_migrate.connect(install_search, sender=self)
        task_finished.connect(queue.forget, dispatch_uid="voicestudio.services.queue.forget")


def install_search(using: str, **_signal: Any) -> None:
    """Restore the search index: SQLite drops its triggers when a migration rebuilds the table."""
    # Imported here, because models can only be imported when all apps are ready.
    from .models import search

    if search.TABLE in connections[using].introspection.table_names():
        search.install(connections[using])
