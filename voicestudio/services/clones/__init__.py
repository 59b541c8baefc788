"""Clone attempts: from the order to the answer. `asking`, then `running`, then `wording`."""

from .messages import message
from .orders import Order, OrderRefused, OverLimit, PermissionMissing, VoiceIdTaken
from .steps import run, run_attempt
from .submission import PERMISSION_WORDING, submit, try_again

__all__ = [
    "PERMISSION_WORDING",
    "Order",
    "OrderRefused",
    "OverLimit",
    "PermissionMissing",
    "VoiceIdTaken",
    "message",
    "run",
    "run_attempt",
    "submit",
    "try_again",
]
