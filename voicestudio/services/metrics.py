"""Metrics: what Prometheus reads of rows, at the moment when it asks.

Calls to the provider are read from the rows of finished calls instead of being counted in the
worker, so that every web server knows those of all machines.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Sum
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    Metric,
)

from voicestudio import __version__
from voicestudio.models import (
    AudioFile,
    AuditEntry,
    CallStatus,
    CloneAttempt,
    PaidCall,
    Speech,
    Verb,
    Worker,
    clock,
)
from voicestudio.words.codes import CODES

from . import queue
from .money.budgets import get_budget

# The label of each kind of call; the verbs with which its trail says that it has ended.
KINDS: Final[dict[str, type[PaidCall]]] = {"attempt": CloneAttempt, "speech": Speech}
ENDED: Final = {
    "attempt": (Verb.CLONE_READY, Verb.CLONE_FAILED, Verb.CLONE_UNKNOWN),
    "speech": (Verb.SPEECH_READY, Verb.SPEECH_FAILED, Verb.SPEECH_UNKNOWN),
}
# Calls to the provider are those of attempts and speeches that ended within this time.
WINDOW: Final = timedelta(minutes=5)
# Seconds, of answers of the provider.
BUCKETS: Final = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0, 120.0)
# Sums over all rows are computed this rarely, in seconds.
STORAGE_AGE: Final = 900
STORAGE_KEY: Final = "metrics:storage_bytes"


@dataclass(frozen=True)
class Waiting:
    """How many calls of a kind wait for a worker, and since when the oldest was requested."""

    count: int
    oldest: datetime | None


class StudioCollector:
    """The metrics of rows, for a registry of prometheus_client."""

    def collect(self) -> Iterator[Metric]:
        """Yield every metric. Raises django.db.Error."""
        info = _gauge("studio_info", "Version and mode of the studio.", "version", "mode")
        mode = "practice" if settings.PRACTICE_MODE else "live"
        info.add_metric([__version__, mode], 1)
        yield info
        yield _single(
            "studio_clock_ahead_seconds",
            "The clock of this machine, ahead of the database's.",
            clock.machine_ahead().total_seconds(),
        )
        yield from _call_metrics()
        yield from _provider_metrics()
        yield from _queue_metrics()
        yield from _budget_metrics()
        storage = _gauge("studio_storage_bytes", "Audio in the storage, by its rows.", "kind")
        for kind, size in sum_storage().items():
            storage.add_metric([kind], size)
        yield storage
        since = AuditEntry.objects.unsealed().values_list("at", flat=True).first()
        yield _single(
            "studio_audit_unsealed_seconds", "Age of the oldest entry without a seal.", _age(since)
        )


def count_calls(model: type[PaidCall]) -> dict[str, int]:
    """How many calls are in each state as staff read it, read from an index."""
    calls: Any = model._default_manager.all().order_by()
    count = Counter(dict.fromkeys(model.STATES.values, 0))
    count.update(dict(calls.values_list("status").annotate(Count("pk"))))
    lapsed_states = {
        CallStatus.SENDING: CallStatus.INTERRUPTED,
        model.IN_FLIGHT_STATUS: CallStatus.UNKNOWN,
    }
    lapsed = calls.lapsed().filter(status__in=lapsed_states)
    for status, number in lapsed.values_list("status").annotate(Count("pk")):
        count[status] -= number
        count[lapsed_states[status]] += number
    return dict(count)


def get_waiting(model: type[PaidCall]) -> Waiting:
    """The calls that wait for a worker."""
    rows: Any = model._default_manager.all()
    rows = rows.filter(status=CallStatus.WAITING)
    oldest = rows.order_by("pk").values_list("created_at", flat=True).first()
    return Waiting(rows.count(), oldest)


def sum_storage() -> dict[str, int]:
    """Bytes of audio by kind, at most a quarter of an hour old: the sum reads every row."""
    known: Any = cache.get_or_set(STORAGE_KEY, _sum_storage, STORAGE_AGE)
    return dict(known)


def _sum_storage() -> dict[str, int]:
    recordings = AudioFile.objects.order_by().aggregate(own=Sum("bytes"), all=Sum("tracks_bytes"))
    sizes = {"recordings": sum(size or 0 for size in recordings.values())}
    for kind, name in (("attempt", "previews"), ("speech", "speeches")):
        calls = KINDS[kind]._default_manager.order_by()
        sizes[name] = calls.aggregate(all=Sum("audio_bytes"))["all"] or 0
    return sizes


def _call_metrics() -> Iterator[Metric]:
    states = _gauge("studio_calls", "Paid calls by kind and state.", "kind", "state")
    lapsed = _gauge("studio_leases_lapsed", "Calls whose worker has lost its lease.", "kind")
    oldest = _gauge("studio_waiting_seconds", "Age of the oldest waiting call.", "kind")
    for kind, model in KINDS.items():
        calls: Any = model._default_manager
        for state, number in count_calls(model).items():
            states.add_metric([kind, state], number)
        lapsed.add_metric([kind], calls.all().lapsed().count())
        oldest.add_metric([kind], _age(get_waiting(model).oldest))
    yield from (states, lapsed, oldest, _lost_leases())


def _lost_leases() -> CounterMetricFamily:
    """The calls whose worker died while they were at the provider.

    `bookkeeping.settle_lapsed` enters each in the audit trail, which keeps its entries for good, so
    that the counter never falls. Between two scrapes, `studio_leases_lapsed` may miss one.
    """
    lost = CounterMetricFamily(
        "studio_leases_lost", "Calls to the provider that lost their worker.", labels=["kind"]
    )
    for kind, (*_other, unknown) in ENDED.items():
        entries = AuditEntry.objects.filter(verb=unknown, facts__reason="lost_worker").order_by()
        lost.add_metric([kind], entries.count())
    return lost


def _provider_metrics() -> Iterator[Metric]:
    count = _gauge(
        "studio_provider_calls", "Calls to the provider, within five minutes.", "call", "code"
    )
    seconds = GaugeHistogramMetricFamily(
        "studio_provider_call_seconds",
        "Duration of calls to the provider, within five minutes.",
        labels=["call"],
    )
    entries = list(_recent_entries())
    outcomes = Counter((str(entry["call"]), _code(entry)) for entry in entries)
    for labels, number in sorted(outcomes.items()):
        count.add_metric(labels, number)
    for name in sorted({call for call, _ in outcomes}):
        durations = [entry["ms"] / 1000 for entry in entries if entry["call"] == name]
        limits = [*BUCKETS, float("inf")]
        buckets = [(_edge(limit), sum(each <= limit for each in durations)) for limit in limits]
        seconds.add_metric([name], buckets, gsum_value=sum(durations))
    yield from (count, seconds)


def _recent_entries() -> Iterator[dict[str, Any]]:
    """The call logs of what ended within `WINDOW`; the rate limits bound how many these are."""
    # By time alone: SQLite would choose the index by verb and read every call there ever was.
    recent = AuditEntry.objects.filter(at__gte=clock.now() - WINDOW).order_by()
    entries = list(recent.values_list("verb", "object_id"))
    for kind, model in KINDS.items():
        pks = {pk for verb, pk in entries if verb in ENDED[kind]}
        for calls in model._default_manager.filter(pk__in=pks).values_list("calls", flat=True):
            yield from calls


def _code(entry: dict[str, Any]) -> str:
    """The status code if we know it, else the trouble: labels have few values."""
    code = entry.get("status_code")
    return str(code) if code in CODES else str(entry.get("trouble") or "other")


def _edge(limit: float) -> str:
    return "+Inf" if limit == float("inf") else str(limit)


def _queue_metrics() -> Iterator[Metric]:
    jobs = queue.count_jobs()
    yield _single("studio_queue_jobs", "Jobs that wait for a thread.", jobs)
    yield _single("studio_workers_alive", "Living workers.", Worker.objects.alive().count())


def _budget_metrics() -> Iterator[Metric]:
    budget = get_budget()
    yield _single("studio_budget_spent", "Spent this month.", budget.spent)
    yield _single("studio_budget_promised", "Promised to calls in flight.", budget.promised)
    yield _single("studio_budget_limit", "Limit of this month.", budget.ceiling)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=labels)


def _single(name: str, text: str, value: Any) -> GaugeMetricFamily:
    """A metric without labels; NaN if there is no value."""
    return GaugeMetricFamily(name, text, value=float("nan") if value is None else float(value))


def _age(since: datetime | None) -> float:
    """Seconds since then; 0 for never."""
    return max(0.0, (clock.now() - since).total_seconds()) if since else 0.0
