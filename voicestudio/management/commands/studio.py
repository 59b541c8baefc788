"""`manage.py studio`: the whole studio with one command, in practice as in production."""

import fcntl
import os
import secrets
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from voicestudio.management import statics
from voicestudio.processes.supervisor import Part, Studio

MANAGER = "manager"
# Addresses to listen on that nobody can connect to, and what one connects to instead.
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class Command(BaseCommand):
    """Set up what is missing, then become the supervisor of all parts."""

    help = "Starts web server, worker and, without a key, the practice provider."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Refuse early, prepare, hand over."""
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
        refuse_taken_ports()
        lock = lock_data_folder(settings.DATA_DIR)
        try:
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
            statics.collect_if_changed()
            sign_in = how_to_sign_in()
        except KeyboardInterrupt:
            sys.exit(130)
        become_supervisor(plan(sign_in), lock)


def refuse_taken_ports() -> None:
    """Say plainly that a port is in use, before anything has started."""
    wanted = [("PORT", settings.PORT, settings.LISTEN)]
    if settings.PRACTICE_MODE:
        wanted.append(("PRACTICE_PORT", settings.PRACTICE_PORT, "127.0.0.1"))
    for name, port, host in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    _("Port %(port)s cannot be used (%(why)s); choose another one with %(name)s=.")
                    % {"port": port, "why": (error.strerror or "").lower(), "name": name}
                ) from error


def lock_data_folder(folder: Path) -> int:
    """Keep a second studio away from this folder as long as our process lives."""
    lock = os.open(folder / "studio.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(
            _("Another studio is running on the data folder %(folder)s.") % {"folder": folder}
        ) from error
    os.set_inheritable(lock, True)  # for the supervisor, which takes our place
    return lock


def how_to_sign_in() -> str:
    """The half of the welcome that says who can sign in; makes `manager` at the first start."""
    users = get_user_model()._default_manager
    program = f"{os.path.relpath(sys.executable)} manage.py"
    if settings.PRACTICE_MODE:
        if not users.exists():
            password = secrets.token_urlsafe(9)
            get_user_model().objects.create_superuser(MANAGER, password=password)
            return _(
                "sign in as %(user)s with the password %(password)s (shown only this once)."
            ) % {"user": MANAGER, "password": password}
        return _(
            "sign in as before (a forgotten password: %(program)s changepassword %(user)s)."
        ) % {"program": program, "user": MANAGER}
    if not users.exists():
        return _("make the first administrator with: %(program)s createsuperuser") % {
            "program": program
        }
    return _("sign in as before.")


def address() -> str:
    """Where a person opens the studio; this machine's own when it listens anywhere."""
    if settings.HTTPS:
        return f"https://{settings.ALLOWED_HOSTS[0].lstrip('.')}/"
    host = ANYWHERE.get(settings.LISTEN, settings.LISTEN)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}/"


def plan(sign_in: str) -> Studio:
    """What the supervisor has to know."""
    parts = [
        Part(_("web server"), "manage", ["run_web"]),
        Part(_("worker"), "manage", ["run_worker"]),
    ]
    if settings.PRACTICE_MODE:
        folder = settings.DATA_DIR / "practice"
        rest = ["--port", str(settings.PRACTICE_PORT), "--folder", str(folder)]
        parts.append(Part(_("stand-in provider"), "voicestudio.practice", rest, quiet=True))
    mode = _(" (practice mode)") if settings.PRACTICE_MODE else ""
    first = settings.ALLOWED_HOSTS[0]
    return Studio(
        parts=parts,
        folder=str(settings.BASE_DIR),
        host=ANYWHERE.get(settings.LISTEN, settings.LISTEN),
        port=settings.PORT,
        host_header="localhost" if first == "*" else first.lstrip("."),
        practice_port=settings.PRACTICE_PORT if settings.PRACTICE_MODE else 0,
        welcome=_("Voice Studio%(mode)s is at %(address)s – %(sign_in)s")
        % {"mode": mode, "address": address(), "sign_in": sign_in},
        farewell=_("Voice Studio has stopped."),
    )


def become_supervisor(studio: Studio, lock: int) -> NoReturn:
    """Replace this process, Django and all, by the light one that watches the others."""
    reader, writer = os.pipe()
    os.write(writer, studio.to_json().encode())
    os.close(writer)
    os.set_inheritable(reader, True)
    sys.stdout.flush()
    os.chdir(settings.BASE_DIR)
    arguments = [sys.executable, "-m", "voicestudio.processes.supervisor", str(reader), str(lock)]
    os.execv(sys.executable, arguments)  # noqa: S606
