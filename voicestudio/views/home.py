"""The home page: what waits for the person who opens it, and the hints of the first visit."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import retarget

from voicestudio.services import needs
from voicestudio.services.people import hints

from .current_user import current_user
from .htmx import HtmxRequest
from .lists import keep_private
from .project_in_use import uses_project

# Milliseconds until the page asks again: while an attempt runs, and otherwise.
POLL_RUNNING: Final = 1_000
POLL_IDLE: Final = 30_000


@require_safe
@uses_project
def home(request: HtmxRequest) -> HttpResponse:
    """What needs this person now; the open page asks again, and swaps what has changed."""
    person = current_user(request)
    found = needs.find_needs(person)
    context: dict[str, Any] = {
        "needs": found,
        "poll_interval": POLL_RUNNING if found.running.pks else POLL_IDLE,
    }
    is_poll = bool(request.htmx) and request.htmx.target == "running"
    if is_poll and request.GET.get("phase") == found.phase:
        return keep_private(render(request, "home/home.html#running", context))
    context["is_new"] = not found and not needs.has_attempts(person)
    if is_poll:
        return keep_private(retarget(render(request, "home/home.html#needs", context), "#needs"))
    context["hints"] = hints.list_hints(person)
    return keep_private(render(request, "home/home.html", context))


@require_POST
def dismiss_hints(request: HttpRequest) -> HttpResponse:
    """Show this person the hints of the first visit no more."""
    hints.dismiss_hints(current_user(request))
    return redirect("home")
