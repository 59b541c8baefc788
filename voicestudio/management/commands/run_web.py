"""`manage.py run_web`: the web server alone."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from voicestudio.processes.child import end_with


def load(_target: str, parent: int) -> Callable[..., Any]:
    """The application inside a serving process, which ends with the process that started it."""
    if os.getpid() != parent:
        end_with(parent)
    return application()


def application() -> WSGIHandler:
    """The whole house, every address loaded, so that no first visitor waits for it."""
    get_resolver().url_patterns  # noqa: B018
    return get_wsgi_application()


class Command(BaseCommand):
    """Serve the studio on the address of the settings until told to stop."""

    help = "Runs the web server alone. `studio` runs it together with all the rest."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Load the house once, then let the serving processes share it."""
        application()
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
            log_enabled=False,
        ).serve(target_loader=_Loader(parent), wrap_loader=True)
        sys.exit(0)


class _Loader:
    """Carries our process number to the serving process, also where that is not a fork."""

    def __init__(self, parent: int) -> None:
        self.parent = parent

    def __call__(self, target: str) -> Callable[..., Any]:
        return load(target, self.parent)
