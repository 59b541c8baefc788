"""Clock changes: correct times in the rows of a clock that was ahead and has been set right."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from voicestudio.models import CallStatus, Machine, PaidCall, Worker

from . import rate_limit

# The clocks of two machines may differ by this much.
TOLERANCE: Final = timedelta(minutes=1)


def correct_future_times(now: datetime) -> None:
    """Bound every time that a call or worker is judged by to what can be true at `now`.

    Without it a call would wait, a dead worker would hold its calls, and the health check would
    call that worker alive, until the clock has caught up.
    """
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    for kind in PaidCall.kinds():
        calls: Any = kind._default_manager
        calls.filter(lease_until__gt=now + lease + TOLERANCE).update(lease_until=now + lease)
        waiting = calls.filter(status=CallStatus.WAITING)
        latest = now + rate_limit.longest_wait(waiting.count()) + TOLERANCE
        # As if enqueued a while ago, so that they are handed out again at once.
        waiting.filter(retry_at__gt=latest).update(
            retry_at=now, slot_at=None, enqueued_at=now - TOLERANCE
        )
        waiting.filter(enqueued_at__gt=now + TOLERANCE).update(enqueued_at=now - TOLERANCE)
    Worker.objects.filter(beat_at__gt=now + TOLERANCE).update(beat_at=now)
    Machine.objects.filter(seen_at__gt=now + TOLERANCE).update(seen_at=now)
