"""Command: run the practice provider alone."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from voicestudio.practice.program import add_arguments, run


class Command(BaseCommand):
    """`manage.py practice --port N`: the stand-in for MiniMax, until TERM or Ctrl-C."""

    help = _("Runs the practice provider, which answers instead of MiniMax.")
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The same arguments as without Django."""
        add_arguments(parser)

    def handle(
        self, *_args: Any, port: int, host: str, folder: Path | None, **_options: Any
    ) -> None:
        """Serve until told to stop."""
        run(port=port, host=host, folder=folder)
