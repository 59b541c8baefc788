"""The baseline's web server: the bare site on granian, as the studio is served.

python -m tests.benchmarks.bare_server PORT
"""

import sys
import threading
import time
import urllib.request

from django.core.management import call_command
from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from tests.benchmarks import bare_site


def print_when_ready(url: str) -> None:
    """Print "ready" when the site answers."""
    for _attempt in range(1_000):
        try:
            with urllib.request.urlopen(url):
                break
        except OSError:
            time.sleep(0.01)
    print("ready", flush=True)


def main(port: int) -> None:
    """Set up, then serve until SIGTERM."""
    call_command("migrate", interactive=False, verbosity=0)
    if not (bare_site.FOLDER / "static" / "django_htmx").is_dir():
        call_command("collectstatic", interactive=False, verbosity=0)
    url = f"http://127.0.0.1:{port}/"
    threading.Thread(target=print_when_ready, args=(url,), daemon=True).start()
    Server(
        "tests.benchmarks.bare_site:application",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=1,
        blocking_threads=16,
        log_enabled=False,
    ).serve(target_loader=lambda _target: bare_site.application(), wrap_loader=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
