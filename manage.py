#!/usr/bin/env python
"""The door: every command of Voice Studio starts here."""

import os
import sys


def main() -> None:
    """Run one management command; a wrong setting ends with one sentence, not with a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voicestudio.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.configured or settings.DEBUG  # noqa: B018  (loads the settings)
    except ImproperlyConfigured as error:
        sys.exit(f"Voice Studio cannot start: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
