"""MiniMax: downloads audio from a link in an answer, which is untrusted input.

requests alone limits neither total time nor addresses, and follows redirects unchecked.
"""

from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO, Final
from urllib.parse import urljoin

import requests
from requests.models import PreparedRequest, Response
from urllib3.exceptions import HTTPError

from .addresses import Origin, PublicAddressAdapter, parse_origin
from .errors import (
    BlockReason,
    DownloadBlocked,
    InvalidAnswer,
    MiniMaxError,
    NoAnswer,
    NotSent,
    Reason,
    Refused,
)
from .transport import Exchange, TrackingAdapter

MAX_REDIRECTS: Final = 5
_READ_BLOCK_BYTES: Final = 64 * 1024
_REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})
_EXPIRED: Final = frozenset({401, 403, 404, 410})  # answers of storage services to an old link


@dataclass(frozen=True, kw_only=True)
class Download:
    """The size of a download and the type that the server length, which may be wrong."""

    bytes: int
    content_type: str
    trace_id: str


def download_file(
    url: str,
    target: BinaryIO,
    *,
    max_bytes: int,
    timeout: float,
    connect_timeout: float,
    own_origin: Origin,
    user_agent: str,
) -> Download:
    """Write the content of `url` to `target` within `timeout` seconds, DNS lookups excluded.

    Never sends the key, ignores proxies of the environment (behind one, no address could be
    checked) and follows at most 5 redirects, each checked like the first. Private addresses are
    blocked unless scheme, host and port are `own_origin`, that of the provider.
    Raises DownloadBlocked, NotSent, NoAnswer, Refused (NOT_FOUND when the link has expired) and
    InvalidAnswer; after an error `target` may hold a part. Errors of `target` itself pass through.
    """
    with Exchange(send_timeout=timeout, limit=timeout) as exchange:
        for _ in range(MAX_REDIRECTS + 1):
            request = _prepare_request(url, user_agent)
            is_own = parse_origin(str(request.url)) == own_origin
            adapter = TrackingAdapter() if is_own else PublicAddressAdapter()
            with (
                closing(adapter),
                _open_response(adapter, request, exchange, connect_timeout) as response,
            ):
                location = response.headers.get("Location")
                if response.status_code not in _REDIRECT_STATUSES or not location:
                    return _save_body(response, target, exchange, max_bytes)
                # Header bytes arrive as Latin-1; the Location is UTF-8 where it is not ASCII.
                location = location.encode("latin-1", "replace").decode("utf-8", "replace")
                url = _join_url(str(request.url), location)
    raise DownloadBlocked("the link redirects too often", reason=BlockReason.REDIRECTS)


def _prepare_request(url: str, user_agent: str) -> PreparedRequest:
    parse_origin(url)  # before requests, which may read it differently
    headers = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
    try:
        return requests.Request("GET", url, headers=headers).prepare()
    except (requests.RequestException, ValueError) as error:
        raise DownloadBlocked("the link is not a URL", reason=BlockReason.URL) from error


def _join_url(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError as error:
        raise DownloadBlocked("a redirect without a URL", reason=BlockReason.URL) from error


def _open_response(
    adapter: TrackingAdapter, request: PreparedRequest, exchange: Exchange, connect_timeout: float
) -> Response:
    """Return the response before its body is read."""
    exchange.anything_sent = False
    remaining = exchange.remaining()
    try:
        return adapter.send(
            request, stream=True, timeout=(min(connect_timeout, remaining), remaining), verify=True
        )
    except DownloadBlocked:
        raise
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise _download_error(exchange, "") from error


def _save_body(
    response: Response, target: BinaryIO, exchange: Exchange, max_bytes: int
) -> Download:
    """Write the body to `target` and count its bytes."""
    status, trace_id = response.status_code, response.headers.get("Trace-Id", "")[:200]
    if status >= 400:
        raise Refused(
            f"download: HTTP {status}",
            reason=Reason.NOT_FOUND if status in _EXPIRED else None,
            http_status=status,
            trace_id=trace_id,
        )
    if status != 200:
        raise InvalidAnswer(f"download: HTTP {status}", http_status=status, trace_id=trace_id)
    length = response.headers.get("Content-Length", "")
    too_large = DownloadBlocked(
        f"the download is larger than {max_bytes} bytes", reason=BlockReason.SIZE, trace_id=trace_id
    )
    if length.isascii() and length.isdigit() and int(length[:18]) > max_bytes:
        raise too_large
    size = 0
    while True:
        try:
            block = response.raw.read1(_READ_BLOCK_BYTES, decode_content=True)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise _download_error(exchange, trace_id) from error
        if exchange.timed_out:  # a socket that was shut down looks like the end of the body
            raise _download_error(exchange, trace_id)
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


def _download_error(exchange: Exchange, trace_id: str) -> MiniMaxError:
    if exchange.timed_out:
        return DownloadBlocked(
            "the download timed out", reason=BlockReason.TIMEOUT, trace_id=trace_id
        )
    if not exchange.anything_sent:
        return NotSent("download: no connection")
    return NoAnswer("download: the connection broke", trace_id=trace_id)
