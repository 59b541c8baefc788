"""`manage.py run_worker`: run the background worker alone."""

import logging
import os
import time
from typing import Final

from django.core.management.base import BaseCommand

from voicestudio.models import Way
from voicestudio.services import audit, health, queue, worker

logger = logging.getLogger(__name__)
POLL_SECONDS: Final = 2.0


def wait_for_migrations() -> None:
    """Wait until the database has what this version expects; another machine may migrate it."""
    if health.lacks_migrations():
        logger.warning("The database lacks migrations: waiting for manage.py migrate.")
    while health.lacks_migrations():
        time.sleep(POLL_SECONDS)


class Command(BaseCommand):
    """Run the jobs of the queue until a signal stops it."""

    help = "Runs the background worker alone. `studio` runs it with all other parts."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Register the worker, run its threads and sign it off."""
        wait_for_migrations()
        audit.use_for_process(Way.WORKER)
        audit.record_setting_changes()
        queue.delete_lost_records()
        consumer = queue.create_consumer()
        worker.on_start()
        try:
            consumer.run()
        finally:
            worker.on_stop()
        # Exit without waiting for running calls; their attempts show as interrupted.
        logging.shutdown()
        os._exit(0)
