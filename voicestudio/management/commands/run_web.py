"""`manage.py run_web`: run the web server alone."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import get_resolver
from django.utils.module_loading import import_string
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from voicestudio.models import MachinePart
from voicestudio.processes.child import exit_with_parent
from voicestudio.services import machines


def load_in_worker(_target: str, parent: int) -> Callable[..., Any]:
    """Return the application in a worker process of the server, which ends with its parent."""
    if os.getpid() != parent:
        exit_with_parent(parent)
        machines.start_reporting(MachinePart.WEB)
    return load_application()


def load_application() -> Callable[..., Any]:
    """Return the application with all URLs loaded, so that the first request is not slow."""
    get_resolver().url_patterns  # noqa: B018
    application: Callable[..., Any] = import_string(settings.WSGI_APPLICATION)
    return application


def delete_old_counts() -> None:
    """Delete what the web processes of an earlier start have counted: counters begin at zero."""
    for path in settings.METRICS_DIR.glob("*.db"):
        path.unlink(missing_ok=True)


class Command(BaseCommand):
    """Serve the studio on the address of the settings until a signal stops it."""

    help = "Runs the web server alone. `studio` runs it with all other parts."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Load the application before the workers are forked, so that they share its memory."""
        delete_old_counts()
        load_application()
        parent = os.getpid()
        Server(
            "voicestudio.wsgi:application",
            address=settings.LISTEN,
            port=settings.PORT,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            workers=settings.WEB_PROCESSES,
            blocking_threads=settings.WEB_THREADS,
            backlog=1024,
            workers_kill_timeout=3,
            working_dir=Path(settings.BASE_DIR),
            # What escapes Django; everything else is logged by Django.
            log_level=LogLevels.error,
            log_dictconfig=settings.LOGGING,
        ).serve(target_loader=partial(load_in_worker, parent=parent), wrap_loader=True)
        machines.delete_report(MachinePart.WEB)
        sys.exit(0)
