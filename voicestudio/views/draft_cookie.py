"""Draft cookie: names the user whose pages are open after their sign-in has expired.

It grants no access: a form posted too late is kept for its owner, and nothing else.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

COOKIE: Final = "pages"
SALT: Final = "voicestudio.views.draft_cookie"
SAME_SITE: Final = "Lax"
# A form can be sent three days after its page was loaded, with a cookie that was a day old then.
RENEW_AFTER: Final = timedelta(days=1)
VALID_FOR: Final = timedelta(days=4)


def find_owner(request: HttpRequest, *, max_age: timedelta = VALID_FOR) -> User | None:
    """The user of the cookie; None without one, or if it is forged or too old.

    A changed password or a deactivated account makes it invalid.
    """
    try:
        cookie = request.COOKIES.get(COOKIE, "")
        user_id, digest = _signer().unsign(cookie, max_age=max_age).split(".")
    except (BadSignature, ValueError):
        return None
    user = request.user if isinstance(request.user, User) else None
    if user is None or str(user.pk) != user_id:
        user = User.objects.filter(pk=int(user_id), is_active=True).first()
    return user if user and constant_time_compare(_digest(user), digest) else None


def renew(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set the cookie for the signed-in user, unless it is less than a day old."""
    # A request that has not read the session needs no query for the user here.
    user = request.user if request.session.accessed else None
    if not isinstance(user, User) or find_owner(request, max_age=RENEW_AFTER) == user:
        return
    response.set_cookie(
        COOKIE,
        _signer().sign(f"{user.pk}.{_digest(user)}"),
        max_age=VALID_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=SAME_SITE,
    )


def delete(response: HttpResponseBase) -> None:
    """Delete the cookie, after signing out."""
    response.delete_cookie(COOKIE, samesite=SAME_SITE)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt=SALT)


def _digest(user: User) -> str:
    """Changes with the password, but does not reveal it."""
    return salted_hmac(SALT, user.get_session_auth_hash(), algorithm="sha256").hexdigest()[:20]
