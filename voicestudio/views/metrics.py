"""Metrics: counts requests, and shows all metrics to Prometheus.

Each web process writes its counts to files in the data folder (prometheus_client's multiprocess
mode), so that the answer of one process holds the requests of all on this machine.
"""

import time
from collections.abc import Callable
from secrets import compare_digest
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from voicestudio.services.metrics import StudioCollector

REQUESTS: Final = Counter(
    "studio_requests", "Requests by view and status.", ["view", "status"], registry=None
)
SECONDS: Final = Histogram(
    "studio_request_seconds",
    "Time to the first byte of an answer, by view.",
    ["view"],
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0),
    registry=None,
)


class MetricsMiddleware:
    """Counts every request by the name of its view, if there is a token to read the counts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and count."""
        began = time.perf_counter()
        response = self.get_response(request)
        if settings.METRICS_TOKEN:
            match = request.resolver_match
            # Never the path: the number of label values must stay small.
            view = (match.view_name if match else "") or "none"
            count_request(view, response.status_code, time.perf_counter() - began)
        return response


def count_request(view: str, status: int, seconds: float) -> None:
    """Add one request to the counts of this process."""
    REQUESTS.labels(view, str(status)).inc()
    SECONDS.labels(view).observe(seconds)


def add_requests(registry: CollectorRegistry) -> CollectorRegistry:
    """Return the registry with the requests of all web processes of this machine."""
    collect: Callable[..., object] = MultiProcessCollector  # has no types
    collect(registry, path=str(settings.METRICS_DIR))
    return registry


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Every metric, for those who send the token."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "")
    if not compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = add_requests(CollectorRegistry())
    registry.register(StudioCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
