"""MiniMax: guard against server-side request forgery (SSRF) in downloads.

advocate and requests-hardened were looked at: both bring a session and an adapter of their own,
which cannot be combined with the tracked connections of `transport`.
"""

import ipaddress
import re
import socket
from typing import Final
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from .errors import BlockReason, DownloadBlocked
from .transport import (
    SOCKET_OPTIONS,
    TrackedHTTPConnection,
    TrackedHTTPSConnection,
    TrackingAdapter,
    current_exchange,
)

type Origin = tuple[str, str, int]  # scheme, host, port

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# Characters that two URL parsers may read differently.
_AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f\\]")


def parse_origin(url: str) -> Origin:
    """Return scheme, host and port; raises DownloadBlocked for anything but a plain http(s) URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DownloadBlocked("the link is not a URL", reason=BlockReason.URL) from error
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or not parts.hostname or _AMBIGUOUS.search(url):
        raise DownloadBlocked("the link is not an http(s) URL", reason=BlockReason.URL)
    if "@" in parts.netloc:
        raise DownloadBlocked("the link contains a user name", reason=BlockReason.URL)
    return scheme, parts.hostname.lower(), DEFAULT_PORTS[scheme] if port is None else port


def normalize_base_url(url: str) -> str:
    """Return the base URL without a trailing slash or `/v1`; raises ValueError."""
    base = url.strip().rstrip("/").removesuffix("/v1").rstrip("/")
    try:
        parse_origin(base)
    except DownloadBlocked as error:
        raise ValueError("the base URL is not a plain http(s) URL") from error
    if "?" in base or "#" in base:
        raise ValueError("the base URL has a query or a fragment")
    return base


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_public(address: str) -> bool:
    """Whether an IP address, in every interpretation of it, is on the public internet."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:  # an IPv4 address behind a NAT64 translator
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.ipv4_mapped or ip.sixtofour or ip.teredo or ip.is_site_local:
            return False  # these embed an IPv4 address to bypass the check
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def open_public_socket(connection: HTTPConnection) -> socket.socket:
    """Connect to the host of a connection, only if all its addresses are public.

    The checked address is the one connected to: the name is not resolved again, which prevents
    DNS rebinding. Raises DownloadBlocked and urllib3's connection errors.
    """
    host = connection.host
    try:
        addresses = socket.getaddrinfo(host, connection.port, 0, socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        cause = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
        raise NameResolutionError(host, connection, cause) from error
    if not all(is_public(str(entry[4][0])) for entry in addresses):
        raise DownloadBlocked("the link leads into a private network", reason=BlockReason.ADDRESS)
    exchange = current_exchange()
    failure: OSError | None = None
    for family, kind, protocol, _, address in addresses:
        sock = socket.socket(family, kind, protocol)
        try:
            for option in SOCKET_OPTIONS:
                sock.setsockopt(*option)
            limit = connection.timeout if isinstance(connection.timeout, int | float) else 10.0
            sock.settimeout(limit if exchange is None else min(limit, exchange.remaining()))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            if exchange is not None:
                exchange.watch_socket(sock)
            return sock
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, f"Connection to {host} timed out") from failure
    raise NewConnectionError(connection, f"No connection to {host}: {failure}") from failure


class _GuardedHTTP(TrackedHTTPConnection):
    def _new_conn(self) -> socket.socket:
        return open_public_socket(self)


class _GuardedHTTPS(TrackedHTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return open_public_socket(self)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


class PublicAddressAdapter(TrackingAdapter):
    """A transport adapter that connects to public addresses only."""

    pools = {"http": _HTTPPool, "https": _HTTPSPool}  # noqa: RUF012
