"""`manage.py catalogues`: bring the texts of all languages up to date."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from voicestudio.management import catalogues


class Command(BaseCommand):
    """Extract all texts, update the .po files, compile them, and say what is missing."""

    help = "Extracts the texts, updates the catalogues of all languages and compiles them."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--start`."""
        parser.add_argument(
            "--start", choices=sorted(settings.TRANSLATIONS), help="begin this language"
        )

    def handle(self, *_args: object, start: str | None, **_options: Any) -> None:
        """Update each catalogue and print its figures."""
        texts = catalogues.extract_texts()
        self.stdout.write(f"{len(texts)} texts in English")
        for language in sorted({*catalogues.find_catalogues(), *([start] if start else [])}):
            total, missing = catalogues.update(language, texts)
            self.stdout.write(f"{language}: {total - missing} translated, {missing} missing")
            for fault in catalogues.find_faults(catalogues.read_catalogue(language)):
                if not fault.startswith("missing"):
                    self.stdout.write(f"  {fault}")
        catalogues.compile_if_changed()
