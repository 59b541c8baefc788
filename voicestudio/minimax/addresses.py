"""MiniMax: which addresses of the internet a download may be fetched from."""

import ipaddress
import re
import socket
from typing import Final
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from .errors import DownloadRefused, Why
from .wire import SOCKET_OPTIONS, Carrier, ToldHTTPConnection, ToldHTTPSConnection, current_exchange

type Origin = tuple[str, str, int]  # scheme, host, port

PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_TRICKS: Final = re.compile(
    r"[\x00-\x20\x7f\\]"
)  # what two parsers of one URL may read differently


def origin_of(url: str) -> Origin:
    """Scheme, host and port; raises DownloadRefused for anything but a plain http(s) address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise DownloadRefused("the link is not an address", why=Why.URL) from problem
    scheme = parts.scheme.lower()
    if scheme not in PORTS or not parts.hostname or _TRICKS.search(url):
        raise DownloadRefused("the link is not an http(s) address", why=Why.URL)
    if "@" in parts.netloc:
        raise DownloadRefused("the link has a user name in it", why=Why.URL)
    return scheme, parts.hostname.lower(), PORTS[scheme] if port is None else port


def base_of(url: str) -> str:
    """The base URL without a slash, or the `/v1` that some copy along, at its end."""
    base = url.strip().rstrip("/").removesuffix("/v1").rstrip("/")
    try:
        origin_of(base)
    except DownloadRefused as problem:
        raise ValueError("the base URL is not a plain http(s) address") from problem
    if "?" in base or "#" in base:
        raise ValueError("the base URL has a query or a fragment")
    return base


def is_loopback(host: str) -> bool:
    """Is this this machine?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_public(address: str) -> bool:
    """Does this IP address belong to the public internet, in every reading of it?"""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:  # an IPv4 address seen through the network's translator
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.ipv4_mapped or ip.sixtofour or ip.teredo or ip.is_site_local:
            return False  # a way round the check, with no honest use here
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def open_line(connection: HTTPConnection) -> socket.socket:
    """Connect to the host of a connection, but only if all its addresses are public.

    The address that was checked is the one connected to: the name is not resolved again, so a
    name server that changes its answer gains nothing.
    """
    host = connection.host
    try:
        found = socket.getaddrinfo(host, connection.port, 0, socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as problem:
        cause = problem if isinstance(problem, socket.gaierror) else socket.gaierror(str(problem))
        raise NameResolutionError(host, connection, cause) from problem
    if not all(is_public(str(entry[4][0])) for entry in found):
        raise DownloadRefused("the link leads into a private network", why=Why.ADDRESS)
    exchange = current_exchange()
    failure: OSError | None = None
    for family, kind, protocol, _, address in found:
        line = socket.socket(family, kind, protocol)
        try:
            for option in SOCKET_OPTIONS:
                line.setsockopt(*option)
            limit = connection.timeout if isinstance(connection.timeout, int | float) else 10.0
            line.settimeout(limit if exchange is None else min(limit, exchange.left()))
            line.connect(address)
        except OSError as problem:
            line.close()
            failure = problem
        else:
            if exchange is not None:
                exchange.opened(line)
            return line
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, f"Connection to {host} timed out") from failure
    raise NewConnectionError(connection, f"No connection to {host}: {failure}") from failure


class _GuardedHTTP(ToldHTTPConnection):
    def _new_conn(self) -> socket.socket:
        return open_line(self)


class _GuardedHTTPS(ToldHTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return open_line(self)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


class GuardedCarrier(Carrier):
    """A carrier that connects to public addresses only."""

    pools = {"http": _HTTPPool, "https": _HTTPSPool}  # noqa: RUF012
