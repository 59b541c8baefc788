"""Draft cookie: names the user whose pages are open after their sign-in has expired.

It grants no access: a form posted too late is kept for its owner, and nothing else. It belongs to
one sign-in: a copy of it is useless after that one was ended on purpose.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.signing import BadSignature
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from voicestudio.models import SharedClockSigner
from voicestudio.services import drafts
from voicestudio.services.people import ended_sign_ins

COOKIE: Final = "pages"
SALT: Final = "voicestudio.views.draft_cookie"
SAME_SITE: Final = "Lax"
RENEW_AFTER: Final = timedelta(days=1)
VALID_FOR: Final = drafts.ACCEPTED_FOR


def find_owner(request: HttpRequest) -> User | None:
    """The user of the cookie; None without one, or if it is forged or too old.

    A sign-out, a session ended from elsewhere, a changed password or a deactivated account makes it
    invalid.
    """
    try:
        cookie = request.COOKIES.get(COOKIE, "")
        user_id, sign_in, digest = _signer().unsign(cookie, max_age=VALID_FOR).split(".")
    except (BadSignature, ValueError):
        return None
    user = request.user if isinstance(request.user, User) else None
    if user is None or str(user.pk) != user_id:
        user = User.objects.filter(pk=int(user_id), is_active=True).first()
    if user is None or not constant_time_compare(_digest(user), digest):
        return None
    return None if ended_sign_ins.has_ended(user.pk, sign_in) else user


def renew(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set the cookie for the signed-in user, unless it is less than a day old."""
    # A request that has not read the session needs no query for the user here.
    user = request.user if request.session.accessed else None
    if not isinstance(user, User) or _is_current(request, user):
        return
    response.set_cookie(
        COOKIE,
        _signer().sign(_value(request, user)),
        max_age=VALID_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=SAME_SITE,
    )


def end_sign_in(request: HttpRequest) -> None:
    """Accept no cookie of this sign-in any more; before signing out."""
    if isinstance(request.user, User):
        ended_sign_ins.record_ended(request.user.pk, [str(request.session.session_key)])


def delete(response: HttpResponseBase) -> None:
    """Delete the cookie, after signing out."""
    response.delete_cookie(COOKIE, samesite=SAME_SITE)


def _is_current(request: HttpRequest, user: User) -> bool:
    """Whether the browser has the cookie of this sign-in, less than a day old."""
    try:
        cookie = request.COOKIES.get(COOKIE, "")
        return _signer().unsign(cookie, max_age=RENEW_AFTER) == _value(request, user)
    except BadSignature:
        return False


def _value(request: HttpRequest, user: User) -> str:
    return f"{user.pk}.{_sign_in(request)}.{_digest(user)}"


def _sign_in(request: HttpRequest) -> str:
    return ended_sign_ins.name_sign_in(str(request.session.session_key))


def _signer() -> SharedClockSigner:
    return SharedClockSigner(salt=SALT)


def _digest(user: User) -> str:
    """Changes with the password, but does not reveal it."""
    return salted_hmac(SALT, user.get_session_auth_hash(), algorithm="sha256").hexdigest()[:20]
