#!/usr/bin/env python
"""Runs the management commands."""

import os
import sys


def main() -> None:
    """Run one command.

    An invalid setting, a database without its tables, and a database or a file storage that is away
    end with one sentence instead of a traceback, which `--traceback` shows.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voicestudio.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.configured or settings.DEBUG  # noqa: B018  (loads the settings)
    except ImproperlyConfigured as error:
        sys.exit(f"Voice Studio cannot start: {error}")
    try:
        execute_from_command_line(sys.argv)
    except Exception as error:
        if (sentence := explain(error)) and "--traceback" not in sys.argv:
            sys.exit(sentence)
        raise


def explain(error: Exception) -> str:
    """What is away, as pages say it, or missing; "" if the error is another one."""
    from django.db import InterfaceError, OperationalError

    from voicestudio.services import health
    from voicestudio.services.storage import StorageAway
    from voicestudio.views.server_errors import find_fault

    if is_unknown_name(error) and health.find_database_obstacle() == "migrations":
        return "The database has to be migrated first: run manage.py migrate."
    fault = find_fault(error)
    if fault is None or not isinstance(error, InterfaceError | OperationalError | StorageAway):
        return ""
    reason = " ".join(str(error).split()).removesuffix(".")
    stop = "" if reason.endswith("?") else "."  # PostgreSQL ends with a question
    return f"The {fault.part} cannot be used: {reason}{stop} Run the command again when it answers."


def is_unknown_name(error: Exception) -> bool:
    """Whether the database does not know a table or a column."""
    from django.db import OperationalError, ProgrammingError

    if isinstance(error, ProgrammingError):  # PostgreSQL
        return getattr(error.__cause__, "sqlstate", "") in ("42P01", "42703")
    return isinstance(error, OperationalError) and "no such " in str(error)


if __name__ == "__main__":
    main()
