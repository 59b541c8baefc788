"""Passes: a cookie that tells, after the sign-in has expired, for whom the open pages were drawn.

It opens no door. All it is good for is that what its owner sent too late is put aside for them.
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
SALT: Final = "voicestudio.views.passes"
SAME_SITE: Final = "Lax"
# A form may be sent three days after it was drawn, by a pass that was a day old by then.
RENEWED_AFTER: Final = timedelta(days=1)
HOLDS_FOR: Final = timedelta(days=4)


def owner_of(request: HttpRequest, *, within: timedelta = HOLDS_FOR) -> User | None:
    """Whose pages this browser shows; None without a pass, or if it is forged or too old.

    A changed password ends it, and so does an account that is closed.
    """
    try:
        number, mark = _signer().unsign(request.COOKIES.get(COOKIE, ""), max_age=within).split(".")
    except (BadSignature, ValueError):
        return None
    known = request.user if isinstance(request.user, User) else None
    if known is None or str(known.pk) != number:
        known = User.objects.filter(pk=int(number), is_active=True).first()
    return known if known and constant_time_compare(_mark(known), mark) else None


def renew(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give whoever is signed in a pass, unless there is a fresh one."""
    # Where nobody has asked who it is, this is no reason to ask the database.
    user = request.user if request.session.accessed else None
    if not isinstance(user, User) or owner_of(request, within=RENEWED_AFTER) == user:
        return
    response.set_cookie(
        COOKIE,
        _signer().sign(f"{user.pk}.{_mark(user)}"),
        max_age=HOLDS_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=SAME_SITE,
    )


def end(response: HttpResponseBase) -> None:
    """Nobody's pages are open any more."""
    response.delete_cookie(COOKIE, samesite=SAME_SITE)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt=SALT)


def _mark(user: User) -> str:
    """Changes with the password, and tells nothing of it."""
    return salted_hmac(SALT, user.get_session_auth_hash(), algorithm="sha256").hexdigest()[:20]
