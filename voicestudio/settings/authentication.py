"""Authentication: sign-in, its rate limit and sessions."""

import ipaddress

from django.http import HttpRequest

from .web import HTTPS, PROXIES, PROXY

LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
CSRF_FAILURE_VIEW = "voicestudio.views.sign_in.token_outdated"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# The rule is in services/sign_in_limits.py: failures within AXES_COOLOFF_TIME, of one account from
# one network, of one network, of one account from networks that are new for it, and of all.
AXES_HANDLER = "voicestudio.services.sign_in_limits.SignInHandler"
AXES_FAILURE_LIMIT = 8
SIGN_IN_FAILURES_PER_NETWORK = 30
SIGN_IN_FAILURES_PER_ACCOUNT = 50
SIGN_IN_FAILURES_IN_ALL = 300
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
# A try that is refused does not count, so that no pause grows by trying during it.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "voicestudio.views.sign_in.locked_out"


def get_client_network(request: HttpRequest) -> str:
    """Return the first address of the client's network: one guesser has a whole /64, or a /24.

    `X-Forwarded-For` is believed from the named proxies only: each has added the last address of
    what it was sent, so that the first one from the end that is no proxy is the client.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if PROXY else ""
    hops = [request.META.get("REMOTE_ADDR", ""), *reversed(forwarded.split(","))]
    try:
        addresses = (_parse_address(hop) for hop in hops if hop.strip())
        client = next(address for address in addresses if not _is_proxy(address))
    except (ValueError, StopIteration):
        return "0.0.0.0"  # noqa: S104 - all that cannot be read count as one
    prefix = 24 if client.version == 4 else 64
    return str(ipaddress.ip_network((client, prefix), strict=False).network_address)


def _parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.strip())
    return getattr(address, "ipv4_mapped", None) or address


def _is_proxy(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return PROXY and any(address in ipaddress.ip_network(proxy) for proxy in PROXIES)


AXES_CLIENT_IP_CALLABLE = get_client_network
AXES_VERBOSE = False

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
