"""`make scale`: nothing lost and nothing paid twice, however the machines and engines fail.

    python -m tests.scale [--attempts 2000] [--speeches 400] [--seed 1] [--keep]

Three web servers and three workers, each with a data folder of its own, share one PostgreSQL, one
Redis and one S3 server. The provider is a stand-in that is slow, asks to slow down, drops answers
and doubles them. Meanwhile machines are killed at random, PostgreSQL and Redis are restarted twice,
and Redis is emptied once. At the end the ledger has to equal the stand-in's bill.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.scale import people
from tests.scale.engines import Bucket, Postgres, Redis, Server, end, wait_for
from tests.scale.machines import Machine
from voicestudio.practice.server import Fault, StandIn

PEOPLE = 6
BROWSING = 2
# Faults go on until so few calls are left, or for so long after the last order.
LAST_CALLS = 20
WORKED_OFF_WITHIN = 1200.0
# After the last fault every call has so long to end in a true state.
SETTLED_WITHIN = 120.0
# Weight and fault; after "work" the stand-in has done and billed the call. A call without a fault
# stands in line too: otherwise all faults would meet the first calls, one after the other.
NO_FAULT: Final = Fault()
FAULTS: list[tuple[int, Fault]] = [
    (77, NO_FAULT),
    (8, Fault(delay=2.0)),
    (2, Fault(status_code=1002)),
    (1, Fault(http_status=429, headers={"Retry-After": "1"})),
    (4, Fault(action="drop", after="work")),
    (3, Fault(action="truncate", after="work")),
    (3, Fault(body=b'{"base_resp": {"status_code": 0}}' * 2, after="work")),
    (2, Fault(status_code=1026)),
]


class Scale:
    """One run."""

    def __init__(self, folder: Path, attempts: int, speeches: int, seed: int) -> None:
        self.folder, self.attempts, self.speeches = folder, attempts, speeches
        self.dice = random.Random(seed)
        self.standin = StandIn(api_key="scale-key", delay=0.3)
        self.standin.max_calls = 100_000
        self.postgres = Postgres(self._subfolder("postgres"))
        self.redis = Redis(self._subfolder("redis"))
        self.bucket = Bucket(self._subfolder("bucket"))
        self.webs: list[Machine] = []
        self.workers: list[Machine] = []
        self.done, self.aborted = threading.Event(), threading.Event()
        self.chaos = threading.Thread(target=self.fail, daemon=True)
        self.faults: Counter[str] = Counter()

    def _subfolder(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir()
        return path

    def settings(self) -> dict[str, str]:
        """The settings that all machines share."""
        return {
            "DATABASE_URL": self.postgres.url, "QUEUE_URL": self.redis.url,
            "STORAGE_URL": self.bucket.url, "STORAGE_KEY_ID": "key",
            "STORAGE_SECRET_KEY": "secret", "STORAGE_LINKS": "false",
            "SECRET_KEY": "only for the scale test, never for anything else",
            "MINIMAX_API_KEY": "scale-key", "MINIMAX_BASE_URL": self.standin.url,
            "MINIMAX_READ_TIMEOUT": "10", "CLONE_RPM": "6000", "SPEECH_RPM": "6000",
            "HEARTBEAT_SECONDS": "2", "LEASE_SECONDS": "10", "LOG_LEVEL": "WARNING",
        }  # fmt: skip

    def run(self) -> bool:
        """Run it; whether everything is as it has to be."""
        started = time.monotonic()
        self.postgres.create()
        self.redis.start()
        self.bucket.create()
        with self.standin:
            try:
                self.set_up()
                self.work()
            except BaseException:
                self.aborted.set()
                raise
            finally:
                self.done.set()
                if self.chaos.is_alive():
                    self.chaos.join()  # or it would start again what is ended here
                for machine in (*self.webs, *self.workers):
                    machine.stop()
            result = persistently(self.judge)
        print(f"{time.monotonic() - started:.0f} s in all.")
        return result

    def set_up(self) -> None:
        """Migrate, add a person and a recording, start the machines."""
        os.environ |= self.settings() | {
            "DJANGO_SETTINGS_MODULE": "voicestudio.settings", "VOICESTUDIO_ENV_FILE": "",
            "VOICESTUDIO_DATA_DIR": str(self.folder / "driver"),
        }  # fmt: skip
        import django

        django.setup()
        from django.contrib.auth.models import User
        from django.core.management import call_command

        from tests.practice.recordings import hum
        from voicestudio.models import Project, Purpose
        from voicestudio.services import recordings

        call_command("migrate", interactive=False, verbosity=0)
        person = User.objects.create_superuser("scale", password=people.PASSWORD)
        sample = self.folder / "sample.wav"
        sample.write_bytes(hum(12))
        recording = recordings.store_local_file(
            sample, project=Project.first(), purpose=Purpose.SAMPLE, by=person
        )
        self.recording = recording.pk
        for number in range(3):
            for role, machines in (("web", self.webs), ("worker", self.workers)):
                folder = self.folder / f"{role}{number}"
                machines.append(Machine(role, folder, self.settings()))
        for machine in (*self.webs, *self.workers):
            machine.start()
        for web in self.webs:
            web.wait()

    def work(self) -> None:
        """Send the orders while everything fails now and then."""
        self.crowd = people.Crowd(self.webs)
        for number in range(self.attempts):
            self.crowd.orders.put(people.clone(number, self.recording))
            self.script("voice_clone")
        browsing = [
            threading.Thread(target=self.crowd.browse, daemon=True) for _ in range(BROWSING)
        ]
        for thread in (*browsing, self.chaos):
            thread.start()
        self.send()
        print(f"{self.attempts} attempts are ordered.", flush=True)
        for number, voice in enumerate(self.voices(self.speeches)):
            self.crowd.orders.put(people.speak(voice, number))
            self.script("t2a_v2")
        self.send()
        print(f"{self.speeches} speeches are ordered.", flush=True)
        self.wait_for_last_calls()
        self.done.set()
        self.chaos.join()
        self.settled_after = self.settle()
        self.crowd.stop.set()
        for thread in browsing:
            thread.join()

    def send(self) -> None:
        """Let people work off the orders."""
        threads = [threading.Thread(target=self.crowd.work, daemon=True) for _ in range(PEOPLE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def script(self, call: str) -> None:
        """Let the next call of this name fail, or not."""
        weights = [weight for weight, _fault in FAULTS]
        [(_weight, fault)] = self.dice.choices(FAULTS, weights)
        self.standin.script(call, fault)
        self.faults[call] += fault is not NO_FAULT

    def voices(self, count: int) -> list[int]:
        """Wait for so many voices that can speak; their keys, repeated if there are fewer."""
        from voicestudio.models import Voice

        end = time.monotonic() + SETTLED_WITHIN
        rows = Voice.objects.filter(uncertain=False).order_by("pk").values_list("pk", flat=True)
        while True:
            found = persistently(lambda: list(rows.all()[:count]))
            if len(found) >= min(count, self.attempts // 2) or time.monotonic() > end:
                if not found:
                    raise TimeoutError("no voice is ready to speak")
                return [found[number % len(found)] for number in range(count)]
            time.sleep(1)

    def fail(self) -> None:
        """Kill machines at random, and engines at their time."""
        plan: list[Callable[[], None]] = [
            self.postgres.restart, self.redis.restart, self.redis.empty,
            self.postgres.restart, self.redis.restart,
        ]  # fmt: skip
        turn = 0
        while not self.done.wait(self.dice.uniform(8, 20)):
            turn += 1
            if plan and turn % 5 == 0:
                action = plan.pop(0)
                self.faults[f"{type(action.__self__).__name__} {action.__name__}"] += 1  # type: ignore[attr-defined]
                action()
                continue
            self.kill(self.dice.choice([*self.webs, *self.workers]))
        for machines in (self.webs, self.workers):  # a short run ends before its time
            if not self.aborted.is_set() and not self.faults[f"{machines[0].role} killed"]:
                self.kill(machines[0])
        for action in plan:
            if self.aborted.is_set():
                return
            self.faults[f"{type(action.__self__).__name__} {action.__name__}"] += 1  # type: ignore[attr-defined]
            action()

    def kill(self, machine: Machine) -> None:
        """Kill one machine and start it again."""
        machine.kill()
        self.faults[f"{machine.role} killed"] += 1

    def wait_for_last_calls(self) -> None:
        """Let everything go on failing until few calls are left."""
        from voicestudio.models import PaidCall

        end = time.monotonic() + WORKED_OFF_WITHIN
        kinds: list[Any] = [kind._default_manager for kind in PaidCall.kinds()]

        def count() -> int:
            return sum(rows.under_way().count() for rows in kinds)

        while persistently(count) > LAST_CALLS and time.monotonic() < end:
            time.sleep(2)

    def settle(self) -> float:
        """Wait until no call is under way; the seconds that took."""
        from voicestudio.models import PaidCall

        started = time.monotonic()
        while (waited := time.monotonic() - started) < SETTLED_WITHIN:
            kinds: list[Any] = [kind._default_manager for kind in PaidCall.kinds()]
            if not persistently(partial(_is_any_running, kinds)):
                break
            time.sleep(1)
        return waited

    def judge(self) -> bool:
        """Settle what is unknown by the bill, compare the ledger with it, print the result."""
        from tests.scale.verdict import judge

        return judge(self)


def _is_any_running(kinds: list[Any]) -> bool:
    return any(call.is_running for rows in kinds for call in rows.all())


def persistently[T](read: Callable[[], T]) -> T:
    """What a query returns, as soon as PostgreSQL answers."""
    from django.db import connection

    found: list[T] = []

    def ask() -> None:
        connection.close()  # the old one does not survive a restart
        found.append(read())

    wait_for(ask)
    return found[-1]


def main() -> int:
    """Run the scale test; 1 if anything was lost or paid twice."""
    parser = argparse.ArgumentParser(prog="make scale")
    parser.add_argument("--attempts", type=int, default=2000)
    parser.add_argument("--speeches", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    # Ended from outside it ends what it has started, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="voicestudio-scale-") as name:
        Path(name).chmod(0o755)
        scale = Scale(Path(name), options.attempts, options.speeches, options.seed)
        servers: tuple[Server, ...] = (scale.postgres, scale.redis, scale.bucket)
        try:
            return 0 if scale.run() else 1
        finally:
            end(*servers)


if __name__ == "__main__":
    sys.exit(main())
