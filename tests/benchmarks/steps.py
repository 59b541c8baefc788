"""What three steps of docs/scaling.md bring: the studio with the step beside itself without it.

    DATABASE_URL=postgres://user:password@127.0.0.1/any python -m tests.benchmarks steps

People who write at once on SQLite and on PostgreSQL; pages while the worker of the same machine
checks recordings; audio that the web server passes on from a bucket, and by links (STORAGE_LINKS).
"""

import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

import requests

from tests.benchmarks import databases, sites
from tests.benchmarks.sites import Site
from tests.benchmarks.table import Row
from tests.benchmarks.uploads import write_tone
from tests.scale.engines import Bucket, end

PEOPLE: Final = (1, 10)
NOTES: Final = 30  # of each person
PAGES: Final = 60
LISTENERS: Final = 5
FETCHES: Final = 4  # of each listener
PREFIX: Final = "steps-"


def measure() -> Iterator[Row]:
    """The rows of the table."""
    server = next((url for _name, url in databases.servers() if url), "")
    if server:
        yield from _measure_writes(server)
        databases.drop_databases(server, PREFIX)
    else:
        print("Writes need PostgreSQL: DATABASE_URL=postgres://user:password@127.0.0.1/any")
    yield from _measure_checks()
    yield from _measure_audio()


def _measure_writes(server: str) -> Iterator[Row]:
    """SQLite beside PostgreSQL."""
    url = databases.fresh_database(server, PREFIX, f"{PREFIX}writes")
    with (
        sites.temporary_folder() as folder, sites.temporary_folder() as other,
        sites.studio(folder) as sqlite, sites.studio(other, DATABASE_URL=url) as postgresql,
    ):  # fmt: skip
        sample = write_tone(folder / "sample.wav", 16_000, 1, 2, 12)
        for site in (sqlite, postgresql):
            _upload(site, sample)
            _write_notes(site)
        for people in PEOPLE:
            ours, baseline = (_repeat(people, _write_notes, site) for site in (sqlite, postgresql))
            for name, value in (("median", statistics.median), ("p95", _p95), ("longest", max)):
                title = f"{people} at once write on SQLite, by PostgreSQL: {name}"
                yield Row(title, value(ours), value(baseline), "ms")


def _measure_checks() -> Iterator[Row]:
    """Pages while two recordings are checked, beside the same pages before."""
    with sites.temporary_folder() as folder, sites.studio(folder) as site:
        long = write_tone(folder / "long.wav", 44_100, 1, 2, 1_200)
        idle = [_time(site, "/recordings/") for _page in range(PAGES)]
        for _recording in range(2):
            _upload(site, long)
        busy = []
        with closing(sqlite3.connect(folder / "studio.sqlite3")) as database:
            waiting = "SELECT 1 FROM voicestudio_audiofile WHERE checked_at IS NULL"
            while database.execute(waiting).fetchone():
                busy.append(_time(site, "/recordings/"))
    for name, value in (("median", statistics.median), ("p95", _p95)):
        yield Row(f"page while two recordings are checked: {name}", value(busy), value(idle), "ms")


def _measure_audio() -> Iterator[Row]:
    """Audio through the studio, beside links to the bucket."""
    processor, pages = [], []
    with sites.temporary_folder() as folder:
        bucket = Bucket(folder)
        bucket.create()
        keys = {"STORAGE_KEY_ID": "key", "STORAGE_SECRET_KEY": "secret"}
        sample = write_tone(folder / "sample.wav", 44_100, 2, 2, 112)
        try:
            for links in ("false", "true"):
                with sites.studio(
                    folder / links, STORAGE_URL=bucket.url, STORAGE_LINKS=links, **keys
                ) as site:
                    pk = _upload(site, sample)
                    time.sleep(10)  # its check
                    fetch = partial(_fetch, f"/audio/recordings/{pk}/?download=1")
                    # Each thread connects to the bucket once, which costs more than a fetch.
                    for _round in range(2):
                        before = _processor_ms(site)
                        _repeat(LISTENERS, fetch, site)
                    processor.append(_processor_ms(site) - before)
                    pages.append(_pages_beside_listeners(site, fetch))
        finally:
            end(bucket)
    count = LISTENERS * FETCHES
    yield Row(
        f"20 MB {count} x through the studio, by links: processor", processor[0], processor[1], "ms"
    )
    for name, value in (("median", statistics.median), ("p95", _p95)):
        yield Row(f"    a page meanwhile: {name}", value(pages[0]), value(pages[1]), "ms")


def _pages_beside_listeners(site: Site, fetch: Callable[[Site], list[float]]) -> list[float]:
    """Milliseconds of pages while people fetch a recording."""
    fetching = threading.Thread(target=_repeat, args=(LISTENERS, fetch, site))
    fetching.start()
    times = []
    while fetching.is_alive():
        times.append(_time(site, "/recordings/"))
    return times


def _fetch(path: str, site: Site) -> list[float]:
    return [_time(site, path) for _ in range(FETCHES)]


def _repeat(people: int, act: Callable[[Site], list[float]], site: Site) -> list[float]:
    """What so many people measure who act at once."""
    times: list[float] = []
    threads = [threading.Thread(target=lambda: times.extend(act(site))) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _write_notes(site: Site) -> list[float]:
    times = []
    with requests.Session() as session:
        for number in range(NOTES):
            start = time.perf_counter()
            _post(session, site, "/recordings/1/note/", data={"text": f"Take {number}"})
            times.append(1000 * (time.perf_counter() - start))
    return times


def _upload(site: Site, path: Path) -> int:
    """The ID of the recording."""
    with requests.Session() as session, path.open("rb") as file:
        answer = _post(session, site, "/recordings/", files={"file": file})
    return int(answer.headers["Location"].rpartition("=")[2])


def _post(session: requests.Session, site: Site, path: str, **sent: object) -> requests.Response:
    answer = session.post(
        f"{site.url}{path}", cookies=site.cookies, allow_redirects=False, timeout=60,
        headers={"X-CSRFToken": site.cookies["csrftoken"]}, **sent,  # type: ignore[arg-type]
    )  # fmt: skip
    if answer.status_code != 302:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return answer


def _time(site: Site, path: str) -> float:
    start = time.perf_counter()
    site.get(path)
    return 1000 * (time.perf_counter() - start)


def _processor_ms(site: Site) -> float:
    times = [each.cpu_times() for each in site.processes_named("web server")]
    return 1000 * sum(each.user + each.system for each in times)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]
