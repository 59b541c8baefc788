"""Submitting: asks the running studio of its environment for voices, one after the other.

    python -m tests.benchmarks.submitting COUNT LONGEST_GAP

Prints for each attempt the milliseconds from being asked for until a worker has claimed it.
"""

from __future__ import annotations

import random
import sys
import time
from uuid import uuid4

import django

PATIENCE = 20


def main(count: int, longest_gap: float) -> None:
    """Ask, wait until it is claimed, rest for a while that nobody can foresee."""
    django.setup()
    from django.contrib.auth.models import User  # the models can be imported only now
    from django.utils import timezone

    from voicestudio.models import AudioFile, CloneAttempt
    from voicestudio.services import clones

    person = User.objects.get(username="manager")
    # The stand-in knows no such file: the attempt ends at once, and the worker is idle again.
    facts = {"name": "none.mp3", "purpose": "voice_clone", "uploaded_at": timezone.now()}
    recording, _made = AudioFile.objects.get_or_create(
        provider="practice", file_id=1, defaults={**facts, "created_by": person}
    )
    for number in range(count):
        time.sleep(random.uniform(longest_gap / 4, longest_gap))
        order = clones.Order(
            token=uuid4(), speaker_name="Anna Larsen", voice_id=f"Pick-{uuid4().hex[:8]}x{number}",
            permission=True, recording=recording,
        )  # fmt: skip
        attempt = clones.submit(order, by=person)
        end = time.monotonic() + PATIENCE
        rows = CloneAttempt.objects.filter(pk=attempt.pk)
        while (found := rows.get()).claimed_at is None:
            if time.monotonic() > end:
                raise SystemExit("The worker did not take up the attempt.")
            time.sleep(0.02)
        waited = found.claimed_at - attempt.created_at
        print(1000 * waited.total_seconds(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
