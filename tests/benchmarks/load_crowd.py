"""What `load` needs in a database: a hundred people who are signed in, and what they look at.

    python -m tests.benchmarks.load_crowd studio|bare COUNT
    python -m tests.benchmarks.load_crowd clean COUNT

Prints one line of JSON: the cookies of the people and, for the studio, ids of attempts. `clean`
deletes the running attempts, so that other benchmarks find the rows that were seeded.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from uuid import UUID

PLAYED: Final = 200
AUDIO: Final = b"\xff\xfb\x90\x00" + bytes(96_000)
# Their tokens begin here; those of the seeded attempts count from 1.
FIRST_TOKEN: Final = 1 << 100


def add_people(count: int) -> list[Any]:
    """Managers of the first five projects, as in a team of several."""
    from django.contrib.auth.models import User

    names = [f"crowd-{number}" for number in range(count)]
    known = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    User.objects.bulk_create(
        User(username=name, password="!") for name in names if name not in known
    )
    return list(User.objects.filter(username__in=names).order_by("pk"))


def add_memberships(people: list[Any]) -> None:
    """Let them see a tenth of all rows."""
    from voicestudio.models import Membership, Project, Role

    projects = list(Project.objects.order_by("pk")[:5])
    Membership.objects.bulk_create(
        (
            Membership(project=project, person=person, role=Role.MANAGER)
            for person in people
            for project in projects
        ),
        ignore_conflicts=True,
    )


def add_running(count: int) -> list[int]:
    """Copies of an attempt that MiniMax clones now, in the projects that the people see."""
    from voicestudio.models import CloneAttempt, Speaker

    remove_running(count)
    running = CloneAttempt.objects.filter(status="cloning").order_by("-pk")[0]
    speakers = list(Speaker.objects.filter(project__lte=5).order_by("pk")[:count])
    copies = []
    for number in range(count):
        copy, speaker = CloneAttempt.objects.get(pk=running.pk), speakers[number % len(speakers)]
        copy.pk, copy.token, copy.claim = None, UUID(int=FIRST_TOKEN + number), UUID(int=number)
        copy.speaker, copy.speaker_name, copy.project_id = speaker, speaker.name, speaker.project_id
        copy.voice_id = f"Running-{number:04d}-7k2p"
        copies.append(copy)
    return [attempt.pk for attempt in CloneAttempt.objects.bulk_create(copies)]


def remove_running(count: int) -> None:
    """Delete the copies of this and of earlier runs."""
    from voicestudio.models import CloneAttempt

    tokens = [UUID(int=FIRST_TOKEN + number) for number in range(count)]
    CloneAttempt.objects.filter(token__in=tokens).delete()


def add_audio() -> list[int]:
    """The ids of attempts whose previews can be played; their files are written."""
    from voicestudio.models import CloneAttempt

    ready = CloneAttempt.objects.filter(project__lte=5, status="ready").exclude(audio="")
    attempts = list(ready.order_by("-pk").only("audio")[:PLAYED])
    for attempt in attempts:
        path = Path(attempt.audio.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(AUDIO)
    return [attempt.pk for attempt in attempts]


def main(kind: str, count: int) -> None:
    """Prepare, or clean up."""
    import django

    if kind == "bare":
        import_module("tests.benchmarks.bare_site")
    django.setup()
    from tests.benchmarks.in_process_client import sign_in

    if kind == "clean":
        remove_running(count)
        return
    people = add_people(count)
    facts: dict[str, Any] = {"cookies": [sign_in(person) for person in people]}
    if kind == "studio":
        import_module("voicestudio.management.statics").collect_if_changed()
        add_memberships(people)
        facts |= {"running": add_running(count), "played": add_audio()}
    print(json.dumps(facts))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
