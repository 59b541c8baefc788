"""Client address: where a request comes from, as far as a named reverse proxy can be believed."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# All addresses that cannot be read count as one.
UNKNOWN = ipaddress.IPv4Address(0)


def get_client_address(request: HttpRequest) -> str:
    """Return the address of the client.

    `X-Forwarded-For` is believed from the named proxies only: each has added the last address of
    what it was sent, so that the first one from the end that is no proxy is the client.
    """
    return str(_client_address(request))


def get_client_network(request: HttpRequest) -> str:
    """Return the first address of the client's network: one guesser has a whole /64, or a /24."""
    client = _client_address(request)
    prefix = 24 if client.version == 4 else 64
    return str(ipaddress.ip_network((client, prefix), strict=False).network_address)


def is_from_proxy(request: HttpRequest) -> bool:
    """Whether one of the named reverse proxies has sent this request."""
    try:
        return _is_proxy(_parse_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return False


def _client_address(request: HttpRequest) -> Address:
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.PROXY else ""
    hops = [request.META.get("REMOTE_ADDR", ""), *reversed(forwarded.split(","))]
    try:
        addresses = (_parse_address(hop) for hop in hops if hop.strip())
        return next(address for address in addresses if not _is_proxy(address))
    except (ValueError, StopIteration):
        return UNKNOWN


def _parse_address(text: str) -> Address:
    address = ipaddress.ip_address(text.strip())
    return getattr(address, "ipv4_mapped", None) or address


def _is_proxy(address: Address) -> bool:
    return settings.PROXY and any(
        address in ipaddress.ip_network(proxy) for proxy in settings.PROXIES
    )
