"""Health: the status for monitoring, without a sign-in."""

from dataclasses import asdict

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from voicestudio.services import health


@login_not_required
@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 while database and worker are healthy, else 503; the same JSON either way."""
    report = health.check_health()
    return JsonResponse(asdict(report), status=200 if report.ok else 503)


@login_not_required
@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 while this process may get requests, else 503 with the reason; for load balancers."""
    obstacle = health.find_obstacle()
    return JsonResponse({"ok": not obstacle, "obstacle": obstacle}, status=503 if obstacle else 200)
