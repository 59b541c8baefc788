#!/usr/bin/env python
"""Runs the management commands."""

import os
import sys


def main() -> None:
    """Run one command; an invalid setting ends with one sentence instead of a traceback."""
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
