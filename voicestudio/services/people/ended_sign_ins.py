"""Ended sign-ins: those that were ended on purpose, after which no late form of theirs is kept.

A session that has expired has no row either, so that a missing row does not say why it ended.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.utils.crypto import salted_hmac

from voicestudio.models import EndedSignIn

SALT: Final = "voicestudio.views.draft_cookie"


def name_sign_in(session_key: str) -> str:
    """Names the session without revealing its key."""
    return salted_hmac(SALT, session_key, algorithm="sha256").hexdigest()[:20]


def record_ended(owner: int, session_keys: Iterable[str]) -> None:
    """Note that these sessions of the user with the id `owner` are ended on purpose."""
    EndedSignIn.objects.bulk_create(
        [EndedSignIn(owner_id=owner, sign_in=name_sign_in(key)) for key in session_keys],
        ignore_conflicts=True,
    )


def has_ended(owner: int, sign_in: str) -> bool:
    """Whether the sign-in with this name was ended on purpose."""
    return EndedSignIn.objects.filter(owner=owner, sign_in=sign_in).exists()


def forget_ended(before: datetime) -> None:
    """Delete what was ended until then."""
    EndedSignIn.objects.filter(ended_at__lte=before).delete()
