"""MiniMax: fetching a demo from a link that somebody else wrote, without being led astray."""

from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO, Final
from urllib.parse import urljoin

import requests
from requests.models import PreparedRequest, Response
from urllib3.exceptions import HTTPError

from .addresses import GuardedCarrier, Origin, origin_of
from .errors import (
    DownloadRefused,
    MiniMaxError,
    NeverSent,
    Nonsense,
    Reason,
    Refused,
    Unanswered,
    Why,
)
from .wire import Carrier, Exchange

MOST_REDIRECTS: Final = 5
_BLOCK: Final = 64 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_GONE: Final = frozenset({401, 403, 404, 410})  # how storage services say that a link has expired


@dataclass(frozen=True, kw_only=True)
class Download:
    """What was fetched: its size, and what the server called it (the bytes know better)."""

    bytes: int
    content_type: str
    trace_id: str


def fetch(
    url: str,
    target: BinaryIO,
    *,
    max_bytes: int,
    timeout: float,
    connect_timeout: float,
    own: Origin,
    user_agent: str,
) -> Download:
    """Write what stands behind `url` to `target`, within `timeout` seconds for everything.

    Never sends the key, ignores proxies of the environment (behind one, no address could be
    checked), and follows at most 5 redirects, each checked like the first. Private addresses are
    refused unless scheme, host and port are `own`, the provider's. The time limit does not cover
    name look-ups.
    Raises DownloadRefused, NeverSent, Unanswered, Refused (ABSENT when the link has expired) and
    Nonsense; after a failure `target` may hold a part. Errors of `target` itself pass through.
    """
    with Exchange(send_timeout=timeout, limit=timeout) as exchange:
        for _ in range(MOST_REDIRECTS + 1):
            request = _prepared(url, user_agent)
            carrier = Carrier() if origin_of(str(request.url)) == own else GuardedCarrier()
            with closing(carrier), _opened(carrier, request, exchange, connect_timeout) as response:
                location = response.headers.get("Location")
                if response.status_code not in _REDIRECTS or not location:
                    return _received(response, target, exchange, max_bytes)
                # Header bytes arrive as Latin-1; the Location is UTF-8 where it is not ASCII.
                location = location.encode("latin-1", "replace").decode("utf-8", "replace")
                url = _joined(str(request.url), location)
    raise DownloadRefused("the link redirects too often", why=Why.REDIRECTS)


def _prepared(url: str, user_agent: str) -> PreparedRequest:
    origin_of(url)  # refuses what requests might read differently
    headers = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
    try:
        return requests.Request("GET", url, headers=headers).prepare()
    except (requests.RequestException, ValueError) as problem:
        raise DownloadRefused("the link is not an address", why=Why.URL) from problem


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError as problem:
        raise DownloadRefused("a redirect to no address", why=Why.URL) from problem


def _opened(
    carrier: Carrier, request: PreparedRequest, exchange: Exchange, connect_timeout: float
) -> Response:
    """The answer's head; its body is still on the line."""
    exchange.departed = False
    left = exchange.left()
    try:
        return carrier.send(
            request, stream=True, timeout=(min(connect_timeout, left), left), verify=True
        )
    except DownloadRefused:
        raise
    except (requests.RequestException, HTTPError, OSError, ValueError) as problem:
        raise _failure(exchange, "") from problem


def _received(response: Response, target: BinaryIO, exchange: Exchange, max_bytes: int) -> Download:
    """The body, written to the target while it is counted."""
    status, trace_id = response.status_code, response.headers.get("Trace-Id", "")[:200]
    if status >= 400:
        raise Refused(
            f"download: HTTP {status}",
            reason=Reason.ABSENT if status in _GONE else None,
            http_status=status,
            trace_id=trace_id,
        )
    if status != 200:
        raise Nonsense(f"download: HTTP {status}", http_status=status, trace_id=trace_id)
    announced = response.headers.get("Content-Length", "")
    if announced.isascii() and announced.isdigit() and len(announced) > 18:
        announced = "9" * 18
    too_large = DownloadRefused(
        f"the download is larger than {max_bytes} bytes", why=Why.SIZE, trace_id=trace_id
    )
    if announced.isascii() and announced.isdigit() and int(announced) > max_bytes:
        raise too_large
    size = 0
    while True:
        try:
            block = response.raw.read1(_BLOCK, decode_content=True)
        except (requests.RequestException, HTTPError, OSError, ValueError) as problem:
            raise _failure(exchange, trace_id) from problem
        if exchange.late:  # a line that was shut down can look like the end of the body
            raise _failure(exchange, trace_id)
        if not block:
            return Download(
                bytes=size,
                content_type=response.headers.get("Content-Type", "")[:200],
                trace_id=trace_id,
            )
        size += len(block)
        if size > max_bytes:
            raise too_large
        target.write(block)


def _failure(exchange: Exchange, trace_id: str) -> MiniMaxError:
    if exchange.late:
        return DownloadRefused("the download took too long", why=Why.LATE, trace_id=trace_id)
    if not exchange.departed:
        return NeverSent("download: no connection")
    return Unanswered("download: the connection broke", trace_id=trace_id)
