"""Jobs of the queue, run in this process on the connection of the test."""

from django.utils.module_loading import import_string

from voicestudio.services import queue


def run_jobs() -> int:
    """Run what waits in the queue; how many jobs."""
    count = 0
    while job := queue.get_queue().dequeue():
        path, arguments, options = job.args
        import_string(path).func(*arguments, **options)
        count += 1
    return count
