"""`manage.py run_worker`: the background worker alone."""

import logging
import os

from django.core.management.base import BaseCommand

from voicestudio.services import queue, worker


class Command(BaseCommand):
    """Run the jobs of the queue until told to stop."""

    help = "Runs the background worker alone. `studio` runs it together with all the rest."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Enter the worker, run its threads, sign off."""
        queue.sweep()
        consumer = queue.consumer()
        worker.on_start()
        try:
            consumer.run()
        finally:
            worker.on_stop()
        # A call that is still under way cannot be waited for; its attempt says so already.
        logging.shutdown()
        os._exit(0)
