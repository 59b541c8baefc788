"""Which application server fits the studio: granian and gunicorn, measured on the same page.

    python -m tests.benchmarks.servers

Prints for each: requests a second and latency (median, 95th percentile) for 1 and 8 clients that
keep their connection, latency while other clients send slowly, memory (PSS of all its processes)
idle and at its highest during a 200 MB upload and a slow download, and the upload's time.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

MEGABYTE = 1024**2
ROWS = [{"speaker": f"Speaker {n}", "voice": f"speaker{n}-x7"} for n in range(25)]
PAGE = Engine().from_string(
    "<!doctype html><title>History</title><table>{% for row in rows %}<tr><td>{{ row.speaker }}"
    "<td>{{ row.voice }}<td>Ready<td><a href='/history/{{ forloop.counter }}/'>Open</a>{% endfor %}"
)


def page(request: HttpRequest) -> HttpResponse:
    """A page of 25 rows."""
    return HttpResponse(PAGE.render(Context({"rows": ROWS})))


def upload(request: HttpRequest) -> HttpResponse:
    """Take a file to disk; the answer is its size."""
    file = request.FILES["file"]
    assert isinstance(file, UploadedFile)
    return HttpResponse(str(file.size))


def download(request: HttpRequest) -> FileResponse:
    """A big file."""
    return FileResponse(Path(os.environ["BENCH_FILE"]).open("rb"))


urlpatterns = [path("page", page), path("upload", upload), path("download", download)]

if not settings.configured:
    settings.configure(
        SECRET_KEY="bench",
        ROOT_URLCONF="tests.benchmarks.servers",
        ALLOWED_HOSTS=["*"],
        FILE_UPLOAD_HANDLERS=["django.core.files.uploadhandler.TemporaryFileUploadHandler"],
    )
    django.setup()
application = get_wsgi_application()

TARGET = "tests.benchmarks.servers:application"


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


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for one in found:
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found


def pss_mb(pid: int) -> float:
    """Memory of a process and its descendants in MB, shared pages counted once."""
    total = 0
    for one in tree(pid):
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line[:4] == "Pss:")
    return total / 1024


class Client:
    """One kept connection that speaks just enough HTTP."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def get(self, url: str) -> bytes:
        """The body of one page."""
        self.socket.sendall(f"GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return self.answer()

    def answer(self) -> bytes:
        """The body of the answer that comes next."""
        status = self.file.readline()
        assert b" 200 " in status, status
        length, chunked = 0, False
        while (line := self.file.readline().lower()) != b"\r\n":
            name, _, value = line.partition(b":")
            length = int(value) if name == b"content-length" else length
            chunked |= name == b"transfer-encoding"
        if not chunked:
            return self.file.read(length)
        parts = []
        while size := int(self.file.readline(), 16):
            parts.append(self.file.read(size))
            self.file.readline()
        self.file.readline()
        return b"".join(parts)


def load(port: int, clients: int, seconds: float) -> tuple[float, float, float]:
    """Requests a second, and median and 95th percentile of the latency in milliseconds."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    def run() -> None:
        client = Client(port)
        while (start := time.perf_counter()) < end:
            client.get("/page")
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


def highest(pid: int, stop: threading.Event, peak: list[float]) -> None:
    """Watch the memory until told to stop."""
    while not stop.wait(0.02):
        peak[0] = max(peak[0], pss_mb(pid))


def send(port: int, size: int, chunk: int = 256 * 1024, pause: float = 0) -> None:
    """Upload `size` bytes as a browser would; `pause` seconds between chunks."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    tail = b"\r\n--b--\r\n"
    client = Client(port)
    client.socket.sendall(
        b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; "
        b"boundary=b\r\nContent-Length: %d\r\n\r\n" % (len(head) + size + len(tail)) + head
    )
    block = bytes(chunk)
    for _ in range(size // chunk):
        client.socket.sendall(block)
        if pause:
            time.sleep(pause)
    client.socket.sendall(tail)
    assert client.answer() == str(size // chunk * chunk).encode()


def read_slowly(port: int) -> None:
    """Ask for the big file and take half a second before reading it."""
    client = Client(port)
    client.socket.sendall(b"GET /download HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(0.5)
    client.socket.close()


def measure(name: str, command: list[str], port: int) -> str:
    """One row of the table."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            try:
                Client(port).get("/page")
                break
            except OSError:
                time.sleep(0.02)
        ready = time.perf_counter() - started
        load(port, 8, 0.5)
        one, eight = load(port, 1, 3), load(port, 8, 3)
        time.sleep(0.5)
        idle = pss_mb(process.pid)

        stop, peak = threading.Event(), [idle]
        watcher = threading.Thread(target=highest, args=(process.pid, stop, peak))
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
        beside = load(port, 1, 1.5)
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
        for index, (name, command) in enumerate(servers(0).items()):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            command = list(servers(port).values())[index]
            print(measure(name, command, port), flush=True)


if __name__ == "__main__":
    main()
