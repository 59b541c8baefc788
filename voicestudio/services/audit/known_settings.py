"""Setting changes: what was set in another way at the last start of the studio."""

import hashlib
import re
import secrets
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from voicestudio.models import KnownSettings, Verb
from voicestudio.models.audit import ONLY_PK

from .entries import record

# Of these only that they changed is recorded. A name is secret by its parts, so that a new one is
# not forgotten; the address of a database holds a password, and that of Sentry a key.
SECRET: Final = re.compile(r"KEY|PASSWORD|SECRET|TOKEN|DATABASE_URL|QUEUE_URL|SENTRY_DSN")


def record_setting_changes() -> None:
    """Compare the settings with those of the last start, and record each change.

    The first start has nothing to compare with.
    """
    with transaction.atomic():
        known, is_first = KnownSettings.objects.select_for_update().get_or_create(pk=ONLY_PK)
        current: dict[str, Any] = {}
        for name, value in sorted(settings.SET_VALUES.items()):
            before = known.values.get(name, "")
            if not SECRET.search(name):
                current[name] = value
                if not is_first and before != value:
                    record(Verb.SETTING_CHANGED, name=name, before=before, after=value)
                continue
            is_same = _matches(value, before)
            current[name] = before if is_same else _hash(value)
            if not is_first and not is_same:
                record(Verb.SETTING_CHANGED, name=name)
        known.values = current
        known.save()


def _hash(secret: str, salt: str = "") -> str:
    """A salted hash that cannot be guessed quickly; "" for a secret that is not set."""
    if not secret:
        return ""
    salt = salt or secrets.token_hex(16)
    digest = hashlib.scrypt(secret.encode(), salt=salt.encode(), n=2**14, r=8, p=1)
    return f"{salt}${digest.hex()}"


def _matches(secret: str, known: str) -> bool:
    return _hash(secret, known.partition("$")[0]) == known
