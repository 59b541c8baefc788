"""A hundred people at one web server, with 1,000,000 attempts in PostgreSQL.

    DATABASE_URL=postgres://user:password@127.0.0.1/any python -m tests.benchmarks load

Each signed-in person opens one page after the other, with pauses: lists, pages from the middle,
searches, previews to play, and running attempts, which the page asks for again. The bare site on
the same database and the same kind of server gets as many requests with the same pauses, in turns.
To try it with fewer attempts: LOAD_ATTEMPTS=20000.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from tests.benchmarks import databases, sites
from tests.benchmarks.databases import ROOT
from tests.benchmarks.table import Row

ATTEMPTS: Final = int(os.environ.get("LOAD_ATTEMPTS", "1000000"))
PEOPLE: Final = 100
ROUNDS: Final = 3
REQUESTS: Final = 10  # of each person in a round
PAUSE_S: Final = (1.0, 3.0)
PROCESSES: Final = (1, 2, 4)
AT_ONCE: Final = 16
TARGET: Final = "p95 at most 4 x bare"
WORDS: Final = ("recording", "quokka", "river", "larsen", "zebraquux", "th")


@dataclass
class Crowd:
    """What the people of one site have seen: seconds by the kind of page, and what went wrong."""

    url: str
    cookies: list[str]
    choose: Callable[[random.Random], tuple[str, str]]
    pause_s: tuple[float, float] = PAUSE_S
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)

    def visit(self, turn: int) -> None:
        """One round: all people at once, each with a fixed number of requests."""
        threads = [
            threading.Thread(target=self._browse, args=(cookie, random.Random(f"{turn}{cookie}")))
            for cookie in self.cookies
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _browse(self, cookie: str, dice: random.Random) -> None:
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        for _request in range(REQUESTS):
            time.sleep(dice.uniform(*self.pause_s))
            kind, path = self.choose(dice)
            start = time.perf_counter()
            try:
                connection.request(
                    "GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"}
                )
                response = connection.getresponse()
                response.read()
            except (OSError, HTTPException) as error:
                self.errors[f"{kind}: {type(error).__name__}"] += 1
                connection.close()
                continue
            if response.status not in (200, 204, 206):
                self.errors[f"{kind}: {response.status} {path}"] += 1
            self.seconds[kind].append(time.perf_counter() - start)
        connection.close()

    def p95(self, *kinds: str) -> float:
        """The milliseconds within which 95 of 100 pages of these kinds came."""
        times = [took for kind in kinds for took in self.seconds[kind]]
        return 1000 * statistics.quantiles(times, n=20, method="inclusive")[-1]


def choose_in_studio(facts: dict[str, Any]) -> Callable[[random.Random], tuple[str, str]]:
    """What a person of the studio opens next: a kind and an address."""
    running, played = facts["running"], facts["played"]

    def choose(dice: random.Random) -> tuple[str, str]:
        pages: dict[str, str] = {
            "history": "/history/",
            "history, from the middle": f"/history/?before={dice.randrange(1_000, ATTEMPTS)}",
            "history, search": f"/history/?q={dice.choice(WORDS)}",
            "voices": "/voices/",
            "voices, search": f"/voices/?q={dice.choice(WORDS)}",
            "recordings": "/recordings/",
            "an attempt": f"/history/{dice.choice(played)}/",
            "play": f"/audio/previews/{dice.choice(played)}/",
            "watch": f"/history/{dice.choice(running)}/row/",
        }
        # Half of all requests are of running attempts, which pages ask for by themselves.
        kind = "watch" if dice.random() < 0.5 else dice.choice(list(pages)[:-1])
        return kind, pages[kind]

    return choose


def measure() -> Iterator[Row]:
    """The rows of the table."""
    for _database, server in databases.servers():
        if server:
            yield from _measure_on(server)
            return
    print("Needs PostgreSQL: DATABASE_URL=postgres://user:password@127.0.0.1/any")


def _measure_on(server: str) -> Iterator[Row]:
    environment = databases.seeded_environment(ATTEMPTS, server)
    bare_environment = databases.bare_environment(environment)
    facts = _prepare("studio", environment)
    bare_cookies = _prepare("bare", bare_environment)["cookies"]
    try:
        with sites.web_server(environment) as url, sites.bare_server(bare_environment) as bare_url:
            ours = Crowd(url, facts["cookies"], choose_in_studio(facts))
            bare = Crowd(bare_url, bare_cookies, lambda _dice: ("list", "/history/"))
            for crowd in (ours, bare):
                crowd.visit(0)
                crowd.seconds.clear()
            for turn in range(1, ROUNDS + 1):
                ours.visit(turn)
                bare.visit(turn)
        rates = [_pages_a_second(environment, facts["cookies"], count) for count in PROCESSES]
    finally:
        _prepare("clean", environment)
    baseline = bare.p95("list")
    for kind in sorted(ours.seconds):
        yield Row(kind, ours.p95(kind), baseline, "ms", TARGET)
    yield Row("every request", ours.p95(*ours.seconds), baseline, "ms", TARGET)
    made, bare_made = (float(sum(map(len, each.seconds.values()))) for each in (ours, bare))
    yield Row("requests", made, bare_made, "")
    yield Row("errors", float(ours.errors.total()), float(bare.errors.total()), "", "none")
    for count, rate in zip(PROCESSES, rates, strict=True):
        title = f"history, {AT_ONCE} people without pauses, WEB_PROCESSES={count}"
        yield Row(title, rate, rates[0], "pages/s")
    for what, count in (ours.errors + bare.errors).most_common(10):
        print(f"    {count} x {what}", file=sys.stderr)


def _pages_a_second(environment: dict[str, str], cookies: list[str], count: int) -> float:
    """How many pages so many web processes answer, for people who never pause."""
    with sites.web_server(environment | {"WEB_PROCESSES": str(count)}) as url:
        crowd = Crowd(url, cookies[:AT_ONCE], lambda _dice: ("list", "/history/"), (0.0, 0.0))
        crowd.visit(0)
        start = time.perf_counter()
        for turn in range(1, ROUNDS + 1):
            crowd.visit(turn)
        if crowd.errors:
            raise RuntimeError(str(crowd.errors))
        return ROUNDS * REQUESTS * AT_ONCE / (time.perf_counter() - start)


def _prepare(kind: str, environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load_crowd", kind, str(PEOPLE)],
        cwd=ROOT, env=environment, text=True, check=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    return dict(json.loads(done.stdout or "{}"))
