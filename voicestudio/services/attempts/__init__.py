"""Clone attempts: from the order to the answer. `asking`, then `running`, then `wording`."""

from .asking import PERMISSION_WORDING, submit, try_again
from .orders import Order, OrderRefused, OverLimit, PermissionMissing, VoiceIdTaken
from .running import run, run_attempt
from .wording import saying

__all__ = [
    "PERMISSION_WORDING",
    "Order",
    "OrderRefused",
    "OverLimit",
    "PermissionMissing",
    "VoiceIdTaken",
    "run",
    "run_attempt",
    "saying",
    "submit",
    "try_again",
]
