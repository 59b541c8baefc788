"""Retention rules: read and changed by administrators."""

from typing import TYPE_CHECKING

from django.db import transaction

from voicestudio.models import Action, RetentionKind, RetentionRule, Verb, clock
from voicestudio.models.retention import GRACE
from voicestudio.services.audit import record
from voicestudio.services.permissions import require

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def list_rules(*, by: "User") -> list[RetentionRule]:
    """The rule of each kind. Raises `NotAllowed`."""
    require(by, Action.MANAGE_RETENTION)
    return [RetentionRule.of(kind) for kind in RetentionKind]


def change_rule(kind: str, *, days: int | None, is_automatic: bool, by: "User") -> bool:
    """Keep this kind for so many days, None for ever; False if that is so already.

    A rule that deletes automatically begins after GRACE. Raises `NotAllowed`.
    """
    require(by, Action.MANAGE_RETENTION)
    RetentionRule.of(kind)
    with transaction.atomic():
        rule = RetentionRule.objects.select_for_update().get(kind=kind)
        before = {"days": rule.days, "is_automatic": rule.is_automatic}
        after = {"days": days, "is_automatic": is_automatic and days is not None}
        if before == after:
            return False
        now = clock.now()
        RetentionRule.objects.filter(pk=rule.pk).update(
            **after, changed_at=now, changed_by=by, next_look_at=now + GRACE
        )
        record(Verb.RETENTION_CHANGED, by=by, kind=kind, before=before, after=after)
    return True
