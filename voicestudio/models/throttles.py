"""Throttles: how many forms of an account are accepted within a time, counted for all machines.

The rates of django-allauth are off: it counts in the cache, by the clock of each machine. A row
for each form ends by the shared clock, and survives an emptied cache. Forms ask it as well as
views, so that it is no service.
"""

import hashlib
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models

from voicestudio.models import clock

# The clocks of two machines may differ by this much.
TOLERANCE: Final = timedelta(minutes=1)


class Throttle(models.TextChoices):
    """A form that is throttled, and what its key is; `settings.THROTTLES` has the rates."""

    CODE = "code"  # by person, of a second factor; a right one clears it
    PASSWORD = "password"  # noqa: S105 - by person, who is signed in; the right one clears it
    CONFIRMATION = "confirmation"  # by person, that it's them
    NEW_PASSWORD = "new_password"  # noqa: S105 - by person
    LINK_MAIL = "link_mail"  # by address, with a link for a new password
    LINK_REQUEST = "link_request"  # by network, for that mail
    LINK_USE = "link_use"  # by network, with a new password
    ADDRESS_MAIL = "address_mail"  # by new address, with the link for it
    OPENID = "openid"  # by network, to the provider


class ThrottledForm(models.Model):
    """A form that was accepted, and counts for a while."""

    throttle = models.CharField(max_length=16, choices=Throttle)
    key_hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=["throttle", "key_hash", "at"], name="throttled_form"),
            models.Index(fields=["at"], name="throttled_form_at"),
        )

    def __str__(self) -> str:
        return f"{self.throttle} at {self.at}"


def admit(throttle: Throttle, key: object) -> bool:
    """Whether one more form is accepted now for this person, network or address; it is counted.

    It is written before all are counted, so that of many at once no more than the rate get through.
    """
    accepted, seconds = settings.THROTTLES[throttle]
    now, key_hash = clock.now(), _hash(key)
    form = ThrottledForm.objects.create(throttle=throttle, key_hash=key_hash, at=now)
    since = now - timedelta(seconds=seconds)
    counted = ThrottledForm.objects.filter(throttle=throttle, key_hash=key_hash, at__gt=since)
    if counted.count() <= accepted:
        return True
    form.delete()
    return False


def clear(throttle: Throttle, key: object) -> None:
    """Forget what was counted for this person, network or address."""
    ThrottledForm.objects.filter(throttle=throttle, key_hash=_hash(key)).delete()


def clear_expired() -> None:
    """Delete what no longer counts, and correct times in the future.

    A clock that was ahead wrote those, and they would count until then.
    """
    now = clock.now()
    ThrottledForm.objects.filter(at__gt=now + TOLERANCE).update(at=now)
    longest = max(seconds for _accepted, seconds in settings.THROTTLES.values())
    ThrottledForm.objects.filter(at__lt=now - timedelta(seconds=longest)).delete()


def _hash(key: object) -> str:
    """A key of one length, from which no address can be read."""
    return hashlib.sha256(str(key).encode()).hexdigest()
