"""Submits clone attempts to the empty database of its environment, and waits for their answers.

    python -m tests.benchmarks.submit_orders COUNT

Prints "ready" when all wait, then the seconds from the first claim to the last answer. Raises
SystemExit unless every attempt is ready in the end.
"""

import sys
import time
from pathlib import Path
from uuid import uuid4

import django
from django.core.management import call_command

TIMEOUT_S = 300


def main(count: int) -> None:
    """Submit, wait, print."""
    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db.models import Max, Min

    from tests.practice.recordings import hum
    from voicestudio.models import CloneAttempt, Project, Purpose
    from voicestudio.services import clones, recordings

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    person = User.objects.create_superuser("manager", password=None)
    sample = Path(settings.DATA_DIR) / "sample.wav"
    sample.write_bytes(hum(12))
    recording = recordings.store_local_file(
        sample, project=Project.first(), purpose=Purpose.SAMPLE, by=person
    )
    for number in range(count):
        order = clones.Order(
            token=uuid4(), speaker_name=f"Speaker {number}", is_new_speaker=True,
            voice_id=f"Throughput-{number:05d}-7k2p", permission=True, recording=recording,
            preview_text="Hello there.", model="speech-2.8-hd",
        )  # fmt: skip
        clones.submit(order, by=person)
    print("ready", flush=True)
    end = time.monotonic() + TIMEOUT_S
    while CloneAttempt.objects.filter(answered_at=None).exists():
        if time.monotonic() > end:
            raise SystemExit("The workers did not finish.")
        time.sleep(0.2)
    ready = CloneAttempt.objects.filter(status="ready")
    if (finished := ready.count()) != count:
        raise SystemExit(f"Only {finished} of {count} attempts are ready.")
    span = ready.aggregate(first=Min("claimed_at"), last=Max("answered_at"))
    print((span["last"] - span["first"]).total_seconds(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
