"""Submits clone attempts, one after the other, to the running studio of its environment.

    python -m tests.benchmarks.submit_attempts COUNT LONGEST_GAP

Prints for each attempt the milliseconds from its creation until a worker claims it.
"""

import random
import sys
import time
from uuid import uuid4

import django

TIMEOUT_S = 20


def main(count: int, longest_gap: float) -> None:
    """Pause for a random time, submit, wait until it is claimed."""
    django.setup()
    from django.contrib.auth.models import User  # models can be imported after setup()

    from voicestudio.models import CloneAttempt, Project
    from voicestudio.services import clones, recordings

    person = User.objects.get(username="manager")
    # A file that the stand-in does not know: the attempt fails at once, the worker is idle again.
    recording = recordings.add_by_file_id(
        1, project=Project.first(), purpose="voice_clone", by=person
    )
    for number in range(count):
        time.sleep(random.uniform(longest_gap / 4, longest_gap))
        order = clones.Order(
            token=uuid4(), speaker_name="Anna Larsen", is_new_speaker=True,
            voice_id=f"Pick-{uuid4().hex[:8]}x{number}", permission=True, recording=recording,
        )  # fmt: skip
        attempt = clones.submit(order, by=person)
        end = time.monotonic() + TIMEOUT_S
        rows = CloneAttempt.objects.filter(pk=attempt.pk)
        while (found := rows.get()).claimed_at is None:
            if time.monotonic() > end:
                raise SystemExit("The worker did not claim the attempt.")
            time.sleep(0.02)
        waited = found.claimed_at - attempt.created_at
        print(1000 * waited.total_seconds(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
