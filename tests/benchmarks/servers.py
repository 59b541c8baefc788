"""Application servers for the studio: granian and gunicorn, measured on the same page.

    python -m tests.benchmarks.servers

Prints for each: requests a second and latency (median, 95th percentile) for 1 and 8 clients that
keep their connection, latency while other clients send slowly, memory (PSS of all its processes)
idle and at its highest during a 200 MB upload and a slow download, and the upload's time.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection

import psutil

from tests.benchmarks.sites import free_port, pss_megabytes

MEGABYTE = 1024**2
TARGET = "tests.benchmarks.server_page:application"


def servers(port: int) -> dict[str, list[str]]:
    """The command of each candidate, as the studio would start it."""
    gunicorn = ["-m", "gunicorn", TARGET, "-b", f"127.0.0.1:{port}", "--no-control-socket"]
    granian = ["-m", "granian", TARGET, "--interface", "wsgi", "--port", str(port), "--no-log"]
    one_granian = [*granian, "--workers", "1", "--runtime-mode", "st"]
    return {
        "gunicorn gthread, 1 x 8": [*gunicorn, "--threads", "8"],
        "gunicorn gthread, 1 x 16": [*gunicorn, "--threads", "16"],
        "gunicorn gthread, 2 x 8": [*gunicorn, "--threads", "8", "-w", "2", "--preload"],
        "granian, 1 x 4": [*one_granian, "--blocking-threads", "4"],
        "granian, 1 x 8": [*one_granian, "--blocking-threads", "8"],
        "granian, 1 x 16": [*one_granian, "--blocking-threads", "16"],
        "granian, 2 x 8": [*granian, "--workers", "2", "--blocking-threads", "8"],
    }


def memory_mb(pid: int) -> float:
    """Memory of a process and its descendants in MB, shared pages counted once."""
    top = psutil.Process(pid)
    total = 0.0
    for process in (top, *top.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += pss_megabytes(process)
    return total


def connect(port: int) -> HTTPConnection:
    """A connection that is kept open between requests."""
    return HTTPConnection("127.0.0.1", port, timeout=60)


def read_response(connection: HTTPConnection) -> bytes:
    """The body of the response to the last request."""
    response = connection.getresponse()
    assert response.status == 200, response.status
    return response.read()


def measure_load(port: int, clients: int, seconds: float) -> tuple[float, float, float]:
    """Requests a second, and median and 95th percentile of the latency in milliseconds."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    def run() -> None:
        connection = connect(port)
        while (start := time.perf_counter()) < end:
            connection.request("GET", "/page")
            read_response(connection)
            times.append(time.perf_counter() - start)

    threads = [threading.Thread(target=run) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return (
        len(times) / seconds,
        1000 * statistics.median(times),
        1000 * times[int(0.95 * len(times))],
    )


def watch_memory(pid: int, stop: threading.Event, peak: list[float]) -> None:
    """Keep `peak[0]` at the highest memory in MB until `stop` is set."""
    while not stop.wait(0.02):
        peak[0] = max(peak[0], memory_mb(pid))


def send(port: int, size: int, chunk: int = 256 * 1024, pause: float = 0) -> None:
    """Upload `size` bytes as a browser does, with `pause` seconds between chunks."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    tail = b"\r\n--b--\r\n"

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(size // chunk):
            yield bytes(chunk)
            time.sleep(pause)
        yield tail

    headers = {
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(len(head) + size + len(tail)),
    }
    connection = connect(port)
    connection.request("POST", "/upload", body(), headers)
    assert read_response(connection) == str(size).encode()


def read_slowly(port: int) -> None:
    """Request the large file, read nothing for half a second, and close."""
    connection = connect(port)
    connection.request("GET", "/download")
    time.sleep(0.5)
    connection.close()


def measure(name: str, command: list[str], port: int) -> str:
    """One row of the table."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            try:
                connect(port).request("GET", "/page")
                break
            except OSError:
                time.sleep(0.02)
        ready = time.perf_counter() - started
        measure_load(port, 8, 0.5)
        one, eight = measure_load(port, 1, 3), measure_load(port, 8, 3)
        time.sleep(0.5)
        idle = memory_mb(process.pid)

        stop, peak = threading.Event(), [idle]
        watcher = threading.Thread(target=watch_memory, args=(process.pid, stop, peak))
        watcher.start()
        start = time.perf_counter()
        send(port, 200 * MEGABYTE)
        upload_time = time.perf_counter() - start
        upload_peak = peak[0]
        peak[0] = 0
        read_slowly(port)
        stop.set()
        watcher.join()

        slow = [
            threading.Thread(target=send, args=(port, MEGABYTE, 8192, 0.02), daemon=True)
            for _ in range(4)
        ]
        for thread in slow:
            thread.start()
        time.sleep(0.2)
        beside = measure_load(port, 1, 1.5)
        for thread in slow:
            thread.join()
    finally:
        process.terminate()
        process.wait(10)
    return (
        f"{name:<24} {ready:5.2f} {one[0]:6.0f} {one[1]:5.2f} {one[2]:5.2f}"
        f" {eight[0]:6.0f} {eight[1]:6.2f} {eight[2]:6.2f} {beside[1]:8.2f} {beside[2]:8.2f}"
        f" {idle:6.1f} {upload_peak - idle:+7.1f} {upload_time:6.2f} {peak[0] - idle:+8.1f}"
    )


def main() -> None:
    """Measure each candidate and print the table."""
    print(
        f"{'':24} start      1 client, page    8 clients, page     + 4 slow (ms)"
        "   idle    200 MB up  slow down"
    )
    print(
        f"{'':24}   (s)    /s   p50   p95     /s    p50    p95      p50      p95"
        "     MB     +MB      s      +MB"
    )
    with tempfile.NamedTemporaryFile(suffix=".wav") as big:
        big.truncate(200 * MEGABYTE)
        os.environ["BENCH_FILE"] = big.name
        for name in servers(0):
            port = free_port()
            print(measure(name, servers(port)[name], port), flush=True)


if __name__ == "__main__":
    main()
