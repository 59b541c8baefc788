"""Request ID: names one request in the log and in its answer, so that both can be found."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import uuid4

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from voicestudio.services.log_context import log_fields

from .client_address import is_from_proxy

HEADER: Final = "X-Request-ID"
WELL_FORMED: Final = re.compile(r"[A-Za-z0-9._-]{8,128}")


class RequestIdMiddleware:
    """Gives each request an ID; the first middleware, so that the others log with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the ID in the log and in the answer."""
        request_id = _choose_id(request)
        fields: dict[str, Any] = {
            "request": request_id,
            "view": partial(_find_view, request),
            "person": partial(_find_person, request),
        }
        request.log_fields = fields  # type: ignore[attr-defined]
        with log_fields(**fields):
            response = self.get_response(request)
        response[HEADER] = request_id
        return response


def _choose_id(request: HttpRequest) -> str:
    """The ID that a trusted proxy has given, or a new one."""
    given = request.headers.get(HEADER, "")
    if WELL_FORMED.fullmatch(given) and is_from_proxy(request):
        return given
    return uuid4().hex


def _find_view(request: HttpRequest) -> str | None:
    """The name of the view, if one was found: unlike the URL it holds nothing that was entered."""
    match = request.resolver_match
    return (match.view_name or None) if match else None


def _find_person(request: HttpRequest) -> int | None:
    """The ID of the signed-in user if it was looked up; the log makes no query."""
    pk: int | None = getattr(getattr(request, "_cached_user", None), "pk", None)
    return pk
