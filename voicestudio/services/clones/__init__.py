"""Clones: from an order to a voice. Submission, the steps of the call, reconcile, changes."""

from voicestudio.services.paid_calls.orders import (
    OrderRefused,
    OtherContent,
    OtherPerson,
    OverLimit,
)

from .messages import message_for
from .orders import Order, PermissionMissing, VoiceIdTaken
from .reconcile import record_from_journal
from .steps import run_clone
from .submission import retry_interrupted, submit

__all__ = [
    "Order",
    "OrderRefused",
    "OtherContent",
    "OtherPerson",
    "OverLimit",
    "PermissionMissing",
    "VoiceIdTaken",
    "message_for",
    "record_from_journal",
    "retry_interrupted",
    "run_clone",
    "submit",
]
