"""The one app of the house."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.tasks.signals import task_finished

from .services import queue


class VoiceStudioConfig(AppConfig):
    """All nouns of the studio live together, so there is one app."""

    name = "voicestudio"
    verbose_name = "Voice Studio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for what has to be heard in every process."""
        post_migrate.connect(install_search, sender=self)
        task_finished.connect(queue.forget, dispatch_uid="voicestudio.services.queue.forget")


def install_search(using: str, **_signal: Any) -> None:
    """Put the search index back: SQLite loses its triggers when a migration rebuilds the table."""
    # The models' room can be opened only once all apps are ready.
    from .models import search

    if search.TABLE in connections[using].introspection.table_names():
        search.install(connections[using])
