"""Authentication: sign-in, its rate limit and sessions."""

import ipaddress

from django.http import HttpRequest

from .web import HTTPS, PROXY

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
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "voicestudio.views.sign_in.locked_out"


def get_client_network(request: HttpRequest) -> str:
    """Return the first address of the client's network: one guesser has a whole /64, or a /24.

    Behind a proxy it is the network of the last address, which the proxy has added.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if PROXY else ""
    address = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "0.0.0.0"  # noqa: S104 - all that cannot be read count as one
    mapped = getattr(found, "ipv4_mapped", None) or found
    prefix = 24 if mapped.version == 4 else 64
    return str(ipaddress.ip_network((mapped, prefix), strict=False).network_address)


AXES_CLIENT_IP_CALLABLE = get_client_network
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
