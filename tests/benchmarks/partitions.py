"""Attempts in partitions by month, beside the same 1,000,000 attempts in one table.

    DATABASE_URL=postgres://user:password@127.0.0.1/any python -m tests.benchmarks partitions

In a database of its own (6 GB), which is dropped afterwards; its rows come from the one of the
benchmark `history`. The server has to run on this machine.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

import psutil
import psycopg

from tests.benchmarks import databases
from tests.benchmarks.table import Row

PREFIX: Final = "partitions-"
ROUNDS: Final = 7
SOURCE: Final = "voicestudio_cloneattempt"
COLUMNS: Final = """
    SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', '
                      ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""
MONTHS: Final = """
    SELECT format('CREATE TABLE month_%s PARTITION OF months FOR VALUES FROM (%L) TO (%L)',
                  to_char(month, 'YYYY_MM'), month, month + interval '1 month')
    FROM generate_series('2023-01-01 00:00+00'::timestamptz, '2026-07-01', '1 month') AS month
"""
INDEXES: Final = {
    "by_id": "(id)",
    "by_time": "(created_at, id)",
    "by_project": "(project_id, id DESC, status, model, created_by_id)",
    "by_voice_id": "(lower(voice_id))",
    "by_text": "USING gin (search_text gin_trgm_ops)",
}
# What follows "SELECT * FROM" and the table.
QUERIES: Final = {
    "first page, by id": "ORDER BY id DESC LIMIT 26",
    "first page, by time": "ORDER BY created_at DESC, id DESC LIMIT 26",
    "from the middle, by id": "WHERE id < 500000 ORDER BY id DESC LIMIT 26",
    "from the middle, by time": "WHERE created_at <= '2024-09-15' AND (created_at, id) < "
    "('2024-09-15', 600000) ORDER BY created_at DESC, id DESC LIMIT 26",
    "a voice ID": "WHERE lower(voice_id) = 'bensilva-20c351'",
    "a rare word": "WHERE search_text LIKE '%quokka%' ORDER BY id DESC LIMIT 26",
    "a rare word in a month": "WHERE search_text LIKE '%quokka%' AND created_at >= '2024-05-01' "
    "AND created_at < '2024-06-01' ORDER BY id DESC LIMIT 26",
}


def measure() -> Iterator[Row]:
    """The rows of the table."""
    server = next((url for _name, url in databases.servers() if url), "")
    if not server:
        print("Needs PostgreSQL: DATABASE_URL=postgres://user:password@127.0.0.1/any")
        return
    source = databases.seeded_environment(1_000_000, server)["DATABASE_URL"]
    target = databases.fresh_database(server, PREFIX, f"{PREFIX}attempts")
    with psycopg.connect(target, autocommit=True) as connection:
        _fill(source, connection)
        # One process, so that its time adds up.
        connection.execute("SET max_parallel_maintenance_workers = 0")
        for name, columns in INDEXES.items():
            plain = _run(connection, f"CREATE INDEX plain ON whole {columns}")
            connection.execute("DROP INDEX plain")
            beside = _run(connection, f"CREATE INDEX CONCURRENTLY whole_{name} ON whole {columns}")
            yield Row(f"index {name}: concurrently by plain", beside[0], plain[0], "s")
            yield Row("    time of the processor alone", beside[1], plain[1], "s")
            _run(connection, f"CREATE INDEX ON months {columns}")
        connection.execute("ANALYZE whole, months")
        for name, rest in QUERIES.items():
            ours, baseline = (_read(connection, f"{table} {rest}") for table in ("months", "whole"))
            yield Row(name, ours[0], baseline[0], "ms")
            yield Row("    blocks read", ours[1], baseline[1], "")
        newest, whole = (
            _ask(connection, f"SELECT pg_indexes_size('{table}')") / 1024**2
            for table in ("month_2026_06", "whole")
        )
        yield Row("indexes of the newest month, by those of all", newest, whole, "MB")
        for month, how in (("month_2023_01", ""), ("month_2023_02", " CONCURRENTLY")):
            took, _used = _run(connection, f"ALTER TABLE months DETACH PARTITION {month}{how}")
            yield Row(f"detach a month{how.lower()}", 1000 * took, None, "ms")
    databases.drop_databases(server, PREFIX)


def _fill(source: str, connection: psycopg.Connection) -> None:
    with psycopg.connect(source) as seeded:
        columns = _ask(seeded, COLUMNS, [SOURCE])
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        connection.execute(f"CREATE TABLE whole ({columns})")
        connection.execute(f"CREATE TABLE months ({columns}) PARTITION BY RANGE (created_at)")
        for (statement,) in connection.execute(MONTHS).fetchall():
            connection.execute(statement)
        with (
            seeded.cursor().copy(f"COPY {SOURCE} TO STDOUT (FORMAT binary)") as rows,
            connection.cursor().copy("COPY whole FROM STDIN (FORMAT binary)") as copy,
        ):
            for row in rows:
                copy.write(row)
    connection.execute("INSERT INTO months SELECT * FROM whole")


def _read(connection: psycopg.Connection, rest: str) -> tuple[float, float]:
    """Milliseconds of planning and reading, the best of some rounds, and the blocks read."""
    found = []
    for _round in range(ROUNDS):
        query = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT * FROM {rest}"  # noqa: S608
        (explained,) = _ask(connection, query)
        blocks = explained["Plan"]["Shared Hit Blocks"] + explained["Plan"]["Shared Read Blocks"]
        found.append((explained["Planning Time"] + explained["Execution Time"], float(blocks)))
    return min(found)


def _run(connection: psycopg.Connection, statement: str) -> tuple[float, float]:
    """Seconds of a statement, and seconds of the processor in the server's process."""
    backend = psutil.Process(connection.info.backend_pid)
    start, before = time.perf_counter(), sum(backend.cpu_times()[:2])
    connection.execute(statement)
    return time.perf_counter() - start, sum(backend.cpu_times()[:2]) - before


def _ask(connection: psycopg.Connection, query: str, values: Any = None) -> Any:
    row = connection.execute(query, values).fetchone()
    return row and row[0]
