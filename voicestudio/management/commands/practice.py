"""`manage.py practice`: run the stand-in provider of practice mode alone."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from voicestudio.practice.program import add_arguments, run


class Command(BaseCommand):
    """Serve the MiniMax API locally until SIGTERM or Ctrl-C."""

    help = _("Runs the practice provider, which answers instead of MiniMax.")
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the same options as without Django."""
        add_arguments(parser)

    def handle(
        self, *_args: Any, port: int, host: str, folder: Path | None, **_options: Any
    ) -> None:
        """Serve until a signal stops it."""
        run(port=port, host=host, folder=folder)
