"""Permitted: rows that a person may see or change, and pages that not everyone may open.

The services ask again. The views ask first, so that a form is not shown, or checked, in vain.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from voicestudio.models import Action
from voicestudio.services.permissions import NotAllowed, require
from voicestudio.words.messages import Message

logger = logging.getLogger(__name__)


def find_row(request: HttpRequest, rows: Any, pk: int, action: Action = Action.SEE) -> Any:
    """The row of this ID if the person may see it, else 404; all from the queryset `rows`.

    Raises `NotAllowed`, which is answered with 403, unless they may do `action` in its project.
    """
    row = get_object_or_404(rows.visible_to(request.user), pk=pk)
    require(request.user, action, row.project_id)
    return row


def require_action[**Arguments, Response: HttpResponseBase](
    action: Action,
) -> Callable[[Callable[Arguments, Response]], Callable[Arguments, Response]]:
    """Decorate a view for people who may do `action` in at least one project, or in the studio."""

    def decorate(view: Callable[Arguments, Response]) -> Callable[Arguments, Response]:
        @wraps(view)
        def permitted_view(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
            request: Any = args[0]
            require(request.user, action)
            return view(*args, **kwargs)

        return permitted_view

    return decorate


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 with what the person may not do and whom to ask; for htmx only the sentence."""
    log_refusal(request, exception)
    message = exception.message if isinstance(exception, NotAllowed) else None
    if message is not None and getattr(request, "htmx", False):
        return refusal(message)
    return render_no_access(request, message)


def render_no_access(request: HttpRequest, message: Message | None) -> HttpResponse:
    """The page for 403."""
    context = {"message": message, "frame": _frame(request)}
    return render(request, "403.html", context, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """The page for 404."""
    return render(request, "404.html", {"frame": _frame(request)}, status=404)


def _frame(request: HttpRequest) -> str:
    """The page with the menu for those who are signed in; else "", which has no query."""
    user = getattr(request, "user", None)  # an early middleware may refuse the request
    return "base.html" if user is not None and user.is_authenticated else ""


def refusal(message: Message) -> HttpResponse:
    """403 with the sentence only, which the scripts of an open page show beside the button."""
    response = HttpResponse(str(message), status=403, headers={"Not-Allowed": "true"})
    response["Content-Type"] = "text/plain; charset=utf-8"  # it may hold names that people chose
    return response


def log_refusal(request: HttpRequest, exception: Exception) -> None:
    """Write one line; Django's own, with a traceback, is left out in `settings/log.py`."""
    action = exception.action if isinstance(exception, NotAllowed) else "open this page"
    project = exception.project if isinstance(exception, NotAllowed) else None
    place = "" if project is None else f" in project {project}"
    page = request.resolver_match.view_name if request.resolver_match else ""
    logger.info("Refused: %s may not %s%s (page %s).", request.user, action, place, page)
