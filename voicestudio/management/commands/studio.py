"""`manage.py studio`: run the whole studio with one command."""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voicestudio.management import catalogues, statics
from voicestudio.models import Voice
from voicestudio.processes.supervisor import Part, Studio
from voicestudio.services import health, machines

WEB, WORKER = ROLES = ("web", "worker")
MANAGER = "manager"
# The number of the lock in PostgreSQL that a studio holds while it migrates.
MIGRATION_LOCK = 6_478_210_935
# How long a start waits for that lock. A migration that takes longer is made by hand.
MIGRATION_WAIT_S: Final = 600
# Who holds it: the lock's number stands in two columns.
LOCK_HOLDER: Final = """
    SELECT coalesce(host(client_addr), 'a local connection'), pid
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND datname = current_database()
    AND (classid::bigint << 32) + objid::bigint = %s
"""
# Wildcard addresses to listen on, and the addresses to connect to instead.
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class Command(BaseCommand):
    """Prepare database and static files, then become the supervisor of all parts."""

    help = "Starts web server, worker and, without a key, the practice provider."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--web`, `--worker` and `--migrate`."""
        parser.add_argument("--web", action="store_true", help="only the web server")
        parser.add_argument("--worker", action="store_true", help="only the worker")
        parser.add_argument(
            "--migrate", action="store_true", help="migrate although other machines are running"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Check ports and data folder, migrate, collect static files and start the supervisor."""
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
        roles = [role for role in ROLES if options[role]] or [*ROLES]
        if settings.PRACTICE_MODE and len(roles) < len(ROLES):
            raise CommandError(
                _("Practice mode runs on one machine: start it without --web and --worker.")
            )
        if WEB in roles:
            check_ports()
        locks = [lock_data_folder(settings.DATA_DIR, role) for role in roles]
        settings.DRAINING_FILE.unlink(missing_ok=True)
        if settings.DATA_DIR_WAS_OPEN:
            text = _("Other users of this machine could read %(folder)s; now only you can.")
            print(text % {"folder": settings.DATA_DIR}, flush=True)  # noqa: T201
        try:
            sign_in = prepare(roles, migrate=options["migrate"])
        except KeyboardInterrupt:
            sys.exit(130)
        except OperationalError as error:
            raise CommandError(
                _("The database cannot be used, so nothing was started: %(reason)s")
                % {"reason": error}
            ) from error
        become_supervisor(build_studio(sign_in, roles), locks)


def prepare(roles: list[str], *, migrate: bool) -> str:
    """Compile catalogues, migrate, collect static files and create the first account.

    Returns a sentence on signing in.
    """
    delete_drafts_folder(settings.DATA_DIR)
    catalogues.compile_if_changed()
    if WEB in roles:
        statics.collect_if_changed()
    with migration_lock():
        others = list_others() if roles == [*ROLES] else []
        if migrate or (roles == [*ROLES] and not others):
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        elif health.lacks_migrations():
            report_missing_migrations(others)
            return _("it waits for manage.py migrate.")
    report_other_accounts()
    return prepare_sign_in()


def delete_drafts_folder(folder: Path) -> None:
    """Delete the drafts of versions that kept them as files, which nothing reads any more."""
    shutil.rmtree(folder / "drafts", ignore_errors=True)


@contextmanager
def migration_lock() -> Iterator[None]:
    """Let machines that start at the same moment migrate one after the other.

    SQLite lies on one machine, whose data folder is locked.
    """
    if connection.vendor != "postgresql":
        yield
        return
    # On a connection of its own, since a migration may close Django's.
    with closing(connection.copy()) as own:
        with own.cursor() as cursor:
            wait_for_migration_lock(cursor)
        yield


def wait_for_migration_lock(cursor: CursorWrapper) -> None:
    """Take the lock, and say so if another machine has it; CommandError after ten minutes.

    A machine that has vanished from the network keeps it until PostgreSQL notices, perhaps hours.
    """
    end, reported = time.monotonic() + MIGRATION_WAIT_S, False
    while True:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATION_LOCK])
        if cursor.fetchone() == (True,):
            return
        cursor.execute(LOCK_HOLDER, [MIGRATION_LOCK])
        holder = cursor.fetchone()
        if holder is None:  # it has just ended
            time.sleep(0.1)
            continue
        host, pid = holder
        facts = {"host": host, "pid": pid, "minutes": MIGRATION_WAIT_S // 60}
        if not reported:
            text = _(
                "%(host)s is migrating the database. Waiting for it, %(minutes)s minutes at most."
            )
            print(text % facts, flush=True)  # noqa: T201
            reported = True
        if time.monotonic() >= end:
            raise CommandError(
                _(
                    "%(host)s has been migrating the database for more than %(minutes)s "
                    "minutes, so nothing was started. If it no longer runs, end its connection in "
                    "PostgreSQL: SELECT pg_terminate_backend(%(pid)s)"
                )
                % facts
            )
        time.sleep(1)


def list_others() -> list[str]:
    """The other processes of this studio on this database, by its rows.

    None on a SQLite file in the data folder, since this start has locked that folder. A row there
    can only be of a container that was killed and came back under another host name.
    """
    file = Path(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite" and file.parent == settings.DATA_DIR:
        return []
    try:
        return machines.list_others()
    except DatabaseError:  # no table yet
        return []


def report_missing_migrations(others: list[str]) -> None:
    """Say why this start has not migrated, and what to do."""
    if others:
        text = _(
            "The database lacks migrations. This start didn't migrate it, since the studio "
            "runs elsewhere, or ran there within the last three minutes: %(others)s. Run "
            "manage.py migrate, or start with --migrate."
        ) % {"others": ", ".join(others)}
    else:
        text = _(
            "The database lacks migrations. A start with --web or --worker doesn't migrate it: run "
            "manage.py migrate, or start with --migrate."
        )
    print(text, flush=True)  # noqa: T201


def check_ports() -> None:
    """Raise CommandError if a port is in use, before anything is started."""
    ports = [("PORT", settings.PORT, settings.LISTEN)]
    if settings.PRACTICE_MODE and settings.PRACTICE_PORT_IS_FIXED:
        ports.append(("PRACTICE_PORT", settings.PRACTICE_PORT, "127.0.0.1"))
    elif settings.PRACTICE_MODE:
        use_free_practice_port()
    for name, port, host in ports:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    _("Port %(port)s cannot be used (%(reason)s); choose another with %(name)s=.")
                    % {"port": port, "reason": (error.strerror or "").lower(), "name": name}
                ) from error


def use_free_practice_port() -> None:
    """Take another port for the stand-in if the usual one is in use; all parts are told of it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings.PRACTICE_PORT))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        settings.PRACTICE_PORT = probe.getsockname()[1]
    settings.MINIMAX_BASE_URL = f"http://127.0.0.1:{settings.PRACTICE_PORT}"
    os.environ["PRACTICE_PORT"] = str(settings.PRACTICE_PORT)


def report_other_accounts() -> None:
    """Say if there are voices of another account, for example after a change of the address."""
    others = Voice.objects.living().exclude(provider__in=[settings.MINIMAX_PROVIDER, "practice"])
    for account, count in others.order_by().values_list("provider").annotate(Count("pk")):
        facts = {"count": count, "account": account}
        text = ngettext(
            "%(count)s voice belongs to another account (%(account)s) and can't be used now.",
            "%(count)s voices belong to another account (%(account)s) and can't be used now.",
            count,
        )
        hint = _("If that is this account under its old address, set MINIMAX_ACCOUNT=%(account)s.")
        print(f"{text} {hint}" % facts, flush=True)  # noqa: T201


def lock_data_folder(folder: Path, role: str) -> int:
    """Lock the data folder for this role and process; return the file descriptor.

    Raises CommandError if another studio holds the lock.
    """
    lock = os.open(folder / f"{role}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(
            _("Another studio is running on the data folder %(folder)s.") % {"folder": folder}
        ) from error
    return lock


def prepare_sign_in() -> str:
    """Create `manager` at the first start in practice mode; return a sentence on signing in."""
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
        return _("create the first administrator with: %(program)s createsuperuser") % {
            "program": program
        }
    return _("sign in as before.")


def studio_url() -> str:
    """Return the URL of the studio; a loopback address when it listens on all interfaces."""
    if settings.HTTPS:
        return f"https://{settings.ALLOWED_HOSTS[0].lstrip('.')}/"
    host = WILDCARDS.get(settings.LISTEN, settings.LISTEN)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}/"


def build_studio(sign_in: str, roles: list[str]) -> Studio:
    """Return the configuration of the supervisor."""
    known = {
        WEB: Part(_("web server"), "manage", ["run_web"], drains=True),
        WORKER: Part(_("worker"), "manage", ["run_worker"]),
    }
    parts = [known[role] for role in roles]
    if settings.PRACTICE_MODE:
        folder = settings.DATA_DIR / "practice"
        options = ["--port", str(settings.PRACTICE_PORT), "--folder", str(folder)]
        parts.append(Part(_("stand-in provider"), "voicestudio.practice", options, quiet=True))
    mode = _(" (practice mode)") if settings.PRACTICE_MODE else ""
    host = settings.ALLOWED_HOSTS[0]
    if WEB in roles:
        facts = {"mode": mode, "address": studio_url(), "sign_in": sign_in}
        welcome = _("Voice Studio%(mode)s is at %(address)s – %(sign_in)s") % facts
    else:
        welcome = _("The worker of Voice Studio is running.")
    return Studio(
        parts=parts,
        folder=str(settings.BASE_DIR),
        host=WILDCARDS.get(settings.LISTEN, settings.LISTEN),
        port=settings.PORT if WEB in roles else 0,
        host_header="localhost" if host == "*" else host.lstrip("."),
        practice_port=settings.PRACTICE_PORT if settings.PRACTICE_MODE else 0,
        welcome=welcome,
        farewell=_("Voice Studio has stopped."),
        drain_seconds=settings.DRAIN_SECONDS,
        draining_file=str(settings.DRAINING_FILE),
    )


def become_supervisor(studio: Studio, locks: list[int]) -> NoReturn:
    """Replace this process with the supervisor, which is small because it has no Django.

    It inherits the locks.
    """
    for lock in locks:
        os.set_inheritable(lock, True)
    reader, writer = os.pipe()
    os.write(writer, studio.to_json().encode())
    os.close(writer)
    os.set_inheritable(reader, True)
    sys.stdout.flush()
    os.chdir(settings.BASE_DIR)
    arguments = [sys.executable, "-m", "voicestudio.processes.supervisor", str(reader)]
    os.execv(sys.executable, arguments)  # noqa: S606
