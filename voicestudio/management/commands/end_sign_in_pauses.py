"""End every pause after too many wrong passwords."""

from typing import Any

from django.core.management.base import BaseCommand

from voicestudio.services import sign_in_limits


class Command(BaseCommand):
    """Forgets the wrong passwords of the last minutes."""

    help = "Let everybody sign in again at once, after too many wrong passwords."

    def handle(self, **_options: Any) -> None:
        """Forget them and print how many there were."""
        self.stdout.write(f"{sign_in_limits.clear_failures()} wrong passwords forgotten.")
