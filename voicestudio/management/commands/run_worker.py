"""`manage.py run_worker`: run the background worker alone."""

import logging
import os
import time
from typing import Final

from django.core.management.base import BaseCommand

from voicestudio.models import MachinePart, Way
from voicestudio.services import audit, health, machines, queue, worker

logger = logging.getLogger(__name__)
POLL_SECONDS: Final = 2.0


# Why the worker waits, by the obstacle.
WAITS: Final = {
    "database": "The database does not answer: waiting for it.",
    "migrations": "The database lacks migrations: waiting for manage.py migrate.",
}


def wait_for_database() -> None:
    """Wait until the database answers and has what this version expects.

    Another machine may migrate it.
    """
    reported = ""
    while obstacle := health.find_database_obstacle():
        if obstacle != reported:
            logger.warning(WAITS[obstacle])
            reported = obstacle
        time.sleep(POLL_SECONDS)


class Command(BaseCommand):
    """Run the jobs of the queue until a signal stops it."""

    help = "Runs the background worker alone. `studio` runs it with all other parts."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Register the worker, run its threads and sign it off."""
        wait_for_database()
        audit.use_for_process(Way.WORKER)
        audit.record_setting_changes()
        try:
            queue.delete_lost_records()
        except Exception:  # SQLite, PostgreSQL and Redis have no error in common
            logger.exception("The queue does not answer: calls wait for it.")
        consumer = queue.create_consumer()
        worker.on_start()
        stop_reporting = machines.start_reporting(MachinePart.WORKER)
        try:
            consumer.run()
        finally:
            worker.on_stop()
            stop_reporting()
            machines.delete_report(MachinePart.WORKER)
        # Exit without waiting for running calls; their attempts show as interrupted.
        logging.shutdown()
        os._exit(0)
